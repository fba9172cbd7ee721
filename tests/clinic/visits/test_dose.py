"""The order can be refused; the record of what was given never is, and each device is one dose."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from tests.clinic import factories, patients
from tests.clinic.visits import scenes
from tests.clinic.visits.scenes import FIFTY_SIX, NOW, minutes, state

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Denied, NotFound, Viewer
from euthymia.clinic.forecasts.models import CalculationRequest
from euthymia.clinic.visits import actions, assess, models, queries
from euthymia.clinic.visits.actions import Conflict, GateShut, Refused
from euthymia.clinic.visits.assess import Dose
from euthymia.clinic.visits.models.dose import InfusionStep
from euthymia.clinic.visits.record import Record
from euthymia.evidence import rules
from euthymia.protocol import Outcome, Product


@pytest.fixture
def staff(db: None) -> Viewer:
    return patients.staff()


def rules_of(visit_id: object) -> set[str]:
    return set(models.Deviation.objects.current().filter(visit=visit_id).values_list("rule", flat=True))


class TestOrder:
    def test_a_dose_that_is_not_its_devices_is_refused_with_the_rule(self, staff: Viewer) -> None:
        visit_id = scenes.asked(staff)
        actions.finish_check_in(by=staff, at=NOW, visit_id=visit_id)
        with pytest.raises(GateShut) as shut:
            actions.sign_order(
                by=staff,
                at=NOW,
                visit_id=visit_id,
                dose=Dose(dose_mg=Decimal(56), devices=3),
                reauth=patients.proof(staff, NOW),
            )
        assert [each.rule for each in shut.value.result.blocked_by] == ["DEV-1"]
        assert state(visit_id) == "ready"
        assert not models.Order.objects.exists()

    def test_another_country_asks_for_more_before_a_dose(self, staff: Viewer) -> None:
        visit_id = scenes.asked(staff)
        visit = models.Visit.objects.get(id=visit_id)
        found = {}
        for place in ("US", "EU"):
            record = Record(visit, by=rules(place))
            found[place] = {each.rule: each.outcome for each in assess.order(staff, record, NOW, FIFTY_SIX)}
        assert {"PRE-10", "PRE-2", "DOSE-US-1"} <= set(found["US"]) - set(found["EU"])
        asked = ("COMB-1", "IND-EU-3", "CI-5", "CI-6")
        assert Outcome.SATISFIED not in {found["EU"][rule] for rule in asked}
        assert found["EU"]["DOSE-EU-1"] is found["EU"]["PRE-3"] is Outcome.SATISFIED

    def test_what_a_prescriber_may_pass_needs_a_reason_and_a_signature(self, staff: Viewer) -> None:
        visit_id = scenes.asked(staff)
        actions.finish_check_in(by=staff, at=NOW, visit_id=visit_id)
        dose = Dose(dose_mg=Decimal(84), devices=3)
        preview = queries.order_preview(staff, visit_id, dose, NOW)
        marks = [each.fingerprint for each in preview.result.overridable]
        assert [each.rule for each in preview.result.blocked_by] == ["DOSE-US-1"]
        said = {
            "by": staff,
            "at": NOW,
            "visit_id": visit_id,
            "gate_name": "order",
            "fingerprints": marks,
            "dose": dose,
            "reauth": patients.proof(staff, NOW),
        }
        with pytest.raises(Refused, match="Write why"):
            actions.override(**said, why=" ")
        actions.override(**said, why="tolerated 84 mg elsewhere")
        actions.sign_order(by=staff, at=NOW, visit_id=visit_id, dose=dose, reauth=patients.proof(staff, NOW))
        assert models.OverrideRecord.objects.get().findings[0]["rule"] == "DOSE-US-1"
        assert models.Assessment.objects.filter(gate="order").count() == 1

    def test_nobody_passes_what_nobody_may_pass(self, staff: Viewer) -> None:
        visit_id = scenes.asked(staff)
        actions.finish_check_in(by=staff, at=NOW, visit_id=visit_id)
        dose = Dose(dose_mg=Decimal(56), devices=3)
        shut = queries.order_preview(staff, visit_id, dose, NOW).result.blocked_by
        with pytest.raises(Refused, match="may not be passed"):
            actions.override(
                by=staff,
                at=NOW,
                visit_id=visit_id,
                gate_name="order",
                fingerprints=[shut[0].fingerprint],
                why="because",
                dose=dose,
                reauth=patients.proof(staff, NOW),
            )

    def test_what_is_signed_is_what_was_shown(self, staff: Viewer) -> None:
        visit_id = scenes.asked(staff)
        actions.finish_check_in(by=staff, at=NOW, visit_id=visit_id)
        shown = queries.order_preview(staff, visit_id, FIFTY_SIX, NOW).seen.split()
        scenes.pressure(staff, minutes(1), visit_id, 138, 88)
        said = {"by": staff, "at": minutes(2), "visit_id": visit_id, "dose": FIFTY_SIX}
        with pytest.raises(Refused, match="has changed since"):
            actions.sign_order(**said, reauth=patients.proof(staff, minutes(2)), seen=shown)
        shown = queries.order_preview(staff, visit_id, FIFTY_SIX, minutes(2)).seen.split()
        actions.sign_order(**said, reauth=patients.proof(staff, minutes(2)), seen=shown)

    def test_a_nurse_cannot_order(self, staff: Viewer) -> None:
        visit_id = scenes.asked(staff)
        actions.finish_check_in(by=staff, at=NOW, visit_id=visit_id)
        nurse = factories.viewer(Role.NURSE)
        with pytest.raises(Denied):
            actions.sign_order(
                by=nurse, at=NOW, visit_id=visit_id, dose=FIFTY_SIX, reauth=patients.proof(nurse, NOW)
            )

    def test_one_key_is_one_order(self, staff: Viewer) -> None:
        visit_id, key = scenes.asked(staff), uuid4()
        actions.finish_check_in(by=staff, at=NOW, visit_id=visit_id)
        made = {
            actions.sign_order(
                by=staff,
                at=NOW,
                visit_id=visit_id,
                dose=FIFTY_SIX,
                reauth=patients.proof(staff, NOW),
                idempotency_key=key,
            )
            for _ in range(2)
        }
        assert len(made) == 1 == models.Order.objects.count()

    def test_a_withdrawn_order_stands_no_more_and_stays_in_the_record(self, staff: Viewer) -> None:
        visit_id = scenes.ordered(staff)
        actions.cancel_order(by=staff, at=NOW, visit_id=visit_id, why="patient unsure")
        assert queries.visit_page(staff, visit_id, NOW).dosing.order is None
        assert models.Order.objects.count() == 1

    def test_the_infusion_dose_is_computed_twice_and_compared(self, staff: Viewer) -> None:
        visit_id = scenes.asked(staff, product=Product.KETAMINE_IV)
        wrong = Dose(
            dose_mg=Decimal(53),
            mg_per_kg=Decimal("0.5"),
            minutes=Decimal(40),
            concentration_mg_per_ml=Decimal(1),
            volume_ml=Decimal(53),
            rate_ml_per_h=Decimal("79.5"),
        )
        shut = queries.order_preview(staff, visit_id, wrong, NOW).result.blocked_by
        assert [each.rule for each in shut] == ["IV-DOSE-4"]
        assert "0.5 mg/kg × 70.0 kg = 35 mg" in shut[0].sentence


class TestDevices:
    def test_the_same_press_twice_is_one_dose(self, staff: Viewer) -> None:
        visit_id, key = scenes.ordered(staff), uuid4()
        first = scenes.device(staff, NOW, visit_id, 1, idempotency_key=key)
        assert scenes.device(staff, minutes(1), visit_id, 1, idempotency_key=key) == first
        assert models.DeviceAdministration.objects.count() == 1
        assert CalculationRequest.objects.count() == 1

    def test_two_people_at_one_device_are_told_of_each_other(self, staff: Viewer) -> None:
        visit_id = scenes.ordered(staff)
        scenes.device(staff, NOW, visit_id, 1)
        with pytest.raises(Conflict, match=f"10:00 by {staff.name}"):
            scenes.device(patients.staff(), minutes(1), visit_id, 1)

    def test_a_key_of_another_visit_is_refused(self, staff: Viewer) -> None:
        first, key = scenes.ordered(staff), uuid4()
        second = scenes.ordered(staff, chair_id=scenes.chair(staff, "Chair 2").pk)
        scenes.device(staff, NOW, first, 1, idempotency_key=key)
        with pytest.raises(Refused, match="another visit"):
            scenes.device(staff, NOW, second, 1, idempotency_key=key)

    def test_the_last_ordered_device_starts_monitoring(self, staff: Viewer) -> None:
        visit_id = scenes.ordered(staff)
        scenes.device(staff, NOW, visit_id, 1)
        assert state(visit_id) == "administering"
        scenes.device(staff, minutes(5), visit_id, 2)
        assert state(visit_id) == "monitoring"
        assert models.Visit.objects.get(pk=visit_id).session_number == 1
        assert rules_of(visit_id) == set()

    def test_a_device_too_early_is_recorded_and_asks_for_its_reason(self, staff: Viewer) -> None:
        visit_id = scenes.ordered(staff)
        scenes.device(staff, NOW, visit_id, 1)
        scenes.device(staff, minutes(3), visit_id, 2)
        assert state(visit_id) == "monitoring"
        deviation = models.Deviation.objects.get()
        assert deviation.rule == "DEV-3"
        actions.explain_deviation(
            by=staff, at=minutes(4), visit_id=visit_id, deviation_id=deviation.id, why="timer misread"
        )
        (seen,) = queries.visit_page(staff, visit_id, minutes(5)).deviations
        assert (seen.why, seen.explained_by) == ("timer misread", staff.name)
        with pytest.raises(Conflict, match="timer misread"):
            actions.explain_deviation(
                by=staff, at=minutes(6), visit_id=visit_id, deviation_id=deviation.id, why="other"
            )

    def test_a_pressure_that_was_young_enough_for_the_order_may_be_too_old_for_the_dose(
        self, staff: Viewer
    ) -> None:
        visit_id = scenes.ordered(staff, confirmed=False)  # measured ten minutes before the order
        with pytest.raises(Refused, match=r"Do not start: blood pressure was measured .* Measure it again"):
            scenes.confirm(staff, minutes(51), visit_id)
        scenes.device(staff, minutes(51), visit_id, 1)  # given all the same: kept, with the breach
        assert "PRE-1" in rules_of(visit_id)

    def test_a_pressure_that_was_measured_again_lets_the_dose_begin(self, staff: Viewer) -> None:
        visit_id = scenes.ordered(staff, confirmed=False)
        scenes.pressure(staff, minutes(51), visit_id, 122, 80)
        scenes.confirm(staff, minutes(52), visit_id)
        scenes.device(staff, minutes(53), visit_id, 1)
        assert "PRE-1" not in rules_of(visit_id)

    def test_a_dose_without_an_order_is_recorded_as_it_was(self, staff: Viewer) -> None:
        visit_id = scenes.checking_in(staff)
        scenes.device(staff, NOW, visit_id, 1)
        assert state(visit_id) == "administering"
        assert "ADM-1" in rules_of(visit_id)

    def test_a_sequence_stopped_after_one_device_keeps_what_was_given(self, staff: Viewer) -> None:
        visit_id = scenes.ordered(staff)
        scenes.device(staff, NOW, visit_id, 1, problem="patient coughed")
        with pytest.raises(Refused, match="Say why"):
            actions.finish_administration(by=staff, at=minutes(2), visit_id=visit_id, why="")
        actions.finish_administration(by=staff, at=minutes(2), visit_id=visit_id, why="nausea")
        assert state(visit_id) == "monitoring"
        assert rules_of(visit_id) == {"ADM-1"}

    def test_a_further_device_after_the_last_reopens_dosing_and_is_a_deviation(self, staff: Viewer) -> None:
        visit_id = scenes.monitored(staff)
        scenes.device(staff, minutes(20), visit_id, 3)
        assert "ADM-1" in rules_of(visit_id)
        page = queries.visit_page(staff, visit_id, minutes(21))
        assert page.live.last_dose_at == minutes(20)
        assert page.live.t0 == NOW

    def test_a_correction_moves_the_clock_and_keeps_the_first_entry(self, staff: Viewer) -> None:
        visit_id = scenes.monitored(staff)
        wrong = models.DeviceAdministration.objects.get(number=2)
        said = {
            "first_nostril": "right",
            "lot": "L2",
            "expires_on": wrong.expires_on,
            "serial": "",
            "problem": "",
            "measured_at": minutes(7),
        }
        actions.correct_device(
            by=staff, at=minutes(9), visit_id=visit_id, device_id=wrong.id, why="read the wrong clock", **said
        )
        page = queries.visit_page(staff, visit_id, minutes(10))
        assert page.live.last_dose_at == minutes(7)
        assert [device.lot for device in page.dosing.devices] == ["L1", "L2"]
        assert models.DeviceAdministration.objects.count() == 3
        with pytest.raises(Conflict, match="a moment ago"):
            actions.correct_device(
                by=staff, at=minutes(10), visit_id=visit_id, device_id=wrong.id, why="again", **said
            )

    def test_a_time_to_come_is_refused(self, staff: Viewer) -> None:
        visit_id = scenes.ordered(staff)
        with pytest.raises(Refused, match="still to come"):
            scenes.device(staff, NOW, visit_id, 1, measured_at=minutes(30))

    @pytest.mark.parametrize("number", [0, 13])
    def test_the_database_refuses_the_impossible(self, staff: Viewer, number: int) -> None:
        visit_id = scenes.ordered(staff)
        with pytest.raises(Refused):
            scenes.device(staff, NOW, visit_id, number)
        with pytest.raises(IntegrityError), transaction.atomic():
            models.DeviceAdministration.objects.create(
                clinic_id=staff.clinic_id,
                visit_id=visit_id,
                recorded_at=NOW,
                recorded_by_id=staff.user_id,
                measured_at=NOW,
                entered_offset_min=0,
                number=number,
            )

    def test_another_clinics_visit_is_not_found(self, staff: Viewer) -> None:
        visit_id = scenes.ordered(staff)
        with pytest.raises(NotFound):
            scenes.device(patients.staff(factories.clinic("Birch Clinic")), NOW, visit_id, 1)


class TestInfusion:
    def start(self, staff: Viewer) -> object:
        visit_id = scenes.ordered(staff, product=Product.KETAMINE_IV)
        scenes.infuse(staff, NOW, visit_id, InfusionStep.STARTED, rate_ml_per_h=Decimal("52.5"))
        return visit_id

    def test_stopped_early_records_what_went_in_as_a_deviation(self, staff: Viewer) -> None:
        visit_id = self.start(staff)
        scenes.infuse(
            staff, minutes(20), visit_id, InfusionStep.STOPPED, volume_given_ml=Decimal("17.5"), why="anxious"
        )
        assert state(visit_id) == "monitoring"
        assert rules_of(visit_id) == {"ADM-1"}
        assert queries.visit_page(staff, visit_id, minutes(21)).dosing.given_mg == Decimal("17.50")

    def test_a_volume_typed_wrongly_can_be_put_right_and_the_first_entry_stays(self, staff: Viewer) -> None:
        visit_id = self.start(staff)
        wrong = scenes.infuse(
            staff, minutes(40), visit_id, InfusionStep.ENDED, volume_given_ml=Decimal("350")
        )
        put_right = {
            "by": staff,
            "at": minutes(45),
            "visit_id": visit_id,
            "event_id": wrong,
            "reason": "one nought too many",
            "measured_at": minutes(40),
            "volume_given_ml": Decimal("35"),
        }
        with pytest.raises(Refused, match="before the start at 10:00"):
            actions.correct_infusion(**{**put_right, "measured_at": NOW - timedelta(minutes=1)})
        actions.correct_infusion(**put_right)
        dosing = queries.visit_page(staff, visit_id, minutes(46)).dosing
        assert dosing.given_mg == Decimal("35")
        assert dosing.infusion[-1].reason == "one nought too many"
        assert models.InfusionEvent.objects.get(id=wrong).volume_given_ml == Decimal("350")
        with pytest.raises(Conflict, match="corrected this a moment ago"):
            actions.correct_infusion(**put_right)

    def test_an_end_before_the_start_is_refused(self, staff: Viewer) -> None:
        visit_id = self.start(staff)
        with pytest.raises(Refused, match="before the start"):
            actions.record_infusion(
                by=staff,
                at=minutes(5),
                visit_id=visit_id,
                event=InfusionStep.ENDED,
                measured_at=NOW - timedelta(minutes=1),
                volume_given_ml=Decimal(1),
            )

    def test_nothing_follows_the_end(self, staff: Viewer) -> None:
        visit_id = self.start(staff)
        scenes.infuse(staff, minutes(40), visit_id, InfusionStep.ENDED, volume_given_ml=Decimal(35))
        with pytest.raises(Conflict, match="ended at 10:40"):
            scenes.infuse(staff, minutes(41), visit_id, InfusionStep.PAUSED, why="x")

    def test_two_starts_are_one(self, staff: Viewer) -> None:
        visit_id = self.start(staff)
        with pytest.raises(Conflict, match="was started at 10:00"):
            scenes.infuse(staff, minutes(1), visit_id, InfusionStep.STARTED, rate_ml_per_h=Decimal(1))

    def test_the_database_refuses_a_negative_volume(self, staff: Viewer) -> None:
        visit_id = self.start(staff)
        with pytest.raises(IntegrityError), transaction.atomic():
            models.InfusionEvent.objects.create(
                clinic_id=staff.clinic_id,
                visit_id=visit_id,
                recorded_at=NOW,
                recorded_by_id=staff.user_id,
                measured_at=NOW,
                entered_offset_min=0,
                step=InfusionStep.PAUSED,
                volume_given_ml=Decimal(-1),
            )


def test_the_same_administration_sent_by_two_threads_is_one_dose(transactional_db: None) -> None:
    staff = patients.staff()
    visit_id, key = scenes.ordered(staff), uuid4()
    together, made, failed = threading.Barrier(2), [], []

    def press() -> None:
        try:
            together.wait(timeout=20)
            made.append(scenes.device(staff, NOW, visit_id, 1, idempotency_key=key))
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failed == []
    assert len(made) == 2
    assert len(set(made)) == 1
    assert models.DeviceAdministration.objects.count() == 1
    assert CalculationRequest.objects.count() == 1
