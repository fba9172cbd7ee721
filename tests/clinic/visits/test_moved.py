"""An entry on the wrong patient: seen in both charts, counted in one, and both judged anew."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from django.urls import reverse
from tests.clinic import factories, patients
from tests.clinic.visits import scenes

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Denied, NotFound, Viewer
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.courses import rows as course_rows
from euthymia.clinic.courses.models import TreatedSession
from euthymia.clinic.visits import actions, models, queries
from euthymia.clinic.visits.actions import Conflict, Refused
from euthymia.clinic.visits.models.dose import InfusionStep
from euthymia.clinic.visits.record import Record
from euthymia.protocol import DueState, Product

HIGH = replace(scenes.CALM, systolic=188, diastolic=112)


@pytest.fixture
def staff(db: None) -> Viewer:
    return factories.viewer(*patients.STAFF)


@pytest.fixture
def two(staff: Viewer) -> tuple[UUID, UUID]:
    """Two patients watched after both devices, on two chairs."""
    return scenes.monitored(staff), scenes.monitored(staff, chair_id=scenes.chair(staff, "Chair 2").pk)


def record(visit_id: UUID) -> Record:
    return Record(models.Visit.objects.get(pk=visit_id))


def move(by: Viewer, what: str, entry: UUID, visit: UUID, to: UUID, at: int = 50, **changed: object) -> None:
    said = {"why": "She sat in chair 2", "idempotency_key": uuid4()} | changed
    actions.move_entry(
        by=by,
        at=scenes.minutes(at),
        visit_id=visit,
        what=what,
        entry_id=entry,
        to_visit_id=to,
        **said,  # type: ignore[arg-type]
    )


def reading(visit_id: UUID) -> UUID:
    return record(visit_id).observations[-1].id


def test_readings_leave_one_chart_and_arrive_in_the_other_with_their_own_time(
    staff: Viewer, two: tuple[UUID, UUID]
) -> None:
    wrong, right = two
    scenes.observe(staff, scenes.minutes(46), wrong, HIGH, measured_at=scenes.minutes(45))
    assert queries.live(staff, wrong, scenes.minutes(47)).alarms
    move(staff, "readings", reading(wrong), wrong, right)

    here, there = record(wrong), record(right)
    assert not [row for row in here.observations if row.measured_at == scenes.minutes(45)]
    arrived = [row for row in there.observations if row.measured_at == scenes.minutes(45)]
    assert {(row.kind, row.value) for row in arrived} >= {("pressure", 188), ("spo2", 98)}
    assert {row.recorded_at for row in arrived} == {scenes.minutes(50)}

    def due(visit_id: UUID) -> str:
        found = queries.live(staff, visit_id, scenes.minutes(50)).due
        return next(each.status for each in found if each.key == "last+40")

    assert (due(wrong), due(right)) == (DueState.DUE.value, DueState.DONE.value)
    assert not queries.live(staff, wrong, scenes.minutes(51)).alarms
    assert {each.finding.rule for each in queries.live(staff, right, scenes.minutes(51)).alarms} >= {"STOP-1"}
    withdrawn = queries.visit_page(staff, wrong, scenes.minutes(51)).answered
    assert withdrawn
    assert all("another patient's" in each.answer for each in withdrawn)


def test_both_charts_tell_it_and_name_no_other_patient(staff: Viewer, two: tuple[UUID, UUID]) -> None:
    wrong, right = two
    models.Visit.objects.get(pk=right).course.patient.__class__.objects.filter(courses__visits=right).update(
        family_name="Otherwise", medical_record_number="MRN-OTHER"
    )
    scenes.observe(staff, scenes.minutes(45), wrong, HIGH)
    move(staff, "readings", reading(wrong), wrong, right)
    nurse = factories.signed_in(factories.staff(Role.NURSE))
    page = nurse.get(reverse("visits:visit", args=[wrong])).content.decode()
    assert "Moved away" in page
    assert "188/112</s> <small>moved away</small>" in page
    assert "MRN-OTHER" in page
    assert "Otherwise" not in page
    page = nurse.get(reverse("visits:visit", args=[right])).content.decode()
    assert "Moved here" in page
    assert "She sat in chair 2" in page
    for visit_id, verb in ((wrong, "visits.move_entry_away"), (right, "visits.move_entry_here")):
        assert AuditEntry.objects.filter(subject=f"visit {visit_id}", verb=verb).count() == 1


def test_the_same_press_twice_moves_once_and_the_second_nurse_is_told(
    staff: Viewer, two: tuple[UUID, UUID]
) -> None:
    wrong, right = two
    scenes.observe(staff, scenes.minutes(45), wrong)
    entry, key = reading(wrong), uuid4()
    move(staff, "readings", entry, wrong, right, idempotency_key=key)
    move(staff, "readings", entry, wrong, right, idempotency_key=key)
    assert len({row.together for row in models.MovedEntry.objects.all()}) == 1
    with pytest.raises(Conflict, match="a moment ago"):
        move(staff, "readings", entry, wrong, right)


def test_a_second_device_of_another_patient_takes_its_breach_along(
    staff: Viewer, two: tuple[UUID, UUID]
) -> None:
    wrong, right = two
    scenes.device(staff, scenes.minutes(7), wrong, 3)
    assert {each.rule for each in record(wrong).deviations if not hasattr(each, "answer")} >= {"DEV-3"}
    third = record(wrong).devices[-1].id
    move(staff, "device", third, wrong, right)
    here, there = record(wrong), record(right)
    assert ([each.number for each in here.devices], [each.number for each in there.devices]) == (
        [1, 2],
        [1, 2, 3],
    )
    assert all(hasattr(each, "answer") for each in here.deviations if each.rule == "DEV-3")
    assert here.last_dose_at == scenes.minutes(5)
    assert there.last_dose_at == scenes.minutes(7)


def test_the_only_dose_of_a_visit_that_had_none_takes_the_visit_back(staff: Viewer) -> None:
    wrong = scenes.ordered(staff)
    right = scenes.ordered(staff, chair_id=scenes.chair(staff, "Chair 2").pk)
    scenes.device(staff, scenes.minutes(1), wrong, 1)
    assert scenes.state(wrong) == "administering"
    move(staff, "device", record(wrong).devices[0].id, wrong, right, at=3)
    assert (scenes.state(wrong), scenes.state(right)) == ("ordered", "administering")
    visits = {each: models.Visit.objects.get(pk=each) for each in (wrong, right)}
    assert (visits[wrong].session_number, visits[right].session_number) == (None, 1)
    assert course_rows.treated(visits[wrong].course) == ()

    scenes.device(staff, scenes.minutes(6), wrong, 1)  # now their own
    assert [each.measured_at for each in record(wrong).devices] == [scenes.minutes(6)]
    assert models.Visit.objects.get(pk=wrong).session_number == 1
    assert len(course_rows.treated(visits[wrong].course)) == 1
    assert TreatedSession.objects.filter(course=visits[wrong].course).count() == 2


def test_an_infusion_moves_whole(staff: Viewer) -> None:
    iv = Product.KETAMINE_IV
    wrong = scenes.ordered(staff, product=iv)
    right = scenes.ordered(staff, product=iv, chair_id=scenes.chair(staff, "Chair 2").pk)
    start = scenes.infuse(staff, scenes.minutes(1), wrong, InfusionStep.STARTED)
    scenes.infuse(staff, scenes.minutes(9), wrong, InfusionStep.PAUSED, why="line moved")
    move(staff, "infusion", start, wrong, right, at=12)
    assert [each.step for each in record(right).infusion] == ["started", "paused"]
    assert record(right).t0 == scenes.minutes(1)
    assert record(wrong).infusion == []
    assert (scenes.state(wrong), scenes.state(right)) == ("ordered", "administering")
    scenes.infuse(staff, scenes.minutes(20), wrong, InfusionStep.STARTED)
    assert record(wrong).t0 == scenes.minutes(20)


def test_a_medicine_arrives_without_the_others_order(staff: Viewer, two: tuple[UUID, UUID]) -> None:
    wrong, right = two
    visit = models.Visit.objects.get(pk=wrong)
    given = models.MedicineGiven.objects.create(
        clinic_id=staff.clinic_id, visit=visit, recorded_at=scenes.minutes(30), recorded_by_id=staff.user_id,
        measured_at=scenes.minutes(30), entered_offset_min=0, medicine="Ondansetron", dose=4, unit="mg",
        route="oral", note="Asked for by telephone",
    )  # fmt: skip
    move(staff, "medicine", given.id, wrong, right)
    arrived = models.MedicineGiven.objects.get(visit=right)
    assert (arrived.medicine, arrived.measured_at, arrived.order_id) == (
        "Ondansetron",
        given.measured_at,
        None,
    )
    (told,) = queries.visit_page(staff, right, scenes.minutes(51)).moved
    assert told.words.startswith("Ondansetron 4 mg")


class TestRefused:
    def test_without_a_reason_or_to_itself(self, staff: Viewer, two: tuple[UUID, UUID]) -> None:
        wrong, right = two
        with pytest.raises(Refused, match="how you know"):
            move(staff, "readings", reading(wrong), wrong, right, why=" ")
        with pytest.raises(Refused, match="this visit already"):
            move(staff, "readings", reading(wrong), wrong, wrong)

    def test_a_device_does_not_go_to_an_infusion(self, staff: Viewer, two: tuple[UUID, UUID]) -> None:
        drip = scenes.ordered(staff, product=Product.KETAMINE_IV, chair_id=scenes.chair(staff, "Chair 3").pk)
        with pytest.raises(Refused, match="for an infusion"):
            move(staff, "device", record(two[0]).devices[0].id, two[0], drip)

    def test_another_clinics_visit_and_another_visits_reading_are_not_found(
        self, staff: Viewer, two: tuple[UUID, UUID]
    ) -> None:
        stranger = factories.viewer(*patients.STAFF, clinic=factories.clinic("Another"))
        theirs = scenes.monitored(stranger, chair_id=scenes.chair(stranger, "X").pk)
        for entry, to in ((reading(two[0]), theirs), (reading(two[1]), two[1])):
            with pytest.raises(NotFound):
                move(staff, "readings", entry, two[0], to)

    def test_who_may_not_record_may_not_move(self, staff: Viewer, two: tuple[UUID, UUID]) -> None:
        with pytest.raises(Denied):
            move(factories.viewer(Role.THERAPIST), "readings", reading(two[0]), *two)


def test_the_form_offers_the_others_and_keeps_what_was_typed(staff: Viewer, two: tuple[UUID, UUID]) -> None:
    wrong, right = two
    url = reverse("visits:move_entry", args=[wrong, "readings", reading(wrong)])
    nurse = factories.signed_in(factories.staff(Role.NURSE))
    answer = nurse.post(url, {"idempotency_key": str(uuid4()), "why": "her wristband"})
    assert answer.status_code == 422
    assert "her wristband" in answer.content.decode()
    answer = nurse.post(url, {"idempotency_key": str(uuid4()), "why": "her wristband", "to": str(right)})
    assert answer.status_code == 303
    assert models.MovedEntry.objects.filter(visit=wrong, to_visit=right).exists()
