"""How the forecasts did on trials that nothing was fitted to, beside two simple forecasts fitted to the same rows.

One value counts for each trial and visit: drug against control, given what the trial's own control arm showed where it
showed anything. Of several drug arms the one with the largest dose counts. Each trial weighs one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv

from euthymia.evidence import TrialResult, trial_designs, trial_results
from euthymia.trials._design import Design
from euthymia.trials._intervals import SHARES, inside, quantiles_of
from euthymia.trials._parameters import Ensemble
from euthymia.trials._read import shipped_design
from euthymia.trials._summaries import KINDS
from euthymia.trials.baselines import fit_baselines
from euthymia.trials.calibration import fitted_rows
from euthymia.trials.checks import Check, checked
from euthymia.trials.comparisons import Comparison, comparisons
from euthymia.trials.prediction import Forecast, predict_trial

Floats: TypeAlias = npt.NDArray[np.float64]
Said: TypeAlias = Callable[[str], None]

MODEL = "mood model"
_SHARES = ("responders_pct", "remitters_pct")
_LEVEL = 0.9
_CHANCE = 0.8
"""The mean size of a normal error is 0.8 of its standard deviation: the least that chance alone leaves."""
LEAST_COVERAGE, MOST_ERROR = 0.85, 1.5
"""The goals: coverage of the 90 % interval, and mean absolute error in units of what chance leaves."""


@dataclass(frozen=True)
class Scored:
    """One value that was found, and what was predicted of it.

    Attributes:
        trial, arm, visit_h: whose it is.
        found: in points; ``se``: its standard error, where it can be known.
        quantiles: the predicted 5th, 25th, 50th, 75th and 95th of 100.
        given: whether the control arm was given to the forecast.
    """

    trial: str
    arm: str
    visit_h: float
    found: float
    se: float | None
    quantiles: tuple[float, ...]
    given: bool

    def within(self, per_cent: int) -> bool:
        """Whether what was found lies in the interval of 50 or 90 of 100."""
        return inside(self.found, self.quantiles, per_cent)

    @property
    def width(self) -> float:
        """Of the 90 % interval."""
        return self.quantiles[4] - self.quantiles[0]

    @property
    def error(self) -> float:
        """The median less what was found."""
        return self.quantiles[2] - self.found

    @property
    def interval_score(self) -> float:
        """Width, and twenty times by how much it missed: less is better (Gneiting & Raftery 2007)."""
        low, high = self.quantiles[0], self.quantiles[4]
        missed = max(low - self.found, 0.0) + max(self.found - high, 0.0)
        return self.width + 2 / (1 - _LEVEL) * missed


@dataclass(frozen=True)
class Line:
    """A forecast's score over all trials, each weighing one.

    Attributes:
        coverage: by 50 and 90: the share of values inside with its exact 95 % binomial interval. Visits of one trial
            are not independent: the interval is too narrow by what they share. ``weighed_coverage``: each trial one.
        noise_floor: mean absolute error that chance alone leaves, over the values whose standard error is known;
            ``floored_error``: the mean absolute error over the same values.
        bias: by trial, mean of median less found.
    """

    name: str
    values: int
    trials: int
    coverage: dict[int, tuple[float, float, float]]
    weighed_coverage: dict[int, float]
    width: float
    interval_score: float
    error: float
    floored_error: float
    noise_floor: float
    bias: dict[str, float]


def _goals(ours: Line, others: Sequence[Line]) -> dict[str, bool]:
    share = f"{100 * LEAST_COVERAGE:.0f} %"
    return {
        "a better interval score than both baselines": all(
            ours.interval_score < each.interval_score for each in others
        ),
        f"90 % coverage, each trial weighing one, not below {share}": ours.weighed_coverage[90]
        >= LEAST_COVERAGE,
        f"mean absolute error within {MOST_ERROR} times the noise floor": ours.floored_error
        <= MOST_ERROR * ours.noise_floor,
    }


@dataclass(frozen=True)
class Beside:
    """How the same model did when it was fitted with other beliefs of how trials differ.

    Attributes:
        name: which beliefs; ``line``: its score; ``values``: what is behind it; ``goals``: as the scorecard's own.
        warnings: sentences that accompany it.
    """

    name: str
    line: Line
    values: tuple[Scored, ...]
    goals: dict[str, bool]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Scorecard:
    """What is printed: the lines, every value behind them, the arms alone, and what was not predicted and why.

    ``shares`` are those of response and remission of the arms alone: they count in no score.
    """

    ensemble: str
    lines: tuple[Line, ...]
    beside: tuple[Beside, ...]
    values: dict[str, tuple[Scored, ...]]
    alone: tuple[Scored, ...]
    alone_line: Line
    shares: tuple[Check, ...]
    not_predicted: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]

    @property
    def goals(self) -> dict[str, bool]:
        """Each goal, and whether it is met."""
        ours, *others = self.lines
        return _goals(ours, others)

    @property
    def verdict(self) -> str:
        """What accompanies every forecast that is made with this ensemble, in a sentence."""
        ours, *others = self.lines
        missed = [goal for goal, met in self.goals.items() if not met]
        if not missed:
            return f"On {ours.trials} trials that it was not fitted to, this ensemble met every goal of its scorecard."
        beside = " and ".join(f"{each.error:.1f} by {each.name}" for each in others)
        return (
            f"On {ours.trials} trials that it was not fitted to, this ensemble missed: {'; '.join(missed)}. "
            f"Its mean absolute error was {ours.error:.1f} points, beside {beside}."
        )

    def as_json(self) -> dict[str, Any]:
        """Return everything as ``euthymia scorecard --json`` prints it."""
        return {
            "ensemble": self.ensemble,
            "goals": self.goals,
            "verdict": self.verdict,
            "lines": [vars(each) for each in (*self.lines, self.alone_line)],
            "beside": [
                {
                    "name": each.name,
                    "line": vars(each.line),
                    "goals": each.goals,
                    "warnings": list(each.warnings),
                }
                for each in self.beside
            ],
            "values": {name: [vars(each) for each in found] for name, found in self.values.items()},
            "arms_alone": [vars(each) for each in self.alone],
            "shares": [each.as_json() for each in self.shares],
            "not_predicted": [{"what": what, "why": why} for what, why in self.not_predicted],
            "warnings": list(self.warnings),
        }


def score(
    ensemble: Ensemble,
    *,
    beside: Mapping[str, Ensemble] | None = None,
    rows: Sequence[TrialResult] | None = None,
    designs: Sequence[Design] | None = None,
    draws: int | None = None,
    seed: int = 7,
    say: Said = lambda told: None,
) -> Scorecard:
    """Predict every trial of role ``validate`` and compare. Nothing is fitted to it, and nothing may be tuned to it.

    ``beside`` names ensembles that were fitted with other beliefs: each is scored too, and no goal is theirs.
    """
    every = trial_results() if rows is None else rows
    known = [shipped_design(each) for each in trial_designs()] if designs is None else designs
    shown = [row for row in every if row.role == "validate" and row.use == "predict"]
    trials = [design for design in known if any(row.trial == design.name for row in shown)]
    fitted = fitted_rows(every)
    plain = fit_baselines(_fitted_comparisons(fitted, known), _usual_spread(fitted))
    simple = {
        each.name: [
            _scored(one, each.quantiles(one, SHARES))
            for design in trials
            for one in _one_a_visit(comparisons(design, [row for row in shown if row.trial == design.name]))
        ]
        for each in plain
    }
    ours = _predicted(ensemble, trials, shown, draws=draws, seed=seed, say=say)
    values = {MODEL: ours.values} | {name: tuple(found) for name, found in simple.items()}
    lines = tuple(_line(name, found) for name, found in values.items())
    others = []
    for name, each in (beside or {}).items():
        say(f"Beside it: {name}")
        found = _predicted(each, trials, shown, draws=draws, seed=seed, say=say)
        line = _line(name, found.values)
        others.append(
            Beside(name, line, found.values, _goals(line, lines[1:]), (*each.warnings, *found.told))
        )
    return Scorecard(
        ensemble.id,
        lines,
        tuple(others),
        values,
        ours.alone,
        _line("arms alone", ours.alone),
        ours.shares,
        tuple(_left_out(every, known)),
        (*ensemble.warnings, *ours.told),
    )


@dataclass(frozen=True)
class _Predicted:
    """What an ensemble said of the trials: against control, of each arm alone, and what is to be told of it."""

    values: tuple[Scored, ...]
    alone: tuple[Scored, ...]
    shares: tuple[Check, ...]
    told: tuple[str, ...]


def _predicted(
    ensemble: Ensemble,
    trials: Sequence[Design],
    shown: Sequence[TrialResult],
    *,
    draws: int | None,
    seed: int,
    say: Said,
) -> _Predicted:
    values, alone, shares, agreeing = list[Scored](), list[Scored](), list[Check](), list[str]()
    for design in trials:
        theirs = [row for row in shown if row.trial == design.name]
        say(f"{design.name}: {len(theirs)} numbers")
        controls = {arm.name for arm in design.controls}
        given = [row for row in theirs if row.arm in controls and row.kind in KINDS]
        free = predict_trial(design, ensemble, draws=draws, seed=seed)
        told = predict_trial(design, ensemble, draws=draws, seed=seed, given_control=given) if given else free
        if given:
            agreeing.append(f"{design.name} {told.effective:.0f}")
        values += [
            _scored(one, quantiles_of(told.differences[one.arm.name][one.visit_h]))
            for one in _one_a_visit(comparisons(design, theirs))
        ]
        alone += _alone(design, theirs, free)
        shares += [each for row in theirs if row.kind in _SHARES for each in checked(row, free)]
    of_controls = f"Effective draws that agree with the control arm that was given: {', '.join(agreeing)}."
    return _Predicted(tuple(values), tuple(alone), tuple(shares), (of_controls,) if agreeing else ())


def _left_out(rows: Sequence[TrialResult], known: Sequence[Design]) -> list[tuple[str, str]]:
    """What the trials found that is not predicted, each with the reason."""
    designed, reasons = {design.name: design for design in known}, dict[tuple[str, str], None]()
    for row in rows:
        if row.role != "validate":
            continue
        what = f"{row.trial}, {row.arm}, {row.kind}"
        if row.trial not in designed:
            reasons[what, "no design of this trial is at hand"] = None
        elif row.use == "no":
            reasons[what, row.reason] = None
        elif row.kind in KINDS and row.time_h not in designed[row.trial].visits_h:
            reasons[what, "the design has no visit at its hour"] = None
    return list(reasons)


def _fitted_comparisons(fitted: Sequence[TrialResult], known: Sequence[Design]) -> list[Comparison]:
    return [
        one
        for design in known
        for one in comparisons(design, [row for row in fitted if row.trial == design.name])
    ]


def _usual_spread(fitted: Sequence[TrialResult]) -> float:
    """The SD of a change among people, pooled over the arms that report one."""
    spreads = [
        row.spread for row in fitted if row.kind == "mean_change" and row.spread_kind == "SD" and row.spread
    ]
    return float(np.sqrt(np.mean(np.square(spreads))))


def _one_a_visit(found: Sequence[Comparison]) -> list[Comparison]:
    """Of several drug arms at a visit, the one with the largest dose."""
    best: dict[float, Comparison] = {}
    for one in found:
        before = best.get(one.visit_h)
        if before is None or _dose(one) > _dose(before):
            best[one.visit_h] = one
    return list(best.values())


def _dose(one: Comparison) -> float:
    return max([*one.arm.dose_mg, one.arm.dose_mg_per_kg or 0.0])


def _scored(one: Comparison, quantiles: Floats | tuple[float, ...]) -> Scored:
    told = tuple(round(float(each), 4) for each in quantiles)
    return Scored(one.design.name, one.arm.name, one.visit_h, one.difference, one.se, told, one.given)


def _alone(design: Design, rows: Sequence[TrialResult], free: Forecast) -> list[Scored]:
    """Each arm's mean change, without anything given."""
    found = []
    for arm in design.arms:
        for row in rows:
            if row.arm != arm.name or row.kind not in ("mean_change", "mean") or row.time_h is None:
                continue
            value = row.value.value - (arm.baseline.mean if row.kind == "mean" else 0.0)
            se = row.spread if row.spread_kind == "SE" else None
            if row.spread is not None and row.spread_kind == "SD":
                se = row.spread / math.sqrt(row.n or arm.n)
            one = quantiles_of(free.arms[arm.name][row.time_h]["mean_change"])
            found.append(Scored(design.name, arm.name, row.time_h, value, se, one, given=False))
    return found


