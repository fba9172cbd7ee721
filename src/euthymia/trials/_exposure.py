"""What drives the mood model in an arm: S-ketamine at the effect site of its people, on a grid of its own.

Kinetics are linear and nobody fits them here, so one session is solved once for each kind of dose, and a course
is the sum of its sessions.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import jax
import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from euthymia.pharmacology import (
    Characters,
    Course,
    CourseSolver,
    People,
    draw_people,
    infusion,
    nasal_session,
)
from euthymia.pharmacology._draws import normals, uniforms
from euthymia.trials._design import Arm, Who

Floats: TypeAlias = npt.NDArray[np.float64]

DEVICE_MG = 28.0
"""What one nasal device holds; a smaller dose is taken as a part of one device."""

DEVICES_APART_H = 5 / 60
"""Hours between two devices of one session: five minutes, ours."""

KINETICS = {
    "esketamine-nasal": "perez-ruixo-2021",
    "ketamine-iv": "racemate-otto-2021",
    "esketamine-iv": "otto-2021",
}
# Hours since a session began at which its curve is kept, and at which the grid has nodes.
_CURVE_H = np.unique(np.concatenate([np.arange(0, 6, 0.05), np.geomspace(6, 700, 60)]))
_NODES_H = np.asarray(
    [
        0,
        0.1,
        0.2,
        0.3,
        0.4,
        0.5,
        0.6,
        0.7,
        0.85,
        1,
        1.25,
        1.5,
        2,
        2.5,
        3,
        4,
        5,
        6,
        8,
        10,
        12,
        14,
        16,
        20,
        24,
        30,
        36,
        42,
        48,
    ]
)
_FURTHER_H = 12.0
_LEAST_KG, _MOST_KG, _LEAST_YEARS, _MOST_YEARS = 35.0, 200.0, 18.0, 90.0


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Exposure:
    """The grid of an arm and what its people have at the effect site.

    Attributes:
        nodes_h: (T,) hours since the first dose of day 1.
        site: (T, people) ng/mL; zeros without ketamine.
        at: (visits,) the node of each visit.
    """

    nodes_h: Floats
    site: Floats
    at: npt.NDArray[np.int64]


def people_of(who: Who, count: int, seed: int) -> Characters:
    """Draw ``count`` people with the ages, weights, sexes and ancestries of a trial."""
    index = np.arange(count, dtype=np.int64)

    def spread(key: str, mean: float, sd: float, low: float, high: float) -> Floats:
        return np.clip(mean + sd * normals(seed, f"trial {key}", [index]), low, high)

    where = np.cumsum([part for _, part in who.ancestry])
    named = np.asarray([name for name, _ in who.ancestry])
    drawn = np.minimum(
        np.searchsorted(where, uniforms(seed, "trial ancestry", [index]), side="right"), len(named) - 1
    )
    ancestry = named[drawn]
    nobody = np.zeros(count, dtype=np.bool_)
    return Characters(
        index=index,
        age_years=spread("age", *who.age_years, _LEAST_YEARS, _MOST_YEARS),
        weight_kg=spread("weight", *who.weight_kg, _LEAST_KG, _MOST_KG),
        female=normals(seed, "trial sex", [index]) < ndtri(np.clip(who.female, 1e-9, 1 - 1e-9)),
        asian=np.isin(ancestry, ["asian", "japanese"]),
        japanese=ancestry == "japanese",
        hepatic_moderate=nobody,
        cyp2b6_inhibited=nobody,
        liver_clearance=np.ones(count),
        gut_clearance=np.ones(count),
        failed_antidepressants=np.full(count, who.failed_antidepressants[0], dtype=np.int64),
        baseline_madrs=np.full(count, np.nan),
        assumptions=(),
    )


def exposure(arm: Arm, who: Who, visits_h: tuple[float, ...], *, people: int, seed: int) -> Exposure:
    """Return the exposure of ``people`` virtual people of an arm; the same people for the same seed."""
    nodes = _grid(arm, visits_h)
    site = np.zeros((len(nodes), people))
    if arm.active:
        drawn = _drawn(KINETICS[arm.product], who, people, seed)
        usual = _summed(arm, arm.dose_mg, drawn, nodes)
        site = usual
        if arm.flexible is not None:
            from_session = arm.flexible.from_session - 1
            higher = arm.dose_mg[:from_session] + (arm.flexible.to_mg,) * (len(arm.days) - from_session)
            goes_up = uniforms(seed, "trial flexible", [np.arange(people)]) < arm.flexible.share
            site = np.where(goes_up, _summed(arm, higher, drawn, nodes), usual)
    return Exposure(nodes, site, np.searchsorted(nodes, np.asarray(visits_h)).astype(np.int64))


def _grid(arm: Arm, visits_h: tuple[float, ...]) -> Floats:
    """Nodes close together after a session, a day apart later, and at every visit."""
    end, begun = float(visits_h[-1]), [start for start in arm.sessions_h if start < visits_h[-1]]
    parts = [np.asarray([0.0, *visits_h])]
    for start, following in zip(begun, [*begun[1:], end], strict=True):
        near = start + _NODES_H
        far = np.arange(start + _NODES_H[-1] + _FURTHER_H, following, _FURTHER_H)
        parts += [near[near < following], far]
    return np.unique(np.round(np.concatenate(parts), 6))


def _summed(arm: Arm, doses_mg: tuple[float, ...], people: People, nodes: Floats) -> Floats:
    """Return (T, people): the sum of the curves of all sessions."""
    total = np.zeros((len(nodes), len(people)))
    for place, start in enumerate(arm.sessions_h):
        since = nodes - start
        reached = (since > 0) & (since < _CURVE_H[-1])
        if not reached.any():
            continue
        curve = _curve(arm, doses_mg[place] if doses_mg else 0.0, people)
        total[reached] += _between(curve, since[reached])
    return total


def _curve(arm: Arm, dose_mg: float, people: People) -> Floats:
    """Return (curve times, people) after one session."""
    if arm.product == "esketamine-nasal":
        devices = max(int(dose_mg // DEVICE_MG), 1)
        part = dose_mg / (devices * DEVICE_MG)
        return part * _unit_curve(people.model, devices, 0.0, _Same(people))
    unit = _unit_curve(people.model, 0, arm.minutes, _Same(people))
    if arm.dose_mg_per_kg is not None:
        return unit * arm.dose_mg_per_kg * people.characters.weight_kg
    return unit * dose_mg


@dataclass(frozen=True)
class _Same:
    """People, compared by identity: one seed and one trial have one batch of them (``_drawn``)."""

    people: People

    def __hash__(self) -> int:
        return id(self.people)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.people is self.people


@lru_cache(maxsize=32)
def _drawn(model_id: str, who: Who, people: int, seed: int) -> People:
    return draw_people(model_id, people_of(who, people, seed), seed=seed)


@lru_cache(maxsize=8)
def _solver(model_id: str, devices: int, minutes: float) -> CourseSolver:
    doses = (
        nasal_session(devices, device_mg=DEVICE_MG, interval_h=DEVICES_APART_H)
        if devices
        else infusion(1.0, minutes)
    )
    return CourseSolver(Course(model_id, doses, tuple(_CURVE_H.tolist())))


@lru_cache(maxsize=64)
def _unit_curve(model_id: str, devices: int, minutes: float, whose: _Same) -> Floats:
    """One session of so many devices, or one milligram by vein: (curve times, people), ng/mL."""
    found: Floats = _solver(model_id, devices, minutes).effect_site(whose.people).T
    return found


def _between(curve: Floats, since: Floats) -> Floats:
    """Interpolate the logarithm of a curve: straight where it falls exponentially."""
    right = np.clip(np.searchsorted(_CURVE_H, since), 1, len(_CURVE_H) - 1)
    part = ((since - _CURVE_H[right - 1]) / (_CURVE_H[right] - _CURVE_H[right - 1]))[:, None]
    logs = np.log(np.maximum(curve, 1e-9))
    found: Floats = np.exp((1 - part) * logs[right - 1] + part * logs[right])
    return found
