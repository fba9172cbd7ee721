"""How a synthetic person reads before and after a dose, and how mood moves over a course.

Pure functions of a seeded ``random.Random``; every number comes from ``evidence/demo/synthetic.toml``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from euthymia.evidence import Table, read_sourced
from euthymia.protocol import Dissociation, Product

ITEMS = 9
HIGHEST_ITEM = 3


class Arc(StrEnum):
    """How a synthetic course goes."""

    RESPONDER = "responder"
    NON_RESPONDER = "non_responder"
    RELAPSE = "relapse"


@dataclass(frozen=True, slots=True)
class Body:
    """What one person usually reads when nothing was given: mmHg, beats and breaths per minute, percent."""

    systolic: float
    diastolic: float
    heart_rate: float
    saturation: float
    respiratory_rate: float


@dataclass(frozen=True, slots=True)
class Reading:
    """One set of readings, as a nurse would write it down."""

    systolic: int
    diastolic: int
    heart_rate: int
    saturation: int
    respiratory_rate: int
    sedation: int
    dissociation: Dissociation


@dataclass(frozen=True, slots=True)
class Session:
    """What one dose does to one person: the sizes of the rises, and whether it sedates or dissociates."""

    product: Product
    systolic_rise: float
    diastolic_rise: float
    sedated: bool
    dissociated: bool
    reaches_moderate: bool


def draw_body(rng: Random) -> Body:
    """Draw what a person usually reads."""
    before = _synthetic().table("before")

    def usual(name: str) -> float:
        kind = before.table(name)
        drawn = rng.gauss(kind.number("mean").value, kind.number("sd").value)
        return min(drawn, kind.number("highest").value) if "highest" in kind else drawn

    return Body(
        usual("systolic"),
        usual("diastolic"),
        usual("heart-rate"),
        usual("saturation"),
        usual("respiratory-rate"),
    )


def draw_session(rng: Random, product: Product) -> Session:
    """Draw what one dose does."""
    rise = _synthetic().table("rise").table(product.value)
    systolic = max(0.0, rng.gauss(rise.number("systolic").value, rise.number("systolic_sd").value))
    diastolic = systolic * rise.number("diastolic").value / rise.number("systolic").value
    dissociation = _synthetic().table("dissociation")
    return Session(
        product=product,
        systolic_rise=systolic,
        diastolic_rise=diastolic,
        sedated=_happens(rng, _synthetic().table("sedation"), "share"),
        dissociated=_happens(rng, dissociation, "share"),
        reaches_moderate=_happens(rng, dissociation, "moderate_share"),
    )


def read_before(rng: Random, body: Body) -> Reading:
    """Readings with nothing given."""
    return _reading(rng, body, 0.0, None, 0.0)


def read_after(rng: Random, body: Body, session: Session, minute: float) -> Reading:
    """Readings ``minute`` minutes after t0."""
    rise = _synthetic().table("rise").table(session.product.value)
    share = _wave(minute, rise.number("peak_min").value, rise.number("back_min").value)
    return _reading(rng, body, share, session, minute)


def phq9_total(rng: Random, arc: Arc, baseline: int, day: float, turns_at_day: float | None = None) -> int:
    """The PHQ-9 total ``day`` days after the first dose; a relapse turns back at ``turns_at_day``."""
    mood = _synthetic().table("mood")
    level = mood.table("level")
    reached = level.number("non_responder" if arc is Arc.NON_RESPONDER else "responder").value
    share = _approach(1.0, reached, max(day, 0.0), mood.number("time_constant").value)
    if arc is Arc.RELAPSE and turns_at_day is not None and day > turns_at_day:
        at_turn = _approach(1.0, reached, turns_at_day, mood.number("time_constant").value)
        back = level.number("relapse").value
        share = _approach(at_turn, back, day - turns_at_day, mood.number("relapse_time_constant").value)
    jitter = rng.gauss(0.0, mood.number("jitter").value) if day > 0 else 0.0
    return round(min(max(baseline * share + jitter, 0.0), ITEMS * HIGHEST_ITEM))


def draw_baseline(rng: Random) -> int:
    """Draw a PHQ-9 total from before treatment."""
    mood = _synthetic().table("mood")
    drawn = rng.gauss(mood.number("baseline_mean").value, mood.number("baseline_sd").value)
    return round(min(max(drawn, mood.number("baseline_lowest").value), mood.number("baseline_highest").value))


def phq9_items(rng: Random, total: int) -> tuple[int, ...]:
    """Nine answers that add up to ``total``; the ninth, on thoughts of death, is above 0 for few."""
    mood = _synthetic().table("mood")
    answers = [0] * ITEMS
    if total >= mood.number("thoughts_from").value and _happens(rng, mood, "thoughts_share"):
        answers[-1] = 1
    while sum(answers) < total:
        open_items = [item for item in range(ITEMS - 1) if answers[item] < HIGHEST_ITEM]
        answers[rng.choice(open_items) if open_items else ITEMS - 1] += 1
    return tuple(answers)


def _reading(rng: Random, body: Body, share: float, session: Session | None, minute: float) -> Reading:
    rise = _synthetic().table("rise").table(session.product.value) if session else None
    return Reading(
        systolic=_read(rng, "systolic", body.systolic, share * session.systolic_rise if session else 0.0),
        diastolic=_read(rng, "diastolic", body.diastolic, share * session.diastolic_rise if session else 0.0),
        heart_rate=_read(
            rng, "heart-rate", body.heart_rate, share * rise.number("heart_rate").value if rise else 0.0
        ),
        saturation=min(
            100,
            _read(
                rng, "saturation", body.saturation, share * rise.number("saturation").value if rise else 0.0
            ),
        ),
        respiratory_rate=_read(rng, "respiratory-rate", body.respiratory_rate, 0.0),
        sedation=_sedation(session, minute),
        dissociation=_dissociation(session, minute),
    )


def _read(rng: Random, name: str, usual: float, rise: float) -> int:
    jitter = _synthetic().table("before").table(name).number("jitter").value
    return round(usual + rise + rng.uniform(-jitter, jitter))


def _sedation(session: Session | None, minute: float) -> int:
    """MOAA/S: five, or the usual lowest while sedated."""
    awake = 5
    if session is None or not session.sedated:
        return awake
    sedation = _synthetic().table("sedation")
    lasts = sedation.number("onset_min").value <= minute < sedation.number("back_min").value
    return sedation.integer("score").value if lasts else awake


def _dissociation(session: Session | None, minute: float) -> Dissociation:
    if session is None or not session.dissociated:
        return Dissociation.NONE
    dissociation = _synthetic().table("dissociation")
    share = _wave(minute, dissociation.number("peak_min").value, dissociation.number("back_min").value)
    if share <= 0.1:
        return Dissociation.NONE
    return Dissociation.MODERATE if session.reaches_moderate and share > 0.8 else Dissociation.MILD


def _wave(minute: float, peak: float, back: float) -> float:
    """From 0 at t0 to 1 at the peak to 0 at ``back``: two halves of a cosine."""
    if minute <= 0 or minute >= back:
        return 0.0
    phase = minute / peak if minute <= peak else 1 + (minute - peak) / (back - peak)
    return (1 - math.cos(math.pi * phase)) / 2


def _approach(start: float, end: float, days: float, time_constant: float) -> float:
    return end + (start - end) * math.exp(-days / time_constant)


def _happens(rng: Random, table: Table, name: str) -> bool:
    return rng.uniform(0, 100) < table.number(name).value


def _synthetic() -> Table:
    return read_sourced("demo/synthetic.toml")
