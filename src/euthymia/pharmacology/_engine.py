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
from functools import cache, partial, wraps
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from euthymia.pharmacology._calendar import Floats, Grid
from euthymia.pharmacology._drips import Drips, in_modes, rows
from euthymia.pharmacology._modal import Cascade, modes_of_copies
from euthymia.pharmacology._step import State, coefficients, step

# A rate that vanishes is taken as this, 1/h: the drug it would keep forever is then lost within 1e5 years.
_SLOWEST = 1e-9
# People by whom the modes that matter are found.
_FEW = 8


class Linear(NamedTuple):
    """The linear part for each of some people.

    Attributes:
        rates: (b, n, n, people), 1/h; b copies of the compartments that exchange nothing, one after the other in
            what follows, of which there is one unless a person's visits differ.
        bolus: (events, b·n, people), what each event adds at once.
        inflow: (events, b·n, people), what flows in per hour from each event to the next.
        drives: (d, b·n, people), rows that read from the amounts what drives the slow part.
        readings: (k, b·n, people), rows that read the outputs of the linear part.
        dripping: (events, lanes, b·n, people), what more flows in per hour from each event on, in everybody for a
            time of their own, or None.
        lasting: (events, lanes, people), for how many hours; what lasts longer than to the next event goes on there.
    """

    rates: Array
    bolus: Array
    inflow: Array
    drives: Array
    readings: Array
    dripping: Array | None = None
    lasting: Array | None = None


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


class Trace(NamedTuple):
    """What one pass over the grid gives.

    Attributes:
        readings: k arrays (T, people).
        states: s arrays (T, people).
        local: (people,) largest relative error of a checked step.
        growth: (people,) see ``Modes.growth``.
    """

    readings: tuple[Array, ...]
    states: State
    local: Array
    growth: Array


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


def trace(problem: Problem, parameters: Array, grid: Grid, *, single: bool = False) -> Trace:
    """Solve for the people in ``parameters`` (p, people) on ``grid``; the slow part in single precision if asked.

    The stages are compiled one by one: fused into one, XLA computes shared terms again for each use.
    """
    ready = prepare(problem, parameters, grid, single=single)
    walked = march(problem, parameters, ready, grid)
    states = _interpolated(walked, grid)
    return Trace(_read(ready, grid), states, _worst(walked), ready.growth)


class Ready(NamedTuple):
    """What the stages share: modes after each event, rows over modes, and the weights of each length of step.

    Attributes:
        free: (E, n, people) what decays after each event.
        held: (E, n, people) what stays while the inflow lasts.
        drips: what is held for a time that differs between people, or None.
        decay: (n, people), 1/h.
        driving: (d, a, people), over the modes that reach the drives (``acting``).
        fades: (K, a, people), what is left of each of these after half a step of each length.
        reading: (k, n, people).
        slow: start and relaxation, in the precision of the slow part.
        weights: (K, 6, s, people) of ``step``.
        growth: (people,).
    """

    free: Array
    held: Array
    drips: Drips | None
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
        states: s arrays (J, people), where the steps begin.
        slopes: the same of their derivatives.
        middles: s arrays (B, people): the first step of each block taken in two halves, after one.
        halved: s arrays (B, people), and after both.
    """

    states: State
    slopes: State
    middles: State
    halved: State


@cache
def acting(problem: Problem) -> tuple[int, ...]:
    """Return the modes that reach the drives; a metabolite's, for example, often do not."""
    reaching = _reaching(problem, jnp.asarray(problem.pilot()[:, :_FEW]))
    return tuple(np.flatnonzero(np.any(np.asarray(reaching) != 0, axis=(0, 2))).tolist())


@partial(jax.jit, static_argnums=0)
def _reaching(problem: Problem, parameters: Array) -> Array:
    linear = problem.linear(parameters)
    return rows(linear.drives, modes_of_copies(problem.system, linear.rates).shapes)


def prepare(problem: Problem, parameters: Array, grid: Grid, *, single: bool = False) -> Ready:
    """Find each person's modes and carry them from event to event."""
    found: Ready = _prepared(problem, acting(problem), single, parameters, grid.lengths, grid.gaps)
    return found._replace(weights=_weighed(found.slow.relaxation, grid.lengths))


