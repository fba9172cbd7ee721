"""Draws a forecast of a trial: mean change by arm with intervals, results beside it, relapse with numbers at risk."""

from collections.abc import Sequence
from pathlib import Path

import altair as alt
import numpy as np

from euthymia.evidence import TrialResult
from euthymia.pharmacology.simulation import save as save_chart
from euthymia.trials import _relapse_figure
from euthymia.trials._relapse import curve_of
from euthymia.trials.prediction import QUANTILES, Forecast

_WIDE, _HIGH = 640, 200
_BESIDE = 0.012
# Arms are drawn beside each other, apart by this part of the trial's length.
_TITLES = {
    "mean_change": "Mean change (points)",
    "sd_change": "SD of the change (points)",
    "responders_pct": "Response (%)",
    "remitters_pct": "Remission (%)",
}


def draw(forecast: Forecast, found: Sequence[TrialResult] = ()) -> alt.VConcatChart:
    """Return the figure; ``found`` are results to be drawn beside it."""
    panels: list[alt.LayerChart | alt.VConcatChart] = [
        _panel(forecast, kind, title, found) for kind, title in _TITLES.items()
    ]
    if forecast.relapse:
        panels.append(_relapse(forecast))
    chart: alt.VConcatChart = alt.vconcat(*panels).properties(
        title=alt.TitleParams(
            f"{forecast.design.title}: what the model predicts",
            subtitle=[
                "Points are medians and bars hold 90 of 100 simulated trials of this size, arms side by side; "
                "crosses are results given.",
                f"Ensemble: {forecast.ensemble}.",
                *forecast.warnings,
            ],
            anchor="start",
        ),
        description=f"Predicted changes of score by arm and visit for {forecast.design.title}, with intervals.",
    )
    return chart


def save(chart: alt.VConcatChart, path: Path) -> None:
    """Write the figure as .html or .svg; whole or not at all."""
    save_chart(chart, path, title="Trial forecast")


def _panel(forecast: Forecast, kind: str, title: str, found: Sequence[TrialResult]) -> alt.LayerChart:
    rows, apart = [], _BESIDE * forecast.design.visits_h[-1] / 24
    for place, (arm, visits) in enumerate(forecast.arms.items()):
        for visit, drawn in visits.items():
            low, middle, high = np.quantile(drawn[kind], QUANTILES)
            day = visit / 24 + place * apart
            rows.append({"arm": arm, "day": day, "low": low, "median": middle, "high": high})
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("day:Q", title="Days after the first dose"),
        color=alt.Color("arm:N", title="Arm"),
    )
    layers: list[alt.Chart] = [
        base.mark_rule(strokeWidth=2).encode(y=alt.Y("low:Q", title=title), y2="high:Q"),
        base.mark_point(filled=True, size=60).encode(y="median:Q", shape=alt.Shape("arm:N", title="Arm")),
    ]
    at = {arm: place for place, arm in enumerate(forecast.arms)}
    seen = [
        {"arm": row.arm, "day": (row.time_h or 0) / 24 + at[row.arm] * apart, "found": row.value.value}
        for row in found
        if row.kind == kind
    ]
    if seen:
        crosses = alt.Chart(alt.InlineData(values=seen)).mark_point(shape="cross", size=120, filled=True)
        layers.append(crosses.encode(x="day:Q", y="found:Q", color="arm:N"))
    return alt.LayerChart(layer=layers, width=_WIDE, height=_HIGH)


def _relapse(forecast: Forecast) -> alt.VConcatChart:
    """Kaplan–Meier curves of those followed, and how many are still at risk in arms of the design's sizes."""
    of = forecast.design.relapse
    assert of is not None  # or nobody would have been followed
    curves = [
        curve_of(arm.name, forecast.relapse[arm.name], of, arm.n)
        for arm in forecast.design.arms
        if arm.name in forecast.relapse
    ]
    return _relapse_figure.draw(curves, _WIDE)
