"""Draws mean courses: the first week by the hour, and the whole time by the week."""

from typing import Any

import altair as alt

from euthymia.trials.outlook import MeanCourses

_WIDE, _HIGH = 640, 260
_DAY_H = 24.0
_FIRST_H = 7 * _DAY_H


def draw(found: MeanCourses) -> alt.VConcatChart:
    """Return the figure, with what it rests on under its title."""
    rows: list[dict[str, Any]] = []
    for arm in found.means:
        begin = found.design.arms[0].baseline.mean
        rows.append({"group": arm, "hour": 0.0, "low": begin, "median": begin, "high": begin})
        for visit in found.design.visits_h:
            low, middle, high = found.quantiles(arm, visit)
            rows.append({"group": arm, "hour": visit, "low": low, "median": middle, "high": high})
    first = [row for row in rows if row["hour"] <= _FIRST_H]
    chart: alt.VConcatChart = alt.vconcat(
        _panel(first, 1.0, "Hours after the first session begins"),
        _panel(rows, _DAY_H * 7, "Weeks after the first session begins"),
    ).properties(
        title=alt.TitleParams(
            found.design.title,
            subtitle=[
                "Lines are medians of a group's mean score; the shade holds 90 of 100 forecasts. What trials found is "
                "smaller: docs/reference/hours-against-weeks.md.",
                f"Ensemble: {found.ensemble}.",
                *found.warnings,
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
            "group:N", title="Group", legend=alt.Legend(orient="bottom", columns=1, labelLimit=560)
        ),
    )
    band = base.mark_area(opacity=0.12).encode(y=alt.Y("low:Q", title="Mean MADRS (points)"), y2="high:Q")
    line = base.mark_line(strokeWidth=2).encode(
        y="median:Q", strokeDash=alt.StrokeDash("group:N", legend=None)
    )
    return alt.LayerChart(layer=[band, line], width=_WIDE, height=_HIGH)