def _line(name: str, found: Sequence[Scored]) -> Line:
    trials = sorted({one.trial for one in found})

    def weighed(of: Callable[[Scored], float], among: Sequence[Scored] = found) -> float:
        """The mean over trials of each trial's mean."""
        means = [
            np.mean([of(one) for one in among if one.trial == trial])
            for trial in trials
            if any(one.trial == trial for one in among)
        ]
        return float(np.mean(means)) if means else math.nan

    sure = [one for one in found if one.se is not None]
    return Line(
        name=name,
        values=len(found),
        trials=len(trials),
        coverage={per_cent: _coverage([one.within(per_cent) for one in found]) for per_cent in (50, 90)},
        weighed_coverage={
            50: weighed(lambda one: float(one.within(50))),
            90: weighed(lambda one: float(one.within(90))),
        },
        width=weighed(lambda one: one.width),
        interval_score=weighed(lambda one: one.interval_score),
        error=weighed(lambda one: abs(one.error)),
        floored_error=weighed(lambda one: abs(one.error), sure),
        noise_floor=weighed(lambda one: _CHANCE * (one.se or 0.0), sure),
        bias={trial: float(np.mean([one.error for one in found if one.trial == trial])) for trial in trials},
    )


def _coverage(inside: Sequence[bool]) -> tuple[float, float, float]:
    """The share inside, and its exact 95 % binomial interval (Clopper and Pearson)."""
    hits, count = sum(inside), len(inside)
    if not count:
        return math.nan, 0.0, 1.0
    low = float(betaincinv(hits, count - hits + 1, 0.025)) if hits else 0.0
    high = float(betaincinv(hits + 1, count - hits, 0.975)) if hits < count else 1.0
    return hits / count, low, high
