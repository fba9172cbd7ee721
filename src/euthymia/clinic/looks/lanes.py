"""What was expected above what was measured, on one axis of time: a figure of lanes, drawn as plain marks.

Nothing is computed here. A lane that has nothing to show is left out, and the others stand as they are.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

from euthymia.clinic.looks import _drawing as draw
from euthymia.clinic.looks.figures import Figure, KeyEntry

_LEVELS = ("none", "mild", "moderate", "severe")
_TEXT_PX, _SMALL_PX, _TITLE_PX = 13, 12, 22
_GAP_PX, _AXIS_PX, _HEADROOM = 14, 40, 1.12
_STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000)


@dataclass(frozen=True, slots=True)
class Prediction:
    """One substance over time with the band between people; ``low`` and ``high`` are empty where none is known."""

    title: str
    points: tuple[tuple[datetime, float], ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch in which an effect is expected: to be highest, or to settle."""

    words: str
    begins: datetime
    ends: datetime
    is_highest: bool


@dataclass(frozen=True, slots=True)
class Measured:
    """The readings of one lane: pressure as (at, systolic, diastolic), dissociation as (at, level, level)."""

    title: str
    readings: tuple[tuple[datetime, int, int], ...]
    windows: tuple[Window, ...]
    levels: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """One dose: when, and what in words."""

    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything of the figure. Times are aware and in the clinic's zone; ``t0`` is minute 0 of the axis."""

    t0: datetime
    ends: datetime
    predictions: tuple[Prediction, ...]
    measured: tuple[Measured, ...]
    given: tuple[Given, ...]
    now: datetime | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Plane:
    """Where a moment and a value lie."""

    left: float
    right: float
    begin: datetime
    end: datetime
    top: float = 0.0
    height: float = 0.0
    low: float = 0.0
    high: float = 1.0

    def x(self, at: datetime) -> float:
        part = (at - self.begin) / (self.end - self.begin)
        return round(self.left + min(max(part, 0.0), 1.0) * (self.right - self.left), 1)

    def y(self, value: float) -> float:
        return round(self.top + self.height * (1 - (value - self.low) / (self.high - self.low)), 1)


def expected_and_measured(scene: Scene) -> Figure:
    """Draw the scene at both widths, with its description, key and table."""
    ident = f"expected-{hashlib.sha256(repr(scene).encode()).hexdigest()[:10]}"
    return Figure(
        id=ident,
        title="Expected beside measured",
        description=_description(scene),
        notes=scene.notes,
        key=_key(scene),
        wide_svg=_drawing(scene, draw.WIDE[0], left=74, every=30),
        narrow_svg=_drawing(scene, draw.NARROW[0], left=72, every=60),
        columns=_columns(scene),
        rows=_rows(scene),
    )


def _drawing(scene: Scene, width: int, *, left: int, every: int):  # type: ignore[no-untyped-def]
    begin = min([scene.t0, *(at for lane in scene.measured for at, _, _ in lane.readings)]) - timedelta(
        minutes=5
    )
    plane = _Plane(left, width - 20, begin, scene.ends)
    marks: list[str] = []
    top = 0.0
    for number, prediction in enumerate(scene.predictions):
        top = _lane(marks, plane, top, prediction.title, 120)
        marks += _prediction(_place(plane, top, 120, 0, _peak(prediction) * _HEADROOM), prediction)
        if number == 0:
            marks += [_triangle(plane.x(each.at), top + 120) for each in scene.given]
        top += 120 + _GAP_PX
    for lane in scene.measured:
        height = 92 if lane.levels else 126
        top = _lane(marks, plane, top, lane.title, height)
        marks += _measured(_place(plane, top, height, *_range(lane)), lane)
        top += height + _GAP_PX
    bottom = top - _GAP_PX
    marks += _axis(plane, scene, bottom, every)
    return draw.marks_as_svg(marks, size=(width, round(bottom + _AXIS_PX)))


def _lane(marks: list[str], plane: _Plane, top: float, title: str, height: float) -> float:
    """Write a lane's title and ground; returns where the lane begins."""
    marks.append(_text(0, top + 14, title, weight="600"))
    return top + _TITLE_PX


def _place(plane: _Plane, top: float, height: float, low: float, high: float) -> _Plane:
    return _Plane(plane.left, plane.right, plane.begin, plane.end, top, height, low, high)


