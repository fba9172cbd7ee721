"""The day's bookings, and what a booking needs to know."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from euthymia.clinic.access.models import Clinic
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.courses import taking_orders
from euthymia.clinic.courses.models import Course
from euthymia.clinic.people import queries as people
from euthymia.clinic.visits import models
from euthymia.clinic.visits.house import House, Judged, Wanted, open_house
from euthymia.clinic.visits.models.visit import NO_CHAIR_NEEDED
from euthymia.clinic.visits.queries._common import PRODUCT_WORDS, record_for, state_words, told_state
from euthymia.protocol import Product

STILL_TO_COME = frozenset({"scheduled", "checking_in", "ready", "ordered", "administering", "monitoring"})
OF_THE_HOUSE = frozenset({"PLAN-2", "PLAN-3", "PLAN-4"})
"""The rules about staff and equipment alone."""
MOST_SHOWN = 60
"""Visits on a chart: a maintenance course of a year, and more, without the page growing for ever."""


@dataclass(frozen=True, slots=True)
class Booking:
    """One visit of the day, as the front desk sees it: no clinical data."""

    visit_id: UUID
    name: str
    chair: str
    scheduled_at: datetime
    planned_end_at: datetime
    state: str
    state_words: str
    may_open: bool
    may_change: bool
    patient_id: UUID
    version: int
    on: date
    gaps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Day:
    """The bookings of one day, by time. ``gaps`` of a booking is what the house lacks then; ``unknown`` is what
    nobody has written down about the day; ``people`` is who is in the house."""

    on: date
    bookings: tuple[Booking, ...]
    previous: date
    following: date
    today: date
    people: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The day in words."""
        return f"{'Today, ' if self.on == self.today else ''}{self.on:%A} {self.on.day} {self.on:%B %Y}"


@dataclass(frozen=True, slots=True)
class Bookable:
    """A course a visit can be booked for, and what is booked already."""

    course_id: UUID
    patient_id: UUID
    name: str
    product: str
    booked: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class PatientVisit:
    """One visit of a patient, for the chart."""

    visit_id: UUID
    scheduled_at: datetime
    state: str
    state_words: str
    session_number: int | None


def day(viewer: Viewer, on: date | None, now: datetime) -> Day:
    """The bookings of a day; today's without one."""
    viewer.require(Permission.VIEW_BOARD)
    zone = ZoneInfo(Clinic.objects.get(pk=viewer.clinic_id).time_zone)
    today = now.astimezone(zone).date()
    on = on or today
    begin = datetime.combine(on, time(), zone)
    rows = (
        models.Visit.objects.filter(
            clinic_id=viewer.clinic_id, scheduled_at__gte=begin, scheduled_at__lt=begin + timedelta(days=1)
        )
        .select_related("clinic", "course__patient", "chair")
        .order_by("scheduled_at", "chair__name")
    )
    house = open_house(viewer.clinic_id, on, on)
    judged = {row.id: _judge(house, row, now) for row in rows if row.state in STILL_TO_COME}
    unknown = dict.fromkeys(sentence for each in judged.values() for sentence in each.unknown)
    return Day(
        on=on,
        bookings=tuple(
            replace(_booking(viewer, row), gaps=judged[row.id].against if row.id in judged else ())
            for row in rows
        ),
        people=tuple(
            f"{shift.person.name}, {shift.get_duty_display().lower()} "
            f"{shift.starts_at.astimezone(zone):%H:%M} to {shift.ends_at.astimezone(zone):%H:%M}"
            for shift in house.shifts
            if house.day(shift.starts_at) == on
        ),
        unknown=tuple(unknown),
        previous=on - timedelta(days=1),
        following=on + timedelta(days=1),
        today=today,
    )


