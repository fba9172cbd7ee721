"""Who relapses, and when: scores are simulated, and a trial's own definition is applied to its own people."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from euthymia.trials._cohort import Cohort
from euthymia.trials._design import Relapse

Floats: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Followed:
    """Those of an arm who were followed.

    Attributes:
        hours: (times,) since the follow-up began.
        free_pct: (curves, times) of those followed who have not relapsed, per cent.
        chosen_pct: (draws,) of everybody like the arm's people who were fit to be followed, per cent.
        draw_of: (curves,) the draw of each curve: one in which nobody is followed has none. Where nobody ever is, a
            single curve of no draw, -1, stays at 100.
    """

    hours: Floats
    free_pct: Floats
    chosen_pct: Floats
    draw_of: npt.NDArray[np.int64]

    @property
    def median_days(self) -> Floats:
        """(draws,) days until half have relapsed; infinite where fewer do within the follow-up."""
        reached = self.free_pct <= 50
        days = np.where(reached.any(axis=1), self.hours[reached.argmax(axis=1)] / 24, np.inf)
        return np.asarray(days, dtype=np.float64)

    def as_json(self) -> dict[str, Any]:
        """Return quantiles: followed, relapsed at the end, days to the median, and the curve."""
        low, middle, high = np.quantile(self.free_pct, (0.05, 0.5, 0.95), axis=0)
        median = np.quantile(self.median_days, (0.05, 0.5, 0.95), method="inverted_cdf")
        return {
            "followed_pct": _three(self.chosen_pct),
            "relapse_pct": _three(100 - self.free_pct[:, -1]),
            "median_days_to_relapse": [None if np.isinf(one) else round(float(one), 1) for one in median],
            "relapse_free_pct": {
                f"{hour:g}": [round(float(one[place]), 2) for one in (low, middle, high)]
                for place, hour in enumerate(self.hours)
            },
        }


@dataclass(frozen=True)
class Curve:
    """Those of one arm who stay free of relapse: the model's Kaplan–Meier curve with its numbers at risk.

    Attributes:
        days: (times,) since the follow-up began; ``low``, ``median``, ``high``: per cent free, 5, 50 and 95 of 100.
        at_risk: (day, people expected to be followed and free, in an arm of the trial's size).
    """

    arm: str
    days: tuple[float, ...]
    low: tuple[float, ...]
    median: tuple[float, ...]
    high: tuple[float, ...]
    at_risk: tuple[tuple[float, float], ...]


def curve_of(arm: str, followed: Followed, relapse: Relapse, size: int) -> Curve:
    """Return the curve of an arm of ``size`` people."""
    low, median, high = np.quantile(followed.free_pct, (0.05, 0.5, 0.95), axis=0)
    days = followed.hours / 24
    places = np.unique(np.linspace(0, len(days) - 1, _AT_RISK).round().astype(int))
    begun = relapse.begun(size, float(np.median(followed.chosen_pct)))
    at_risk = tuple((round(float(days[at]), 1), round(begun * float(median[at]) / 100, 1)) for at in places)
    return Curve(arm, _rounded(days), _rounded(low), _rounded(median), _rounded(high), at_risk)


_AT_RISK = 7
# Times at which those still at risk are counted under a curve.


def _rounded(along: Floats) -> tuple[float, ...]:
    return tuple(round(float(one), 2) for one in along)


def hazard_ratios(one: Followed, other: Followed) -> Floats:
    """Return an arm's hazard of relapse over another's, for each draw in which both are followed and either relapses.

    It is the ratio of the cumulative hazards at the end of the follow-up, each the sum over visits of those who relapse
    over those still free: what a Cox model estimates where the ratio stays the same. Where nobody of the other arm
    relapses it is infinite.
    """
    _, own, theirs = np.intersect1d(one.draw_of, other.draw_of, return_indices=True)
    ours, beside = _cumulative(one.free_pct[own]), _cumulative(other.free_pct[theirs])
    some = (ours > 0) | (beside > 0)
    with np.errstate(divide="ignore"):
        return np.asarray(ours[some] / beside[some], dtype=np.float64)


def _cumulative(free_pct: Floats) -> Floats:
    """Return (curves,) the cumulative hazard at the end: the sum of those who relapse over those free before."""
    before = np.column_stack([np.full(len(free_pct), 100.0), free_pct[:, :-1]])
    return np.asarray(np.sum((before - free_pct) / np.where(before > 0, before, 1.0), axis=1))


def follow(relapse: Relapse, cohort: Cohort, runs: Iterable[Floats], lots: Floats) -> Followed:
    """Return who is free of relapse, for each run of simulated scores (V, people).

    ``lots`` (runs, n) are the numbers from 0 to 1 by which chance draws the arm's people: of everybody where its size
    counts those enrolled, of those who are chosen where it counts those followed. A run in which nobody is followed
    has no curve.
    """
    first = int(np.searchsorted(cohort.visits_h, relapse.from_h))
    free, chosen, draw_of = [], [], []
    for draw, (score, drawn) in enumerate(zip(runs, lots, strict=True)):
        rated = np.round(score)
        fit = _chosen(relapse, cohort, rated, first)
        chosen.append(100 * float(fit.mean()))
        among = np.flatnonzero(fit) if relapse.sizes_are == "followed" else np.arange(len(fit))
        if not len(among):
            continue
        who = among[np.minimum((drawn * len(among)).astype(np.int64), len(among) - 1)]
        who = who[fit[who]]
        if not len(who):
            continue
        high = rated[first + 1 :, who] >= relapse.score_at_least
        free.append(100 * (1 - _in_a_row(high, relapse.times_in_a_row).mean(axis=1)))
        draw_of.append(draw)
    kept = free or [np.full(len(cohort.visits_h) - first - 1, 100.0)]
    return Followed(
        cohort.visits_h[first + 1 :] - relapse.from_h,
        np.stack(kept),
        np.asarray(chosen),
        np.asarray(draw_of or [-1], dtype=np.int64),
    )


def _chosen(relapse: Relapse, cohort: Cohort, rated: Floats, first: int) -> npt.NDArray[np.bool_]:
    if relapse.among == "responders":
        return np.asarray(rated[first] <= cohort.baseline / 2)
    remitted = rated[: first + 1] <= cohort.remission_at_most
    return np.asarray(remitted.all(axis=0) if relapse.among == "stable remitters" else remitted[-1])


def _in_a_row(high: npt.NDArray[np.bool_], times: int) -> npt.NDArray[np.bool_]:
    """Return (visits, people) whether so many high scores in a row have been seen by then."""
    runs = np.zeros(high.shape[1], dtype=np.int64)
    relapsed = np.zeros(high.shape[1], dtype=np.bool_)
    along = []
    for seen in high:
        runs = np.where(seen, runs + 1, 0)
        relapsed = relapsed | (runs >= times)
        along.append(relapsed)
    return np.stack(along)


def _three(drawn: Floats) -> list[float]:
    return [round(float(one), 2) for one in np.quantile(drawn, (0.05, 0.5, 0.95))]
