"""Ketamine into the muscle, under the tongue or swallowed: agreed to, ordered, confirmed, given, watched, accounted."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.clinic import patients
from tests.clinic.visits import scenes
from tests.clinic.visits.scenes import minutes

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.courses import facts as course_facts
from euthymia.clinic.pharmacy import queries as ledger
from euthymia.clinic.visits import actions, assess, models, queries
from euthymia.clinic.visits.actions import Conflict, DirectGiven, GateShut, Waited
from euthymia.clinic.visits.assess import Dose
from euthymia.clinic.visits.models.dose import InfusionStep
from euthymia.clinic.visits.queries import _telling
from euthymia.clinic.visits.record import Record
from euthymia.protocol import Outcome, Product
from euthymia.protocol.drug_account import Movement

pytestmark = pytest.mark.django_db
IV = Product.KETAMINE_IV
INJECTION = Dose(
    dose_mg=Decimal("35.0"),
    mg_per_kg=Decimal("0.5"),
    concentration_mg_per_ml=Decimal(50),
    volume_ml=Decimal("0.70"),
    route="intramuscular",
)
LOZENGES = Dose(dose_mg=Decimal(100), units=2, mg_per_unit=Decimal(50), route="sublingual")
INJECTED = DirectGiven(
    "intramuscular", Decimal("35.0"), Decimal(50), Decimal("0.70"), site="left deltoid", lot="V1"
)
HELD = DirectGiven("sublingual", Decimal(100), units=2, mg_per_unit=Decimal(50), lot="Z1")


@pytest.fixture
def staff(db: None) -> Viewer:
    return patients.staff()


def ready(by: Viewer, route: str = "") -> UUID:
    """A visit that waits for its order, agreed to a route where one is named."""
    visit_id = scenes.asked(by, product=IV)
    actions.finish_check_in(by=by, at=minutes(0), visit_id=visit_id)
    if route:
        actions.agree_to_route(by=by, at=minutes(0), visit_id=visit_id, route=route, signed_name="Imke Test")
    return visit_id


def sign(by: Viewer, visit_id: UUID, dose: Dose) -> UUID:
    """The order, signed."""
    return actions.sign_order(
        by=by, at=minutes(1), visit_id=visit_id, dose=dose, reauth=patients.proof(by, minutes(1))
    )


def ordered(by: Viewer, dose: Dose) -> UUID:
    """A visit with an order by another route, confirmed at the bedside."""
    visit_id = ready(by, dose.route)
    sign(by, visit_id, dose)
    extra = {"route": dose.route, "units": dose.units, "mg_per_unit": dose.mg_per_unit}
    scenes.confirm(by, minutes(2), visit_id, **extra)
    return visit_id


def give(by: Viewer, at: datetime, visit_id: UUID, given: DirectGiven, number: int = 1, **more: Any) -> UUID:
    """One dose given now."""
    said: dict[str, Any] = {"measured_at": at, "given": given, "idempotency_key": uuid4()}
    return actions.give_direct(by=by, at=at, visit_id=visit_id, number=number, **(said | more))


def record(visit_id: UUID) -> Record:
    """The rows as they stand."""
    return Record(models.Visit.objects.get(pk=visit_id))


def finding(found: Any, rule: str) -> Any:
    """What one rule says."""
    return next(each for each in found if each.rule == rule)


@pytest.mark.parametrize("dose", [INJECTION, LOZENGES], ids=["muscle", "mouth"])
def test_an_order_by_another_route_waits_for_the_patients_own_agreement_to_it(
    staff: Viewer, dose: Dose
) -> None:
    visit_id = ready(staff)
    with pytest.raises(GateShut) as shut:
        sign(staff, visit_id, dose)
    assert {each.rule for each in shut.value.result.blocked_by} == {"ROUTE-2"}
    other = "oral" if dose is INJECTION else "intramuscular"
    actions.agree_to_route(by=staff, at=minutes(0), visit_id=visit_id, route=other, signed_name="Imke Test")
    with pytest.raises(GateShut):
        sign(staff, visit_id, dose)
    actions.agree_to_route(
        by=staff, at=minutes(1), visit_id=visit_id, route=dose.route, signed_name="Imke Test"
    )
    sign(staff, visit_id, dose)
    order = models.Order.objects.get()
    assert (order.route, order.weight_kg, order.dose_mg) == (dose.route, Decimal("70.0"), dose.dose_mg)
    shown = queries.order(staff, visit_id)
    assert shown is not None
    assert shown.for_weight == (Decimal("0.5") if dose is INJECTION else Decimal("1.429"))


def test_the_volume_and_the_count_are_worked_out_and_a_slip_stops_the_order(staff: Viewer) -> None:
    visit_id = ready(staff, "intramuscular")
    with pytest.raises(GateShut) as shut:
        sign(staff, visit_id, Dose(Decimal("35.0"), None, Decimal("0.5"), None, Decimal(50), Decimal(7), None,
                                   "intramuscular"))  # fmt: skip
    assert {each.rule for each in shut.value.result.blocked_by} == {"ROUTE-6"}
    assert queries.work_out_vial({"dose_mg": Decimal("35.0"), "concentration_mg_per_ml": Decimal(50)}) == {
        "volume_ml": Decimal("0.70")
    }
    with pytest.raises(Refused, match="names the dose for weight"):
        sign(staff, visit_id, Dose(Decimal(100), route="sublingual", units=2))


def test_what_the_book_does_not_leave_open_is_refused_with_a_sentence(staff: Viewer) -> None:
    visit_id = ready(staff)
    book = record(visit_id).rules.with_threshold("ROUTE-1", "routes", ("nasal", "intravenous"))
    shut = Record(models.Visit.objects.get(pk=visit_id), by=book)
    found = finding(assess.order(staff, shut, minutes(1), INJECTION), "ROUTE-1")
    assert found.outcome is Outcome.VIOLATED
    assert "does not permit ketamine into the muscle" in found.sentence


def test_the_second_person_reads_route_and_volume(staff: Viewer) -> None:
    visit_id = ready(staff, "intramuscular")
    sign(staff, visit_id, INJECTION)
    with pytest.raises(Refused, match=r"volume: 7 mL read, 0\.7 mL ordered"):
        scenes.confirm(staff, minutes(2), visit_id, route="intramuscular", volume_ml=Decimal(7))
    with pytest.raises(Refused, match="route"):
        scenes.confirm(staff, minutes(2), visit_id)
    scenes.confirm(staff, minutes(2), visit_id, route="intramuscular")


def test_an_injection_is_t0_begins_the_watch_and_holds_the_gate_for_two_hours(staff: Viewer) -> None:
    visit_id = ordered(staff, INJECTION)
    give(staff, minutes(5), visit_id, INJECTED)
    assert scenes.state(visit_id) == "monitoring"
    now = record(visit_id)
    assert (now.t0, now.last_dose_at) == (minutes(5), minutes(5))
    due = [each for each in assess.due_list(now, minutes(6)) if each.rule == "ROUTE-8"]
    assert [each.minutes for each in due][:8] == [10, 20, 30, 40, 50, 60, 75, 80]
    assert due[0].due_at == minutes(15)
    leave = assess.earliest_leave(now, minutes(6))
    assert leave is not None
    assert leave.at == minutes(125)
    watched = finding(assess.discharge(now, minutes(6)), "ROUTE-7")
    assert "last injection" in watched.sentence
    assert now.deviations == []
    page = queries.visit_page(staff, visit_id, minutes(6))
    assert (page.dosing.given_mg, page.dosing.given_mg_per_kg) == (Decimal("35.0"), Decimal("0.5"))
    assert page.dosing.direct[0].site == "Left upper arm"
    assert "no model for this route" in page.dosing.no_model
    assert page.forecasts == ()
    assert page.course is not None
    assert page.course.windows == ()
    told = " ".join(line.text for part in _telling.sections(staff, now, minutes(6)) for line in part.lines)
    assert "Dose 1 at 10:05: 35 mg into the muscle, 0.7 mL, of 50 mg/mL, left upper arm, lot V1." in told
    visit = models.Visit.objects.get(pk=visit_id)
    assert visit.session_number == 1
    # The next infusion is not stepped up from it.
    assert course_facts.plan_facts(staff, visit.course_id).previous_mg_per_kg is None


def test_a_lozenge_is_t0_when_it_goes_in_and_protects_from_when_it_is_out(staff: Viewer) -> None:
    visit_id = ordered(staff, LOZENGES)
    give(staff, minutes(5), visit_id, HELD)
    now = record(visit_id)
    assert (scenes.state(visit_id), now.t0, now.last_dose_at) == ("administering", minutes(5), None)
    leave = assess.earliest_leave(now, minutes(6))
    assert leave is not None
    assert leave.at is None
    with pytest.raises(Refused, match="under the tongue"):
        actions.finish_administration(by=staff, at=minutes(7), visit_id=visit_id, why="enough")
    with pytest.raises(Refused, match="cannot have left it before"):
        actions.end_direct(
            by=staff, at=minutes(9), visit_id=visit_id, measured_at=minutes(4), outcome="swallowed"
        )
    actions.end_direct(
        by=staff, at=minutes(17), visit_id=visit_id, measured_at=minutes(17), outcome="spat out"
    )
    now = record(visit_id)
    assert (scenes.state(visit_id), now.t0, now.last_dose_at) == ("monitoring", minutes(5), minutes(17))
    assert [each.title for each in queries.visit_page(staff, visit_id, minutes(18)).dosing.direct] == [
        "Dose 1",
        "Spat out after 12 min",
    ]
    with pytest.raises(Conflict):
        actions.end_direct(
            by=staff, at=minutes(18), visit_id=visit_id, measured_at=minutes(18), outcome="swallowed"
        )


def test_a_dose_given_without_an_order_is_taken_and_kept_as_a_breach(staff: Viewer) -> None:
    visit_id = scenes.checking_in(staff, product=IV)
    give(staff, minutes(5), visit_id, INJECTED, why_anyway="Agitated, ordered by telephone")
    now = record(visit_id)
    assert scenes.state(visit_id) == "monitoring"
    assert {each.rule for each in now.deviations} >= {"ADM-1", "CHK-1"}
    assert all(each.answer.why == "Agitated, ordered by telephone" for each in now.deviations)


def test_a_dose_by_another_route_than_ordered_is_a_breach(staff: Viewer) -> None:
    visit_id = scenes.ordered(staff, product=IV)
    give(staff, minutes(5), visit_id, INJECTED)
    breach = next(each for each in record(visit_id).deviations if each.rule == "ROUTE-3")
    assert "into the muscle" in breach.sentence
    assert "ordered into the vein" in breach.sentence
    assert finding(assess.discharge(record(visit_id), minutes(6)), "ROUTE-7")


def test_after_an_infusion_and_an_injection_both_count(staff: Viewer) -> None:
    visit_id = scenes.ordered(staff, product=IV)
    scenes.infuse(staff, minutes(5), visit_id, InfusionStep.STARTED, rate_ml_per_h=Decimal("52.50"),
                  concentration_mg_per_ml=Decimal(1))  # fmt: skip
    give(staff, minutes(10), visit_id, INJECTED)
    assert record(visit_id).last_dose_at is None
    scenes.infuse(staff, minutes(45), visit_id, InfusionStep.ENDED, volume_given_ml=Decimal(35))
    now = record(visit_id)
    assert (now.t0, now.last_dose_at) == (minutes(5), minutes(45))
    assert queries.visit_page(staff, visit_id, minutes(46)).dosing.given_mg == Decimal("70.00")


def test_the_account_balances_in_milligrams(staff: Viewer) -> None:
    visit_id = ordered(staff, INJECTION)
    actions.move_drug(by=staff, at=minutes(3), visit_id=visit_id, kind=Movement.DRAWN, amount=Decimal(50),
                      measured_at=minutes(3), lot="V1")  # fmt: skip
    dose = give(staff, minutes(5), visit_id, INJECTED)
    account = assess.drug_account(staff, record(visit_id), minutes(6))
    assert account is not None
    assert "15 mg missing" in account.sentence
    actions.correct_direct(
        by=staff,
        at=minutes(7),
        visit_id=visit_id,
        dose_id=dose,
        why="all of it went in",
        measured_at=minutes(5),
        given=DirectGiven(
            "intramuscular", Decimal(50), Decimal(50), Decimal(1), site="left deltoid", lot="V1"
        ),
    )
    account = assess.drug_account(staff, record(visit_id), minutes(8))
    assert account is not None
    assert account.outcome is Outcome.SATISFIED
    assert [each.amount for each in ledger.of_visit(staff, visit_id) if each.source] == [Decimal("50.00")]
    assert {each.rule for each in record(visit_id).deviations} == {"ADM-1"}


def test_one_key_is_one_dose_and_one_number_is_one_entry(staff: Viewer) -> None:
    visit_id, key = ordered(staff, INJECTION), uuid4()
    first = give(staff, minutes(5), visit_id, INJECTED, idempotency_key=key)
    assert give(staff, minutes(6), visit_id, INJECTED, idempotency_key=key) == first
    with pytest.raises(Conflict, match="recorded already"):
        give(staff, minutes(6), visit_id, INJECTED)


def test_nobody_agrees_under_the_drug_and_no_spray_goes_anywhere_else(staff: Viewer) -> None:
    visit_id = ordered(staff, INJECTION)
    give(staff, minutes(5), visit_id, INJECTED)
    with pytest.raises(Refused, match="while it acts"):
        actions.agree_to_route(
            by=staff, at=minutes(6), visit_id=visit_id, route="oral", signed_name="Imke Test"
        )
    nasal = scenes.asked(staff, minutes(600))
    with pytest.raises(Refused, match="nowhere else"):
        give(staff, minutes(600), nasal, INJECTED)
    with pytest.raises(Refused, match="do not leave this route open"):
        actions.agree_to_route(
            by=staff, at=minutes(600), visit_id=nasal, route="oral", signed_name="Imke Test"
        )


def test_a_dose_and_its_leaving_the_mouth_wait_on_a_tablet_without_a_connection(staff: Viewer) -> None:
    visit_id = ordered(staff, LOZENGES)
    (seat,) = queries.seats(staff, minutes(3))
    assert (seat.forms, seat.number) == (("direct", "mouth", "medicine", "emergency"), 1)
    assert seat.ordered == "Ordered: 100 mg under the tongue."
    out = {"outcome": "spat out", "note": ""}
    given = {"number": 1, "given": HELD}
    for what, act, said, entered in (
        (Waited.DIRECT, actions.give_direct, given, minutes(4)),
        (Waited.MOUTH, actions.end_direct, out, minutes(14)),
    ):
        key = uuid4()
        sent = [
            actions.enter_late(
                by=staff,
                at=minutes(20),
                visit_id=visit_id,
                kept=actions.Kept(what, entered, 0, 0, staff.user_id),
                act=act,
                given=said | {"measured_at": entered},
                said=str(what),
                idempotency_key=key,
            )
            for _ in range(2)
        ]
        assert sent == [True, False]  # an answer that was lost makes no second dose
    rows = record(visit_id)
    assert [(row.step, row.measured_at) for row in rows.direct] == [
        ("given", minutes(4)),
        ("ended", minutes(14)),
    ]
    assert rows.t0 == minutes(4)
    assert rows.last_dose_at == minutes(14)
    assert {late.what for late in rows.late_entries} == {"direct", "mouth"}


def test_an_injection_can_be_entered_without_a_connection_and_no_pump_is_offered(staff: Viewer) -> None:
    visit_id = ordered(staff, INJECTION)
    give(staff, minutes(3), visit_id, INJECTED)
    (seat,) = queries.seats(staff, minutes(4))
    assert (seat.forms, seat.number) == (("readings", "direct", "medicine", "emergency"), 2)
