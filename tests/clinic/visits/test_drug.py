"""A second person confirms the dose and sees the waste; the drug of a visit is accounted for to the last of it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from tests.clinic import factories, patients
from tests.clinic.visits import scenes
from tests.clinic.visits.scenes import NOW, minutes

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Denied, NotFound, Viewer
from euthymia.clinic.access.witness import Witness
from euthymia.clinic.pharmacy import queries as ledger
from euthymia.clinic.pharmacy.models import DrugMovement
from euthymia.clinic.safety.models import Task, TaskKind
from euthymia.clinic.visits import actions, models, queries
from euthymia.clinic.visits.actions import Conflict, Refused
from euthymia.clinic.visits.models.dose import InfusionStep
from euthymia.protocol import Product
from euthymia.protocol.drug_account import Movement


@pytest.fixture
def staff(db: None) -> Viewer:
    return patients.staff()


def take_out(
    by: Viewer, visit_id: object, amount: object = 2, kind: Movement = Movement.DRAWN, **changed: object
):
    said = {"amount": Decimal(str(amount)), "measured_at": NOW, "lot": "L1", "expires_on": NOW.date()}
    return actions.move_drug(by=by, at=minutes(30), visit_id=visit_id, kind=kind, **(said | changed))


def waste(by: Viewer, visit_id: object, amount: object, witness: Viewer, at=None, **changed: object):
    at = at or minutes(60)
    said = {"amount": Decimal(str(amount)), "measured_at": at, "lot": "L1", "why": "rest of the vial"}
    proof = Witness(witness, patients.proof(witness, at))
    return actions.waste_drug(
        by=by, at=at, visit_id=visit_id, reauth=patients.proof(by, at), witness=proof, **(said | changed)
    )


def told(visit_id: object) -> dict[str, str]:
    """Each breach with its reason, empty while nobody gave one."""
    rows = models.Deviation.objects.current().filter(visit=visit_id).select_related("answer")
    return {row.rule: row.answer.why if hasattr(row, "answer") else "" for row in rows}


class TestBedside:
    def test_a_second_person_confirms_on_the_first_ones_tablet_and_signs_with_their_own_name(
        self, staff: Viewer
    ):
        visit_id = scenes.ordered(staff, confirmed=False)
        second = factories.viewer(Role.NURSE, name="Otto Second")
        assert "Nobody has confirmed" in queries.unconfirmed(staff, visit_id, NOW)
        scenes.confirm(staff, NOW, visit_id, second)
        check = models.BedsideCheck.objects.get()
        assert (check.recorded_by_id, check.confirmed_by_id) == (staff.user_id, second.user_id)
        assert (check.signature.signer_name, check.signature.recorded_by_id) == (
            "Otto Second",
            second.user_id,
        )
        assert queries.unconfirmed(staff, visit_id, minutes(15)) == ""
        assert "confirm again" in queries.unconfirmed(staff, visit_id, minutes(16))
        scenes.device(staff, minutes(2), visit_id, 1)
        assert told(visit_id) == {}
        with pytest.raises(Conflict, match="has begun"):
            scenes.confirm(staff, minutes(3), visit_id, second)

    def test_what_is_read_otherwise_than_ordered_is_not_confirmed(self, staff: Viewer):
        visit_id = scenes.ordered(staff, product=Product.KETAMINE_IV, confirmed=False)
        for wrong, sentence in (
            ({"rate_ml_per_h": Decimal(525)}, r"rate: 525 mL/h read, 52\.5 mL/h ordered"),
            ({"concentration_mg_per_ml": Decimal(10)}, "10 mg/mL read, 1 mg/mL ordered"),
            ({"product": "esketamine-nasal"}, "product"),
        ):
            with pytest.raises(Refused, match=sentence):
                scenes.confirm(staff, NOW, visit_id, **wrong)
        assert not models.BedsideCheck.objects.exists()
        with pytest.raises(Refused, match="signed this order"):
            scenes.confirm(factories.viewer(Role.NURSE), NOW, visit_id, staff)
        with pytest.raises(Denied):
            scenes.confirm(staff, NOW, visit_id, factories.viewer(Role.THERAPIST))
        stranger = patients.staff(factories.clinic("Birch Clinic"))
        with pytest.raises(NotFound):
            scenes.confirm(stranger, NOW, visit_id, staff)

    def test_what_starts_unconfirmed_is_recorded_with_its_reason(self, staff: Viewer):
        visit_id = scenes.ordered(staff, confirmed=False)
        scenes.device(staff, NOW, visit_id, 1, why_anyway="the second nurse was at an emergency")
        assert told(visit_id) == {"CHK-1": "the second nurse was at an emergency"}
        scenes.device(staff, minutes(3), visit_id, 2)
        assert told(visit_id)["DEV-3"] == ""

    def test_who_confirmed_and_starts_it_is_no_second_person(self, staff: Viewer):
        visit_id = scenes.ordered(staff, confirmed=False)
        giver = factories.viewer(Role.NURSE)
        scenes.confirm(staff, NOW, visit_id, giver)
        scenes.device(giver, minutes(1), visit_id, 1)
        assert set(told(visit_id)) == {"CHK-1"}

    def test_who_did_it_is_told_from_who_entered_it(self, staff: Viewer):
        visit_id = scenes.ordered(staff, confirmed=False)
        second, giver = (factories.viewer(Role.NURSE, name=name) for name in ("Kim Second", "Lee Giver"))
        scenes.confirm(staff, NOW, visit_id, second)
        device_id = scenes.device(second, minutes(1), visit_id, 1, given_by=giver.user_id)
        assert told(visit_id) == {}
        shown = queries.device(staff, visit_id, device_id)
        assert shown.recorded_by == f"{second.name} for {giver.name}"
        first = models.DeviceAdministration.objects.get()
        assert (first.recorded_by_id, first.given_by_id) == (second.user_id, giver.user_id)
        actions.correct_device(
            by=giver, at=minutes(2), visit_id=visit_id, device_id=device_id, why="it was Kim",
            measured_at=minutes(1), first_nostril="left", lot="L1", expires_on=first.expires_on, serial="",
            problem="", given_by=second.user_id,
        )  # fmt: skip
        assert set(told(visit_id)) == {"CHK-1"}
        stranger = patients.staff(factories.clinic("Birch Clinic")).user_id
        with pytest.raises(NotFound):
            scenes.device(staff, minutes(6), visit_id, 2, given_by=stranger)

    def test_what_waited_on_a_tablet_was_done_by_its_author(self, staff: Viewer):
        visit_id = scenes.ordered(staff, confirmed=False)
        second = factories.viewer(Role.NURSE)
        scenes.confirm(staff, NOW, visit_id, second)
        kept = actions.Kept(models.Waited.DEVICE, minutes(1), 0, 0, staff.user_id)
        given = {"number": 1, "measured_at": minutes(1), "first_nostril": "left", "given_by": None}
        actions.enter_late(
            by=second, at=minutes(9), visit_id=visit_id, kept=kept, act=actions.administer_device,
            given=given, said="one device", idempotency_key=uuid4(),
        )  # fmt: skip
        assert "CHK-1" not in told(visit_id)
        assert models.DeviceAdministration.objects.get().given_by_id == staff.user_id

    def test_a_spray_is_said_for_weight_too(self, staff: Viewer):
        visit_id = scenes.ordered(staff)
        order = queries.order(staff, visit_id)
        assert order is not None
        assert (order.mg_per_kg, order.for_weight) == (None, Decimal("0.8"))
        scenes.device(staff, minutes(1), visit_id, 1)
        dosing = queries.visit_page(staff, visit_id, minutes(2)).dosing
        assert (dosing.given_mg, dosing.given_mg_per_kg) == (Decimal(28), Decimal("0.4"))

    def test_an_expired_device_is_recorded_and_a_deviation(self, staff: Viewer):
        visit_id = scenes.ordered(staff)
        past = (NOW - timedelta(days=1)).date()
        scenes.device(staff, NOW, visit_id, 1, expires_on=past, why_anyway="seen too late")
        assert told(visit_id) == {"DEV-8": "seen too late"}


@pytest.mark.parametrize("given", [1, 2, 3])
def test_a_sequence_stopped_after_any_device_is_recorded_as_it_was(staff: Viewer, given: int):
    visit_id = scenes.ordered(staff)
    for number in range(1, given + 1):
        scenes.device(staff, minutes(5 * (number - 1)), visit_id, number)
    if given < 2:
        actions.finish_administration(by=staff, at=minutes(12), visit_id=visit_id, why="vomited")
    page = queries.visit_page(staff, visit_id, minutes(13))
    assert (page.state, page.dosing.given_mg) == ("monitoring", 28 * given)
    assert set(told(visit_id)) == ({"ADM-1"} if given != 2 else set())
    assert [line.kind for line in ledger.of_visit(staff, visit_id)] == [Movement.GIVEN] * given


class TestInfusion:
    def test_a_forgotten_pause_is_entered_after_the_end_and_makes_the_volume_fit(self, staff: Viewer):
        visit_id = scenes.ordered(staff, product=Product.KETAMINE_IV)
        rate = {"rate_ml_per_h": Decimal("52.5"), "concentration_mg_per_ml": Decimal(1)}
        scenes.infuse(staff, NOW, visit_id, InfusionStep.STARTED, **rate)
        scenes.infuse(staff, minutes(50), visit_id, InfusionStep.ENDED, volume_given_ml=Decimal(35))
        assert set(told(visit_id)) == {"ADM-3"}
        late = {"by": staff, "at": minutes(52), "visit_id": visit_id}
        with pytest.raises(Refused, match="Record the pause first"):
            actions.record_infusion(
                **late, event=InfusionStep.RESUMED, measured_at=minutes(20), rate_ml_per_h=Decimal("52.5")
            )
        actions.record_infusion(**late, event=InfusionStep.PAUSED, measured_at=minutes(10), why="restless")
        actions.record_infusion(
            **late, event=InfusionStep.RESUMED, measured_at=minutes(20), rate_ml_per_h=Decimal("52.5")
        )
        steps = [each.kind for each in queries.visit_page(staff, visit_id, minutes(53)).dosing.infusion]
        assert steps == ["started", "paused", "resumed", "ended"]
        assert scenes.state(visit_id) == "monitoring"

    def test_an_infusion_that_ran_when_the_patient_left_is_asked_for_until_its_end_is_written(
        self, staff: Viewer
    ):
        visit_id = scenes.ordered(staff, product=Product.KETAMINE_IV)
        rate = {"rate_ml_per_h": Decimal("52.5"), "concentration_mg_per_ml": Decimal(1)}
        scenes.infuse(staff, NOW, visit_id, InfusionStep.STARTED, **rate)
        actions.leave_against_advice(
            by=staff, at=minutes(20), visit_id=visit_id, left_at=minutes(20), advice="told to stay; goes home"
        )

        def asked() -> list[str]:
            closing = queries.visit_page(staff, visit_id, minutes(25)).closing
            assert closing is not None
            return [gap.step for gap in closing.gaps if gap.page == "visits:infusion"]

        assert asked() == ["stopped"]
        actions.record_infusion(
            by=staff,
            at=minutes(24),
            visit_id=visit_id,
            event=InfusionStep.STOPPED,
            measured_at=minutes(20),
            volume_given_ml=Decimal("17.5"),
            why="left",
        )
        assert asked() == []

    def test_a_pump_started_otherwise_than_ordered_is_a_deviation(self, staff: Viewer):
        visit_id = scenes.ordered(staff, product=Product.KETAMINE_IV)
        rate = {"rate_ml_per_h": Decimal(525), "concentration_mg_per_ml": Decimal(1)}
        scenes.infuse(staff, NOW, visit_id, InfusionStep.STARTED, **rate)
        assert set(told(visit_id)) == {"ADM-2"}


class TestAccount:
    def test_what_is_given_follows_from_the_dose_and_its_corrections(self, staff: Viewer):
        visit_id = scenes.monitored(staff)
        take_out(staff, visit_id, 1)
        take_out(staff, visit_id, 1, lot="L2")
        assert "of lot L1" in queries.account_of(staff, visit_id, minutes(30)).finding.sentence
        wrong = models.DeviceAdministration.objects.get(number=2)
        actions.correct_device(
            by=staff, at=minutes(31), visit_id=visit_id, device_id=wrong.id, why="read the label again",
            measured_at=wrong.measured_at, first_nostril="left", lot="L2", expires_on=wrong.expires_on,
            serial="", problem="",
        )  # fmt: skip
        account = queries.account_of(staff, visit_id, minutes(32))
        assert account.balances
        assert account.finding.sentence.startswith(
            "Taken out 2 devices; given 2, wasted 0, brought back 0: nothing"
        )
        assert DrugMovement.objects.count() == 5

    def test_an_infusion_is_accounted_for_to_the_hundredth_of_a_milligram(self, staff: Viewer):
        visit_id = scenes.ordered(staff, product=Product.KETAMINE_IV)
        take_out(staff, visit_id, 50)
        rate = {"rate_ml_per_h": Decimal("52.5"), "concentration_mg_per_ml": Decimal(1)}
        scenes.infuse(staff, NOW, visit_id, InfusionStep.STARTED, **rate, lot="L1")
        assert not queries.account_of(staff, visit_id, minutes(1)).balances
        scenes.infuse(staff, minutes(40), visit_id, InfusionStep.ENDED, volume_given_ml=Decimal("34.99"))
        second = factories.viewer(Role.NURSE)
        waste(staff, visit_id, "15", second)
        assert "0.01 mg missing" in queries.account_of(staff, visit_id, minutes(61)).finding.sentence
        waste(staff, visit_id, "0.01", second)
        assert queries.account_of(staff, visit_id, minutes(61)).balances

    def test_waste_needs_a_second_person_and_half_a_device_is_none(self, staff: Viewer):
        visit_id = scenes.ordered(staff)
        second = factories.viewer(Role.NURSE)
        take_out(staff, visit_id)
        with pytest.raises(Refused, match="second person"):
            waste(staff, visit_id, 1, staff)
        with pytest.raises(Denied):
            waste(staff, visit_id, 1, factories.viewer(Role.THERAPIST))
        for amount in ("0.5", "0", "-1"):
            with pytest.raises(Refused):
                waste(staff, visit_id, amount, second)
        waste(staff, visit_id, 1, second)
        line = DrugMovement.objects.get(kind="wasted")
        assert line.signature.recorded_by_id == staff.user_id
        assert line.witness_signature.recorded_by_id == second.user_id
        with pytest.raises(Refused, match="Two people signed"):
            actions.take_back_line(by=staff, at=minutes(70), visit_id=visit_id, line_id=line.id, reason="x")

    def test_a_line_is_taken_back_and_stays_in_the_record(self, staff: Viewer):
        visit_id = scenes.ordered(staff)
        line = take_out(staff, visit_id, 20)
        with pytest.raises(Refused, match="Say why"):
            actions.take_back_line(by=staff, at=minutes(31), visit_id=visit_id, line_id=line, reason=" ")
        actions.take_back_line(
            by=staff, at=minutes(31), visit_id=visit_id, line_id=line, reason="a nought too many"
        )
        assert queries.account_of(staff, visit_id, minutes(32)).lines == ()
        assert DrugMovement.objects.get(id=line).amount == 20
        stranger = patients.staff(factories.clinic("Birch Clinic"))
        with pytest.raises(NotFound):
            take_out(stranger, visit_id)
        assert ledger.of_visit(stranger, visit_id) == ()

    def test_the_database_refuses_waste_without_two_and_any_change_of_a_line(self, staff: Viewer):
        visit_id = scenes.ordered(staff)
        take_out(staff, visit_id)
        line = DrugMovement.objects.get()
        copy = {
            field.attname: getattr(line, field.attname)
            for field in DrugMovement._meta.concrete_fields
            if field.attname != "id"
        }
        for wrong in ({"kind": "wasted"}, {"amount": Decimal("0.5")}, {"witness_id": staff.user_id}):
            with pytest.raises(IntegrityError), transaction.atomic():
                DrugMovement.objects.create(**(copy | wrong))
        for statement in ("UPDATE pharmacy_drugmovement SET amount = 1", "DELETE FROM pharmacy_drugmovement"):
            with pytest.raises(Exception, match=r"permission denied|never changed"), transaction.atomic():
                connection.cursor().execute(statement)

    def test_nobody_closes_over_missing_drug_without_a_word_and_the_director_hears_of_it(self, staff: Viewer):
        visit_id = scenes.recovered(staff)
        take_out(staff, visit_id, 3)
        when = minutes(130)
        actions.discharge(by=staff, at=when, visit_id=visit_id, reauth=patients.proof(staff, when))
        said = {"by": staff, "at": when, "visit_id": visit_id, "adverse_events": "none"}
        with pytest.raises(Refused, match="1 device missing") as refused:
            actions.close(**said, reauth=patients.proof(staff, when))
        assert refused.value.field == "discrepancy"
        actions.close(**said, reauth=patients.proof(staff, when), discrepancy="Fell behind the cabinet")
        kept = models.DrugAccount.objects.get()
        assert (kept.discrepancy, kept.finding["rule"]) == ("Fell behind the cabinet", "DRUG-1")
        task = Task.objects.get(kind=TaskKind.DRUG_DISCREPANCY)
        assert task.owner_role == Role.MEDICAL_DIRECTOR
