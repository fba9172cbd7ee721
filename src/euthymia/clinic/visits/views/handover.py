"""Change of shift: the room in words, handed to a named colleague, taken over by that colleague."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from euthymia.clinic.access.pages import page
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.audit.actions import ONE_SITTING, record_read
from euthymia.clinic.visits import actions, queries
from euthymia.clinic.visits.actions import Conflict, Refused
from euthymia.clinic.visits.forms import AcceptForm, HandoverForm
from euthymia.clinic.visits.views._form_page import see_other


@page(Permission.VIEW_CHART)
def room(request: Any) -> HttpResponse:
    """Everybody here, with what the next nurse must know; and the handovers of the last day."""
    found = queries.room(request.viewer, request.now)
    may = request.viewer.may(Permission.RECORD_OBSERVATION)
    if request.method == "POST":
        request.viewer.require(Permission.RECORD_OBSERVATION)
    patients = tuple((visit_id, summary["name"]) for visit_id, summary in found.patients)
    colleagues = queries.staff_who_watch(request.viewer) if may else ()
    made: dict[str, Any] = {"now": request.now, "patients": patients, "colleagues": colleagues}
    form = HandoverForm(request.POST if request.method == "POST" else None, **made)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made_id = actions.hand_over(
                    by=request.viewer,
                    at=request.now,
                    idempotency_key=form.cleaned_data["idempotency_key"],
                    **form.values(),
                )
                return see_other(reverse("visits:handover_of", args=[made_id]))
            except Refused as refused:
                status = 409 if isinstance(refused, Conflict) else 422
                form.add_error(refused.field if refused.field in form.fields else None, str(refused))
                form.look_again()
    _note(request, [visit_id for visit_id, _ in found.patients])
    rows = [(summary, form[f"concerns_{visit_id}"], visit_id) for visit_id, summary in found.patients]
    shown = {
        "room": found,
        "rows": rows,
        "form": form,
        "may": may,
        "handovers": queries.handovers(request.viewer, request.now),
    }
    return render(request, "visits/handover.html", shown, status=status)


@page(Permission.VIEW_CHART)
def one(request: Any, handover_id: UUID) -> HttpResponse:
    """One handover as it was told; whom it was told takes over here."""
    found = queries.handover(request.viewer, handover_id)
    form = AcceptForm(request.POST if request.method == "POST" else None, now=request.now)
    status = 200
    if request.method == "POST":
        request.viewer.require(Permission.RECORD_OBSERVATION)
        status = 422
        if form.is_valid():
            try:
                actions.accept_handover(
                    by=request.viewer,
                    at=request.now,
                    handover_id=handover_id,
                    question=form.cleaned_data["question"],
                    idempotency_key=form.cleaned_data["idempotency_key"],
                )
                return see_other(reverse("visits:board"))
            except Refused as refused:
                status = 409 if isinstance(refused, Conflict) else 422
                form.add_error(None, str(refused))
    _note(request, [each.visit_id for each in found.patients if not each.locked])
    mine = found.to_id == request.viewer.user_id and not found.is_accepted
    shown = {"handover": found, "form": form, "mine": mine}
    return render(request, "visits/handover_of.html", shown, status=status)


def _note(request: Any, visits: list[UUID]) -> None:
    """What the page tells of each patient is a reading of the chart."""
    for visit_id in visits:
        record_read(
            viewer=request.viewer,
            patient_id=queries.patient_of(request.viewer, visit_id),
            what=f"visit {visit_id}",
            at=request.now,
            once_in=ONE_SITTING,
        )
