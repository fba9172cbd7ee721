"""The band between people: it holds the typical person, is the same for the same seed, and follows the covariates."""

import numpy as np
import pytest

from euthymia.pharmacology import Administration, Covariates, InvalidRequest, Route, between_people, predict

TIMES_H = (0.25, 0.5, 0.75, 1.0, 2.0, 4.0)
DOSES = (Administration(0, 28, Route.NASAL, device=1), Administration(5 / 60, 28, Route.NASAL, device=2))
PERSON = Covariates(age_years=46, weight_kg=70)


def band(model="perez-ruixo-2021", doses=DOSES, person=PERSON, people=40, **more):
    return between_people(model, person, doses, TIMES_H, people=people, percent=(5, 95), seed=1, **more)


def test_the_band_holds_the_typical_person_and_is_drawn_again_alike():
    typical = (
        predict("perez-ruixo-2021", PERSON, DOSES, TIMES_H).analyte("esketamine").concentrations_ng_per_ml
    )
    found = band()
    low, high = np.asarray(found.low["esketamine"]), np.asarray(found.high["esketamine"])
    assert np.all(low < typical)
    assert np.all(typical < high)
    assert np.all(high < 6 * low), "nine people in ten are not further apart than that"
    assert found == band()
    assert (found.people, found.seed) == (40, 1)


def test_a_racemate_enters_with_its_part():
    given = (Administration(0, 35, Route.IV, duration_h=40 / 60),)
    whole = band("otto-2021", given, people=10)
    part = band("otto-2021", given, people=10, drug="ketamine")
    assert np.allclose(np.asarray(part.high["esketamine"]) * 2, whole.high["esketamine"])


def test_a_model_that_does_not_say_how_people_differ_says_so():
    given = (Administration(0, 35, Route.IV, duration_h=40 / 60),)
    with pytest.raises(InvalidRequest, match="how people differ"):
        band("kamp-2020", given)
