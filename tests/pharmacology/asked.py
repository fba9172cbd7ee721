"""From a row of the targets to the question it answers."""

from functools import cache

from euthymia.evidence import Row, kinetic_model
from euthymia.pharmacology import (
    Administration,
    Ancestry,
    Covariates,
    Prediction,
    Route,
    infusion,
    nasal_session,
    predict,
)
from euthymia.pharmacology._structures import structure
from euthymia.pharmacology._system import solve

MODELS = ("perez-ruixo-2021", "otto-2021", "kamp-2020")
PERSON = Covariates(age_years=45, weight_kg=74)


def nasal(devices: int, *, start_h: float = 0.0) -> tuple[Administration, ...]:
    return nasal_session(devices, device_mg=28, interval_h=5 / 60, start_h=start_h)


def covariates(row: Row) -> Covariates:
    age, weight = row.keys["age_years"], row.keys["weight_kg"]
    return Covariates(float(age) if age else None, float(weight), Ancestry(row.keys["ancestry"]))


def doses(row: Row) -> tuple[Administration, ...]:
    dose_mg = float(row.keys["dose_mg"])
    match Route(row.keys["route"]):
        case Route.NASAL:
            return nasal(round(dose_mg / 28))
        case Route.IV:
            return infusion(dose_mg, float(row.keys["minutes"]))
        case Route.ORAL:
            return (Administration(0.0, dose_mg, Route.ORAL),)


def reached(row: Row) -> float:
    """Return what the model gives where the row gives a figure."""
    quantity, analyte = row.keys["quantity"], row.keys["analyte"]
    if quantity == "auc_inf":
        return area_without_end(row)
    found = prediction(row).analyte(analyte)
    if quantity in ("concentration", "observed"):
        return found.concentrations_ng_per_ml[0]
    return {
        "cmax": found.cmax_ng_per_ml,
        "tmax": found.tmax_h,
        "auc0_24": found.auc0_24_ng_h_per_ml,
        "auc0_24_as_printed": found.auc0_24_ng_h_per_ml,
    }[quantity]


def prediction(row: Row) -> Prediction:
    at_h = float(row.keys["at_h"] or 0.0)
    return predict(row.keys["model"], covariates(row), doses(row), [at_h], drug=row.keys["drug"])


def area_without_end(row: Row) -> float:
    model = kinetic_model(row.keys["model"])
    place = [analyte.key for analyte in model.analytes].index(row.keys["analyte"])
    return float(solution(model.id, covariates(row), doses(row)).exposure_without_end()[place])


@cache
def solution(model_id: str, person: Covariates, given: tuple[Administration, ...]):
    """Return the solution beneath a prediction: amounts in every compartment."""
    model = kinetic_model(model_id)
    equations = structure(model)
    parameters = equations.individual(model, person)
    inflows = [inflow for dose in given for inflow in equations.inflows(model, parameters, dose)]
    return solve(equations.system(model, parameters), inflows)
