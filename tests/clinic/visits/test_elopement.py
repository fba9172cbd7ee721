"""Somebody walked out unseen: it is written with two times, looked for by tasks, and ends in one of five ways."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from tests.clinic import patients
from tests.clinic.visits import scenes
from tests.clinic.visits.scenes import minutes, state

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.safety.models import Task, TaskKind
from euthymia.clinic.visits import actions, models, queries
from euthymia.clinic.visits.actions import Refused
from euthymia.evidence import task_delay

GONE = minutes(40)
SEEN = minutes(34)


@pytest.fixture
def staff(db: None) -> Viewer:
    return patients.staff()


@pytest.fixture
def gone(staff: Viewer) -> UUID:
    """A patient who had both devices and was missed six minutes after they were last seen."""
    visit_id = scenes.monitored(staff)
    actions.record_elopement(
        by=staff, at=GONE, visit_id=visit_id, noticed_at=GONE, last_seen_at=SEEN, last_seen_where="corridor"
    )
    return visit_id


def kinds(visit_id: UUID, **which: object) -> set[str]:
    """The kinds of the visit's tasks and of its ways out that are so."""
    exits = [f"exit:{each.id}" for each in models.Exit.objects.filter(visit=visit_id)]
    return set(
        Task.objects.filter(origin__in=[*exits, f"visit:{visit_id}"], **which).values_list("kind", flat=True)
    )


def search(by: Viewer, at: object, visit_id: UUID, what: str, **said: object) -> None:
    actions.record_search(
        by=by, at=at, visit_id=visit_id, what=what, measured_at=at, **({"detail": "nobody there"} | said)
    )


def test_two_times_are_enough_and_what_is_to_be_done_has_owner_and_deadline(
    staff: Viewer, gone: UUID
) -> None:
    assert state(gone) == "eloped"
    left = models.Exit.objects.get(visit=gone)
    assert (left.measured_at, left.no_driving_before is not None) == (SEEN, True)
    look = Task.objects.get(kind=TaskKind.MISSING)
    assert look.due_at == GONE + task_delay("missing", "look_within")
    assert look.escalates_to == "medical_director"
    assert kinds(gone) == {"missing", "missing-decision", "follow-up-call", "follow-up-phq-9"}
    frozen = models.Assessment.objects.get(gate="record elopement").findings
    assert {"MON-1", "SUI-10"} <= {each["rule"] for each in frozen if each["outcome"] != "satisfied"}


def test_the_board_goes_on_showing_who_is_looked_for_as_loud_as_it_can(staff: Viewer, gone: UUID) -> None:
    (tile,) = queries.board(staff, GONE).watched
    assert (tile.visit_id, tile.kind, tile.state_words) == (gone, "stop", "Walked out unseen")


def test_the_page_says_what_nobody_has_written_down_yet(staff: Viewer, gone: UUID) -> None:
    shown = queries.visit_page(staff, gone, GONE).missing
    assert shown is not None
    assert [one.deed for one in shown.to_do] == [
        "searched", "called patient", "called escort", "told prescriber", "decided",
    ]  # fmt: skip
    assert (shown.had_dose, shown.escort) == (True, "Jo Field, +1 555 0199")
    search(staff, minutes(42), gone, "searched", detail="car park, lavatories, street to the bus stop")
    search(staff, minutes(43), gone, "called patient", detail="switched off")
    after = queries.visit_page(staff, gone, minutes(44)).missing
    assert after is not None
    assert [one.deed for one in after.to_do] == ["called escort", "told prescriber", "decided"]


def test_a_decision_needs_its_name_and_its_reason_and_closes_its_task(staff: Viewer, gone: UUID) -> None:
    with pytest.raises(Refused, match="Say what was decided"):
        search(staff, minutes(45), gone, "decided")
    with pytest.raises(Refused, match="why"):
        search(staff, minutes(45), gone, "decided", decision="police", detail=" ")
    search(staff, minutes(45), gone, "decided", decision="police", detail="sedated, drove here")
    assert kinds(gone, closed_at__isnull=False) == {"missing-decision"}
    entry = models.SearchEntry.objects.get(decision="police")
    assert entry.detail == "sedated, drove here"


def test_who_comes_back_is_watched_again_and_judged_anew(staff: Viewer) -> None:
    visit_id = scenes.recovered(staff)
    assert queries.leaving(staff, visit_id, minutes(128)).needed == ()
    actions.record_elopement(
        by=staff, at=minutes(129), visit_id=visit_id, noticed_at=minutes(129), last_seen_at=minutes(128)
    )
    actions.bring_back(
        by=staff, at=minutes(135), visit_id=visit_id, found="in the garden, well", happened_at=minutes(135)
    )
    assert state(visit_id) == "monitoring"
    needed = {each.rule for each in queries.leaving(staff, visit_id, minutes(136)).needed}
    assert needed == {"MON-1", "MON-4", "MON-5", "MON-6", "SUI-10", "PRE-9"}
    assert kinds(visit_id, closed_at__isnull=False) == {"missing", "missing-decision"}


def test_who_is_never_found_is_closed_and_still_called(staff: Viewer, gone: UUID) -> None:
    actions.close(
        by=staff,
        at=minutes(300),
        visit_id=gone,
        discrepancy="counted by hand",
        adverse_events="not known",
        reauth=patients.proof(staff, minutes(300)),
    )
    assert state(gone) == "closed"
    assert "follow-up-call" in kinds(gone, closed_at__isnull=True)


def test_before_a_dose_nobody_is_promised_a_call_after_one(staff: Viewer) -> None:
    visit_id = scenes.asked(staff)
    actions.record_elopement(
        by=staff, at=minutes(9), visit_id=visit_id, noticed_at=minutes(9), last_seen_at=minutes(5)
    )
    assert state(visit_id) == "eloped_before_dose"
    assert kinds(visit_id) == {"missing", "missing-decision"}
    actions.bring_back(
        by=staff, at=minutes(20), visit_id=visit_id, found="smoking outside", happened_at=minutes(19)
    )
    assert state(visit_id) == "checking_in"


def test_nobody_calls_somebody_who_died(staff: Viewer, gone: UUID) -> None:
    actions.record_death(
        by=staff, at=minutes(90), visit_id=gone, died_at=minutes(80), circumstances="told by the police"
    )
    assert kinds(gone, closed_at__isnull=True) == {"death-report"}


def test_seen_last_after_being_missed_is_refused(staff: Viewer) -> None:
    visit_id = scenes.asked(staff)
    with pytest.raises(Refused, match="before they were missed"):
        actions.record_elopement(
            by=staff,
            at=minutes(9),
            visit_id=visit_id,
            noticed_at=minutes(5),
            last_seen_at=minutes(5) + timedelta(minutes=1),
        )
    assert state(visit_id) == "checking_in"
