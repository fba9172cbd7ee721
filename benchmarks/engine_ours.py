"""The benchmark's problem as the engine takes it. Order of the linear compartments: DEP CEN PER1 PER2 MC MP CE."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from benchmarks import engine_problem as given
from jax import Array

from euthymia.pharmacology._calendar import Calendar
from euthymia.pharmacology._engine import Linear, Problem, Slow
from euthymia.pharmacology._modal import cascade
from euthymia.pharmacology._solve import TOLERANCE, Solved, Solver
from euthymia.pharmacology._step import State

COMPARTMENTS = given.STATES[:7]
CALENDAR = Calendar(np.array([hour for hour, _, _ in given.EVENTS]), given.T_OUT)
_PILOT_SEED = 7


def rates(p: Array) -> Array:
    """Return (7, 7, people)."""
    cl, v1, q2, v2, q3, v3, ka, _, clm, vm, qm, vm2, ke0 = p[:13]
    flows = {
        ("DEP", "CEN"): ka,
        ("CEN", "PER1"): q2 / v1,
        ("PER1", "CEN"): q2 / v2,
        ("CEN", "PER2"): q3 / v1,
        ("PER2", "CEN"): q3 / v3,
        ("MC", "MP"): qm / vm,
        ("MP", "MC"): qm / vm2,
    }
    at = {name: place for place, name in enumerate(COMPARTMENTS)}
    matrix = [[jnp.zeros_like(cl)] * len(at) for _ in at]
    for (origin, target), rate in flows.items():
        matrix[at[target]][at[origin]] = matrix[at[target]][at[origin]] + rate
        matrix[at[origin]][at[origin]] = matrix[at[origin]][at[origin]] - rate
    matrix[1][1] = matrix[1][1] - cl / v1
    matrix[4][1], matrix[4][4] = given.FM * cl / v1, matrix[4][4] - clm / vm
    matrix[6][1], matrix[6][6] = 1000 * ke0 / v1, -ke0
    return jnp.stack([jnp.stack(row) for row in matrix])


def linear(p: Array) -> Linear:
    """Return the linear part; each dose by nose is F1 of what is given."""
    one, none = jnp.ones_like(p[0]), jnp.zeros_like(p[0])
    bolus = [
        [p[7] * amount if into == name else none for name in COMPARTMENTS] for _, into, amount in given.EVENTS
    ]
    drip = [
        [one * amount if (into, name) == ("drip", "CEN") else none for name in COMPARTMENTS]
        for _, into, amount in given.EVENTS
    ]

    def row(**weights: Array) -> Array:
        return jnp.stack([weights.get(name, none) for name in COMPARTMENTS])

    effect_site = row(CE=one)
    readings = jnp.stack([effect_site, row(CEN=1000 / p[1]), row(MC=1000 / p[9])])
    stacked = (jnp.stack([jnp.stack(each) for each in table]) for table in (bolus, drip))
    return Linear(rates(p)[None], *stacked, effect_site[None], readings)


def slow(p: Array) -> Slow:
    """Return S, P and M at the start and how fast each relaxes."""
    return Slow(jnp.stack([jnp.ones_like(p[0]), jnp.ones_like(p[0]), p[19]]), p[16:19])


def signal(drives: Array, p: Array) -> Array:
    """Return E from the effect site."""
    x = jnp.exp(p[14] * jnp.log(jnp.maximum(drives[0], 1e-30) / p[13]))
    return (p[15] * x / (1 + x))[None]


def force(state: State, signals: Array, p: Array) -> State:
    """Return what S, P and M relax towards, times their rates."""
    s, plasticity, _ = state
    ks, kp, km, m0 = p[16:20]
    return (
        ks * (1 + signals[0]) / (1 + given.PHI * (plasticity - 1)),
        kp * (1 + given.PMAX * (s - 1) / (given.PS50 + s - 1)),
        km * m0 * (1 - given.IMAX * (plasticity - 1) / (given.P50 + plasticity - 1)),
    )


def problem() -> Problem:
    """Return the problem; its grid is placed by 128 people of its own."""
    pattern = np.asarray(rates(jnp.asarray(given.TYPICAL)[:, None]))[:, :, 0]
    return Problem(
        "benchmark", cascade(pattern), linear, slow, signal, force, lambda: given.people(128, _PILOT_SEED).T
    )


def solver(tolerance: float = TOLERANCE) -> Solver:
    """Return a solver on the benchmark's calendar: its pilot and first grid are ready."""
    return Solver(problem(), CALENDAR, tolerance)


def solve(ready: Solver, people: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (people, T, 6) outputs in the order of ``engine_problem.OUTPUTS``, and how each was solved."""
    found = raw(ready, people)
    return outputs(found), found.way


def raw(ready: Solver, people: np.ndarray) -> Solved:
    """Return what the solver gives for (people, 20) parameters: all six outputs, not yet in one array."""
    return ready.solve(np.ascontiguousarray(people.T))


def outputs(found: Solved) -> np.ndarray:
    """Return (people, T, 6) in the order of ``engine_problem.OUTPUTS``."""
    ce, c, cm = found.readings
    return np.transpose(np.stack([ce, *found.states, c, cm]), (2, 1, 0))
