"""Receptor, acute effects and mood: limits, order, published shapes, and the plain equations as reference."""

from dataclasses import replace
from itertools import pairwise
from types import MappingProxyType

import jax
import jax.numpy as jnp
import numpy as np
import polars as pl
import pytest
from scipy.integrate import solve_ivp

from euthymia.evidence import Known, acute_arms, acute_targets, effect_model, effect_models
from euthymia.pharmacology import (
    Administration,
    Covariates,
    InvalidRequest,
    Levels,
    Route,
    _course,
    _effects,
    _solve,
    characters_from_table,
    draw_people,
    infusion,
    nasal_session,
    predict,
)
from euthymia.pharmacology._draws import normals
from euthymia.pharmacology._engine import trace
from euthymia.pharmacology._sensitivities import own_effects
from euthymia.trials import _acute_arms, _acute_figures

MODEL = "perez-ruixo-2021"
TIMES = tuple(
    np.unique(
        np.concatenate([np.arange(0, 4.01, 1 / 24), [5, 6, 8, 10, 12, 16, 20], 24.0 * np.arange(1, 15)])
    )
)


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


def apart(fast, slow):
    """Return the largest difference of (k, T) arrays, relative to the value or to a thousandth of its row's largest."""
    scale = np.maximum(np.abs(slow), 1e-3 * np.abs(slow).max(axis=1, keepdims=True))
    return float((np.abs(fast - slow) / np.where(scale > 0, scale, 1.0)).max())


def at(found, hour):
    return int(np.argmin(np.abs(found.times_h - hour)))


def test_every_amplitude_without_a_source_is_called_ours():
    for name in ("acute-2", "antidepressant-1"):
        numbers = effect_model(name).numbers.values()
        ours = ("euthymia", "acute-fit")
        assert all(number.known is Known.OURS for number in numbers if number.source in ours)
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
    """But for the time of the highest: twelve or thirteen minutes before the forty at which trials read it."""
    for values, floor in ((found.cadss, 0.3), (found.systolic, 0.3), (found.sedation, 0.2)):
        mean = values.mean(axis=0)
        highest = mean[: at(found, 4)].argmax()
        assert 20 / 60 <= found.times_h[highest] <= 50 / 60
        assert mean[at(found, 1.5)] < floor * mean[highest]


def test_a_course_gives_the_people_of_a_trial_what_was_found_in_them(solver):
    """Japanese patients after three devices, and the usual after the two that the first session of others had."""
    japanese = characters_from_table(
        pl.DataFrame({"age_years": [43.0] * 200, "weight_kg": [65.0] * 200, "ancestry": ["japanese"] * 200})
    )
    three = solver.solve(draw_people(MODEL, japanese, seed=7))
    first = _course.CourseSolver(_course.Course(MODEL, doses(2, days=(0,)), (0.0, 40 / 60)))
    two = first.solve(_course.draw_people_for(MODEL, 200, seed=7))
    for given, arm, effect in (
        (three.cadss[:, at(three, 40 / 60)], "japan-84", "dissociation"),
        (two.systolic[:, 1], "transform-pool", "systolic"),
        (two.diastolic[:, 1], "transform-pool", "diastolic"),
    ):
        (row,) = (row for row in acute_targets() if row.key == f"{arm}/{effect}/mean_at/1/40/")
        assert given.mean() == pytest.approx(row.value.value, abs=row.tolerance)


def test_dissociation_weakens_with_sessions():
    one = _effects.dissociation(50.0, np.linspace(0, 1, 5), _course.ACUTE)
    assert np.all(np.diff(one) < 0)
    assert one[-1] == pytest.approx((1 - _course.ACUTE.value("dissociation", "attenuation")) * one[0])


