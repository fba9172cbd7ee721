"""What concentrations do at a moment: receptor occupancy, dissociation, pressure, sedation, nausea.

Every function takes arrays of any shape, of NumPy or JAX, and works on each element.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

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


def dissociation(acting: Values, attenuated: Values, model: EffectModel) -> Values:
    """Return CADSS points above baseline.

    Args:
        acting: ng/mL at the effect site that the session has not adapted to, not negative.
        attenuated: 0 in a new patient, towards 1 with sessions.
        model: the acute effects.
    """
    linear = model.value("dissociation", "slope") * acting
    most = model.value("dissociation", "most")
    return most * linear / (most + linear) * (1 - model.value("dissociation", "attenuation") * attenuated)


def pressure_rise(acting: Values, noresketamine: Values, model: EffectModel) -> tuple[Values, Values]:
    """Return the systolic and diastolic change from baseline in mmHg; ``noresketamine`` in ng/mL of plasma."""
    part = acting / (model.value("pressure", "half_at") + acting)
    drop = model.value("pressure", "norketamine_drop") * noresketamine
    systolic, diastolic = (model.value("pressure", name) for name in ("systolic_most", "diastolic_most"))
    return systolic * part - drop, diastolic * part - drop * diastolic / systolic


def probability(acting: Values, effect: str, model: EffectModel) -> Values:
    """Return the probability of ``sedation`` (MOAA/S below 5) or ``nausea`` at a moment."""
    power = model.value(effect, "steepness")
    ratio = (acting / model.value(effect, "half_at")) ** power
    return ratio / (1 + ratio)
