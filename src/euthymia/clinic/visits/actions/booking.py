"""Booking a visit on a chair, moving it, and ending what never began."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from euthymia.clinic.access.models import Clinic
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.audit.facts import made_with
from euthymia.clinic.courses import taking_orders
from euthymia.clinic.courses.models import Course
from euthymia.clinic.people import queries as people
from euthymia.clinic.people import retired
from euthymia.clinic.rulebook import queries as rulebook
from euthymia.clinic.visits import models
from euthymia.clinic.visits.actions._common import (
    Refused,
    add,
    audited,
    earlier,
    expect_version,
    go,
    locked,
    step,
    timed,
)
from euthymia.clinic.visits.house import Judged, open_house
from euthymia.clinic.visits.models.ends import ExitKind
from euthymia.clinic.visits.models.visit import NO_CHAIR_NEEDED
from euthymia.clinic.visits.record import Record
from euthymia.clinic.visits.sessions import session_for, told, wanted
from euthymia.protocol import COURSE, VISIT
from euthymia.protocol.schedule import PlannedDay

SHORTEST_MIN, LONGEST_MIN = 15, 720  # ours: a slip of the finger lies outside
_CHAIR_TAKEN = "visits_chair_taken_once"


@transaction.atomic
def book(
    *,
    by: Viewer,
    at: datetime,
    course_id: UUID,
    chair_id: int,
    scheduled_at: datetime,
    minutes: int,
    why: str = "",
    idempotency_key: UUID | None = None,
) -> UUID:
    """Book a visit of a course and return its id. What the rules said of the time is kept with it.

    Raises:
        Refused: the chair is taken, the time has passed, or something stands against it and no reason is given.
    """
    by.require(Permission.BOOK_VISIT)
    course = Course.objects.filter(
        id=course_id, clinic_id=by.clinic_id, patient__in=people.visible(by)
    ).first()
    if course is None:
        raise NotFound("No such course.")
    if booked := made_with(models.Visit, idempotency_key, field="booked_by_key"):
        if booked.course_id != course.id:
            raise Refused("This form was sent for another course. Open the course again and book there.")
        return booked.id
    retired.check_takes_orders(course.patient_id)
    taking_orders.check_is_open(course)
    if scheduled_at < at - timedelta(days=1):
        raise Refused("That time has passed. Book a visit for today or later.")
    _check_length(minutes)
    scheduled_at = scheduled_at.astimezone(UTC)  # its minutes are minutes, also where a clock is put forward
    _one_after_another(by)
    visit = models.Visit(
        clinic_id=by.clinic_id,
        course=course,
        chair=_chair(by, chair_id),
        product=course.product,
        scheduled_at=scheduled_at,
        planned_end_at=scheduled_at + timedelta(minutes=minutes),
        jurisdiction=course.clinic.jurisdiction,
        rules_version=rulebook.book(by.clinic_id).version,
        booked_by_key=idempotency_key,
    )
    session = session_for(by, course.id, visit.scheduled_at)
    visit.planned_number = session.number if session else None
    _save_on_chair(visit)
    judged = _judged(by, visit, session, at, why)  # who was first counts before any reason
    _keep(by, at, visit, judged, why)
    audited(Record(visit), "book", by=by, at=at, chair=chair_id)
    return visit.id


@transaction.atomic
def move(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    chair_id: int,
    scheduled_at: datetime,
    minutes: int,
    why: str = "",
    version: int | None = None,
) -> None:
    """Give a visit another chair or time.

    Raises:
        Refused: it began already, the chair is taken, or something stands against the time and no reason is given.
        Conflict: somebody changed the visit meanwhile.
    """
    record = locked(by, visit_id, Permission.BOOK_VISIT)
    expect_version(record, version)
    if record.visit.state != VISIT.initial:  # a patient who is here would leave the board of the day
        raise Refused("This visit began or ended already: only one that is still to come can be moved.")
    _check_length(minutes)
    scheduled_at = scheduled_at.astimezone(UTC)
    _one_after_another(by)
    visit = record.visit
    visit.chair = _chair(by, chair_id)
    visit.scheduled_at = scheduled_at
    visit.planned_end_at = scheduled_at + timedelta(minutes=minutes)
    visit.version += 1
    session = session_for(by, visit.course_id, scheduled_at, visit.id)
    visit.planned_number = session.number if session else None
    _save_on_chair(visit)
    judged = _judged(by, visit, session, at, why)  # who was first counts before any reason
    _keep(by, at, visit, judged, why)
    audited(record, "move", by=by, at=at, chair=chair_id)


@transaction.atomic
def cancel(
    *, by: Viewer, at: datetime, visit_id: UUID, why: str, idempotency_key: UUID | None = None
) -> None:
    """Cancel a visit that has not begun."""
    _end_before_it_began(by, at, visit_id, "cancel", ExitKind.CANCELLED, why, idempotency_key)


def hold_of_course(by: Viewer, course_id: UUID) -> None:
    """Hold every visit of a course that has not begun, in one order; a dose holds its visit before the course too."""
    found = models.Visit.objects.select_for_update().filter(
        course_id=course_id, clinic_id=by.clinic_id, state=VISIT.initial
    )
    list(found.order_by("id").values_list("id"))


@transaction.atomic
def cancel_of_course(by: Viewer, at: datetime, course_id: UUID, why: str) -> None:
    """Take every visit that has not begun off the board: its course is over. Whoever may end the course may do it.

    Raises:
        Refused: the course is not over.
    """
    visits = models.Visit.objects.select_for_update(of=("self",)).select_related(
        "clinic", "course__patient", "chair"
    )
    found = visits.filter(course_id=course_id, clinic_id=by.clinic_id, state=VISIT.initial)
    for visit in found.order_by("scheduled_at"):
        if visit.course.state not in COURSE.terminal:
            raise Refused("Visits are cancelled with their course only when it is over.")
        record, transition = Record(visit), VISIT.find(visit.state, "cancel")
        assert transition is not None  # the table lets every visit be cancelled before it begins
        go(record, transition, by=by, at=at, note=why)
        add(models.Exit, record, by=by, at=at, **timed(record, at, at), kind=ExitKind.CANCELLED, detail=why)
        audited(record, "cancel", by=by, at=at, with_course=course_id)


@transaction.atomic
def record_missed(
    *, by: Viewer, at: datetime, visit_id: UUID, reached: str, idempotency_key: UUID | None = None
) -> None:
    """Record that the patient did not come; ``reached`` says whether somebody got hold of them."""
    _end_before_it_began(by, at, visit_id, "record_missed", ExitKind.MISSED, reached, idempotency_key)


def _judged(by: Viewer, visit: models.Visit, session: PlannedDay | None, at: datetime, why: str) -> Judged:
    """What stands against the visit's time; refused where something does and no reason is given."""
    first, last = timezone.localdate(visit.scheduled_at), timezone.localdate(visit.planned_end_at)
    time = wanted(by, visit, session, visit.scheduled_at, visit.planned_end_at)
    judged = open_house(by.clinic_id, first, last).judge(time, at)
    against = told(by, judged).against
    if against and not why.strip():
        raise Refused(f"Say why it is booked all the same. {' '.join(against)}", "why")
    return judged


