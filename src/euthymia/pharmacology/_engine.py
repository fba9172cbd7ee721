"""Dose to effect for many people: linear kinetics in closed form, the slow nonlinear part in few steps.

A problem has two parts. The linear one (depots, compartments, effect sites) is a sum of exponentials for each
person (``_modal``). The nonlinear one is slow and smooth between doses, is driven by readings of the linear
part, and is carried by an exponential Runge–Kutta method (``_step``) on a grid that all people share: nobody's
steps wait for another's, and everything is arithmetic on arrays whose last axis is the people.

The grid is placed by ``_grid`` from a pilot of some people. What it leaves too inaccurate in a person is seen
by that person's error estimate and solved again, finer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import Array, lax

from euthymia.pharmacology._modal import Cascade, modes
from euthymia.pharmacology._step import coefficients, step

Floats: TypeAlias = npt.NDArray[np.float64]
Whole: TypeAlias = npt.NDArray[np.int64]

# A rate that vanishes is taken as this, 1/h: the drug it would keep forever is then lost within 1e5 years.
_SLOWEST = 1e-9
# How far apart two events or a step's end and an event may be and still be the same time, in hours.
_SAME_TIME = 1e-9
# Steps are handled so many at a time where that is possible, and blocks are padded to whole lots.
_BLOCK, _LOT = 2, 16
# One step in so many is taken a second time in two halves.
_CHECK_EVERY = 16


class Linear(NamedTuple):
    """The linear part for each of some people.

    Attributes:
        rates: (n, n, people), 1/h.
        bolus: (events, n, people), what each event adds at once.
        inflow: (events, n, people), what flows in per hour from each event to the next.
        drives: (d, n, people), rows that read from the amounts what drives the slow part.
        readings: (k, n, people), rows that read the outputs of the linear part.
    """

    rates: Array
    bolus: Array
    inflow: Array
    drives: Array
    readings: Array


class Slow(NamedTuple):
    """The nonlinear part for each of some people: dy/dt = -relaxation y + force(y, drives).

    Attributes:
        start: (s, people), at the first event.
        relaxation: (s, people), 1/h, not negative.
    """

    start: Array
    relaxation: Array


@dataclass(frozen=True)
class Problem:
    """A model, as functions of an array of parameters (p, people). Compared by identity: keep one.

    ``signal`` turns drives (d, people) into what acts on the slow part, and ``force`` takes (state (s, people),
    signals, parameters); both act on each person alone. The drives must not jump: they read compartments, such
    as effect sites, that no bolus enters. ``pilot`` returns the parameters (p, people) by which grids are
    placed; it is the same at every call, so that a result does not depend on who is solved beside whom.
    """

    name: str
    system: Cascade
    linear: Callable[[Array], Linear]
    slow: Callable[[Array], Slow]
    signal: Callable[[Array, Array], Array]
    force: Callable[[Array, Array, Array], Array]
    pilot: Callable[[], Floats]


class Calendar(NamedTuple):
    """When something is given and when something is read, the same for all people; hours, sorted."""

    events: Floats
    outputs: Floats


class Grid(NamedTuple):
    """The steps all people take, in blocks of ``_BLOCK`` that lie between two events, padded by steps of no length.

    Attributes:
        lengths: (K,) the distinct lengths of steps, hours; the first is 0, for padding.
        kind: (J,) which length each step has.
        since: (J / _BLOCK,) the event before each block.
        elapsed: (J / _BLOCK, 2 _BLOCK) hours since it at the middle and the end of each step.
        gaps: (E,) hours from each event to the next or the end.
        place: (T,) the step in which each output lies.
        hermite: (4, T) weights of the state and its slope at both ends of that step.
        output_since: (T,) the event before each output.
        output_elapsed: (T,) hours since it.
        checked: (C,) steps that are also taken in two halves, to see each person's error.
    """

    lengths: Floats
    kind: Whole
    since: Whole
    elapsed: Floats
    gaps: Floats
    place: Whole
    hermite: Floats
    output_since: Whole
    output_elapsed: Floats
    checked: Whole


class Trace(NamedTuple):
    """What one pass over the grid gives.

    Attributes:
        readings: (k, T, people).
        states: (s, T, people).
        local: (people,) largest relative error of a checked step.
        growth: (people,) see ``Modes.growth``.
    """

    readings: Array
    states: Array
    local: Array
    growth: Array


def grid_of(nodes: Floats, calendar: Calendar) -> Grid:
    """Describe the steps between ``nodes`` (sorted; every event is one) for ``trace``."""
    starts = np.searchsorted(nodes, calendar.events - _SAME_TIME)
    slots, since = [], []
    for event, (first, last) in enumerate(pairwise([*starts, len(nodes) - 1])):
        padded = _rounded_up(last - first, _BLOCK)
        slots.append(np.minimum(np.arange(first, first + padded + 1), last))
        since += [event] * (padded // _BLOCK)
    spare = _rounded_up(len(since), _LOT) - len(since)
    slots.append(np.full(spare * _BLOCK + 1, len(nodes) - 1))
    since += [len(starts) - 1] * spare
    begin = nodes[np.concatenate([slot[:-1] for slot in slots])]
    steps = nodes[np.concatenate([slot[1:] for slot in slots])] - begin
    lengths, kind = np.unique(np.append(np.round(steps, 12), 0.0), return_inverse=True)
    elapsed = (begin[:, None] + steps[:, None] * [0.5, 1.0]).reshape(-1, 2 * _BLOCK)
    real = np.flatnonzero(steps > 0)
    place = real[np.clip(np.searchsorted(begin[real], calendar.outputs + _SAME_TIME) - 1, 0, None)]
    h, x = steps[place], (calendar.outputs - begin[place]) / steps[place]
    output_since = np.searchsorted(calendar.events, calendar.outputs + _SAME_TIME) - 1
    return Grid(
        lengths=np.pad(lengths, (0, _rounded_up(len(lengths), _LOT) - len(lengths))),
        kind=kind[:-1],
        since=np.asarray(since),
        elapsed=elapsed - calendar.events[since][:, None],
        gaps=np.diff(calendar.events, append=nodes[-1]),
        place=place,
        hermite=np.stack(
            [(1 + 2 * x) * (1 - x) ** 2, x**2 * (3 - 2 * x), x * (1 - x) ** 2 * h, x**2 * (x - 1) * h]
        ),
        output_since=output_since,
        output_elapsed=np.maximum(calendar.outputs - calendar.events[output_since], 0.0),
        checked=real[_CHECK_EVERY // 2 :: _CHECK_EVERY],
    )


def _rounded_up(count: int, lot: int) -> int:
    return -(-count // lot) * lot


def trace(problem: Problem, parameters: Array, grid: Grid) -> Trace:
    """Solve for the people in ``parameters`` (p, people) on ``grid``.

    The stages are compiled one by one: fused into one, XLA computes shared terms again for each use.
    """
    ready = prepare(problem, parameters, grid)
    signals = drive(problem, parameters, ready, grid)
    states, slopes = march(problem, parameters, ready, signals, grid)
    return Trace(
        _read(ready, grid),
        _interpolated(states, slopes, grid),
        _checked(problem, parameters, ready, states, signals, grid),
        ready.growth,
    )


class Ready(NamedTuple):
    """What the stages share: modes after each event, rows over modes, and the weights of each length of step.

    Attributes:
        free: (E, n, people) what decays after each event.
        held: (E, n, people) what stays while the inflow lasts.
        decay: (n, people), 1/h.
        driving: (d, n, people).
        reading: (k, n, people).
        slow: start and relaxation.
        weights: (K, 8, s, people) of ``step``.
        growth: (people,).
    """

    free: Array
    held: Array
    decay: Array
    driving: Array
    reading: Array
    slow: Slow
    weights: Array
    growth: Array


@partial(jax.jit, static_argnums=0)
def prepare(problem: Problem, parameters: Array, grid: Grid) -> Ready:
    """Find each person's modes and carry them from event to event."""
    linear, slow = problem.linear(parameters), problem.slow(parameters)
    found = modes(problem.system, linear.rates)
    decay = jnp.maximum(found.decay, _SLOWEST)
    into_modes = jnp.swapaxes(found.weights, 0, 1)
    # A constant inflow would in the end hold a mode at inflow / decay; what differs from that decays.
    jumps, held = _rows(linear.bolus, into_modes), _rows(linear.inflow, into_modes) / decay

    def carry(amplitude: Array, event: tuple[Array, Array, Array]) -> tuple[Array, Array]:
        jump, hold, gap = event
        free = amplitude + jump - hold
        return free * jnp.exp(-decay * gap) + hold, free

    free = lax.scan(carry, jnp.zeros_like(decay), (jumps, held, jnp.asarray(grid.gaps)))[1]
    lengths = jnp.asarray(grid.lengths)[:, None, None]
    return Ready(
        free,
        held,
        decay,
        _rows(linear.drives, found.shapes),
        _rows(linear.readings, found.shapes),
        slow,
        jnp.swapaxes(coefficients(slow.relaxation[None], lengths), 0, 1),
        found.growth,
    )


