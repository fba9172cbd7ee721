"""Who opened what: the clinic's access log, and the readings of one chart."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from euthymia.clinic.access import patients
from euthymia.clinic.access.forms import AccessLogForm
from euthymia.clinic.access.pages import page
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.audit import queries as audit


@page(Permission.VIEW_ACCESS_LOG)
@require_safe
def access_log(request: HttpRequest) -> HttpResponse:
    """What the clinic's staff did and read, latest first, a page at a time."""
    actor_id, before = AccessLogForm(request.GET).chosen()
    entries = audit.access_log(request.viewer, actor_id=actor_id, before=before)
    older = entries[-1].seq if len(entries) == audit.PAGE else None
    context = {
        "entries": entries,
        "older": older,
        "actor_id": actor_id,
        "may_view_charts": request.viewer.may(Permission.VIEW_CHART),
    }
    return render(request, "access/log.html", context)


@page(Permission.VIEW_CHART)
@require_safe
def readings(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Who opened this patient's chart. The page names no patient: the chart it hangs on does."""
    patients.require_chart(request.viewer, patient_id)
    entries = audit.readings(request.viewer, patient_id)
    return render(request, "access/readings.html", {"entries": entries, "patient_id": patient_id})
