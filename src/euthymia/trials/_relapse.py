"""Who relapses, and when: scores are simulated, and a trial's own definition is applied to its own people."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from euthymia.trials._cohort import Cohort
from euthymia.trials._design import Relapse

Floats: TypeAlias = npt.NDArray[np.float64]

_STABLE_H = 24 * 28.0
"""How long before the end of the first phase a stable remitter has been in remission."""


@dataclass(frozen=True)
class Followed:
    """Those of an arm who were followed.

    Attributes:
        hours: (times,) since the follow-up began.
        free_pct: (draws, times) of those followed who have not relapsed, per cent.
        chosen_pct: (draws,) of the arm's people who were followed, per cent.
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


def followed_visits(relapse: Relapse) -> tuple[float, ...]:
    """Return the hours at which people are seen: before the follow-up, to choose them, and along it."""
    before = np.arange(relapse.from_h, max(relapse.from_h - _STABLE_H, 0.0), -relapse.every_h)[::-1]
    after = relapse.from_h + np.arange(relapse.every_h, relapse.follow_h + 1e-6, relapse.every_h)
    return tuple(float(hour) for hour in np.concatenate([before, after]))


def follow(relapse: Relapse, cohort: Cohort, runs: Iterable[Floats]) -> Followed:
    """Return who is free of relapse, for each run of simulated scores (V, people)."""
    first = int(np.searchsorted(cohort.visits_h, relapse.from_h))
    free, chosen = [], []
    for score in runs:
        rated = np.round(score)
        followed = _chosen(relapse, cohort, rated, first)
        high = rated[first + 1 :, followed] >= relapse.score_at_least
        relapsed = _in_a_row(high, relapse.times_in_a_row)
        chosen.append(100 * float(followed.mean()))
        free.append(100 * (1 - relapsed.mean(axis=1)) if followed.any() else np.full(len(high), np.nan))
    kept = [one for one in free if not np.isnan(one).any()] or [
        np.full(len(cohort.visits_h) - first - 1, 100.0)
    ]
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