def drive(problem: Problem, parameters: Array, ready: Ready, grid: Grid) -> tuple[Array, Array]:
    """Return what acts on the slow part: at the start (g, people), and at middles and ends (J, 2, g, people)."""
    begun = signals_at(problem, parameters, ready, np.zeros(1, np.int64), np.zeros((1, 1)))[0, 0]
    later = signals_at(problem, parameters, ready, grid.since, grid.elapsed)
    return begun, later.reshape(len(grid.kind), 2, *begun.shape)


def signals_at(problem: Problem, parameters: Array, ready: Ready, since: Whole, elapsed: Floats) -> Array:
    """Return (B, L, g, people) signals at ``elapsed`` (B, L) hours after the events ``since`` (B,)."""
    found: Array = _signals(problem, parameters, _driven(ready, since, elapsed))
    return found


@jax.jit
def _driven(ready: Ready, since: Array, elapsed: Array) -> Array:
    fading = jnp.exp(-ready.decay * elapsed[:, :, None, None])
    free, held = ready.free[since], _weighted(ready.driving, ready.held)[since]
    return _weighted(ready.driving, free[:, None] * fading) + held[:, None]


@partial(jax.jit, static_argnums=0)
def _signals(problem: Problem, parameters: Array, driven: Array) -> Array:
    found: Array = jax.vmap(jax.vmap(problem.signal, (0, None)), (0, None))(driven, parameters)
    return found


