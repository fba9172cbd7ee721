"""Equations of the models with more before the blood than a vein: nose, film, gut wall and liver."""

from euthymia.evidence import KineticModel
from euthymia.pharmacology._equations_vein import distribution
from euthymia.pharmacology._graph import Graph, Parameters
from euthymia.pharmacology._regimen import Administration, Route
from euthymia.pharmacology._system import MG_PER_L_IN_NG_PER_ML, Inflow

# --- Perez-Ruixo 2021: nose, gut and liver before the blood


def hepato_portal(model: KineticModel, p: Parameters) -> Graph:
    """Return the mass-balanced equations (the printed ones let a depot go negative)."""
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
    return Graph(
        (
            *("nasal depot", "swallowed depot", "oral depot"),
            *("central", "peripheral 1", "peripheral 2", "liver", "metabolite", "metabolite peripheral"),
        ),
        flows,
        {"liver": p["kel"], "metabolite": p["CLn"] / p["Vcn"]},
        (
            {"central": MG_PER_L_IN_NG_PER_ML / p["Vc"]},
            {"metabolite": MG_PER_L_IN_NG_PER_ML / p["Vcn"]},
        ),
    )


def by_nose_vein_or_mouth(model: KineticModel, p: Parameters, dose: Administration) -> tuple[Inflow, ...]:
    """Return what a device, an infusion or an oral dose brings where: part of a device is swallowed."""
    if dose.route is Route.IV:
        return (Inflow(dose.time_h, dose.duration_h, "central", dose.amount_mg),)
    if dose.route is Route.ORAL:
        return (Inflow(dose.time_h, p["D_po"], "oral depot", dose.amount_mg * p["F_gut"]),)
    through_nose = p["FRn"] * (p["later_device"] if (dose.device or 1) > 1 else 1.0)
    swallowed = dose.amount_mg * (1.0 - through_nose) * p["F_gut"]
    return (
        Inflow(dose.time_h, 0.0, "nasal depot", dose.amount_mg * through_nose),
        Inflow(dose.time_h, p["D_sw"], "swallowed depot", swallowed),
    )


# --- Ashraf 2018: gut wall and liver as well-stirred organs in quasi-steady state


def gut_and_liver(model: KineticModel, p: Parameters) -> Graph:
    """Return parent and metabolite; each passage of gut wall or liver turns a part of the parent over.

    What the gut wall forms of the metabolite has to pass the rest of the wall and the liver; what the liver
    forms passes the liver once more, as in the published quasi-steady equations.
    """
    villous = p["QH"]
    for name in ("intestinal_part", "mucosal_part", "villous_part"):
        villous = villous * model.constants["physiology", name].value
    through_wall = villous * p["CL_perm"] / (villous + p["CL_perm"])
    passes_gut = through_wall / (through_wall + p["CLint_GW"])
    unbound, unbound_n = p["CLint_H"] * p["fu"] / p["BP"], p["CLint_Hn"] * p["fu_n"] / p["BP_n"]
    passes_liver, passes_liver_n = p["QH"] / (p["QH"] + unbound), p["QH"] / (p["QH"] + unbound_n)
    passes_gut_n = villous / (villous + p["CLint_GWn"])
    turned_over = 1.0 - passes_liver
    first_pass = (1.0 - passes_gut) * passes_gut_n + passes_gut * turned_over
    flows = distribution({**p, "V1": p["Vc"]}) | {
        ("depot", "central"): p["ka"] * passes_gut * passes_liver,
        ("depot", "metabolite"): p["ka"] * first_pass * passes_liver_n,
        ("central", "metabolite"): p["QH"] / p["Vc"] * turned_over * passes_liver_n,
        ("metabolite", "metabolite peripheral"): p["Qn"] / p["Vcn"],
        ("metabolite peripheral", "metabolite"): p["Qn"] / p["Vpn"],
    }
    lost_at_first_pass = 1.0 - passes_gut * passes_liver - first_pass * passes_liver_n
    losses = {
        "depot": p["ka"] * lost_at_first_pass,
        "central": p["QH"] / p["Vc"] * turned_over * (1.0 - passes_liver_n),
        "metabolite": p["QH"] / p["Vcn"] * (1.0 - passes_liver_n),
    }
    return Graph(
        ("depot", "central", "peripheral 1", "peripheral 2", "metabolite", "metabolite peripheral"),
        flows,
        losses,
        (
            {"central": MG_PER_L_IN_NG_PER_ML / p["Vc"]},
            {"metabolite": MG_PER_L_IN_NG_PER_ML / p["Vcn"]},
        ),
    )


