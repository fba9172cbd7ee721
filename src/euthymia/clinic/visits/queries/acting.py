"""What courses ask of visits: the sessions that may still act, and what is booked when a course ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from euthymia.clinic.courses.ending import BookedVisit
from euthymia.clinic.visits import models
from euthymia.clinic.visits.models.ends import ExitKind
from euthymia.clinic.visits.record import records
from euthymia.protocol import VISIT
from euthymia.protocol.capacity import Session

_AROUND = timedelta(hours=36)  # ours: a visit that runs past midnight is looked at too


def sessions_around(patient_id: UUID, at: datetime) -> tuple[Session, ...]:
    """The sessions about ``at`` in which a dose was given, with when the patient left; None while they are here.

    For judgements, not for a viewer: it tells times alone, and of whom the caller holds the course.
    """
    visits = models.Visit.objects.filter(
        course__patient=patient_id, scheduled_at__range=(at - _AROUND, at + _AROUND)
    ).select_related("clinic", "course__patient", "chair")
    found = []
    for record in records(list(visits)):
        if record.t0 is None:
            continue
        left = [each.measured_at for each in record.exits if each.kind != ExitKind.EMERGENCY]
        here = record.visit.state in VISIT.occupied
        found.append(Session(record.t0, None if here or not left else max(left)))
    return tuple(found)


def booked_of_course(course_id: UUID) -> tuple[BookedVisit, ...]:
    """The visits of a course that have not begun, the next one first; of whom the caller holds the course."""
    rows = models.Visit.objects.filter(course=course_id, state=VISIT.initial).select_related("chair")
    return tuple(
        BookedVisit(row.id, row.scheduled_at, row.chair.name) for row in rows.order_by("scheduled_at")
    )
