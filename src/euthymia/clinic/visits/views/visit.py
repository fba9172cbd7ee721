"""The page of one visit, and its parts that refresh themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.timezone import localtime

from euthymia.clinic.access.pages import page
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit import queries as audit_log
from euthymia.clinic.safety import triage
from euthymia.clinic.visits import queries
from euthymia.clinic.visits.forms import fresh_key
from euthymia.clinic.visits.screen import pace
from euthymia.clinic.visits.views import _panels, _places, _ways
from euthymia.clinic.visits.views._live import seen, unchanged

_ASK_AGAIN = timedelta(seconds=3)  # ours: an answer of the worker is no entry of the log, so it is looked for


@page(Permission.VIEW_CHART)
def visit(request: Any, visit_id: UUID) -> HttpResponse:
    """One visit, by its stage."""
    last_entry = audit_log.last_entry()
    view = queries.visit_page(request.viewer, visit_id, request.now)
    audit.record_read(
        viewer=request.viewer, patient_id=view.patient_id, what=f"visit {visit_id}", at=request.now
    )
    return render(request, "visits/visit.html", _shown(request, view, last_entry))


@page(Permission.VIEW_CHART)
def live(request: Any, visit_id: UUID) -> HttpResponse:
    """What was given, found and is due after a dose, for the page to refresh: 204 while it holds.

    ``version`` is the visit's as the page around this part shows it: once the visit has gone on, the part says so.
    """
    last_entry = audit_log.last_entry()
    if same := unchanged(request, last_entry):
        return same
    view = queries.visit_page(request.viewer, visit_id, request.now)
    _note_part(request, view.patient_id, visit_id)
    went_on = request.GET.get("version", str(view.version)) != str(view.version)
    context = _shown(request, view, last_entry) | {"went_on": went_on}
    return render(request, "visits/_after_dose.html", context)


def _shown(request: Any, view: queries.VisitPage, last_entry: int) -> dict[str, Any]:
    """What the page and its part are drawn from. ``last_entry`` was asked for before the visit was read."""
    expected = _panels.expected(view.course, view.forecasts, request.now, over=not view.live.here)
    soon = request.now + _ASK_AGAIN if expected and expected.pending else view.good_until
    return {
        "view": view,
        "live": view.live,
        "seen": seen(last_entry, request.now, min(soon, view.good_until)),
        "pace": pace(),
        "expected": expected,
        "due_items": _ways.due_items(view.live, request.viewer),
        "next_steps": _ways.next_steps(view, request.viewer),
        "held": _places.held(request, view.visit_id, view.course_id, view.weighed, view.pieces),
        "waiting_words": _ways.waiting_words(view),
        "exits": _ways.exits(view, request.viewer),
        "emergency_url": _ways.emergency(view),
        "may_override": request.viewer.may(Permission.PRESCRIBE)
        and view.readiness_gate is not None
        and bool(view.readiness_gate.overridable),
        "may_pass": request.viewer.may(Permission.PRESCRIBE)
        and view.discharge_gate is not None
        and bool(view.discharge_gate.overridable),
        "safety_plan": triage.standing_plan(request.viewer, view.patient_id, localtime(request.now).date()),
        "may_report": request.viewer.may(Permission.RECORD_ADVERSE_EVENT),
        "may_order": view.live.here and request.viewer.may(Permission.PRESCRIBE),
        "may_give": view.live.here and request.viewer.may(Permission.RECORD_ADMINISTRATION),
        "may_assess": request.viewer.may(Permission.ASSESS_SUICIDE_RISK),
        "may_account": request.viewer.may(Permission.RECORD_ADMINISTRATION),
        "may_copy": request.viewer.may(Permission.RECORD_OBSERVATION),
        "key": fresh_key(),
        "emergency_key": fresh_key(),
    }


def _note_part(request: Any, patient_id: UUID, visit_id: UUID) -> None:
    """A part that refreshes itself belongs to the reading of its page; asked for without one, it is a reading."""
    audit.record_read(
        viewer=request.viewer,
        patient_id=patient_id,
        what=f"visit {visit_id}",
        at=request.now,
        once_in=audit.ONE_SITTING,
    )
