"""Parameters between the numbers that are sampled and the numbers that the model takes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeAlias

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import Array

from euthymia.evidence import Priors, mood_priors
from euthymia.pharmacology import InvalidRequest, mood
from euthymia.pharmacology._draws import normals

Floats: TypeAlias = npt.NDArray[np.float64]

FIXED = ("hill", "gain")
"""Not moved: the Hill coefficient by decision, the signal's gain because only its product with the filling acts."""
LEAST_DRAWS, MOST_DRAWS = 2, 2_000
"""Sets of parameters in an ensemble, and of those that an answer is made with."""


TRIAL_EFFECTS = ("context_sd", "drug_sd")
"""How much trials differ: the only parameters that speak of trials and not of people."""

_IN_WORDS = {
    "half_at": "at which concentration the drug has half its effect",
    "signal_time": "how long the drug's signal lasts after it has left",
    "filling": "how much one session does",
    "labile_time": "how fast what a session did is lost",
    "drug": "how much the drug can do in all",
    "drug_log_sd": "how much people differ in it",
    "pulse": "how much a session does without any drug",
    "pulse_time": "how long that lasts",
    "pulse_sd": "how much people differ in it",
    "late": "how much care and time do over weeks",
    "late_sd": "how much people differ in it",
    "late_time": "how fast that comes",
    "late_power": "whether it comes evenly or late",
    "oral": "how much a new oral antidepressant adds",
    "oral_time": "how fast a new oral antidepressant acts",
    "residual_sd": "how much a score varies from visit to visit",
    "unblinding": "what noticing the drug adds",
    "open_label": "what knowing that one gets the drug adds",
    "context_sd": "how much trials differ in what happens without the drug",
    "drug_sd": "how much trials differ in what the drug adds",
    "small_trial": "whether small trials find more",
}


def in_words(name: str) -> str:
    """Return what a parameter says, for people who do not read equations."""
    return _IN_WORDS[name]


def said_of_priors(driven: tuple[str, ...]) -> tuple[str, ...]:
    """Return the sentence that accompanies every use of parameters the fitted trials say little of; none for none."""
    return (
        (f"The trials at hand say little of {', '.join(driven)}: there the prior speaks.",) if driven else ()
    )


def names() -> tuple[str, ...]:
    """Return the names of the parameters that are moved, in order."""
    return tuple(mood_priors().parameters)


def priors_with(trial_effects: float) -> Priors:
    """Return the priors with the spreads of the trial effects times a factor; 1 leaves them as they stand."""
    priors = mood_priors()
    if trial_effects == 1:
        return priors
    moved = dict(priors.parameters)
    for name in TRIAL_EFFECTS:
        spread = moved[name].spread
        moved[name] = replace(moved[name], spread=replace(spread, value=spread.value * trial_effects))
    told = f"{priors.content_hash} trial effects times {trial_effects:g}"
    return replace(priors, parameters=MappingProxyType(moved), content_hash=told)


def values_at(place: Array, priors: Priors | None = None) -> dict[str, Array]:
    """Return the model's parameters at ``place`` (p,), the unbounded numbers that are sampled: 0 is the prior's centre.

    Of a half-normal prior, 0 is its spread, and the place is the logarithm of the value over it.
    """
    found: dict[str, Array] = {
        name: jnp.asarray(value) for name, value in mood.usual().items() if name in FIXED
    }
    for at, prior in enumerate((priors or mood_priors()).parameters.values()):
        centre, spread = prior.centre.value, prior.spread.value
        if prior.scale == "log":
            found[prior.name] = centre * jnp.exp(spread * place[at])
        elif prior.scale == "linear":
            found[prior.name] = centre + spread * place[at]
        else:
            found[prior.name] = spread * jnp.exp(place[at])
    return found


def log_prior(place: Array) -> Array:
    """Return the logarithm of the prior's density at ``place``, without its constant."""
    total = jnp.zeros(())
    for at, prior in enumerate(mood_priors().parameters.values()):
        x = place[at]
        total = total + (x - jnp.exp(2 * x) / 2 if prior.scale == "half-normal" else -(x**2) / 2)
    return total


def prior_places(draws: int, seed: int) -> Floats:
    """Return (draws, p) places drawn from the prior."""
    index = np.arange(draws, dtype=np.int64)
    columns = []
    for prior in mood_priors().parameters.values():
        drawn = normals(seed, f"prior {prior.name}", [index])
        columns.append(np.log(np.maximum(np.abs(drawn), 1e-6)) if prior.scale == "half-normal" else drawn)
    return np.stack(columns, axis=1)


@dataclass(frozen=True)
class Ensemble:
    """Sets of parameters that are equally believed.

    Attributes:
        id: its name; ``ours`` are draws from the prior, before any trial is looked at.
        places: (draws, p), see ``values_at``.
        prior_driven: parameters that the trials at hand say nothing of.
        warnings: sentences that accompany every use.
        widths: of each parameter against its prior's, where the ensemble was fitted.
    """

    id: str
    places: Floats
    prior_driven: tuple[str, ...]
    warnings: tuple[str, ...]
    widths: Mapping[str, float] = field(default_factory=dict)

    def taken(self, draws: int | None) -> Floats:
        """Return (draws, p): the first ``draws`` sets, or all of them.

        Raises:
            InvalidRequest: fewer than two are asked for, or more than there are.
        """
        held = len(self.places)
        if draws is not None and not LEAST_DRAWS <= draws <= held:
            raise InvalidRequest(
                f"'{self.id}' has {held:,} sets of parameters. Ask for {LEAST_DRAWS} to {held:,} draws; "
                f"it was {draws:,}."
            )
        return self.places[:draws]


def ours(draws: int, seed: int) -> Ensemble:
    """Return draws from the prior, which is centred on the numbers of ``antidepressant-1``.

    Raises:
        InvalidRequest: too few or too many draws.
    """
    if not LEAST_DRAWS <= draws <= MOST_DRAWS:
        raise InvalidRequest(f"Ask for {LEAST_DRAWS} to {MOST_DRAWS:,} draws; it was {draws:,}.")
    return Ensemble(
        "ours",
        prior_places(draws, seed),
        names(),
        (
            "These are the mood model's priors and not its calibration: the intervals are this project's beliefs, "
            "and no trial has narrowed them.",
        ),
    )
