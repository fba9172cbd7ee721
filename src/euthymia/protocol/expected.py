"""When dissociation and blood pressure are expected to be highest, and to have settled. Nothing is decided by it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from euthymia.evidence import Known, Sourced, expected
from euthymia.protocol._course_facts import Product


class Phase(StrEnum):
    """A stretch of an effect's expected course."""

    HIGHEST = "highest"
    SETTLES = "settles"


@dataclass(frozen=True, slots=True)
class ExpectedWindow:
    """One stretch of time in which something is expected, with the two numbers it was made from."""

    effect: str
    phase: Phase
    begins: datetime
    ends: datetime
    first: Sourced[float]
    last: Sourced[float]

    @property
    def sources(self) -> tuple[tuple[str, Known], ...]:
        """What the window rests on, each source once."""
        return tuple(dict.fromkeys((each.source, each.known) for each in (self.first, self.last)))


def windows(product: Product, first: datetime, last: datetime | None) -> tuple[ExpectedWindow, ...]:
    """The windows of both effects, from when the first dose began and the last one was given.

    ``last`` is the start of the last device or the end of the infusion, ``None`` while it runs. What lies between
    the two beyond what was studied moves the later ends: a second device raises pressure anew.
    """
    known = expected(product.value)
    longer = timedelta(minutes=known.studied_minutes)
    shift = max((last - first) - longer, timedelta(0)) if last else timedelta(0)
    return tuple(
        ExpectedWindow(
            effect=effect,
            phase=phase,
            begins=first + timedelta(minutes=course.minutes(begins)),
            ends=first + shift + timedelta(minutes=course.minutes(ends)),
            first=course.numbers[begins],
            last=course.numbers[ends],
        )
        for effect, course in known.courses.items()
        for phase, begins, ends in (
            (Phase.HIGHEST, "highest_from", "highest_by"),
            (Phase.SETTLES, "settled_from", "settled_by"),
        )
    )
