"""Draws those free of relapse, arm by arm, with the numbers at risk below: a Kaplan–Meier figure of a forecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from euthymia.trials._relapse import Curve

_HIGH = 200


def draw(curves: Sequence[Curve], wide: int, called: Mapping[str, str] | None = None) -> alt.VConcatChart:
    """Return the figure, ``wide`` pixels; ``called`` is what stands in the legend for an arm, if not its name."""
    along: list[dict[str, Any]] = []
    for each in curves:
        arm = (called or {}).get(each.arm, each.arm)
        along.append({"arm": arm, "day": 0.0, "low": 100.0, "median": 100.0, "high": 100.0})
        along += [
            {"arm": arm, "day": day, "low": low, "median": median, "high": high}
            for day, low, median, high in zip(each.days, each.low, each.median, each.high, strict=True)
        ]
    base = alt.Chart(alt.InlineData(values=along)).encode(
        x=alt.X("day:Q", title="Days of follow-up"),
        color=alt.Color("arm:N", title="Arm", legend=alt.Legend(labelLimit=420, orient="bottom", columns=1)),
    )
    layers = [
        base.mark_area(opacity=0.15, interpolate="step-after").encode(
            y=alt.Y("low:Q", title="Free of relapse (%)", scale=alt.Scale(domain=[0, 100])), y2="high:Q"
        ),
        base.mark_line(interpolate="step-after").encode(
            y="median:Q", strokeDash=alt.StrokeDash("arm:N", legend=None)
        ),
    ]
    numbers = [{"arm": each.arm, "day": day, "n": f"{n:.0f}"} for each in curves for day, n in each.at_risk]
    at_risk = (
        alt.Chart(alt.InlineData(values=numbers), width=wide, height=20 * len(curves))
        .mark_text()
        .encode(x=alt.X("day:Q", title="Expected at risk"), y=alt.Y("arm:N", title=None), text="n:N")
    )
    chart: alt.VConcatChart = alt.vconcat(
        alt.LayerChart(layer=layers, width=wide, height=_HIGH), at_risk
    ).resolve_scale(color="independent")
    return chart
