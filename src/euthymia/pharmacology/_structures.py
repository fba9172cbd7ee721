"""The equations of the models: parameters and a person to a linear system, a dose to its inflows.

One function builds the system, one turns a dose into inflows, for each ``structure`` that a model file names.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import jax.numpy as jnp
from jax import Array

from euthymia.evidence import KineticModel
from euthymia.pharmacology._regimen import Administration, Ancestry, Covariates, InvalidRequest, Route
from euthymia.pharmacology._system import MG_PER_L_IN_NG_PER_ML, Inflow, Solution, System, solve

Parameters: TypeAlias = Mapping[str, float | Array]


@dataclass(frozen=True, slots=True)
class Structure:
    """The equations behind a model.

    Attributes:
        needs: the covariates without which there is no prediction.
        individual: the model's typical parameters to those of one person.
        system: one person's parameters to the linear system.
        inflows: one dose of that person to what enters which compartment.
    """

    needs: tuple[str, ...]
    individual: Callable[[KineticModel, Covariates], Parameters]
    system: Callable[[KineticModel, Parameters], System]
    inflows: Callable[[KineticModel, Parameters, Administration], tuple[Inflow, ...]]


def structure(model: KineticModel) -> Structure:
    """Return the equations that ``model`` names."""
    return _STRUCTURES[model.structure]


def solution(model: KineticModel, person: Covariates, doses: Sequence[Administration]) -> Solution:
    """Solve ``model`` for a person and at least one dose of the substance it describes."""
    equations = structure(model)
    parameters = equations.individual(model, person)
    inflows = [inflow for dose in doses for inflow in equations.inflows(model, parameters, dose)]
    return solve(equations.system(model, parameters), inflows)


# --- Perez-Ruixo 2021: nose, gut and liver before the blood

_HEPATO_PORTAL = (
    "nasal depot",
    "swallowed depot",
    "oral depot",
    "central",
    "peripheral 1",
    "peripheral 2",
    "liver",
    "metabolite",
    "metabolite peripheral",
)


def _hepato_portal_individual(model: KineticModel, person: Covariates) -> Parameters:
    """Apply age to liver blood flow and ancestry to metabolism and nasal absorption."""
    typical = {key: number.value for key, number in model.parameters.items()}
    effect = {key: number.value for key, number in model.covariates.items()}
    years_above = max(0.0, (person.age_years or 0.0) - effect["age_threshold"])
    typical["Qh"] += effect["age_on_Qh"] * years_above
    if typical["Qh"] <= 0:
        raise InvalidRequest(f"{model.id} has no liver blood flow left at {person.age_years:g} years.")
    if person.ancestry.is_asian:
        typical["kel"] *= effect["asian_on_kel"]
        typical["CLn"] *= effect["asian_on_CLn"]
    if person.ancestry is Ancestry.JAPANESE:
        typical["FRn"] *= effect["japanese_on_FRn"]
    return typical


def _hepato_portal_system(model: KineticModel, p: Parameters) -> System:
    """Build the mass-balanced equations (the printed ones let a depot go negative)."""
    flows = {
        ("nasal depot", "central"): p["ka_n"],
        ("swallowed depot", "liver"): p["ka_sw"],
        ("oral depot", "liver"): p["ka_po"],
        ("central", "peripheral 1"): p["Q1"] / p["Vc"],
        ("peripheral 1", "central"): p["Q1"] / p["Vp1"],
        ("central", "peripheral 2"): p["Q2"] / p["Vc"],
        ("peripheral 2", "central"): p["Q2"] / p["Vp2"],
        ("central", "liver"): p["Qh"] / p["Vc"],
        ("liver", "central"): p["Qh"] / p["Vh"],
        ("liver", "metabolite"): p["kmet"],
        ("metabolite", "metabolite peripheral"): p["Q3"] / p["Vcn"],
        ("metabolite peripheral", "metabolite"): p["Q3"] / p["Vpn"],
    }
    losses = {"liver": p["kel"], "metabolite": p["CLn"] / p["Vcn"]}
    return _build(_HEPATO_PORTAL, flows, losses, {"central": p["Vc"], "metabolite": p["Vcn"]})


def _hepato_portal_inflows(model: KineticModel, p: Parameters, dose: Administration) -> tuple[Inflow, ...]:
    if dose.route is Route.IV:
        return (Inflow(dose.time_h, dose.duration_h, "central", dose.amount_mg),)
    if dose.route is Route.ORAL:
        reaches_liver = dose.amount_mg * p["F_gut"]
        return (Inflow(dose.time_h, float(p["D_po"]), "oral depot", reaches_liver),)
    through_nose = p["FRn"] * (p["later_device"] if (dose.device or 1) > 1 else 1.0)
    swallowed = dose.amount_mg * (1.0 - through_nose) * p["F_gut"]
    return (
        Inflow(dose.time_h, 0.0, "nasal depot", dose.amount_mg * through_nose),
        Inflow(dose.time_h, float(p["D_sw"]), "swallowed depot", swallowed),
    )


# --- Otto 2021 and Kamp 2020: three compartments by vein, with or without a metabolite


def _mammillary_individual(model: KineticModel, person: Covariates) -> Parameters:
    """Scale by (weight / reference weight) to each parameter's exponent."""
    ratio = (person.weight_kg or 0.0) / model.covariates["reference_weight"].value
    exponents = {key: number.value for key, number in model.weight_exponents.items()}
    return {key: number.value * ratio ** exponents.get(key, 0.0) for key, number in model.parameters.items()}


