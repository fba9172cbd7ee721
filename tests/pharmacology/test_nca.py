"""Non-compartmental analysis against curves whose answers are known in closed form."""

import numpy as np
import pytest
from tests.pharmacology.asked import PERSON, nasal, solution

from euthymia.pharmacology import (
    Administration,
    Covariates,
    InvalidRequest,
    Outcome,
    Route,
    analyse,
    analyse_prediction,
    infusion,
    predict,
)

RATE, VOLUME, DOSE = 0.3, 50.0, 10.0


def one_compartment(times):
    return 1000 * DOSE / VOLUME * np.exp(-RATE * np.asarray(times))


def test_an_injection_into_one_compartment_is_exact():
    """A falling exponential is what logarithmic steps are made for."""
    times = np.asarray([0, 0.5, 1, 2, 4, 8, 12])
    found = analyse(times, one_compartment(times), dose_mg=DOSE, injected=True)
    assert found.half_life_h == pytest.approx(np.log(2) / RATE, rel=1e-12)
    assert found.auc_inf_ng_h_per_ml == pytest.approx(1000 * DOSE / (RATE * VOLUME), rel=1e-12)
    assert found.clearance_over_f_l_per_h == pytest.approx(RATE * VOLUME, rel=1e-12)
    assert found.volume_over_f_l == pytest.approx(VOLUME, rel=1e-12)
    assert found.mean_residence_h == pytest.approx(1 / RATE, rel=1e-12)
    assert (found.tmax_h, found.slope_points, found.adjusted_r2) == (0, 7, pytest.approx(1))


def test_an_injection_sampled_late_is_led_back_to_its_start():
    times = np.asarray([0.5, 1, 2, 4, 8, 12])
    late = analyse(times, one_compartment(times), dose_mg=DOSE, injected=True)
    assert late.cmax_ng_per_ml == pytest.approx(1000 * DOSE / VOLUME, rel=1e-12)
    assert late.auc_inf_ng_h_per_ml == pytest.approx(1000 * DOSE / (RATE * VOLUME), rel=1e-12)


def test_rising_steps_are_linear_and_falling_ones_logarithmic():
    found = analyse([0, 1, 2], [0, 10, 5], dose_mg=1)
    assert found.auc_last_ng_h_per_ml == pytest.approx(5 + 5 / np.log(2), rel=1e-12)
    assert found.auc_inf_ng_h_per_ml is None
    assert "No last slope" in found.notes[0]


def test_an_infusion_gives_back_clearance_and_mean_residence():
    """Otto 2021 at 70 kg: CL 95.2 L/h, and a mean residence of (133 + 187 + 98.8) / 95.2 hours."""
    times = np.concatenate([np.linspace(0, 2, 121), np.linspace(2.1, 12, 100), np.linspace(12.5, 120, 216)])
    person, given = Covariates(25, 70), infusion(10, 30)
    found = analyse_prediction(predict("otto-2021", person, given, times), given)["esketamine"]
    assert found.clearance_over_f_l_per_h == pytest.approx(95.2, rel=1e-3)
    assert found.mean_residence_h == pytest.approx((133 + 187 + 98.8) / 95.2, rel=2e-3)
    exact = solution("otto-2021", person, given).exposure_without_end()[0]
    assert found.auc_inf_ng_h_per_ml == pytest.approx(float(exact), rel=1e-3)
    assert found.extrapolated < 1e-3


def test_the_terminal_half_life_of_esketamine_is_the_slowest_rate():
    """Perez-Ruixo: 11.0 hours."""
    times = np.linspace(0, 200, 801)
    found = analyse_prediction(predict("perez-ruixo-2021", PERSON, nasal(3), times), nasal(3))["esketamine"]
    assert found.half_life_h == pytest.approx(11.0, rel=0.01)


def test_bioavailability_by_mouth_comes_out_of_two_analyses():
    """Ashraf 2018: 13.04 %."""
    times, person = 96 * np.linspace(0, 1, 1500) ** 3, Covariates(30, 70)
    oral, vein = (Administration(0.0, 7, Route.ORAL),), infusion(7, 2)
    by_mouth, by_vein = (
        analyse_prediction(predict("ashraf-2018", person, given, times), given)["esketamine"]
        for given in (oral, vein)
    )
    part = by_vein.clearance_over_f_l_per_h / by_mouth.clearance_over_f_l_per_h
    assert part == pytest.approx(0.1304, rel=0.01)


def test_missing_and_unmeasurable_samples():
    times = np.asarray([0, 1, 2, 4, 8, 12, 16])
    values = one_compartment(times)
    values[2], values[-1] = np.nan, 0.0
    found = analyse(times, values, dose_mg=DOSE, injected=True)
    assert found.tlast_h == 12
    assert "1 missing samples" in found.notes[0]
    assert found.auc_inf_ng_h_per_ml == pytest.approx(1000 * DOSE / (RATE * VOLUME), rel=1e-12)


def test_a_short_curve_says_how_much_of_it_is_guessed():
    times = np.asarray([0, 0.5, 1, 2])
    found = analyse(times, one_compartment(times), dose_mg=DOSE, injected=True)
    assert found.extrapolated > 0.5
    assert "of the area lies after the last sample" in found.notes[0]


@pytest.mark.parametrize(
    ("times", "values", "dose", "sentence"),
    [
        ([0, 1], [1, 2, 3], 1, "as many times as concentrations"),
        ([1, 0], [1, 2], 1, "rise from 0 on"),
        ([0, 0], [1, 2], 1, "rise from 0 on"),
        ([-1, 0], [1, 2], 1, "rise from 0 on"),
        ([0, np.nan], [1, 2], 1, "rise from 0 on"),
        ([0, 1], [0, 0], 1, "one above it"),
        ([0, 1], [0, -1], 1, "at least 0"),
        ([0, 1], [0, 1], 0, "A dose must be above 0 mg"),
        ([0, 1], [0, 1], np.nan, "A dose must be above 0 mg"),
    ],
)
def test_what_is_no_curve_is_refused(times, values, dose, sentence):
    with pytest.raises(InvalidRequest) as refused:
        analyse(times, values, dose_mg=dose)
    assert sentence in str(refused.value)


def test_a_failed_prediction_is_not_analysed():
    failed = predict("kamp-2020", Covariates(weight_kg=1e-300), infusion(35, 40), [1.0])
    assert failed.outcome is Outcome.NOT_FINITE
    with pytest.raises(InvalidRequest, match="nothing to analyse"):
        analyse_prediction(failed, infusion(35, 40))