def _prediction(plane: _Plane, prediction: Prediction) -> list[str]:
    shown = [(at, value, place) for place, (at, value) in enumerate(prediction.points) if at <= plane.end]
    marks = _grid(plane, _ticks(plane.high))
    if prediction.high:
        above = [f"{plane.x(at)},{plane.y(prediction.high[place])}" for at, _, place in shown]
        below = [f"{plane.x(at)},{plane.y(prediction.low[place])}" for at, _, place in reversed(shown)]
        points = " ".join([*above, *below])
        marks.append(
            f'<polygon points="{points}" fill="var(--series-band)" fill-opacity="0.3" '
            'stroke="var(--series-band)" stroke-width="1"/>'
        )
    line = " L".join(f"{plane.x(at)} {plane.y(value)}" for at, value, _ in shown)
    return [*marks, f'<path d="M{line}" fill="none" stroke="var(--series-1)" stroke-width="2.25"/>']


def _measured(plane: _Plane, lane: Measured) -> list[str]:
    marks = [mark for window in lane.windows for mark in _window(plane, window)]
    if lane.levels:
        marks += _grid(plane, list(range(len(_LEVELS))), _LEVELS)
    else:
        marks += _grid(plane, [tick for tick in range(40, 260, 40) if plane.low <= tick <= plane.high])
    upper = [(at, first) for at, first, _ in lane.readings]
    lower = [(at, second) for at, _, second in lane.readings]
    for points in [upper] if lane.levels else [upper, lower]:
        line = " L".join(f"{plane.x(at)} {plane.y(value)}" for at, value in points)
        if len(points) > 1:
            marks.append(f'<path d="M{line}" fill="none" stroke="var(--ink)" stroke-width="1.5"/>')
        fill = "var(--ink)" if points is upper else "var(--surface)"
        marks += [
            f'<circle cx="{plane.x(at)}" cy="{plane.y(value)}" r="3.5" fill="{fill}" '
            'stroke="var(--ink)" stroke-width="1.5"/>'
            for at, value in points
        ]
    return marks


def _window(plane: _Plane, window: Window) -> list[str]:
    left, right = plane.x(window.begins), plane.x(window.ends)
    top, bottom = plane.top, plane.top + plane.height
    box = f"M{left} {top} H{right} V{bottom} H{left} Z"
    if window.is_highest:
        drawn = f'<path d="{box}" fill="var(--warn-soft)" stroke="var(--warn-line)" stroke-width="1"/>'
    else:
        drawn = (
            f'<path d="{box}" fill="var(--ok-soft)" fill-opacity="0.5" stroke="var(--ok-line)" '
            'stroke-width="1" stroke-dasharray="4 3"/>'
        )
    return [drawn, _text((left + right) / 2, top + 13, window.words, anchor="middle", size=_SMALL_PX)]


def _grid(plane: _Plane, ticks: list[float] | list[int], words: tuple[str, ...] = ()) -> list[str]:
    marks = []
    for place, tick in enumerate(ticks):
        y = plane.y(tick)
        marks.append(
            f'<path d="M{plane.left} {y} H{plane.right}" fill="none" stroke="var(--figure-grid)" stroke-width="1"/>'
        )
        told = words[place] if words else f"{tick:g}"
        marks.append(_text(plane.left - 6, y + 4, told, anchor="end", size=_SMALL_PX, soft=True))
    return marks


def _axis(plane: _Plane, scene: Scene, bottom: float, every: int) -> list[str]:
    marks = [
        f'<path d="M{plane.left} {bottom} H{plane.right}" fill="none" stroke="var(--ink-soft)" stroke-width="1"/>'
    ]
    minute = 0
    while (at := scene.t0 + timedelta(minutes=minute)) < plane.end:
        x = plane.x(at)
        marks.append(f'<path d="M{x} {bottom} v5" fill="none" stroke="var(--ink-soft)" stroke-width="1"/>')
        marks.append(_text(x, bottom + 18, f"{at:%H:%M}", anchor="middle", size=_SMALL_PX, soft=True))
        marks.append(_text(x, bottom + 33, f"{minute} min", anchor="middle", size=_SMALL_PX, soft=True))
        minute += every
    if scene.now is not None and plane.begin <= scene.now <= plane.end:
        x = plane.x(scene.now)
        marks.append(
            f'<path d="M{x} {_TITLE_PX} V{bottom}" fill="none" stroke="var(--ink)" stroke-width="1.5"/>'
        )
        marks.append(_text(x + 4, _TITLE_PX + 10, "now", size=_SMALL_PX))
    return marks


