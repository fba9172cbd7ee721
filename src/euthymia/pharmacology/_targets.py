"""Asks a model the question behind a figure it is held to. Tests and model cards use it."""

from euthymia.evidence import KineticModel, Row, kinetic_model
from euthymia.pharmacology._prediction import predict
from euthymia.pharmacology._regimen import (
    Administration,
    Ancestry,
    Covariates,
    Route,
    infusion,
    nasal_session,
)
from euthymia.pharmacology._structures import solution


def question(row: Row) -> tuple[KineticModel, Covariates, tuple[Administration, ...]]:
    """Return the model, the person and the doses that a row of ``kinetic_targets()`` is about."""
    model, dose_mg = kinetic_model(row.keys["model"]), float(row.keys["dose_mg"])
    age = float(row.keys["age_years"]) if row.keys["age_years"] else None
    person = Covariates(age, float(row.keys["weight_kg"]), Ancestry(row.keys["ancestry"]))
    match Route(row.keys["route"]):
        case Route.NASAL:
            holds, interval = model.constants["device", "amount"], model.constants["device", "interval"]
            count = round(dose_mg / holds.value)
            doses = nasal_session(count, device_mg=holds.value, interval_h=interval.value / 60)
        case Route.IV:
            doses = infusion(dose_mg, float(row.keys["minutes"]))
        case Route.ORAL:
            doses = (Administration(0.0, dose_mg, Route.ORAL),)
    return model, person, doses


def reached(row: Row) -> float:
    """Return what the model gives where the row has its figure, in the row's unit."""
    model, person, doses = question(row)
    quantity = row.keys["quantity"]
    if quantity == "auc_inf":
        place = [analyte.key for analyte in model.analytes].index(row.keys["analyte"])
        return float(solution(model, person, doses).exposure_without_end()[place])
    at_h = [float(row.keys["at_h"])] if row.keys["at_h"] else []
    found = predict(model.id, person, doses, at_h, drug=row.keys["drug"]).analyte(row.keys["analyte"])
    if at_h:
        return found.concentrations_ng_per_ml[0]
    return {"cmax": found.cmax_ng_per_ml, "tmax": found.tmax_h}.get(quantity, found.auc0_24_ng_h_per_ml)
