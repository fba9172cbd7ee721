"""The models reach their figures: printed tables, a separate implementation, observed medians."""

from dataclasses import replace

import pytest

from euthymia.evidence import Row, kinetic_model, kinetic_models, kinetic_targets
from euthymia.pharmacology import Administration, Covariates, Route, infusion, predict
from euthymia.pharmacology._structures import solution
from euthymia.pharmacology._targets import question, reached

# How near each kind of figure has to be met, and why.
TOLERANCE = {
    "perez-ruixo-2021": 0.01,  # Table 4 of the paper, printed with three digits: the 1 %
    "perez-ruixo-2021-abstract": 0.01,  # printed with two or three digits
    "spravato-kinetics": 0.10,  # "about 48 %", by another analysis
    "independent-kinetics": 0.005,  # the same equations coded apart, noted with three digits or fewer
    "nlmixr2lib": 0.005,  # typical values printed with three to five digits
    "otto-2021": 0.20,  # medians of 17 people read off a figure to about 10 %
    "simons-2022": 0.20,  # means of 20 people, on one visit each
    "simons-2024": 0.05,  # means with printed 95 % intervals of 5 and 3.5 %
    "zanos-2018": 0.20,  # one observed mean, its people and its sampling site not seen
    "ashraf-2018": 0.15,  # means of simulated people; the model here is of a typical one
    "chen-2023": 0.15,  # the mean of 75 patients
}
# The separate implementation was noted with two decimals for times and one for concentrations.
ROUNDING = {"tmax": 0.005, "concentration": 0.05}
GRID_MIN = 0.5  # where a time of a peak is given in minutes it was read off a grid of half a minute

AS_PRINTED = "auc0_24_as_printed"
TARGETS = [row for row in kinetic_targets() if not row.keys["quantity"].endswith("as_printed")]
MISSED = [row for row in TARGETS if row.value.note.startswith("missed: ")]
# What the model gives over what was observed, where it is out of tolerance.
MISSES = {
    "simons-2022 noresketamine tmax": 0.79,
    "simons-2022 hydroxynoresketamine tmax": 0.70,
    "kamp-2020 ketamine cmax_observed": 1.37,
    "domino ketamine cmax_observed": 1.30,
}


def name(row: Row) -> str:
    keys = row.keys
    return "-".join(
        keys[key]
        for key in (
            *("model", "ancestry", "age_years", "weight_kg", "route", "dose_mg", "beside"),
            *("analyte", "quantity", "at_h"),
        )
    )


def held_to(row: Row):
    rounding = GRID_MIN if row.value.unit == "min" else ROUNDING.get(row.keys["quantity"], 0.0)
    return pytest.approx(row.value.value, rel=TOLERANCE[row.value.source], abs=rounding)


@pytest.mark.parametrize("row", [row for row in TARGETS if row not in MISSED], ids=name)
def test_the_model_reaches_its_figure(row):
    assert reached(row) == held_to(row)


def test_what_is_missed_is_missed_by_no_more_than_is_said():
    """If one of them is met, its note no longer holds: take the word out of it."""
    found = {
        f"{row.keys['model']} {row.keys['analyte']} {row.keys['quantity']}": reached(row) / row.value.value
        for row in MISSED
    }
    assert found == {what: pytest.approx(ratio, abs=0.01) for what, ratio in MISSES.items()}
    assert all(reached(row) != held_to(row) for row in MISSED)


# What the published kinetics were found to say, beside the tables that were there already.
ALSO_HELD_TO = {
    "perez-ruixo-2021 nasal esketamine bioavailability": {0.54, 0.51, 0.48},
    "perez-ruixo-2021 iv esketamine volume": {752},
    "perez-ruixo-2021 iv noresketamine volume": {185},
    "perez-ruixo-2021 oral esketamine auc0_48": {134.6},
    "ashraf-2018 iv esketamine concentration": {41},
    "ashraf-2018 oral esketamine auc_ratio": {2.571},
    "ashraf-2018 iv noresketamine clearance": {26.16},
    "simons-2022 film esketamine second_peak": {273, 260},
    "racemate-otto-2021 iv ketamine cmax_observed": {185},
}


