"""The adverse event of an alarm: the form of the safety room, with that alarm's facts and no others."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse

from euthymia.clinic.access.pages import page
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Reauthenticated
from euthymia.clinic.people.pages import Page, crumbs_of, go_back, take
from euthymia.clinic.safety.forms import AdverseEventForm
from euthymia.clinic.visits import actions, queries


@page(Permission.RECORD_ADVERSE_EVENT)
def alarm_event(request: Any, visit_id: UUID, alarm_id: UUID) -> HttpResponse:
    """Record the adverse event of an alarm."""
    known = queries.event_of_alarm(request.viewer, visit_id, alarm_id)
    patient_id = queries.patient_of(request.viewer, visit_id)
    form = AdverseEventForm(request.POST) if request.method == "POST" else AdverseEventForm(initial=known)

    def act(_: Reauthenticated | None) -> str:
        actions.record_alarm_event(
            by=request.viewer,
            at=request.now,
            visit_id=visit_id,
            alarm_id=alarm_id,
            event=form.event(),
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
        serious = " It is serious: tasks ask for its report and review." if form.event().seriousness else ""
        return f"The adverse event is recorded.{serious}"

    visit = reverse("visits:visit", args=[visit_id])
    shown = Page(
        "Adverse event of an alarm",
        crumbs_of(request, patient_id, ("Visit", visit), ("Adverse event", None)),
        lead="Filled in from the alarm and its answer alone. Read it, and judge the rest.",
        back=go_back(request, visit),
    )
    return take(request, form=form, page=shown, act=act, patient_id=patient_id)
