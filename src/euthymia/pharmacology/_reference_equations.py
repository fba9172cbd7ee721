"""The equations of the models with gut wall, film or two enantiomers, written out by hand a second time.

Beside ``_reference``, for tests only; nothing is shared with ``_equations_gut`` or ``_equations_vein``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from euthymia.evidence import KineticModel
from euthymia.pharmacology._regimen import Administration, Covariates, Route

Floats: TypeAlias = npt.NDArray[np.float64]
Numbers: TypeAlias = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Drip:
    """Constant inflow of ``rate`` mg/h into state ``to`` between two times; ``bolus`` enters at ``start``."""

    start: float
    stop: float
    to: int
    rate: float
    bolus: float


@dataclass(frozen=True, slots=True)
class Written:
    """Slopes of all states, what one dose brings, and the litres that each analyte's state is divided by."""

    slopes: Callable[[Floats], list[float]]
    drips: Callable[[Administration], list[Drip]]
    states: int
    litres: tuple[Mapping[int, float], ...]


def over(dose: Administration, to: int, amount_mg: float, hours: float) -> Drip:
    """Return ``amount_mg`` entering ``to`` at a constant rate over ``hours``; 0 is at once."""
    if hours == 0:
        return Drip(dose.time_h, dose.time_h, to, 0.0, amount_mg)
    return Drip(dose.time_h, dose.time_h + hours, to, amount_mg / hours, 0.0)


def ashraf(model: KineticModel, person: Covariates) -> Written:
    """Write out Ashraf 2018 with the gut wall's, portal vein's and liver's amounts as the paper has them."""
    v = {key: number.value for key, number in model.parameters.items()}
    flow = v["QH"] * (person.weight_kg or 0.0) ** 0.75
    portal, artery, villous = 0.75 * flow, 0.25 * flow, 0.40 * 0.80 * 0.60 * flow
    gut_flow = villous * v["CL_perm"] / (villous + v["CL_perm"])
    f_gut = gut_flow / (gut_flow + v["CLint_GW"] * person.gut_clearance)
    cleared = v["CLint_H"] * person.liver_clearance * v["fu"] / v["BP"]
    e_liver = cleared / (flow + cleared)
    f_gut_n = villous / (villous + v["CLint_GWn"])
    f_liver_n = flow / (flow + v["CLint_Hn"] * v["fu_n"] / v["BP_n"])

    def slopes(x: Floats) -> list[float]:
        depot, central, near, far, nor, nor_far = x
        gut = v["ka"] * depot / villous
        vein = (villous * f_gut * gut + portal / v["Vc"] * central) / portal
        liver = (artery / v["Vc"] * central + portal * vein) / flow
        vein_n = (villous * (1 - f_gut) * gut * f_gut_n + portal / v["Vcn"] * nor) / portal
        liver_n = (artery / v["Vcn"] * nor + portal * vein_n + flow * e_liver * liver) / flow
        to_near = v["Q1"] * (central / v["Vc"] - near / v["Vp1"])
        to_far = v["Q2"] * (central / v["Vc"] - far / v["Vp2"])
        to_nor_far = v["Qn"] * (nor / v["Vcn"] - nor_far / v["Vpn"])
        return [
            -v["ka"] * depot,
            (1 - e_liver) * flow * liver - (artery + portal) / v["Vc"] * central - to_near - to_far,
            to_near,
            to_far,
            f_liver_n * flow * liver_n - (portal + artery) / v["Vcn"] * nor - to_nor_far,
            to_nor_far,
        ]

    def drips(dose: Administration) -> list[Drip]:
        return [over(dose, 1 if dose.route is Route.IV else 0, dose.amount_mg, dose.duration_h)]

    return Written(slopes, drips, 6, ({1: v["Vc"]}, {4: v["Vcn"]}))


