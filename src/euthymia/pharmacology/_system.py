"""A linear compartment system and its exact solution.

Between two events (a bolus, the start or the end of a constant inflow) the amounts x obey dx/dt = A x + u
with A and u constant. Appending the time integrals q of the concentrations (dq/dt = O x) and a constant 1
makes this homogeneous, so that over a time t the whole state is multiplied by one matrix exponential. That is
exact for any t and, unlike a sum of exponentials, holds where two rates coincide.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import Array
from jax.scipy.linalg import expm

# Matrix exponentials are taken so many at a time, the last lot padded, so that XLA compiles one shape for a
# model and not one for every request.
_LOT = 128

# The fastest rate times the longest time may reach 2^32 times the exponential's own limit: millennia.
_SQUARINGS = 32

MG_PER_L_IN_NG_PER_ML = 1000.0

Floats: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Inflow:
    """Drug entering a compartment: at once when ``duration_h`` is 0, else at a constant rate.

    ``amount_mg`` may be a JAX scalar, so that a solution can be differentiated by what it depends on.
    """

    start_h: float
    duration_h: float | Array
    compartment: str
    amount_mg: float | Array


@dataclass(frozen=True, slots=True)
class Start:
    """Where a solution begins when not from empty compartments.

    Attributes:
        at_h: the time.
        amounts: (n,) mg.
        areas: (m,) ng*h/mL, the areas under the curves up to then.
    """

    at_h: float
    amounts: Array
    areas: Array


@dataclass(frozen=True, slots=True)
class System:
    """Compartments, the rates between them and what is measured.

    Attributes:
        compartments: names, in the order of the rows and columns.
        rates: (n, n), 1/h; entry (i, j) is the flow into i for each mg in j, and the diagonal the loss.
        observed: (m, n), (ng/mL)/mg; row k times the amounts is the concentration of analyte k.
    """

    compartments: tuple[str, ...]
    rates: Array
    observed: Array


@dataclass(frozen=True, slots=True)
class Solution:
    """The states of a system right after each event, from which it can be read at any time.

    Attributes:
        events: (e,) times in hours, sorted.
        states: (e', n + m) amounts in mg and integrals of mg/L right after each event; e' is e, padded.
        inflows: (e', n) constant inflow from each event to the next, in mg/h.
        total_in: (n,) all that ever enters each compartment, in mg, with what is there at the start.
        areas_before: (m,) areas under the curves at the start, in ng*h/mL.
    """

    system: System
    events: Floats
    states: Array
    inflows: Array
    total_in: Array
    areas_before: Array

    def concentrations(self, times_h: Sequence[float] | Floats) -> Array:
        """Return (t, m) concentrations in ng/mL at ``times_h``; 0 before the first event."""
        return self.read(times_h)[1]

    def exposures(self, times_h: Sequence[float] | Floats) -> Array:
        """Return (t, m) areas under the curves, in ng*h/mL, from the first event to ``times_h``."""
        return self.read(times_h)[2]

    def amounts(self, times_h: Sequence[float] | Floats) -> Array:
        """Return (t, n) amounts in mg in each compartment at ``times_h``."""
        return self.read(times_h)[0]

    def exposure_without_end(self) -> Array:
        """Return (m,) areas under the curves to infinity, in ng*h/mL: -O A^-1 times all that entered."""
        to_come = jnp.linalg.solve(self.system.rates, self.total_in)
        areas: Array = self.areas_before - self.system.observed @ to_come
        return areas

    def read(self, times_h: Sequence[float] | Floats) -> tuple[Array, Array, Array]:
        """Return amounts (t, n), concentrations (t, m) and areas (t, m) at ``times_h``."""
        times = np.asarray(times_h, dtype=np.float64)
        event = np.searchsorted(self.events, times, side="right") - 1
        begun = event >= 0
        elapsed = np.where(begun, times - self.events[event], 0.0)
        system, lots = self.system, []
        for at in range(0, max(len(times), 1), _LOT):
            lot = slice(at, at + _LOT)
            moves = _moves(
                system.rates, system.observed, self.inflows, _padded(event[lot]), _padded(elapsed[lot])
            )
            lots.append(
                _read_states(system.observed, moves, self.states, _padded(event[lot]), _padded(begun[lot]))
            )
        amounts, concentrations, areas = (
            jnp.concatenate(part)[: len(times)] for part in zip(*lots, strict=True)
        )
        return amounts, concentrations, areas


def solve(system: System, inflows: Sequence[Inflow], start: Start | None = None) -> Solution:
    """Solve ``system`` for ``inflows``, from empty compartments or from ``start``.

    Args:
        inflows: in any order, none before ``start``; at least one where there is no start.
        start: amounts and areas at a time.

    Returns:
        The solution, exact at every time up to rounding.
    """
    ends = (inflow.start_h + inflow.duration_h for inflow in inflows)
    begun = () if start is None else (start.at_h,)
    events = np.unique([*begun, *(inflow.start_h for inflow in inflows), *ends])
    jumps, rates_in, total_in = _arrays(system, inflows, events)
    n, m = len(system.compartments), len(system.observed)
    amounts, areas = (jnp.zeros(n), jnp.zeros(m)) if start is None else (start.amounts, start.areas)
    initial = jnp.concatenate([amounts, areas / MG_PER_L_IN_NG_PER_ML])
    # A step leads from one event to the next under the inflow of the first; the first step has no length.
    elapsed = _padded(np.diff(events, prepend=events[:1]))
    flowing = np.maximum(np.arange(len(elapsed)) - 1, 0)
    moves = jnp.concatenate(
        [
            _moves(system.rates, system.observed, rates_in, flowing[at : at + _LOT], elapsed[at : at + _LOT])
            for at in range(0, len(elapsed), _LOT)
        ]
    )
    states = _states_after_events(moves, jumps, initial)
    return Solution(system, events, states, rates_in, total_in + amounts, areas)


def _padded(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return ``values`` with zeros up to a whole number of lots, at least one."""
    return np.append(
        values, np.zeros(max(-len(values) % _LOT, _LOT * (len(values) == 0)), dtype=values.dtype)
    )


def _arrays(system: System, inflows: Sequence[Inflow], events: Floats) -> tuple[Array, Array, Array]:
    """Return jumps at and inflow rates from each event, padded (e', n), and the sum of all inflows (n,)."""
    rows = len(_padded(events))
    jumps: list[list[float | Array]] = [[0.0] * len(system.compartments) for _ in range(rows)]
    rates_in: list[list[float | Array]] = [[0.0] * len(system.compartments) for _ in range(rows)]
    total_in: list[float | Array] = [0.0] * len(system.compartments)
    for inflow in inflows:
        to = system.compartments.index(inflow.compartment)
        total_in[to] += inflow.amount_mg
        first = int(np.searchsorted(events, inflow.start_h))
        last = int(np.searchsorted(events, inflow.start_h + inflow.duration_h))
        if first == last:  # no duration, or one too short to move the clock
            jumps[first][to] += inflow.amount_mg
        for event in range(first, last):
            rates_in[event][to] += inflow.amount_mg / inflow.duration_h
    if any(isinstance(inflow.amount_mg, Array) for inflow in inflows):
        return jnp.array(jumps), jnp.array(rates_in), jnp.array(total_in)
    # Plain numbers go by way of NumPy, which reads nested lists forty times faster.
    return jnp.asarray(np.array(jumps)), jnp.asarray(np.array(rates_in)), jnp.asarray(np.array(total_in))


@jax.jit
def _moves(rates: Array, observed: Array, inflows: Array, event: Array, elapsed: Array) -> Array:
    """Return (t, k, k): what carries (amounts, integrals, 1) over ``elapsed`` hours after ``event``.

    The integrals are carried in mg*h/L: the exponential loses digits with the size of its entries.
    """
    m, n = observed.shape
    generators = jnp.zeros((len(elapsed), n + m + 1, n + m + 1))
    generators = generators.at[:, :n, :n].set(rates)
    generators = generators.at[:, n : n + m, :n].set(observed / MG_PER_L_IN_NG_PER_ML)
    generators = generators.at[:, :n, -1].set(inflows[event])
    moves: Array = expm(generators * elapsed[:, None, None], max_squarings=_SQUARINGS)
    return moves


@jax.jit
def _states_after_events(moves: Array, jumps: Array, initial: Array) -> Array:
    """Return (e', n + m): carry the initial state from event to event, adding each jump."""

    def step(state: Array, event: tuple[Array, Array]) -> tuple[Array, Array]:
        move, jump = event
        after = (move @ jnp.append(state, 1.0))[:-1].at[: len(jump)].add(jump)
        return after, after

    return jax.lax.scan(step, initial, (moves, jumps))[1]


@jax.jit
def _read_states(
    observed: Array, moves: Array, states: Array, event: Array, begun: Array
) -> tuple[Array, Array, Array]:
    """Return amounts, concentrations and areas: each state carried on; nothing before the first event."""
    n = observed.shape[1]
    augmented = jnp.concatenate([states[event], jnp.ones((len(event), 1))], axis=1)
    carried = jnp.einsum("tij,tj->ti", moves, augmented)[:, :-1]
    carried = jnp.where(begun[:, None], carried, 0.0)
    return carried[:, :n], carried[:, :n] @ observed.T, MG_PER_L_IN_NG_PER_ML * carried[:, n:]
