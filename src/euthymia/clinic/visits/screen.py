"""How often the live screens ask, when they stop looking current, and how large the board's type is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

from euthymia.evidence import read_sourced

_ARCMIN_IN_A_TURN = 360 * 60
_MM_IN_AN_INCH = 25.4
_MM_IN_A_METRE = 1000


@cache
def setting(group: str, name: str) -> float:
    """A number of ``limits/board.toml``, in the unit of the file."""
    return read_sourced("limits/board.toml").table(group).number(name).value


def capital_px(angle_arcmin: float) -> float:
    """How many pixels high a capital is on the stated screen, seen at this angle from the stated distance."""
    across = math.hypot(setting("screen", "width"), setting("screen", "height"))
    pixel_mm = setting("screen", "diagonal") * _MM_IN_AN_INCH / across
    distance_mm = setting("type", "read_from") * _MM_IN_A_METRE
    return 2 * distance_mm * math.tan(math.pi * angle_arcmin / _ARCMIN_IN_A_TURN) / pixel_mm


@dataclass(frozen=True, slots=True)
class Pace:
    """What a live part of a page is told: how often to ask, and when it has gone stale. In the page's own units."""

    ask_every_ms: int
    stale_after_ms: int
    still_for_ms: int


@cache
def pace() -> Pace:
    """The pace of every live part."""
    return Pace(
        ask_every_ms=round(setting("data", "ask_every") * 1000),
        stale_after_ms=round(setting("data", "stale_after") * 1000),
        still_for_ms=round(setting("hands", "still_for") * 1000),
    )
