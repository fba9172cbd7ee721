"""What happened to each synthetic patient before today: one frozen story per patient, drawn from a seed.

Days are counted backwards from the day the demo is built, so that the clinic is always in mid-flight.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from euthymia.clinic.config.demo.curves import Arc, draw_baseline
from euthymia.protocol import Product

ESKETAMINE = Product.ESKETAMINE_NASAL
INFUSION = Product.KETAMINE_IV


class Stage(StrEnum):
    """How far a synthetic patient has come."""

    REFERRED = "referred"
    NEEDS_ANSWERS = "needs_answers"
    NOT_ELIGIBLE = "not_eligible"
    ELIGIBLE = "eligible"
    CONSENTED = "consented"
    PLANNED = "planned"
    INDUCTION = "induction"
    MAINTENANCE = "maintenance"
    COMPLETED = "completed"
    STOPPED = "stopped"


TREATED = frozenset({Stage.INDUCTION, Stage.MAINTENANCE, Stage.COMPLETED, Stage.STOPPED})
ENDED = frozenset({Stage.COMPLETED, Stage.STOPPED})


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the cast list: ``sessions`` done so far, the last of them ``days_ago``."""

    stage: Stage
    product: Product
    arc: Arc | None = None
    sessions: int = 0
    days_ago: int = 0


@dataclass(frozen=True, slots=True)
class Story:
    """One patient's past. ``session_days`` counts days before today, oldest first."""

    number: int
    part: Part
    baseline_phq9: int
    session_days: tuple[int, ...]
    start_minute: int
    referred_days_ago: int

    @property
    def turns_at_day(self) -> float | None:
        """For a relapse: the day of the course on which mood turns; two thirds through."""
        if self.part.arc is not Arc.RELAPSE:
            return None
        return (self.session_days[0] - self.session_days[-1]) * 2 / 3


def _parts() -> Iterator[Part]:
    """The cast list, sixty lines. Arcs alternate so that each phase holds all of them."""
    for stage, nasal, infused in (
        (Stage.REFERRED, 6, 2),
        (Stage.NEEDS_ANSWERS, 5, 2),
        (Stage.NOT_ELIGIBLE, 3, 1),
        (Stage.ELIGIBLE, 5, 2),
        (Stage.CONSENTED, 4, 2),
        (Stage.PLANNED, 6, 2),
    ):
        yield from (Part(stage, ESKETAMINE) for _ in range(nasal))
        yield from (Part(stage, INFUSION) for _ in range(infused))
    better, not_better, worse = Arc.RESPONDER, Arc.NON_RESPONDER, Arc.RELAPSE
    # Induction: half of them are due today, the others within the next days.
    for number, sessions in enumerate((1, 2, 3, 4, 2, 3, 5)):
        ago = days_to_next(ESKETAMINE, sessions) if number < 4 else 2
        yield Part(Stage.INDUCTION, ESKETAMINE, not_better if number % 3 == 1 else better, sessions, ago)
    for sessions, ago in ((1, 3), (2, 4), (3, 2)):
        yield Part(Stage.INDUCTION, INFUSION, not_better if sessions == 3 else better, sessions, ago)
    for sessions, arc, ago in ((9, better, 7), (10, worse, 7), (8, better, 5), (9, better, 3)):
        yield Part(Stage.MAINTENANCE, ESKETAMINE, arc, sessions, ago)
    for sessions, arc, ago in ((6, better, 21), (7, worse, 9)):
        yield Part(Stage.MAINTENANCE, INFUSION, arc, sessions, ago)
    yield Part(Stage.COMPLETED, ESKETAMINE, better, 9, days_ago=40)
    yield Part(Stage.COMPLETED, INFUSION, better, 7, days_ago=75)
    yield Part(Stage.STOPPED, INFUSION, not_better, 6, days_ago=45)
    yield Part(Stage.STOPPED, ESKETAMINE, worse, 9, days_ago=25)


def stories(seed: str) -> tuple[Story, ...]:
    """Every patient's story; the same seed gives the same stories."""
    return tuple(_story(seed, number, part) for number, part in enumerate(_parts(), start=1))


def _story(seed: str, number: int, part: Part) -> Story:
    rng = Random(f"{seed}/story/{number}")
    days = _session_days(part)
    first = days[0] if days else 0
    return Story(
        number=number,
        part=part,
        baseline_phq9=draw_baseline(rng),
        session_days=days,
        start_minute=8 * 60 + 30 + 55 * (number % 6) + rng.randrange(10),
        referred_days_ago=first + rng.randrange(15, 30),
    )


def _session_days(part: Part) -> tuple[int, ...]:
    """Days before today of each session: twice a week at first, then further and further apart."""
    days = [part.days_ago] if part.sessions else []
    for number in range(part.sessions - 1, 0, -1):
        days.append(days[-1] + days_to_next(part.product, number))
    return tuple(reversed(days))


def days_to_next(product: Product, number: int) -> int:
    """Days from session ``number`` to the next."""
    twice_a_week, weekly = (8, 12) if product is ESKETAMINE else (6, 6)
    if number < twice_a_week:
        return 3 if number % 2 else 4
    if number < weekly:
        return 7
    return 14 if product is ESKETAMINE else 21
