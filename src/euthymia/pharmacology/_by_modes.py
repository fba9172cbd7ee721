"""One person's linear system in closed form: a sum of exponentials, exact at any time up to rounding.

Each mode obeys dz/dt = -rate z + inflow, so that amounts and areas at any time after an event are three known
functions of it: exp(-x), (1 - exp(-x))/x and the next of that family, which hold where a rate vanishes too.

Where rates of compartments that feed one another coincide (two equal delays in a row) or nearly do, single modes
blow up and cancel. The answer is an analytic function of a shift that moves these rates apart and equals its own
mean over a small circle of shifts (``_modal`` has the same for many people at once); on the circle no two coincide.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from euthymia.pharmacology._compartments import Floats, Inflow, Solution, Start, System, event_times
from euthymia.pharmacology._modal import Blocks, NotReversible, cascade

Complexes: TypeAlias = npt.NDArray[Any]  # real where one set of modes does, complex on the circle

_POINTS, _RADIUS = 16, 0.1
_CIRCLE = _RADIUS * np.exp(1j * (np.arange(_POINTS // 2) + 0.5) * (2 * np.pi / _POINTS))
# Digits lost are the logarithm of this: beyond the first the circle is taken, beyond the second neither is.
_MOST_ALONE, _MOST = 1e3, 1e6
# Below this the functions are summed as series: dividing by a small number would cost digits.
_SERIES_BELOW, _LAST_TERM = 0.5, 18
# Times are read so many at once, which bounds the memory.
_LOT = 4096


class Modes(NamedTuple):
    """A system's modes, at each of p points: one, or half a circle, whose other half is its conjugate.

    Attributes:
        decay: (p, n), 1/h.
        shapes: (p, n, n); column i is mode i.
        weights: (p, n, n); row i says how much of mode i each milligram starts.
    """

    decay: Complexes
    shapes: Complexes
    weights: Complexes


def modes_of(rates: Floats) -> Modes | None:
    """Return the modes of an (n, n) matrix of rates, or None where digits would be lost and matrices must do."""
    if not np.all(np.isfinite(rates)):
        return None
    blocks = _blocks((rates != 0).tobytes(), len(rates))
    if blocks is None:
        return None
    alone = _decomposed(rates, blocks, np.zeros(1), _MOST_ALONE)
    return alone if alone is not None else _decomposed(rates, blocks, _CIRCLE, _MOST)


@lru_cache(maxsize=64)
def _blocks(pattern: bytes, size: int) -> Blocks | None:
    try:
        return cascade(np.frombuffer(pattern, dtype=np.bool_).reshape(size, size)).blocks
    except NotReversible:
        return None


def _decomposed(rates: Floats, blocks: Blocks, shifts: Complexes, most: float) -> Modes | None:
    """Return the modes with each block's rates moved by its own multiple of each shift, unless they grow too large."""
    moved = np.repeat(rates[None].astype(shifts.dtype), len(shifts), axis=0)
    middle = (len(blocks) - 1) / 2
    for place, block in enumerate(blocks):
        factor = 1 + (place - middle) / max(middle, 1.0) * shifts
        moved[np.ix_(range(len(shifts)), block, block)] *= factor[:, None, None]
    with np.errstate(all="ignore"):
        try:
            decay, shapes = np.linalg.eig(-moved)
            weights = np.linalg.inv(shapes)
        except np.linalg.LinAlgError:
            return None
        growth = float(np.max(np.abs(shapes).max(axis=1) * np.abs(weights).max(axis=2)))
    real = len(shifts) > 1 or not np.iscomplexobj(decay)
    return Modes(decay, shapes, weights) if real and growth < most else None


@dataclass(frozen=True)
class ByModes(Solution):
    """A solution as its modes.

    Attributes:
        free: (e, p, n) the modes right after each event; ``fed``: what flows into each from then on, per hour.
        areas: (e, m) under the curves up to each event, in ng*h/mL.
        total_in: (n,) all that ever enters each compartment, in mg, with what is there at the start.
        areas_before: (m,) under the curves at the start.
    """

    modes: Modes
    free: Complexes
    fed: Complexes
    areas: Floats
    total_in: Floats
    areas_before: Floats

    def read(self, times_h: Sequence[float] | Floats) -> tuple[Floats, Floats, Floats]:
        """Return amounts (t, n), concentrations (t, m) and areas (t, m) at ``times_h``."""
        event, elapsed = self.since(times_h)
        lots = [slice(at, at + _LOT) for at in range(0, max(len(event), 1), _LOT)]
        observed = np.asarray(self.system.observed)
        with np.errstate(all="ignore"):  # a person beyond all numbers gives NaN, which is an outcome
            parts = [
                _carried(self.modes, self.free[event[lot]], self.fed[event[lot]], elapsed[lot])
                for lot in lots
            ]
            amounts, integrals = (np.concatenate(each) for each in zip(*parts, strict=True))
            begun = (event >= 0)[:, None]
            amounts = np.where(begun, amounts, 0.0)
            areas = np.where(begun, self.areas[event] + _summed("ti,mi->tm", integrals, observed), 0.0)
            return amounts, _summed("ti,mi->tm", amounts, observed), areas

    def exposure_without_end(self) -> Floats:
        """Return (m,) areas under the curves to infinity, in ng*h/mL."""
        to_come = np.linalg.solve(np.asarray(self.system.rates), self.total_in)
        return np.asarray(self.areas_before - np.asarray(self.system.observed) @ to_come)


