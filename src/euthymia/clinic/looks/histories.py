"""The figure of a treatment history: bars on a line of time, with what is only known in part drawn as such."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from euthymia.clinic.looks import _drawing as draw
from euthymia.clinic.looks.figures import Figure, KeyEntry

_SIGNS = {"satisfied": "✓", "violated": "✗", "unknown": "?"}
_ROW_PX, _FRAME_PX = 34, 70
_LEAST = timedelta(days=21)  # a bar that is shorter could not be seen


@dataclass(frozen=True, slots=True)
class Treatment:
    """One treatment: sure from the last day it can have begun to the first it can have stopped.

    ``kind`` is satisfied, violated or unknown: whether it counts as an adequate failure. ``until`` is ``None``
    where the end is not known. ``added_to`` names the treatment it was added to.
    """

    label: str
    detail: str
    from_: date
    sure_from: date
    sure_until: date | None
    until: date | None
    kind: str
    period: str
    added_to: str = ""


@lru_cache(maxsize=128)
def history_figure(treatments: tuple[Treatment, ...]) -> Figure:
    """Draw treatments as bars, the earliest on top. Raises ``ValueError`` without any."""
    if not treatments:
        raise ValueError("A history needs at least one treatment; show the empty state instead.")
    ordered = sorted(treatments, key=lambda each: (each.from_, each.label))
    ident = f"history-{hashlib.sha256(repr(ordered).encode()).hexdigest()[:10]}"
    height = _FRAME_PX + _ROW_PX * len(ordered)
    chart = _chart(ordered)
    return Figure(
        id=ident,
        title="Treatments over time",
        description=(
            f"{len(ordered)} treatments from {ordered[0].from_.year} on: "
            + "; ".join(f"{each.label}, {each.period}" for each in ordered)
        ),
        notes=(
            "A pale bar is time the treatment may have been given: its dates are known in part. "
            "✓ counts as an adequate failure, ✗ does not, ? is not known.",
        ),
        key=(KeyEntry("bar", "surely given"),),
        wide_svg=draw.svg(chart, size=(draw.WIDE[0], height), prefix=f"{ident}-w"),
        narrow_svg=draw.svg(chart, size=(draw.NARROW[0], height), prefix=f"{ident}-n"),
        columns=("Treatment", "Dose", "When", "Added to", "Counts"),
        rows=tuple(
            (each.label, each.detail or "not known", each.period, each.added_to, _SIGNS[each.kind])
            for each in ordered
        ),
    )


def _chart(ordered: list[Treatment]) -> Any:
    import altair as alt

    names = [f"{_SIGNS[each.kind]} {each.label}" for each in ordered]
    lines = [f"{number:02d} {name}" for number, name in enumerate(names)]
    rows = [_row(line, each) for line, each in zip(lines, ordered, strict=True)]
    y = alt.Y(
        "line:N",
        sort=lines,
        axis=alt.Axis(title=None, labelExpr="slice(datum.label, 3)", labelLimit=150, labelColor=draw.INK),
    )
    base = alt.Chart(alt.InlineData(values=rows)).encode(y=y)
    x = alt.X(
        "from:T",
        scale=alt.Scale(type="utc", nice=False),
        axis=alt.Axis(title=None, tickCount=4, labelOverlap="greedy", labelSeparation=10, format="%b %Y"),
    )
    maybe = base.mark_bar(height=16, color=draw.SERIES[0], opacity=0.3).encode(x=x, x2="until:T")
    sure = (
        base.transform_filter("datum.sure_from < datum.sure_until")
        .mark_bar(height=16, color=draw.SERIES[0])
        .encode(x="sure_from:T", x2="sure_until:T")
    )
    return alt.layer(maybe, sure)


def _row(line: str, each: Treatment) -> dict[str, str]:
    until = max(each.until or each.from_, each.from_ + _LEAST)
    return {
        "line": line,
        "from": _day(each.from_),
        "until": _day(until),
        "sure_from": _day(each.sure_from),
        "sure_until": _day(each.sure_until or each.sure_from),
    }


def _day(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"