def _keep(by: Viewer, at: datetime, visit: models.Visit, judged: Judged, why: str) -> None:
    models.BookingJudgement.objects.create(
        clinic_id=by.clinic_id,
        recorded_at=at,
        recorded_by_id=by.user_id,
        visit=visit,
        chair_id=visit.chair_id,
        scheduled_at=visit.scheduled_at,
        planned_end_at=visit.planned_end_at,
        findings=[each.to_json() for each in judged.findings],
        hindrances=list(judged.hindrances),
        why=why.strip(),
    )


def _one_after_another(by: Viewer) -> None:
    """Bookings of one clinic happen in turn: what each is judged by, staff and oximeters, they share."""
    Clinic.objects.select_for_update(no_key=True).get(pk=by.clinic_id)


def _end_before_it_began(
    by: Viewer, at: datetime, visit_id: UUID, event: str, kind: ExitKind, detail: str, key: UUID | None
) -> None:
    record = locked(by, visit_id, Permission.BOOK_VISIT)
    if earlier(models.Exit, record, key):
        return
    if not detail.strip():
        raise Refused("Say why, in a few words: the record keeps it.")
    step(record, event, by=by, at=at, note=detail)
    add(models.Exit, record, by=by, at=at, key=key, **timed(record, at, at), kind=kind, detail=detail)
    audited(record, event, by=by, at=at)


def _chair(by: Viewer, chair_id: int) -> models.Chair:
    chair = models.Chair.objects.filter(id=chair_id, clinic_id=by.clinic_id, is_active=True).first()
    if chair is None:
        raise Refused("There is no such chair in this clinic. Choose one of the list.")
    return chair


def _check_length(minutes: int) -> None:
    if not SHORTEST_MIN <= minutes <= LONGEST_MIN:
        raise Refused(f"A visit takes {SHORTEST_MIN} to {LONGEST_MIN} minutes.")


def _save_on_chair(visit: models.Visit) -> None:
    """Let the database decide who has the chair: two bookings at the same moment cannot both win."""
    try:
        with transaction.atomic():
            visit.save()
    except IntegrityError as error:
        if _CHAIR_TAKEN not in str(error):
            raise
        raise Refused(_who_has_the_chair(visit)) from None


def _who_has_the_chair(visit: models.Visit) -> str:
    taken = (
        models.Visit.objects.filter(
            chair=visit.chair, scheduled_at__lt=visit.planned_end_at, planned_end_at__gt=visit.scheduled_at
        )
        .exclude(id=visit.id)
        .exclude(state__in=NO_CHAIR_NEEDED)
        .first()
    )
    if taken is None:
        return f"{visit.chair.name} is taken at that time. Choose another chair or time."
    local = Record(visit).local
    return (
        f"{visit.chair.name} is taken from {local(taken.scheduled_at):%H:%M} to {local(taken.planned_end_at):%H:%M} "
        f"on {local(taken.scheduled_at):%d %b}. Choose another chair or time."
    )