def simons(model: KineticModel, person: Covariates) -> Written:
    """Write out Simons 2022 in minutes and micromoles per litre, and turn to hours at the end."""
    v = {key: number.value for key, number in model.parameters.items()}
    size = (person.weight_kg or 0.0) / 70
    for key in ("V1", "Vp1", "Vp2", "Vpn", "Vh", "Vph"):
        v[key] *= size
    for key in ("CL", "Q1", "Q2", "CLn", "Qn", "CLh", "Qh"):
        v[key] *= size**0.75
    kn, kh = 2 / v["MTTN"], 2 / v["MTTH"]

    def slopes(x: Floats) -> list[float]:
        film, gut, liver, k, k2, k3, d1, d2, n, n2, d3, d4, h, h2 = x
        per_minute = [
            -v["KA1"] * film,
            -v["KA2"] * gut,
            v["KA2"] * gut - liver / v["MTTG"],
            v["KA1"] * film
            - (v["CL"] + v["Q1"] + v["Q2"]) * k / v["V1"]
            + v["Q1"] * k2 / v["Vp1"]
            + v["Q2"] * k3 / v["Vp2"],
            v["Q1"] * (k / v["V1"] - k2 / v["Vp1"]),
            v["Q2"] * (k / v["V1"] - k3 / v["Vp2"]),
            v["CL"] * k / v["V1"] + liver / v["MTTG"] - kn * d1,
            kn * (d1 - d2),
            v["fm_n"] * kn * d2 - (v["CLn"] + v["Qn"]) * n / v["V1"] + v["Qn"] * n2 / v["Vpn"],
            v["Qn"] * (n / v["V1"] - n2 / v["Vpn"]),
            v["CLn"] * n / v["V1"] - kh * d3,
            kh * (d3 - d4),
            v["fm_h"] * kh * d4 - (v["CLh"] + v["Qh"]) * h / v["Vh"] + v["Qh"] * h2 / v["Vph"],
            v["Qh"] * (h / v["Vh"] - h2 / v["Vph"]),
        ]
        return [60 * slope for slope in per_minute]

    def drips(dose: Administration) -> list[Drip]:
        if dose.route is Route.IV:
            return [over(dose, 3, dose.amount_mg, dose.duration_h)]
        return [
            over(dose, 0, dose.amount_mg * v["F1"], v["D1"] / 60),
            over(dose, 1, dose.amount_mg * v["F2"], v["D2"] / 60),
        ]

    # mg of S-ketamine to umol, and umol of a metabolite to its own mg.
    heavier = (1.0, 237.73 / 223.70, 237.73 / 239.70)
    places = ((3, "V1"), (8, "V1"), (12, "Vh"))
    litres = tuple({at: v[key] * mass} for (at, key), mass in zip(places, heavier, strict=True))
    return Written(slopes, drips, 14, litres)


def racemate(model: KineticModel, person: Covariates) -> Written:
    """Write out S-ketamine with S-norketamine and R-ketamine, each from half a dose."""
    v = {key: number.value for key, number in model.parameters.items()}
    size = (person.weight_kg or 0.0) / 70
    for key, power in (("V1", 1.0), ("CL", 0.75), ("Vn", 1.0), ("CLn", 0.75)):
        v[key] *= size**power

    def three(central: float, near: float, far: float, clearance: float) -> list[float]:
        to_near = v["Q1"] * (central / v["V1"] - near / v["Vp1"])
        to_far = v["Q2"] * (central / v["V1"] - far / v["Vp2"])
        return [-clearance * central / v["V1"] - to_near - to_far, to_near, to_far]

    def slopes(x: Floats) -> list[float]:
        s, s2, s3, n, n2, r, r2, r3 = x
        to_n2 = v["Qn"] * (n / v["Vn"] - n2 / v["Vpn"])
        return [
            *three(s, s2, s3, v["CL"]),
            v["CL"] * s / v["V1"] - v["CLn"] * n / v["Vn"] - to_n2,
            to_n2,
            *three(r, r2, r3, v["CL"] * v["CL_R_ratio"]),
        ]

    def drips(dose: Administration) -> list[Drip]:
        return [over(dose, to, dose.amount_mg / 2, dose.duration_h) for to in (0, 5)]

    return Written(slopes, drips, 8, ({0: v["V1"]}, {3: v["Vn"]}, {5: v["V1"]}, {0: v["V1"], 5: v["V1"]}))
