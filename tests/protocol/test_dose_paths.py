"""Dose, volume, rate and devices are worked out by two ways that share no code; a slip in either stops the order."""

import ast
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.protocol.people import BOOK, NOW, infusion, iv_plan, nasal_plan

from euthymia.protocol import Outcome, _dose_by_counting, _dose_by_decimals, plan

WAYS = (_dose_by_decimals, _dose_by_counting)
typed = st.decimals(Decimal("0.001"), Decimal(500), places=3)


@given(typed, typed)
def test_both_ways_agree_on_dose_volume_and_rate_of_anything_a_person_types(one, other):
    for name in ("mass_mg", "volume_ml", "rate_ml_per_h", "mg_per_kg"):
        first, second = (getattr(way, name)(one, other) for way in WAYS)
        assert first == second, name


@given(st.integers(0, 12), typed)
def test_both_ways_agree_on_devices(devices, content):
    first, second = (way.devices_mg(devices, content) for way in WAYS)
    assert first == second


@pytest.mark.parametrize(
    ("name", "one", "other", "worked_out"),
    [
        ("mass_mg", "0.5", "70", "35"),
        ("mass_mg", "0.5", "74.3", "37.15"),
        ("mass_mg", "0.001", "0.001", "0.000001"),
        ("mass_mg", "1", "100", "100"),
        ("volume_ml", "38", "0.5", "76"),
        ("volume_ml", "35", "3", "11.67"),
        ("volume_ml", "0.125", "25", "0.01"),  # half a hundredth goes up
        ("rate_ml_per_h", "76", "40", "114"),
        ("rate_ml_per_h", "35", "45", "46.67"),
        ("mg_per_kg", "56", "70", "0.8"),
        ("mg_per_kg", "84", "73.4", "1.144"),
        ("mg_per_kg", "0.1", "200", "0.001"),  # half a thousandth goes up
    ],
)
def test_both_ways_give_what_was_worked_out_by_hand(name, one, other, worked_out):
    for way in WAYS:
        assert getattr(way, name)(Decimal(one), Decimal(other)) == Decimal(worked_out)


def test_more_than_three_decimals_are_not_rounded_away():
    for name in ("mass_mg", "volume_ml", "rate_ml_per_h"):
        assert getattr(_dose_by_counting, name)(Decimal("0.5"), Decimal("70.0001")) is None


def test_the_two_ways_share_no_code():
    def imported(module):
        tree = ast.parse(Path(module.__file__).read_text("utf-8"))
        return {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert imported(_dose_by_decimals) & imported(_dose_by_counting) == {"decimal"}
    assert not any("_dose_by" in name for way in WAYS for name in imported(way))


PUMP = replace(
    infusion(), concentration_mg_per_ml=Decimal(1), volume_ml=Decimal(35), rate_ml_per_h=Decimal("52.5")
)
ORDERED = {
    "mass_mg": (iv_plan(), "IV-DOSE-4"),
    "volume_ml": (iv_plan(infusion=PUMP), "IV-DOSE-5"),
    "rate_ml_per_h": (iv_plan(infusion=PUMP), "IV-DOSE-5"),
    "devices_mg": (nasal_plan(), "DEV-1"),
}


@pytest.mark.parametrize("way", WAYS, ids=["decimals", "counting"])
@pytest.mark.parametrize("name", ORDERED)
def test_a_slip_in_either_way_stops_the_order(monkeypatch, way, name):
    facts, rule = ORDERED[name]
    judged = next(one for one in plan.assess(facts, BOOK, NOW) if one.rule == rule)
    assert judged.outcome is Outcome.SATISFIED
    monkeypatch.setattr(way, name, lambda one, other: Decimal(350))
    found = next(one for one in plan.assess(facts, BOOK, NOW) if one.rule == rule)
    assert found.outcome is Outcome.VIOLATED
    assert "disagree" in found.sentence
