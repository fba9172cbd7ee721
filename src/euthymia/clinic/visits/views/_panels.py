"""Stored forecasts as figures. Nothing here computes: it draws what was stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from euthymia.clinic.forecasts.queries import Answer, Forecast, State
from euthymia.clinic.looks import figures
from euthymia.clinic.looks.figures import Curve, Dose, Figure


@dataclass(frozen=True, slots=True)
class ForecastPanel:
    """One model's forecast as the page shows it."""

    pending: bool
    failed: bool
    superseded: bool
    sentence: str
    requested_at: datetime
    computed_at: datetime | None
    model: str
    version: str
    parameters_hash: str
    warnings: tuple[str, ...]
    figure: Figure | None


def forecasts(found: tuple[Forecast, ...], now: datetime, *, over: bool) -> tuple[ForecastPanel, ...]:
    """A panel for each model that was asked."""
    return tuple(_panel(each, now, over=over) for each in found)


def _panel(forecast: Forecast, now: datetime, *, over: bool) -> ForecastPanel:
    answer = forecast.answer
    return ForecastPanel(
        pending=forecast.state is State.PENDING,
        failed=forecast.state is State.FAILED,
        superseded=forecast.superseded,
        sentence=forecast.sentence,
        requested_at=forecast.requested_at,
        computed_at=answer.computed_at if answer else None,
        model=answer.model_id if answer else forecast.kind,
        version=answer.model_version if answer else "",
        parameters_hash=answer.parameters_hash[:12] if answer else "",
        warnings=tuple(answer.result["warnings"]) if answer else (),
        figure=_figure(answer, now, over=over) if answer else None,
    )


def _figure(answer: Answer, now: datetime, *, over: bool) -> Figure:
    result = answer.result
    t0 = timezone.localtime(datetime.fromisoformat(answer.request["t0"]))
    curves = tuple(
        Curve(
            label=analyte["name"],
            points=tuple(
                (t0 + timedelta(hours=hours), value)
                for hours, value in zip(result["times_h"], analyte["concentrations_ng_per_ml"], strict=True)
            ),
        )
        for analyte in result["analytes"]
    )
    doses = tuple(
        Dose(t0 + timedelta(minutes=float(dose["at_min"])), _dose_words(dose))
        for dose in answer.request["doses"]
    )
    within = not over and now <= t0 + timedelta(hours=result["times_h"][-1])
    return figures.concentration(
        title="Predicted concentration in plasma",
        unit="ng/mL",
        curves=curves,
        doses=doses,
        now=timezone.localtime(now) if within else None,
        model=result["title"],
        population=result["population"],
        sampling_site=result["sampling_site"],
        source=result["source"],
        notes=tuple(result["warnings"]),
    )


def _dose_words(dose: dict[str, str]) -> str:
    mass = f"{float(dose['mg']):g} mg"
    if dose["device"]:
        return f"{mass}, device {dose['device']}"
    return f"{mass} over {float(dose['minutes']):g} min"