def test_people_and_their_sessions_answer_differently_and_healthy_volunteers_more(solver, people, found):
    """Of the same concentrations: as far apart as the model says, the same person in any batch."""
    own = own_effects(people, solver.course.times_h, solver.course.sessions_h, _course.ACUTE)
    for effect in ("pressure", "sedation", "nausea"):
        said = _course.ACUTE.value(effect, "between_people")
        assert np.log(own[effect]).std() == pytest.approx(said, rel=0.15)
    logs = np.log(own["dissociation"])
    first, second = logs[at(found, 1)], logs[at(found, 5 * 24)]
    assert first.std() > _course.ACUTE.value("dissociation", "between_people")
    assert 0.3 < np.corrcoef(first, second)[0, 1] < 0.9
    some = _course.draw_people_for(MODEL, 5, seed=7)
    batch = own_effects(some, (0.0,), (0.0,), _course.ACUTE)
    assert np.array_equal(batch["pressure"], own["pressure"][:5])
    alike = draw_people(MODEL, some.characters, seed=7, levels=Levels(between_people=False))
    assert np.all(own_effects(alike, (0.0,), (0.0,), _course.ACUTE)["dissociation"] == 1)
    numbers = dict(_course.ACUTE.numbers)
    for effect, factor in (("dissociation", 4.0), ("pressure", 1.5)):
        numbers[effect, "healthy"] = replace(numbers[effect, "healthy"], value=factor)
    model = replace(_course.ACUTE, numbers=MappingProxyType(numbers))
    healthy = own_effects(some, (0.0,), (0.0,), model, healthy=True)
    for effect, factor in (("dissociation", 4.0), ("pressure", 1.5), ("sedation", 1.0), ("nausea", 1.0)):
        assert healthy[effect] == pytest.approx(factor * batch[effect])


def test_what_is_fitted_is_what_a_course_gives(solver, people, found):
    """The first session of three devices, and how far it attenuates the one four days on."""
    site = solver.effect_site(people).T
    arm = acute_arms()["monotherapy-84"]
    arm = replace(arm, numbers={**arm.numbers, "days_apart": replace(arm.numbers["days_apart"], value=4.0)})
    index = [np.asarray(people.characters.index)]
    own = np.stack([normals(people.seed, f"acute {effect}", index) for effect in _acute_arms.OWN])
    by_session = normals(people.seed, "acute dissociation session", [index[0], np.zeros_like(index[0])])
    few, until = len(_acute_arms.MINUTES), at(found, 48) + 1
    noresketamine = found.concentrations["noresketamine"].T
    filled = _acute_arms.trigger_h(site[:until], found.times_h[:until])
    who = _acute_arms.Sessions(
        arm,
        np.stack([site[:few]] * 2),
        np.stack([noresketamine[:few]] * 2),
        np.stack([filled] * 2),
        own,
        by_session[None],
    )
    fitted = _acute_figures.read(_acute_figures.at_hand(), (who,))["monotherapy-84"]
    for effect in ("dissociation", "systolic", "diastolic", "sedation", "nausea"):
        given = found.cadss if effect == "dissociation" else getattr(found, effect)
        mean, expected = np.asarray(fitted.curve(effect, 1)).mean(axis=1), given.mean(axis=0)[:few]
        # A course attenuates dissociation within its first session too; a fit lets that begin with the next.
        most = 0.04 if effect == "dissociation" else 0.005
        assert np.abs(mean - expected).max() < most * expected.max(), effect
    states = solver.solver.solve(_course.parameters_of(people, solver.names)).states
    attenuated = states[_course.STATES.index("attenuation"), at(found, 96)]
    apart_by = np.abs(np.asarray(fitted.attenuated(2)) - attenuated)
    assert apart_by.mean() < 0.01 * attenuated.mean()
    assert apart_by.max() < 0.02


def test_everything_keeps_its_limits(found):
    for part in (found.occupancy, found.sedation, found.nausea, found.labile):
        assert part.min() >= -1e-9
        assert part.max() < 1
    assert found.madrs.min() > 0
    assert found.madrs.max() < 60
    assert all(values.min() > -1e-6 for values in found.concentrations.values())
    assert np.all(np.isfinite(found.error))


def test_the_engine_agrees_with_the_plain_equations(solver, people):
    parameters = _course.parameters_of(people, solver.names)[:, :2]
    tight = _solve.Solver(solver.solver.problem, solver.solver.calendar, 2e-6)
    solved = tight.solve(parameters)
    for person in range(parameters.shape[1]):
        readings, states = _solve.adaptive(tight.problem, parameters[:, person], tight.calendar)
        assert apart(solved.readings[..., person], readings) < 1e-5
        assert apart(solved.states[..., person], states) < 1e-5


