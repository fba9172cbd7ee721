"""A person who changes, a body that is emptied, a state that has settled: pieces end to end."""

from dataclasses import replace

import numpy as np
import pytest
from tests.pharmacology.asked import MODELS, PERSON, nasal, solution

from euthymia.evidence import kinetic_model
from euthymia.pharmacology import (
    Administration,
    Covariates,
    InvalidRequest,
    Outcome,
    Regimen,
    Route,
    SteadyState,
    infusion,
    predict,
)
from euthymia.pharmacology._timeline import steady_amounts, timeline

TIMES = np.linspace(-1.0, 60.0, 123)


def concentrations(model_id, regimen, times=TIMES):
    return np.asarray(timeline(kinetic_model(model_id), PERSON, regimen).concentrations(times))


@pytest.mark.parametrize("model_id", MODELS)
def test_a_change_that_changes_nothing_changes_nothing(model_id):
    """Cut in the middle of an infusion too."""
    given = infusion(20, 40)
    cut = Regimen(given, changes=tuple((at, PERSON) for at in (0.3, 2.0, 30.0)))
    whole = solution(model_id, PERSON, given)
    np.testing.assert_allclose(
        concentrations(model_id, cut), whole.concentrations(TIMES), rtol=1e-9, atol=1e-9
    )
    pieces = timeline(kinetic_model(model_id), PERSON, cut)
    np.testing.assert_allclose(pieces.exposures(TIMES), whole.exposures(TIMES), rtol=1e-9, atol=1e-8)
    np.testing.assert_allclose(pieces.exposure_without_end(), whole.exposure_without_end(), rtol=1e-9)


def test_after_a_change_the_new_person_clears_and_nothing_is_lost_at_the_change():
    heavier = replace(PERSON, weight_kg=2 * PERSON.weight_kg)
    regimen = Regimen(infusion(20, 40), changes=((10.0, heavier),))
    found = timeline(kinetic_model("kamp-2020"), PERSON, regimen)
    before, after = (np.asarray(found.amounts([at]))[0] for at in (10.0 - 1e-9, 10.0))
    np.testing.assert_allclose(before, after, rtol=1e-6)
    by_then, to_infinity = found.exposures([10.0])[0], found.exposure_without_end()
    scale = (PERSON.weight_kg / 70) ** 0.75
    cleared = 84 * scale * by_then + 84 * scale * 2**0.75 * (to_infinity - by_then)
    assert float(cleared[0]) / 1000 == pytest.approx(20, rel=1e-9)


def test_a_device_is_absorbed_as_by_the_person_it_was_then():
    older = replace(PERSON, age_years=80)
    regimen = Regimen(nasal(2) + nasal(2, start_h=72), changes=((72.0, older),))
    found = predict("perez-ruixo-2021", PERSON, regimen, [72.6]).analyte("esketamine")
    alone = predict("perez-ruixo-2021", older, nasal(2), [0.6]).analyte("esketamine")
    assert found.concentrations_ng_per_ml[0] == pytest.approx(alone.concentrations_ng_per_ml[0], rel=0.01)


@pytest.mark.parametrize(
    ("model_id", "dose", "every_h"),
    [
        ("kamp-2020", infusion(35, 40)[0], 12.0),
        ("perez-ruixo-2021", Administration(0.0, 84, Route.ORAL), 8.0),
        ("simons-2022", Administration(0.0, 50, Route.FILM), 6.0),
        ("ashraf-2018", Administration(0.0, 14, Route.ORAL), 8.0),
    ],
)
def test_a_steady_state_is_what_many_doses_come_to(model_id, dose, every_h):
    model = kinetic_model(model_id)
    many = tuple(replace(dose, time_h=-every_h * number) for number in range(1, 150))
    expected = solution(model_id, PERSON, many).amounts([0.0])[0]
    found = steady_amounts(model, PERSON, SteadyState(0.0, every_h, (dose,)))
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-10)