def by_vein_or_mouth(model: KineticModel, p: Parameters, dose: Administration) -> tuple[Inflow, ...]:
    """Return an infusion into the blood, or an oral dose into the gut at once."""
    if dose.route is Route.IV:
        return (Inflow(dose.time_h, dose.duration_h, "central", dose.amount_mg),)
    return (Inflow(dose.time_h, 0.0, "depot", dose.amount_mg),)


# --- Simons 2022: a film in the mouth, two metabolites in a row, each behind a delay


def film(model: KineticModel, p: Parameters) -> Graph:
    """Return S-ketamine, S-norketamine and S-hydroxynorketamine, all amounts as mg of S-ketamine.

    What is swallowed joins the delay between S-ketamine and its metabolite and never the blood.
    """
    to_n, to_h = 2.0 / p["MTTN"], 2.0 / p["MTTH"]
    flows = distribution(p) | {
        ("mucosa", "central"): p["KA1"],
        ("gut", "gut to liver"): p["KA2"],
        ("gut to liver", "delay 1"): 1.0 / p["MTTG"],
        ("central", "delay 1"): p["CL"] / p["V1"],
        ("delay 1", "delay 2"): to_n,
        ("delay 2", "norketamine"): p["fm_n"] * to_n,
        ("norketamine", "norketamine peripheral"): p["Qn"] / p["V1"],
        ("norketamine peripheral", "norketamine"): p["Qn"] / p["Vpn"],
        ("norketamine", "delay 3"): p["CLn"] / p["V1"],
        ("delay 3", "delay 4"): to_h,
        ("delay 4", "hydroxynorketamine"): p["fm_h"] * to_h,
        ("hydroxynorketamine", "hydroxynorketamine peripheral"): p["Qh"] / p["Vh"],
        ("hydroxynorketamine peripheral", "hydroxynorketamine"): p["Qh"] / p["Vph"],
    }
    losses = {
        "delay 2": (1.0 - p["fm_n"]) * to_n,
        "delay 4": (1.0 - p["fm_h"]) * to_h,
        "hydroxynorketamine": p["CLh"] / p["Vh"],
    }
    mass = {analyte.key: model.constants["molar_mass", analyte.key].value for analyte in model.analytes}
    parent, nor, hydroxy = (MG_PER_L_IN_NG_PER_ML * mass[key] / mass["esketamine"] for key in mass)
    return Graph(
        (
            *("mucosa", "gut", "gut to liver", "central", "peripheral 1", "peripheral 2"),
            *("delay 1", "delay 2", "norketamine", "norketamine peripheral"),
            *("delay 3", "delay 4", "hydroxynorketamine", "hydroxynorketamine peripheral"),
        ),
        flows,
        losses,
        (
            {"central": parent / p["V1"]},
            {"norketamine": nor / p["V1"]},
            {"hydroxynorketamine": hydroxy / p["Vh"]},
        ),
    )


def by_film_or_vein(model: KineticModel, p: Parameters, dose: Administration) -> tuple[Inflow, ...]:
    """Return an infusion, or a film's two releases: to the mucosa, and to the gut."""
    if dose.route is Route.IV:
        return (Inflow(dose.time_h, dose.duration_h, "central", dose.amount_mg),)
    return (
        Inflow(dose.time_h, p["D1"], "mucosa", dose.amount_mg * p["F1"]),
        Inflow(dose.time_h, p["D2"], "gut", dose.amount_mg * p["F2"]),
    )
