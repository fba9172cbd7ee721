"""A regimen in which the person changes, the body is emptied, or a settled state comes first.

Between two such times the system is one linear system and ``_system`` solves it exactly; each piece starts
from where the one before it ended.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.linalg import expm

from euthymia.evidence import KineticModel
from euthymia.pharmacology._regimen import Covariates, InvalidRequest, Regimen, SteadyState
from euthymia.pharmacology._structures import structure
from euthymia.pharmacology._system import Floats, Inflow, Solution, Start, solve


@dataclass(frozen=True, slots=True)
class Timeline:
    """Solutions end to end, read as one.

    Attributes:
        begins: (p,) the time from which each piece holds; nothing is in the body before the first.
        pieces: the solutions.
    """

    begins: Floats
    pieces: tuple[Solution, ...]

    @property
    def events(self) -> Floats:
        """Times in hours at which anything starts, stops or changes, sorted."""
        return np.unique(np.concatenate([piece.events for piece in self.pieces]))

    def concentrations(self, times_h: Sequence[float] | Floats) -> Floats:
        """Return (t, m) concentrations in ng/mL at ``times_h``; 0 before the first event."""
        return self.read(times_h)[1]

    def exposures(self, times_h: Sequence[float] | Floats) -> Floats:
        """Return (t, m) areas under the curves, in ng*h/mL, from the first event to ``times_h``."""
        return self.read(times_h)[2]

    def amounts(self, times_h: Sequence[float] | Floats) -> Floats:
        """Return (t, n) amounts in mg in each compartment at ``times_h``."""
        return self.read(times_h)[0]

    def exposure_without_end(self) -> Floats:
        """Return (m,) areas under the curves to infinity, in ng*h/mL."""
        return np.asarray(self.pieces[-1].exposure_without_end())

    def read(self, times_h: Sequence[float] | Floats) -> tuple[Floats, Floats, Floats]:
        """Return amounts (t, n), concentrations (t, m) and areas (t, m) at ``times_h``."""
        times = np.asarray(times_h, dtype=np.float64)
        piece = np.maximum(np.searchsorted(self.begins, times, side="right") - 1, 0)
        first = self.pieces[0]
        widths = (len(first.system.compartments), len(first.system.observed), len(first.system.observed))
        amounts, concentrations, areas = found = tuple(np.zeros((len(times), width)) for width in widths)
        for place in np.unique(piece):
            at = np.flatnonzero(piece == place)
            for whole, part in zip(found, self.pieces[place].read(times[at]), strict=True):
                whole[at] = part
        return amounts, concentrations, areas


def timeline(model: KineticModel, person: Covariates, regimen: Regimen) -> Timeline:
    """Solve ``model`` for a regimen; ``person`` is who it is before the first change."""
    inflows = list(_inflows(model, person, regimen))
    begins = _begins(regimen, inflows)
    pieces: list[Solution] = []
    for begin, end in pairwise((*begins, np.inf)):
        equations = structure(model)
        now = _person(person, regimen, begin)
        system = equations.system(model, equations.individual(model, now))
        n, m = len(system.compartments), len(system.observed)
        start = _carried(pieces, begin, n, m)
        amounts = np.zeros(n) if begin in _emptied(regimen) else start.amounts
        for settled in regimen.steady:
            if settled.at_h == begin:
                amounts = amounts + steady_amounts(model, now, settled)
        start = Start(begin, amounts, start.areas)
        stopped = _last_stop(regimen, begin)
        within = [
            part for inflow in inflows if inflow.start_h >= stopped for part in _cut(inflow, begin, end)
        ]
        pieces.append(solve(system, within, start))
    return Timeline(np.asarray(begins), tuple(pieces))


def steady_amounts(model: KineticModel, person: Covariates, settled: SteadyState) -> Floats:
    """Return (n,) mg in each compartment just before the next set of doses.

    One set leaves x after an interval and the interval multiplies what was there by M, so that all sets before
    leave x + Mx + M²x + … = (1 - M)⁻¹ x.

    Raises:
        InvalidRequest: something still flows in when the interval ends.
    """
    equations = structure(model)
    parameters = equations.individual(model, person)
    inflows = [part for dose in settled.doses for part in equations.inflows(model, parameters, dose)]
    if any(inflow.start_h + inflow.duration_h > settled.interval_h for inflow in inflows):
        raise InvalidRequest(
            f"A dose still flows in when the next one is due after {settled.interval_h:g} h; "
            "write such doses out instead of asking for their steady state."
        )
    system = equations.system(model, parameters)
    left = solve(system, inflows).amounts([settled.interval_h])[0]
    kept = np.asarray(expm(np.asarray(system.rates) * settled.interval_h))  # type: ignore[no-untyped-call]
    return np.asarray(np.linalg.solve(np.eye(len(left)) - kept, np.asarray(left)))


def _inflows(model: KineticModel, person: Covariates, regimen: Regimen) -> Iterator[Inflow]:
    """Yield what each dose brings, absorbed as by the person it was at the time."""
    equations, known = structure(model), dict[Covariates, Any]()
    for dose in regimen.administrations:
        now = _person(person, regimen, dose.time_h)
        if now not in known:
            known[now] = equations.individual(model, now)
        yield from equations.inflows(model, known[now], dose)


def _person(person: Covariates, regimen: Regimen, at_h: float) -> Covariates:
    """Return who the person is at a time: the latest change up to and at it holds."""
    latest = max((time for time, _ in regimen.changes if time <= at_h), default=None)
    return next((changed for time, changed in reversed(regimen.changes) if time == latest), person)


def _begins(regimen: Regimen, inflows: Sequence[Inflow]) -> list[float]:
    first = min(
        [inflow.start_h for inflow in inflows] + [settled.at_h for settled in regimen.steady], default=0.0
    )
    breaks = {*(at for at, _ in regimen.changes), *regimen.resets_h, *(s.at_h for s in regimen.steady)}
    return sorted({first, *(at for at in breaks if at > first)})


def _carried(pieces: Sequence[Solution], begin: float, n: int, m: int) -> Start:
    if not pieces:
        return Start(begin, np.zeros(n), np.zeros(m))
    amounts, _, areas = pieces[-1].read([begin])
    return Start(begin, np.asarray(amounts)[0], np.asarray(areas)[0])


def _emptied(regimen: Regimen) -> frozenset[float]:
    """Return the times at which the body is emptied and what still flows in is stopped."""
    return frozenset((*regimen.resets_h, *(settled.at_h for settled in regimen.steady if not settled.adds)))


def _last_stop(regimen: Regimen, begin: float) -> float:
    return max((at for at in _emptied(regimen) if at <= begin), default=-np.inf)


def _cut(inflow: Inflow, begin: float, end: float) -> tuple[Inflow, ...]:
    """Return the part of an inflow that lies in [begin, end)."""
    duration = float(inflow.duration_h)
    if inflow.start_h + duration == inflow.start_h:
        return (inflow,) if begin <= inflow.start_h < end else ()
    start, stop = max(inflow.start_h, begin), min(inflow.start_h + duration, end)
    if stop <= start:
        return ()
    part = (stop - start) / duration
    return (Inflow(start, stop - start, inflow.compartment, inflow.amount_mg * part),)
