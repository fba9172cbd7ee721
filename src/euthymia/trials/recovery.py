"""Does a calibration find what is there? Trials are simulated from known parameters and calibrated on."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator
from scipy.special import chdtrc, ndtri

from euthymia.pharmacology._draws import normals
from euthymia.trials._parameters import names, prior_places
from euthymia.trials.calibration import (
    LEAST_CURVATURE,
    STARTS,
    Data,
    Maximum,
    Posterior,
    climbed,
    maximise,
    posterior,
    simulate_found,
)

Floats: TypeAlias = npt.NDArray[np.float64]
Said: TypeAlias = Callable[[str], None]

_SLACK = 1.0
_NORMAL = {50: 0.6745, 90: 1.6449}
_STRIDE, _LOW_ENOUGH, _FARTHEST, _FINE, _LEAST_SLOPE = 0.5, 6.0, 8.0, 2001, 1e-3
"""A density is followed in such strides until its logarithm has fallen so far, no farther, and is then added up."""


@dataclass(frozen=True)
class Spread:
    """What was found of a parameter with a half-normal prior, on the parameter's own scale.

    Attributes:
        truth: its planted value; ``low`` and ``high``: the ends of its 90 % interval.
    """

    truth: float
    low: float
    high: float


@dataclass(frozen=True)
class Recovery:
    """One set of trials simulated from ``truth`` and calibrated on.

    Attributes:
        truth: (size,) where the trials came from, drawn from the prior.
        away: (size,) of the maximum from it, in widths of the posterior. The logarithm by which a half-normal parameter
            is sampled has no Gaussian width near nothing: of such a one it is the normal number that has as much
            probability beyond it as the truth has.
        level: the probability of a drop of the log density from the maximum to the truth as large as this or larger.
        spreads: what was found of the parameters with half-normal priors, by name.
    """

    truth: Floats
    away: Floats
    level: float
    spreads: dict[str, Spread]

    def covered(self, per_cent: int) -> float:
        """Return the part of the parameters inside their interval of 50 or 90 in 100."""
        return float(np.mean(np.abs(self.away) < _NORMAL[per_cent]))


def recover(
    fitted: Data,
    count: int,
    *,
    seed: int,
    say: Said = lambda told: None,
    like: Posterior | None = None,
    starts: int = STARTS,
) -> list[Recovery]:
    """Simulate the trials of ``fitted`` from ``count`` truths, and find each again by its maximum and curvature.

    ``like`` is a posterior of the same arms whose compiled code is taken.
    """
    found: list[Recovery] = []
    target = like
    moved = len(names())
    for at in range(count):
        own = seed + at
        effects = normals(own, "recovery effects", [np.arange(fitted.size - moved)])
        truth = np.concatenate([prior_places(1, own)[0], effects])
        simulated = _answers(fitted, truth, own)
        target = posterior(simulated, target)
        top = maximise(target, starts=starts)
        found.append(_compared(truth, top, target))
        say(f"Truth {at + 1} of {count}: {100 * found[-1].covered(90):.0f} % inside 90 % intervals")
    return found


def _answers(fitted: Data, truth: Floats, seed: int) -> Data:
    """Return ``fitted`` with what trials from ``truth`` would have found."""
    answers = simulate_found(jnp.asarray(truth), fitted, seed)
    asked = tuple(
        tuple(replace(one, value=float(value)) for one, value in zip(theirs, found, strict=True))
        for theirs, found in zip(fitted.asked, answers, strict=True)
    )
    return replace(fitted, asked=asked)


def _compared(truth: Floats, top: Maximum, target: Posterior) -> Recovery:
    width = np.sqrt(np.sum(top.root**2, axis=1))
    away, spreads = (top.place - truth) / width, dict[str, Spread]()
    for at, (name, prior) in enumerate(target.fitted.priors.parameters.items()):
        if prior.scale != "half-normal":
            continue
        places, below = marginal(target, top.place, at)
        own = float(np.clip(np.interp(truth[at], places, below), 1e-9, 1 - 1e-9))
        away[at] = -ndtri(own)
        low, high = prior.spread.value * np.exp(np.interp((0.05, 0.95), below, places))
        spreads[name] = Spread(float(prior.spread.value * np.exp(truth[at])), float(low), float(high))
    # Twice the drop is about chi-square with as many degrees of freedom as numbers, whatever the scales' bends.
    drop = 2 * (top.log_density - target.value_and_gradient(truth)[0])
    # A truth above the maximum means that the maximum was missed.
    level = float(chdtrc(len(truth), max(drop, 0.0))) if drop > -_SLACK else 0.0
    return Recovery(truth, away, level, spreads)


def marginal(target: Posterior, top: Floats, at: int) -> tuple[Floats, Floats]:
    """Return places of the number ``at`` in order, and the posterior's probability below each of them.

    At each place all other numbers are climbed anew and their own widths are taken there, by the curvature: trials'
    effects are as narrow as their spread is wide, and a maximum alone would always have it wide. What lies below the
    last place falls off as it does there.
    """
    followed = {float(top[at]): _log_mass(target, top, at)}
    highest = max(followed.values())
    for way in (-1.0, 1.0):
        here, value = top, highest
        while value > highest - _LOW_ENOUGH and abs(here[at] - top[at]) < _FARTHEST:
            start = here.copy()
            start[at] += way * _STRIDE
            here = climbed(target, start, held=at)
            value = followed[float(here[at])] = _log_mass(target, here, at)
            highest = max(highest, value)
    known = np.asarray(sorted(followed))
    logs = np.asarray([followed[place] for place in known]) - highest
    places = np.linspace(known[0], known[-1], _FINE)
    density = np.exp(PchipInterpolator(known, logs)(places))  # type: ignore[no-untyped-call]
    steps = (density[1:] + density[:-1]) / 2 * np.diff(places)
    slope = max((logs[1] - logs[0]) / (known[1] - known[0]), _LEAST_SLOPE)
    mass = np.concatenate([[density[0] / slope], steps]).cumsum()
    return places, np.asarray(mass / mass[-1])


def _log_mass(target: Posterior, place: Floats, at: int) -> float:
    """Return the logarithm of the density of the number ``at``, all others gone by their width around ``place``."""
    others = np.delete(np.delete(-target.curvature(place), at, axis=0), at, axis=1)
    widths = np.maximum(np.linalg.eigvalsh(others), LEAST_CURVATURE)
    return target.value_and_gradient(place)[0] - 0.5 * float(np.sum(np.log(widths)))
