"""The slow, obvious solver that the exact one is tested against.

The equations are written out here a second time, by hand and term by term, and integrated by SciPy's LSODA
at tight tolerances from event to event. Nothing is shared with ``_structures`` or ``_system``: a slip in a
matrix there does not pass here. Only tests and benchmarks import this module.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.integrate import solve_ivp  # type: ignore[attr-defined]

from euthymia.evidence import KineticModel
from euthymia.pharmacology._reference_equations import (
    Drip,
    Floats,
    Numbers,
    Written,
    ashraf,
    racemate,
    simons,
)
from euthymia.pharmacology._regimen import Administration, Ancestry, Covariates, Route


@dataclass(frozen=True, slots=True)
class Reference:
    """Concentrations in ng/mL and areas in ng*h/mL from the first dose, each (times, analytes)."""

    concentrations: Floats
    areas: Floats


def reference(
    model: KineticModel,
    person: Covariates,
    doses: Sequence[Administration],
    times_h: Sequence[float] | Floats,
    *,
    rtol: float = 1e-12,
    atol: float = 1e-13,
) -> Reference:
    """Integrate the model's equations numerically; ``times_h`` sorted and not before the first dose."""
    written = _written(model, person)
    drips = [drip for dose in doses for drip in written.drips(dose)]
    return _integrate(written, drips, np.asarray(times_h, dtype=np.float64), (rtol, atol))


def _written(model: KineticModel, person: Covariates) -> Written:
    apart = {"gut-and-liver": ashraf, "film": simons, "enantiomers": racemate}
    if model.structure in apart:
        return apart[model.structure](model, person)
    if model.structure == "hepato-portal":
        p = _perez_ruixo(model, person)
        litres = ({3: p["Vc"]}, {7: p["Vcn"]})
        return Written(_perez_ruixo_slopes(p), lambda dose: _perez_ruixo_drips(p, dose), 9, litres)
    p = _per_kilogram(model, person) if model.structure == "micro-constants" else _scaled(model, person)
    metabolite = ({3: p["Vn"]},) if "Vn" in p else ()
    return Written(_by_vein_slopes(p), lambda dose: [_vein(dose, 0)], 5, ({0: p["V1"]}, *metabolite))


def _perez_ruixo(model: KineticModel, person: Covariates) -> Numbers:
    p = {key: number.value for key, number in model.parameters.items()}
    c = {key: number.value for key, number in model.covariates.items()}
    age = person.age_years or 0.0
    if age > c["age_threshold"]:
        p["Qh"] = p["Qh"] + c["age_on_Qh"] * (age - c["age_threshold"])
    if person.ancestry in (Ancestry.ASIAN, Ancestry.JAPANESE):
        p["kel"], p["CLn"] = p["kel"] * c["asian_on_kel"], p["CLn"] * c["asian_on_CLn"]
    if person.ancestry is Ancestry.JAPANESE:
        p["FRn"] = p["FRn"] * c["japanese_on_FRn"]
    p["kel"], p["kmet"] = p["kel"] * person.liver_clearance, p["kmet"] * person.liver_clearance
    p["F_gut"] = p["F_gut"] / (p["F_gut"] + (1 - p["F_gut"]) * person.gut_clearance)
    return p


def _perez_ruixo_slopes(p: Numbers) -> Callable[[Floats], list[float]]:
    def slopes(x: Floats) -> list[float]:
        nasal, swallowed, oral, central, shallow, deep, liver, nor, nor_deep = x
        return [
            -p["ka_n"] * nasal,
            -p["ka_sw"] * swallowed,
            -p["ka_po"] * oral,
            p["ka_n"] * nasal
            + p["Q1"] * (shallow / p["Vp1"] - central / p["Vc"])
            + p["Q2"] * (deep / p["Vp2"] - central / p["Vc"])
            + p["Qh"] * (liver / p["Vh"] - central / p["Vc"]),
            p["Q1"] * (central / p["Vc"] - shallow / p["Vp1"]),
            p["Q2"] * (central / p["Vc"] - deep / p["Vp2"]),
            p["ka_sw"] * swallowed
            + p["ka_po"] * oral
            + p["Qh"] * (central / p["Vc"] - liver / p["Vh"])
            - (p["kel"] + p["kmet"]) * liver,
            p["kmet"] * liver - p["CLn"] * nor / p["Vcn"] - p["Q3"] * (nor / p["Vcn"] - nor_deep / p["Vpn"]),
            p["Q3"] * (nor / p["Vcn"] - nor_deep / p["Vpn"]),
        ]

    return slopes


