"""Asks a model the question behind a figure it is held to. Tests and model cards use it."""

from collections.abc import Mapping
from dataclasses import replace

from euthymia.evidence import KineticModel, Row, kinetic_model
from euthymia.pharmacology._interactions import under
from euthymia.pharmacology._prediction import predict
from euthymia.pharmacology._regimen import (
    DAY_H,
    Administration,
    Ancestry,
    Covariates,
    Route,
    infusion,
    nasal_session,
)
from euthymia.pharmacology._structures import solution, structure
from euthymia.pharmacology._system import MG_PER_L_IN_NG_PER_ML, Inflow, solve

# An area and the hour it is taken to; None is without end.
_AREAS = {"auc_inf": None, "auc0_48": 2 * DAY_H, "auc0_24": DAY_H, "auc0_6": 6.0}
_INJECTED_MG = 1.0  # any amount: the models are linear
_IN_UNIT = {"ng*min/mL": 60.0, "min": 60.0}


def question(row: Row) -> tuple[KineticModel, Covariates, tuple[Administration, ...]]:
    """Return the model, the person and the doses that a row of ``kinetic_targets()`` is about."""
    model = kinetic_model(row.keys["model"])
    age = float(row.keys["age_years"]) if row.keys["age_years"] else None
    person = Covariates(age, float(row.keys["weight_kg"]), Ancestry(row.keys["ancestry"]))
    if row.keys["beside"]:
        person = under(model.id, person, row.keys["beside"])
    return model, person, _doses(model, row.keys)


def reached(row: Row) -> float:
    """Return what the model gives where the row has its figure, in the row's unit."""
    model, person, doses = question(row)
    at_h = float(row.keys["at_h"]) if row.keys["at_h"] else None
    found = _figure(model, person, doses, row.keys, at_h)
    return found * _IN_UNIT.get(row.value.unit, 1.0)


def ratio(row: Row) -> float:
    """Return what the model gives for a row of ``interaction_ratios()``: with the condition over without."""
    model = kinetic_model(row.keys["model"])
    typical = {key: number.value for key, number in model.typical.items()}
    person = Covariates(typical.get("age"), typical.get("weight"))
    keys = {**row.keys, "analyte": model.analytes[0].key, "drug": model.drugs[0]}
    doses = _doses(model, keys)
    beside = _figure(model, under(model.id, person, keys["condition"]), doses, keys, None)
    return beside / _figure(model, person, doses, keys, None)


def _doses(model: KineticModel, keys: Mapping[str, str]) -> tuple[Administration, ...]:
    dose_mg = float(keys["dose_mg"])
    match Route(keys["route"]):
        case Route.NASAL:
            holds, interval = model.constants["device", "amount"], model.constants["device", "interval"]
            count = round(dose_mg / holds.value)
            return nasal_session(count, device_mg=holds.value, interval_h=interval.value / 60)
        case Route.IV:
            return infusion(dose_mg, float(keys["minutes"]))
        case route:
            first = (Administration(0.0, dose_mg, route),)
            return (*first, *_infused_later(keys))


def _infused_later(keys: Mapping[str, str]) -> tuple[Administration, ...]:
    """Return the infusion that follows the first dose, where the row has one."""
    if not keys.get("then_mg"):
        return ()
    return infusion(float(keys["then_mg"]), float(keys["then_minutes"]), start_h=float(keys["then_at_h"]))


def _figure(
    model: KineticModel,
    person: Covariates,
    doses: tuple[Administration, ...],
    keys: Mapping[str, str],
    at_h: float | None,
) -> float:
    place = [analyte.key for analyte in model.analytes].index(keys["analyte"])
    quantity = keys["quantity"].removesuffix(
        "_as_printed"
    )  # a figure that is no target, for a reason in its note
    if quantity in _AREAS:
        until = _AREAS[quantity]
        solved = solution(model, person, doses)
        areas = solved.exposure_without_end() if until is None else solved.exposures([until])[0]
        return float(areas[place])
    if quantity in _OF_THE_MODEL:
        return _OF_THE_MODEL[quantity](model, person, doses, place)
    found = predict(model.id, person, doses, () if at_h is None else (at_h,), drug=keys["drug"])
    analyte = found.analytes[place]
    if at_h is not None:
        return analyte.concentrations_ng_per_ml[0]
    return {
        "cmax": analyte.cmax_ng_per_ml,
        "cmax_observed": analyte.cmax_ng_per_ml,
        "tmax": analyte.tmax_h,
    }[quantity]


def _bioavailability(
    model: KineticModel, person: Covariates, doses: tuple[Administration, ...], place: int
) -> float:
    """Return the part of the doses that reaches the blood: area over dose, against that of an injection."""
    given_mg = sum(dose.amount_mg for dose in doses)
    area = float(solution(model, person, doses).exposure_without_end()[place])
    injected = solution(model, person, infusion(_INJECTED_MG, 0)).exposure_without_end()[place]
    return area / given_mg / (float(injected) / _INJECTED_MG)


def _area_ratio(
    model: KineticModel, person: Covariates, doses: tuple[Administration, ...], place: int
) -> float:
    """Return the area with what liver and gut wall clear in ``person`` over that with healthy ones."""
    healthy = replace(person, liver_clearance=1.0, gut_clearance=1.0)
    beside, alone = (solution(model, who, doses).exposure_without_end()[place] for who in (person, healthy))
    return float(beside) / float(alone)


def _clearance(
    model: KineticModel, person: Covariates, doses: tuple[Administration, ...], place: int
) -> float:
    """Return dose over area in L/h for a dose put at once where the analyte is measured."""
    equations = structure(model)
    own = equations.individual(model, person)
    (compartment,) = equations.graph(model, own).observed[place]
    inflow = Inflow(0.0, 0.0, compartment, _INJECTED_MG)
    area = solve(equations.system(model, own), [inflow]).exposure_without_end()[place]
    return _INJECTED_MG * MG_PER_L_IN_NG_PER_ML / float(area)


def _volume(model: KineticModel, person: Covariates, doses: tuple[Administration, ...], place: int) -> float:
    """Return in L where the analyte is measured, and what only exchanges with it once they are in balance."""
    equations = structure(model)
    graph = equations.graph(model, equations.individual(model, person))
    ((own, factor),) = graph.observed[place].items()
    behind = [there for here, there in graph.flows if here == own and (there, own) in graph.flows]
    only = [
        there
        for there in behind
        if there not in graph.losses and sum(there in pair for pair in graph.flows) == 2
    ]
    balance = sum(float(graph.flows[own, there] / graph.flows[there, own]) for there in only)
    return MG_PER_L_IN_NG_PER_ML / float(factor) * (1 + balance)


_OF_THE_MODEL = {
    "bioavailability": _bioavailability,
    "auc_ratio": _area_ratio,
    "clearance": _clearance,
    "volume": _volume,
}
