"""What a course's doses bring to many people: at once, at a rate, or at a rate for a time of each person's own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import Array

from euthymia.evidence import KineticModel
from euthymia.pharmacology._regimen import Administration
from euthymia.pharmacology._structures import structure

Floats: TypeAlias = npt.NDArray[np.float64]
Table: TypeAlias = Mapping[str, Array]
Banks: TypeAlias = Sequence[Table]
"""Everybody's parameters at each visit: one table where the visits of a person are alike."""

# A length of a person's own is cut off here, the amount kept: it would take a person in some millions.
_LONGEST_H = 24.0
_SAME_TIME = 1e-9


@dataclass(frozen=True, slots=True)
class _Part:
    """One of the things that a dose brings; ``kind`` counts what doses of one route and device bring.

    ``hours`` is None where the length differs between people. ``bank`` is the visit by whose parameters it goes.
    """

    start_h: float
    hours: float | None
    to: str
    kind: int
    amount_mg: float
    bank: int


class Dosing:
    """The doses of a course, placed on the times that all people share.

    Attributes:
        events: (events,) when something begins for all people, or ends for all at once; hours, sorted.
    """

    def __init__(
        self,
        model: KineticModel,
        doses: Sequence[Administration],
        people: Mapping[str, Floats],
        begin_h: float,
        banks: Sequence[int] | None = None,
    ) -> None:
        """Place ``doses``; by ``people``'s parameters it is seen which lengths differ between people.

        ``banks`` says of each dose to which visit it belongs, where the visits of a person differ.
        """
        self._model = model
        self._ones: list[Administration] = []
        self._parts = self._placed(doses, people, banks or [0] * len(doses))
        times = {part.start_h for part in self._parts}
        times |= {part.start_h + part.hours for part in self._parts if part.hours is not None}
        self.events: Floats = np.asarray(sorted(times) if times else [begin_h])

    def _placed(
        self, doses: Sequence[Administration], people: Mapping[str, Floats], banks: Sequence[int]
    ) -> tuple[_Part, ...]:
        first: dict[tuple[str, int | None], int] = {}
        count, parts = 0, list[_Part]()
        for dose, bank in zip(doses, banks, strict=True):
            one = replace(dose, amount_mg=1.0)
            brought = structure(self._model).inflows(self._model, people, one)
            if (dose.route, dose.device) not in first:
                first[dose.route, dose.device] = count
                count += len(brought)
                self._ones.append(one)
            for kind, inflow in enumerate(brought, start=first[dose.route, dose.device]):
                lengths = np.unique(np.asarray(inflow.duration_h))
                hours = float(lengths[0]) if len(lengths) == 1 else None
                parts.append(_Part(inflow.start_h, hours, inflow.compartment, kind, dose.amount_mg, bank))
        return tuple(parts)

    def entering(self, banks: Banks, names: Sequence[str]) -> tuple[Array, Array]:
        """Return what each event adds at once, and what flows from it on to everybody: (events, b·n, people)."""
        amounts, _ = self._of_a_milligram(banks)
        bolus, inflow = np.zeros((2, len(self.events), len(banks), len(names), amounts.shape[1]))
        for part in self._parts:
            if part.hours is not None:
                ends = [part.start_h - _SAME_TIME, part.start_h + part.hours - _SAME_TIME]
                first, last = np.searchsorted(self.events, ends)
                to = names.index(part.to)
                if first == last:
                    bolus[first, part.bank, to, part.kind] += part.amount_mg
                inflow[first:last, part.bank, to, part.kind] += part.amount_mg / (part.hours or 1.0)
        shape = len(self.events), len(banks) * len(names), -1
        return (
            jnp.einsum("ebnk,bkp->ebnp", bolus, amounts).reshape(shape),
            jnp.einsum("ebnk,bkp->ebnp", inflow, amounts).reshape(shape),
        )

    def dripping(self, banks: Banks, names: Sequence[str]) -> tuple[Array | None, Array | None]:
        """Return what flows in for a time of each person's own, and for how long: see ``Linear``."""
        mine = sorted((part for part in self._parts if part.hours is None), key=lambda part: part.start_h)
        if not mine:
            return None, None
        kinds, lane_of = _lanes(mine)
        given = np.zeros((len(self.events), len(kinds), len(banks), len(names)))
        since = np.full((len(self.events), len(kinds)), np.inf)
        bank = np.zeros((len(self.events), len(kinds)), np.int64)
        for part, lane in zip(mine, lane_of, strict=True):
            ends = [part.start_h - _SAME_TIME, part.start_h + _LONGEST_H - _SAME_TIME]
            first, last = np.searchsorted(self.events, ends)
            given[first:last, lane, part.bank, names.index(part.to)] += part.amount_mg
            since[first:last, lane] = self.events[first:last] - part.start_h
            bank[first:last, lane] = part.bank
        amounts, lengths = (each[bank, np.asarray(kinds)] for each in self._of_a_milligram(banks))
        hours = jnp.minimum(lengths, _LONGEST_H)  # (events, lanes, people)
        lasting = jnp.maximum(hours - since[:, :, None], 0.0)
        into = jnp.asarray(given.reshape(*given.shape[:2], -1))
        return into[..., None] * (amounts / hours)[:, :, None], lasting

    def _of_a_milligram(self, banks: Banks) -> tuple[Array, Array]:
        """Return what a milligram of each kind brings, and for how long: (banks, kinds, people)."""
        found = [self._of_one(own) for own in banks]
        return jnp.stack([amounts for amounts, _ in found]), jnp.stack([lengths for _, lengths in found])

    def _of_one(self, own: Table) -> tuple[Array, Array]:
        none = jnp.zeros_like(next(iter(own.values())))
        parts = [part for one in self._ones for part in structure(self._model).inflows(self._model, own, one)]
        return (
            jnp.stack([none + part.amount_mg for part in parts] or [none]),
            jnp.stack([none + part.duration_h for part in parts] or [none]),
        )


def _lanes(parts: Sequence[_Part]) -> tuple[list[int], list[int]]:
    """Return the kind that each lane carries, and the lane of each of ``parts``, which are sorted by time.

    What begins together shares a lane; otherwise a lane is free once nothing in it can still last.
    """
    kinds, begun, chosen = list[int](), list[float](), list[int]()
    for part in parts:
        free = (
            lane
            for lane, (kind, start) in enumerate(zip(kinds, begun, strict=True))
            if kind == part.kind and (part.start_h == start or part.start_h - start >= _LONGEST_H)
        )
        lane = next(free, len(kinds))
        if lane == len(kinds):
            kinds.append(part.kind)
            begun.append(part.start_h)
        begun[lane] = part.start_h
        chosen.append(lane)
    return kinds, chosen