def by_modes(system: System, modes: Modes, inflows: Sequence[Inflow], start: Start | None) -> ByModes:
    """Solve ``system`` from event to event."""
    events = event_times(inflows, start)
    n, m = len(system.compartments), len(system.observed)
    amounts, before = (np.zeros(n), np.zeros(m)) if start is None else (start.amounts, start.areas)
    jumps, flowing, total_in = _arrays(system, inflows, events)
    jumps[0] += amounts
    with np.errstate(all="ignore"):
        added, fed = (np.einsum("pij,ej->epi", modes.weights, given) for given in (jumps, flowing))
        gaps = np.diff(events)
        fading, first, _ = _functions(modes.decay, gaps)
        arriving, free = first * fed[:-1], np.empty_like(added)
        now = free[0] = added[0]
        for event in range(len(gaps)):
            now = free[event + 1] = fading[event] * now + arriving[event] + added[event + 1]
        integrals = _carried(modes, free[:-1], fed[:-1], gaps)[1]
        added_areas = _summed("ti,mi->tm", integrals, np.asarray(system.observed))
        areas = before + np.cumsum(np.vstack([np.zeros(m), added_areas]), axis=0)
    return ByModes(system, events, modes, free, fed, areas, total_in + amounts, before)


def _arrays(system: System, inflows: Sequence[Inflow], events: Floats) -> tuple[Floats, Floats, Floats]:
    """Return jumps at and inflow rates from each event, (e, n), and the sum of all inflows (n,)."""
    jumps, flowing = np.zeros((2, len(events), len(system.compartments)))
    total_in = np.zeros(len(system.compartments))
    at = {name: place for place, name in enumerate(system.compartments)}
    starts = [inflow.start_h for inflow in inflows]
    ends = [inflow.start_h + float(inflow.duration_h) for inflow in inflows]
    for inflow, first, last in zip(inflows, *np.searchsorted(events, [starts, ends]), strict=True):
        to, amount = at[inflow.compartment], float(inflow.amount_mg)
        total_in[to] += amount
        if first == last:  # no duration, or one too short to move the clock
            jumps[first, to] += amount
        else:
            flowing[first:last, to] += amount / float(inflow.duration_h)
    return jumps, flowing, total_in


def _carried(modes: Modes, free: Complexes, fed: Complexes, hours: Floats) -> tuple[Floats, Floats]:
    """Return (t, n) amounts, and integrals of the amounts in mg*h, ``hours`` (t,) after modes and inflows (t, p, n)."""
    fading, first, second = _functions(modes.decay, hours)
    both = (fading * free + first * fed, first * free + second * fed)
    amounts, integrals = (_summed("tpj,pij->ti", part, modes.shapes) / len(modes.decay) for part in both)
    return amounts, integrals


def _summed(over: str, first: Complexes, second: Complexes) -> Floats:
    """Return the real part of a product of small matrices, by loops: a library's threads would wait for each other."""
    return np.asarray(np.real(np.einsum(over, first, second)))


def _functions(decay: Complexes, hours: Floats) -> tuple[Complexes, Complexes, Complexes]:
    """Return exp(-rt), the integral of that from 0 to t, and the integral of that: (t, p, n) each."""
    t = hours[:, None, None]
    x = decay * t
    small = np.abs(x) < _SERIES_BELOW
    inside, far = np.where(small, x, 0.0), np.where(small, 1.0, x)
    series = np.ones_like(x)
    for term in range(_LAST_TERM, 2, -1):
        series = 1 - inside / term * series
    first = np.where(small, 1 - inside * series / 2, -np.expm1(-far) / far)
    second = np.where(small, series / 2, (1 - first) / far)
    return np.exp(-x), t * first, t**2 * second
