"""Draws predictive checks: each fitted number in its interval, and curves of relapse with numbers at risk."""

from __future__ import annotations

from typing import Any

import altair as alt

from euthymia.trials.checks import Check, Free, PredictiveChecks

_WIDE, _ROW, _CURVES_HIGH = 420, 13, 200
_PANELS = {
    "Mean change, or mean score where a trial gives scores (points)": ("mean_change", "mean"),
    "Its SD among people (points)": ("sd_change", "sd_score"),
    "Response (%)": ("responders_pct",),
    "Remission (%)": ("remitters_pct",),
}
_INSIDE, _OUTSIDE = "inside 90 of 100", "outside"
_BLUE, _ORANGE = "#0b5fa5", "#c2570c"


def data_of(sha256: str) -> str:
    """Return the sentence by which the figure says which ensemble it is of."""
    return f"of file {sha256[:12]}"


def draw(found: PredictiveChecks) -> alt.VConcatChart:
    """Return the figure."""
    trials = list(dict.fromkeys(each.trial for each in found.free))
    chart: alt.VConcatChart = alt.vconcat(
        *(_panel(found.checks, title, kinds) for title, kinds in _PANELS.items()),
        *(_curves([each for each in found.free if each.trial == trial]) for trial in trials),
    ).properties(
        title=alt.TitleParams(
            "What was fitted, and what new trials of the same designs would find",
            subtitle=[
                "Thin bars hold 90, thick ones 50 of 100 simulated trials; what was found is a dot, outside a diamond.",
                "These trials were fitted: this is no proof. Times to relapse were not fitted.",
                f"Ensemble: {found.ensemble}, {data_of(found.ensemble_sha256)}.",
            ],
            anchor="start",
        ),
        description="Predictive checks by arm and visit, and curves of those free of relapse.",
    )
    return chart


def _panel(checks: tuple[Check, ...], title: str, kinds: tuple[str, ...]) -> alt.LayerChart:
    rows = [
        {
            "who": f"{each.trial} · {each.arm} · {_when(each.visit_h)}",
            "found": each.found,
            "is": _INSIDE if each.within(90) else _OUTSIDE,
            **dict(zip(("low", "lower", "median", "upper", "high"), each.quantiles, strict=True)),
        }
        for each in checks
        if each.quantity in kinds
    ]
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("who:N", title=None, sort=None, axis=alt.Axis(labelLimit=420))
    )
    shape = alt.Shape(
        "is:N", title="Found", scale=alt.Scale(domain=[_INSIDE, _OUTSIDE], range=["circle", "diamond"])
    )
    colour = alt.Color(
        "is:N", title="Found", scale=alt.Scale(domain=[_INSIDE, _OUTSIDE], range=["#1f2933", _ORANGE])
    )
    layers = [
        base.mark_rule(color=_BLUE).encode(x=alt.X("low:Q", title=title), x2="high:Q"),
        base.mark_rule(color=_BLUE, strokeWidth=5, opacity=0.45).encode(x="lower:Q", x2="upper:Q"),
        base.mark_tick(color=_BLUE, thickness=2, size=9).encode(x="median:Q"),
        base.mark_point(filled=True, size=45, opacity=1).encode(x="found:Q", shape=shape, color=colour),
    ]
    return alt.LayerChart(layer=layers, width=_WIDE, height=_ROW * len(rows))


def _when(hour: float) -> str:
    return f"{hour:g} h" if hour < 72 else f"day {hour / 24:g}"


def _curves(some: list[Free]) -> alt.VConcatChart:
    """The curves of one trial's arms, what it found beside them, and how many are at risk below."""
    along: list[dict[str, Any]] = []
    for each in some:
        arm = f"{each.arm} (found: {'; '.join(each.found) or 'nothing reported'})"
        along.append({"arm": arm, "day": 0.0, "low": 100.0, "median": 100.0, "high": 100.0})
        along += [
            {"arm": arm, "day": day, "low": low, "median": median, "high": high}
            for day, low, median, high in zip(each.days, each.low, each.median, each.high, strict=True)
        ]
    base = alt.Chart(alt.InlineData(values=along)).encode(
        x=alt.X("day:Q", title="Days of follow-up"),
        color=alt.Color("arm:N", title="Arm", legend=alt.Legend(labelLimit=420, orient="bottom", columns=1)),
    )
    scale = alt.Scale(domain=[0, 100])
    layers = [
        base.mark_area(opacity=0.15, interpolate="step-after").encode(
            y=alt.Y("low:Q", title="Free of relapse (%)", scale=scale), y2="high:Q"
        ),
        base.mark_line(interpolate="step-after").encode(
            y="median:Q", strokeDash=alt.StrokeDash("arm:N", legend=None)
        ),
    ]
    numbers = [{"arm": each.arm, "day": day, "n": f"{n:.0f}"} for each in some for day, n in each.at_risk]
    at_risk = (
        alt.Chart(alt.InlineData(values=numbers), width=_WIDE, height=20 * len(some))
        .mark_text()
        .encode(x=alt.X("day:Q", title="Expected at risk"), y=alt.Y("arm:N", title=None), text="n:N")
    )
    lines = alt.LayerChart(layer=layers, width=_WIDE, height=_CURVES_HIGH)
    chart: alt.VConcatChart = (
        alt.vconcat(lines, at_risk)
        .resolve_scale(color="independent")
        .properties(title=alt.TitleParams(f"{some[0].trial}: predicted free of relapse", anchor="start"))
    )
    return chart
