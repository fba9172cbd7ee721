"""A person under another drug, or with a diseased liver: what gut wall and liver still clear."""

from dataclasses import replace

from euthymia.evidence import KineticModel, interactions, kinetic_model
from euthymia.pharmacology._prediction import check_person
from euthymia.pharmacology._regimen import Covariates, InvalidRequest
from euthymia.pharmacology._structures import structure


def under(model_id: str, person: Covariates, condition: str) -> Covariates:
    """Return ``person`` with the clearances that ``condition`` leaves, as one model describes it.

    Args:
        model_id: the model that will be asked; the factors are its own and fit no other.
        person: who it is without the condition.
        condition: one of ``euthymia.evidence.interactions()``, such as ``ticlopidine``.

    Raises:
        InvalidRequest: the condition is not known, or not for this model.
    """
    check_condition(model_id, condition)
    check_person(kinetic_model(model_id), person)
    influence = interactions()[condition].models[model_id]
    if influence.liver is None or influence.gut is None:
        liver, gut = _left_of_cyp2b6(kinetic_model(model_id), person), 1.0
    else:
        liver, gut = influence.liver.value, influence.gut.value
    return replace(
        person,
        liver_clearance=person.liver_clearance * liver,
        gut_clearance=person.gut_clearance * gut,
    )


def check_condition(model_id: str, condition: str) -> None:
    """Refuse a condition that is not known, or not for this model."""
    if condition not in interactions():
        raise InvalidRequest(f"There is no '{condition}'. There are: {', '.join(sorted(interactions()))}.")
    known = interactions()[condition].models
    if model_id not in known:
        raise InvalidRequest(
            f"What {condition} does is known for {', '.join(sorted(known))}, not for {model_id}."
        )


def _left_of_cyp2b6(model: KineticModel, person: Covariates) -> float:
    """Return the part of liver clearance left under ticlopidine, by the published static mechanism.

    The inhibitor at the enzyme is taken as what the gut brings after a dose. What circulates adds to it; the
    enzyme is then all but gone already (less than 0.1 % is left), so leaving that out changes nothing seen. How
    the enzyme comes back once ticlopidine is stopped is in ``_inhibition``.
    """
    drug = {key: number.value for (group, key), number in model.constants.items() if group == "ticlopidine"}
    enzyme = {key: number.value for (group, key), number in model.constants.items() if group == "cyp2b6"}
    blood_flow = structure(model).individual(model, person)["QH"]
    inhibitor = drug["fu"] * drug["ka"] * drug["dose"] / blood_flow
    reversible = 1 / (1 + inhibitor / drug["reversible"])
    inactivated = drug["inactivation"] * inhibitor / (drug["half_inactivation"] + inhibitor)
    lasting = enzyme["degradation"] / (enzyme["degradation"] + inactivated)
    return float(1 - enzyme["part"] * (1 - reversible * lasting))
