"""What this room puts on the chart and on the details: the visits, and the way to book one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.people.panels import Panel
from euthymia.clinic.visits import queries

_SHOWN_AT_ONCE = 8


def visits(viewer: Viewer, patient_id: UUID, now: datetime) -> SafeString | None:
    """The visits of a patient, the latest first; nothing where there is none and none can be booked."""
    found = queries.of_patient(viewer, patient_id)
    course_id = queries.open_course(viewer, patient_id) if viewer.may(Permission.BOOK_VISIT) else None
    if not found and course_id is None:
        return None
    return render_to_string(
        "visits/_panel.html",
        {
            "visits": found[:_SHOWN_AT_ONCE],
            "earlier": found[_SHOWN_AT_ONCE:],
            "course_id": course_id,
            "may_open": viewer.may(Permission.VIEW_CHART),
        },
    )


PANELS = (
    Panel("visits", 20, Permission.VIEW_CHART, visits),
    Panel("visits-of-course", 20, Permission.VIEW_CHART, visits, place="course"),
    Panel("bookings", 20, Permission.VIEW_DIRECTORY, visits, place="details"),
)
