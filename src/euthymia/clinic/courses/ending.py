"""What a course that ends leaves booked: asked here by whoever ends it, answered by the visits.

Visits stand above this room; ``config`` wires who answers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from euthymia.clinic.access.viewer import Viewer


@dataclass(frozen=True, slots=True)
class BookedVisit:
    """A visit that has not begun: when it is, and where."""

    id: UUID
    scheduled_at: datetime
    where: str


Booked = Callable[[UUID], tuple[BookedVisit, ...]]
"""The visits of a course that have not begun, the next one first."""
TakeOff = Callable[[Viewer, datetime, UUID, str], None]
"""Cancel them all with a reason: by whom, when, of which course, why."""
Hold = Callable[[Viewer, UUID], None]
"""Hold them until the transaction ends: by whom, of which course."""

_answers: list[tuple[Booked, TakeOff, Hold]] = []


def wire(booked: Booked, take_off: TakeOff, hold: Hold) -> None:
    """Say who knows the visits, cancels and holds them; again does no harm."""
    _answers[:] = [(booked, take_off, hold)]


def booked(course_id: UUID) -> tuple[BookedVisit, ...]:
    """The visits of a course that have not begun. For judgements and forms of those who may open the course."""
    return _answers[0][0](course_id) if _answers else ()


def hold(*, by: Viewer, course_id: UUID) -> None:
    """Hold them before their course is held, in the order in which a dose holds both: neither waits for ever."""
    if _answers:
        _answers[0][2](by, course_id)


def take_off(*, by: Viewer, at: datetime, course_id: UUID, why: str) -> None:
    """Take them off the board: the course is over."""
    if _answers:
        _answers[0][1](by, at, course_id, why)
