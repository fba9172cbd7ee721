"""What the visit's figure takes to draw: our own marks beside Altair's, in one run on one thread.

``python benchmarks/figures.py [--repeat 15]`` draws a visit's three lanes (a predicted curve with its band, pressures,
dissociation) at both widths of the page, by ``looks.lanes`` and by Altair with vl-convert, and prints the medians and
their ratio. Altair's lanes lack windows, doses and the mark of now: it is asked for less.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

T0 = datetime(2026, 11, 20, 15, tzinfo=UTC)
CURVE = [(2 * step, 100 * 2.0 ** (-step / 40)) for step in range(120)]  # minutes, ng/mL
PRESSURES = [(15 * step, 120 + step, 80) for step in range(9)]
LEVELS = [(15 * step, step % 3) for step in range(9)]


def main() -> None:
    """Draw by both, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=15, help="how often each figure is drawn")
    repeat = parser.parse_args().repeat
    os.environ.setdefault("EUTHYMIA_MODE", "test")
    os.environ.setdefault("DATABASE_URL", "postgresql://nobody/nothing")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "euthymia.clinic.config.settings")
    import django

    django.setup()
    ours, altair = _median(_by_lanes, repeat), _median(_by_altair, repeat)
    print(f"{ours:8.1f} ms  our own marks\n{altair:8.1f} ms  Altair\n{altair / ours:8.0f} times")


def _median(draw: Callable[[int], object], repeat: int) -> float:
    draw(0)
    times = []
    for minute in range(1, repeat + 1):  # the mark of now moves on: nothing is drawn twice alike
        started = time.perf_counter()
        draw(minute)
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def _by_lanes(minute: int) -> object:
    from euthymia.clinic.looks import lanes

    def at(minutes: float) -> datetime:
        return T0 + timedelta(minutes=minutes)

    curve = lanes.Prediction(
        title="Esketamine predicted in venous plasma, ng/mL",
        points=tuple((at(when), value) for when, value in CURVE),
        low=tuple(0.7 * value for _, value in CURVE),
        high=tuple(1.3 * value for _, value in CURVE),
    )
    pressure = tuple((at(when), upper, lower) for when, upper, lower in PRESSURES)
    levels = tuple((at(when), level, level) for when, level in LEVELS)
    return lanes.expected_and_measured(
        lanes.Scene(
            t0=T0,
            ends=at(250),
            predictions=(curve,),
            measured=(
                lanes.Measured("Pressure, mmHg", pressure, ()),
                lanes.Measured("Dissociation", levels, (), levels=True),
            ),
            given=(),
            now=at(100 + minute),
        )
    )


def _by_altair(_: int) -> object:
    import vl_convert

    from euthymia.clinic.looks import _drawing as draw

    return [vl_convert.vegalite_to_svg(_lanes(width).to_dict()) for width in (draw.WIDE[0], draw.NARROW[0])]


def _lanes(width: int) -> Any:
    import altair as alt

    from euthymia.clinic.looks import _drawing as draw

    def rows(values: list[dict[str, float]], *, height: int) -> Any:
        return alt.Chart(alt.Data(values=values)).properties(width=width - 80, height=height)

    curve = rows([{"t": t, "v": v, "low": 0.7 * v, "high": 1.3 * v} for t, v in CURVE], height=120)
    band = curve.mark_area(color=draw.BAND).encode(x="t:Q", y="low:Q", y2="high:Q")
    line = curve.mark_line(color=draw.SERIES[0]).encode(x="t:Q", y="v:Q")
    pressure = rows([{"t": t, "v": upper} for t, upper, _ in PRESSURES], height=126)
    levels = rows([{"t": t, "v": level} for t, level in LEVELS], height=92)
    dots = {"point": True, "color": draw.INK}
    return alt.vconcat(
        band + line,
        pressure.mark_line(**dots).encode(x="t:Q", y="v:Q"),
        levels.mark_line(**dots).encode(x="t:Q", y="v:Q"),
    )


if __name__ == "__main__":
    main()