def _judge(house: House, row: models.Visit, now: datetime) -> Judged:
    """What the house lacks for a booking. Nothing about the patient is asked: the front desk reads this."""
    judged = house.judge(
        Wanted(
            product=Product(row.product),
            chair_id=row.chair_id,
            starts_at=row.scheduled_at,
            ends_at=row.planned_end_at,
            visit_id=row.id,
        ),
        now,
    )
    return replace(judged, findings=tuple(each for each in judged.findings if each.rule in OF_THE_HOUSE))


def chairs(viewer: Viewer) -> tuple[tuple[int, str], ...]:
    """The clinic's chairs in use, as (number, name)."""
    viewer.require(Permission.VIEW_BOARD)
    rows = models.Chair.objects.filter(clinic_id=viewer.clinic_id, is_active=True)
    return tuple((chair.pk, chair.name) for chair in rows)


def bookable(viewer: Viewer, course_id: UUID, now: datetime) -> Bookable:
    """A course to book a visit for. Raises NotFound for one the viewer may not see."""
    viewer.require(Permission.BOOK_VISIT)
    course = (
        Course.objects.select_related("patient")
        .filter(id=course_id, clinic_id=viewer.clinic_id, patient__in=people.visible(viewer))
        .first()
    )
    if course is None:
        raise NotFound("No such course.")
    coming = models.Visit.objects.filter(course=course, scheduled_at__gte=now).exclude(
        state__in=NO_CHAIR_NEEDED
    )
    return Bookable(
        course_id=course.id,
        patient_id=course.patient_id,
        name=_name(course),
        product=PRODUCT_WORDS[course.product],
        booked=tuple(coming.order_by("scheduled_at").values_list("scheduled_at", flat=True)),
    )


def where(viewer: Viewer, visit_id: UUID) -> Booking:
    """A visit's booking, for those who book and need not see charts."""
    visit = record_for(viewer, visit_id, Permission.BOOK_VISIT).visit
    return _booking(viewer, visit)


def of_patient(viewer: Viewer, patient_id: UUID) -> tuple[PatientVisit, ...]:
    """The visits of a patient, the latest first; the session's number only for those who may see charts."""
    viewer.require(Permission.VIEW_DIRECTORY)
    clinical = viewer.may(Permission.VIEW_CHART)
    patient = people.row(viewer, patient_id)
    rows = models.Visit.objects.filter(course__patient=patient).order_by("-scheduled_at")[:MOST_SHOWN]
    return tuple(
        PatientVisit(
            visit_id=row.id,
            scheduled_at=row.scheduled_at,
            state=told_state(viewer, row.state),
            state_words=state_words(told_state(viewer, row.state)),
            session_number=row.session_number if clinical else None,
        )
        for row in rows
    )


def open_course(viewer: Viewer, patient_id: UUID) -> UUID | None:
    """The course a visit can be booked for; ``None`` where none is going on."""
    viewer.require(Permission.VIEW_DIRECTORY)
    patient = people.row(viewer, patient_id)
    found = taking_orders.to_book(Course.objects.filter(patient=patient)).first()
    return found.id if found else None


def _booking(viewer: Viewer, row: models.Visit) -> Booking:
    patient = row.course.patient
    visible = not patient.restricted or patient.id in viewer.break_glass
    return Booking(
        visit_id=row.id,
        name=_name(row.course) if visible else "Restricted chart",
        chair=row.chair.name,
        scheduled_at=row.scheduled_at,
        planned_end_at=row.planned_end_at,
        state=told_state(viewer, row.state),
        state_words=state_words(told_state(viewer, row.state)),
        may_open=visible and viewer.may(Permission.VIEW_CHART),
        may_change=visible and viewer.may(Permission.BOOK_VISIT) and row.state == "scheduled",
        patient_id=patient.id,
        version=row.version,
        on=row.scheduled_at.astimezone(ZoneInfo(row.clinic.time_zone)).date(),
    )


def _name(course: Course) -> str:
    return f"{course.patient.given_name} {course.patient.family_name}"