@_compiled(0, 1, 2)
def _prepared(
    problem: Problem, used: tuple[int, ...], single: bool, parameters: Array, lengths: Array, gaps: Array
) -> Ready:
    """Everything but the weights."""
    linear, slow = _kept((problem.linear(parameters), problem.slow(parameters)))
    found = _kept(modes_of_copies(problem.system, linear.rates))
    decay = jnp.maximum(found.decay, _SLOWEST)
    into_modes = jnp.swapaxes(found.weights, 1, 2)
    # A constant inflow would in the end hold a mode at inflow / decay; what differs from that decays.
    jumps, held = _kept((rows(linear.bolus, into_modes), rows(linear.inflow, into_modes) / decay))
    drips = in_modes(linear.dripping, linear.lasting, into_modes, decay, gaps)

    def carry(amplitude: Array, event: tuple[Array, Array, Array, Array]) -> tuple[Array, Array]:
        jump, hold, gap, place = event
        free = amplitude + jump - hold
        if drips is None:
            return free * jnp.exp(-decay * gap) + hold, free
        free -= jnp.sum(drips.held[place], axis=0)
        return free * jnp.exp(-decay * gap) + hold + drips.at(place, gap, decay), free

    along = jumps, held, gaps, jnp.arange(len(gaps))
    free = lax.scan(carry, jnp.zeros_like(decay), along)[1]
    kept = Slow(*(part.astype(jnp.float32 if single else part.dtype) for part in slow))
    return Ready(
        free,
        held,
        drips,
        decay,
        rows(linear.drives, found.shapes)[:, used],
        jnp.exp(decay[used, :] * -lengths[:, None, None] / 2),
        rows(linear.readings, found.shapes),
        kept,
        jnp.zeros(()),
        found.growth,
    )


@_compiled()
def _weighed(relaxation: Array, lengths: Array) -> Array:
    each = lengths[:, None, None].astype(relaxation.dtype)
    return jnp.swapaxes(coefficients(relaxation[None], each), 0, 1)


def march(problem: Problem, parameters: Array, ready: Ready, grid: Grid) -> Walked:
    """Carry everybody over all steps."""
    steps = grid.kind, grid.since, grid.first, grid.ahead, grid.halves, grid.lengths
    found: Walked = _marched(problem, acting(problem), parameters, ready, *steps)
    return found


@_compiled(0, 1)
def _marched(
    problem: Problem,
    used: tuple[int, ...],
    parameters: Array,
    ready: Ready,
    kind: Array,
    since: Array,
    first: Array,
    ahead: Array,
    halves: Array,
    lengths: Array,
) -> Walked:
    free = ready.free[:, used]
    steady = jnp.sum(ready.driving * ready.held[:, None, used], axis=2)
    own, relaxation = parameters.astype(ready.slow.start.dtype), tuple(ready.slow.relaxation)
    decay = ready.decay[used, :]

    aheads = None if ready.drips is None else ahead  # left out of the loops where nothing needs it

    def later(ahead: Array | None, kind: Array, part: float) -> Array | None:
        return None if ahead is None else ahead + part * lengths[kind]

    def acts(modes_now: Array, since: Array, ahead: Array | None) -> Array:
        if ready.drips is not None and ahead is not None:
            modes_now += ready.drips.at(since, ahead, decay, used)
        return problem.signal((_weighted(ready.driving, modes_now) + steady[since]).astype(own.dtype), own)

    def force(state: State, signal: Array) -> State:
        # The barrier keeps XLA from dividing again for each use of a force.
        forced: State = _kept(problem.force(state, signal, own))
        return forced

    def forward(carried: Any, kind: Array, since: Array, ahead: Array | None) -> Any:
        """One step: where it ends, its middle's amplitudes left out, and the slope where it began."""
        state, now, amplitudes = carried
        weights, fade = ready.weights[kind], ready.fades[kind]
        half = amplitudes * fade
        ended = half * fade
        middle, end = _kept(
            (acts(half, since, later(ahead, kind, 0.5)), acts(ended, since, later(ahead, kind, 1.0)))
        )
        after, slope = step(weights, relaxation, state, (now, middle, end), force)
        return (after, end, ended), slope

    def advance(carried: Any, at: Any) -> Any:
        kind, since, first, ahead = at
        state, now, amplitudes = carried
        begun = state, now, jnp.where(first, free[since], amplitudes)
        after, slope = forward(begun, kind, since, ahead)
        return after, (state, slope)

    def walk(carried: Any, at: Any) -> Any:
        kinds, sinces, firsts, along, half = at
        ahead = None if along is None else along[0]
        state, now, amplitudes = carried
        begun = state, now, jnp.where(firsts[0], free[sinces[0]], amplitudes)
        middle, _ = forward(begun, half, sinces[0], ahead)
        halved, _ = forward(middle, half, sinces[0], later(ahead, half, 1.0))
        after, passed = lax.scan(advance, carried, (kinds, sinces, firsts, along))
        return after, (passed, middle[0], halved[0])

    start = tuple(ready.slow.start), acts(free[0], jnp.asarray(0), jnp.zeros(())), free[0]
    (states, slopes), middles, ends = lax.scan(walk, start, (kind, since, first, aheads, halves))[1]
    flat = [tuple(one.reshape(-1, one.shape[-1]) for one in part) for part in (states, slopes)]
    return Walked(flat[0], flat[1], middles, ends)


