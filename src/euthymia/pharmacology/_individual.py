"""From a model's printed parameters to those of a person, in hours, litres and milligrams.

Everything here works on one person and, with arrays in place of numbers, on many at once.
"""

from typing import Any

import numpy as np

from euthymia.evidence import KineticModel
from euthymia.pharmacology._graph import Parameters
from euthymia.pharmacology._regimen import InvalidRequest

_TO_HOURS = {"min": 1 / 60, "/min": 60.0, "L/min": 60.0}


def typical_values(model: KineticModel) -> dict[str, float]:
    """Return the model's parameters as numbers: times in h, rates in 1/h, clearances in L/h."""
    return {key: number.value * _TO_HOURS.get(number.unit, 1.0) for key, number in model.parameters.items()}


def scaled(model: KineticModel, person: Any, typical: Parameters) -> Parameters:
    """Scale by (weight / reference weight) to each parameter's exponent; age and ancestry have no effect."""
    ratio = _given(person.weight_kg) / model.covariates["reference_weight"].value
    exponents = {key: number.value for key, number in model.weight_exponents.items()}
    return {key: value * ratio ** exponents.get(key, 0.0) for key, value in typical.items()}


def per_kilogram(model: KineticModel, person: Any, typical: Parameters) -> Parameters:
    """Turn a volume per kilogram and micro-constants into volumes and clearances."""
    volume = typical["V1"] * _given(person.weight_kg)
    found = {"V1": volume, "CL": typical["k10"] * volume}
    for place in (1, 2):
        out, back = f"k1{place + 1}", f"k{place + 1}1"
        if out in typical:
            found[f"Q{place}"] = typical[out] * volume
            found[f"Vp{place}"] = typical[out] * volume / typical[back]
    return found


def with_organs(model: KineticModel, person: Any, typical: Parameters) -> Parameters:
    """Scale blood flow by weight, and intrinsic clearances by how well liver and gut wall work."""
    own = dict(scaled(model, person, typical))
    own["CLint_H"] = own["CLint_H"] * person.liver_clearance
    own["CLint_GW"] = own["CLint_GW"] * person.gut_clearance
    return own


def perez_ruixo(model: KineticModel, person: Any, typical: Parameters) -> Parameters:
    """Apply age to liver blood flow, ancestry to metabolism and nasal absorption, and the organs' state.

    The gut wall's clearance acts on what passes it as in a well-stirred organ: the odds of being extracted
    are in proportion to it.
    """
    own = dict(typical)
    effect = {key: number.value for key, number in model.covariates.items()}
    age = _given(person.age_years)
    own["Qh"] = own["Qh"] + effect["age_on_Qh"] * np.maximum(age - effect["age_threshold"], 0.0)
    if np.any(own["Qh"] <= 0):
        raise InvalidRequest(f"{model.id} has no liver blood flow left at {float(np.max(age)):g} years.")
    for key, factor in (("kel", "asian_on_kel"), ("CLn", "asian_on_CLn")):
        own[key] = own[key] * effect[factor] ** person.asian
    absorbed = own["FRn"] * effect["japanese_on_FRn"] ** person.japanese
    own["FRn"] = np.minimum(absorbed, 1.0)
    for key in ("kel", "kmet"):
        own[key] = own[key] * person.liver_clearance
    own["F_gut"] = 1.0 / (1.0 + (1.0 / own["F_gut"] - 1.0) * person.gut_clearance)
    return own


def _given(value: Any) -> Any:
    """Return a covariate that the structure asked for before; a model that does not need it ignores it."""
    return 0.0 if value is None else value
