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
from functools import cache, wraps
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import Array, lax

from euthymia.pharmacology._modal import Cascade, modes
from euthymia.pharmacology._step import State, coefficients, step

Floats: TypeAlias = npt.NDArray[np.float64]
Whole: TypeAlias = npt.NDArray[np.int64]

# A rate that vanishes is taken as this, 1/h: the drug it would keep forever is then lost within 1e5 years.
_SLOWEST = 1e-9
# How far apart two events or a step's end and an event may be and still be the same time, in hours.
_SAME_TIME = 1e-9
# Steps and lengths are padded to whole lots, so that grids of about one size share what was compiled.
_LOT = 16
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

    ``signal`` turns drives (d, people) into what acts on the slow part, and ``force`` takes (state, signals,
    parameters) and returns, like the state, s arrays (people,); both act on each person alone. The drives must
    not jump: they read compartments, such as effect sites, that no bolus enters. ``pilot`` returns the
    parameters (p, people) by which grids are placed; it is the same at every call, so that a result does not
    depend on who is solved beside whom.
    """

    name: str
    system: Cascade
    linear: Callable[[Array], Linear]
    slow: Callable[[Array], Slow]
    signal: Callable[[Array, Array], Array]
    force: Callable[[State, Array, Array], State]
    pilot: Callable[[], Floats]


class Calendar(NamedTuple):
    """When something is given and when something is read, the same for all people; hours, sorted."""

    events: Floats
    outputs: Floats


class Grid(NamedTuple):
    """The steps all people take, each between two events; padded at the end by steps of no length.

    Attributes:
        lengths: (K,) the distinct lengths of steps, hours; the first is 0, for padding.
        kind: (J,) which length each step has.
        since: (J,) the event before each step.
        first: (J,) whether a step begins at that event.
        ends: (J,) hours since it at the end of each step.
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
    first: npt.NDArray[np.bool_]
    ends: Floats
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
    real = len(nodes) - 1
    nodes = np.pad(nodes, (0, _rounded_up(real, _LOT) - real), mode="edge")
    begin, steps = nodes[:-1], np.diff(nodes)
    lengths, kind = np.unique(np.append(np.round(steps, 12), 0.0), return_inverse=True)
    since = np.searchsorted(starts, np.arange(len(steps)), side="right") - 1
    place = np.clip(np.searchsorted(begin[:real], calendar.outputs + _SAME_TIME) - 1, 0, None)
    h, x = steps[place], (calendar.outputs - begin[place]) / steps[place]
    output_since = np.searchsorted(calendar.events, calendar.outputs + _SAME_TIME) - 1
    return Grid(
        lengths=np.pad(lengths, (0, _rounded_up(len(lengths), _LOT) - len(lengths))),
        kind=kind[:-1],
        since=since,
        first=np.isin(np.arange(len(steps)), starts),
        ends=begin + steps - calendar.events[since],
        gaps=np.diff(calendar.events, append=nodes[-1]),
        place=place,
        hermite=np.stack(
            [(1 + 2 * x) * (1 - x) ** 2, x**2 * (3 - 2 * x), x * (1 - x) ** 2 * h, x**2 * (x - 1) * h]
        ),
        output_since=output_since,
        output_elapsed=np.maximum(calendar.outputs - calendar.events[output_since], 0.0),
        checked=np.arange(real)[_CHECK_EVERY // 2 :: _CHECK_EVERY],
    )


def _rounded_up(count: int, lot: int) -> int:
    return -(-count // lot) * lot


def _compiled(*static: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile a stage, with the arguments at ``static`` as constants.

    On CPUs XLA's newer fusions run these loops of small kernels at two thirds of the older ones' speed. Options
    are taken at the outermost compilation alone: within another, a derivative say, the stage goes without.
    """

    def compiled(stage: Callable[..., Any]) -> Callable[..., Any]:
        within = jax.jit(stage, static_argnums=static)
        by_itself = jax.jit(
            stage, static_argnums=static, compiler_options={"xla_cpu_use_fusion_emitters": False}
        )

        @wraps(stage)
        def run(*arguments: Any) -> Any:
            traced = any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves(arguments))
            return (within if traced or jax.default_backend() != "cpu" else by_itself)(*arguments)

        return run

    return compiled


def trace(problem: Problem, parameters: Array, grid: Grid) -> Trace:
    """Solve for the people in ``parameters`` (p, people) on ``grid``.

    The stages are compiled one by one: fused into one, XLA computes shared terms again for each use.
    """
    ready = prepare(problem, parameters, grid)
    walked = march(problem, parameters, ready, grid)
    return Trace(
        _read(ready, grid),
        _interpolated(walked, grid),
        _checked(problem, parameters, ready, walked, grid),
        ready.growth,
    )


class Ready(NamedTuple):
    """What the stages share: modes after each event, rows over modes, and the weights of each length of step.

    Attributes:
        free: (E, n, people) what decays after each event.
        held: (E, n, people) what stays while the inflow lasts.
        decay: (n, people), 1/h.
        driving: (d, a, people), over the modes that reach the drives (``acting``).
        fades: (K, a, people), what is left of each of these after half a step of each length.
        reading: (k, n, people).
        slow: start and relaxation.
        weights: (K, 8, s, people) of ``step``.
        growth: (people,).
    """

    free: Array
    held: Array
    decay: Array
    driving: Array
    fades: Array
    reading: Array
    slow: Slow
    weights: Array
    growth: Array


class Walked(NamedTuple):
    """Where a march came by.

    Attributes:
        states: s arrays (J + 1, people), at the ends of the steps.
        slopes: the same of their derivatives.
        begun: (g, people), what acted at the first event.
        middles: (J, g, people), what acts at the middle of each step.
        ends: (J, g, people), and at its end.
    """

    states: State
    slopes: State
    begun: Array
    middles: Array
    ends: Array


@cache
def acting(problem: Problem) -> tuple[int, ...]:
    """Return the modes that reach the drives; a metabolite's, for example, often do not."""
    people = jnp.asarray(problem.pilot())
    linear = problem.linear(people)
    reaching = _rows(linear.drives, modes(problem.system, linear.rates).shapes)
    return tuple(np.flatnonzero(np.any(np.asarray(reaching) != 0, axis=(0, 2))).tolist())


def prepare(problem: Problem, parameters: Array, grid: Grid) -> Ready:
    """Find each person's modes and carry them from event to event."""
    found: Ready = _prepared(problem, acting(problem), parameters, grid)
    return found


@_compiled(0, 1)
def _prepared(problem: Problem, used: tuple[int, ...], parameters: Array, grid: Grid) -> Ready:
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
        _rows(linear.drives, found.shapes)[:, used],
        jnp.exp(decay[used, :] * -lengths / 2),
        _rows(linear.readings, found.shapes),
        slow,
        jnp.swapaxes(coefficients(slow.relaxation[None], lengths), 0, 1),
        found.growth,
    )


def march(problem: Problem, parameters: Array, ready: Ready, grid: Grid) -> Walked:
    """Carry everybody over all steps."""
    found: Walked = _marched(problem, acting(problem), parameters, ready, grid)
    return found


@_compiled(0, 1)
def _marched(problem: Problem, used: tuple[int, ...], parameters: Array, ready: Ready, grid: Grid) -> Walked:
    free = ready.free[:, used]
    steady = jnp.sum(ready.driving * ready.held[:, None, used], axis=2)

    def acts(modes_now: Array, since: Array) -> Array:
        return problem.signal(_weighted(ready.driving, modes_now) + steady[since], parameters)

    def force(state: State, signal: Array) -> State:
        # The barrier keeps XLA from dividing again for each use of a force.
        forced: State = _kept(problem.force(state, signal, parameters))
        return forced

    def slope(state: State, forced: State) -> State:
        return tuple(f - rate * y for f, rate, y in zip(forced, ready.slow.relaxation, state, strict=True))

    def advance(carried: Any, at: Any) -> Any:
        state, now, amplitudes = carried
        kind, since, first = at
        weights, fade = _kept((ready.weights[kind], ready.fades[kind]))
        begun = jnp.where(first, free[since], amplitudes)
        half = begun * fade
        ended = half * fade
        middle, end = _kept((acts(half, since), acts(ended, since)))
        after, forced = step(weights, state, (now, middle, end), force)
        return (after, end, ended), (state, slope(state, forced), middle, end)

    start, begun = tuple(ready.slow.start), acts(free[0], jnp.asarray(0))
    steps = (jnp.asarray(grid.kind), jnp.asarray(grid.since), jnp.asarray(grid.first))
    (last, now, _), (states, slopes, middles, ends) = lax.scan(advance, (start, begun, free[0]), steps)
    after = slope(last, problem.force(last, now, parameters))
    return Walked(_with_last(states, last), _with_last(slopes, after), begun, middles, ends)


def _kept(found: Any) -> Any:
    """Have XLA finish these before it uses them; it would else work some out again for each use."""
    return lax.optimization_barrier(found)  # type: ignore[no-untyped-call]


def _with_last(along: State, last: State) -> State:
    return tuple(jnp.concatenate([one, end[None]]) for one, end in zip(along, last, strict=True))


@_compiled(0)
def _checked(problem: Problem, parameters: Array, ready: Ready, walked: Walked, grid: Grid) -> Array:
    """Return (people,) the largest relative difference of a checked step from two of half its length."""
    at = jnp.asarray(grid.checked)
    length = jnp.asarray(grid.lengths)[jnp.asarray(grid.kind)[at]]
    ends, since = jnp.asarray(grid.ends)[at], jnp.asarray(grid.since)[at]
    quarters = jnp.stack([ends - 0.75 * length, ends - 0.25 * length])
    between = _acting_at(problem, parameters, ready, since, quarters)
    now = jnp.where((at > 0)[:, None, None], walked.ends[at - 1], walked.begun)
    half = jnp.swapaxes(coefficients(ready.slow.relaxation[None], length[:, None, None] / 2), 0, 1)

    def once(weights: Array, state: State, *drives: Array) -> State:
        return step(weights, state, drives, lambda y, g: problem.force(y, g, parameters))[0]  # type: ignore[arg-type]

    many = jax.vmap(once)
    begun = tuple(one[at] for one in walked.states)
    middle = many(half, begun, now, between[0], walked.middles[at])
    last = many(half, middle, walked.middles[at], between[1], walked.ends[at])
    worst = [_apart(one, whole, at) for one, whole in zip(last, walked.states, strict=True)]
    return jnp.max(jnp.stack(worst), axis=0)


def _apart(halved: Array, along: Array, at: Array) -> Array:
    """Return (people,) how far one part's checked ends lie from ``along``, relative to it and to its largest."""
    scale = jnp.maximum(jnp.abs(halved), 1e-3 * jnp.max(jnp.abs(along), axis=0))
    return jnp.max(jnp.abs(halved - along[at + 1]) / scale, axis=0)


def _acting_at(problem: Problem, parameters: Array, ready: Ready, since: Array, elapsed: Array) -> Array:
    """Return (L, C, g, people): what acts at ``elapsed`` (L, C) hours after the events ``since`` (C,)."""
    fading = jnp.exp(-ready.decay * elapsed[:, :, None, None])
    now = ready.free[since] * fading + ready.held[since]
    driven = _weighted(ready.driving, now[:, :, list(acting(problem))])
    found: Array = jax.vmap(jax.vmap(problem.signal, (0, None)), (0, None))(driven, parameters)
    return found


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


@_compiled()
def _read(ready: Ready, grid: Grid) -> Array:
    """Return (k, T, people): the linear outputs, exact."""
    since, elapsed = jnp.asarray(grid.output_since), jnp.asarray(grid.output_elapsed)
    fading = jnp.exp(-ready.decay * elapsed[:, None, None])
    now = ready.free[since] * fading + ready.held[since]
    return jnp.swapaxes(_weighted(ready.reading, now), 0, 1)


@_compiled()
def _interpolated(walked: Walked, grid: Grid) -> Array:
    """Return (s, T, people): cubic Hermite between the nodes."""
    place, w = jnp.asarray(grid.place), jnp.asarray(grid.hermite)[:, :, None]
    return jnp.stack(
        [
            w[0] * y[place] + w[1] * y[place + 1] + w[2] * slope[place] + w[3] * slope[place + 1]
            for y, slope in zip(walked.states, walked.slopes, strict=True)
        ]
    )