def plainly(problem, parameters, calendar):
    """Return the slow states (s, T, people) of many people at once, by an explicit method of order eight.

    A second solver on the plain equations, with neither modes nor a grid; LSODA does one person at a time.
    """
    linear, slow = (
        jax.tree.map(np.asarray, part(jnp.asarray(parameters))) for part in (problem.linear, problem.slow)
    )
    (all_rates,) = (
        linear.rates
    )  # one copy of the compartments: the visits of a person are alike in this model
    n, people = all_rates.shape[1:]
    acting = jax.jit(lambda drives: problem.signal(drives, parameters))
    rates, site = np.moveaxis(all_rates, 2, 0).copy(), np.flatnonzero(linear.drives[0, :, 0])[0]
    state, found = np.vstack([np.zeros((n, people)), slow.start]), []
    for event, (begin, end) in enumerate(pairwise([*calendar.events, calendar.outputs[-1]])):
        state[:n] += linear.bolus[event]

        def change(_, y, inflow=linear.inflow[event]):
            y = y.reshape(-1, people)
            amounts = np.einsum("pij,jp->ip", rates, y[:n]) + inflow
            signal = np.asarray(acting(y[None, site]))
            force = np.stack([np.asarray(part) for part in problem.force(tuple(y[n:]), signal, parameters)])
            return np.vstack([amounts, force - slow.relaxation * y[n:]]).ravel()

        asked = calendar.outputs[(calendar.outputs >= begin) & (calendar.outputs < end)]
        times = np.unique([*asked, end])
        run = solve_ivp(change, (begin, end), state.ravel(), "DOP853", t_eval=times, rtol=1e-9, atol=1e-12)
        found += [column.reshape(-1, people)[n:] for column in run.y.T[: len(asked)]]
        state = run.y[:, -1].reshape(-1, people).copy()
    return np.stack([*found, state[n:]], axis=1)


def test_two_hundred_random_people_agree_with_a_second_solver(solver, people):
    """At a tight setting to 1e-5, every slow state of everybody; at the shipped one within its tolerance."""
    parameters = _course.parameters_of(people, solver.names)[:, :200]
    problem, calendar = solver.solver.problem, solver.solver.calendar
    expected = plainly(problem, parameters, calendar)
    for tolerance, most in ((2e-6, 1e-5), (_solve.TOLERANCE, _solve.TOLERANCE)):
        states = _solve.Solver(problem, calendar, tolerance).solve(parameters).states
        errors = [apart(states[..., person], expected[..., person]) for person in range(200)]
        assert max(errors) < most, np.sort(errors)[-5:]


def test_mood_improves_within_a_day_and_an_oral_antidepressant_takes_weeks(found, people):
    weekly = tuple(24.0 * np.arange(0, 43, 7))
    oral = _course.Course(MODEL, (), weekly, oral_from_h=0.0, care=False)
    scores = _course.score(oral, people, np.zeros((len(people), len(weekly)))).mean(axis=0)
    assert np.all(np.diff(scores) < 0)
    assert (scores[0] - scores[1]) / (scores[0] - scores[-1]) == pytest.approx(1 / 3, abs=0.04)
    assert found.madrs[:, at(found, 24)].mean() < found.madrs[:, at(found, 4)].mean()


def test_relapse_is_the_second_high_score_in_a_row_of_somebody_who_was_well():
    weekly = 168.0 * np.arange(6)
    scores = np.array([[30.0, 10, 23, 21, 23, 24], [10.0] * 6, [30.0, 28, 30, 25, 24, 23]])
    relapsed = _course.relapse_h(weekly, scores)
    assert relapsed[0] == 5 * 168.0
    assert np.isnan(relapsed[1:]).all()  # never high, and never well
    with pytest.raises(InvalidRequest, match="leave out whom `unsolved` marks"):
        _course.relapse_h(weekly, scores * np.nan)


def test_relapse_is_read_at_assessments_and_not_at_every_time_of_a_result(found):
    """Minutes after the first dose everybody is as ill as before: that is no relapse."""
    with pytest.raises(InvalidRequest, match="at least three assessments"):
        _course.relapse_h(found.times_h, found.madrs, from_h=0.0, every_h=10_000.0)
    times = np.unique([*np.arange(0, 4, 0.25), *24.0 * np.arange(43)])
    well = np.where(times < 24, 36.0, 8.0)
    again = np.where(times >= 24 * 28, 30.0, well)
    relapsed = _course.relapse_h(times, np.stack([well, again]))
    assert np.isnan(relapsed[0])
    assert relapsed[1] == 24.0 * 35


