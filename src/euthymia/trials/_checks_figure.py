"""Draws predictive checks: each fitted number in its interval, and curves of relapse with numbers at risk."""

from __future__ import annotations

import altair as alt

from euthymia.trials import _relapse_figure
from euthymia.trials.checks import Check, Free, PredictiveChecks

_WIDE, _ROW = 420, 13
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
    """The curves of one trial's arms, with what it found in the legend."""
    called = {each.arm: f"{each.arm} (found: {'; '.join(each.found) or 'nothing reported'})" for each in some}
    title = alt.TitleParams(f"{some[0].trial}: predicted free of relapse", anchor="start")
    chart: alt.VConcatChart = _relapse_figure.draw(some, _WIDE, called).properties(title=title)
    return chart
