"""Solves a problem for any number of people: chunk by chunk, with each person's error estimated.

A chunk stays in the processor's cache and memory does not grow with the number of people. Whom the shared grid
leaves above the tolerance is solved on a finer one, and who is then still above it, or whose rates lie too
close together for partial fractions, by SciPy's adaptive LSODA on the plain equations.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from scipy.integrate import solve_ivp  # type: ignore[attr-defined]
from scipy.linalg import block_diag

from euthymia.pharmacology._alone import one_at_a_time
from euthymia.pharmacology._calendar import Calendar, Floats, Grid
from euthymia.pharmacology._engine import Linear, Problem, trace
from euthymia.pharmacology._grid import Density, pilot, place

CHUNK = 512
"""People solved at a time: the fastest of 256 to 1024 on the machines tried."""

_FINER_CHUNK = 256  # few need the finer grid, and the last chunk is filled up

LOT = 8 * CHUNK
"""People whose finer solutions are gathered, so that these too come in full chunks; memory holds one lot."""

UNSOLVED = 3

TOLERANCE = 1e-4
"""The shipped one: largest error of an output, relative to it or to a thousandth of the person's maximum."""

# A step may carry this part of the tolerance; the finer grid's a thirtieth of that, for twice the steps.
_STEP_PART, _FINER = 0.06, 1 / 30
# Errors were 3 times a person's largest error of a step at the median and below 10 times in 99 of 100.
_STEPS_TO_TOTAL = 10.0
# The slow part is carried in single precision down to this tolerance: its rounding is a hundredth of that.
_SINGLE_FROM = 1e-4
# Partial fractions that cost more than seven digits leave fewer than nine.
_MOST_GROWTH = 1e7


class Solved(NamedTuple):
    """What was found for some people.

    Attributes:
        readings: (k, T, people), exact.
        states: (s, T, people).
        error: (people,) estimated relative error of the states; not a bound.
        way: (people,) 0 on the shared grid, 1 on the finer one, 2 by the adaptive solver, ``UNSOLVED`` by none: the
            values are then not numbers and the error is infinite.
    """

    readings: Floats
    states: Floats
    error: Floats
    way: npt.NDArray[np.int64]


class Solver:
    """A problem on a calendar, its grids placed once. Make one and keep it: it holds what was compiled."""

    @one_at_a_time
    def __init__(self, problem: Problem, calendar: Calendar, tolerance: float = TOLERANCE) -> None:
        self.problem, self.calendar, self.tolerance = problem, calendar, tolerance
        self.single = tolerance >= _SINGLE_FROM
        self._density: Density = pilot(problem, jnp.asarray(problem.pilot()), calendar)
        self.grid: Grid = place(self._density, calendar, tolerance * _STEP_PART)
        self._finer: Grid | None = None

    def solve(self, parameters: Floats) -> Solved:
        """Solve for ``parameters`` (p, people), with all results in memory."""
        parts = list(self.lots(parameters))
        if len(parts) == 1:
            return parts[0]
        return Solved(*(np.concatenate(part, axis=-1) for part in zip(*parts, strict=True)))

    def lots(self, parameters: Floats) -> Iterator[Solved]:
        """Yield the solutions of ``LOT`` people at a time, in order."""
        for begin in range(0, parameters.shape[1], LOT):
            some = parameters[:, begin : begin + LOT]
            yield self._refined(some, self._traced(some, self.grid))

    @one_at_a_time
    def _traced(self, parameters: Floats, grid: Grid, chunk: int = CHUNK) -> Solved:
        """Solve on ``grid``, chunk by chunk; the last chunk is filled up with its last person."""
        people = parameters.shape[1]
        whole: list[Floats] = []
        for begin in range(0, people, chunk):
            some = parameters[:, np.minimum(np.arange(begin, begin + chunk), people - 1)]
            found = trace(self.problem, jnp.asarray(some), grid, single=self.single)
            if not whole:
                shapes = [(len(part), len(self.calendar.outputs), people) for part in found[:2]]
                whole = [np.empty(shape) for shape in (*shapes, (1, people), (1, people))]
            for rows, part in zip(whole, (*found[:2], found[2:3], found[3:]), strict=True):
                for row, values in zip(rows, part, strict=True):
                    row[..., begin : begin + chunk] = np.asarray(values)[..., : people - begin]
        readings, states, (local,), (growth,) = whole
        error = np.where(growth > _MOST_GROWTH, np.inf, np.nan_to_num(_STEPS_TO_TOTAL * local, nan=np.inf))
        return Solved(readings, states, error, np.zeros(people, np.int64))

    def _refined(self, parameters: Floats, found: Solved) -> Solved:
        again = np.flatnonzero(~(found.error <= self.tolerance))
        if again.size == 0:
            return found
        if self._finer is None:
            self._finer = place(self._density, self.calendar, self.tolerance * _STEP_PART * _FINER)
        finer = self._traced(parameters[:, again], self._finer, _FINER_CHUNK)
        finer = finer._replace(way=finer.way + 1)
        for person in np.flatnonzero(~(finer.error <= self.tolerance)):
            readings, states = adaptive(self.problem, parameters[:, again[person]], self.calendar)
            finer.readings[..., person], finer.states[..., person] = readings, states
            solved = bool(np.isfinite(readings).all() and np.isfinite(states).all())
            finer.error[person] = _ADAPTIVE_RTOL * _STEPS_TO_TOTAL if solved else np.inf
            finer.way[person] = 2 if solved else UNSOLVED
        for whole, part in zip(found, finer, strict=True):
            whole[..., again] = part
        return found


