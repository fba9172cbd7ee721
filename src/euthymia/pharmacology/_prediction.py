"""From a question (model, person, doses, times) to an answer that says what it rests on."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Any

import numpy as np

from euthymia.evidence import KineticModel, entry_limit, kinetic_model, kinetic_models, units
from euthymia.pharmacology._alone import one_at_a_time
from euthymia.pharmacology._peaks import peaks
from euthymia.pharmacology._regimen import DAY_H, Administration, Covariates, InvalidRequest, Regimen
from euthymia.pharmacology._structures import solution, structure
from euthymia.pharmacology._studied import outside_studied
from euthymia.pharmacology._system import Solution
from euthymia.pharmacology._timeline import Timeline, timeline

# Rounding may leave a depot that has emptied a hair below zero: up to this part of the peak it is rounding.
_ROUNDING = 1e-9


class Outcome(StrEnum):
    """How a calculation ended. Only ``COMPUTED`` comes with numbers."""

    COMPUTED = "computed"
    NOT_FINITE = "not finite"
    NEGATIVE = "negative"

    @property
    def sentence(self) -> str:
        """What to tell a reader."""
        return _SENTENCES[self]


_SENTENCES = {
    Outcome.COMPUTED: "The prediction was computed.",
    Outcome.NOT_FINITE: "No prediction: the calculation left the range of numbers. Check age, weight, times.",
    Outcome.NEGATIVE: "No prediction: the calculation gave a concentration below zero, a fault to report.",
}


@dataclass(frozen=True, slots=True)
class AnalytePrediction:
    """What is predicted of one substance.

    Attributes:
        key: stable name, such as ``esketamine``.
        concentrations_ng_per_ml: one for each time asked for.
        cmax_ng_per_ml: the highest concentration up to 24 hours after the last dose has ended.
        tmax_h: when that is, in hours after the first dose.
        auc0_24_ng_h_per_ml: area under the curve in the 24 hours from the first dose.
    """

    key: str
    name: str
    concentrations_ng_per_ml: tuple[float, ...]
    cmax_ng_per_ml: float
    tmax_h: float
    auc0_24_ng_h_per_ml: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """A typical person's concentrations, with all that is needed to judge and repeat them.

    ``analytes`` is empty unless ``outcome`` is ``COMPUTED``. ``warnings`` belong to this question, or to
    every use of this model; ``limits`` are what the model does not know.
    """

    model: str
    model_version: str
    parameters_hash: str
    title: str
    source: str
    population: str
    sampling_site: str
    drug: str
    times_h: tuple[float, ...]
    analytes: tuple[AnalytePrediction, ...]
    outcome: Outcome
    warnings: tuple[str, ...]
    limits: tuple[str, ...]

    def analyte(self, key: str) -> AnalytePrediction:
        """Return the prediction of one substance; KeyError names what there is."""
        for analyte in self.analytes:
            if analyte.key == key:
                return analyte
        raise KeyError(f"{key} is not among {[analyte.key for analyte in self.analytes]}")

    def to_dict(self) -> dict[str, Any]:
        """Return the prediction as plain values that JSON can hold."""
        return asdict(self) | {"outcome": self.outcome.value}


def needs(model_id: str) -> tuple[str, ...]:
    """Return the names of the covariates without which a model predicts nothing, such as ``weight_kg``."""
    return structure(_model(model_id)).needs


@one_at_a_time
def predict(
    model_id: str,
    covariates: Covariates,
    administrations: Sequence[Administration] | Regimen,
    times_h: Sequence[float] = (),
    *,
    drug: str | None = None,
) -> Prediction:
    """Predict the plasma concentrations of a typical person.

    Args:
        model_id: one of ``euthymia.evidence.kinetic_models()``.
        covariates: the person. What the model needs and does not get is an error; what it ignores is ignored.
        administrations: at least one dose, in any order; times on any clock. A ``Regimen`` may also change
            the person, empty the body, and begin from a steady state.
        times_h: when concentrations are wanted, on the same clock.
        drug: what was given; the model's own drug unless stated. A racemate given to a model of one
            enantiomer enters with the part the model's file states, and a warning says so.

    Returns:
        The prediction. A calculation that fails is an ``outcome`` with a sentence, not an exception.

    Raises:
        InvalidRequest: the question is wrong: unknown model, drug or route, a needed covariate missing, no
            dose, devices out of order.
    """
    model = _model(model_id)
    given_drug = drug or model.drugs[0]
    asked = administrations if isinstance(administrations, Regimen) else Regimen(tuple(administrations))
    doses = tuple(sorted(asked.administrations, key=lambda dose: dose.time_h))
    _check(model, (covariates, *(changed for _, changed in asked.changes)), doses, given_drug, times_h)
    for settled in asked.steady:
        # Not the order of its devices: a table has a steady state for each device of a session.
        _check_doses(model, settled.doses)
    entering = as_entering(model, given_drug, doses)
    times = tuple(float(time) for time in times_h)
    if asked.changes or asked.resets_h or asked.steady:
        steady = tuple(replace(s, doses=as_entering(model, given_drug, s.doses)) for s in asked.steady)
        solved: Solution | Timeline = timeline(
            model, covariates, replace(asked, administrations=entering, steady=steady)
        )
    else:
        solved = solution(model, covariates, entering)
    outcome, analytes = _read(model, solved, entering, times)
    return Prediction(
        model=model.id,
        model_version=model.version,
        parameters_hash=model.parameters_hash,
        title=model.title,
        source=f"{model.source.title}; {model.source.where}",
        population=model.population.value,
        sampling_site=model.sampling_site,
        drug=given_drug,
        times_h=times,
        analytes=analytes,
        outcome=outcome,
        warnings=(
            *model.warns,
            *_racemate_warning(model, given_drug),
            *_outside(model, (covariates, *(changed for _, changed in asked.changes)), entering),
        ),
        limits=model.limits,
    )


def _model(model_id: str) -> KineticModel:
    if model_id not in kinetic_models():
        raise InvalidRequest(f"There is no model '{model_id}'. There are: {', '.join(kinetic_models())}.")
    return kinetic_model(model_id)


def as_entering(
    model: KineticModel, drug: str, doses: tuple[Administration, ...]
) -> tuple[Administration, ...]:
    """Return the doses as the substance the model describes."""
    return tuple(replace(dose, amount_mg=dose.amount_mg * _part(model, drug)) for dose in doses)


def _outside(
    model: KineticModel, people: Sequence[Covariates], doses: tuple[Administration, ...]
) -> tuple[str, ...]:
    """Return what leaves the studied range, for whoever the person is in turn; each sentence once."""
    return tuple(dict.fromkeys(said for person in people for said in outside_studied(model, person, doses)))


def _check(
    model: KineticModel,
    people: Sequence[Covariates],
    doses: tuple[Administration, ...],
    drug: str,
    times_h: Sequence[float],
) -> None:
    if not doses:
        raise InvalidRequest("There is nothing to predict: give at least one dose.")
    if drug not in model.drugs:
        raise InvalidRequest(f"{model.id} predicts {' and '.join(model.drugs)}; it cannot predict {drug}.")
    for person in people:
        check_person(model, person)
    if not np.all(np.isfinite(np.asarray(times_h, dtype=np.float64))):
        raise InvalidRequest("The times to predict at must be finite numbers of hours.")
    check_doses(model, doses)


def check_person(model: KineticModel, person: Covariates) -> None:
    """Refuse an absurd person, one of whom the model needs to know more, or who has organs that the model has not."""
    for name, value in (("age", person.age_years), ("weight", person.weight_kg)):
        limit = entry_limit(name)
        low, high = (float(end) for end in limit.possible)
        if value is not None and not low <= value <= high:
            raise InvalidRequest(
                f"The {name} is {value:g} {units()[limit.unit].printed}; it lies between {low:g} and {high:g}."
            )
    for name in structure(model).needs:
        if getattr(person, name) is None:
            raise InvalidRequest(f"{model.id} needs the person's {name.replace('_', ' in ')}.")
    changed = (person.liver_clearance, person.gut_clearance) != (1.0, 1.0)
    if changed and not structure(model).has_organs:
        raise InvalidRequest(
            f"{model.id} has neither liver nor gut wall of its own: it cannot say what a change of theirs does."
        )


def check_doses(model: KineticModel, doses: tuple[Administration, ...]) -> None:
    """Refuse doses, in order of time, of a route that the model has not, and devices overfull or out of order."""
    _check_doses(model, doses)
    _check_devices(model, doses)


def _check_doses(model: KineticModel, doses: tuple[Administration, ...]) -> None:
    for dose in doses:
        if dose.route not in all_routes():
            raise InvalidRequest(
                f"There is no model for doses given {dose.route}: no source with its parameters was found. "
                f"There are models for {', '.join(all_routes())}."
            )
        if dose.route not in model.routes:
            known = " or ".join(model.routes)
            raise InvalidRequest(f"{model.id} knows doses given {known}; it cannot predict {dose.route}.")


@cache
def all_routes() -> tuple[str, ...]:
    """Return the routes that any model has, sorted."""
    return tuple(sorted({route for model_id in kinetic_models() for route in kinetic_model(model_id).routes}))


def _check_devices(model: KineticModel, doses: tuple[Administration, ...]) -> None:
    """Refuse devices that are overfull or not numbered 1, 2, 3 … in the order given, each session anew."""
    holds = model.constant("device", "amount")
    previous = 0
    for dose in doses:
        if dose.device is None:
            continue
        if holds is not None and dose.amount_mg > holds:
            raise InvalidRequest(f"One device holds {holds:g} mg; {dose.amount_mg:g} mg are several devices.")
        if dose.device not in (1, previous + 1):
            raise InvalidRequest(
                f"Device {dose.device} follows {previous}; number a session's devices 1, 2, 3 in turn."
            )
        previous = dose.device


def _part(model: KineticModel, drug: str) -> float:
    """Return the part of a dose of ``drug`` that is the substance the model describes."""
    part = model.constant("racemate", "part")
    return 1.0 if drug == model.drugs[0] or part is None else part


def _racemate_warning(model: KineticModel, drug: str) -> tuple[str, ...]:
    if drug == model.drugs[0]:
        return ()
    part = _part(model, drug)
    return (
        f"{drug.capitalize()} is a racemate: {part:.0%} of the dose is taken as {model.drugs[0]}, as if it "
        f"behaved as it does alone, and the concentrations are of {model.drugs[0]} only.",
    )


def _read(
    model: KineticModel,
    solved: Solution | Timeline,
    doses: tuple[Administration, ...],
    times_h: tuple[float, ...],
) -> tuple[Outcome, tuple[AnalytePrediction, ...]]:
    first = doses[0].time_h
    concentrations = np.asarray(solved.concentrations(times_h))
    exposures = np.asarray(solved.exposures([first + DAY_H]))[0]
    highest, at_h = peaks(solved, until_h=solved.events[-1] + DAY_H)
    everything = np.concatenate([concentrations.ravel(), exposures, highest, at_h])
    if not np.all(np.isfinite(everything)):
        return Outcome.NOT_FINITE, ()
    if np.any(concentrations < -_ROUNDING * highest) or np.any(exposures < 0):
        return Outcome.NEGATIVE, ()
    analytes = tuple(
        AnalytePrediction(
            key=analyte.key,
            name=analyte.name,
            concentrations_ng_per_ml=tuple(np.maximum(concentrations[:, place], 0.0).tolist()),
            cmax_ng_per_ml=float(highest[place]),
            tmax_h=float(at_h[place]) - first,
            auc0_24_ng_h_per_ml=float(exposures[place]),
        )
        for place, analyte in enumerate(model.analytes)
    )
    return Outcome.COMPUTED, analytes
