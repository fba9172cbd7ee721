"""Hours against weeks: what the mean score does in groups of people treated in several ways.

A group is of 512 people, so that chance leaves a tenth of a point: an interval holds not knowing the parameters and
how one trial differs from another. The same trial's effects and the same parameters go through all groups of
a draw, so that differences are of one world. Nothing of it was seen in one trial; ``sentences`` says what was.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from euthymia.evidence import outlook_design_text, trial_designs
from euthymia.pharmacology._alone import one_at_a_time
from euthymia.trials._cohort import TYPICAL_N, cohorts
from euthymia.trials._design import Arm, Design
from euthymia.trials._parameters import Ensemble, in_words, said_of_priors
from euthymia.trials._read import parse_design, shipped_design
from euthymia.trials.calibration import fitted_rows
from euthymia.trials.prediction import (
    PEOPLE,
    all_labile,
    quantiles,
    simulated_scores,
    trial_effects,
)

Floats: TypeAlias = npt.NDArray[np.float64]

HOURS_AGAINST_WEEKS = "hours-against-weeks"
KEPT, STOPPED, ORAL = (
    "esketamine spray and a new antidepressant, then maintenance",
    "esketamine spray and a new antidepressant, four weeks of spray",
    "placebo spray and a new antidepressant",
)
"""The groups of which ``sentences`` speaks, by their names in the design."""

_OF_THE_DRUG = frozenset(
    {
        "half_at",
        "signal_time",
        "filling",
        "labile_time",
        "drug",
        "drug_log_sd",
        "drug_sd",
        "unblinding",
    }
)
_OF_AN_ANTIDEPRESSANT = frozenset({"oral", "oral_time"})
_TRIALS_PER_DRAW = 5
_DAY_H = 24.0
_DAY, _MONTH = 24.0, 647.0
_LAST_TURN_H = 24.0 * 178
"""The last session of maintenance begins; the next one would come two weeks later."""


@dataclass(frozen=True)
class MeanCourses:
    """What the mean score does.

    Attributes:
        design: who is treated how.
        ensemble: by which sets of parameters; with its hash, so that an older one is told from it.
        means: by arm, (trials, V) points: the mean score of everybody at each of the design's visits.
        driven: parameters that act here and of which the fitted trials say little, with width over the prior's.
        warnings: sentences to show beside any number.
    """

    design: Design
    ensemble: str
    ensemble_sha256: str
    means: Mapping[str, Floats]
    driven: Mapping[str, float]
    warnings: tuple[str, ...]

    def quantiles(self, arm: str, visit_h: float) -> tuple[float, float, float]:
        """Return the 5th, 50th and 95th of 100 of an arm's mean score (points) at one of the design's visits."""
        return _three(self.means[arm][:, self._at(visit_h)])

    def less(self, arm: str, other: str, visit_h: float) -> tuple[float, float, float]:
        """Return the same of by how many points ``arm`` lies below ``other``."""
        at = self._at(visit_h)
        return _three(self.means[other][:, at] - self.means[arm][:, at])

    def over_the_last_turn(self, arm: str, below: str | None = None) -> tuple[float, float, float]:
        """Return the same of the mean over the two weeks from the last session of maintenance on, or of how far it
        lies below that of another arm: neither just after a session nor just before one."""
        at = np.asarray(self.design.visits_h) > _LAST_TURN_H
        hours = np.asarray(self.design.visits_h)[at]

        def over(name: str) -> Floats:
            return np.asarray(np.trapezoid(self.means[name][:, at], hours, axis=1) / (hours[-1] - hours[0]))

        return _three(over(arm) if below is None else over(below) - over(arm))

    def _at(self, visit_h: float) -> int:
        return self.design.visits_h.index(visit_h)

    def as_json(self) -> dict[str, Any]:
        """Return what is shipped as data and what ``euthymia outlook --json`` prints."""
        return {
            "design": self.design.name,
            "ensemble": self.ensemble,
            "ensemble_sha256": self.ensemble_sha256,
            "baseline": self.design.arms[0].baseline.mean,
            "arms": {
                arm: {
                    f"{visit:g}": [round(one, 2) for one in self.quantiles(arm, visit)]
                    for visit in self.design.visits_h
                }
                for arm in self.means
            },
            "sentences": list(sentences(self)),
            "fitted": [*fitted(self.design, self.driven), *believed(self.driven)],
            "warnings": list(self.warnings),
        }


@one_at_a_time
def mean_courses(
    ensemble: Ensemble,
    *,
    sha256: str = "",
    draws: int | None = None,
    seed: int = 7,
    people: int = PEOPLE,
    progress: Callable[[int], None] = lambda done: None,
) -> MeanCourses:
    """Ask the model for the mean courses of the groups of ``hours-against-weeks``.

    Args:
        ensemble: sets of parameters; the first ``draws`` of them are taken, or all.
        sha256: of the ensemble's file.
        draws: of parameters, 2 to as many as there are.
        seed: of the trial effects and of the people.
        people: virtual people behind each arm, a power of two.
        progress: called with the number of draws done.

    Raises:
        InvalidRequest: too few or too many draws.
    """
    asked = outlook_design()
    places = ensemble.taken(draws)
    index = np.arange(len(places) * _TRIALS_PER_DRAW)
    effects = trial_effects(seed, len(index))
    some = cohorts(asked, people=people, seed=seed)
    labile = all_labile(some, places, progress)
    means = {
        cohort.arm.name: np.stack(
            [
                score.mean(axis=1)
                for score in simulated_scores(cohort, own, places, effects, index // _TRIALS_PER_DRAW)
            ]
        )
        for cohort, own in zip(some, labile, strict=True)
    }
    own = said_of_priors(ensemble.prior_driven)  # said in words instead, by ``believed``
    warnings = tuple(sentence for sentence in ensemble.warnings if sentence not in own)
    driven = {
        name: ensemble.widths.get(name, 1.0)
        for name in ensemble.prior_driven
        if any(acts_in(name, arm) for arm in asked.arms)
    }
    return MeanCourses(asked, ensemble.id, sha256, means, driven, warnings)


def _three(drawn: Floats) -> tuple[float, float, float]:
    low, middle, high = quantiles(drawn)
    return low, middle, high


def outlook_design(name: str = HOURS_AGAINST_WEEKS) -> Design:
    """Return a design at hand that no trial had.

    Raises:
        EvidenceError: there is none of that name.
        InvalidRequest: its file breaks the format, or a number has no source.
    """
    return parse_design(outlook_design_text(name), f"{name}.toml", sourced=True)


def sentences(found: MeanCourses) -> tuple[str, ...]:
    """Return what the courses say, in words."""
    start = found.design.arms[0].baseline.mean

    def fallen(three: tuple[float, float, float]) -> str:
        low, middle, high = three
        return f"{start - middle:.0f} points ({start - high:.0f} to {start - low:.0f})"

    def at(arm: str, visit_h: float) -> str:
        return fallen(found.quantiles(arm, visit_h))

    drug = STOPPED.split(",")[0]
    return (
        f"All groups begin at a mean MADRS of {start:.0f} points, of 60; in brackets stands where 90 of 100 forecasts "
        "lie.",
        f"A day after the first session the mean has fallen by {at(STOPPED, _DAY)} with {drug}, and by "
        f"{at(ORAL, _DAY)} with {ORAL}: {_points(found.less(STOPPED, ORAL, _DAY))} between them.",
        f"After four weeks it has fallen by {at(STOPPED, _MONTH)} and by {at(ORAL, _MONTH)}: "
        f"{_points(found.less(STOPPED, ORAL, _MONTH))} between them.",
        f"After half a year, over the two weeks from one session of maintenance to the next, it has fallen by "
        f"{fallen(found.over_the_last_turn(KEPT))} where sessions went on, and by "
        f"{fallen(found.over_the_last_turn(STOPPED))} where they ended after four weeks: "
        f"{_points(found.over_the_last_turn(KEPT, STOPPED))} between them.",
        "The model lets nothing of a session last for months; whether something does is not known.",
        "These are means of groups. Some people are helped much more than the mean and some not at all.",
    )


def _points(three: tuple[float, float, float]) -> str:
    low, middle, high = three
    return f"{middle:.0f} points ({low:.0f} to {high:.0f})"


def fitted(design: Design, driven: Mapping[str, float]) -> tuple[str, ...]:
    """Return a sentence for each arm: at which visits trials like it were fitted, and what is belief.

    ``driven`` are the parameters of which these trials say little, with their widths over their priors'.
    """
    return tuple(_said(arm, fitted_visits(arm), driven) for arm in design.arms)


def fitted_visits(arm: Arm) -> dict[str, tuple[float, ...]]:
    """Return the trials that were fitted with arms of the same drug and antidepressant, with the visits in hours."""
    known = {
        (trial.name, each.name): each for trial in map(shipped_design, trial_designs()) for each in trial.arms
    }
    found: dict[str, set[float]] = defaultdict(set)
    for row in fitted_rows():
        if row.time_h is not None and _kind(known[row.trial, row.arm]) == _kind(arm):
            found[row.trial].add(row.time_h)
    return {trial: tuple(sorted(found[trial])) for trial in sorted(found, key=lambda each: min(found[each]))}


def visits_in_words(visits_h: Iterable[float]) -> str:
    """Return visits as people say them: by the hour for three days, then by the day, counted from 1."""
    told = [f"{hour:.0f} h" if hour <= 3 * _DAY_H else f"day {hour / _DAY_H + 1:.0f}" for hour in visits_h]
    return " and ".join(filter(None, (", ".join(told[:-1]), told[-1])))


def believed(driven: Mapping[str, float]) -> tuple[str, ...]:
    """Return a sentence on what the fitted trials say little of, in words; none where they speak to everything."""
    if not driven:
        return ()
    told = (f"{in_words(name)} ({name}, {width:.2f})" for name, width in driven.items())
    return (
        "Beliefs rather than findings, with how wide each still is where its prior's width is 1: "
        f"{'; '.join(told)}.",
    )


def _kind(arm: Arm) -> tuple[str, str]:
    return (arm.product.split("-")[0] if arm.active else "placebo"), arm.oral_antidepressant


def acts_in(name: str, arm: Arm) -> bool:
    """Whether a parameter moves an arm's scores at all."""
    if name == "small_trial":  # the groups have a size at which it does nothing
        return arm.active and arm.n != TYPICAL_N
    if name in _OF_THE_DRUG:
        return arm.active
    if name in _OF_AN_ANTIDEPRESSANT:
        return arm.oral_antidepressant == "new"
    return name != "open_label" or arm.setting == "open-label"


def _said(arm: Arm, visits: Mapping[str, tuple[float, ...]], driven: Mapping[str, float]) -> str:
    own = [name for name in driven if acts_in(name, arm)]
    priors = f"; even there the prior speaks in {', '.join(own)}" if own else ""
    if not visits:
        return f"{arm.name}: prior-driven: no trial like it was fitted, and it is what the model makes of the others."
    times = dict.fromkeys(visits.values())
    trials = "; ".join(
        f"{', '.join(name for name, its in visits.items() if its == each)} at {visits_in_words(each)}"
        for each in times
    )
    gaps = [then - now for now, then in pairwise(arm.days)]
    beyond = (
        "sessions further apart and everything after are"
        if any(gap > 4 for gap in gaps)
        else "what comes after is"
    )
    return (
        f"{arm.name}: fitted at single visits ({trials}){priors}; between them, and before the first, the line is what "
        f"the model makes of its parts; {beyond} prior-driven."
    )
