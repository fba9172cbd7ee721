"""Draws of a posterior by weights: a Student t of its shape, which learns from those before, against all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp

from euthymia.pharmacology._draws import normals

Floats: TypeAlias = npt.NDArray[np.float64]
Said: TypeAlias = Callable[[str], None]

_DEGREES = 5.0


@dataclass(frozen=True)
class Weighed:
    """Draws (n, p) of the posterior with their weights (n,), which sum to 1."""

    places: Floats
    weights: Floats

    @property
    def effective(self) -> float:
        return float(1 / np.sum(self.weights**2))


def weighed(
    values: Callable[[Floats], Floats],
    place: Floats,
    root: Floats,
    count: int,
    rounds: int,
    seed: int,
    say: Said,
) -> Weighed:
    """Draw ``count`` places in each round, and weigh all of them against the mixture of all rounds' proposals.

    A single round's weights hang on few draws where the posterior is wider than the proposal; the mixture's do not.
    """
    used, places, found_at = [(place, root)], np.zeros((0, len(place))), np.zeros(0)
    for turn in range(rounds):
        drawn = used[-1][0] + _standard(count, len(place), seed + turn) @ used[-1][1].T
        places, found_at = np.concatenate([places, drawn]), np.concatenate([found_at, values(drawn)])
        logs = found_at - logsumexp([_log_density(places, *one) for one in used], axis=0) + np.log(len(used))
        logs = np.where(np.isfinite(logs), logs, -np.inf)
        found = Weighed(places, np.exp(logs - logsumexp(logs)))
        say(
            f"Round {turn + 1}: {found.effective:.0f} effective draws of {len(places)}, "
            f"largest weight {found.weights.max():.3f}"
        )
        used.append(_learnt(places, logs))
    return found


def _standard(count: int, size: int, seed: int) -> Floats:
    """Return (count, size) draws of a Student t around 0."""
    index, degrees = np.arange(count), int(_DEGREES)
    standard = normals(seed, "acute proposal", [np.repeat(index, size), np.tile(np.arange(size), count)])
    drawn = normals(seed, "acute radius", [np.repeat(index, degrees), np.tile(np.arange(degrees), count)])
    wide = np.sqrt(_DEGREES / np.sum(drawn.reshape(count, degrees) ** 2, axis=1))
    found: Floats = standard.reshape(count, size) * wide[:, None]
    return found


def _log_density(places: Floats, centre: Floats, root: Floats) -> Floats:
    """Return (n,) the logarithm of a Student t's density, without the constant that all share."""
    away = np.linalg.solve(root, (places - centre).T)
    squared = np.sum(away**2, axis=0) / _DEGREES
    found: Floats = -(_DEGREES + len(centre)) / 2 * np.log1p(squared) - float(np.linalg.slogdet(root)[1])
    return found


def _learnt(places: Floats, logs: Floats) -> tuple[Floats, Floats]:
    """Return the mean and a root of the covariance of weighed draws, (p,) and (p, p).

    Weights are softened until ten draws for each number of a place carry them: of fewer the shape would be noise.
    """
    wanted, low, high = 10.0 * places.shape[1], 0.0, 1.0
    for _ in range(40):
        power = (low + high) / 2
        weights = np.exp(power * logs - logsumexp(power * logs))
        low, high = (power, high) if 1 / np.sum(weights**2) > wanted else (low, power)
    weights = np.exp(low * logs - logsumexp(low * logs))
    centre = weights @ places
    away = places - centre
    return centre, np.linalg.cholesky((weights[:, None] * away).T @ away + 1e-9 * np.eye(len(centre)))


def quantile(places: Floats, weights: Floats, part: float) -> Floats:
    """Return (p,) the weighted quantile of each column."""
    order = np.argsort(places, axis=0)
    ranked = np.cumsum(weights[order], axis=0)
    at = np.argmax(ranked >= part, axis=0)
    columns = np.arange(places.shape[1])
    found: Floats = places[order[at, columns], columns]
    return found