def _mammillary_system(model: KineticModel, p: Parameters) -> System:
    """Build three compartments; a second analyte is formed by the whole clearance of the first."""
    compartments = ["central", "peripheral 1", "peripheral 2"]
    flows = {
        ("central", "peripheral 1"): p["Q1"] / p["V1"],
        ("peripheral 1", "central"): p["Q1"] / p["Vp1"],
        ("central", "peripheral 2"): p["Q2"] / p["V1"],
        ("peripheral 2", "central"): p["Q2"] / p["Vp2"],
    }
    volumes = {"central": p["V1"]}
    if len(model.analytes) == 1:
        return _build(tuple(compartments), flows, {"central": p["CL"] / p["V1"]}, volumes)
    compartments += ["metabolite", "metabolite peripheral"]
    flows |= {
        ("central", "metabolite"): p["CL"] / p["V1"],
        ("metabolite", "metabolite peripheral"): p["Qn"] / p["Vn"],
        ("metabolite peripheral", "metabolite"): p["Qn"] / p["Vpn"],
    }
    return _build(
        tuple(compartments), flows, {"metabolite": p["CLn"] / p["Vn"]}, volumes | {"metabolite": p["Vn"]}
    )


def _mammillary_inflows(model: KineticModel, p: Parameters, dose: Administration) -> tuple[Inflow, ...]:
    return (Inflow(dose.time_h, dose.duration_h, "central", dose.amount_mg),)


def _build(
    compartments: tuple[str, ...],
    flows: Mapping[tuple[str, str], float | Array],
    losses: Mapping[str, float | Array],
    volumes: Mapping[str, float | Array],
) -> System:
    """Fill the matrices; a flow leaves one compartment and enters another, so mass is kept."""
    at = {name: place for place, name in enumerate(compartments)}
    rates: list[list[float | Array]] = [[0.0] * len(compartments) for _ in compartments]
    for (origin, target), rate in flows.items():
        rates[at[target]][at[origin]] += rate
        rates[at[origin]][at[origin]] -= rate
    for origin, rate in losses.items():
        rates[at[origin]][at[origin]] -= rate
    observed: list[list[float | Array]] = [[0.0] * len(compartments) for _ in volumes]
    for row, (name, litres) in zip(observed, volumes.items(), strict=True):
        row[at[name]] = MG_PER_L_IN_NG_PER_ML / litres
    return System(compartments, jnp.array(rates), jnp.array(observed))


_STRUCTURES: Mapping[str, Structure] = {
    "hepato-portal": Structure(
        needs=("age_years",),
        individual=_hepato_portal_individual,
        system=_hepato_portal_system,
        inflows=_hepato_portal_inflows,
    ),
    "mammillary": Structure(
        needs=("weight_kg",),
        individual=_mammillary_individual,
        system=_mammillary_system,
        inflows=_mammillary_inflows,
    ),
}
