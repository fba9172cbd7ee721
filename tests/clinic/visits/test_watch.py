"""Readings, their corrections, alarms and what is due."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from tests.clinic import factories, patients
from tests.clinic.visits import scenes
from tests.clinic.visits.scenes import CALM, NOW, minutes

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Denied, NotFound, Viewer
from euthymia.clinic.visits import actions, models, queries
from euthymia.clinic.visits.actions import Conflict, Readings, Refused, Unusual
from euthymia.clinic.visits.limits import limits
from euthymia.clinic.visits.models.observed import POSSIBLE
from euthymia.protocol import Symptom


@pytest.fixture
def staff(db: None) -> Viewer:
    return patients.staff()


def value(visit_id: object, kind: str) -> models.Observation:
    found = models.Observation.objects.current().filter(visit=visit_id, kind=kind)
    latest: models.Observation = found.latest("recorded_at")
    return latest


class TestReadings:
    def test_a_full_set_is_one_submit_with_both_its_times(self, staff: Viewer) -> None:
        visit_id = scenes.monitored(staff)
        scenes.observe(staff, minutes(25), visit_id, measured_at=minutes(22))
        rows = models.Observation.objects.filter(visit=visit_id, measured_at=minutes(22))
        assert rows.count() == 7
        assert {row.recorded_at for row in rows} == {minutes(25)}
        assert {row.entered_offset_min for row in rows} == {-300}
        assert len({row.set_id for row in rows}) == 1

    def test_one_key_is_one_set(self, staff: Viewer) -> None:
        visit_id, key = scenes.monitored(staff), uuid4()
        before = models.Observation.objects.count()
        sets = {scenes.observe(staff, minutes(25), visit_id, idempotency_key=key) for _ in range(2)}
        assert len(sets) == 1
        assert models.Observation.objects.count() == before + 7

    @pytest.mark.parametrize(
        "readings",
        [
            Readings(heart_rate=700),
            Readings(spo2=101),
            Readings(sedation=6),
            Readings(respiratory_rate=-1),
            Readings(systolic=80, diastolic=120),
            Readings(systolic=120),
            Readings(),
        ],
    )
    def test_what_cannot_be_is_refused(self, staff: Viewer, readings: Readings) -> None:
        visit_id = scenes.monitored(staff)
        with pytest.raises(Refused):
            scenes.observe(staff, minutes(25), visit_id, readings)

    def test_what_seldom_is_must_be_confirmed_value_by_value(self, staff: Viewer) -> None:
        visit_id = scenes.monitored(staff)
        odd = Readings(heart_rate=160, spo2=80)
        with pytest.raises(Unusual) as unusual:
            scenes.observe(staff, minutes(25), visit_id, odd)
        with pytest.raises(Unusual):
            scenes.observe(staff, minutes(25), visit_id, odd, confirmed=unusual.value.values[:1])
        scenes.observe(staff, minutes(25), visit_id, odd, confirmed=unusual.value.values)
        assert value(visit_id, "heart_rate").confirmed

    @pytest.mark.parametrize(
        ("kind", "number"), [(kind, POSSIBLE[kind][1] + 1) for kind in ("heart_rate", "spo2", "sedation")]
    )
    def test_the_database_refuses_it_too(self, staff: Viewer, kind: str, number: int) -> None:
        visit_id = scenes.monitored(staff)
        with pytest.raises(IntegrityError), transaction.atomic():
            models.Observation.objects.create(
                clinic_id=staff.clinic_id,
                visit_id=visit_id,
                recorded_at=NOW,
                recorded_by_id=staff.user_id,
                measured_at=NOW,
                entered_offset_min=0,
                set_id=uuid4(),
                kind=kind,
                value=number,
            )

    def test_the_database_holds_the_limits_of_the_evidence(self) -> None:
        assert {name: (limit.lowest, limit.highest) for name, limit in limits().items()} == POSSIBLE

    def test_a_time_to_come_is_refused(self, staff: Viewer) -> None:
        visit_id = scenes.monitored(staff)
        with pytest.raises(Refused, match="still to come"):
            scenes.observe(staff, minutes(25), visit_id, measured_at=minutes(40))

    def test_a_therapist_may_look_and_not_record(self, staff: Viewer) -> None:
        visit_id = scenes.monitored(staff)
        therapist = factories.viewer(Role.THERAPIST)
        assert queries.visit_page(therapist, visit_id, minutes(6)).state == "monitoring"
        with pytest.raises(Denied):
            scenes.observe(therapist, minutes(25), visit_id)

    def test_another_clinic_finds_nothing(self, staff: Viewer) -> None:
        visit_id = scenes.monitored(staff)
        elsewhere = patients.staff(factories.clinic("Birch Clinic"))
        with pytest.raises(NotFound):
            scenes.observe(elsewhere, minutes(25), visit_id)
        with pytest.raises(NotFound):
            queries.visit_page(elsewhere, visit_id, minutes(25))


class TestCorrections:
    def test_a_corrected_value_counts_and_the_first_one_stays_visible(self, staff: Viewer) -> None:
        visit_id = scenes.monitored(staff)
        scenes.pressure(staff, minutes(25), visit_id, 151, 92)
        wrong = value(visit_id, "pressure")
        actions.correct_observation(
            by=staff,
            at=minutes(27),
            visit_id=visit_id,
            observation_id=wrong.id,
            value=131,
            diastolic=92,
            why="misread",
        )
        latest = queries.visit_page(staff, visit_id, minutes(28)).sets[0]
        cell = latest.cells[0]
        assert cell is not None
        assert (cell.text, cell.earlier, cell.reason) == ("131/92", ("151/92",), "misread")
        assert latest.at == minutes(25)

    def test_an_artefact_is_shown_and_read_by_no_rule(self, staff: Viewer) -> None:
        visit_id = scenes.monitored(staff)
        scenes.pressure(staff, minutes(44), visit_id, 124, 78)
        scenes.pressure(staff, minutes(46), visit_id, 199, 110)
        wrong = value(visit_id, "pressure")
        actions.correct_observation(
            by=staff,
            at=minutes(47),
            visit_id=visit_id,
            observation_id=wrong.id,
            artefact=True,
            why="moved the arm",
        )
        page = queries.visit_page(staff, visit_id, minutes(48))
        cell = page.sets[0].cells[0]
        assert cell is not None
        assert (cell.text, cell.artefact) == ("199/110", True)
        assert page.live.readings[0].value == "124/78"

    def test_the_second_to_correct_sees_both(self, staff: Viewer) -> None:
        visit_id = scenes.monitored(staff)
        scenes.pressure(staff, minutes(25), visit_id, 151, 92)
        wrong = value(visit_id, "pressure")
        said = {"visit_id": visit_id, "observation_id": wrong.id, "diastolic": 92, "why": "misread"}
        actions.correct_observation(by=staff, at=minutes(26), value=131, **said)
        with pytest.raises(Conflict, match="from 151/92 to 131/92: misread"):
            actions.correct_observation(by=patients.staff(), at=minutes(27), value=141, **said)

    def test_a_correction_needs_its_reason(self, staff: Viewer) -> None:
        visit_id = scenes.monitored(staff)
        scenes.observe(staff, minutes(25), visit_id)
        wrong = value(visit_id, "spo2")
        with pytest.raises(Refused, match="Say why"):
            actions.correct_observation(
                by=staff, at=minutes(26), visit_id=visit_id, observation_id=wrong.id, value=97, why=" "
            )


class TestAlarms:
    HIGH = Readings(systolic=186, diastolic=112, spo2=92)

    def test_a_reading_over_the_limit_calls_and_stays_until_somebody_answers(self, staff: Viewer) -> None:
        visit_id = scenes.monitored(staff)
        scenes.observe(staff, minutes(25), visit_id, self.HIGH)
        live = queries.live(staff, visit_id, minutes(26))
        assert {alarm.finding.rule for alarm in live.alarms} == {"STOP-1", "STOP-3", "STOP-4"}
        with pytest.raises(Refused, match="what you did"):
            self.answer(staff, live, action=" ")
        self.answer(staff, live, action="sat up, oxygen, called Dr. Ode")
        after = queries.visit_page(staff, visit_id, minutes(28))
        assert after.live.alarms == ()
        assert {alarm.answer for alarm in after.answered} == {"sat up, oxygen, called Dr. Ode"}

    def test_two_who_answer_are_told_of_each_other(self, staff: Viewer) -> None:
        visit_id = scenes.monitored(staff)
        scenes.observe(staff, minutes(25), visit_id, self.HIGH)
        live = queries.live(staff, visit_id, minutes(26))
        self.answer(staff, live, action="first")
        with pytest.raises(Conflict, match="first"):
            self.answer(patients.staff(), live, action="second")

    def test_one_key_answers_once(self, staff: Viewer) -> None:
        visit_id, key = scenes.monitored(staff), uuid4()
        scenes.observe(staff, minutes(25), visit_id, self.HIGH)
        live = queries.live(staff, visit_id, minutes(26))
        for _ in range(2):
            self.answer(staff, live, action="seen", idempotency_key=key)
        assert models.Acknowledgement.objects.count() == 3

    def test_the_same_reading_calls_once_and_a_new_one_again(self, staff: Viewer) -> None:
        visit_id = scenes.monitored(staff)
        scenes.observe(staff, minutes(25), visit_id, Readings(spo2=92))
        scenes.observe(staff, minutes(26), visit_id, Readings(heart_rate=70))
        assert models.Alarm.objects.filter(rule="STOP-4").count() == 1
        scenes.observe(staff, minutes(27), visit_id, Readings(spo2=91))
        assert models.Alarm.objects.filter(rule="STOP-4").count() == 2

    def test_a_crisis_symptom_is_an_emergency_whatever_the_pressure(self, staff: Viewer) -> None:
        visit_id = scenes.monitored(staff)
        scenes.observe(staff, minutes(25), visit_id, Readings(symptoms=frozenset({Symptom.CHEST_PAIN})))
        assert models.Alarm.objects.get(rule="STOP-2").tier == "emergency"

    @staticmethod
    def answer(by: Viewer, live: queries.Live, **said: object) -> None:
        actions.acknowledge(
            by=by,
            at=minutes(27),
            visit_id=live.visit_id,
            alarm_ids=[alarm.id for alarm in live.alarms],
            **said,  # type: ignore[arg-type]
        )


class TestDueList:
    def test_the_list_counts_from_the_last_device_and_a_set_clears_a_line(self, staff: Viewer) -> None:
        visit_id = scenes.monitored(staff)
        first = queries.live(staff, visit_id, minutes(24)).due[1]
        assert (first.due_at, first.status) == (minutes(25), "due")
        scenes.observe(staff, minutes(24), visit_id, CALM)
        assert queries.live(staff, visit_id, minutes(24)).due[1].status == "done"

    def test_a_missed_forty_minute_pressure_is_a_deviation_that_the_next_reading_stands_in_for(
        self, staff: Viewer
    ) -> None:
        visit_id = scenes.monitored(staff)
        scenes.observe(staff, minutes(70), visit_id)
        assert models.Deviation.objects.get().rule == "MON-3"
        page = queries.visit_page(staff, visit_id, minutes(71))
        assert "MON-3" not in {each.rule for each in page.needed}

    def test_a_waived_reading_keeps_its_reason(self, staff: Viewer) -> None:
        visit_id = scenes.monitored(staff)
        key = queries.live(staff, visit_id, minutes(24)).due[0].key
        with pytest.raises(Refused):
            actions.waive(by=staff, at=minutes(24), visit_id=visit_id, due_key=key, why="")
        actions.waive(by=staff, at=minutes(24), visit_id=visit_id, due_key=key, why="asleep, breathing well")
        line = queries.live(staff, visit_id, minutes(25)).due[0]
        assert (line.status, line.note) == ("waived", "asleep, breathing well")
        with pytest.raises(Conflict):
            actions.waive(by=staff, at=minutes(25), visit_id=visit_id, due_key=key, why="again")

    def test_midnight_and_the_change_of_clocks_move_nothing(self, staff: Viewer) -> None:
        """In New York clocks went back on 1 November 2026 at 06:00 UTC, in the middle of this visit."""
        start = NOW.replace(month=11, day=1, hour=5, minute=0)
        visit_id = scenes.monitored(staff, start)
        leave = queries.live(staff, visit_id, start + timedelta(minutes=6)).leave
        assert leave is not None
        assert leave.at == start + timedelta(minutes=125)
