"""The exact solver against the slow, obvious one, and against what must hold of any linear system."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm
from tests.pharmacology.asked import MODELS, PERSON, nasal, solution

from euthymia.evidence import kinetic_model, kinetic_models
from euthymia.pharmacology import (
    Administration,
    Ancestry,
    Covariates,
    Route,
    infusion,
    nasal_session,
    predict,
)
from euthymia.pharmacology._by_exponentials import ByExponentials, by_exponentials
from euthymia.pharmacology._by_modes import ByModes, modes_of
from euthymia.pharmacology._reference import reference
from euthymia.pharmacology._system import Inflow, System, solve

TIMES = np.linspace(0.0, 48.0, 193)

REGIMENS = {
    "one device": ("perez-ruixo-2021", nasal(1)),
    "three devices": ("perez-ruixo-2021", nasal(3)),
    "two sessions three days apart": ("perez-ruixo-2021", (*nasal(3), *nasal(2, start_h=30))),
    "infusion of esketamine": ("perez-ruixo-2021", infusion(28, 40)),
    "injection of esketamine": ("perez-ruixo-2021", infusion(28, 0)),
    "by mouth": ("perez-ruixo-2021", (Administration(0.0, 84, Route.ORAL),)),
    "infusion, S-ketamine": ("otto-2021", infusion(17.5, 40)),
    "injection, then two infusions, one within the other": (
        "otto-2021",
        (*infusion(2, 0), *infusion(10, 60), *infusion(5, 20, start_h=0.5)),
    ),
    "infusion, arterial": ("kamp-2020", infusion(35, 40)),
    "infusion, S-ketamine, arterial": ("noppers-2011", infusion(35, 40)),
    "infusion, Domino": ("domino", infusion(35, 40)),
    "infusion, Clements": ("clements-1981", infusion(35, 40)),
    "infusion of the racemate": ("racemate-otto-2021", infusion(35, 40)),
    "by mouth, then by vein, with gut wall and liver": (
        "ashraf-2018",
        (Administration(0.0, 14, Route.ORAL), *infusion(7, 2, start_h=12)),
    ),
    "film, then an infusion": (
        "simons-2022",
        (Administration(0.0, 50, Route.FILM), *infusion(20, 20, start_h=6)),
    ),
}
PEOPLE = [
    PERSON,
    Covariates(80, 50),
    Covariates(30, 110, Ancestry.ASIAN),
    Covariates(66, 60, Ancestry.JAPANESE),
]


@pytest.mark.parametrize("person", PEOPLE, ids=str)
@pytest.mark.parametrize("regimen", REGIMENS)
def test_it_agrees_with_the_numerical_reference(regimen, person):
    model_id, given_doses = REGIMENS[regimen]
    expected = reference(kinetic_model(model_id), person, given_doses, TIMES)
    found = solution(model_id, person, given_doses)
    peak = expected.concentrations.max(axis=0)
    np.testing.assert_allclose(found.concentrations(TIMES) / peak, expected.concentrations / peak, atol=1e-9)
    np.testing.assert_allclose(found.exposures(TIMES), expected.areas, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("regimen", ["three devices", "by mouth, then by vein, with gut wall and liver"])
def test_it_agrees_where_liver_and_gut_clear_differently(regimen):
    model_id, given_doses = REGIMENS[regimen]
    person = Covariates(45, 60, liver_clearance=0.4, gut_clearance=3.0)
    expected = reference(kinetic_model(model_id), person, given_doses, TIMES)
    found = solution(model_id, person, given_doses)
    peak = expected.concentrations.max(axis=0)
    np.testing.assert_allclose(found.concentrations(TIMES) / peak, expected.concentrations / peak, atol=1e-9)


def test_a_peak_is_higher_than_its_neighbourhood_and_where_the_reference_has_it():
    found = predict("perez-ruixo-2021", PERSON, nasal(3))
    for place, analyte in enumerate(found.analytes):
        around = analyte.tmax_h + np.array([-1e-3, 0.0, 1e-3])
        heights = reference(kinetic_model("perez-ruixo-2021"), PERSON, nasal(3), around).concentrations[
            :, place
        ]
        assert heights[1] >= max(heights[0], heights[2])
        assert analyte.cmax_ng_per_ml == pytest.approx(heights[1], rel=1e-10)


def test_the_peak_of_an_infusion_is_at_its_end():
    found = predict("kamp-2020", PERSON, infusion(35, 40)).analyte("ketamine")
    assert found.tmax_h == pytest.approx(40 / 60, abs=1e-9)


# The same examples on every run and every machine; no deadline, because the first example compiles.
REPEATABLE = settings(max_examples=25, deadline=None, derandomize=True)

dose_mg = st.floats(0.1, 200)
start_h = st.floats(-100, 100)
duration_min = st.floats(0.5, 300)
any_model = st.sampled_from(MODELS)


devices = st.integers(1, 3)
# Every model with every route of it, and two routes of it: an infusion, a film, nasal sessions.
ROUTES = [(key, Route(route)) for key in MODELS for route in kinetic_model(key).routes]
PAIRS = [(key, one, Route(other)) for key, one in ROUTES for other in kinetic_model(key).routes]


def session(route, mg, *, minutes=0.0, count=1, start_h=0.0):
    """Return one session by ``route``; by nose so many devices, of which each later one is absorbed less."""
    if route is Route.IV:
        return infusion(mg, minutes, start_h=start_h)
    if route is Route.NASAL:
        each = min(mg, 28.0)
        return nasal_session(count, device_mg=each, interval_h=5 / 60, start_h=start_h)
    return (Administration(start_h, mg, route),)


def amounts_of(model_id, doses, times):
    """Return the amounts in every compartment, and the areas so far: what was absorbed, wherever it is."""
    found = solution.__wrapped__(model_id, PERSON, doses)
    return np.concatenate([found.amounts(times), found.exposures(times)], axis=1)


@REPEATABLE
@given(st.sampled_from(PAIRS), dose_mg, dose_mg, start_h, duration_min, devices)
def test_two_doses_add_up(asked, first_mg, second_mg, later, minutes, count):
    """By every two routes. Two nasal sessions add up because the devices of each are counted anew."""
    model_id, route, other = asked
    first = session(route, first_mg, minutes=minutes, count=count)
    second = session(other, second_mg, count=4 - count, start_h=later)
    times = np.linspace(-5, 30, 36) + max(later, 0)
    both = amounts_of(model_id, first + second, times)
    apart = sum(amounts_of(model_id, part, times) for part in (first, second))
    np.testing.assert_allclose(both, apart, rtol=1e-9, atol=1e-9)


@REPEATABLE
@given(st.floats(1, 28), st.lists(st.floats(0.02, 2), min_size=2, max_size=2))
def test_the_devices_of_a_session_add_up_by_what_each_is_absorbed(mg, gaps):
    """The curve of each device by itself, as the first, second or third that it is."""
    at_h = np.cumsum([0.0, *gaps])
    given_doses = tuple(
        Administration(float(start), mg, Route.NASAL, device=number)
        for number, start in enumerate(at_h, start=1)
    )
    together = amounts_of("perez-ruixo-2021", given_doses, TIMES)
    apart = [amounts_of("perez-ruixo-2021", (dose,), TIMES) for dose in given_doses]
    np.testing.assert_allclose(together, sum(apart), rtol=1e-9, atol=1e-9)
    counted_anew = [amounts_of("perez-ruixo-2021", (replace(dose, device=1),), TIMES) for dose in given_doses]
    assert np.abs(together - sum(counted_anew)).max() > 1e-3 * mg, "a later device is absorbed less"


@REPEATABLE
@given(st.sampled_from(ROUTES), dose_mg, start_h, duration_min, devices)
def test_a_dose_given_later_is_the_same_curve_later(asked, mg, later, minutes, count):
    (model_id, route), times = asked, np.linspace(0, 30, 31)
    now, then = (
        predict(
            model_id, PERSON, session(route, mg, minutes=minutes, count=count, start_h=start), times + start
        )
        for start in (0.0, later)
    )
    for here, there in zip(now.analytes, then.analytes, strict=True):
        np.testing.assert_allclose(
            there.concentrations_ng_per_ml, here.concentrations_ng_per_ml, rtol=1e-9, atol=1e-9
        )
        assert there.tmax_h == pytest.approx(here.tmax_h, abs=1e-4)
        assert there.auc0_24_ng_h_per_ml == pytest.approx(here.auc0_24_ng_h_per_ml, rel=1e-9)


@pytest.mark.parametrize(("model_id", "route"), ROUTES)
def test_every_route_adds_up_and_moves_in_time(model_id, route):
    """One written example of each, so that no route is left to what is drawn above."""
    first, second = session(route, 20.0, minutes=40, count=2), session(route, 10.0, count=3, start_h=7.3)
    both = amounts_of(model_id, first + second, TIMES)
    np.testing.assert_allclose(
        both,
        amounts_of(model_id, first, TIMES) + amounts_of(model_id, second, TIMES),
        rtol=1e-9,
        atol=1e-9,
    )
    later = session(route, 20.0, minutes=40, count=2, start_h=11.7)
    np.testing.assert_allclose(
        amounts_of(model_id, later, TIMES + 11.7),
        amounts_of(model_id, first, TIMES),
        rtol=1e-9,
        atol=1e-9,
    )


@REPEATABLE
@given(any_model, dose_mg, duration_min, st.floats(1, 5))
def test_concentrations_are_proportional_to_an_intravenous_dose(model_id, mg, minutes, factor):
    once, more = (predict(model_id, PERSON, infusion(amount, minutes)) for amount in (mg, mg * factor))
    for here, there in zip(once.analytes, more.analytes, strict=True):
        assert there.cmax_ng_per_ml == pytest.approx(factor * here.cmax_ng_per_ml, rel=1e-9)


@REPEATABLE
@given(
    st.integers(1, 4),
    st.floats(18, 100),
    st.sampled_from(list(Ancestry)),
    st.lists(st.floats(0, 2000), min_size=1, max_size=30),
)
def test_no_concentration_is_negative_and_none_is_above_the_peak(devices, age, ancestry, times):
    found = predict("perez-ruixo-2021", Covariates(age, 70, ancestry), nasal(devices), times)
    assert found.analytes, found.outcome.sentence
    for analyte in found.analytes:
        assert all(
            0 <= value <= analyte.cmax_ng_per_ml * (1 + 1e-9) for value in analyte.concentrations_ng_per_ml
        )


@pytest.mark.parametrize("weight_kg", [45, 70, 120])
@pytest.mark.parametrize("model_id", ["otto-2021", "racemate-otto-2021"])
def test_mass_is_kept_what_is_cleared_is_what_was_given(model_id, weight_kg):
    """Dose = CL x AUC to infinity, for the parent and the metabolite that all of it becomes.

    Of the racemate half a dose for each enantiomer, and for both together the two halves.
    """
    person = Covariates(weight_kg=weight_kg)
    typical = {key: number.value for key, number in kinetic_model(model_id).parameters.items()}
    scale = (weight_kg / 70) ** 0.75
    areas = solution(model_id, person, infusion(10, 30)).exposure_without_end()
    clearances = [typical["CL"], typical["CLn"]]
    given_mg = [10.0, 10.0]
    if model_id == "racemate-otto-2021":
        clearances.append(typical["CL"] * typical["CL_R_ratio"])
        given_mg = [5.0, 5.0, 5.0]
        assert float(areas[3]) == pytest.approx(float(areas[0] + areas[2]), rel=1e-12)
    for clearance, area, mg in zip(clearances, areas, given_mg, strict=False):
        assert clearance * scale * float(area) / 1000 == pytest.approx(mg, rel=1e-12)


def test_mass_is_kept_what_is_in_the_body_and_what_left_it_make_the_dose():
    """Perez-Ruixo: what entered less what left by the liver and as metabolite is what is there."""
    model = kinetic_model("perez-ruixo-2021")
    p = {key: number.value for key, number in model.parameters.items()}
    found = solution(model.id, PERSON, infusion(28, 40))
    times = np.linspace(0.7, 60, 40)
    amounts = np.asarray(found.amounts(times))
    fine = np.linspace(0, 60, 60_001)
    everything = np.asarray(found.amounts(fine))
    leaving = p["kel"] * everything[:, 6] + p["CLn"] / p["Vcn"] * everything[:, 7]
    left = np.interp(times, fine, np.concatenate([[0], np.cumsum((leaving[1:] + leaving[:-1]) / 2 * 1e-3)]))
    np.testing.assert_allclose(amounts.sum(axis=1) + left, 28, rtol=1e-6)


def test_every_flow_that_leaves_a_compartment_enters_another_or_is_a_stated_loss():
    losses = {
        "perez-ruixo-2021": {6, 7},
        "otto-2021": {3},
        "kamp-2020": {0},
        "noppers-2011": {0},
        "domino": {0},
        "clements-1981": {0},
        "racemate-otto-2021": {3, 5},
        "ashraf-2018": {0, 1, 4},
        "simons-2022": {7, 11, 12},
    }
    assert set(losses) == set(kinetic_models())
    for model_id, losing in losses.items():
        columns = np.asarray(solution(model_id, PERSON, infusion(10, 30)).system.rates).sum(axis=0)
        assert {place for place, total in enumerate(columns) if total < -1e-9} == losing
        assert not (columns > 1e-9).any()


def test_before_the_first_dose_there_is_nothing():
    found = predict("kamp-2020", PERSON, infusion(35, 40, start_h=2), [0, 1.999, 2, 2.5])
    values = found.analyte("ketamine").concentrations_ng_per_ml
    assert values[:3] == (0, 0, 0)
    assert values[3] > 0


def test_an_infusion_too_short_to_move_the_clock_is_an_injection():
    short = solution("kamp-2020", PERSON, infusion(35, 1e-16, start_h=100))
    at_once = solution("kamp-2020", PERSON, infusion(35, 0, start_h=100))
    assert float(short.concentrations([100])[0, 0]) == float(at_once.concentrations([100])[0, 0]) > 0


def test_rates_that_coincide_are_no_trouble():
    """A sum of exponentials divides by the difference of two rates; here they are equal to the last bit."""
    system = System(("depot", "central"), jnp.array([[-1.5, 0.0], [1.5, -1.5]]), jnp.array([[0.0, 1000.0]]))
    times = np.linspace(0, 10, 50)
    found = solve(system, [Inflow(0.0, 0.0, "depot", 2.0)]).concentrations(times)[:, 0]
    np.testing.assert_allclose(found, 1000 * 2 * 1.5 * times * np.exp(-1.5 * times), rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize("model_id", MODELS)
def test_every_model_is_solved_in_closed_form(model_id):
    """Simons 2022 alone, with equal delays in a row, takes the circle of shifts."""
    found = solution(model_id, PERSON, infusion(20, 40))
    assert isinstance(found, ByModes)
    assert len(found.modes.decay) == (8 if model_id == "simons-2022" else 1)


@pytest.mark.parametrize("model_id", ["perez-ruixo-2021", "simons-2022"])
def test_closed_form_and_matrices_give_the_same(model_id):
    """By matrices is how a solution is differentiated."""
    given_doses = infusion(20, 40) + infusion(5, 0, start_h=3)
    found = solution(model_id, PERSON, given_doses)
    inflows = [Inflow(dose.time_h, dose.duration_h, "central", dose.amount_mg) for dose in given_doses]
    matrices = by_exponentials(found.system, inflows, None)
    for one, other in zip(found.read(TIMES), matrices.read(TIMES), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.exposure_without_end(), matrices.exposure_without_end(), rtol=1e-9)


def test_where_modes_would_lose_digits_or_flows_close_a_ring_matrices_do():
    """Nine equal delays in a row are too many to move apart."""
    chain = np.diag([-1.0] * 9) + np.diag([1.0] * 8, -1)
    ring = np.array([[-1.0, 0, 1], [1, -1, 0], [0, 1, -1]])
    for rates in (chain, ring):
        assert modes_of(rates) is None
        names = tuple(str(place) for place in range(len(rates)))
        found = solve(System(names, rates, np.eye(len(rates))), [Inflow(0.0, 0.0, "0", 1.0)])
        assert isinstance(found, ByExponentials)
        np.testing.assert_allclose(found.amounts([2.0])[0], expm(2.0 * rates)[:, 0], atol=1e-12)


def test_more_events_and_times_than_one_lot():
    sessions = tuple(dose for day in range(40) for dose in nasal(3, start_h=84.0 * day))
    times = np.linspace(0, 84 * 40, 1000)
    found = predict("perez-ruixo-2021", PERSON, sessions, times)
    last = predict("perez-ruixo-2021", PERSON, nasal(3))
    gained = found.analyte("esketamine").cmax_ng_per_ml / last.analyte("esketamine").cmax_ng_per_ml
    assert 1 < gained < 1.01, "twice a week there is next to no accumulation"
    assert len(found.analyte("esketamine").concentrations_ng_per_ml) == 1000


def test_a_solution_can_be_differentiated_by_a_parameter_and_by_a_dose():
    def concentration(clearance, dose):
        system = System(("central",), jnp.array([[-clearance / 20.0]]), jnp.array([[1000.0 / 20.0]]))
        return solve(system, [Inflow(0.0, 0.5, "central", dose)]).concentrations([3.0])[0, 0]

    slope, per_mg = jax.grad(concentration, argnums=(0, 1))(10.0, 5.0)
    step = 1e-5
    expected = (concentration(10.0 + step, 5.0) - concentration(10.0 - step, 5.0)) / (2 * step)
    assert float(slope) == pytest.approx(float(expected), rel=1e-6)
    assert float(per_mg) == pytest.approx(float(concentration(10.0, 5.0)) / 5.0, rel=1e-12)


def test_the_package_counts_in_sixty_four_bits():
    assert jnp.zeros(1).dtype == jnp.float64


# What a body clears at 70 kg, 45 years, in L/h: printed, or in closed form from what is printed.
CLEARANCES = {
    "kamp-2020": 84,
    "noppers-2011": 93.5,
    "otto-2021": 95.2,
    "simons-2022": 1.48 * 60,
    "domino": 0.063 * 70 * 0.4381 * 60,
    "clements-1981": 1.7522 * 70 * 0.0109 * 60,
    "ashraf-2018": 74.67,
    "perez-ruixo-2021": 151 * 101 * 3.88 / (151 + 101 * 3.88),
    # Of its first analyte, S-ketamine, which is half of what flows in.
    "racemate-otto-2021": 2 * 95.2,
}


@pytest.mark.parametrize("model_id", CLEARANCES)
def test_an_infusion_without_end_gives_back_the_clearance(model_id):
    hours, person = 3000, Covariates(45, 70)
    steady = solution(model_id, person, infusion(hours, 60 * hours)).concentrations([hours])[0, 0]
    assert 1000 / float(steady) == pytest.approx(CLEARANCES[model_id], rel=1e-4)


@pytest.mark.parametrize("model_id", MODELS)
def test_a_dose_in_two_halves_at_once_is_the_dose(model_id):
    whole = solution(model_id, PERSON, infusion(20, 40)).concentrations(TIMES)
    halves = solution(model_id, PERSON, infusion(10, 40) + infusion(10, 40)).concentrations(TIMES)
    np.testing.assert_allclose(halves, whole, rtol=1e-10, atol=1e-12)


def test_what_two_devices_bring_is_split_by_what_each_is_absorbed():
    """On absorbed amounts: the second device brings 0.62 of what the first brings through the nose."""
    at_once = tuple(Administration(0.0, 28, Route.NASAL, device=number) for number in (1, 2))
    first, both = (
        np.asarray(solution("perez-ruixo-2021", PERSON, given).amounts([0.0]))[0, 0]
        for given in (at_once[:1], at_once)
    )
    assert first == pytest.approx(28 * 0.54)
    assert both == pytest.approx(28 * 0.54 * 1.62)