def _perez_ruixo_drips(p: Numbers, dose: Administration) -> list[Drip]:
    if dose.route is Route.IV:
        return [_vein(dose, 3)]
    if dose.route is Route.ORAL:
        stop = dose.time_h + p["D_po"]
        return [Drip(dose.time_h, stop, 2, dose.amount_mg * p["F_gut"] / p["D_po"], 0.0)]
    nose = p["FRn"] if dose.device == 1 else p["FRn"] * p["later_device"]
    swallowed = dose.amount_mg * (1 - nose) * p["F_gut"]
    return [
        Drip(dose.time_h, dose.time_h, 0, 0.0, dose.amount_mg * nose),
        Drip(dose.time_h, dose.time_h + p["D_sw"], 1, swallowed / p["D_sw"], 0.0),
    ]


def _scaled(model: KineticModel, person: Covariates) -> Numbers:
    ratio = (person.weight_kg or 0.0) / model.covariates["reference_weight"].value
    p = {key: number.value for key, number in model.parameters.items()}
    for key, exponent in model.weight_exponents.items():
        p[key] = p[key] * ratio**exponent.value
    return p


def _per_kilogram(model: KineticModel, person: Covariates) -> Numbers:
    """Return volumes and clearances from constants per minute and a volume per kilogram."""
    k = {key: number.value for key, number in model.parameters.items()}
    volume = k["V1"] * (person.weight_kg or 0.0)
    p = {"V1": volume, "CL": k["k10"] * 60 * volume, "Q1": k["k12"] * 60 * volume, "Q2": 0.0, "Vp2": 1.0}
    p["Vp1"] = volume * k["k12"] / k["k21"]
    if "k13" in k:
        p["Q2"], p["Vp2"] = k["k13"] * 60 * volume, volume * k["k13"] / k["k31"]
    return p


def _by_vein_slopes(p: Numbers) -> Callable[[Floats], list[float]]:
    def slopes(x: Floats) -> list[float]:
        central, shallow, deep, nor, nor_deep = x
        to_shallow = p["Q1"] * (central / p["V1"] - shallow / p["Vp1"])
        to_deep = p["Q2"] * (central / p["V1"] - deep / p["Vp2"])
        cleared = p["CL"] * central / p["V1"]
        if "Vn" not in p:
            return [-to_shallow - to_deep - cleared, to_shallow, to_deep, 0.0, 0.0]
        nor_to_deep = p["Qn"] * (nor / p["Vn"] - nor_deep / p["Vpn"])
        nor_cleared = p["CLn"] * nor / p["Vn"]
        return [
            -to_shallow - to_deep - cleared,
            to_shallow,
            to_deep,
            cleared - nor_cleared - nor_to_deep,
            nor_to_deep,
        ]

    return slopes


def _vein(dose: Administration, to: int) -> Drip:
    if dose.duration_h == 0:
        return Drip(dose.time_h, dose.time_h, to, 0.0, dose.amount_mg)
    return Drip(dose.time_h, dose.time_h + dose.duration_h, to, dose.amount_mg / dose.duration_h, 0.0)


def _integrate(
    written: Written, drips: Sequence[Drip], times: Floats, tolerances: tuple[float, float]
) -> Reference:
    rtol, atol = tolerances
    count, last = written.states, float(times[-1])
    observe = np.zeros((len(written.litres), count))
    for row, litres in enumerate(written.litres):
        for place, volume in litres.items():
            observe[row, place] = 1000 / volume
    breaks = sorted({edge for d in drips for edge in (d.start, d.stop) if edge <= last} | {last})
    state, found = np.zeros(count + len(observe)), np.zeros((len(times), count + len(observe)))
    for begin, end in pairwise([*breaks, last]):
        for drip in drips:
            state[drip.to] += drip.bolus if drip.start == begin else 0.0
        if begin == last:
            found[times == last] = state
            break
        inflow = np.zeros(count)
        for drip in drips:
            inflow[drip.to] += drip.rate if drip.start <= begin < drip.stop else 0.0

        def change(_: float, x: Floats, inflow: Floats = inflow) -> Floats:
            return np.concatenate([np.asarray(written.slopes(x[:count])) + inflow, observe @ x[:count]])

        inside = (times >= begin) & (times < end)
        asked = np.unique([begin, *times[inside], end])
        run = solve_ivp(change, (begin, end), state, "LSODA", t_eval=asked, rtol=rtol, atol=atol)
        found[inside] = run.y.T[np.searchsorted(asked, times[inside])]
        state = run.y[:, -1].copy()
    return Reference(found[:, :count] @ observe.T, found[:, count:])