def test_concentrations_of_a_nasal_course_are_each_persons_exact_ones(solver, people, found):
    for person in range(5):
        exact = np.asarray(people.solution(person, solver.course.doses).concentrations(found.times_h))
        for place, key in enumerate(("esketamine", "noresketamine")):
            assert apart(found.concentrations[key][person][None], exact[None, :, place]) < 1e-6


def test_the_full_models_derivative_is_that_of_differences(solver, people):
    """One person, along a direction that moves every parameter; forward through kinetics, grid and slow part."""
    ready, one = solver.solver, jnp.asarray(_course.parameters_of(people, solver.names)[:, :1])
    along = one * jnp.linspace(-1, 1, len(one))[:, None]

    @jax.jit
    def labile(step):
        return trace(ready.problem, one + step * along, ready.grid).states[1][:, 0]

    slope = np.asarray(jax.jvp(labile, (0.0,), (1.0,))[1])
    step = 1e-4
    plainly_ = (np.asarray(labile(step)) - np.asarray(labile(-step))) / (2 * step)
    assert np.abs(slope - plainly_).max() < 1e-6 * np.abs(slope).max()


def test_whom_no_solver_solves_is_an_outcome(solver, people, monkeypatch):
    """The shared grid and LSODA both give up on one person: not a number, marked, and nobody else is touched."""
    parameters = _course.parameters_of(people, solver.names)[:, :3]
    usual = solver.solver._traced

    def gives_up(some, *grid):
        traced = usual(some, *grid)
        traced.error[np.flatnonzero(some[0] == parameters[0, 1])] = np.inf
        return traced

    class Failed:
        success = False

    before = solver.solver.solve(parameters)
    monkeypatch.setattr(solver.solver, "_traced", gives_up)
    monkeypatch.setattr(_solve, "solve_ivp", lambda *_, **__: Failed)
    after = solver.solver.solve(parameters)
    assert after.way.tolist() == [before.way[0], _solve.UNSOLVED, before.way[2]]
    assert np.isinf(after.error[1])
    assert np.isnan(after.states[:, 1:, 1]).any()
    for person in (0, 2):
        assert np.array_equal(after.states[..., person], before.states[..., person])


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


def test_each_session_goes_by_its_visits_parameters_also_where_inflows_last_as_long_as_each_persons():
    """Simons 2022: two films that overlap, an infusion among them, and one three days later, another visit."""
    times = tuple(np.unique(np.concatenate([np.arange(0, 4.01, 0.25), 24.0 * np.arange(1, 8)])))
    today = (
        *(Administration(hour, 50.0, Route.FILM) for hour in (0.0, 0.5)),
        *infusion(20, 20, start_h=1.5),
    )
    later = (Administration(72.0, 50.0, Route.FILM),)
    solver, people = _course.CourseSolver(_course.Course("simons-2022", (*today, *later), times)), 12
    assert solver.visits == 2
    drawn = _course.draw_people_for("simons-2022", people, seed=7, visits=2)
    assert len(np.unique(drawn.parameters["D2"])) == 2 * people
    found = solver.solve(drawn)
    keys = ("esketamine", "noresketamine", "hydroxynoresketamine")
    for person in range(people):
        exact = sum(
            np.asarray(drawn.solution(person, doses, visit).concentrations(times))
            for visit, doses in enumerate((today, later))
        )
        fast = np.stack([found.concentrations[key][person] for key in keys], axis=1)
        assert apart(fast.T, exact.T) < 1e-6
    parameters = _course.parameters_of(drawn, solver.names, solver.visits)
    states = solver.solver.solve(parameters).states
    for person in (0, 5):
        slow = _solve.adaptive(solver.solver.problem, parameters[:, person], solver.solver.calendar)[1]
        assert apart(states[:, :, person], slow) < _solve.TOLERANCE
    with pytest.raises(InvalidRequest, match="draw these people with visits=2, not 1"):
        solver.solve(_course.draw_people_for("simons-2022", people, seed=7))


def test_a_course_of_very_many_visits_that_differ_is_refused():
    given = tuple(Administration(24.0 * day, 50.0, Route.FILM) for day in range(33))
    with pytest.raises(InvalidRequest, match="up to 32 sessions; this one has 33"):
        _course.Course("simons-2022", given, (0.0, 24.0))
