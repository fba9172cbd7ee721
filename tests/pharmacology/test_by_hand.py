"""One published model with its equations typed out here: nothing of the program's own equations stands behind it."""

import numpy as np
import polars as pl
import pytest
from scipy.integrate import solve_ivp

from euthymia.evidence import kinetic_model
from euthymia.pharmacology import (
    Course,
    CourseSolver,
    Covariates,
    Levels,
    characters_from_table,
    draw_people,
    infusion,
    predict,
)

WEIGHT, DOSE, HOURS = 61.0, 35.0, 40 / 60
TIMES = np.asarray([0.0, 0.1, 0.4, HOURS, 1.0, 2.0, 6.0, 12.0, 24.0])


@pytest.fixture(scope="module")
def by_hand():
    """Otto 2021: three compartments by vein; norketamine is formed by all that clears S-ketamine, and has two."""
    p = {key: number.value for key, number in kinetic_model("otto-2021").parameters.items()}
    volume = p["V1"] * WEIGHT / 70
    clearance = p["CL"] * (WEIGHT / 70) ** 0.75
    volume_nor = p["Vn"] * WEIGHT / 70
    clearance_nor = p["CLn"] * (WEIGHT / 70) ** 0.75

    def change(time, amounts):
        blood, near, far, nor, nor_far = amounts
        ketamine, norketamine = blood / volume, nor / volume_nor  # mg/L
        to_near = p["Q1"] * (ketamine - near / p["Vp1"])
        to_far = p["Q2"] * (ketamine - far / p["Vp2"])
        to_nor_far = p["Qn"] * (norketamine - nor_far / p["Vpn"])
        cleared = clearance * ketamine
        flowing = DOSE / HOURS if time < HOURS else 0.0
        return [
            flowing - cleared - to_near - to_far,
            to_near,
            to_far,
            cleared - clearance_nor * norketamine - to_nor_far,
            to_nor_far,
        ]

    exactly = {"rtol": 1e-11, "atol": 1e-12, "method": "DOP853"}
    during = solve_ivp(change, (0, HOURS), np.zeros(5), t_eval=TIMES[:4], **exactly)
    rest = solve_ivp(
        lambda time, amounts: change(HOURS + time, amounts),
        (0, 24 - HOURS),
        during.y[:, -1],
        t_eval=TIMES[4:] - HOURS,
        **exactly,
    )
    amounts = np.hstack([during.y, rest.y])
    return {"esketamine": 1000 * amounts[0] / volume, "noresketamine": 1000 * amounts[3] / volume_nor}


def apart(found, expected):
    return np.max(np.abs(np.asarray(found) - expected)) / expected.max()


def test_a_prediction_is_what_the_typed_equations_give(by_hand):
    found = predict("otto-2021", Covariates(weight_kg=WEIGHT), infusion(DOSE, 40), TIMES)
    for key, expected in by_hand.items():
        assert apart(found.analyte(key).concentrations_ng_per_ml, expected) < 1e-6


def test_the_engine_for_many_people_gives_the_typical_person_what_the_typed_equations_do(by_hand):
    whose = characters_from_table(pl.DataFrame({"age_years": [30.0, 30.0], "weight_kg": [WEIGHT, WEIGHT]}))
    people = draw_people("otto-2021", whose, seed=1, levels=Levels(between_people=False))
    found = CourseSolver(Course("otto-2021", infusion(DOSE, 40), tuple(TIMES))).solve(people)
    for key, expected in by_hand.items():
        for person in found.concentrations[key]:
            assert apart(person, expected) < 1e-6
