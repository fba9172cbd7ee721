"""What cannot be is refused with a sentence, or works, at every entrance: before anything is computed or compiled."""

import tracemalloc

import numpy as np
import polars as pl
import pytest
from tests.pharmacology.asked import PERSON, nasal

from euthymia.pharmacology import (
    Administration,
    Course,
    Covariates,
    EventTable,
    InvalidRequest,
    Regimen,
    Route,
    Subject,
    TableErrors,
    characters_from_table,
    draw_characters,
    draw_people,
    infusion,
    read_events,
    simulation,
    write_events,
)
from euthymia.pharmacology._course import MOST_DOSES, CourseSolver

MODEL = "perez-ruixo-2021"
BILLION = 10**9


def course(doses, times=(0.0, 24.0), **more):
    return Course(MODEL, tuple(doses), tuple(times), **more)


def sized(people):
    """Ask a solver whether so many results fit, without making it ready."""
    solver = CourseSolver.__new__(CourseSolver)
    solver.course, solver.model = course(nasal(2), np.arange(253.0)), simulation.kinetic_model(MODEL)
    solver.visits = solver.course.visits
    solver._check_size(people)


REFUSED = {
    "no amount": (lambda: Administration(0.0, 0.0, Route.ORAL), "above 0 mg"),
    "a negative amount": (lambda: infusion(-28, 40), "above 0 mg"),
    "an amount that is no number": (lambda: Administration(0.0, float("nan"), Route.ORAL), "above 0 mg"),
    "a time that is no number": (lambda: infusion(28, 40, start_h=float("nan")), "finite number of hours"),
    "an infusion without end": (lambda: infusion(28, float("inf")), "cannot last"),
    "a weight of nothing": (lambda: Covariates(45, 0.0), "above zero"),
    "a weight below nothing": (lambda: Covariates(45, -70.0), "above zero"),
    "an absurd weight": (
        lambda: characters_from_table(pl.DataFrame({"weight_kg": [70.0, 7000.0]})),
        "Row 2 of the table: weight_kg is 7000; it lies between 1 and 650",
    ),
    "results out of order": (lambda: course(nasal(1), (2.0, 1.0)), "in order"),
    "results before the first dose": (lambda: course(nasal(1, start_h=5), (0.0, 9.0)), "before it"),
    "results that never end": (lambda: course(nasal(1), (0.0, 1e9)), "up to 3,650 days"),
    "a dose in a million years": (
        lambda: course(nasal(1) + nasal(1, start_h=1e10)),
        "up to 3,650 days",
    ),
    "devices out of order": (lambda: course(nasal(3)[::2]), "Device 3 follows 1"),
    "an overfull device": (
        lambda: course([Administration(0.0, 84.0, Route.NASAL, device=1)]),
        "84 mg are several devices",
    ),
    "a tablet from no time on": (lambda: course(nasal(1), oral_from_h=float("nan")), "finite number"),
    "ten thousand doses in many people": (
        lambda: course(infusion(1, 0, start_h=float(number))[0] for number in range(10_000)),
        f"up to {MOST_DOSES:,} doses; this one has 10,000",
    ),
    "people without the age that the model needs": (
        lambda: draw_people(MODEL, characters_from_table(pl.DataFrame({"weight_kg": [70.0]})), seed=1),
        "needs everybody's age in years",
    ),
    "a billion people's covariates": (
        lambda: draw_characters(BILLION, seed=1),
        "Draw them in several, each with its own `first`",
    ),
    "a billion people's results in memory": (
        lambda: sized(BILLION),
        "GB of memory and .* hours .* Solve up to",
    ),
    "a billion people's results in a file": (
        lambda: simulation.check_size(course(nasal(2), np.arange(253.0)), BILLION),
        "hours on one core and .* GB. Ask for up to .* --first",
    ),
    "nobody's results": (lambda: simulation.check_size(course(nasal(1)), 0), "at least one person"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_with_a_sentence_in_little_memory(name):
    question, sentence = REFUSED[name]
    tracemalloc.start()
    with pytest.raises(InvalidRequest, match=sentence):
        question()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 50e6


def test_doses_in_any_order_and_infusions_one_over_the_other_are_a_course():
    given = (*infusion(10, 60, start_h=0.5), *infusion(20, 60))
    assert course(given).sessions_h == (0.0,)


def test_ten_thousand_doses_are_written_and_read_as_a_table_and_a_million_more_are_not(tmp_path):
    path = tmp_path / "events.csv"
    many = tuple(Administration(0.5 * number, 1.0, Route.ORAL) for number in range(10_000))
    written = EventTable(MODEL, (Subject("1", PERSON, Regimen(many)),))
    write_events(written, path)
    assert read_events(path, MODEL) == written
    path.write_text("ID,TIME,AMT,ROUTE,ADDL,II,AGE\n1,0,1,oral,1000000,1,45\n")
    with pytest.raises(TableErrors, match="line 2: ADDL would make more than 1,000,000 doses"):
        read_events(path, MODEL)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("people.xlsx", "", "ends in neither"),
        ("people.csv", "", "has no rows"),
        ("people.csv", "age_years\n", "has no rows"),
        ("people.csv", "age_years\nold\n", "no number"),
        ("people.csv", "age_years,weight_kg\n45,\n", "Row 1 of the table: weight_kg is nan"),
        ("people.csv", "age\n45\n", "a column 'age', which is not known"),
        ("people.parquet", "none", "no table that can be read"),
    ],
)
def test_a_file_of_people_that_is_none_is_refused(tmp_path, name, text, sentence):
    (tmp_path / name).write_text(text)
    with pytest.raises(InvalidRequest, match=sentence):
        simulation.read_people(tmp_path / name)


def test_a_file_of_people_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(InvalidRequest, match=r"people.csv could not be read: No such file"):
        simulation.read_people(tmp_path / "people.csv")
