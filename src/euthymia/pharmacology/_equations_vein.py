"""Equations of the models by vein: a central compartment with one or two behind it, metabolite or mirror image."""

from euthymia.evidence import KineticModel
from euthymia.pharmacology._graph import Graph, Number, Parameters
from euthymia.pharmacology._regimen import Administration, InvalidRequest
from euthymia.pharmacology._system import MG_PER_L_IN_NG_PER_ML, Inflow


def distribution(p: Parameters, suffix: str = "") -> dict[tuple[str, str], Number]:
    """Return the flows between a central compartment and the peripheral ones that have parameters."""
    central = f"central{suffix}"
    flows: dict[tuple[str, str], Number] = {}
    for place in (1, 2):
        if f"Q{place}" in p:
            peripheral = f"peripheral {place}{suffix}"
            flows[central, peripheral] = p[f"Q{place}"] / p["V1"]
            flows[peripheral, central] = p[f"Q{place}"] / p[f"Vp{place}"]
    return flows


def mammillary(model: KineticModel, p: Parameters) -> Graph:
    """Return up to three compartments; a second analyte is formed by the whole clearance of the first."""
    flows = distribution(p)
    compartments = ("central", *(target for origin, target in flows if origin == "central"))
    observed: tuple[dict[str, Number], ...] = ({"central": MG_PER_L_IN_NG_PER_ML / p["V1"]},)
    if len(model.analytes) == 1:
        return Graph(compartments, flows, {"central": p["CL"] / p["V1"]}, observed)
    flows |= _metabolite(p)
    return Graph(
        (*compartments, "metabolite", "metabolite peripheral"),
        flows,
        {"metabolite": p["CLn"] / p["Vn"]},
        (*observed, {"metabolite": MG_PER_L_IN_NG_PER_ML / p["Vn"]}),
    )


def enantiomers(model: KineticModel, p: Parameters) -> Graph:
    """Return S-ketamine with its metabolite, R-ketamine beside it with its own clearance, and their sum."""
    flows = distribution(p) | _metabolite(p) | distribution(p, " R")
    per_mg = MG_PER_L_IN_NG_PER_ML / p["V1"]
    return Graph(
        (
            *("central", "peripheral 1", "peripheral 2", "metabolite", "metabolite peripheral"),
            *("central R", "peripheral 1 R", "peripheral 2 R"),
        ),
        flows,
        {"metabolite": p["CLn"] / p["Vn"], "central R": p["CL"] * p["CL_R_ratio"] / p["V1"]},
        (
            {"central": per_mg},
            {"metabolite": MG_PER_L_IN_NG_PER_ML / p["Vn"]},
            {"central R": per_mg},
            {"central": per_mg, "central R": per_mg},
        ),
    )


def into_vein(model: KineticModel, p: Parameters, dose: Administration) -> tuple[Inflow, ...]:
    """Return an infusion or an injection into the central compartment."""
    return (Inflow(dose.time_h, dose.duration_h, "central", dose.amount_mg),)


def both_into_vein(model: KineticModel, p: Parameters, dose: Administration) -> tuple[Inflow, ...]:
    """Return a racemate's two halves, each into its own central compartment."""
    part = model.constant("racemate", "part")
    if part is None:
        raise InvalidRequest(f"{model.id} does not say what part of the racemate is S-ketamine.")
    return (
        Inflow(dose.time_h, dose.duration_h, "central", dose.amount_mg * part),
        Inflow(dose.time_h, dose.duration_h, "central R", dose.amount_mg * (1.0 - part)),
    )


def _metabolite(p: Parameters) -> dict[tuple[str, str], Number]:
    return {
        ("central", "metabolite"): p["CL"] / p["V1"],
        ("metabolite", "metabolite peripheral"): p["Qn"] / p["Vn"],
        ("metabolite peripheral", "metabolite"): p["Qn"] / p["Vpn"],
    }
