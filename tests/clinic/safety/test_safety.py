"""Risk, adverse events, tasks and the call after treatment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from tests.clinic import factories, patients

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Denied, NotFound, Viewer
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.measures import actions as measures
from euthymia.clinic.measures import queries as measure_queries
from euthymia.clinic.safety import actions, queries
from euthymia.clinic.safety.models import FollowUpCall, Task, TaskKind
from euthymia.clinic.safety.queries import Standing

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
WORST = {str(item): 3 for item in range(1, 10)}


@pytest.fixture
def nurse(db: None) -> Viewer:
    return factories.viewer(Role.NURSE)


@pytest.fixture
def patient(nurse: Viewer) -> UUID:
    return patients.patient(nurse, NOW)


def open_task(by: Viewer, patient: UUID, kind: TaskKind = TaskKind.OTHER, **changed: object) -> UUID:
    said: dict[str, object] = {
        "origin": f"test:{uuid4()}",
        "owner_role": Role.NURSE,
        "opens_at": NOW,
        "due_at": NOW + timedelta(hours=2),
    }
    return actions.open_task(by=by, at=NOW, patient_id=patient, kind=kind, **(said | changed))  # type: ignore[arg-type]


def risk(by: Viewer, patient: UUID, **changed: object) -> UUID:
    said: dict[str, object] = {"level": "low", "basis": "No ideation today", "assessed_at": NOW}
    if "level" not in changed:
        said["thoughts_found"] = False
    return actions.record_risk(by=by, at=NOW, patient_id=patient, **(said | changed))  # type: ignore[arg-type]


def event(**changed: object) -> actions.AdverseEventEntry:
    said: dict[str, object] = {
        "term": "Nausea",
        "onset_at": NOW - timedelta(hours=1),
        "severity": "mild",
        "outcome": "resolving",
    }
    return actions.AdverseEventEntry(**(said | changed))  # type: ignore[arg-type]


class TestRisk:
    def test_a_high_level_needs_the_level_of_care(self, nurse: Viewer, patient: UUID) -> None:
        with pytest.raises(Refused) as refused:
            risk(nurse, patient, level="high")
        assert refused.value.field == "level_of_care"
        risk(nurse, patient, level="high", level_of_care="Admission agreed with the ward")

    def test_every_level_needs_its_basis(self, nurse: Viewer, patient: UUID) -> None:
        with pytest.raises(Refused) as refused:
            risk(nurse, patient, basis=" ")
        assert refused.value.field == "basis"

    def test_a_therapist_does_not_judge_it(self, nurse: Viewer, patient: UUID) -> None:
        with pytest.raises(Denied):
            risk(factories.viewer(Role.THERAPIST), patient)

    def test_only_a_structured_assessment_answers_item_nine(self, nurse: Viewer, patient: UUID) -> None:
        measures.record_answers(
            by=nurse, at=NOW, patient_id=patient, answers=WORST, taken_at=NOW, mode="device"
        )
        risk(nurse, patient)
        assert [task.kind for task in queries.tasks_of(nurse, patient, NOW)] == [TaskKind.ITEM_NINE]
        risk(nurse, patient, instrument="Structured interview")
        assert queries.tasks_of(nurse, patient, NOW) == ()

    def test_an_assessment_between_answering_and_entering_counts(self, nurse: Viewer, patient: UUID) -> None:
        answered = NOW - timedelta(minutes=20)
        measures.record_answers(
            by=nurse, at=NOW, patient_id=patient, answers=WORST, taken_at=answered, mode="paper"
        )
        risk(nurse, patient, instrument="Structured interview", assessed_at=NOW - timedelta(minutes=10))
        assert queries.tasks_of(nurse, patient, NOW) == ()

    @pytest.mark.parametrize(
        ("at", "due"),
        [
            (NOW, NOW + timedelta(hours=8)),  # 10 in the morning at the clinic
            (
                NOW + timedelta(hours=10),
                datetime(2026, 11, 21, 5, 0, tzinfo=UTC),
            ),  # 8 in the evening: midnight
        ],
    )
    def test_item_nine_is_answered_the_same_day(
        self, nurse: Viewer, patient: UUID, at: datetime, due: datetime
    ) -> None:
        measures.record_answers(by=nurse, at=at, patient_id=patient, answers=WORST, taken_at=at, mode="asked")
        assert Task.objects.get(kind=TaskKind.ITEM_NINE).due_at == due

    def test_item_nine_left_out_is_no_answer_and_asks_for_one(self, nurse: Viewer, patient: UUID) -> None:
        calm = {str(item): 0 for item in range(1, 9)}
        measures.record_answers(
            by=nurse, at=NOW, patient_id=patient, answers=calm, taken_at=NOW, mode="paper"
        )
        (task,) = queries.tasks_of(nurse, patient, NOW)
        assert (task.kind, "left without an answer" in task.note) == (TaskKind.ITEM_NINE, True)

    def test_only_who_judges_risk_says_that_such_a_task_is_done(self, nurse: Viewer, patient: UUID) -> None:
        task = open_task(nurse, patient, TaskKind.ITEM_NINE)
        for role in (Role.THERAPIST, Role.MEDICAL_DIRECTOR):
            with pytest.raises(Denied):
                actions.complete(by=factories.viewer(role), at=NOW, task_id=task, outcome="Seen", done_at=NOW)
        actions.complete(by=nurse, at=NOW, task_id=task, outcome="Entered by mistake", done_at=NOW)

    def test_a_corrected_level_keeps_the_earlier_one(self, nurse: Viewer, patient: UUID) -> None:
        wrong = risk(nurse, patient)
        risk(nurse, patient, level="moderate", corrects=wrong, reason="Wrong patient's notes")
        found = queries.latest_risk(nurse, patient)
        assert found is not None
        assert found.replaces is not None
        assert (found.level, found.replaces.level) == ("moderate", "low")


class TestAdverseEvents:
    def test_a_serious_one_asks_for_its_report_once(self, nurse: Viewer, patient: UUID) -> None:
        first = actions.record_adverse_event(
            by=nurse, at=NOW, patient_id=patient, event=event(seriousness="hospital")
        )
        actions.record_adverse_event(
            by=nurse,
            at=NOW,
            patient_id=patient,
            event=event(seriousness="hospital", outcome="resolved", resolved_at=NOW),
            corrects=first,
            reason="News from the ward",
        )
        assert Task.objects.filter(kind=TaskKind.ADVERSE_EVENT).count() == 1
        (found,) = queries.adverse_events(nurse, patient)
        assert found.replaces is not None
        assert found.replaces.outcome == "resolving"

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"term": " "}, "term"),
            ({"onset_at": NOW + timedelta(hours=1)}, "onset_at"),
            ({"resolved_at": NOW - timedelta(hours=2), "outcome": "resolved"}, "resolved_at"),
            ({"resolved_at": NOW}, "outcome"),
            ({"outcome": "fatal"}, "seriousness"),
        ],
    )
    def test_what_cannot_be_is_refused(
        self, nurse: Viewer, patient: UUID, changed: dict[str, object], field: str
    ) -> None:
        with pytest.raises(Refused) as refused:
            actions.record_adverse_event(by=nurse, at=NOW, patient_id=patient, event=event(**changed))
        assert refused.value.field == field


class TestQueue:
    def test_overdue_stands_first(self, nurse: Viewer, patient: UUID) -> None:
        later = open_task(nurse, patient, due_at=NOW + timedelta(days=1))
        upcoming = open_task(
            nurse, patient, opens_at=NOW + timedelta(hours=3), due_at=NOW + timedelta(hours=4)
        )
        overdue = open_task(nurse, patient, due_at=NOW + timedelta(minutes=1))
        now = NOW + timedelta(minutes=2)
        assert [(task.id, task.standing) for task in queries.queue(nurse, now).open] == [
            (overdue, Standing.OVERDUE),
            (later, Standing.DUE),
            (upcoming, Standing.UPCOMING),
        ]

    def test_one_origin_raises_one_task(self, nurse: Viewer, patient: UUID) -> None:
        assert open_task(nurse, patient, origin="visit:1") == open_task(nurse, patient, origin="visit:1")

    def test_nobody_taking_it_hands_it_on(self, nurse: Viewer, patient: UUID) -> None:
        director = factories.viewer(Role.MEDICAL_DIRECTOR)
        task = open_task(
            nurse,
            patient,
            escalates_at=NOW + timedelta(hours=1),
            escalates_to=Role.MEDICAL_DIRECTOR,
        )
        later = NOW + timedelta(minutes=61)
        assert queries.open_count(director, NOW) == 0
        assert queries.queue(director, later, mine=True).unacknowledged == 1
        actions.acknowledge(by=nurse, at=NOW, task_id=task)
        assert queries.queue(director, later, mine=True).open == ()

    def test_the_number_in_the_menu_is_that_of_the_queue(self, nurse: Viewer, patient: UUID) -> None:
        hour = timedelta(hours=1)
        to = {"escalates_at": NOW + hour, "escalates_to": Role.MEDICAL_DIRECTOR}
        open_task(nurse, patient, due_at=NOW + hour)
        open_task(nurse, patient, opens_at=NOW + 3 * hour, due_at=NOW + 4 * hour)
        open_task(nurse, patient, owner_role=Role.PRESCRIBER, due_at=NOW + hour)
        taken = open_task(nurse, patient, due_at=NOW + hour, **to)
        demand = open_task(nurse, patient, TaskKind.RISK_CONTACT, due_at=NOW + hour, **to)
        open_task(nurse, patient, due_at=NOW + hour, **to)
        for task in (taken, demand):
            actions.acknowledge(by=nurse, at=NOW, task_id=task)
        closed = open_task(nurse, patient)
        actions.complete(by=nurse, at=NOW, task_id=closed, outcome="Rang", done_at=NOW)
        seen = []
        for viewer in (nurse, factories.viewer(Role.MEDICAL_DIRECTOR), factories.viewer(Role.PRESCRIBER)):
            for now in (NOW, NOW + 2 * hour, NOW + 5 * hour):
                waiting = [
                    task for task in queries.queue(viewer, now, mine=True).open if task.opens_at <= now
                ]
                assert queries.open_count(viewer, now) == len(waiting)
                seen.append(len(waiting))
        assert seen == [4, 4, 5, 0, 2, 2, 1, 1, 1]

    def test_a_task_is_taken_by_one_person(self, nurse: Viewer, patient: UUID) -> None:
        task = open_task(nurse, patient)
        actions.acknowledge(by=nurse, at=NOW, task_id=task)
        actions.acknowledge(by=nurse, at=NOW, task_id=task)
        with pytest.raises(Refused, match=nurse.name):
            actions.acknowledge(by=factories.viewer(Role.NURSE), at=NOW, task_id=task)

    def test_a_task_is_done_once_and_says_how(self, nurse: Viewer, patient: UUID) -> None:
        task, key = open_task(nurse, patient), uuid4()
        with pytest.raises(Refused, match="what was done"):
            actions.complete(by=nurse, at=NOW, task_id=task, outcome=" ", done_at=NOW)
        done = actions.complete(
            by=nurse, at=NOW, task_id=task, outcome="Rang", done_at=NOW, idempotency_key=key
        )
        assert done == actions.complete(
            by=nurse, at=NOW, task_id=task, outcome="Rang", done_at=NOW, idempotency_key=key
        )
        with pytest.raises(Refused, match="done this task already"):
            actions.complete(by=nurse, at=NOW, task_id=task, outcome="Again", done_at=NOW)
        assert queries.queue(nurse, NOW).done[0].outcome == "Rang"

    def test_a_task_of_another_clinic_is_not_found(self, nurse: Viewer, patient: UUID) -> None:
        task = open_task(nurse, patient)
        elsewhere = factories.viewer(Role.NURSE, clinic=factories.clinic("Birch Clinic"))
        with pytest.raises(NotFound):
            queries.task(elsewhere, task, NOW)
        with pytest.raises(NotFound):
            actions.acknowledge(by=elsewhere, at=NOW, task_id=task)
        assert queries.queue(elsewhere, NOW).open == ()


class TestFollowUp:
    def call(self, by: Viewer, task: UUID, *events: actions.AdverseEventEntry, **more: object) -> UUID:
        return actions.record_call(
            by=by,
            at=NOW,
            task_id=task,
            called_at=NOW,
            mood=6,
            risk=actions.RiskEntry(level="low", basis="Asked on the phone", assessed_at=NOW),  # type: ignore[arg-type]
            adverse_events=events,
            **more,  # type: ignore[arg-type]
        )

    def test_a_call_records_all_three_and_closes_its_task(self, nurse: Viewer, patient: UUID) -> None:
        task, key = open_task(nurse, patient, TaskKind.FOLLOW_UP_CALL), uuid4()
        first = self.call(nurse, task, event(), idempotency_key=key)
        assert self.call(nurse, task, event(), idempotency_key=key) == first
        assert FollowUpCall.objects.count() == 1
        assert measure_queries.moods(nurse, patient)[0].mood == 6
        assert len(queries.adverse_events(nurse, patient)) == 1
        assert queries.task(nurse, task, NOW).standing is Standing.DONE

    def test_a_call_that_failed_leaves_the_task_open(self, nurse: Viewer, patient: UUID) -> None:
        task = open_task(nurse, patient, TaskKind.FOLLOW_UP_CALL)
        actions.record_missed_call(by=nurse, at=NOW, task_id=task, called_at=NOW, note="No answer")
        found = queries.task(nurse, task, NOW)
        assert found.standing is Standing.DUE
        assert [call.reached for call in found.calls] == [False]

    def test_a_refused_part_leaves_nothing_behind(self, nurse: Viewer, patient: UUID) -> None:
        task = open_task(nurse, patient, TaskKind.FOLLOW_UP_CALL)
        with pytest.raises(Refused):
            self.call(nurse, task, event(term=""))
        assert measure_queries.moods(nurse, patient) == ()
        assert queries.risks(nurse, patient) == ()

    def test_the_awaited_questionnaire_closes_its_task(self, nurse: Viewer, patient: UUID) -> None:
        task = open_task(nurse, patient, TaskKind.FOLLOW_UP_PHQ9)
        measures.record_answers(
            by=nurse, at=NOW, patient_id=patient, answers={"1": 0}, taken_at=NOW, mode="device"
        )
        assert queries.task(nurse, task, NOW).standing is Standing.DONE

    def test_a_questionnaire_before_its_time_does_not(self, nurse: Viewer, patient: UUID) -> None:
        task = open_task(nurse, patient, TaskKind.FOLLOW_UP_PHQ9, opens_at=NOW + timedelta(hours=1))
        measures.record_answers(
            by=nurse, at=NOW, patient_id=patient, answers={"1": 0}, taken_at=NOW, mode="device"
        )
        assert queries.task(nurse, task, NOW).standing is Standing.UPCOMING
