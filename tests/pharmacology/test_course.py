"""A course's edges: the score at the hour of a session, and doses that are in the blood at once."""

import numpy as np
import pytest

from euthymia.pharmacology import (
    Course,
    CourseSolver,
    _course,
    _solve,
    draw_people_for,
    infusion,
    nasal_session,
)


def test_the_score_at_the_hour_of_a_session_is_taken_before_it():
    """At hour 0 it is the baseline; at hour 72 the pulse of three days ago is left and the session's own not begun."""
    doses = tuple(
        dose
        for start in (0.0, 72.0)
        for dose in nasal_session(3, device_mg=28, interval_h=1 / 12, start_h=start)
    )
    course = Course("perez-ruixo-2021", doses, (0.0, 71.999, 72.0, 72.001), care=False)
    people = draw_people_for(course.model, 50, seed=7)
    scores = _course.score(course, people, np.zeros((50, 4)))
    assert np.abs(scores[:, 0] - people.characters.baseline_madrs).max() < 1e-9
    _, before, at_it, after = scores.mean(axis=0)
    assert at_it == pytest.approx(before, abs=1e-3)
    assert after < at_it - 3


@pytest.mark.parametrize("first_mg", [1.0, 25.0, 200.0])
def test_a_course_that_begins_with_an_injection_stays_on_the_shared_grid(first_mg):
    """Also seconds after it, where what saturates in the concentration rises by a broken power of time."""
    times = (0.0, 0.001, 0.01, 0.05, 0.2, 1.0, 4.0, 24.0, 48.0, 72.0, 72.001, 72.01, 73.0, 96.0, 336.0)
    given = (*infusion(first_mg, 0), *infusion(25, 0, start_h=48), *infusion(35, 40, start_h=72))
    solver = CourseSolver(Course("otto-2021", given, times))
    people = draw_people_for("otto-2021", 64, seed=7)
    parameters = _course.parameters_of(people, solver.names)
    found = solver.solver.solve(parameters)
    assert set(found.way) <= {0, 1}
    assert np.mean(found.way == 0) > 0.9
    for person in range(3):
        _, slow = _solve.adaptive(solver.solver.problem, parameters[:, person], solver.solver.calendar)
        scale = np.maximum(np.abs(slow), 1e-3 * np.abs(slow).max(axis=1, keepdims=True))
        apart = np.abs(found.states[..., person] - slow) / np.where(scale > 0, scale, 1.0)
        assert apart.max() < _solve.TOLERANCE
