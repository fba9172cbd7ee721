"""A linear system by matrix exponentials: for derivatives, and where modes would lose digits.

Between two events the amounts x obey dx/dt = A x + u with A and u constant. Appending the time integrals q of the
concentrations (dq/dt = O x) and a constant 1 makes this homogeneous, so that over a time t the whole state is
multiplied by one matrix exponential. That holds for any A, and JAX differentiates it by all it depends on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import Array
from jax.scipy.linalg import expm

from euthymia.pharmacology._compartments import (
    MG_PER_L_IN_NG_PER_ML,
    Floats,
    Inflow,
    Solution,
    Start,
    System,
    event_times,
)

# Matrix exponentials are taken so many at a time, the last lot padded, so that XLA compiles one shape for a
# model and not one for every request.
_LOT = 128

# The fastest rate times the longest time may reach 2^32 times the exponential's own limit: millennia.
_SQUARINGS = 32


@dataclass(frozen=True)
class ByExponentials(Solution):
    """The states of a system right after each event.

    Attributes:
        states: (e', n + m) amounts in mg and integrals of mg/L right after each event; e' is e, padded.
        inflows: (e', n) constant inflow from each event to the next, in mg/h.
        total_in: (n,) all that ever enters each compartment, in mg, with what is there at the start.
        areas_before: (m,) areas under the curves at the start, in ng*h/mL.
    """

    states: Array
    inflows: Array
    total_in: Array
    areas_before: Array

    def exposure_without_end(self) -> Array:
        """Return (m,) areas under the curves to infinity, in ng*h/mL."""
        to_come = jnp.linalg.solve(self.system.rates, self.total_in)
        areas: Array = self.areas_before - jnp.asarray(self.system.observed) @ to_come
        return areas

    def read(self, times_h: Sequence[float] | Floats) -> tuple[Array, Array, Array]:
        """Return amounts (t, n), concentrations (t, m) and areas (t, m) at ``times_h``."""
        event, elapsed = self.since(times_h)
        begun, lots = event >= 0, []
        rates, observed = jnp.asarray(self.system.rates), jnp.asarray(self.system.observed)
        for at in range(0, max(len(event), 1), _LOT):
            lot = slice(at, at + _LOT)
            moves = _moves(rates, observed, self.inflows, _padded(event[lot]), _padded(elapsed[lot]))
            lots.append(_read_states(observed, moves, self.states, _padded(event[lot]), _padded(begun[lot])))
        amounts, concentrations, areas = (
            jnp.concatenate(part)[: len(event)] for part in zip(*lots, strict=True)
        )
        return amounts, concentrations, areas


def by_exponentials(system: System, inflows: Sequence[Inflow], start: Start | None) -> ByExponentials:
    """Solve ``system`` from event to event."""
    events = event_times(inflows, start)
    jumps, rates_in, total_in = _arrays(system, inflows, events)
    rates, observed = jnp.asarray(system.rates), jnp.asarray(system.observed)
    n, m = len(system.compartments), len(system.observed)
    amounts, areas = (np.zeros(n), np.zeros(m)) if start is None else (start.amounts, start.areas)
    initial = jnp.concatenate([jnp.asarray(amounts), jnp.asarray(areas) / MG_PER_L_IN_NG_PER_ML])
    # A step leads from one event to the next under the inflow of the first; the first step has no length.
    elapsed = _padded(np.diff(events, prepend=events[:1]))
    flowing = np.maximum(np.arange(len(elapsed)) - 1, 0)
    moves = jnp.concatenate(
        [
            _moves(rates, observed, rates_in, flowing[at : at + _LOT], elapsed[at : at + _LOT])
            for at in range(0, len(elapsed), _LOT)
        ]
    )
    states = _states_after_events(moves, jumps, initial)
    return ByExponentials(system, events, states, rates_in, total_in + amounts, jnp.asarray(areas))


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
    return jnp.array(jumps), jnp.array(rates_in), jnp.array(total_in)


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
