"""What moves a forecast: held to the forecast itself, moved the plain way, and kept of today's ensemble."""

import numpy as np
import polars as pl
import pytest

from euthymia.evidence import effect_model, kept_acute_fit, kept_sensitivity
from euthymia.pharmacology import Levels, _course, characters_from_table, draw_people, nasal_session
from euthymia.trials import sensitivity as moved
from euthymia.trials._parameters import names
from euthymia.trials.ensembles import SHIPPED, hash_of, shipped_ensemble


@pytest.fixture(scope="module")
def found():
    return moved.sensitivity(shipped_ensemble(), sha256=hash_of(SHIPPED), sets=2)


def test_what_is_kept_is_of_the_ensemble_at_hand(found):
    """Two of its sets instead of 24: the parameter that matters most moves about as much."""
    kept = kept_sensitivity()
    assert kept.ensemble_sha256 == found.ensemble_sha256
    assert set(kept.mood) == set(names())
    assert kept.peak == pytest.approx(found.peak, abs=0.01)
    for name, points in found.dissociation.items():
        assert kept.dissociation[name] == pytest.approx(points, abs=0.01)
    assert found.mood["drug"][0] == pytest.approx(kept.mood["drug"][0], rel=0.6)
    largest = next(iter(kept.mood))
    assert all(abs(kept.mood[largest][0]) >= abs(points[0]) for points in kept.mood.values())


def test_a_parameter_moves_an_outcome_as_a_forecast_with_it_moved_does(found):
    """Half a standard deviation to either side, with the outlook's own means; trial effects off in both."""
    outcomes = moved._outcomes()
    ensemble = shipped_ensemble()
    place, at = ensemble.places[0], names().index("drug")
    step = np.eye(len(place))[at] * ensemble.places.std(axis=0)[at] / 2
    difference = np.asarray(outcomes(place + step) - outcomes(place - step))
    assert difference[0] > 0
    assert difference[0] == pytest.approx(difference[1], abs=1e-6)  # the drug does nothing to placebo
    assert difference[2] > 0  # what was more is more to lose


def test_what_only_makes_trials_differ_moves_no_usual_trial(found):
    for name in ("context_sd", "drug_sd", "small_trial", "open_label"):
        assert np.abs(found.mood[name]).max() < 1e-9


def test_the_peak_is_that_of_a_course(found):
    """But for what attenuates within the first session: under two parts in a hundred."""
    typical = characters_from_table(pl.DataFrame({"age_years": [45.0], "weight_kg": [74.0]}))
    person = draw_people("perez-ruixo-2021", typical, seed=1, levels=Levels(between_people=False))
    doses = nasal_session(3, device_mg=28, interval_h=5 / 60)
    course = _course.Course("perez-ruixo-2021", doses, tuple(np.arange(0, 2.5, 1 / 120)))
    peak = _course.solver_for(course).solve(person).cadss.max()
    assert peak < found.peak < 1.02 * peak


def test_more_absorbed_through_the_nose_is_more_dissociation_and_a_larger_volume_less(found):
    assert found.dissociation["FRn, between people"] > 0 > found.dissociation["Vc, between people"]
    slope, fitted = effect_model("acute-2").value("dissociation", "slope"), kept_acute_fit()
    part = fitted.spreads["dissociation.slope"] / slope
    moved_by = found.dissociation["slope of dissociation, as far as it is unknown"]
    assert moved_by == pytest.approx(part * found.peak, rel=0.1)


def test_people_s_own_answer_moves_the_peak_more_than_anything_else(found):
    largest = max(found.dissociation, key=lambda name: abs(found.dissociation[name]))
    assert largest == "dissociation of one concentration, between people"