@pytest.mark.parametrize("what", ALSO_HELD_TO)
def test_a_published_figure_is_a_target(what):
    found = {
        row.value.value
        for row in TARGETS
        if " ".join(row.keys[key] for key in ("model", "route", "analyte", "quantity")) == what
        and row.value.unit in ("1", "L", "L/h", "ng/mL", "ng*h/mL")
    }
    assert ALSO_HELD_TO[what] <= found


def test_simons_s_peaks_in_time_are_targets_at_both_doses():
    printed = {
        (row.keys["dose_mg"], row.value.value)
        for row in TARGETS
        if row.value.source == "simons-2022" and row.keys["quantity"] == "tmax"
    }
    assert printed == {("50", 18.8), ("50", 61), ("50", 81), ("100", 19.1), ("100", 78), ("100", 109)}


def test_table_4_is_met_in_all_its_twenty_seven_figures():
    table_4 = [row for row in TARGETS if row.value.source == "perez-ruixo-2021"]
    assert len(table_4) == 27
    assert {row.keys["analyte"] + " " + row.keys["quantity"] for row in table_4} == {
        "esketamine cmax", "esketamine auc0_24", "noresketamine cmax",
    }  # fmt: skip


def test_the_printed_noresketamine_area_still_does_not_follow_from_the_printed_parameters():
    """If this fails, the reason why these figures are no targets is gone: make them targets."""
    rows = [row for row in kinetic_targets() if row.keys["quantity"] == AS_PRINTED]
    ratios = [reached(row) / row.value.value for row in rows if row.keys["model"] == "perez-ruixo-2021"]
    assert len(ratios) == 9
    assert min(ratios) > 1.35
    assert max(ratios) < 1.60


@pytest.mark.parametrize("model", kinetic_models())
def test_every_model_has_figures_to_reach(model):
    assert any(row.keys["model"] == model for row in TARGETS)


@pytest.mark.parametrize(
    "row", [row for row in kinetic_targets() if row.keys["quantity"].endswith("as_printed")], ids=name
)
def test_a_figure_that_is_no_target_is_still_the_same_figure(row):
    """Peaks are compared with peaks and areas with areas: not met for a stated reason, and no further off than that."""
    assert row.value.note
    assert 0.5 < reached(row) / row.value.value < 1.6


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


def test_an_infusion_six_hours_after_a_film_peaks_where_the_typical_values_have_it():
    """Simons 2022: 20 mg over 20 minutes, 360 minutes after a film of 50 mg; observed 273 (259 to 287)."""
    given = (Administration(0.0, 50, Route.FILM), *infusion(20, 20, start_h=6))
    found = predict("simons-2022", Covariates(24, 70), given, [6 + 20 / 60]).analyte("esketamine")
    assert found.concentrations_ng_per_ml[0] == pytest.approx(272.7, rel=0.001)
    assert found.cmax_ng_per_ml == pytest.approx(272.7, rel=0.001)


def test_ashraf_s_closed_forms_at_seventy_kilograms():
    """Clearance 74.67 L/h and 13.04 % by mouth: dose over area, whatever the shape of the curve."""
    model, person = kinetic_model("ashraf-2018"), Covariates(30, 70)
    by_vein = float(solution(model, person, infusion(7, 2)).exposure_without_end()[0])
    by_mouth = float(solution(model, person, (Administration(0.0, 7, Route.ORAL),)).exposure_without_end()[0])
    assert 7000 / by_vein == pytest.approx(74.67, rel=1e-4)
    assert by_mouth / by_vein == pytest.approx(0.1304, rel=1e-3)


def test_the_racemate_is_its_enantiomers_together():
    racemate = predict("racemate-otto-2021", Covariates(25, 70), infusion(35, 40), [0.5, 2.0])
    alone = predict("otto-2021", Covariates(25, 70), infusion(17.5, 40), [0.5, 2.0])
    for key in ("esketamine", "noresketamine"):
        assert racemate.analyte(key).concentrations_ng_per_ml == pytest.approx(
            alone.analyte(key).concentrations_ng_per_ml, rel=1e-9
        )
    both = [racemate.analyte(key).concentrations_ng_per_ml for key in ("esketamine", "arketamine")]
    assert [sum(pair) for pair in zip(*both, strict=True)] == pytest.approx(
        racemate.analyte("ketamine").concentrations_ng_per_ml, rel=1e-12
    )
