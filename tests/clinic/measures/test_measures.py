"""Answers: the wording frozen, the total computed once, and a suicidal thought never lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from tests.clinic import factories, patients

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Denied, NotFound, Viewer
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.audit.outbox import Outbox
from euthymia.clinic.measures import actions, queries
from euthymia.clinic.measures.models import QuestionnaireResponse
from euthymia.clinic.safety.models import Task, TaskKind
from euthymia.evidence import instrument

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
WORST = {str(item): 3 for item in range(1, 10)}
CALM = {str(item): 1 for item in range(1, 9)} | {"9": 0}


@pytest.fixture
def nurse(db: None) -> Viewer:
    return factories.viewer(Role.NURSE)


@pytest.fixture
def patient(nurse: Viewer) -> UUID:
    return patients.patient(nurse, NOW)


def answer(by: Viewer, patient: UUID, answers: dict[str, int], at: datetime = NOW, **more: object) -> UUID:
    return actions.record_answers(
        by=by, at=at, patient_id=patient, answers=answers, taken_at=at, mode="device", **more
    )


def test_the_total_is_the_sum_and_has_its_band(nurse: Viewer, patient: UUID) -> None:
    seen = queries.answers(nurse, answer(nurse, patient, WORST))
    assert (seen.total, seen.band, seen.highest, seen.recall_days) == (27, "severe", 27, 14)


def test_an_item_left_out_leaves_no_total(nurse: Viewer, patient: UUID) -> None:
    seen = queries.answers(nurse, answer(nurse, patient, {"1": 2, "9": 0}))
    assert seen.total is None
    assert [item.answer for item in seen.items][:2] == ["More than half the days", ""]


def test_the_wording_stays_as_it_was_read(nurse: Viewer, patient: UUID) -> None:
    """A later instrument must not change what an earlier patient was asked: the row holds its own text."""
    row = QuestionnaireResponse.objects.get(pk=answer(nurse, patient, CALM))
    row.wording["items"][0]["text"] = "As it read in 2026"
    copy = QuestionnaireResponse(
        **{
            field.attname: getattr(row, field.attname)
            for field in row._meta.concrete_fields
            if field.name not in {"id", "idempotency_key"}
        }
    )
    copy.save(force_insert=True)
    assert queries.answers(nurse, copy.id).items[0].text == "As it read in 2026"
    assert row.wording_sha256 == instrument("phq-9").wording_sha256


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [({"1": 4}, "not one of its scores"), ({"10": 1}, "no item"), ({}, "No question")],
)
def test_what_the_instrument_does_not_know_is_refused(
    nurse: Viewer, patient: UUID, answers: dict[str, int], sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        answer(nurse, patient, answers)


def test_a_suicidal_thought_raises_one_task_that_escalates(nurse: Viewer, patient: UUID) -> None:
    key = uuid4()
    first = answer(nurse, patient, WORST, idempotency_key=key)
    assert answer(nurse, patient, WORST, idempotency_key=key) == first
    task = Task.objects.get(kind=TaskKind.ITEM_NINE)
    assert task.origin == f"answers:{first}"
    assert NOW < task.escalates_at < task.due_at <= NOW + timedelta(hours=24)  # type: ignore[operator]


def test_no_suicidal_thought_raises_no_task(nurse: Viewer, patient: UUID) -> None:
    answer(nurse, patient, CALM)
    assert not Task.objects.exists()


def test_a_corrected_answer_shows_both_and_counts_once(nurse: Viewer, patient: UUID) -> None:
    wrong = answer(nurse, patient, CALM)
    right = answer(nurse, patient, WORST, corrects=wrong, reason="Row slipped")
    seen = queries.answers(nurse, right)
    assert seen.replaces is not None
    assert (seen.replaces.total, seen.total) == (8, 27)
    assert queries.answers(nurse, wrong).corrected
    assert [point.total for point in queries.trajectory(nurse, patient, None).points] == [27]


def test_response_counts_from_the_last_total_before_the_first_dose(nurse: Viewer, patient: UUID) -> None:
    dose = NOW - timedelta(days=10)
    for days, answers in ((30, CALM), (11, WORST), (1, CALM)):
        answer(nurse, patient, answers, NOW - timedelta(days=days))
    seen = queries.trajectory(nurse, patient, dose)
    assert seen.baseline is not None
    assert (seen.baseline.total, seen.is_response, seen.is_remission) == (27, True, False)


def test_without_a_dose_nothing_is_a_response(nurse: Viewer, patient: UUID) -> None:
    answer(nurse, patient, CALM)
    seen = queries.trajectory(nurse, patient, None)
    assert (seen.baseline, seen.is_response, seen.is_remission) == (None, None, None)


def test_a_baseline_alone_is_not_judged_against_itself(nurse: Viewer, patient: UUID) -> None:
    answer(nurse, patient, CALM, NOW - timedelta(days=1))
    assert queries.trajectory(nurse, patient, NOW).is_response is None


def test_answers_of_another_clinic_are_not_found(nurse: Viewer, patient: UUID) -> None:
    answers_id = answer(nurse, patient, CALM)
    elsewhere = factories.viewer(Role.NURSE, clinic=factories.clinic("Birch Clinic"))
    with pytest.raises(NotFound):
        queries.answers(elsewhere, answers_id)
    with pytest.raises(NotFound):
        answer(elsewhere, patient, CALM)


def test_the_front_desk_neither_reads_nor_writes_answers(nurse: Viewer, patient: UUID) -> None:
    desk = factories.viewer(Role.FRONT_DESK)
    with pytest.raises(Denied):
        queries.latest(desk, patient)
    with pytest.raises(Denied):
        answer(desk, patient, CALM)


@pytest.mark.parametrize("mood", [-1, 11])
def test_a_mood_is_from_0_to_10(nurse: Viewer, patient: UUID, mood: int) -> None:
    with pytest.raises(Refused, match="0 to 10"):
        actions.record_mood(by=nurse, at=NOW, patient_id=patient, mood=mood, rated_at=NOW, mode="asked")


def test_the_audit_holds_no_answer(nurse: Viewer, patient: UUID) -> None:
    answer(nurse, patient, WORST)
    entry = AuditEntry.objects.get(verb="measures.record_answers")
    assert entry.detail == {}


def test_an_event_nobody_hears_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="Nobody listens"):
        Outbox[int]("a test").publish(1)


def test_a_form_used_for_one_patient_saves_nothing_for_another(nurse: Viewer, patient: UUID) -> None:
    """To answer “saved” with the other patient's row would lose what was entered."""
    key, other = uuid4(), patients.patient(nurse, NOW)
    first = answer(nurse, patient, CALM, idempotency_key=key)
    assert answer(nurse, patient, CALM, idempotency_key=key) == first
    with pytest.raises(Refused, match="nothing was saved"):
        answer(nurse, other, WORST, idempotency_key=key)
    with pytest.raises(Refused, match="nothing was saved"):
        answer(factories.viewer(Role.NURSE), patient, CALM, idempotency_key=key)
    assert QuestionnaireResponse.objects.count() == 1


def test_the_last_totals_are_judged_as_all_of_them_are(nurse: Viewer, patient: UUID) -> None:
    for days, each in ((40, WORST), (33, CALM), (26, WORST), (19, {"1": 2, "9": 0}), (12, CALM), (5, WORST)):
        answer(nurse, patient, each, NOW - timedelta(days=days))
    dose = NOW - timedelta(days=30)
    whole, last = queries.trajectory(nurse, patient, dose), queries.trajectory(nurse, patient, dose, last=2)
    assert last.points == whole.points[-2:]
    assert (last.scored, last.unscored) == (5, 1)
    assert whole.baseline == whole.points[1]
    assert replace(last, points=whole.points) == whole
