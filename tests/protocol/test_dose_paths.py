"""The infusion's dose is computed by two ways that share no arithmetic; a slip in either stops the order."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.protocol.people import BOOK, NOW, iv_plan

from euthymia.protocol import Outcome, _infusion, plan

typed = st.decimals(Decimal("0.001"), Decimal(500), places=3)


@given(typed, typed)
def test_both_ways_agree_on_anything_a_person_types(mg_per_kg, weight_kg):
    assert _infusion.dose_by_micrograms(mg_per_kg, weight_kg) == _infusion.dose_by_decimals(
        mg_per_kg, weight_kg
    )


@pytest.mark.parametrize(
    ("mg_per_kg", "weight_kg", "dose_mg"),
    [("0.5", "70", "35"), ("0.5", "74.3", "37.15"), ("0.001", "0.001", "0.000001"), ("1", "100", "100")],
)
def test_both_ways_give_the_dose_worked_out_by_hand(mg_per_kg, weight_kg, dose_mg):
    for way in (_infusion.dose_by_decimals, _infusion.dose_by_micrograms):
        assert way(Decimal(mg_per_kg), Decimal(weight_kg)) == Decimal(dose_mg)


def test_more_than_three_decimals_are_not_rounded_away():
    assert _infusion.dose_by_micrograms(Decimal("0.5"), Decimal("70.0001")) is None


@pytest.mark.parametrize("way", ["dose_by_decimals", "dose_by_micrograms"])
def test_a_slip_in_either_way_stops_the_order(monkeypatch, way):
    monkeypatch.setattr(_infusion, way, lambda mg_per_kg, weight_kg: Decimal(350))
    found = next(one for one in plan.assess(iv_plan(), BOOK, NOW) if one.rule == "IV-DOSE-4")
    assert found.outcome is Outcome.VIOLATED
    assert "disagree" in found.sentence
