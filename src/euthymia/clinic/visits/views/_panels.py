"""Expected beside measured, as a figure. Nothing here computes: it draws what was stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from euthymia.clinic.forecasts.queries import Answer, Forecast, State
from euthymia.clinic.looks.figures import Figure
from euthymia.clinic.looks.lanes import Given, Measured, Prediction, Scene, Window, expected_and_measured
from euthymia.clinic.looks.tags import source_of
from euthymia.clinic.visits.queries import ObservedCourse
from euthymia.evidence import Known
from euthymia.protocol.expected import ExpectedWindow, Phase

_SHOWN = timedelta(hours=4, minutes=10)  # the longest window, and a little
_WORDS = {Phase.HIGHEST: "highest", Phase.SETTLES: "settles"}
_EFFECTS = {"pressure": "Pressure, mmHg", "dissociation": "Dissociation"}
_KNOWN = {Known.READ: "read in it", Known.SECONDARY: "from an account of it", Known.RECALLED: "from memory"}


@dataclass(frozen=True, slots=True)
class ModelPanel:
    """What became of one model's forecast, and what it rests on."""

    pending: bool
    failed: bool
    superseded: bool
    sentence: str
    requested_at: datetime
    computed_at: datetime | None
    model: str
    version: str
    parameters_hash: str
    title: str
    source: str
    population: str
    sampling_site: str
    band: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExpectedPanel:
    """The figure with each model behind it, and where the windows come from."""

    figure: Figure
    models: tuple[ModelPanel, ...]
    windows: tuple[str, ...]
    assumed: str

    @property
    def pending(self) -> bool:
        """Whether an answer is awaited."""
        return any(each.pending for each in self.models)


def expected(
    course: ObservedCourse | None, forecasts: tuple[Forecast, ...], now: datetime, *, over: bool
) -> ExpectedPanel | None:
    """The panel; ``None`` before the first dose. A forecast that is not there leaves its lane out, and no more."""
    if course is None:
        return None
    local = timezone.localtime
    t0 = local(course.t0)
    last = max([at for at, *_ in course.pressures] + [at for at, _ in course.dissociations], default=t0)
    scene = Scene(
        t0=t0,
        ends=max(t0 + _SHOWN, local(last) + timedelta(minutes=5)),
        predictions=tuple(_prediction(each.answer) for each in forecasts if each.answer),
        measured=(_pressure(course), _dissociation(course)),
        given=tuple(Given(local(at), words) for at, words in course.given),
        now=None if over else local(now).replace(second=0, microsecond=0),
    )
    return ExpectedPanel(
        figure=expected_and_measured(scene),
        models=tuple(_model(each) for each in forecasts),
        windows=tuple(_told(window) for window in course.windows),
        assumed=course.assumed if any(each.answer for each in forecasts) else "",
    )


def _pressure(course: ObservedCourse) -> Measured:
    readings = tuple((timezone.localtime(at), upper, lower) for at, upper, lower in course.pressures)
    return Measured(_EFFECTS["pressure"], readings, _windows(course, "pressure"))


def _dissociation(course: ObservedCourse) -> Measured:
    readings = tuple((timezone.localtime(at), level, level) for at, level in course.dissociations)
    return Measured(_EFFECTS["dissociation"], readings, _windows(course, "dissociation"), levels=True)


def _windows(course: ObservedCourse, effect: str) -> tuple[Window, ...]:
    return tuple(
        Window(
            _WORDS[each.phase],
            timezone.localtime(each.begins),
            timezone.localtime(each.ends),
            is_highest=each.phase is Phase.HIGHEST,
        )
        for each in course.windows
        if each.effect == effect
    )


def _prediction(answer: Answer) -> Prediction:
    """The drug itself: the first of what the model tells of. An answer of before the band was kept has none."""
    result = answer.result
    analyte, band = result["analytes"][0], result.get("band", {})
    t0 = timezone.localtime(datetime.fromisoformat(answer.request["t0"]))
    times = (t0 + timedelta(hours=hours) for hours in result["times_h"])
    return Prediction(
        title=f"{analyte['name'].capitalize()} predicted in {result['sampling_site']} plasma, ng/mL",
        points=tuple(zip(times, analyte["concentrations_ng_per_ml"], strict=True)),
        low=tuple(band.get("low", {}).get(analyte["key"], ())),
        high=tuple(band.get("high", {}).get(analyte["key"], ())),
    )


def _model(forecast: Forecast) -> ModelPanel:
    answer = forecast.answer
    result = answer.result if answer else {}
    return ModelPanel(
        pending=forecast.state is State.PENDING,
        failed=forecast.state in (State.FAILED, State.LEFT),
        superseded=forecast.superseded,
        sentence=forecast.sentence,
        requested_at=forecast.requested_at,
        computed_at=answer.computed_at if answer else None,
        model=answer.model_id if answer else forecast.kind.rpartition(" ")[2],
        version=answer.model_version if answer else "",
        parameters_hash=answer.parameters_hash[:12] if answer else "",
        title=result.get("title", ""),
        source=result.get("source", ""),
        population=result.get("population", ""),
        sampling_site=result.get("sampling_site", ""),
        band=_band(result.get("band", {})),
        warnings=(*result.get("warnings", ()), *result.get("band", {}).get("assumptions", ())),
    )


def _band(band: dict[str, object]) -> str:
    """Who the band is made of, in a sentence; why there is none, where the model does not say."""
    if "none" in band:
        return f"No band: {band['none']}"
    if not band:
        return ""
    return (
        f"The band holds {band['low_percent']:g} to {band['high_percent']:g} % of {band['people']} virtual people "
        f"with this patient's age, weight and ancestry (seed {band['seed']})."
    )


def _told(window: ExpectedWindow) -> str:
    """One window with its numbers and where each comes from."""
    what = "is highest" if window.phase is Phase.HIGHEST else "settles"
    sources = "; ".join(
        "our choice" if known is Known.OURS else f"{source_of(key)}, {_KNOWN[known]}"
        for key, known in window.sources
    )
    begins, ends = timezone.localtime(window.begins), timezone.localtime(window.ends)
    notes = " ".join(f"{each.note}." for each in (window.first, window.last) if each.note)
    return (
        f"{window.effect.capitalize()} {what} between {begins:%H:%M} and {ends:%H:%M}: {window.first.value:g} min "
        f"after the first dose to {window.last.value:g} min after the last. {sources}. {notes}".strip()
    )
