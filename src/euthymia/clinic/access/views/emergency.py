"""Emergency access to a restricted chart, and its review."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from euthymia.clinic.access import actions, patients, queries
from euthymia.clinic.access.forms import BreakGlassForm, ReviewForm
from euthymia.clinic.access.pages import page, sent
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.audit.facts import Refused


@page(Permission.BREAK_GLASS)
@require_http_methods(["GET", "POST"])
def break_glass(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Open a restricted chart for the length of a visit, with a reason."""
    patient = patients.restricted_patient(request.viewer, patient_id)
    form = BreakGlassForm(sent(request), initial={"idempotency_key": uuid4()})
    if request.method == "POST" and form.is_valid():
        try:
            actions.break_glass(by=request.viewer, patient_id=patient_id, at=request.now, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            return redirect(patient.chart_url)
    context = {
        "form": form,
        "patient": patient,
        "hours": int(actions.EMERGENCY_LASTS.total_seconds() // 3600),
        "runs_until": queries.emergency_ends(request.viewer, patient_id, now=request.now),
    }
    return render(request, "access/break_glass.html", context, status=422 if form.errors else 200)


@page(Permission.REVIEW_BREAK_GLASS)
@require_safe
def emergencies(request: HttpRequest) -> HttpResponse:
    """Every emergency access, those that wait for a verdict first."""
    return render(
        request, "access/emergencies.html", {"accesses": queries.emergency_accesses(request.viewer)}
    )


@page(Permission.REVIEW_BREAK_GLASS)
@require_http_methods(["GET", "POST"])
def review(request: HttpRequest, access_id: UUID) -> HttpResponse:
    """The verdict on one emergency access."""
    access = queries.emergency_access(request.viewer, access_id)
    form = ReviewForm(sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            actions.review_break_glass(
                by=request.viewer, access_id=access_id, at=request.now, **form.cleaned_data
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "The verdict is recorded.")
            return redirect("access:emergencies")
    context = {"form": form, "access": access}
    return render(request, "access/review.html", context, status=422 if form.errors else 200)