@partial(jax.jit, static_argnums=0)
def march(
    problem: Problem, parameters: Array, ready: Ready, signals: tuple[Array, Array], grid: Grid
) -> tuple[Array, Array]:
    """Return states and slopes, (J + 1, s, people), at the ends of the steps."""

    def force(state: Array, signal: Array) -> Array:
        return problem.force(state, signal, parameters)

    def advance(
        carried: tuple[Array, Array], at: tuple[Array, Array]
    ) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        state, now = carried
        kind, (middle, end) = at
        # The barrier keeps XLA from reading the table again for each use of a weight.
        weights = lax.optimization_barrier(ready.weights[kind])  # type: ignore[no-untyped-call]
        after, first = step(weights, state, (now, middle, end), force)
        return (after, end), (state, first - ready.slow.relaxation * state)

    begun, later = signals
    (last, now), (states, slopes) = lax.scan(
        advance, (ready.slow.start, begun), (jnp.asarray(grid.kind), later)
    )
    slope = force(last, now) - ready.slow.relaxation * last
    return jnp.concatenate([states, last[None]]), jnp.concatenate([slopes, slope[None]])


def _checked(
    problem: Problem,
    parameters: Array,
    ready: Ready,
    states: Array,
    signals: tuple[Array, Array],
    grid: Grid,
) -> Array:
    """Return (people,) the largest relative difference of a checked step from two of half its length."""
    block, place = grid.checked // _BLOCK, grid.checked % _BLOCK
    ends = grid.elapsed[block, 2 * place + 1]
    length = grid.lengths[grid.kind[grid.checked]]
    quarters = np.stack([ends - 0.75 * length, ends - 0.25 * length], axis=1)
    between = signals_at(problem, parameters, ready, grid.since[block], quarters)
    found: Array = _halved(problem, parameters, ready, states, signals, between, grid)
    return found


@partial(jax.jit, static_argnums=0)
def _halved(
    problem: Problem,
    parameters: Array,
    ready: Ready,
    states: Array,
    signals: tuple[Array, Array],
    between: Array,
    grid: Grid,
) -> Array:
    begun, later = signals
    at = jnp.asarray(grid.checked)
    now = jnp.where((at > 0)[:, None, None], later[at - 1, 1], begun)
    middle, end = later[at, 0], later[at, 1]
    length = jnp.asarray(grid.lengths)[jnp.asarray(grid.kind)[at]]
    half = jnp.swapaxes(coefficients(ready.slow.relaxation[None], length[:, None, None] / 2), 0, 1)

    def once(weights: Array, state: Array, *acting: Array) -> Array:
        drives = (acting[0], acting[1], acting[2])
        return step(weights, state, drives, lambda y, g: problem.force(y, g, parameters))[0]

    many = jax.vmap(once)
    last = many(half, many(half, states[at], now, between[:, 0], middle), middle, between[:, 1], end)
    scale = jnp.maximum(jnp.abs(last), 1e-3 * jnp.max(jnp.abs(states), axis=0))
    return jnp.max(jnp.abs(last - states[at + 1]) / scale, axis=(0, 1))


def _rows(read: Array, shapes: Array) -> Array:
    """Turn rows over compartments (k, n, people) into rows over modes, by shapes (n, modes, people)."""
    total: Array = read[:, 0, None] * shapes[None, 0]
    for compartment in range(1, len(shapes)):
        total += read[:, compartment, None] * shapes[None, compartment]
    return total


def _weighted(rows: Array, modes_now: Array) -> Array:
    """Return (…, k, people): rows (k, n, people) times amplitudes (…, n, people)."""
    total: Array = rows[:, 0] * modes_now[..., 0, None, :]
    for mode in range(1, rows.shape[1]):
        total += rows[:, mode] * modes_now[..., mode, None, :]
    return total


@jax.jit
def _read(ready: Ready, grid: Grid) -> Array:
    """Return (k, T, people): the linear outputs, exact."""
    since, elapsed = jnp.asarray(grid.output_since), jnp.asarray(grid.output_elapsed)
    fading = jnp.exp(-ready.decay * elapsed[:, None, None])
    now = ready.free[since] * fading + ready.held[since]
    return jnp.swapaxes(_weighted(ready.reading, now), 0, 1)


@jax.jit
def _interpolated(states: Array, slopes: Array, grid: Grid) -> Array:
    """Return (s, T, people): cubic Hermite between the nodes."""
    place, w = jnp.asarray(grid.place), jnp.asarray(grid.hermite)[:, :, None, None]
    found = w[0] * states[place] + w[1] * states[place + 1] + w[2] * slopes[place] + w[3] * slopes[place + 1]
    return jnp.swapaxes(found, 0, 1)
