"""The engine against SciPy's LSODA on the benchmark's problem: accuracy, invariance, gradients, the ways out."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from benchmarks import engine_ours, engine_problem

from euthymia.pharmacology import _engine, _solve

COUNT = 48


@pytest.fixture(scope="module")
def ready():
    return engine_ours.solver()


@pytest.fixture(scope="module")
def people():
    return engine_problem.people(COUNT)


@pytest.fixture(scope="module")
def solved(ready, people):
    return engine_ours.solve(ready, people)


def test_the_problem_starts_at_rest_and_has_eight_doses():
    assert len(engine_problem.EVENTS) == 12
    assert len(engine_problem.T_OUT) == 137
    typical = engine_problem.TYPICAL
    at_rest = engine_problem.equations(typical, 0.0)(0.0, np.array([0.0] * 7 + [1, 1, typical[-1]]))
    assert np.allclose(at_rest, 0.0)


def test_the_shipped_tolerance_holds_for_every_person(solved, people):
    some = np.arange(0, COUNT, 6)
    reference = np.stack([engine_problem.lsoda(people[person], 1e-10, 1e-12) for person in some])
    assert engine_problem.error(solved[0][some], reference).max() < _solve.TOLERANCE


def test_a_result_does_not_depend_on_who_is_solved_beside_whom(ready, people, solved):
    turned = np.arange(COUNT)[::-1]
    other, _ = engine_ours.solve(ready, people[turned][:7])
    assert np.abs(other - solved[0][turned[:7]]).max() <= 1e-12 * np.abs(other).max()


def test_a_larger_batch_gives_each_person_the_same(ready, people, solved):
    many, _ = engine_ours.solve(ready, np.concatenate([engine_problem.people(300, 9), people]))
    assert np.abs(many[300:] - solved[0]).max() <= 1e-12 * np.abs(many).max()


def test_rates_that_coincide_are_left_to_the_adaptive_solver(ready):
    person = engine_problem.TYPICAL.copy()
    person[engine_problem.NAMES.index("KE0")] = person[engine_problem.NAMES.index("KA")]
    found, way = engine_ours.solve(ready, person[None])
    assert way.tolist() == [2]
    assert engine_problem.error(found, engine_problem.lsoda(person, 1e-10, 1e-12)[None]).max() < 1e-6


def test_gradients_agree_with_differences(ready, people):
    def mood(person):
        found = _engine.trace(ready.problem, person[:, None], ready.grid)
        return found.states[2][-1, 0] + found.readings[1][7, 0]

    person = jnp.asarray(people[3])
    slope = np.asarray(jax.jit(jax.jacfwd(mood))(person))
    for place in range(0, len(person), 3):
        by = 1e-5 * person[place]
        up, down = (mood(person.at[place].add(sign * by)) for sign in (1, -1))
        assert slope[place] == pytest.approx(float((up - down) / (2 * by)), rel=1e-4, abs=1e-7)
