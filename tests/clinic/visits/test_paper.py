"""Copying a paper sheet: the sheet's own times, who copied beside who measured, and nothing that calls anybody now."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.urls import reverse
from tests.clinic import factories, patients
from tests.clinic.visits import scenes

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.safety.models import Task
from euthymia.clinic.visits import actions, models, queries
from euthymia.clinic.visits.actions import (
    PaperCheckIn,
    PaperDose,
    PaperLeaving,
    PaperRow,
    Readings,
    Refused,
    Unusual,
    Who,
)
from euthymia.clinic.visits.models.ends import ExitKind
from euthymia.clinic.visits.record import Record
from euthymia.protocol import DueState

HIGH = Readings(
    systolic=186, diastolic=112, heart_rate=88, respiratory_rate=14, spo2=97, sedation=5, dissociation=1
)
BACK = scenes.minutes(240)  # when the system is up again


@pytest.fixture
def staff(db: None) -> Viewer:
    return factories.viewer(*patients.STAFF)


@pytest.fixture
def visit_id(staff: Viewer) -> UUID:
    return scenes.booked(staff)


def record(visit_id: UUID) -> Record:
    return Record(models.Visit.objects.get(pk=visit_id))


def copy(act: str, staff: Viewer, visit_id: UUID, at: object = BACK, **said: object) -> None:
    given = {"who": Who(name="R. Night"), "idempotency_key": uuid4()} | said
    getattr(actions, act)(by=staff, at=at, visit_id=visit_id, **given)


def until_devices(staff: Viewer, visit_id: UUID) -> None:
    came = PaperCheckIn(scenes.minutes(0), first="name", second="birth date", weight_kg=Decimal("70.0"),
                        risk_level="low", risk_basis="no thoughts", escort_name="Jo Field",
                        signed_name="Imke Test")  # fmt: skip
    copy("enter_check_in", staff, visit_id, said=came)
    copy(
        "enter_paper_order",
        staff,
        visit_id,
        dose=PaperDose(Decimal(56), devices=2),
        given="by word of mouth",
        prescriber_id=staff.user_id,
        ordered_at=scenes.minutes(10),
    )
    rows = [
        PaperRow(scenes.minutes(20 + 6 * place), {"number": place + 1, "lot": "L1"}) for place in range(2)
    ]
    copy("enter_devices", staff, visit_id, rows=rows, whole=False)


def lines(*pairs: tuple[float, Readings]) -> list[tuple[object, Readings]]:
    return [(scenes.minutes(minute), readings) for minute, readings in pairs]


def test_the_whole_sheet_keeps_its_own_times_and_says_who_copied(staff: Viewer, visit_id: UUID) -> None:
    until_devices(staff, visit_id)
    copy("enter_readings", staff, visit_id, rows=lines((5, scenes.CALM), (66, scenes.CALM)))
    found = record(visit_id)
    assert (found.t0, found.last_dose_at) == (scenes.minutes(20), scenes.minutes(26))
    assert found.visit.state == "monitoring"
    assert {row.recorded_at for row in found.observations} == {BACK}
    assert found.weighing is not None
    assert found.weighing.measured_at == scenes.minutes(0)
    live = queries.live(staff, visit_id, BACK)
    assert next(each.status for each in live.due if each.key == "last+40") == DueState.DONE.value
    nurse = factories.signed_in(factories.staff(Role.NURSE))
    page = nurse.get(reverse("visits:visit", args=[visit_id])).content.decode()
    assert "entered later from paper, 2 h 54 min" in page
    assert "on the sheet: R. Night" in page


def test_what_is_found_is_told_and_calls_nobody(staff: Viewer, visit_id: UUID) -> None:
    until_devices(staff, visit_id)
    copy("enter_readings", staff, visit_id, rows=lines((64, HIGH), (95, scenes.CALM)))
    live = queries.live(staff, visit_id, BACK)
    assert not live.alarms
    assert {each.finding.rule for each in live.found_later} >= {"STOP-1"}
    board = queries.board(staff, BACK)
    assert board.unanswered == 0
    nurse = factories.signed_in(factories.staff(Role.NURSE))
    page = nurse.get(reverse("visits:visit", args=[visit_id])).content.decode()
    assert "Found afterwards" in page
    assert "Alarms not answered" not in page
    ids = [each.id for each in queries.open_alarms(staff, visit_id)]
    actions.acknowledge(
        by=staff, at=BACK, visit_id=visit_id, alarm_ids=ids, action="called the prescriber then"
    )
    assert not queries.live(staff, visit_id, BACK).found_later


def test_the_same_form_twice_copies_once(staff: Viewer, visit_id: UUID) -> None:
    until_devices(staff, visit_id)
    key = uuid4()
    for _ in range(2):
        copy("enter_readings", staff, visit_id, rows=lines((50, scenes.CALM)), idempotency_key=key)
    assert len({row.set_id for row in record(visit_id).observations}) == 1


class TestOrder:
    def test_it_waits_for_its_prescriber_and_makes_no_order(self, staff: Viewer, visit_id: UUID) -> None:
        until_devices(staff, visit_id)
        found = record(visit_id)
        assert found.order is None
        task = Task.objects.get(origin__startswith="paper-order:")
        assert task.owner_role == Role.PRESCRIBER.value
        assert "ADM-1" in {each.rule for each in found.deviations}

    def test_signed_it_is_the_order_and_the_breach_has_its_reason(
        self, staff: Viewer, visit_id: UUID
    ) -> None:
        until_devices(staff, visit_id)
        paper = models.PaperOrder.objects.get(visit=visit_id)
        actions.answer_paper_order(
            by=staff,
            at=BACK,
            visit_id=visit_id,
            paper_order_id=paper.id,
            agreed=True,
            reauth=patients.proof(staff, BACK),
        )
        found = record(visit_id)
        assert found.order is not None
        assert found.order.devices == 2
        assert all(hasattr(each, "answer") for each in found.deviations if each.rule == "ADM-1")

    def test_another_prescriber_signs_nothing_and_a_denial_says_why(
        self, staff: Viewer, visit_id: UUID
    ) -> None:
        until_devices(staff, visit_id)
        paper = models.PaperOrder.objects.get(visit=visit_id)
        other = factories.viewer(*patients.STAFF)
        said = {"at": BACK, "visit_id": visit_id, "paper_order_id": paper.id}
        with pytest.raises(Refused, match="that person signs"):
            actions.answer_paper_order(by=other, agreed=True, reauth=patients.proof(other, BACK), **said)
        with pytest.raises(Refused, match="what was ordered"):
            actions.answer_paper_order(by=staff, agreed=False, reauth=patients.proof(staff, BACK), **said)
        actions.answer_paper_order(
            by=staff, agreed=False, note="I ordered 28 mg", reauth=patients.proof(staff, BACK), **said
        )
        assert record(visit_id).order is None


class TestLeaving:
    def leave(self, staff: Viewer, visit_id: UUID, at: float) -> None:
        said = PaperLeaving(
            ExitKind.DISCHARGED, scenes.minutes(at), with_whom="Jo Field", stable_basis="walks steadily",
            rescreen_level="low", rescreen_basis="no thoughts",
        )  # fmt: skip
        copy("enter_leaving", staff, visit_id, said=said, reauth=patients.proof(staff, BACK))

    def test_who_left_too_soon_has_left_and_each_gap_is_a_deviation(
        self, staff: Viewer, visit_id: UUID
    ) -> None:
        until_devices(staff, visit_id)
        copy("enter_readings", staff, visit_id, rows=lines((5, scenes.CALM)))
        self.leave(staff, visit_id, 100)
        found = record(visit_id)
        assert found.visit.state == "discharged"
        assert found.exits[-1].measured_at == scenes.minutes(100)
        told = {each.rule for each in found.deviations if "entered later from paper" in each.sentence}
        assert "MON-3" in told or "MON-1" in told

    def test_a_reading_copied_after_leaving_does_not_reopen_the_gate_unseen(
        self, staff: Viewer, visit_id: UUID
    ) -> None:
        until_devices(staff, visit_id)
        early = [(minute, scenes.CALM) for minute in (5, 46, 66, 90, 120)]
        copy("enter_readings", staff, visit_id, rows=lines(*early))
        self.leave(staff, visit_id, 150)
        before = {each.id for each in record(visit_id).deviations}
        copy("enter_readings", staff, visit_id, rows=lines((148, HIGH)))
        found = record(visit_id)
        assert found.visit.state == "discharged"
        new = [each for each in found.deviations if each.id not in before]
        assert any("at leaving" in each.sentence for each in new)

    def test_while_the_patient_is_ready_to_leave_a_copied_reading_takes_the_visit_back(
        self, staff: Viewer
    ) -> None:
        visit_id = scenes.recovered(staff)
        when = scenes.minutes(130)
        actions.find_ready_to_leave(by=staff, at=when, visit_id=visit_id)
        copy("enter_readings", staff, visit_id, at=scenes.minutes(132), rows=lines((129, HIGH)))
        assert scenes.state(visit_id) == "monitoring"
        assert "from paper" in record(visit_id).steps[-1].note


class TestRefused:
    def test_what_is_unusual_is_asked_about_and_what_is_to_come_is_not_taken(
        self, staff: Viewer, visit_id: UUID
    ) -> None:
        until_devices(staff, visit_id)
        odd = Readings(heart_rate=199)
        with pytest.raises(Unusual):
            copy("enter_readings", staff, visit_id, rows=lines((50, odd)))
        with pytest.raises(Refused, match="still to come"):
            copy("enter_readings", staff, visit_id, rows=lines((600, scenes.CALM)))
        assert not record(visit_id).observations

    def test_nobody_measured_it(self, staff: Viewer, visit_id: UUID) -> None:
        with pytest.raises(Refused, match="who measured"):
            copy("enter_readings", staff, visit_id, rows=lines((5, scenes.CALM)), who=Who())


def test_the_grid_keeps_a_line_without_a_clock_and_says_which(staff: Viewer, visit_id: UUID) -> None:
    nurse = factories.signed_in(factories.staff(Role.NURSE))
    url = reverse("visits:paper-readings", args=[visit_id])
    day = (scenes.NOW - timedelta(hours=5)).date()
    sent = {"idempotency_key": str(uuid4()), "day": day.isoformat(), "measured_by": str(staff.user_id),
            "systolic_2": "131", "diastolic_2": "80"}  # fmt: skip
    answer = nurse.post(url, sent)
    assert answer.status_code == 422
    assert "Line 2: enter the clock time." in answer.content.decode()
    assert 'value="131"' in answer.content.decode()
    assert nurse.post(url, sent | {"clock_2": "07:40"}).status_code == 303
    assert models.FromPaper.objects.get().measured_by_id == staff.user_id
