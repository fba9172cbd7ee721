"""Meetings with a therapist, and who can hold them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from euthymia.clinic.access.models import RoleAssignment
from euthymia.clinic.access.permissions import Permission, Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses import rows
from euthymia.clinic.courses.models import Appointment
from euthymia.clinic.courses.planning_models import AppointmentKind, AppointmentState

APPOINTMENT_KINDS = tuple(AppointmentKind.choices)


@dataclass(frozen=True, slots=True)
class AppointmentView:
    """One meeting."""

    id: UUID
    kind: str
    starts_at: datetime
    minutes: int
    therapist: str
    state: str
    is_open: bool


def appointments(viewer: Viewer, course_id: UUID) -> tuple[AppointmentView, ...]:
    """The meetings of a course, in order of time."""
    viewer.require(Permission.VIEW_CHART)
    course = rows.course(viewer, course_id)
    found = Appointment.objects.filter(course=course).select_related("therapist").order_by("starts_at")
    return tuple(
        AppointmentView(
            row.id,
            row.get_kind_display(),
            row.starts_at,
            row.minutes,
            row.therapist.name,
            row.get_state_display(),
            row.state == AppointmentState.PLANNED,
        )
        for row in found
    )


def therapists(viewer: Viewer) -> tuple[tuple[UUID, str], ...]:
    """The therapists of the clinic."""
    viewer.require(Permission.VIEW_CHART)
    held = RoleAssignment.objects.filter(
        user__clinic_id=viewer.clinic_id, user__is_active=True, held=True, role=Role.THERAPIST.value
    )
    return tuple(held.order_by("user__name").values_list("user_id", "user__name"))
