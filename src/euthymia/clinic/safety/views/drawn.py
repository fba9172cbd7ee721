"""What this room puts on the chart."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.people.panels import Panel
from euthymia.clinic.safety import queries, triage


def safety(viewer: Viewer, patient_id: UUID, now: datetime) -> SafeString:
    """Open tasks, the last judgement of risk, adverse events."""
    return render_to_string(
        "safety/_panel.html",
        {
            "patient_id": patient_id,
            "risk": queries.latest_risk(viewer, patient_id),
            "plan": triage.standing_plan(viewer, patient_id, timezone.localtime(now).date()),
            "events": queries.adverse_events(viewer, patient_id),
            "tasks": queries.tasks_of(viewer, patient_id, now) if viewer.may(Permission.VIEW_TASKS) else (),
            "may_assess": viewer.may(Permission.ASSESS_SUICIDE_RISK),
        },
    )


PANELS = (Panel("safety", 10, Permission.VIEW_CHART, safety, side=True),)
