"""The safety plan: written with the patient, printed for the patient."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from euthymia.clinic.access.pages import page
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Reauthenticated
from euthymia.clinic.audit.actions import record_read
from euthymia.clinic.people.pages import Page, crumbs_of, go_back, patient_context, take
from euthymia.clinic.safety import actions, triage
from euthymia.clinic.safety.forms import SafetyPlanForm


@page(Permission.ASSESS_SUICIDE_RISK)
def write(request: Any, patient_id: UUID) -> HttpResponse:
    """Write a safety plan with the patient; the one before stays to be read beside it."""
    form = SafetyPlanForm(request.POST or None)

    def act(_: Reauthenticated | None) -> str:
        actions.write_safety_plan(
            by=request.viewer,
            at=request.now,
            patient_id=patient_id,
            plan=actions.PlanEntry(**form.values()),
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
        return "The safety plan is recorded. Print it for the patient."

    shown = Page(
        "Safety plan",
        crumbs_of(request, patient_id, ("Safety", _record(patient_id)), ("Safety plan", None)),
        lead="Written together, in the patient's words. Nothing is copied from an earlier plan.",
        back=go_back(request, _record(patient_id)),
    )
    earlier = triage.plans(request.viewer, patient_id, timezone.localtime(request.now).date())
    return take(
        request,
        form=form,
        page=shown,
        act=act,
        patient_id=patient_id,
        template="safety/write_plan.html",
        more={"earlier": earlier[0] if earlier else None},
    )


@page(Permission.VIEW_CHART)
def plan(request: Any, patient_id: UUID, plan_id: UUID) -> HttpResponse:
    """One safety plan, to read with the patient or to print for the patient."""
    found = triage.plan(request.viewer, patient_id, plan_id, timezone.localtime(request.now).date())
    record_read(viewer=request.viewer, patient_id=patient_id, what=f"safety plan {plan_id}", at=request.now)
    context = {
        **patient_context(request, patient_id),
        "plan": found,
        "may_assess": request.viewer.may(Permission.ASSESS_SUICIDE_RISK),
        "crumbs": crumbs_of(request, patient_id, ("Safety", _record(patient_id)), ("Safety plan", None)),
    }
    return render(request, "safety/plan.html", context)


def _record(patient_id: UUID) -> str:
    return reverse("safety:record", args=[patient_id])
