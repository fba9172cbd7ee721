"""Draws of a posterior around its maximum: importance sampling, and Hamiltonian chains as its check."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp

from euthymia.evidence import mood_priors
from euthymia.pharmacology._draws import normals, uniforms
from euthymia.trials._chains import Scale, chain, learnt
from euthymia.trials.calibration import Maximum, Posterior

Floats: TypeAlias = npt.NDArray[np.float64]
Said: TypeAlias = Callable[[str], None]

_DEGREES = 5.0
_PROPOSALS = 2000
ENOUGH = 100.0
"""Effective draws below which importance sampling is not believed."""
PRIOR_DRIVEN = 0.8
"""A posterior width above this part of the prior's is called prior-driven."""


@dataclass(frozen=True)
class Sampled:
    """Draws of the posterior with how they were made.

    Attributes:
        places: (draws, size).
        method: ``importance`` or ``hamiltonian``.
        effective: effective number of draws; ``worst``: the largest weight, or the largest split R-hat.
    """

    places: Floats
    method: str
    effective: float
    worst: float


def importance(
    target: Posterior,
    top: Maximum,
    *,
    draws: int,
    seed: int,
    proposals: int = _PROPOSALS,
    say: Said = lambda told: None,
) -> Sampled:
    """Draw from a Student t around the maximum, weigh, and take ``draws`` in proportion to the weights."""
    size = len(top.place)
    index = np.arange(proposals)
    standard = normals(
        seed, "calibration proposal", [np.repeat(index, size), np.tile(np.arange(size), proposals)]
    )
    standard = standard.reshape(proposals, size)
    drawn = normals(
        seed,
        "calibration radius",
        [np.repeat(index, int(_DEGREES)), np.tile(np.arange(int(_DEGREES)), proposals)],
    )
    wide = np.sqrt(_DEGREES / np.sum(drawn.reshape(proposals, -1) ** 2, axis=1))
    away = standard * wide[:, None]
    places = top.place + away @ top.root.T
    log_proposal = -(_DEGREES + size) / 2 * np.log1p(np.sum(away**2, axis=1) / _DEGREES)
    logs = np.full(proposals, -np.inf)
    for at, place in enumerate(places):
        value = target.value(place)
        logs[at] = value - log_proposal[at] if np.isfinite(value) else -np.inf
        if (at + 1) % 200 == 0:
            say(f"Weighing: {at + 1} of {proposals} proposals")
    weights = np.exp(logs - logsumexp(logs))
    begin = uniforms(seed, "calibration resampling", [np.zeros(1, dtype=np.int64)])[0]
    chosen = np.minimum(
        np.searchsorted(np.cumsum(weights), (np.arange(draws) + begin) / draws), proposals - 1
    )
    return Sampled(places[chosen], "importance", float(1 / np.sum(weights**2)), float(weights.max()))


def hamiltonian(
    target: Posterior,
    top: Maximum,
    *,
    draws: int,
    seed: int,
    chains: int = 4,
    steps: int = 160,
    deepest: int = 6,
    say: Said = lambda told: None,
    keep: Callable[[str, dict[str, Floats]], None] = lambda name, arrays: None,
    kept: Callable[[str], dict[str, Floats] | None] = lambda name: None,
) -> Sampled:
    """Sample by chains of ``steps`` draws each, in a scale that a pilot chain learns from the curvature on.

    ``keep`` is told of the scale and of each chain when it is there; ``kept`` gives what an earlier run has kept.
    """
    if found := kept("scale"):
        scale = Scale(found["centre"], found["root"], float(found["length"]))
    else:
        windows = (max(steps // 8, 1), max(steps // 4, 1), max(steps // 2, 1))
        scale = learnt(target, top, seed=seed, windows=windows, deepest=deepest, say=say)
        keep("scale", {"centre": scale.centre, "root": scale.root, "length": np.asarray(scale.length)})
    every = []
    for number in range(chains):
        if found := kept(f"chain-{number}"):
            every.append(found["places"])
            continue
        places = chain(
            target,
            scale,
            seed=seed,
            number=number,
            burn_in=steps // 4,
            steps=steps,
            deepest=deepest,
            say=say,
        )
        keep(f"chain-{number}", {"places": places})
        every.append(places)
    whole = np.stack(every)
    # Draw by draw and not chain by chain: whoever takes the first few has some of every chain.
    together = whole.transpose(1, 0, 2).reshape(-1, whole.shape[2])
    taken = np.linspace(0, len(together) - 1, draws).round().astype(int)
    worst, effective = _agreement((whole - scale.centre) @ np.linalg.pinv(scale.root).T)
    return Sampled(together[taken], "hamiltonian", effective, worst)


def _agreement(chains: Floats) -> tuple[float, float]:
    """Return the largest split R-hat, and the least effective number of draws, over (chains, steps, size)."""
    half = chains.shape[1] // 2
    split = np.concatenate([chains[:, :half], chains[:, half : 2 * half]])
    within = split.var(axis=1, ddof=1).mean(axis=0)
    if not np.all(within > 0):  # a chain that never moved agrees with nobody
        return np.inf, 1.0
    between = split.mean(axis=1).var(axis=0, ddof=1)
    total = within * (half - 1) / half + between
    worst = float(np.sqrt(total / within).max())
    counts = []
    for part in range(chains.shape[2]):
        series = split[:, :, part] - split[:, :, part].mean()
        lagged, summed = np.mean(series**2), 1.0
        for lag in range(1, half - 1):
            together = float(np.mean(series[:, lag:] * series[:, :-lag]) / lagged)
            if together < 0.05:
                break
            summed += 2 * together
        counts.append(split.shape[0] * half / summed)
    return worst, float(min(counts))


def widths(sampled: Sampled) -> dict[str, float]:
    """Return each parameter's posterior width over its prior's, on the scale that is sampled.

    A half-normal parameter is sampled by its logarithm, whose prior width is 1.11.
    """
    priors = mood_priors().parameters
    prior_width = {
        name: _HALF_NORMAL_WIDTH if prior.scale == "half-normal" else 1.0 for name, prior in priors.items()
    }
    spread = sampled.places[:, : len(priors)].std(axis=0, ddof=1)
    return {name: float(width / prior_width[name]) for name, width in zip(priors, spread, strict=True)}


_HALF_NORMAL_WIDTH = float(np.pi / np.sqrt(8))
# The standard deviation of log|z| for a normal z.