def _text(
    x: float,
    y: float,
    words: str,
    *,
    anchor: str = "start",
    size: int = _TEXT_PX,
    weight: str = "400",
    soft: bool = False,
) -> str:
    colour = "var(--ink-soft)" if soft else "var(--ink)"
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" '
        f'fill="{colour}">{escape(words)}</text>'
    )


def _triangle(x: float, y: float) -> str:
    return f'<polygon points="{x - 5},{y} {x + 5},{y} {x},{y - 10}" fill="var(--series-2)"/>'


def _peak(prediction: Prediction) -> float:
    return max([*(value for _, value in prediction.points), *prediction.high]) or 1.0


def _range(lane: Measured) -> tuple[float, float]:
    if lane.levels:
        return -0.3, len(_LEVELS) + 0.1
    values = [value for _, *both in lane.readings for value in both] or [80, 120]
    return min(40, *values) if len(values) > 1 else 40, max(160, *values) * 1.16


def _ticks(top: float) -> list[float]:
    step = next((step for step in _STEPS if top / step <= 3.5), _STEPS[-1])
    return [step * number for number in range(int(top / step) + 1)]


def _key(scene: Scene) -> tuple[KeyEntry, ...]:
    key = []
    if scene.predictions:
        key.append(KeyEntry("curve-1", "predicted for a typical person"))
        if any(each.high for each in scene.predictions):
            key.append(KeyEntry("bar", "nine people in ten like this patient"))
        key.append(KeyEntry("dose", "dose given"))
    if any(lane.readings for lane in scene.measured):
        key.append(KeyEntry("dot", "measured"))
    return (*key, *([KeyEntry("now", f"now, {scene.now:%H:%M}")] if scene.now else []))


def _description(scene: Scene) -> str:
    told = []
    for prediction in scene.predictions:
        at, value = max(prediction.points, key=lambda point: point[1])
        told.append(f"{prediction.title}: highest {value:.3g} at {at:%H:%M}")
    for lane in scene.measured:
        expected = ", ".join(
            f"{each.words} {each.begins:%H:%M} to {each.ends:%H:%M}" for each in lane.windows
        )
        told.append(f"{lane.title}: {len(lane.readings)} readings; {expected or 'nothing expected on file'}")
    return f"{'. '.join(told)}. The table below holds the values."


def _columns(scene: Scene) -> tuple[str, ...]:
    return (
        "Time",
        "Minutes since t0",
        *(each.title for each in scene.predictions),
        *(lane.title for lane in scene.measured),
        "Given",
        "Expected",
    )


def _rows(scene: Scene) -> tuple[tuple[str, ...], ...]:
    """A row for each reading, dose and end of a window, and each half hour."""
    half_hours = range(0, int((scene.ends - scene.t0) / timedelta(minutes=1)), 30)
    moments = {scene.t0 + timedelta(minutes=minute) for minute in half_hours}
    moments |= {at for lane in scene.measured for at, _, _ in lane.readings}
    moments |= {each.at for each in scene.given}
    return tuple(_row(scene, at) for at in sorted(moments))


def _row(scene: Scene, at: datetime) -> tuple[str, ...]:
    measured = [
        next(
            (
                _LEVELS[each[1]] if lane.levels else f"{each[1]}/{each[2]}"
                for each in lane.readings
                if each[0] == at
            ),
            "",
        )
        for lane in scene.measured
    ]
    expected = [
        f"{lane.title.partition(',')[0].casefold()} {window.words}"
        for lane in scene.measured
        for window in lane.windows
        if window.begins <= at <= window.ends
    ]
    return (
        f"{at:%H:%M}",
        f"{(at - scene.t0) / timedelta(minutes=1):.0f}",
        *(_at(prediction, at) for prediction in scene.predictions),
        *measured,
        ", ".join(each.words for each in scene.given if each.at == at),
        "; ".join(expected),
    )


def _at(prediction: Prediction, at: datetime) -> str:
    if at < prediction.points[0][0]:
        return ""
    place = min(range(len(prediction.points)), key=lambda each: abs(prediction.points[each][0] - at))
    value = _number(prediction.points[place][1])
    if not prediction.high:
        return value
    return f"{value} ({_number(prediction.low[place])} to {_number(prediction.high[place])})"


_NOTHING = 0.05  # ours, in ng/mL: nobody reads an exponent in a table


def _number(value: float) -> str:
    return f"< {_NOTHING}" if 0 < value < _NOTHING else f"{value:.3g}"
