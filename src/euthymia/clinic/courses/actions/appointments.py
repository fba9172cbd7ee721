"""Meetings with a therapist before and between sessions: no dose is given and no chair is taken."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.models import RoleAssignment
from euthymia.clinic.access.permissions import Permission, Role
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.facts import Refused, made_with
from euthymia.clinic.courses import rows
from euthymia.clinic.courses.models import Appointment
from euthymia.clinic.courses.planning_models import AppointmentState
from euthymia.protocol import COURSE

SHORTEST_MIN, LONGEST_MIN = 5, 480  # ours: a slip of the finger lies outside


@transaction.atomic
def plan_appointment(
    *,
    by: Viewer,
    at: datetime,
    course_id: UUID,
    kind: str,
    starts_at: datetime,
    minutes: int,
    therapist_id: UUID,
    idempotency_key: UUID | None = None,
) -> UUID:
    """Plan a meeting of the patient with a therapist, and return its id.

    Raises:
        Refused: the course is over, nobody is a therapist by that id, or no meeting takes that long.
    """
    by.require(Permission.RECORD_HISTORY)
    course = rows.locked(by, course_id)
    if made := made_with(Appointment, idempotency_key, field="made_by_key", course_id=course.id):
        return made.id
    if course.state in COURSE.terminal:
        raise Refused("This course is over.")
    if not SHORTEST_MIN <= minutes <= LONGEST_MIN:
        raise Refused(f"A meeting takes {SHORTEST_MIN} to {LONGEST_MIN} minutes.", "minutes")
    held = RoleAssignment.objects.filter(
        user_id=therapist_id, user__clinic_id=by.clinic_id, user__is_active=True, held=True
    )
    if not held.filter(role=Role.THERAPIST.value).exists():
        raise Refused("Choose somebody who is a therapist here.", "therapist_id")
    appointment = Appointment.objects.create(
        clinic_id=by.clinic_id,
        course=course,
        kind=kind,
        starts_at=starts_at,
        minutes=minutes,
        therapist_id=therapist_id,
        made_by_key=idempotency_key,
    )
    _noted(by, at, appointment, "plan_appointment")
    return appointment.id


@transaction.atomic
def close_appointment(*, by: Viewer, at: datetime, course_id: UUID, appointment_id: UUID, held: bool) -> None:
    """Say that a meeting took place, or that it does not.

    Raises:
        Refused: it was said before, or the meeting is still to come.
    """
    by.require(Permission.RECORD_HISTORY)
    course = rows.course(by, course_id)
    row = Appointment.objects.select_for_update().filter(course=course, id=appointment_id).first()
    if row is None:
        raise NotFound
    if row.state != AppointmentState.PLANNED:
        raise Refused("This was said before.")
    if held and row.starts_at > at:
        raise Refused("The meeting is still to come.")
    row.state = AppointmentState.HELD if held else AppointmentState.CANCELLED
    row.save(update_fields=["state"])
    _noted(by, at, row, "close_appointment")


def _noted(by: Viewer, at: datetime, row: Appointment, verb: str) -> None:
    audit.record(
        by=by,
        verb=f"courses.{verb}",
        at=at,
        patient_id=row.course.patient_id,
        subject=f"appointment {row.id}",
    )
