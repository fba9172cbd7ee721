"""Two simple forecasts of drug against control, fitted to the same rows: what the mood model has to be better than.

``constant`` says the same difference for every drug arm at every visit. ``two exponentials`` gives every session a
response that rises and fades, and adds the sessions up: the form of Nunes and of Singh.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import ndtri

from euthymia.trials._design import Arm
from euthymia.trials.comparisons import Comparison

Floats: TypeAlias = npt.NDArray[np.float64]
Response: TypeAlias = Callable[[Floats, Arm, float], float]

_STEP = 1e-4


@dataclass(frozen=True)
class Baseline:
    """A simple forecast, fitted.

    Attributes:
        name: as it is printed.
        place: the response's numbers, then the logarithm of how far trials differ (SD, points).
        covariance: of ``place``, by the curvature.
        spread: the usual SD of a change among people, from the rows that were fitted.
        response: the expected difference of an arm at a visit.
    """

    name: str
    place: Floats
    covariance: Floats
    spread: float
    response: Response

    def quantiles(self, of: Comparison, shares: Sequence[float]) -> Floats:
        """Return the predicted quantiles of a comparison's difference; its own results are not looked at."""
        expected = self.response(self.place, of.arm, of.visit_h)
        slope = np.asarray(
            [
                (
                    self.response(self.place + move, of.arm, of.visit_h)
                    - self.response(self.place - move, of.arm, of.visit_h)
                )
                / (2 * _STEP)
                for move in _STEP * np.eye(len(self.place))
            ]
        )
        sampled = self.spread**2 * (1 / of.arm.n + 1 / of.control.n)
        variance = slope @ self.covariance @ slope + np.exp(2 * self.place[-1]) + sampled
        return np.asarray(expected + np.sqrt(variance) * ndtri(shares))


def fit_baselines(found: Sequence[Comparison], spread: float) -> tuple[Baseline, Baseline]:
    """Return the constant and the two-exponential forecast, fitted to comparisons by their posterior's maximum.

    Comparisons of a trial share its own difference from others; those of one visit share its control.
    ``spread`` is the SD of a change among people, used where a standard error was not reported.
    """
    constant = _fitted("constant effect", _constant, np.asarray([-4.0, 1.0]), found, spread)
    start = np.asarray([-6.0, np.log(6.0), np.log(120.0), 1.0])
    return constant, _fitted("two exponentials a session", _two_exponentials, start, found, spread)


def _constant(place: Floats, arm: Arm, visit_h: float) -> float:
    return float(place[0])


def _two_exponentials(place: Floats, arm: Arm, visit_h: float) -> float:
    rise, fade = np.exp(place[1]), np.exp(place[2])
    since = np.asarray([visit_h - begun for begun in arm.sessions_h if begun < visit_h])
    return float(place[0] * np.sum(np.exp(-since / fade) - np.exp(-since / rise)))


def _fitted(
    name: str, response: Response, start: Floats, found: Sequence[Comparison], spread: float
) -> Baseline:
    values = np.asarray([one.difference for one in found])
    noise = _noise(found, spread)
    together = np.asarray([[a.design.name == b.design.name for b in found] for a in found], dtype=np.float64)

    def misfit(place: Floats) -> float:
        covariance = noise + np.exp(2 * place[-1]) * together
        away = values - np.asarray([response(place, one.arm, one.visit_h) for one in found])
        root = np.linalg.cholesky(covariance)
        scaled = np.linalg.solve(root, away)
        # A weak belief (ours) keeps times between minutes and years and a spread of trials near points.
        belief = 0.5 * float(np.sum(((place[1:] - start[1:]) / 2.0) ** 2))
        return float(0.5 * scaled @ scaled + np.sum(np.log(np.diag(root)))) + belief

    best = minimize(  # type: ignore[no-untyped-call]
        misfit, start, method="Nelder-Mead", options={"maxiter": 20_000, "xatol": 1e-6}
    )
    place = np.asarray(best.x, dtype=np.float64)
    covariance = np.asarray(np.linalg.inv(_curvature(misfit, place)), dtype=np.float64)
    return Baseline(name, place, covariance, spread, response)


def _noise(found: Sequence[Comparison], spread: float) -> Floats:
    """The covariance of what was found, by chance alone: arms of one visit share their control."""
    covariance = np.zeros((len(found), len(found)))
    for at, one in enumerate(found):
        own = one.own_se if one.own_se is not None else spread / np.sqrt(one.arm.n)
        covariance[at, at] += own**2
        for other, another in enumerate(found):
            shared = (one.design.name, one.visit_h, one.control.name)
            if shared == (another.design.name, another.visit_h, another.control.name):
                control = one.control_se if one.control_se is not None else spread / np.sqrt(one.control.n)
                covariance[at, other] += control**2
    return covariance


def _curvature(of: Callable[[Floats], float], place: Floats) -> Floats:
    size, step = len(place), 1e-3
    found = np.zeros((size, size))
    moves = step * np.eye(size)
    for a in range(size):
        for b in range(size):
            found[a, b] = (
                of(place + moves[a] + moves[b])
                - of(place + moves[a] - moves[b])
                - of(place - moves[a] + moves[b])
                + of(place - moves[a] - moves[b])
            ) / (4 * step**2)
    # A direction that the rows say nothing of is as wide as the belief, never endless or negative.
    widths, turns = np.linalg.eigh((found + found.T) / 2)
    return np.asarray(turns @ np.diag(np.maximum(widths, 0.05)) @ turns.T)
