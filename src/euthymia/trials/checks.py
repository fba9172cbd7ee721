"""Predictive checks: what was fitted, beside what the ensemble makes of a new trial of the same design.

The trials here are those the ensemble was fitted to: that it covers them says that the model can be its data, and
nothing of trials it never saw, which is what the scorecard is for. Times of events were never fitted; they are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from euthymia.evidence import TrialResult, trial_designs, trial_results
from euthymia.trials._design import Design
from euthymia.trials._intervals import inside, quantiles_of
from euthymia.trials._parameters import Ensemble
from euthymia.trials._read import shipped_design
from euthymia.trials._relapse import Curve, curve_of, hazard_ratios
from euthymia.trials.calibration import fitted_rows
from euthymia.trials.prediction import Forecast, predict_trial

_EVENTS = ("relapse_pct", "median_days_to_relapse", "hazard_ratio")
_HALF_A_PERCENT = 0.5


@dataclass(frozen=True)
class Check:
    """One number that was fitted, and what new trials of its design would find.

    Attributes:
        quantity: ``mean_change``, ``mean`` (a score), ``responders_pct``, ``remitters_pct``, or the SD of one of the
            first two: ``sd_change``, ``sd_score``.
        quantiles: the predicted 5th, 25th, 50th, 75th and 95th of 100.
    """

    trial: str
    arm: str
    visit_h: float
    quantity: str
    found: float
    quantiles: tuple[float, ...]

    def within(self, per_cent: int) -> bool:
        """Whether what was found lies in the interval of 50 or 90 of 100."""
        # One of 11 people is 9.1 %, and is printed as 9.
        room = _HALF_A_PERCENT if self.quantity.endswith("_pct") else 0.0
        return inside(self.found, self.quantiles, per_cent, room)

    def as_json(self) -> dict[str, Any]:
        """Return everything, and whether what was found lies inside."""
        return vars(self) | {"inside_50": self.within(50), "inside_90": self.within(90)}


@dataclass(frozen=True)
class Free(Curve):
    """A curve of those free of relapse, and what its trial found.

    Attributes:
        found: sentences of what the trial found, none of it fitted.
        hazard_ratio: where the trial reports one: the predicted one of this arm over the other, 5, 50 and 95 of 100.
            None stands for a quantile at which nobody of the other arm relapses.
    """

    trial: str
    found: tuple[str, ...]
    hazard_ratio: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class PredictiveChecks:
    """Every check of an ensemble, and what accompanies it; ``ensemble_sha256`` is of its file."""

    ensemble: str
    ensemble_sha256: str
    checks: tuple[Check, ...]
    free: tuple[Free, ...]
    warnings: tuple[str, ...]

    @property
    def counts(self) -> tuple[tuple[str, int, int, int], ...]:
        """By quantity: how many numbers, and how many lie inside the interval of 50 and of 90 of 100."""
        found = []
        for quantity in dict.fromkeys(each.quantity for each in self.checks):
            of = [each for each in self.checks if each.quantity == quantity]
            half, most = (sum(each.within(share) for each in of) for share in (50, 90))
            found.append((quantity, len(of), half, most))
        return tuple(found)

    def as_json(self) -> dict[str, Any]:
        """Return everything as ``euthymia checks --json`` prints it."""
        return {
            "ensemble": self.ensemble,
            "ensemble_sha256": self.ensemble_sha256,
            "checks": [each.as_json() for each in self.checks],
            "free_of_relapse": [vars(each) for each in self.free],
            "warnings": list(self.warnings),
        }


def predictive_checks(
    ensemble: Ensemble,
    *,
    sha256: str,
    rows: Sequence[TrialResult] | None = None,
    designs: Sequence[Design] | None = None,
    draws: int | None = None,
    seed: int = 7,
    say: Callable[[str], None] = lambda told: None,
) -> PredictiveChecks:
    """Predict every trial that was fitted, or that follows people to relapse, as a new trial of the same design.

    Args:
        ensemble: sets of parameters; ``sha256``: of its file.
        rows: results, those at hand unless given; ``designs`` likewise.
        draws: of parameters, each with five trials of its own.
        seed: of the trial effects and of the people.
        say: told of each trial.
    """
    every = trial_results() if rows is None else rows
    known = [shipped_design(each) for each in trial_designs()] if designs is None else designs
    fitted, checks, free = fitted_rows(every), list[Check](), list[Free]()
    for design in known:
        theirs = [row for row in fitted if row.trial == design.name]
        events = [
            row for row in every if row.trial == design.name and row.kind in _EVENTS and row.use == "predict"
        ]
        if not theirs and not events:
            continue
        say(f"{design.name}: {len(theirs)} rows")
        forecast = predict_trial(design, ensemble, draws=draws, seed=seed)
        checks += [each for row in theirs for each in checked(row, forecast)]
        free += _free(forecast, events)
    return PredictiveChecks(ensemble.id, sha256, tuple(checks), tuple(free), ensemble.warnings)


def checked(row: TrialResult, forecast: Forecast) -> Iterator[Check]:
    """The row's number, and its SD where it gives one; nothing of an arm or visit that the design has not."""
    visits = forecast.arms.get(row.arm, {})
    if row.time_h is None or row.time_h not in visits:
        return
    drawn = visits[row.time_h]
    asked = {row.kind: row.value.value}
    if row.spread is not None and row.spread_kind == "SD":
        asked[{"mean_change": "sd_change", "mean": "sd_score"}[row.kind]] = row.spread
    for quantity, found in asked.items():
        yield Check(row.trial, row.arm, row.time_h, quantity, found, quantiles_of(drawn[quantity]))


def _free(forecast: Forecast, events: Sequence[TrialResult]) -> Iterator[Free]:
    of = forecast.design.relapse
    for arm in forecast.design.arms:
        if of is None or arm.name not in forecast.relapse:
            continue
        followed, theirs = forecast.relapse[arm.name], [row for row in events if row.arm == arm.name]
        yield Free(
            **vars(curve_of(arm.name, followed, of, arm.n)),
            trial=forecast.design.name,
            found=tuple(_found(row) for row in theirs),
            hazard_ratio=_hazard(arm.name, forecast)
            if any(row.kind == "hazard_ratio" for row in theirs)
            else (),
        )


def _hazard(arm: str, forecast: Forecast) -> tuple[float | None, ...]:
    """Quantiles of an arm's hazard over that of the only other one; nothing where nobody ever relapses."""
    (other,) = (name for name in forecast.relapse if name != arm)
    drawn = hazard_ratios(forecast.relapse[arm], forecast.relapse[other])
    if not len(drawn):
        return ()
    found = np.quantile(drawn, (0.05, 0.5, 0.95), method="inverted_cdf")
    return tuple(None if np.isinf(one) else round(float(one), 3) for one in found)


def _found(row: TrialResult) -> str:
    value = row.value.value
    return {
        "relapse_pct": f"{value:g} % relapsed",
        "median_days_to_relapse": f"half had relapsed by day {value:g}",
        "hazard_ratio": f"hazard {value:g} of the other arm's",
    }[row.kind]