def test_sessions_of_several_devices_settle_too_and_go_on_from_there():
    settled = SteadyState(0.0, 84.0, nasal(3))
    regimen = Regimen(nasal(3) + nasal(3, start_h=84), steady=(settled,))
    found = predict("perez-ruixo-2021", PERSON, regimen, [0.5, 84.5]).analyte("esketamine")
    assert found.concentrations_ng_per_ml[0] == pytest.approx(found.concentrations_ng_per_ml[1], rel=1e-9)


def test_a_steady_state_takes_the_place_of_what_was_there_or_adds_to_it():
    given = infusion(35, 40)
    settled = SteadyState(5.0, 12.0, given)
    alone = concentrations("kamp-2020", Regimen(infusion(1e-9, 0, start_h=5.0), steady=(settled,)))
    both = (*given, *infusion(1e-9, 0, start_h=5.0))
    replaced = concentrations("kamp-2020", Regimen(both, steady=(settled,)))
    added = concentrations("kamp-2020", Regimen(both, steady=(replace(settled, adds=True),)))
    dose = np.asarray(solution("kamp-2020", PERSON, given).concentrations(TIMES))
    later = TIMES >= 5
    np.testing.assert_allclose(replaced[later], alone[later], rtol=1e-9)
    np.testing.assert_allclose(added[later], (alone + dose)[later], rtol=1e-9)


def test_a_reset_empties_the_body_and_stops_what_flows():
    found = timeline(kinetic_model("kamp-2020"), PERSON, Regimen(infusion(35, 120), resets_h=(1.0,)))
    assert float(found.concentrations([0.99])[0, 0]) > 0
    np.testing.assert_array_equal(found.concentrations([1.0, 1.5, 3.0]), 0.0)
    again = concentrations(
        "kamp-2020", Regimen(infusion(35, 120) + infusion(10, 0, start_h=1), resets_h=(1.0,))
    )
    alone = np.asarray(solution("kamp-2020", PERSON, infusion(10, 0, start_h=1)).concentrations(TIMES))
    np.testing.assert_allclose(again[TIMES >= 1], alone[TIMES >= 1], rtol=1e-9, atol=1e-12)


def test_ten_thousand_doses_are_no_trouble():
    many = tuple(Administration(0.5 * number, 1.0, Route.IV) for number in range(10_000))
    found = predict("kamp-2020", PERSON, many, [5000.0])
    assert found.outcome is Outcome.COMPUTED
    settled = SteadyState(0.0, 0.5, (Administration(0.0, 1.0, Route.IV),))
    steady = predict("kamp-2020", PERSON, Regimen(infusion(1, 0), steady=(settled,)), [0.5])
    assert found.analyte("ketamine").concentrations_ng_per_ml[0] == pytest.approx(
        steady.analyte("ketamine").concentrations_ng_per_ml[0], rel=1e-6
    )


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (lambda: SteadyState(0.0, 0.0, infusion(1, 0)), "an interval above 0 h"),
        (lambda: SteadyState(float("nan"), 1.0, infusion(1, 0)), "an interval above 0 h"),
        (lambda: SteadyState(0.0, 12.0, ()), "lie within one interval"),
        (lambda: SteadyState(0.0, 12.0, infusion(1, 0, start_h=12)), "lie within one interval"),
        (lambda: Regimen(infusion(1, 0), resets_h=(float("inf"),)), "finite number of hours"),
        (lambda: Regimen(infusion(1, 0), changes=((float("nan"), PERSON),)), "finite number of hours"),
        (
            lambda: predict(
                "kamp-2020",
                PERSON,
                Regimen(infusion(1, 60), steady=(SteadyState(0.0, 0.5, infusion(1, 60)),)),
            ),
            "still flows in",
        ),
        (
            lambda: predict("kamp-2020", PERSON, Regimen(infusion(1, 0), changes=((1.0, Covariates(45)),))),
            "needs the person's weight in kg",
        ),
        (lambda: predict("kamp-2020", PERSON, Regimen(())), "give at least one dose"),
        (
            lambda: predict("otto-2021", PERSON, [Administration(0.0, 50, Route.IM)]),
            "There is no model for doses given im: no source with its parameters was found.",
        ),
    ],
)
def test_what_cannot_be_is_refused(question, sentence):
    with pytest.raises(InvalidRequest) as refused:
        question()
    assert sentence in str(refused.value)
