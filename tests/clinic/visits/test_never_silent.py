"""What was put right, copied from paper, waived or left open: no alarm is missed by it, and no breach is made up."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from tests.clinic import factories, patients
from tests.clinic.visits import scenes
from tests.clinic.visits.scenes import CALM, INFUSION, minutes

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.safety.models import Task, TaskKind
from euthymia.clinic.visits import actions, assess, form_facts, models, queries
from euthymia.clinic.visits.actions import Conflict, Readings, Refused, Who
from euthymia.clinic.visits.models.dose import InfusionStep
from euthymia.clinic.visits.record import Record
from euthymia.protocol import DueState

LOW = Readings(systolic=124, diastolic=78, spo2=88)


@pytest.fixture
def staff(db: None) -> Viewer:
    return factories.viewer(*patients.STAFF)


@pytest.fixture
def visit_id(staff: Viewer) -> UUID:
    """After devices at 0 and 5 minutes."""
    return scenes.monitored(staff)


def record(visit_id: UUID) -> Record:
    return Record(models.Visit.objects.get(pk=visit_id))


def raised(visit_id: UUID, *, retrospective: bool = False) -> set[str]:
    return {each.rule for each in record(visit_id).alarms if each.retrospective is retrospective}


def copy(staff: Viewer, visit_id: UUID, at: float, *lines: tuple[float, Readings]) -> None:
    actions.enter_readings(
        by=staff,
        at=minutes(at),
        visit_id=visit_id,
        rows=[(minutes(minute), readings) for minute, readings in lines],
        confirmed=("oxygen saturation 88 %",),
        who=Who(name="R. Night"),
        idempotency_key=uuid4(),
    )


def breaches(visit_id: UUID, rule: str) -> list[str]:
    """Each breach of a rule, with its reason; empty where nobody gave one."""
    rows = [each for each in record(visit_id).deviations if each.rule == rule]
    return [row.answer.why if hasattr(row, "answer") else "" for row in rows]


def test_a_value_put_right_tells_what_it_meant_though_a_newer_one_stands(
    staff: Viewer, visit_id: UUID
) -> None:
    scenes.pressure(staff, minutes(20), visit_id, 119, 75)
    scenes.pressure(staff, minutes(30), visit_id, 130, 80)
    row = next(each for each in record(visit_id).observations if each.value == 119)
    said = {"by": staff, "at": minutes(31), "visit_id": visit_id, "observation_id": row.id}
    actions.correct_observation(**said, why="a slip of the finger", value=179, diastolic=109)
    assert raised(visit_id) == {"STOP-3"}


def test_paper_copied_while_the_patient_sits_there_calls_for_what_still_holds(
    staff: Viewer, visit_id: UUID
) -> None:
    copy(staff, visit_id, 30, (20, CALM), (28, LOW))
    assert raised(visit_id) == {"STOP-4"}
    assert queries.board(staff, minutes(31)).unanswered == 1


def test_paper_of_long_ago_or_put_right_on_the_sheet_itself_calls_nobody(
    staff: Viewer, visit_id: UUID
) -> None:
    copy(staff, visit_id, 30, (20, LOW), (28, CALM))
    copy(staff, visit_id, 200, (60, LOW))
    assert raised(visit_id) == set()
    assert raised(visit_id, retrospective=True) == {"STOP-4"}


def test_a_sheet_copied_whole_makes_no_breach_of_what_stands_on_its_next_line(
    staff: Viewer, visit_id: UUID
) -> None:
    copy(staff, visit_id, 300, (25, CALM), (45, CALM), (65, CALM))
    assert breaches(visit_id, "MON-3") == []


def test_a_reading_that_waited_answers_the_breach_it_seemed_to_be(staff: Viewer, visit_id: UUID) -> None:
    scenes.observe(staff, minutes(60), visit_id, Readings(spo2=97))
    assert breaches(visit_id, "MON-3") == [""]
    scenes.observe(staff, minutes(61), visit_id, measured_at=minutes(45))
    (why,) = breaches(visit_id, "MON-3")
    assert why.startswith("It was entered afterwards. Blood pressure was measured at")


def test_a_breach_of_an_earlier_dose_is_not_answered_by_a_reading_after_a_further_one(
    staff: Viewer, visit_id: UUID
) -> None:
    scenes.observe(staff, minutes(60), visit_id, Readings(spo2=97))
    scenes.device(staff, minutes(62), visit_id, 3)
    scenes.observe(staff, minutes(104), visit_id, Readings(spo2=97))
    scenes.observe(staff, minutes(105), visit_id, measured_at=minutes(102))
    assert breaches(visit_id, "MON-3") == [""]


def test_a_reading_waived_before_a_further_dose_is_asked_for_again_and_can_be_waived_again(
    staff: Viewer, visit_id: UUID
) -> None:
    said = {"by": staff, "visit_id": visit_id, "due_key": "last+40", "why": "asleep"}
    actions.waive(**said, at=minutes(42))
    with pytest.raises(Conflict):
        actions.waive(**said, at=minutes(43))
    scenes.device(staff, minutes(60), visit_id, 3)
    assert due(visit_id, 101) is DueState.DUE
    actions.waive(**said, at=minutes(101))
    assert due(visit_id, 102) is DueState.WAIVED


def due(visit_id: UUID, at: float) -> DueState:
    found = assess.due_list(record(visit_id), minutes(at))
    return next(each.state for each in found if each.key == "last+40")


def test_who_leaves_with_an_alarm_that_nobody_answered_is_somebodys_task(staff: Viewer) -> None:
    visit_id = scenes.recovered(staff)
    fast = Readings(heart_rate=138)
    scenes.observe(staff, minutes(127), visit_id, fast, confirmed=("heart rate 138 /min",))
    scenes.observe(staff, minutes(128), visit_id, Readings(heart_rate=80))
    actions.discharge(
        by=staff, at=minutes(130), visit_id=visit_id, reauth=patients.proof(staff, minutes(130))
    )
    task = Task.objects.get(kind=TaskKind.LATE_FINDING)
    assert task.note == "The patient left, and nobody had answered it."
    (alarm,) = record(visit_id).alarms
    actions.acknowledge(
        by=staff, at=minutes(140), visit_id=visit_id, alarm_ids=[alarm.id], action="called: well"
    )
    task.refresh_from_db()
    assert task.closed_at == minutes(140)


def test_a_dose_of_the_other_product_belongs_to_another_visit(staff: Viewer, visit_id: UUID) -> None:
    with pytest.raises(Refused, match="right patient"):
        scenes.infuse(
            staff, minutes(20), visit_id, InfusionStep.STARTED, rate_ml_per_h=INFUSION.rate_ml_per_h
        )
    assert record(visit_id).last_dose_at == minutes(0) + timedelta(minutes=5)


def test_the_programme_is_told_the_dose_that_was_given_and_not_the_one_ordered(staff: Viewer) -> None:
    visit_id = scenes.ordered(staff)
    scenes.device(staff, minutes(0), visit_id, 1)
    actions.finish_administration(by=staff, at=minutes(9), visit_id=visit_id, why="felt sick")
    assert form_facts.programme_form(staff, record(visit_id)).dose_mg == "28"


def test_a_dose_entered_after_the_patient_walked_out_is_taken(staff: Viewer) -> None:
    visit_id = scenes.ordered(staff)
    scenes.device(staff, minutes(0), visit_id, 1)
    actions.record_elopement(
        by=staff, at=minutes(12), visit_id=visit_id, noticed_at=minutes(12), last_seen_at=minutes(10)
    )
    scenes.device(staff, minutes(13), visit_id, 2, measured_at=minutes(6))
    assert (scenes.state(visit_id), record(visit_id).last_dose_at) == ("eloped", minutes(6))


def test_a_dose_that_began_earlier_than_entered_lets_the_rules_look_at_its_readings(staff: Viewer) -> None:
    visit_id = scenes.ordered(staff)
    scenes.device(staff, minutes(30), visit_id, 1)
    scenes.pressure(staff, minutes(31), visit_id, 172, 104, measured_at=minutes(20))
    assert raised(visit_id) == set()
    (device,) = record(visit_id).devices
    actions.correct_device(
        by=staff, at=minutes(32), visit_id=visit_id, device_id=device.id, why="the clock was read wrong",
        measured_at=minutes(5), first_nostril="left", lot="L1", expires_on=device.expires_on, serial="", problem="",
    )  # fmt: skip
    assert raised(visit_id) == {"STOP-3"}


def test_no_screen_says_that_somebody_in_an_emergency_may_leave(staff: Viewer) -> None:
    visit_id = scenes.recovered(staff)
    (tile,) = queries.board(staff, minutes(128)).watched
    assert tile.may_leave
    actions.declare_emergency(by=staff, at=minutes(129), visit_id=visit_id, happened_at=minutes(129))
    (tile,) = queries.board(staff, minutes(130)).watched
    assert (tile.may_leave, tile.leave_words) == (False, "–")
    assert queries.live(staff, visit_id, minutes(130)).leave is None
