"""Drafts of an intake: kept as typed, never overwritten silently, no fact before they are confirmed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from tests.clinic import factories, patients

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Denied, NotFound, Viewer
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.courses import actions, queries
from euthymia.clinic.courses.models import IntakeConfirmation, IntakeDraft

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def nurse(viewer_of: Callable[..., Viewer]) -> Viewer:
    return viewer_of(Role.NURSE, name="Nell Nurse")


@pytest.fixture
def course_id(nurse: Viewer) -> UUID:
    return patients.referred(nurse, NOW - timedelta(days=1))


def save(
    by: Viewer, course_id: UUID, text: str, *, version: int = 0, page: UUID | None = None, minutes: int = 0
) -> queries.DraftView | None:
    return actions.save_draft(
        by=by,
        at=NOW + minutes * MINUTE,
        course_id=course_id,
        step="medicines",
        texts={"name_0": (text,), "name_1": ("",)},
        version=version,
        page=page or uuid4(),
        device="Chromium on a computer",
    )


def test_another_person_goes_on_where_the_first_stopped(nurse: Viewer, course_id: UUID) -> None:
    save(nurse, course_id, "sertral")
    other = factories.viewer(Role.PRESCRIBER, name="Vera Other")
    seen = queries.draft(other, course_id, "medicines")
    assert seen is not None
    assert (seen.texts["name_0"], seen.author, seen.device) == (
        ("sertral",),
        "Nell Nurse",
        "Chromium on a computer",
    )
    after = save(other, course_id, "sertraline", version=seen.version, minutes=1)
    assert after is not None
    assert (after.author, after.version) == ("Vera Other", seen.version + 1)


def test_two_places_never_overwrite_each_other(nurse: Viewer, course_id: UUID) -> None:
    first = save(nurse, course_id, "sertraline")
    assert first is not None
    save(nurse, course_id, "lithium", version=first.version, minutes=1)
    with pytest.raises(actions.Conflict) as met:
        save(nurse, course_id, "bupropion", version=first.version, minutes=2)
    assert met.value.theirs.texts["name_0"] == ("lithium",)
    standing = queries.draft(nurse, course_id, "medicines")
    assert standing is not None
    assert standing.texts["name_0"] == ("lithium",)


def test_a_page_whose_answer_was_lost_does_not_conflict_with_itself(nurse: Viewer, course_id: UUID) -> None:
    page = uuid4()
    save(nurse, course_id, "sertr", page=page)  # saved, and its answer never came
    again = save(nurse, course_id, "sertraline", page=page, minutes=1)
    assert again is not None
    assert again.texts["name_0"] == ("sertraline",)


def test_the_same_words_in_two_places_are_no_conflict(nurse: Viewer, course_id: UUID) -> None:
    first = save(nurse, course_id, "sertraline")
    assert first is not None
    save(nurse, course_id, "lithium", version=first.version)
    assert save(nurse, course_id, "lithium", version=first.version) is not None


def test_nothing_typed_keeps_nothing(nurse: Viewer, course_id: UUID) -> None:
    assert save(nurse, course_id, "  ") is None
    assert not IntakeDraft.objects.filter(course_id=course_id).exists()


def confirm(by: Viewer, course_id: UUID, *, version: int, key: UUID, done: list[UUID]) -> None:
    actions.confirm_step(
        by=by,
        at=NOW + 5 * MINUTE,
        course_id=course_id,
        step="medicines",
        texts={"name_0": ("sertraline",)},
        version=version,
        device="a tablet",
        record=done.append,
        idempotency_key=key,
    )


def test_confirming_empties_the_draft_and_happens_once(nurse: Viewer, course_id: UUID) -> None:
    draft = save(nurse, course_id, "sertraline")
    assert draft is not None
    done: list[UUID] = []
    key = uuid4()
    for _ in range(2):
        confirm(nurse, course_id, version=draft.version, key=key, done=done)
    assert done == [key]
    assert IntakeConfirmation.objects.filter(course_id=course_id).count() == 1
    closed = queries.draft(nurse, course_id, "medicines")
    assert closed is not None
    assert (closed.is_open, dict(closed.texts)) == (False, {})


def test_what_arrives_after_the_confirmation_reopens_nothing(nurse: Viewer, course_id: UUID) -> None:
    draft = save(nurse, course_id, "sertraline")
    assert draft is not None
    confirm(nurse, course_id, version=draft.version, key=uuid4(), done=[])
    with pytest.raises(actions.Conflict):
        save(nurse, course_id, "sertraline and more", version=draft.version)
    closed = queries.draft(nurse, course_id, "medicines")
    assert closed is not None
    assert not closed.is_open


def test_what_another_place_typed_is_not_confirmed_unseen(nurse: Viewer, course_id: UUID) -> None:
    draft = save(nurse, course_id, "sertraline")
    assert draft is not None
    save(nurse, course_id, "lithium", version=draft.version)
    done: list[UUID] = []
    with pytest.raises(actions.Conflict):
        confirm(nurse, course_id, version=draft.version, key=uuid4(), done=done)
    assert not done


def test_a_step_that_is_refused_leaves_its_draft(nurse: Viewer, course_id: UUID) -> None:
    draft = save(nurse, course_id, "sertraline")
    assert draft is not None

    def refuse(_: UUID) -> None:
        raise Refused("No.")

    with pytest.raises(Refused):
        actions.confirm_step(
            by=nurse,
            at=NOW,
            course_id=course_id,
            step="medicines",
            texts={"name_0": ("sertraline",)},
            version=draft.version,
            device="a tablet",
            record=refuse,
            idempotency_key=uuid4(),
        )
    assert queries.draft(nurse, course_id, "medicines") == draft


def test_the_audit_names_who_and_which_step_and_never_what_was_typed(nurse: Viewer, course_id: UUID) -> None:
    draft = save(nurse, course_id, "sertraline-secret")
    assert draft is not None
    save(nurse, course_id, "sertraline-secret 2", version=draft.version, minutes=1)
    other = factories.viewer(Role.PRESCRIBER)
    save(other, course_id, "sertraline-secret 3", version=draft.version + 1, minutes=2)
    entries = AuditEntry.objects.filter(subject=f"course {course_id}", verb__contains="draft").order_by("seq")
    assert [entry.verb for entry in entries] == ["courses.begin_draft", "courses.go_on_with_draft"]
    assert all(entry.detail == {"step": "medicines"} for entry in entries)
    history = IntakeDraft._meta.get_field("texts").model.events.rel.related_model  # type: ignore[attr-defined]
    assert "texts" not in {field.name for field in history._meta.get_fields()}


def test_only_who_may_record_history_and_only_of_their_clinic(nurse: Viewer, course_id: UUID) -> None:
    with pytest.raises(Denied):
        save(factories.viewer(Role.FRONT_DESK), course_id, "x")
    with pytest.raises(NotFound):
        save(factories.viewer(Role.NURSE, clinic=factories.clinic("Elsewhere")), course_id, "x")


def test_the_intake_of_a_course_that_is_over_is_closed(nurse: Viewer, course_id: UUID) -> None:
    actions.withdraw(by=nurse, at=NOW, course_id=course_id, withdrawn_at=NOW, words="")
    with pytest.raises(Refused, match="over"):
        save(nurse, course_id, "x")


def test_nothing_typed_stays_behind_when_the_course_ends(nurse: Viewer, course_id: UUID) -> None:
    """Nobody could see or confirm it any more, and it stayed in the database for good."""
    save(nurse, course_id, "sertraline, told in confidence")
    actions.advance(
        by=factories.viewer(Role.PRESCRIBER),
        at=NOW + MINUTE,
        course_id=course_id,
        event="stop",
        captured={"reason": "Moved away"},
    )
    draft = IntakeDraft.objects.get(course=course_id)
    assert (draft.texts, draft.is_open) == ({}, False)
    with pytest.raises(Refused, match="over"):
        save(nurse, course_id, "sertraline", version=draft.version)
