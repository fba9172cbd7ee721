"""Runs one question through a published model. Imported by web processes too, so JAX is loaded only when it runs."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

log = logging.getLogger(__name__)

CONCENTRATION = "concentration"
BAND_SEED = (
    1  # the same virtual people for everybody, so that two curves differ by the patient and the doses alone
)
_GRID_MIN = (*range(0, 241, 2), *range(250, 481, 10))  # what a curve needs to look smooth, in minutes


@dataclass(frozen=True, slots=True)
class Dose:
    """One device, or one stretch of an infusion at one rate, as it was given."""

    at_min: Decimal
    mg: Decimal
    minutes: Decimal = Decimal(0)
    device: int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What a concentration is predicted from. ``t0`` is minute 0; unknown covariates stay unknown.

    ``ancestry`` is ``None`` for a model without an effect of it, and ``""`` where it was not recorded.
    """

    model: str
    drug: str
    route: str
    t0: datetime
    doses: tuple[Dose, ...]
    age_years: int | None
    weight_kg: Decimal | None
    ancestry: str | None

    @property
    def kind(self) -> str:
        """The kind of calculation: one for each model, so that each has its own answer."""
        return f"{CONCENTRATION} {self.model}"

    def content(self) -> dict[str, Any]:
        """The question as JSON values, numbers as the text that was recorded."""
        return {
            "model": self.model,
            "drug": self.drug,
            "route": self.route,
            "t0": self.t0.isoformat(),
            "doses": [
                {
                    "at_min": str(dose.at_min),
                    "mg": str(dose.mg),
                    "minutes": str(dose.minutes),
                    "device": dose.device,
                }
                for dose in self.doses
            ],
            "age_years": self.age_years,
            "weight_kg": str(self.weight_kg) if self.weight_kg is not None else None,
            "ancestry": self.ancestry,
        }


@dataclass(frozen=True, slots=True)
class Computed:
    """An answer; ``result`` is ``None`` when there is none, and ``sentence`` says why."""

    result: dict[str, Any] | None
    sentence: str
    model_id: str
    model_version: str = ""
    parameters_hash: str = ""
    seed: int | None = None


def compute(kind: str, content: Mapping[str, Any]) -> Computed:
    """Answer one stored question. Never raises: what fails is an answer with a sentence."""
    model = str(content.get("model", ""))
    if kind != f"{CONCENTRATION} {model}":
        return Computed(None, f"No model answers the question “{kind}”.", model)
    try:
        return _concentration(content)
    except ValueError as error:  # InvalidRequest and EvidenceError: their messages are sentences
        return Computed(None, str(error), model)
    except Exception as error:
        # The class only: the message might hold values of a patient.
        log.error("calculation failed with %s", type(error).__name__)
        sentence = f"The calculation stopped with an internal error ({type(error).__name__}). Report it; care goes on."
        return Computed(None, sentence, model)


def _band(content: Mapping[str, Any], person: Any, doses: list[Any], times_h: list[float]) -> dict[str, Any]:
    """The band between people, or the sentence that says why there is none: the typical curve stands without it."""
    from euthymia.evidence import kinetic_model, read_sourced
    from euthymia.pharmacology import InvalidRequest, between_people, how_people_differ_is_known

    if not how_people_differ_is_known(kinetic_model(content["model"])):
        return {"none": "how people differ in this model is not known."}
    asked = read_sourced("limits/forecasts.toml").table("band")
    try:
        band = between_people(
            content["model"],
            person,
            doses,
            times_h,
            people=int(asked.number("people").value),
            percent=(asked.number("low").value, asked.number("high").value),
            seed=BAND_SEED,
            drug=content["drug"],
        )
    except InvalidRequest as refused:
        return {"none": str(refused)}
    return asdict(band) | {"assumptions": list(band.assumptions)}


def given_up(content: Mapping[str, Any], attempts: int) -> Computed:
    """The answer to a question whose calculation never came back."""
    sentence = (
        f"The calculation ended the worker {attempts} times and is not tried again. Report it; care goes on."
    )
    return Computed(None, sentence, str(content.get("model", "")))


def _concentration(content: Mapping[str, Any]) -> Computed:
    from euthymia.pharmacology import Administration, Ancestry, Covariates, Outcome, Route, predict

    given = sorted(content["doses"], key=lambda dose: Decimal(dose["at_min"]))
    doses = [
        Administration(
            time_h=float(dose["at_min"]) / 60,
            amount_mg=float(dose["mg"]),
            route=Route(content["route"]),
            duration_h=float(dose["minutes"]) / 60,
            # Numbered by time: a device that was recorded late, or left out, keeps its place.
            device=place if content["route"] == Route.NASAL else None,
        )
        for place, dose in enumerate(given, start=1)
    ]
    ancestry = content["ancestry"]
    person = Covariates(
        age_years=content["age_years"],
        weight_kg=float(content["weight_kg"]) if content["weight_kg"] is not None else None,
        ancestry=Ancestry(ancestry or "other"),
    )
    times_h = [minute / 60 for minute in _GRID_MIN]
    answer = predict(content["model"], person, doses, times_h, drug=content["drug"])
    computed = answer.outcome is Outcome.COMPUTED
    assumed = ("Ancestry is not recorded: computed without its effect.",) if ancestry == "" else ()
    result = answer.to_dict() | {"warnings": [*answer.warnings, *assumed], "limits": list(answer.limits)}
    if computed:
        result |= {"band": _band(content, person, doses, times_h)}
    return Computed(
        result=result if computed else None,
        sentence=answer.outcome.sentence,
        model_id=answer.model,
        model_version=answer.model_version,
        parameters_hash=answer.parameters_hash,
        seed=result.get("band", {}).get("seed"),
    )
