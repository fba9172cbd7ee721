"""The models reach their figures: printed tables, a separate implementation, observed medians."""

from dataclasses import replace

import pytest

from euthymia.evidence import Row, kinetic_models, kinetic_targets
from euthymia.pharmacology import predict
from euthymia.pharmacology._structures import solution
from euthymia.pharmacology._targets import question, reached

# How near each kind of figure has to be met, and why.
TOLERANCE = {
    "perez-ruixo-2021": 0.01,  # Table 4 of the paper, printed with three digits: the 1 %
    "independent-kinetics": 0.005,  # the same equations coded apart, noted with three digits or fewer
    "otto-2021": 0.20,  # medians of 17 people read off a figure to about 10 %
    "chen-2023": 0.15,  # the mean of 75 patients
}
# The separate implementation was noted with two decimals for times and one for concentrations.
ROUNDING = {"tmax": 0.005, "concentration": 0.05}

AS_PRINTED = "auc0_24_as_printed"
TARGETS = [row for row in kinetic_targets() if row.keys["quantity"] != AS_PRINTED]


def name(row: Row) -> str:
    keys = row.keys
    return "-".join(
        keys[key]
        for key in ("model", "ancestry", "age_years", "route", "dose_mg", "analyte", "quantity", "at_h")
    )


@pytest.mark.parametrize("row", TARGETS, ids=name)
def test_the_model_reaches_its_figure(row):
    rounding = ROUNDING.get(row.keys["quantity"], 0.0)
    assert reached(row) == pytest.approx(row.value.value, rel=TOLERANCE[row.value.source], abs=rounding)


def test_table_4_is_met_in_all_its_twenty_seven_figures():
    table_4 = [row for row in TARGETS if row.value.source == "perez-ruixo-2021"]
    assert len(table_4) == 27
    assert {row.keys["analyte"] + " " + row.keys["quantity"] for row in table_4} == {
        "esketamine cmax", "esketamine auc0_24", "noresketamine cmax",
    }  # fmt: skip


def test_the_printed_noresketamine_area_still_does_not_follow_from_the_printed_parameters():
    """If this fails, the reason why these figures are no targets is gone: make them targets."""
    ratios = [
        reached(row) / row.value.value for row in kinetic_targets() if row.keys["quantity"] == AS_PRINTED
    ]
    assert len(ratios) == 9
    assert min(ratios) > 1.35
    assert max(ratios) < 1.60


@pytest.mark.parametrize("model", kinetic_models())
def test_every_model_has_figures_to_reach(model):
    assert any(row.keys["model"] == model for row in TARGETS)


def test_devices_five_minutes_apart_and_the_slow_release_of_what_is_swallowed_both_matter():
    """Without either, Table 4 is missed: the transcription that leaves the release out is 4 to 8 % high."""
    row = next(row for row in TARGETS if row.keys["dose_mg"] == "84" and row.keys["quantity"] == "cmax")
    model, person, doses = question(row)
    together = tuple(replace(dose, time_h=0.0) for dose in doses)
    at_once = predict(model.id, person, together).analyte("esketamine").cmax_ng_per_ml
    assert at_once > 1.01 * row.value.value
    drip = dict(model.parameters) | {"D_sw": replace(model.parameters["D_sw"], value=1e-6)}
    without = solution(replace(model, parameters=drip), person, doses)
    assert float(without.concentrations([0.6])[0, 0]) > 1.03 * row.value.value
