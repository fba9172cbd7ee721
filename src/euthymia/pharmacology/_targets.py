"""Asks a model the question behind a figure it is held to. Tests and model cards use it."""

from collections.abc import Mapping

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
from euthymia.pharmacology._structures import solution

# An area and the hour it is taken to; None is without end.
_AREAS = {"auc_inf": None, "auc0_24": DAY_H, "auc0_24_as_printed": DAY_H, "auc0_6": 6.0}
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
            return (Administration(0.0, dose_mg, route),)


def _figure(
    model: KineticModel,
    person: Covariates,
    doses: tuple[Administration, ...],
    keys: Mapping[str, str],
    at_h: float | None,
) -> float:
    place = [analyte.key for analyte in model.analytes].index(keys["analyte"])
    quantity = keys["quantity"]
    if quantity in _AREAS:
        until = _AREAS[quantity]
        solved = solution(model, person, doses)
        areas = solved.exposure_without_end() if until is None else solved.exposures([until])[0]
        return float(areas[place])
    found = predict(model.id, person, doses, () if at_h is None else (at_h,), drug=keys["drug"])
    analyte = found.analytes[place]
    if at_h is not None:
        return analyte.concentrations_ng_per_ml[0]
    return analyte.cmax_ng_per_ml if quantity == "cmax" else analyte.tmax_h
