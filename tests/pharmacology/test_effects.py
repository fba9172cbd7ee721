"""Receptor, acute effects and mood: limits, order, published shapes, and the plain equations as reference."""

import numpy as np
import pytest

from euthymia.evidence import Known, effect_model, effect_models
from euthymia.pharmacology import (
    Administration,
    Covariates,
    InvalidRequest,
    Route,
    _course,
    _effects,
    _solve,
    infusion,
    nasal_session,
    predict,
)

MODEL = "perez-ruixo-2021"
TIMES = tuple(np.unique(np.concatenate([np.arange(0, 4.01, 1 / 12), 24.0 * np.arange(1, 15)])))


def doses(devices, days=(0, 4, 7)):
    return tuple(
        dose
        for day in days
        for dose in nasal_session(devices, device_mg=28, interval_h=5 / 60, start_h=24.0 * day)
    )


@pytest.fixture(scope="module")
def solver():
    return _course.CourseSolver(_course.Course(MODEL, doses(3), TIMES))


@pytest.fixture(scope="module")
def people():
    return _course.draw_people_for(MODEL, 300, seed=7)


@pytest.fixture(scope="module")
def found(solver, people):
    return solver.solve(people)


def at(found, hour):
    return int(np.argmin(np.abs(found.times_h - hour)))


def test_every_amplitude_without_a_source_is_called_ours():
    for name in ("acute-1", "antidepressant-1"):
        numbers = effect_model(name).numbers.values()
        assert all(number.known is Known.OURS for number in numbers if number.source == "euthymia")
    assert {"receptor-ebert-1997", "receptor-shaffer-2014"} <= set(effect_models())


def test_occupancy_after_half_a_milligram_per_kilogram_is_what_the_source_gives():
    occupied = _effects.occupancy({"esketamine": 92.5, "arketamine": 92.5}, source="shaffer-2014")
    assert occupied == pytest.approx(0.235, abs=0.001)


@pytest.mark.parametrize("source", _effects.receptor_sources())
def test_occupancy_rises_with_each_substance_and_stays_below_one(source):
    levels = np.geomspace(0.01, 1e6, 40)
    for analyte in ("esketamine", "arketamine", "noresketamine", "norarketamine"):
        occupied = _effects.occupancy({"esketamine": 50.0, analyte: levels}, source=source)
        assert np.all(np.diff(occupied) > 0)
        assert 0 < occupied[0] < occupied[-1] < 1


@pytest.mark.parametrize("source", _effects.receptor_sources())
def test_occupancy_rises_with_the_dose_at_every_time(source):
    """By vein, where what is given is what enters; and by nose with each further device, which is absorbed less."""
    times, person = np.linspace(0.2, 24, 60), Covariates(age_years=45)

    def occupied(given):
        found = predict(MODEL, person, given, times.tolist()).analytes
        levels = {analyte.key: np.asarray(analyte.concentrations_ng_per_ml) for analyte in found}
        return _effects.occupancy(levels, source=source)

    for regimens in (
        [infusion(mg, 5) for mg in (7, 14, 28, 56, 112)],
        [nasal_session(devices, device_mg=28, interval_h=5 / 60) for devices in (1, 2, 3)],
    ):
        assert np.all(np.diff([occupied(given) for given in regimens], axis=0) > 0)


def test_an_unknown_receptor_source_is_refused():
    with pytest.raises(InvalidRequest, match="shaffer-2014"):
        _effects.occupancy({"esketamine": 1.0}, source="nobody")


def test_acute_effects_follow_the_published_hours(found):
    for values, floor in ((found.cadss, 0.3), (found.systolic, 0.3), (found.sedation, 0.2)):
        mean = values.mean(axis=0)
        highest = mean[: at(found, 4)].argmax()
        assert 20 / 60 <= found.times_h[highest] <= 50 / 60
        assert mean[at(found, 1.5)] < floor * mean[highest]
    assert found.cadss.mean(axis=0).max() == pytest.approx(5.5, abs=1.5)
    assert found.systolic.mean(axis=0).max() == pytest.approx(13, abs=2.5)
    assert found.diastolic.mean(axis=0).max() == pytest.approx(6.5, abs=1.5)


def test_dissociation_weakens_with_sessions():
    one = _effects.dissociation(50.0, np.linspace(0, 1, 5), _course.ACUTE)
    assert np.all(np.diff(one) < 0)
    assert one[-1] == pytest.approx(0.4 * one[0])


def test_everything_keeps_its_limits(found):
    for part in (found.occupancy, found.sedation, found.nausea, found.labile):
        assert part.min() >= -1e-9
        assert part.max() < 1
    assert found.madrs.min() > 0
    assert found.madrs.max() < 60
    assert all(values.min() > -1e-6 for values in found.concentrations.values())
    assert np.all(np.isfinite(found.error))


def test_the_engine_agrees_with_the_plain_equations(solver, people):
    parameters = _course.parameters_of(people, solver.names)[:, :6]
    tight = _solve.Solver(solver.solver.problem, solver.solver.calendar, 2e-6)
    solved = tight.solve(parameters)
    for person in range(parameters.shape[1]):
        readings, states = _solve.adaptive(tight.problem, parameters[:, person], tight.calendar)
        for fast, slow in ((solved.readings, readings), (solved.states[:2], states[:2])):
            scale = np.maximum(np.abs(slow), 1e-3 * np.abs(slow).max(axis=1, keepdims=True))
            assert (np.abs(fast[..., person] - slow) / scale).max() < 1e-5


def test_mood_improves_within_a_day_and_an_oral_antidepressant_takes_weeks(found, people):
    weekly = tuple(24.0 * np.arange(0, 43, 7))
    oral = _course.Course(MODEL, (), weekly, oral_from_h=0.0, care=False)
    scores = _course.score(oral, people, np.zeros((len(people), len(weekly)))).mean(axis=0)
    assert np.all(np.diff(scores) < 0)
    assert (scores[0] - scores[1]) / (scores[0] - scores[-1]) == pytest.approx(1 / 3, abs=0.04)
    assert found.madrs[:, at(found, 24)].mean() < found.madrs[:, at(found, 4)].mean()


def test_relapse_is_the_second_high_score_in_a_row():
    scores = np.array([[30.0, 10, 23, 21, 23, 24], [10.0] * 6])
    relapsed = _course.relapse_h(np.arange(6.0), scores)
    assert relapsed[0] == 5.0
    assert np.isnan(relapsed[1])


@pytest.mark.parametrize(
    ("model", "given", "times", "said"),
    [
        ("noppers-2011", (Administration(0.0, 20.0, Route.NASAL, device=1),), (0.0, 1.0), "given iv"),
        (MODEL, (), (0.0, 1.0), "nothing to simulate"),
        (MODEL, doses(1), (0.0, np.nan), "in order"),
        (MODEL, doses(1), (-1.0, 1.0), "first dose"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(model, given, times, said):
    with pytest.raises(InvalidRequest, match=said):
        _course.Course(model, given, times)
