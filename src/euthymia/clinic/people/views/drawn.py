"""What this room puts on the chart."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.people import duplicates, queries
from euthymia.clinic.people.panels import Panel


def history(viewer: Viewer, patient_id: UUID, now: datetime) -> SafeString:
    """Allergies, weight and antidepressant trials."""
    return render_to_string(
        "people/_history_panel.html",
        {
            "patient_id": patient_id,
            "clinical": queries.clinical(viewer, patient_id),
            "weight": queries.latest_weight(viewer, patient_id),
            "trials": queries.trials(viewer, patient_id),
            "may_record": viewer.may(Permission.RECORD_HISTORY),
            "may_weigh": viewer.may(Permission.RECORD_MEASURE),
        },
    )


def same_person(viewer: Viewer, patient_id: UUID, now: datetime) -> SafeString | None:
    """The other records of this person, and the way to sign that there is one."""
    found = duplicates.joined(viewer, patient_id)
    may_join = viewer.may(Permission.JOIN_RECORDS)
    if not found and not may_join:
        return None
    return render_to_string(
        "people/_same_person_panel.html",
        {
            "patient_id": patient_id,
            "joined": found,
            "may_join": may_join,
            "page": "people:chart" if viewer.may(Permission.VIEW_CHART) else "people:details",
        },
    )


PANELS = (
    Panel("history", 40, Permission.VIEW_CHART, history, side=True),
    Panel("same-person", 5, Permission.VIEW_CHART, same_person, side=True),
    Panel("same-person-details", 5, Permission.VIEW_DIRECTORY, same_person, place="details"),
)
