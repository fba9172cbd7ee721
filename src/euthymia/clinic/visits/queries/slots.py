"""Free times for a course: in the window of its next session first, each with a chair and with cover."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID

from django.utils import timezone

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.courses.models import Course
from euthymia.clinic.people import queries as people
from euthymia.clinic.visits import models
from euthymia.clinic.visits.house import Slot, free_slots, open_house
from euthymia.clinic.visits.queries._common import record_for
from euthymia.clinic.visits.sessions import session_for, told, wanted
from euthymia.protocol.schedule import PlannedDay

MOST_OFFERED = 16  # ours: what fits a screen
USUAL_MIN = 210  # ours: check-in, dose and watching
DAYS_WITHOUT_PLAN = 7  # ours: where the plan names no session, the week ahead


@dataclass(frozen=True, slots=True)
class SlotDay:
    """The free times of one day."""

    on: date
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Offered:
    """What can be booked: for which session, from when to when, and the times. ``unknown`` is what nobody has
    written down for them; ``past`` says that the window is over and the days after it are offered."""

    session: PlannedDay | None
    earliest_on: date
    latest_on: date
    days: tuple[SlotDay, ...]
    unknown: tuple[str, ...]
    past: bool

    @property
    def slots(self) -> tuple[Slot, ...]:
        """All of them in order."""
        return tuple(slot for day in self.days for slot in day.slots)


def slots_for_course(viewer: Viewer, course_id: UUID, minutes: int, now: datetime) -> Offered:
    """Free times for the next session of a course that is not booked yet."""
    viewer.require(Permission.BOOK_VISIT)
    course = (
        Course.objects.select_related("clinic")
        .filter(id=course_id, clinic_id=viewer.clinic_id, patient__in=people.visible(viewer))
        .first()
    )
    if course is None:
        raise NotFound("No such course.")
    visit = models.Visit(clinic_id=viewer.clinic_id, course=course, product=course.product)
    return _offered(viewer, visit, minutes, now, moved=None)


def slots_for_visit(viewer: Viewer, visit_id: UUID, minutes: int, now: datetime) -> Offered:
    """Free times to which a booked visit can move, in the window of the session it is for."""
    visit = record_for(viewer, visit_id, Permission.BOOK_VISIT).visit
    return _offered(viewer, visit, minutes, now, moved=visit.id)


def _offered(viewer: Viewer, visit: models.Visit, minutes: int, now: datetime, moved: UUID | None) -> Offered:
    today = timezone.localdate(now)
    session = session_for(viewer, visit.course_id, visit.scheduled_at if moved else now, moved)
    first, last, past = _window(session, today)
    house = open_house(viewer.clinic_id, first, last)
    days = list(_days(first, last))
    # A time after its window is offered when the window is over; nobody is asked why the past has passed.
    asked = wanted(viewer, visit, None if past else session, now, now + timedelta(minutes=minutes))
    slots = [
        slot for slot in free_slots(house, asked, days, minutes, now, MOST_OFFERED) if slot.starts_at >= now
    ]
    shown = told(viewer, house.judge(asked, now)).unknown if not slots else ()
    unknown = dict.fromkeys(sentence for slot in slots for sentence in slot.unknown)
    return Offered(
        session=session,
        earliest_on=first,
        latest_on=last,
        days=tuple(
            SlotDay(on, tuple(found))
            for on, found in groupby(slots, key=lambda slot: house.day(slot.starts_at))
        ),
        unknown=tuple(each for each in unknown or shown if "session left" not in each),
        past=past,
    )


def _window(session: PlannedDay | None, today: date) -> tuple[date, date, bool]:
    """From when to when times are offered, and whether the session's own window is over."""
    if session is None:
        return today, today + timedelta(days=DAYS_WITHOUT_PLAN), False
    if session.latest_on < today:
        return today, today + timedelta(days=DAYS_WITHOUT_PLAN), True
    return max(session.earliest_on, today), session.latest_on, False


def _days(first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day += timedelta(days=1)
