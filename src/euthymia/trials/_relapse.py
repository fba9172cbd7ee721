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
        free_pct: (draws, times) of those followed who have not relapsed, per cent.
        chosen_pct: (draws,) of everybody like the arm's people who were fit to be followed, per cent.
    """

    hours: Floats
    free_pct: Floats
    chosen_pct: Floats

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


def follow(relapse: Relapse, cohort: Cohort, runs: Iterable[Floats], lots: Floats) -> Followed:
    """Return who is free of relapse, for each run of simulated scores (V, people).

    ``lots`` (runs, n) are the numbers from 0 to 1 by which chance draws the arm's people: of everybody where its size
    counts those enrolled, of those who are chosen where it counts those followed. A run in which nobody is followed
    has no curve.
    """
    first = int(np.searchsorted(cohort.visits_h, relapse.from_h))
    free, chosen = [], []
    for score, drawn in zip(runs, lots, strict=True):
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
    kept = free or [np.full(len(cohort.visits_h) - first - 1, 100.0)]
    return Followed(cohort.visits_h[first + 1 :] - relapse.from_h, np.stack(kept), np.asarray(chosen))


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
