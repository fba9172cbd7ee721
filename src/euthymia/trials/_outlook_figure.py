"""Draws mean courses: the first week by the hour, the whole time by the week; heavy as far as trials were fitted."""

from textwrap import wrap
from typing import Any

import altair as alt

from euthymia.trials._checks_figure import data_of
from euthymia.trials.outlook import MeanCourses, believed, fitted, reach_of

_WIDE, _HIGH, _LETTERS = 760, 260, 130
_DAY_H = 24.0
_FIRST_H = 7 * _DAY_H
_FITTED, _BEYOND = "fitted to trials of the kind", "prior-driven"


def draw(found: MeanCourses) -> alt.VConcatChart:
    """Return the figure, with what it rests on under its title."""
    rows: list[dict[str, Any]] = []
    for arm in found.design.arms:
        begin = arm.baseline.mean
        until = _DAY_H * (max((*reach_of(arm).values(), 1.0)) - 1)  # days count from 1
        points = [(0.0, begin, begin, begin)]
        points += [(visit, *found.quantiles(arm.name, visit)) for visit in found.design.visits_h]
        last = max((hour for hour, *_ in points if hour <= until), default=0.0)
        for hour, low, middle, high in points:
            one = {"group": arm.name, "hour": hour, "low": low, "median": middle, "high": high}
            rows += [one | {"known": _FITTED}] if hour <= last and until else []
            rows += [one | {"known": _BEYOND}] if hour >= last else []
    first = [row for row in rows if row["hour"] <= _FIRST_H]
    said = (*fitted(found.design, found.driven), *believed(found.driven), *found.warnings)
    chart: alt.VConcatChart = alt.vconcat(
        _panel(first, 1.0, "Hours after the first session begins"),
        _panel(rows, _DAY_H * 7, "Weeks after the first session begins"),
    ).properties(
        title=alt.TitleParams(
            found.design.title,
            subtitle=[
                "Lines are medians of a group's mean score; the shade holds 90 of 100 forecasts. What trials found is",
                "smaller: docs/reference/hours-against-weeks.md. A line is heavy as far as trials of its kind were",
                "fitted, thin and faint where only the model speaks, which is driven by its priors there.",
                *(line for sentence in said for line in wrap(sentence, _LETTERS, subsequent_indent="   ")),
                f"Ensemble: {found.ensemble}, {data_of(found.ensemble_sha256)}.",
            ],
            anchor="start",
        ),
        description=f"Mean MADRS of {len(found.means)} groups over half a year, with intervals.",
    )
    return chart


def _panel(rows: list[dict[str, Any]], unit_h: float, title: str) -> alt.LayerChart:
    values = [row | {"at": row["hour"] / unit_h} for row in rows]
    base = alt.Chart(alt.InlineData(values=values)).encode(
        x=alt.X("at:Q", title=title),
        color=alt.Color(
            "group:N",
            title="Group",
            legend=alt.Legend(orient="bottom", columns=1, labelLimit=560, symbolOpacity=1),
        ),
        detail="known:N",
    )
    band = base.mark_area(opacity=0.12).encode(y=alt.Y("low:Q", title="Mean MADRS (points)"), y2="high:Q")
    heavy = alt.Scale(domain=[_FITTED, _BEYOND], range=[3.5, 1.2])
    faint = alt.Scale(domain=[_FITTED, _BEYOND], range=[1.0, 0.6])
    line = base.mark_line().encode(
        y="median:Q",
        strokeDash=alt.StrokeDash("group:N", legend=None),
        strokeWidth=alt.StrokeWidth(
            "known:N", title="A line is", scale=heavy, legend=alt.Legend(orient="bottom")
        ),
        opacity=alt.Opacity("known:N", scale=faint, legend=None),
    )
    return alt.LayerChart(layer=[band, line], width=_WIDE, height=_HIGH)
