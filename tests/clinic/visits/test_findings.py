"""What follows from a reading: repeats, structured answers, medicines by order, help for who is not here, events."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.clinic import factories, patients
from tests.clinic.visits import scenes
from tests.clinic.visits.scenes import NOW, minutes

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.measures import actions as measures
from euthymia.clinic.safety import actions as safety
from euthymia.clinic.safety import queries as safety_queries
from euthymia.clinic.safety.models import AdverseEvent, Task, TaskKind
from euthymia.clinic.visits import actions, models, queries
from euthymia.clinic.visits.actions import Conflict, Dosed, Readings, Refused
from euthymia.protocol import InteractionClass, Symptom

HIGH = Readings(systolic=186, diastolic=104)
ONE = Dosed(medicine="examplin", dose=Decimal(4), unit="mg", route="oral")


@pytest.fixture
def staff(db: None) -> Viewer:
    return patients.staff()


@pytest.fixture
def visit_id(staff: Viewer) -> UUID:
    return scenes.monitored(staff)


def due(by: Viewer, visit_id: UUID, at: Any) -> dict[str, str]:
    return {each.title: each.status for each in queries.live(by, visit_id, at).due}


def tasks(kind: TaskKind) -> int:
    return Task.objects.filter(kind=kind, closed_at__isnull=True).count()


class TestReadings:
    def test_a_reading_beyond_a_limit_is_due_again_until_it_was_taken(
        self, staff: Viewer, visit_id: UUID
    ) -> None:
        scenes.observe(staff, minutes(25), visit_id, HIGH)
        assert due(staff, visit_id, minutes(28))["Blood pressure again"] == "due"
        assert due(staff, visit_id, minutes(31))["Blood pressure again"] == "overdue"
        again = next(each for each in queries.live(staff, visit_id, minutes(31)).due if "again" in each.title)
        assert "186/104 mmHg" in again.clock
        scenes.pressure(staff, minutes(32), visit_id, 150, 90)
        assert due(staff, visit_id, minutes(33))["Blood pressure again"] == "done"

    def test_nausea_and_anxiety_call_somebody(self, staff: Viewer, visit_id: UUID) -> None:
        scenes.observe(staff, minutes(25), visit_id, Readings(nausea=3, anxiety=8, pain=10, note="cries"))
        assert set(models.Alarm.objects.values_list("rule", flat=True)) == {"STOP-7b", "STOP-8"}

    def test_a_crisis_symptom_before_the_dose_calls_and_a_raised_pressure_does_not(
        self, staff: Viewer
    ) -> None:
        visit = scenes.checking_in(staff)
        scenes.observe(staff, minutes(2), visit, replace(HIGH, symptoms=frozenset({Symptom.CHEST_PAIN})))
        live = queries.live(staff, visit, minutes(3))
        assert [alarm.finding.rule for alarm in live.alarms] == ["STOP-2"]
        assert "give no dose" in live.alarms[0].finding.sentence

    def test_symptoms_and_notes_are_put_right_and_a_monitors_number_confirmed(
        self, staff: Viewer, visit_id: UUID
    ) -> None:
        scenes.observe(
            staff, minutes(25), visit_id, Readings(symptoms=frozenset({Symptom.SEIZURE}), note="shook")
        )
        kinds = {row.kind: row for row in models.Observation.objects.filter(measured_at=minutes(25))}
        said: dict[str, Any] = {"by": staff, "at": minutes(26), "visit_id": visit_id}
        actions.correct_observation(
            **said, observation_id=kinds["symptoms"].id, symptoms=frozenset(), why="shivered, was awake"
        )
        actions.correct_observation(
            **said, observation_id=kinds["note"].id, note="shivered", why="wrong word"
        )
        found = queries.visit_page(staff, visit_id, minutes(27)).sets[0]
        symptoms = next(cell for cell in found.cells if cell and cell.kind == "symptoms")
        assert (symptoms.text, symptoms.earlier) == ("none", ("seizure",))
        assert [(note.text, note.earlier) for note in found.notes] == [("shivered", ("shook",))]


class TestWatchPlan:
    def test_the_reasons_on_record_at_the_first_dose_are_kept_and_told(self, staff: Viewer) -> None:
        visit_id = scenes.ordered(staff)
        taken = measures.TakenMedicine(
            name="lorazepam", dose="1 mg", classes=frozenset({InteractionClass.BENZODIAZEPINE})
        )
        measures.record_medicines(
            by=staff,
            at=minutes(4),
            patient_id=queries.patient_of(staff, visit_id),
            medicines=(taken,),
            basis="asked",
            taken_at=minutes(4),
        )
        scenes.device(staff, minutes(5), visit_id, 1)
        live = queries.live(staff, visit_id, minutes(6))
        assert live.closer == ("The patient takes lorazepam. (WP-13)",)
        assert "10 min after the last device" in {each.clock for each in live.due}


class TestAnswers:
    def test_an_answer_holds_what_was_done_and_the_words(self, staff: Viewer, visit_id: UUID) -> None:
        scenes.observe(staff, minutes(25), visit_id, Readings(spo2=92))
        live = queries.live(staff, visit_id, minutes(26))
        said: dict[str, Any] = {
            "by": staff, "at": minutes(27), "visit_id": visit_id,
            "alarm_ids": [alarm.id for alarm in live.alarms],
        }  # fmt: skip
        with pytest.raises(Refused, match="no action of the list"):
            actions.acknowledge(**said, done=["prayed"], action="")
        actions.acknowledge(**said, done=["airway", "prescriber"], action="Pink again.")
        answer = models.Acknowledgement.objects.get()
        assert answer.done == ["airway", "prescriber"]
        assert answer.action == "Opened the airway, gave oxygen; Called the prescriber; Pink again."


def closed(by: Viewer) -> UUID:
    visit_id = scenes.monitored(by)
    actions.transfer(
        by=by, at=minutes(60), visit_id=visit_id, left_at=minutes(60), destination="Ward 3", why="unwell"
    )
    return visit_id


class TestAfterTheVisit:
    def test_a_reading_for_a_visit_that_ended_is_kept_and_becomes_a_task(self, staff: Viewer) -> None:
        visit_id = closed(staff)
        before = tasks(TaskKind.LATE_FINDING)
        scenes.observe(staff, minutes(90), visit_id, Readings(spo2=89), measured_at=minutes(50))
        assert tasks(TaskKind.LATE_FINDING) == before + 1
        live = queries.visit_page(staff, visit_id, minutes(91)).live
        assert live.alarms
        actions.acknowledge(
            by=staff,
            at=minutes(92),
            visit_id=visit_id,
            alarm_ids=[alarm.id for alarm in live.alarms],
            done=["seen"],
            action="",
        )
        assert tasks(TaskKind.LATE_FINDING) == 0

    @pytest.mark.parametrize("kind", ["emergency", "taken"])
    def test_help_elsewhere_is_recorded_whatever_the_visit_has_come_to(
        self, staff: Viewer, kind: str
    ) -> None:
        for visit_id in (scenes.booked(staff, chair_id=scenes.chair(staff, "Chair 2").pk), closed(staff)):
            before = scenes.state(visit_id)
            said: dict[str, Any] = {
                "by": staff, "at": minutes(300), "visit_id": visit_id, "kind": kind, "what": "collapsed",
                "told_by": "the son", "happened_at": minutes(250), "destination": "City Hospital",
            }  # fmt: skip
            key = uuid4()
            first = actions.record_elsewhere(**said, idempotency_key=key)
            assert actions.record_elsewhere(**said, idempotency_key=key) == first
            assert scenes.state(visit_id) == before
            page = queries.visit_page(staff, visit_id, minutes(301))
            assert [each.told_by for each in page.elsewhere] == ["the son"]
        assert tasks(TaskKind.ELSEWHERE) == 2

    def test_somebody_not_yet_checked_in_can_be_helped_and_handed_over(self, staff: Viewer) -> None:
        visit_id = scenes.booked(staff)
        actions.declare_emergency(
            by=factories.viewer(Role.FRONT_DESK), at=NOW, visit_id=visit_id, happened_at=NOW, seen="fell"
        )
        assert scenes.state(visit_id) == "emergency_before_dose"
        actions.transfer(
            by=staff, at=minutes(9), visit_id=visit_id, left_at=minutes(8), destination="City", why="fell"
        )
        assert scenes.state(visit_id) == "transferred"

    def test_who_is_here_is_helped_in_the_visit(self, staff: Viewer, visit_id: UUID) -> None:
        with pytest.raises(Refused, match="is here"):
            actions.record_elsewhere(
                by=staff,
                at=minutes(30),
                visit_id=visit_id,
                kind="emergency",
                what="fell",
                told_by="me",
                happened_at=minutes(29),
            )


class TestMedicines:
    def order(self, by: Viewer, visit_id: UUID, **changed: Any) -> UUID:
        said: dict[str, Any] = {"dosed": ONE, "why": "retches", "reauth": patients.proof(by, minutes(20))}
        return actions.order_medicine(by=by, at=minutes(20), visit_id=visit_id, **(said | changed))

    def give(
        self, by: Viewer, visit_id: UUID, order_id: UUID | None, dosed: Dosed = ONE, **more: Any
    ) -> UUID:
        return actions.give_medicine(
            by=by,
            at=minutes(25),
            visit_id=visit_id,
            dosed=dosed,
            given_at=minutes(24),
            order_id=order_id,
            **more,
        )

    def view(self, by: Viewer, visit_id: UUID) -> queries.MedicineView:
        return queries.visit_page(by, visit_id, minutes(30)).medicines[0]

    def test_an_order_is_given_once(self, staff: Viewer, visit_id: UUID) -> None:
        order = self.order(staff, visit_id)
        self.give(staff, visit_id, order)
        with pytest.raises(Conflict, match="own order"):
            self.give(staff, visit_id, order)
        assert (self.view(staff, visit_id).state, self.view(staff, visit_id).given) == (
            "given",
            "4 mg, by mouth",
        )

    def test_a_nurse_orders_nothing_and_a_wrong_unit_stays_a_deviation(
        self, staff: Viewer, visit_id: UUID
    ) -> None:
        order = self.order(staff, visit_id)
        self.give(staff, visit_id, order, replace(ONE, unit="microgram"), note="the ampoule")
        deviation = models.Deviation.objects.get(rule="MED-3")
        assert "4 microgram, by mouth instead of 4 mg, by mouth" in deviation.sentence

    def test_a_verbal_order_is_read_back_and_signed_for_by_who_said_it(
        self, staff: Viewer, visit_id: UUID
    ) -> None:
        nurse = factories.viewer(Role.NURSE)
        said: dict[str, Any] = {
            "by": nurse, "at": minutes(20), "visit_id": visit_id, "dosed": ONE, "why": "retches",
            "prescriber_id": staff.user_id, "heard_at": minutes(19),
        }  # fmt: skip
        with pytest.raises(Refused, match="Read the order back"):
            actions.take_verbal_order(**said, read_back=False)
        with pytest.raises(Refused, match="prescriber who said it"):
            actions.take_verbal_order(**said | {"prescriber_id": nurse.user_id}, read_back=True)
        order = actions.take_verbal_order(**said, read_back=True)
        assert tasks(TaskKind.COUNTERSIGN) == 1
        self.give(nurse, visit_id, order)
        assert self.view(staff, visit_id).to_sign == staff.name
        other = patients.staff()
        signing: dict[str, Any] = {"at": minutes(40), "visit_id": visit_id, "order_id": order, "agreed": True}
        with pytest.raises(Refused, match="gave this order"):
            actions.countersign(by=other, reauth=patients.proof(other, minutes(40)), **signing)
        actions.countersign(by=staff, reauth=patients.proof(staff, minutes(40)), **signing)
        assert (tasks(TaskKind.COUNTERSIGN), self.view(staff, visit_id).to_sign) == (0, "")

    def test_without_naming_it_a_dose_is_held_to_the_one_order_for_just_that(
        self, staff: Viewer, visit_id: UUID
    ) -> None:
        order = self.order(staff, visit_id)
        other = self.order(staff, visit_id, dosed=replace(ONE, dose=Decimal(8)))
        self.give(staff, visit_id, None, replace(ONE, dose=Decimal(2)), note="half of it")
        given = {row.order_id for row in models.MedicineGiven.objects.all()}
        assert given == {None}
        self.give(staff, visit_id, None, note="as ordered")
        assert {row.order_id for row in models.MedicineGiven.objects.all()} == {None, order}
        self.order(staff, visit_id, dosed=replace(ONE, dose=Decimal(8)))
        self.give(
            staff, visit_id, None, replace(ONE, dose=Decimal(8)), note="which of the two nobody can tell"
        )
        assert other not in {row.order_id for row in models.MedicineGiven.objects.all()}

    def test_what_was_given_without_an_order_is_recorded_with_its_reason(
        self, staff: Viewer, visit_id: UUID
    ) -> None:
        with pytest.raises(Refused, match="without an order"):
            self.give(staff, visit_id, None)
        self.give(staff, visit_id, None, note="Dr. Ode was with another patient; told at once")
        assert models.Deviation.objects.filter(rule="MED-2").count() == 1

    def test_allergies_and_the_kind_of_medicine_are_told_before_it_is_ordered(
        self, staff: Viewer, visit_id: UUID
    ) -> None:
        found = queries.judged(staff, visit_id, "examplin", ["benzodiazepine"], minutes(20))
        assert "WP-13" in {each.rule for each in found}


class TestEvents:
    def alarm(self, by: Viewer, visit_id: UUID) -> UUID:
        scenes.observe(by, minutes(25), visit_id, Readings(spo2=89))
        live = queries.live(by, visit_id, minutes(26))
        alarm = live.alarms[0].id
        actions.acknowledge(
            by=by, at=minutes(27), visit_id=visit_id, alarm_ids=[alarm], done=["airway"], action=""
        )
        return alarm

    def test_an_event_is_filled_in_from_its_alarm_alone(self, staff: Viewer, visit_id: UUID) -> None:
        known = queries.event_of_alarm(staff, visit_id, self.alarm(staff, visit_id))
        assert (known["term"], known["onset_at"], known["interventions"]) == (
            "Breathing and oxygen",
            minutes(25),
            ["oxygen"],
        )
        assert known.keys().isdisjoint({"severity", "seriousness", "causality", "expectedness", "outcome"})

    def test_a_serious_event_of_an_alarm_opens_its_tasks_and_is_judged(
        self, staff: Viewer, visit_id: UUID
    ) -> None:
        alarm = self.alarm(staff, visit_id)
        event = safety.AdverseEventEntry(
            term="desaturation",
            onset_at=minutes(25),
            severity="severe",
            seriousness="life-threatening",
            criteria=("important",),
            outcome="resolving",
            causality="related",
        )
        said: dict[str, Any] = {"by": staff, "at": minutes(50), "visit_id": visit_id, "alarm_id": alarm}
        event_id = actions.record_alarm_event(**said, event=event)
        row = AdverseEvent.objects.get(pk=event_id)
        t0 = queries.live(staff, visit_id, minutes(50)).t0
        assert t0 is not None
        assert row.since_dose_min == (minutes(25) - t0) // timedelta(minutes=1)
        assert row.criteria == ["life-threatening", "important"]
        kinds = (TaskKind.ADVERSE_EVENT, TaskKind.EVENT_TOLD, TaskKind.EVENT_REVIEW)
        assert [tasks(kind) for kind in kinds] == [1, 1, 1]
        with pytest.raises(Conflict, match="has recorded an adverse event"):
            actions.record_alarm_event(**said, event=event)
        ((_, asked),) = safety_queries.event_findings(staff, row.patient_id, minutes(60))
        assert {each.rule for each in asked} == {"SAE-1", "SAE-5", "SAE-6"}
        whole = next(each.sentence for each in asked if each.rule == "SAE-6")
        assert "whether it was to be expected" in whole
