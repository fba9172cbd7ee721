"""Ketamine into the muscle or the mouth, copied from paper after an outage: ordered, given, out of the mouth."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.http import QueryDict
from django.urls import reverse
from tests.clinic import factories, patients
from tests.clinic.visits import scenes
from tests.clinic.visits.scenes import minutes

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.visits import actions, models, queries, routes
from euthymia.clinic.visits.actions import DirectGiven, PaperCheckIn, PaperDose, PaperRow, Refused, Who
from euthymia.clinic.visits.forms.paper import PaperOrderForm
from euthymia.clinic.visits.forms.paper_grids import PaperDirectForm
from euthymia.clinic.visits.queries import downtime
from euthymia.clinic.visits.record import Record
from euthymia.protocol import Product
from euthymia.protocol.route import DIRECT, Route

BACK = minutes(240)  # when the system is up again
INJECTED = DirectGiven(
    "intramuscular", Decimal("35.0"), Decimal(50), Decimal("0.70"), site="left deltoid", lot="V1"
)
INJECTION = PaperDose(
    Decimal("35.0"), mg_per_kg=Decimal("0.5"), concentration_mg_per_ml=Decimal(50), volume_ml=Decimal("0.70"),
    route="intramuscular",
)  # fmt: skip
HELD = DirectGiven("sublingual", Decimal(100), units=2, mg_per_unit=Decimal(50), lot="Z1")
LOZENGES = PaperDose(Decimal(100), units=2, mg_per_unit=Decimal(50), route="sublingual")
OUT = {"given": None, "outcome": "spat out"}


@pytest.fixture
def staff(db: None) -> Viewer:
    return factories.viewer(*patients.STAFF)


@pytest.fixture
def visit_id(staff: Viewer) -> UUID:
    return scenes.booked(staff, product=Product.KETAMINE_IV)


def record(visit_id: UUID) -> Record:
    return Record(models.Visit.objects.get(pk=visit_id))


def copy(act: str, staff: Viewer, visit_id: UUID, **said: Any) -> None:
    given = {"who": Who(name="R. Night"), "idempotency_key": uuid4()} | said
    getattr(actions, act)(by=staff, at=BACK, visit_id=visit_id, **given)


def ordered(staff: Viewer, visit_id: UUID, dose: PaperDose, agreed: str = "") -> None:
    """Checked in and ordered, as the sheet says."""
    came = PaperCheckIn(minutes(0), first="name", second="birth date", weight_kg=Decimal("70.0"),
                        risk_level="low", risk_basis="no thoughts", escort_name="Jo Field",
                        signed_name="Imke Test", agreed_route=agreed, agreed_name="Imke Test")  # fmt: skip
    copy("enter_check_in", staff, visit_id, said=came)
    copy(
        "enter_paper_order",
        staff,
        visit_id,
        dose=dose,
        given="by word of mouth",
        prescriber_id=staff.user_id,
        ordered_at=minutes(10),
    )


def sign(staff: Viewer, visit_id: UUID) -> None:
    """The prescriber stands by the order."""
    paper = models.PaperOrder.objects.get(visit=visit_id)
    actions.answer_paper_order(
        by=staff, at=BACK, visit_id=visit_id, paper_order_id=paper.id, agreed=True,
        reauth=patients.proof(staff, BACK),
    )  # fmt: skip


def doses(*rows: tuple[float, Any]) -> list[PaperRow]:
    return [PaperRow(minutes(at), row if isinstance(row, dict) else {"given": row}) for at, row in rows]


def test_an_injection_has_the_sheets_time_and_its_signed_order_names_the_route(
    staff: Viewer, visit_id: UUID
) -> None:
    ordered(staff, visit_id, INJECTION)
    copy("enter_direct", staff, visit_id, rows=doses((20, INJECTED)))
    found = record(visit_id)
    assert (found.t0, found.last_dose_at, found.visit.state) == (minutes(20), minutes(20), "monitoring")
    (row,) = found.direct_given
    assert (row.number, row.dose_mg, row.recorded_at, row.id in found.from_paper) == (
        1, Decimal("35.0"), BACK, True,
    )  # fmt: skip
    (paper,) = queries.paper_page(staff, visit_id).orders
    assert paper.words == "35 mg into the muscle (0.5 mg/kg); 50 mg/mL, 0.7 mL"
    sign(staff, visit_id)
    order = models.Order.objects.get()
    assert (order.route, order.weight_kg, order.volume_ml) == (
        "intramuscular", Decimal("70.0"), Decimal("0.70"),
    )  # fmt: skip


def unexplained(visit_id: UUID, rule: str) -> list[str]:
    """The deviations of one rule that nobody has given a reason for."""
    return [
        each.sentence
        for each in record(visit_id).deviations
        if each.rule == rule and not hasattr(each, "answer")
    ]


@pytest.mark.parametrize("signed_first", [True, False])
def test_another_route_or_more_than_ordered_is_a_deviation_whenever_the_order_is_signed(
    staff: Viewer, visit_id: UUID, signed_first: bool
) -> None:
    ordered(staff, visit_id, LOZENGES, "sublingual")
    if signed_first:
        sign(staff, visit_id)
    copy("enter_direct", staff, visit_id, rows=doses((20, INJECTED), (24, INJECTED), (28, INJECTED)))
    if not signed_first:
        sign(staff, visit_id)
    (route,) = unexplained(visit_id, "ROUTE-3")
    assert "Given into the muscle" in route
    assert any("105.00 mg was given and 100.00 mg ordered" in each for each in unexplained(visit_id, "ADM-1"))


def test_a_route_nobody_agreed_to_is_a_deviation_and_an_agreement_on_the_sheet_is_kept(
    staff: Viewer, visit_id: UUID
) -> None:
    ordered(staff, visit_id, INJECTION)
    copy("enter_direct", staff, visit_id, rows=doses((20, INJECTED)))
    sign(staff, visit_id)
    (breach,) = unexplained(visit_id, "ROUTE-2")
    assert "has not agreed today" in breach
    other = scenes.booked(staff, product=Product.KETAMINE_IV, chair_id=scenes.chair(staff, "Chair 2").pk)
    ordered(staff, other, INJECTION, "intramuscular")
    copy("enter_direct", staff, other, rows=doses((20, INJECTED)))
    sign(staff, other)
    assert unexplained(other, "ROUTE-2") == []
    agreement = models.RouteAgreement.objects.get(visit=other)
    assert (agreement.measured_at, agreement.id in record(other).from_paper) == (minutes(0), True)


def test_nobody_agrees_after_the_dose_on_paper_either(staff: Viewer, visit_id: UUID) -> None:
    ordered(staff, visit_id, INJECTION)
    copy("enter_direct", staff, visit_id, rows=doses((20, INJECTED)))
    late = PaperCheckIn(minutes(25), agreed_route="intramuscular", agreed_name="Imke Test")
    with pytest.raises(Refused, match="signs nothing while it acts"):
        copy("enter_check_in", staff, visit_id, said=late)


def test_what_was_held_under_the_tongue_counts_from_when_the_mouth_was_empty(
    staff: Viewer, visit_id: UUID
) -> None:
    ordered(staff, visit_id, LOZENGES)
    copy("enter_direct", staff, visit_id, rows=doses((35, OUT), (20, HELD)))
    found = record(visit_id)
    assert (found.t0, found.last_dose_at, found.visit.state) == (minutes(20), minutes(35), "monitoring")
    assert {row.id for row in found.direct} <= found.from_paper.keys()
    (paper,) = queries.paper_page(staff, visit_id).orders
    assert paper.words == "100 mg under the tongue: 2 × 50 mg"
    sign(staff, visit_id)
    assert models.Order.objects.get().units == 2


def test_still_in_the_mouth_is_not_done_and_a_second_form_goes_on(staff: Viewer, visit_id: UUID) -> None:
    ordered(staff, visit_id, LOZENGES)
    copy("enter_direct", staff, visit_id, rows=doses((20, HELD)))
    assert record(visit_id).visit.state == "administering"
    copy("enter_direct", staff, visit_id, rows=doses((34, OUT), (40, INJECTED)))
    found = record(visit_id)
    assert [row.number for row in found.direct_given] == [1, 2]
    assert (found.last_dose_at, found.visit.state) == (minutes(40), "monitoring")


def test_the_same_form_twice_copies_once_and_nothing_leaves_an_empty_mouth(
    staff: Viewer, visit_id: UUID
) -> None:
    ordered(staff, visit_id, INJECTION)
    key = uuid4()
    for _ in range(2):
        copy("enter_direct", staff, visit_id, rows=doses((20, INJECTED)), idempotency_key=key)
    assert len(record(visit_id).direct_given) == 1
    with pytest.raises(actions.Conflict, match="under the tongue"):
        copy("enter_direct", staff, visit_id, rows=doses((30, OUT)))


def test_an_order_for_the_mouth_needs_the_weight_of_that_day(staff: Viewer, visit_id: UUID) -> None:
    copy("enter_paper_order", staff, visit_id, dose=LOZENGES, given="on paper",
         prescriber_id=staff.user_id, ordered_at=minutes(10))  # fmt: skip
    with pytest.raises(Refused, match="weight of that day"):
        sign(staff, visit_id)


def test_the_block_stands_where_the_rules_leave_the_routes_open(staff: Viewer, visit_id: UUID) -> None:
    assert "visits:paper-direct" in {each.route for each in queries.paper_page(staff, visit_id).blocks}
    nasal = scenes.booked(staff, chair_id=scenes.chair(staff, "Chair 2").pk)
    assert "visits:paper-direct" not in {each.route for each in queries.paper_page(staff, nasal).blocks}
    nurse = factories.signed_in(factories.staff(Role.NURSE))
    page = nurse.get(reverse("visits:paper-direct", args=[visit_id])).content.decode()
    assert "Out of the mouth: spat out" in page
    assert "Under the tongue" in nurse.get(reverse("visits:paper-order", args=[visit_id])).content.decode()
    assert "Under the tongue" not in nurse.get(reverse("visits:paper-order", args=[nasal])).content.decode()


def test_the_printed_sheet_says_what_a_dose_by_another_route_is_counted_from(
    staff: Viewer, visit_id: UUID
) -> None:
    scenes.booked(staff, chair_id=scenes.chair(staff, "Chair 2").pk)
    drip, spray = sorted(
        downtime.sheets(staff, scenes.NOW.date(), BACK).sheets, key=lambda each: each.product, reverse=True
    )
    assert drip.other_routes == (
        "Counted from the last injection, the moment the last dose left the mouth or the last dose swallowed."
    )
    assert spray.other_routes == spray.agreement == ""
    assert "is to go into the muscle, under the tongue or by mouth, swallowed." in drip.agreement
    assert [routes.either(words) for words in ((), ("a",), ("a", "b"), ("a", "b", "c"))] == [
        "", "a", "a or b", "a, b or c",
    ]  # fmt: skip


class TestForms:
    STAFF = (("11111111-1111-1111-1111-111111111111", "Nell Notional"),)

    def order(self, **said: str) -> PaperOrderForm:
        sent = {"given": "on paper", "prescriber": self.STAFF[0][0], "ordered": "09:10", "dose_mg": "100",
                "measured_by": self.STAFF[0][0], "idempotency_key": str(uuid4())}  # fmt: skip
        asked = {"staff": self.STAFF, "prescribers": self.STAFF, "usual": Route.INTRAVENOUS, "direct": DIRECT}
        return PaperOrderForm(query(sent | said), now=BACK, **asked)  # type: ignore[arg-type]

    def test_each_route_asks_for_its_own_numbers_and_refuses_others(self) -> None:
        held = self.order(route="sublingual", units="2", mg_per_unit="50")
        assert held.is_valid(), held.errors
        assert held.values()["dose"] == LOZENGES
        wrong = self.order(route="sublingual", units="2", minutes="40")
        assert set(wrong.errors) == {"mg_per_unit", "minutes"}
        assert set(self.order(units="2", mg_per_unit="50").errors) == {"route"}
        nought = self.order(route="sublingual", units="2", mg_per_unit="0", dose_mg="0")
        assert set(nought.errors) == {"mg_per_unit", "dose_mg"}
        wide = self.order(route="intravenous", mg_per_kg="1234.5", minutes="123456")
        assert {"mg_per_kg", "minutes"} <= set(wide.errors)
        infused = self.order(route="intravenous", mg_per_kg="0.5", minutes="40")
        assert set(infused.errors) == {"concentration_mg_per_ml", "volume_ml", "rate_ml_per_h"}

    def grid(self, ordered_mg: Decimal | None = None, **said: str) -> PaperDirectForm:
        sent = {"measured_by": self.STAFF[0][0], "day": minutes(0).date().isoformat(),
                "idempotency_key": str(uuid4())}  # fmt: skip
        return PaperDirectForm(query(sent | said), now=BACK, staff=self.STAFF, ordered_mg=ordered_mg)

    def test_what_does_not_fit_is_asked_once(self) -> None:
        said = {"what_1": "intramuscular", "clock_1": "09:20", "dose_mg_1": "70", "volume_ml_1": "0.7",
                "concentration_mg_per_ml_1": "50", "expires_on_1": "2020-01-31"}  # fmt: skip
        asked = self.grid(Decimal(35), **said)
        assert not asked.is_valid()
        told = " ".join(asked.non_field_errors())
        assert "70 mg at 50 mg/mL, which is 1.4 mL" in told
        assert "had expired" in told
        assert "Ordered are 35 mg; these lines hold 70 mg." in told
        assert self.grid(Decimal(35), **said, asked_about=str(asked.data["asked_about"])).is_valid()

    def test_a_line_of_the_grid_is_whole_or_says_what_is_missing(self) -> None:
        form = self.grid
        good = form(what_1="sublingual", clock_1="09:20", dose_mg_1="100", units_1="2", mg_per_unit_1="50",
                    lot_1="Z1", expires_on_1="2027-05-31", what_2="spat out", clock_2="09:35")  # fmt: skip
        assert good.is_valid(), good.errors
        given, out = good.values()["rows"]
        assert given.values["given"] == DirectGiven(
            "sublingual",
            Decimal(100),
            units=2,
            mg_per_unit=Decimal(50),
            lot="Z1",
            expires_on=date(2027, 5, 31),
        )
        assert (out.values, out.measured_at - given.measured_at) == (
            OUT,
            timedelta(minutes=15),
        )
        assert set(form(clock_1="09:20", dose_mg_1="100").errors) == {"what_1"}
        assert set(form(what_1="oral", clock_1="09:20").errors) == {"dose_mg_1"}
        assert set(form(what_1="spat out", clock_1="09:20", lot_1="Z1").errors) == {"lot_1"}


def query(said: dict[str, str]) -> QueryDict:
    found = QueryDict(mutable=True)
    found.update(said)
    return found
