"""Draws mean courses: the first week by the hour, the whole time by the week; heavy between fitted visits."""

import math
from collections.abc import Iterable
from textwrap import wrap
from typing import Any

import altair as alt

from euthymia.trials._checks_figure import data_of
from euthymia.trials._design import Arm
from euthymia.trials.outlook import MeanCourses, believed, fitted_visits, visits_in_words

_WIDE, _HIGH, _LETTERS = 760, 240, 130
_DAY_H = 24.0
_FIRST_H = 7 * _DAY_H
_FITTED, _DRIVEN = "fitted to trials of the kind", "prior-driven"
_ROUTES = {"nasal": "Spray", "iv": "Infusions"}  # groups that a patient chooses between stand in one panel
_COLOURS = ("#1f5fa8", "#c8571b", "#57595c", "#8a2f8f")  # told apart by who cannot tell red from green
_DASHES = ([1, 0], [7, 3], [2, 3], [9, 3, 2, 3])


def draw(found: MeanCourses) -> alt.VConcatChart:
    """Return the figure: for each route the first week and the whole time, with what it rests on under its title."""
    panels = []
    for route, name in _ROUTES.items():
        arms = [arm for arm in found.design.arms if arm.product.endswith(route) or _is_untreated(arm)]
        if not any(arm.active for arm in arms):
            continue
        rows = [row for arm in arms for row in _rows(found, arm)]
        first = [row for row in rows if row["hour"] <= _FIRST_H]
        labels = [_label(arm) for arm in arms]
        panels += [
            _panel(first, labels, 1.0, f"{name}: hours after the first session begins"),
            _panel(rows, labels, _DAY_H * 7, f"{name}: weeks after the first session begins"),
        ]
    said = (
        "Means of groups: lines are medians, the shade holds 90 of 100 forecasts. Points stand at the visits at which "
        "trials of that kind were fitted; a line is heavy between the first and the last of them, thin where the "
        "model speaks alone and its priors drive it. Trials found less: docs/reference/hours-against-weeks.md.",
        *believed(found.driven),
        *found.warnings,
    )
    chart: alt.VConcatChart = (
        alt.vconcat(*panels)
        .resolve_scale(color="independent", strokeDash="independent")
        .properties(
            title=alt.TitleParams(
                found.design.title,
                subtitle=[
                    *(line for sentence in said for line in wrap(sentence, _LETTERS)),
                    f"Ensemble: {found.ensemble}, {data_of(found.ensemble_sha256)}.",
                ],
                anchor="start",
            ),
            description=f"Mean MADRS of {len(found.means)} groups over half a year, with intervals.",
        )
    )
    return chart


def _rows(found: MeanCourses, arm: Arm) -> Iterable[dict[str, Any]]:
    """The course of one group; where the fitted visits begin and end, the point belongs to both kinds of line."""
    points = [(0.0, *[arm.baseline.mean] * 3)]
    points += [(visit, *found.quantiles(arm.name, visit)) for visit in found.design.visits_h]
    visits = _visits_h(arm)
    fitted = {min(found.design.visits_h, key=lambda each: abs(each - visit)) for visit in visits}
    first, last = (min(fitted), max(fitted)) if fitted else (math.inf, math.inf)
    for hour, low, middle, high in points:
        one = {"group": _label(arm), "hour": hour, "low": low, "median": middle, "high": high}
        if hour <= first:
            yield one | {"known": _DRIVEN, "part": 0}
        if first <= hour <= last:
            yield one | {"known": _FITTED, "part": 1, "at_visit": hour in fitted}
        if hour >= last:
            yield one | {"known": _DRIVEN, "part": 2}


def _is_untreated(arm: Arm) -> bool:
    """Whether it is what any of the others is to be compared with."""
    return not arm.active and arm.oral_antidepressant == "none"


def _visits_h(arm: Arm) -> list[float]:
    return sorted({visit for visits in fitted_visits(arm).values() for visit in visits})


def _label(arm: Arm) -> str:
    """The group, and what of its curve is fitted: on the figure itself, wherever it is shown."""
    visits = _visits_h(arm)
    if not visits:
        return f"{arm.name}: prior-driven throughout"
    return f"{arm.name}: fitted at {visits_in_words(visits)}, prior-driven before and after"


def _panel(rows: list[dict[str, Any]], labels: list[str], unit_h: float, title: str) -> alt.LayerChart:
    values = [row | {"at": row["hour"] / unit_h} for row in rows]
    legend = alt.Legend(orient="bottom", columns=1, labelLimit=700, title=None, symbolOpacity=1)
    base = alt.Chart(alt.InlineData(values=values)).encode(
        x=alt.X("at:Q", title=title),
        color=alt.Color(
            "group:N",
            scale=alt.Scale(domain=labels, range=list(_COLOURS[: len(labels)])),
            legend=None if unit_h == 1.0 else legend,
        ),
        detail="part:N",
    )
    band = base.mark_area(opacity=0.13).encode(y=alt.Y("low:Q", title="Mean MADRS (points)"), y2="high:Q")
    line = base.mark_line().encode(
        y="median:Q",
        strokeDash=alt.StrokeDash(
            "group:N", scale=alt.Scale(domain=labels, range=list(_DASHES[: len(labels)])), legend=None
        ),
        strokeWidth=alt.StrokeWidth(
            "known:N", scale=alt.Scale(domain=[_FITTED, _DRIVEN], range=[3.5, 1.2]), legend=None
        ),
        opacity=alt.Opacity(
            "known:N", scale=alt.Scale(domain=[_FITTED, _DRIVEN], range=[1.0, 0.7]), legend=None
        ),
    )
    visits = (
        base.transform_filter("datum.at_visit")
        .mark_point(filled=True, size=70, opacity=1)
        .encode(y="median:Q")
    )
    return alt.LayerChart(layer=[band, line, visits], width=_WIDE, height=_HIGH)
