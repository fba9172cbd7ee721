"""What this room puts on the chart and on the details."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses import queries
from euthymia.clinic.courses.queries import referrals as referral_queries
from euthymia.clinic.courses.views.frame import next_action, shown_steps
from euthymia.clinic.courses.views.trajectory import MOST_DRAWN, drawn_from, trajectory_figure
from euthymia.clinic.measures import queries as measures
from euthymia.clinic.people.panels import Panel


def course(viewer: Viewer, patient_id: UUID, now: datetime) -> SafeString:
    """The course that is going on, with its steps and what is next; or the way to open one."""
    found = queries.courses_of(viewer, patient_id)
    going_on = next((each for each in found if not each.is_over), None)
    steps = queries.steps(viewer, going_on.id, timezone.localtime(now)) if going_on else ()
    return render_to_string(
        "courses/_panel.html",
        {
            "patient_id": patient_id,
            "course": going_on,
            "steps": shown_steps(viewer, going_on, steps) if going_on else (),
            "next": next_action(viewer, going_on, steps) if going_on else None,
            "earlier": [each for each in found if each.is_over],
            "may_refer": viewer.may(Permission.RECORD_HISTORY),
        },
    )


def trajectory(viewer: Viewer, patient_id: UUID, now: datetime) -> SafeString | None:
    """The PHQ-9 over the latest course."""
    found = queries.courses_of(viewer, patient_id)
    if not found:
        return None
    seen = queries.trajectory(viewer, found[0].id, last=MOST_DRAWN)
    doses, earlier = queries.doses(viewer, found[0].id, drawn_from(seen))
    return render_to_string(
        "courses/_trajectory_panel.html",
        {
            "patient_id": patient_id,
            "figure": trajectory_figure(seen, doses, earlier),
            "trajectory": seen,
            "latest": measures.latest(viewer, patient_id),
            "may_record": viewer.may(Permission.RECORD_MEASURE),
        },
    )


def withdrawal(viewer: Viewer, patient_id: UUID, now: datetime) -> SafeString | None:
    """The way to record a withdrawal, for the front desk too; nothing where no course is going on."""
    if queries.open_course(viewer, patient_id) is None:
        return None
    return render_to_string("courses/_withdraw_panel.html", {"patient_id": patient_id})


def referrals(viewer: Viewer, patient_id: UUID, now: datetime) -> SafeString | None:
    """What referrers said of this patient: the medicines and treatments they named are read there."""
    found = referral_queries.referrals_of(viewer, patient_id)
    return render_to_string("courses/_referrals_panel.html", {"referrals": found}) if found else None


PANELS = (
    Panel("course", 10, Permission.VIEW_CHART, course),
    Panel("trajectory", 30, Permission.VIEW_CHART, trajectory),
    Panel("referrals", 60, Permission.VIEW_CHART, referrals, side=True),
    Panel("withdrawal", 10, Permission.VIEW_DIRECTORY, withdrawal, place="details"),
)
