"""The figures of the pages: plain values in, an accessible figure out.

A figure is the drawing at two widths, a description for who cannot see it, and the same numbers as a table.
Drawing takes some tens of milliseconds, so that figures are kept by their input. Times are aware; they are
drawn in the zone they carry, so pass them in the clinic's own.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.utils.safestring import SafeString

from euthymia.clinic.looks import _drawing as draw

if TYPE_CHECKING:
    import altair as alt

_KEPT = 256  # figures, about 30 kB each


@dataclass(frozen=True, slots=True)
class Score:
    """One total of a questionnaire and when it was taken. ``note`` is shown in the table."""

    at: datetime
    total: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Dose:
    """One administration: when, and what in words ("28 mg, device 1")."""

    at: datetime
    label: str


@dataclass(frozen=True, slots=True)
class Level:
    """A horizontal line that means something: "remission: 4 or less"."""

    value: float
    label: str


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """What one sign in the drawing means: bar, dot, dose, level, now or curve-1."""

    sign: str
    text: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing with everything that must stand beside it. Template: ``components/figure.html``."""

    id: str
    title: str
    description: str
    notes: tuple[str, ...]
    key: tuple[KeyEntry, ...]
    wide_svg: SafeString
    narrow_svg: SafeString
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def trajectory(
    *,
    title: str,
    instrument: str,
    recall_days: int,
    highest: int,
    scores: tuple[Score, ...],
    doses: tuple[Dose, ...] = (),
    levels: tuple[Level, ...] = (),
    notes: tuple[str, ...] = (),
    earlier_doses: int = 0,
) -> Figure:
    """Scores over time, each with the days it looks back over, and the doses under them.

    ``highest`` is the worst possible total; ``earlier_doses`` were given before all that are drawn. A score drawn as
    a point alone would look like the mood of one day; the bar to its left is the recall window the questions ask
    about. Raises ``ValueError`` without scores.
    """
    if not scores:
        raise ValueError("A trajectory needs at least one score; show the empty state instead.")
    return _trajectory(
        title,
        instrument,
        recall_days,
        highest,
        tuple(replace(score, at=_wall(score.at)) for score in scores),
        _given(doses),
        levels,
        notes,
        earlier_doses,
    )


@lru_cache(maxsize=_KEPT)
def _trajectory(
    title: str,
    instrument: str,
    recall_days: int,
    highest: int,
    scores: tuple[Score, ...],
    doses: tuple[Dose, ...],
    levels: tuple[Level, ...],
    notes: tuple[str, ...],
    earlier_doses: int,
) -> Figure:
    chart = _trajectory_chart(instrument, recall_days, highest, scores, doses, levels)
    first, last = scores[0], scores[-1]
    key = (
        KeyEntry("dot", f"{instrument} total"),
        KeyEntry("bar", f"the {recall_days} days the questions ask about"),
        *((KeyEntry("dose", "dose"),) if doses else ()),
        *((KeyEntry("level", "level"),) if levels else ()),
    )
    return _figure(
        chart,
        name="trajectory",
        title=title,
        description=(
            f"{instrument} from {first.total} on {_day(first.at)} to {last.total} on {_day(last.at)}, "
            f"{len(scores)} scores, {len(doses)} doses. Each score covers the {recall_days} days before it."
        ),
        notes=(f"Each score covers the {recall_days} days before it, not one day.", *notes),
        key=key,
        columns=("Taken", f"{instrument} total", "Covers from", "Doses before it", "Note"),
        rows=tuple(
            (
                _stamp(score.at),
                str(score.total),
                _day(score.at - timedelta(days=recall_days)),
                str(earlier_doses + sum(dose.at < score.at for dose in doses)),
                score.note,
            )
            for score in scores
        ),
    )