_ADAPTIVE_RTOL, _ADAPTIVE_ATOL = 1e-9, 1e-11


@one_at_a_time
def adaptive(
    problem: Problem,
    person: Floats,
    calendar: Calendar,
    rtol: float = _ADAPTIVE_RTOL,
    atol: float = _ADAPTIVE_ATOL,
) -> tuple[Floats, Floats]:
    """Return readings (k, T) and states (s, T) of one person (p,) by LSODA on the plain equations.

    What LSODA gives up on is not a number from there on.
    """
    one = jnp.asarray(person)[:, None]
    linear = jax.tree.map(lambda a: np.asarray(a)[..., 0], problem.linear(one))
    slow = jax.tree.map(lambda a: np.asarray(a)[..., 0], problem.slow(one))
    slope = _slopes(problem, one)
    rates, times = block_diag(*linear.rates), calendar.outputs
    count = len(rates)
    state = np.concatenate([np.zeros(count), slow.start])
    found = np.full((len(times), len(state)), np.nan)
    stretches = list(_stretches(linear, calendar))
    for stretch, (begin, end, bolus, flowing) in enumerate(stretches):
        state[:count] += bolus

        def change(_: float, y: Floats, inflow: Floats = flowing) -> Floats:
            amounts = rates @ y[:count] + inflow
            return np.concatenate([amounts, slope(y[count:], linear.drives @ y[:count])])

        inside = (times >= begin) & ((times < end) | (stretch == len(stretches) - 1))
        if end > begin:
            asked = np.unique([begin, *times[inside], end])
            run = solve_ivp(change, (begin, end), state, "LSODA", t_eval=asked, rtol=rtol, atol=atol)
            if not run.success:
                break
            found[inside] = run.y.T[np.searchsorted(asked, times[inside])]
            state = run.y[:, -1].copy()
        else:
            found[inside] = state
    return linear.readings @ found[:, :count].T, found[:, count:].T


def _stretches(linear: Linear, calendar: Calendar) -> Iterator[tuple[float, float, Floats, Floats]]:
    """Yield (begin, end, bolus, inflow) of one person, cut where an inflow of that person's own length ends."""
    last = max(float(calendar.outputs[-1]), float(calendar.events[-1]))
    for event, (begin, end) in enumerate(pairwise([*calendar.events.tolist(), last])):
        bolus, inflow = np.asarray(linear.bolus[event]), np.asarray(linear.inflow[event])
        if linear.dripping is None or linear.lasting is None:
            yield begin, end, bolus, inflow
            continue
        lane_ends = begin + np.asarray(linear.lasting[event])
        cuts = np.unique([begin, *lane_ends[(lane_ends > begin) & (lane_ends < end)], end])
        for first, then in zip(cuts, [*cuts[1:], end], strict=True) if len(cuts) == 1 else pairwise(cuts):
            drips = np.asarray(linear.dripping[event])[lane_ends > first]
            yield float(first), float(then), bolus, inflow + drips.sum(axis=0)
            bolus = np.zeros_like(bolus)


def _slopes(problem: Problem, one: jax.Array) -> Callable[[Floats, Floats], Floats]:
    @jax.jit
    def slopes(state: jax.Array, drives: jax.Array) -> jax.Array:
        force = jnp.stack(problem.force(tuple(state[:, None]), problem.signal(drives[:, None], one), one))
        return (force - problem.slow(one).relaxation * state[:, None])[:, 0]

    return lambda state, drives: np.asarray(slopes(state, drives))
