"""The page of one visit, and its parts that refresh themselves."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.timezone import localtime

from euthymia.clinic.access.pages import page
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.safety import triage
from euthymia.clinic.visits import queries
from euthymia.clinic.visits.forms import fresh_key
from euthymia.clinic.visits.views import _panels, _ways


@page(Permission.VIEW_CHART)
def visit(request: Any, visit_id: UUID) -> HttpResponse:
    """One visit, by its stage."""
    view = queries.visit_page(request.viewer, visit_id, request.now)
    audit.record_read(
        viewer=request.viewer, patient_id=view.patient_id, what=f"visit {visit_id}", at=request.now
    )
    forecasts = _panels.forecasts(view.forecasts, request.now, over=not view.live.here)
    context = {
        "view": view,
        "live": view.live,
        "forecasts": forecasts,
        "waiting": any(panel.pending for panel in forecasts),
        "due_items": _ways.due_items(view.live),
        "next_steps": _ways.next_steps(view, request.viewer),
        "waiting_words": _ways.waiting_words(view),
        "exits": _ways.exits(view, request.viewer),
        "emergency_url": _ways.emergency(view),
        "may_override": request.viewer.may(Permission.PRESCRIBE)
        and view.readiness_gate is not None
        and bool(view.readiness_gate.overridable),
        "safety_plan": triage.standing_plan(request.viewer, view.patient_id, localtime(request.now).date()),
        "may_assess": request.viewer.may(Permission.ASSESS_SUICIDE_RISK),
        "key": fresh_key(),
        "emergency_key": fresh_key(),
    }
    return render(request, "visits/visit.html", context)


@page(Permission.VIEW_CHART)
def live(request: Any, visit_id: UUID) -> HttpResponse:
    """Clocks, alarms, due list and readings, for the page to refresh."""
    found = queries.live(request.viewer, visit_id, request.now)
    _note_part(request, found.patient_id, visit_id)
    return render(request, "visits/_live.html", {"live": found, "due_items": _ways.due_items(found)})


@page(Permission.VIEW_CHART)
def forecast(request: Any, visit_id: UUID) -> HttpResponse:
    """The forecast panel, asked for again while an answer is awaited."""
    found = queries.forecasts_of(request.viewer, visit_id)
    _note_part(request, queries.patient_of(request.viewer, visit_id), visit_id)
    panels = _panels.forecasts(found, request.now, over=False)
    context = {"forecasts": panels, "waiting": any(panel.pending for panel in panels), "visit_id": visit_id}
    return render(request, "visits/_forecast.html", context)


def _note_part(request: Any, patient_id: UUID, visit_id: UUID) -> None:
    """A part that refreshes itself belongs to the reading of its page; asked for without one, it is a reading."""
    audit.record_read(
        viewer=request.viewer,
        patient_id=patient_id,
        what=f"visit {visit_id}",
        at=request.now,
        once_in=audit.ONE_SITTING,
    )