def _trajectory_chart(
    instrument: str,
    recall_days: int,
    highest: int,
    scores: tuple[Score, ...],
    doses: tuple[Dose, ...],
    levels: tuple[Level, ...],
) -> alt.TopLevelMixin:
    import altair as alt

    window = timedelta(days=recall_days)
    moments = [scores[0].at - window, *(score.at for score in scores), *(dose.at for dose in doses)]
    begin, end = min(moments), max(moments)
    days = alt.Axis(format="%-d %b", title=None, labelOverlap="greedy", labelSeparation=12)
    x = _time_axis(alt, begin, end + max((end - begin) * 0.03, timedelta(days=1)), days)
    # Room under zero for the doses, so that they never hide a score.
    y = alt.Y(
        "value:Q",
        scale=alt.Scale(domain=[-highest * 0.08, highest * 1.04], nice=False),
        axis=alt.Axis(title=f"{instrument} total (0 to {highest})", values=_ticks(highest)),
    )
    taken = alt.Chart(
        _values(
            {"at": _plain(score.at), "from": _plain(score.at - window), "value": score.total}
            for score in scores
        )
    ).encode(x=x, y=y)
    bars = taken.mark_rule(color=draw.BAND, strokeWidth=6, strokeCap="round").encode(x2="from:T")
    line = taken.mark_line(color=draw.SERIES[0], strokeWidth=1.5)
    dots = taken.mark_point(color=draw.SERIES[0], fill=draw.SERIES[0], size=70, opacity=1)
    totals = taken.encode(text="value:Q")
    halo = totals.mark_text(dy=-15, fontWeight="bold", color=draw.GROUND, stroke=draw.GROUND, strokeWidth=5)
    rules, names = _levels(alt, levels, x, y, begin)
    return alt.layer(
        *rules,
        bars,
        line,
        *names,
        dots,
        halo,
        totals.mark_text(dy=-15, fontWeight="bold", color=draw.INK),
        _doses(alt, doses, x, y, -highest * 0.045),
    )


def _levels(
    alt: Any, levels: tuple[Level, ...], x: Any, y: Any, begin: datetime
) -> tuple[list[Any], list[Any]]:
    """Dashed lines across the plot, and their names at its left end, cut out of what they stand on."""
    if not levels:
        return [], []
    values = _values({"at": _plain(begin), "value": level.value, "label": level.label} for level in levels)
    named = alt.Chart(values).encode(x=x, y=y, text="label:N")
    place = {"align": "left", "dx": 4, "dy": -8}
    return (
        [alt.Chart(values).mark_rule(color=draw.SOFT, strokeDash=[4, 4]).encode(y=y)],
        [
            named.mark_text(color=draw.GROUND, stroke=draw.GROUND, strokeWidth=5, **place),
            named.mark_text(color=draw.SOFT, **place),
        ],
    )


def _doses(alt: Any, doses: tuple[Dose, ...], x: Any, y: Any, height: float) -> Any:
    """Triangles under the axis of zero, one a dose."""
    given = _values({"at": _plain(dose.at), "value": height} for dose in doses)
    return (
        alt.Chart(given)
        .mark_point(shape="triangle-up", color=draw.SERIES[1], fill=draw.SERIES[1], size=60, opacity=1)
        .encode(x=x, y=y)
    )


def prepare() -> None:
    """Load what draws figures, which takes a second, so that no reader waits for it."""
    import altair as alt

    draw.svg(alt.Chart(_values([{"x": 0}])).mark_point().encode(x="x:Q"), size=draw.NARROW, prefix="none")


def _figure(chart: Any, *, name: str, title: str, key: tuple[KeyEntry, ...], **rest: Any) -> Figure:
    ident = f"{name}-{hashlib.sha256(repr((title, rest)).encode()).hexdigest()[:10]}"
    return Figure(
        id=ident,
        title=title,
        key=key,
        wide_svg=draw.svg(chart, size=draw.WIDE, prefix=f"{ident}-w"),
        narrow_svg=draw.svg(chart, size=draw.NARROW, prefix=f"{ident}-n"),
        **rest,
    )


def _time_axis(alt: Any, begin: datetime, end: datetime, axis: Any) -> Any:
    return alt.X("at:T", scale=alt.Scale(type="utc", domain=[_plain(begin), _plain(end)]), axis=axis)


def _values(rows: Any) -> Any:
    import altair as alt

    return alt.InlineData(values=list(rows))


def _wall(at: datetime) -> datetime:
    """What the clock on the wall shows. Two zones' names for one instant are equal in Python, and would
    otherwise be taken for the same figure.
    """
    return at.replace(tzinfo=None)


def _given(doses: tuple[Dose, ...]) -> tuple[Dose, ...]:
    return tuple(replace(dose, at=_wall(dose.at)) for dose in doses)


def _plain(at: datetime) -> str:
    """The shown clock time, handed to Vega as if it were UTC: Vega knows no zones but the machine's."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _ticks(top: float) -> list[float]:
    """About five round values from zero up to ``top``; none below zero, where only doses stand."""
    rough = top / 5
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    return [step * index for index in range(int(top / step + 1e-9) + 1)]


def _day(at: datetime) -> str:
    return f"{at.day} {at:%b %Y}"


def _stamp(at: datetime) -> str:
    return f"{_day(at)}, {at:%H:%M}"
