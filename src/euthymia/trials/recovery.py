"""Does a calibration find what is there? Trials are simulated from known parameters and calibrated on."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc

from euthymia.evidence import mood_priors
from euthymia.pharmacology._draws import normals
from euthymia.trials._parameters import names, prior_places
from euthymia.trials.calibration import STARTS, Data, Maximum, Posterior, maximise, posterior, simulate_found

Floats: TypeAlias = npt.NDArray[np.float64]
Said: TypeAlias = Callable[[str], None]

_SLACK = 1.0
_NORMAL = {50: 0.6745, 90: 1.6449}


@dataclass(frozen=True)
class Recovery:
    """One set of trials simulated from ``truth`` and calibrated on.

    Attributes:
        truth: (size,) where the trials came from, drawn from the prior.
        away: (numbers,) of the maximum from it, in widths of the posterior; half-normal parameters are left out,
            because the logarithm by which they are sampled has no Gaussian width near nothing.
        level: the probability of a drop of the log density from the maximum to the truth as large as this or larger.
    """

    truth: Floats
    away: Floats
    level: float

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
        found.append(_compared(truth, top, target.value_and_gradient(truth)[0]))
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


def _compared(truth: Floats, top: Maximum, log_density: float) -> Recovery:
    halves = [
        at for at, prior in enumerate(mood_priors().parameters.values()) if prior.scale == "half-normal"
    ]
    kept = np.setdiff1d(np.arange(len(truth)), halves)
    width = np.sqrt(np.sum(top.root**2, axis=1))
    # Twice the drop is about chi-square with as many degrees of freedom as numbers, whatever the scales' bends.
    drop = 2 * (top.log_density - log_density)
    # A truth above the maximum means that the maximum was missed.
    level = float(chdtrc(len(truth), max(drop, 0.0))) if drop > -_SLACK else 0.0
    return Recovery(truth, ((top.place - truth) / width)[kept], level)