def _kept(found: Any) -> Any:
    """Have XLA finish these before it uses them; it would else work some out again for each use."""
    return lax.optimization_barrier(found)  # type: ignore[no-untyped-call]


@_compiled()
def _worst(walked: Walked) -> Array:
    """Return (people,) the largest relative difference of a checked step from two of half its length."""
    worst = [_apart(*each) for each in zip(walked.halved, walked.states, strict=True)]
    return jnp.max(jnp.stack(worst), axis=0).astype(jnp.float64)


def _apart(halved: Array, along: Array) -> Array:
    """Return (people,) how far one part's checked ends lie from ``along``, relative to it and to its largest."""
    scale = jnp.maximum(jnp.abs(halved), 1e-3 * jnp.max(jnp.abs(along), axis=0))
    after = along[1 :: len(along) // len(halved)]
    return jnp.max(jnp.abs(halved - after) / jnp.maximum(scale, 1e-30), axis=0)


def _weighted(rows: Array, modes_now: Array) -> Array:
    """Return (…, k, people): rows (k, n, people) times amplitudes (…, n, people)."""
    total: Array = rows[:, 0] * modes_now[..., 0, None, :]
    for mode in range(1, rows.shape[1]):
        total += rows[:, mode] * modes_now[..., mode, None, :]
    return total


def _read(ready: Ready, grid: Grid) -> tuple[Array, ...]:
    """Return k arrays (T, people): the linear outputs, exact."""
    along = grid.hops, grid.hop, grid.output_since, grid.output_first, grid.output_ahead
    found: tuple[Array, ...] = _readings(
        ready.free, ready.held, ready.drips, ready.decay, ready.reading, *along
    )
    return found


@_compiled()
def _readings(
    free: Array,
    held: Array,
    drips: Drips | None,
    decay: Array,
    reading: Array,
    hops: Array,
    hop: Array,
    since: Array,
    first: Array,
    ahead: Array,
) -> tuple[Array, ...]:
    fades = jnp.exp(-decay * hops[:, None, None])

    def onward(amplitudes: Array, at: tuple[Array, Array, Array, Any]) -> tuple[Array, tuple[Array, ...]]:
        hop, since, first, ahead = at
        now = jnp.where(first, free[since], amplitudes) * fades[hop]
        kept = held[since] if drips is None else held[since] + drips.at(since, ahead, decay)
        return now, tuple(_weighted(reading, now + kept))

    aheads = None if drips is None else ahead
    found: tuple[Array, ...] = lax.scan(onward, free[0], (hop, since, first, aheads))[1]
    return found


def _interpolated(walked: Walked, grid: Grid) -> State:
    """Return s arrays (T, people): cubic Hermite between the nodes."""
    found: State = _between(walked.states, walked.slopes, grid.place, grid.hermite)
    return found


@_compiled()
def _between(states: State, slopes: State, place: Array, hermite: Array) -> State:
    w = hermite[:, :, None].astype(states[0].dtype)
    return tuple(
        w[0] * y[place] + w[1] * y[place + 1] + w[2] * slope[place] + w[3] * slope[place + 1]
        for y, slope in zip(states, slopes, strict=True)
    )
