"""What concentrations do at a moment: receptor occupancy, dissociation, pressure, sedation, nausea.

Every function takes arrays of any shape, of NumPy or JAX, and works on each element.
"""

import math
from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias

from euthymia.evidence import EffectModel, effect_model, effect_models
from euthymia.pharmacology._regimen import InvalidRequest

Values: TypeAlias = Any  # an array, or a number

_RECEPTOR = "receptor-"
_SUBSTANCE = {"esketamine": "ketamine", "arketamine": "ketamine", "noresketamine": "norketamine",
              "norarketamine": "norketamine"}  # fmt: skip


def receptor_sources() -> tuple[str, ...]:
    """Return the names of the sources that ``occupancy`` may be asked with."""
    return tuple(name.removeprefix(_RECEPTOR) for name in effect_models() if name.startswith(_RECEPTOR))


def receptor(source: str) -> EffectModel:
    """Return the receptor's numbers by the name of their source.

    Raises:
        InvalidRequest: there is no such source.
    """
    if source not in receptor_sources():
        raise InvalidRequest(
            f"There is no receptor source '{source}'. There are: {', '.join(receptor_sources())}."
        )
    return effect_model(_RECEPTOR + source)


def occupancy(concentrations_ng_per_ml: Mapping[str, Values], *, source: str) -> Values:
    """Return the part (0 to 1) of the NMDA receptor that is occupied, by all substances in competition.

    Args:
        concentrations_ng_per_ml: total plasma concentrations by analyte: ``esketamine``, ``arketamine``,
            ``noresketamine``, ``norarketamine``; others are not known to bind and are ignored.
        source: one of ``receptor_sources()``.
    """
    known = receptor(source)
    load: Values = 0.0
    for analyte, concentration in concentrations_ng_per_ml.items():
        if analyte in _SUBSTANCE:
            substance = _SUBSTANCE[analyte]
            micromolar = (
                concentration * known.value("unbound", substance) / known.value("molar_mass", substance)
            )
            load = load + micromolar / known.value("half_occupied", analyte)
    return load / (1 + load)


class Numbers(Protocol):
    """Where the sizes of the acute effects come from: an effect model, or a place that a fit tries."""

    def value(self, group: str, name: str) -> Values:
        """Return a number, in the unit of the acute model's file."""
        ...


def sensitivity(standard: Values, effect: str, model: Numbers, *, healthy: bool = False) -> Values:
    """Return what a person's effect is multiplied by (of a probability: the concentration), around 1.

    Args:
        standard: a standard normal number for each person.
        effect: ``dissociation``, ``pressure``, ``sedation`` or ``nausea``.
        model: the acute effects.
        healthy: healthy volunteers and not patients; no figure tells them apart in sedation and nausea.
    """
    # Not np.exp or jnp.exp: these are arrays of either.
    own = math.e ** (model.value(effect, "between_people") * standard)
    return own * model.value(effect, "healthy") if healthy and effect in POPULATIONS_DIFFER else own


POPULATIONS_DIFFER = ("dissociation", "pressure")
"""Effects of which healthy volunteers were found to have more or less than patients."""


def session_factor(standard: Values, model: Numbers) -> Values:
    """Return what one session's dissociation is multiplied by, from a standard normal number for each session."""
    return math.e ** (model.value("dissociation", "between_sessions") * standard)


def dissociation(acting: Values, attenuated: Values, model: Numbers, sensitivity: Values = 1.0) -> Values:
    """Return CADSS points above baseline.

    Args:
        acting: ng/mL at the effect site that the session has not adapted to, not negative.
        attenuated: 0 in a new patient, towards 1 with sessions.
        model: the acute effects.
        sensitivity: of the person, times that of the session.
    """
    linear = model.value("dissociation", "slope") * sensitivity * acting
    most = model.value("dissociation", "most")
    return most * linear / (most + linear) * (1 - model.value("dissociation", "attenuation") * attenuated)


def pressure_rise(
    acting: Values, noresketamine: Values, model: Numbers, sensitivity: Values = 1.0
) -> tuple[Values, Values]:
    """Return the systolic and diastolic change from baseline in mmHg; ``noresketamine`` in ng/mL of plasma."""
    part = acting / (model.value("pressure", "half_at") + acting)
    drop = model.value("pressure", "norketamine_drop") * noresketamine
    systolic, diastolic = (model.value("pressure", name) for name in ("systolic_most", "diastolic_most"))
    return (
        sensitivity * (systolic * part - drop),
        sensitivity * (diastolic * part - drop * diastolic / systolic),
    )


def probability(
    acting: Values, effect: str, model: Numbers, sensitivity: Values = 1.0, *, deep: bool = False
) -> Values:
    """Return the probability of ``sedation`` (MOAA/S below 5) or ``nausea`` at a moment.

    It is the part of sessions in which the concentration is enough, so that the highest of a session decides for it.
    ``deep`` asks for a MOAA/S of 3 or less.
    """
    enough = model.value(effect, "half_at") * (model.value(effect, "deeper") if deep else 1.0)
    ratio = (sensitivity * acting / enough) ** model.value(effect, "steepness")
    return ratio / (1 + ratio)
