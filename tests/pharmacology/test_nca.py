"""Non-compartmental analysis against curves whose answers are known in closed form."""

import numpy as np
import pytest
from tests.pharmacology.asked import PERSON, nasal, solution

from euthymia.pharmacology import (
    Administration,
    Covariates,
    InvalidRequest,
    Outcome,
    Regimen,
    Route,
    SteadyState,
    analyse,
    analyse_interval,
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
    failed = predict("kamp-2020", Covariates(weight_kg=70), infusion(1e308, 40), [1.0])
    assert failed.outcome is Outcome.NOT_FINITE
    with pytest.raises(InvalidRequest, match="nothing to analyse"):
        analyse_prediction(failed, infusion(35, 40))


def spaced(until, count=600):
    """Return times close together at first: a curve falls fastest there."""
    return until * np.linspace(0, 1, count) ** 3


def test_a_racemate_s_clearance_is_that_of_the_half_that_entered():
    """Otto 2021 knows S-ketamine alone: 35 mg of the racemate bring it 17.5 mg, and its CL is 95.2 L/h."""
    given, person = infusion(35, 40), Covariates(25, 70)
    found = analyse_prediction(predict("otto-2021", person, given, spaced(150), drug="ketamine"), given)
    assert found["esketamine"].clearance_over_f_l_per_h == pytest.approx(95.2, rel=2e-3)
    alone = analyse_prediction(predict("otto-2021", person, given, spaced(150)), given)
    for key, one in alone.items():
        assert found[key].clearance_over_f_l_per_h == pytest.approx(one.clearance_over_f_l_per_h, rel=1e-9)


def test_each_enantiomer_of_the_racemate_is_analysed_with_its_own_half():
    """CL_S 95.2 L/h, CL_R 0.833 of that; of both together it is the dose over the sum of both areas."""
    given = infusion(35, 40)
    found = analyse_prediction(predict("racemate-otto-2021", Covariates(25, 70), given, spaced(200)), given)
    clearance = {key: one.clearance_over_f_l_per_h for key, one in found.items()}
    assert clearance["esketamine"] == pytest.approx(95.2, rel=2e-3)
    assert clearance["noresketamine"] == pytest.approx(57.72, rel=2e-3)
    assert clearance["arketamine"] == pytest.approx(95.2 * 0.833, rel=2e-3)
    assert clearance["ketamine"] == pytest.approx(2 * 95.2 * 0.833 / 1.833, rel=2e-3)


@pytest.mark.parametrize("model_id", ["otto-2021", "kamp-2020", "racemate-otto-2021"])
def test_an_injection_predicted_from_a_quarter_of_an_hour_on_is_led_back_for_the_parent_alone(model_id):
    given, times = infusion(10, 0), np.concatenate([[0.25, 0.5, 0.75], np.arange(1, 60, 0.25)])
    predicted = predict(model_id, Covariates(25, 70), given, times)
    found = analyse_prediction(predicted, given)
    for key, one in found.items():
        first = predicted.analyte(key).concentrations_ng_per_ml[0]
        assert (one.tmax_h == 0 and one.cmax_ng_per_ml > first) == (not key.startswith("nor"))


def test_an_injection_sampled_late_gives_nearly_the_clearance_again():
    """Begun at 0 ng/mL, the same curve lacks the area of its first quarter of an hour."""
    given, times = infusion(10, 0), np.concatenate([[0.25, 0.5, 0.75], np.arange(1, 60, 0.25)])
    predicted = predict("otto-2021", Covariates(25, 70), given, times)
    found = analyse_prediction(predicted, given)["esketamine"]
    assert found.clearance_over_f_l_per_h == pytest.approx(95.2, rel=0.01)
    not_led_back = analyse(times, predicted.analyte("esketamine").concentrations_ng_per_ml, dose_mg=10)
    assert not_led_back.clearance_over_f_l_per_h > 1.05 * 95.2


def test_a_regimen_is_analysed_as_its_doses_are():
    times = np.linspace(0, 200, 401)
    by_doses = analyse_prediction(predict("perez-ruixo-2021", PERSON, nasal(3), times), nasal(3))
    regimen = Regimen(nasal(3))
    assert analyse_prediction(predict("perez-ruixo-2021", PERSON, regimen, times), regimen) == by_doses


@pytest.mark.parametrize(
    "regimen",
    [
        Regimen(infusion(35, 40), resets_h=(5.0,)),
        Regimen(infusion(35, 40), steady=(SteadyState(0.0, 24.0, infusion(35, 40)),)),
    ],
)
def test_a_body_that_one_dose_does_not_explain_is_refused(regimen):
    predicted = predict("kamp-2020", Covariates(25, 70), regimen, [1.0, 2.0, 4.0, 8.0])
    with pytest.raises(InvalidRequest, match="analyse a dosing interval"):
        analyse_prediction(predicted, regimen)


def test_several_sessions_taken_as_one_dose_say_so():
    given = (*infusion(35, 40), *infusion(35, 40, start_h=72))
    times = np.concatenate([spaced(72), 72 + spaced(100)[1:]])
    found = analyse_prediction(predict("kamp-2020", Covariates(25, 70), given, times), given)["ketamine"]
    assert found.clearance_over_f_l_per_h == pytest.approx(84, rel=2e-3)
    assert found.mean_residence_h is None
    assert "2 sessions are taken as one dose" in found.notes[-1]


DAILY = tuple(dose for day in range(10) for dose in infusion(35, 40, start_h=24.0 * day))


def daily(model_id, given, day, drug=None):
    times = np.unique([*(24.0 * day + spaced(24.0)), *(24.0 * (day + 1) - np.linspace(0, 1, 20))])
    return predict(model_id, Covariates(25, 70), given, times, drug=drug)


def test_an_interval_in_the_steady_state_has_the_area_of_one_dose_to_infinity():
    found = analyse_interval(daily("kamp-2020", DAILY, 8), DAILY, begins_h=192)["ketamine"]
    exact = solution("kamp-2020", Covariates(25, 70), DAILY)
    area = exact.exposures([216])[0, 0] - exact.exposures([192])[0, 0]
    assert found.auc_ng_h_per_ml == pytest.approx(float(area), rel=1e-3)
    assert found.auc_ng_h_per_ml == pytest.approx(35_000 / 84, rel=2e-3)
    assert found.cavg_ng_per_ml == pytest.approx(found.auc_ng_h_per_ml / 24)
    assert (found.begins_h, found.lasts_h) == (192, 24)
    trough = float(exact.concentrations([216])[0, 0])
    assert found.cmin_ng_per_ml == pytest.approx(trough, rel=1e-9)
    assert found.tmax_h == pytest.approx(40 / 60, abs=0.05)


def test_an_interval_of_nasal_sessions_goes_from_session_to_session():
    given = (*nasal(2), *nasal(2, start_h=84), *nasal(2, start_h=168))
    times = 84 + np.linspace(0, 84, 841)
    predicted = predict("perez-ruixo-2021", PERSON, given, times)
    found = analyse_interval(predicted, Regimen(given), begins_h=84)["esketamine"]
    exact = solution("perez-ruixo-2021", PERSON, given)
    area = exact.exposures([168])[0, 0] - exact.exposures([84])[0, 0]
    assert found.auc_ng_h_per_ml == pytest.approx(float(area), rel=2e-3)
    assert found.lasts_h == 84


def test_the_next_injection_does_not_count_in_the_interval_before_it():
    given = tuple(dose for day in range(3) for dose in infusion(10, 0, start_h=24.0 * day))
    found = analyse_interval(daily("kamp-2020", given, 1), given, begins_h=24)["ketamine"]
    exact = solution("kamp-2020", Covariates(25, 70), given)
    trough = float(exact.concentrations([48 - 1e-9])[0, 0])
    assert found.cmin_ng_per_ml == pytest.approx(trough, rel=1e-3)
    assert found.tmax_h == 0
    area = exact.exposures([48])[0, 0] - exact.exposures([24])[0, 0]
    assert found.auc_ng_h_per_ml == pytest.approx(float(area), rel=1e-2)


def test_the_last_session_s_interval_is_as_long_as_said_also_in_a_steady_state():
    regimen = Regimen(infusion(35, 40), steady=(SteadyState(0.0, 24.0, infusion(35, 40)),))
    predicted = daily("kamp-2020", regimen, 0)
    found = analyse_interval(predicted, regimen, begins_h=0, lasts_h=24)["ketamine"]
    assert found.auc_ng_h_per_ml == pytest.approx(35_000 / 84, rel=2e-3)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"begins_h": 5.0}, "No session begins at 5 h; they begin at 0, 24 h."),
        ({"begins_h": 24.0}, "No session follows the one at 24 h; say how long its interval lasts."),
        ({"begins_h": 0.0, "lasts_h": 30.0}, "The next session begins at 24 h, within the 30 h from 0 h on."),
        ({"begins_h": 0.0, "lasts_h": 0.0}, "An interval lasts more than 0 h"),
        ({"begins_h": 24.0, "lasts_h": 24.0}, "The interval from 24 to 48 h is not covered"),
        ({"begins_h": 0.0, "lasts_h": 23.5}, "The interval from 0 to 23.5 h is not covered"),
    ],
)
def test_an_interval_that_does_not_fit_is_refused(asked, sentence):
    given = DAILY[:2]
    predicted = predict("kamp-2020", Covariates(25, 70), given, np.arange(0, 47.0))
    with pytest.raises(InvalidRequest) as refused:
        analyse_interval(predicted, given, **asked)
    assert sentence in str(refused.value)
