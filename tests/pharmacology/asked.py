"""People and doses that several tests ask about."""

from functools import cache

from euthymia.evidence import kinetic_model, kinetic_models
from euthymia.pharmacology import Administration, Covariates, _structures, nasal_session

MODELS = kinetic_models()
PERSON = Covariates(age_years=45, weight_kg=74)


def nasal(devices: int, *, start_h: float = 0.0) -> tuple[Administration, ...]:
    return nasal_session(devices, device_mg=28, interval_h=5 / 60, start_h=start_h)


@cache
def solution(model_id: str, person: Covariates, given: tuple[Administration, ...]):
    """Return the solution beneath a prediction: amounts in every compartment."""
    return _structures.solution(kinetic_model(model_id), person, given)
