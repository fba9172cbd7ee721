"""Suicide risk and adverse events of one patient."""

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
from euthymia.clinic.safety import actions, queries, triage
from euthymia.clinic.safety.forms import (
    AdverseEventForm,
    AdverseEventNewsForm,
    RiskCorrectionForm,
    RiskForm,
)


@page(Permission.VIEW_CHART)
def record(request: Any, patient_id: UUID) -> HttpResponse:
    """Everything about the patient's safety: risk over time, adverse events, open tasks."""
    frame = patient_context(request, patient_id)
    record_read(viewer=request.viewer, patient_id=patient_id, what="safety", at=request.now)
    here = timezone.localtime(request.now)
    context = {
        **frame,
        "risks": queries.risks(request.viewer, patient_id),
        "findings": triage.findings(request.viewer, patient_id, here),
        "plans": triage.plans(request.viewer, patient_id, here.date()),
        "events": queries.event_findings(request.viewer, patient_id, here),
        "tasks": queries.tasks_of(request.viewer, patient_id, request.now),
        "may_assess": request.viewer.may(Permission.ASSESS_SUICIDE_RISK),
        "may_report": request.viewer.may(Permission.RECORD_ADVERSE_EVENT),
        "crumbs": crumbs_of(request, patient_id, ("Safety", None)),
    }
    return render(request, "safety/record.html", context)


@page(Permission.ASSESS_SUICIDE_RISK)
def record_risk(request: Any, patient_id: UUID) -> HttpResponse:
    """Record suicide risk as judged."""
    return _risk(request, patient_id, RiskForm(request.POST or None), "Suicide risk", None)


@page(Permission.ASSESS_SUICIDE_RISK)
def correct_risk(request: Any, patient_id: UUID, risk_id: UUID) -> HttpResponse:
    """Correct a judgement of risk; the earlier one stays visible."""
    earlier = queries.risk(request.viewer, patient_id, risk_id)
    form = (
        RiskCorrectionForm(request.POST) if request.method == "POST" else RiskCorrectionForm.showing(earlier)
    )
    return _risk(request, patient_id, form, "Correct the suicide risk", risk_id)


def _risk(request: Any, patient_id: UUID, form: RiskForm, title: str, corrects: UUID | None) -> HttpResponse:
    def act(_: Reauthenticated | None) -> str:
        actions.record_risk(
            by=request.viewer,
            at=request.now,
            patient_id=patient_id,
            corrects=corrects,
            idempotency_key=form.cleaned_data["idempotency_key"],
            **form.values(),
        )
        return "The suicide risk is recorded."

    shown = Page(
        title,
        _crumbs(request, patient_id, title),
        back=go_back(request, reverse("safety:record", args=[patient_id])),
    )
    return take(request, form=form, page=shown, act=act, patient_id=patient_id)


@page(Permission.RECORD_ADVERSE_EVENT)
def record_event(request: Any, patient_id: UUID) -> HttpResponse:
    """Record an adverse event."""
    form = AdverseEventForm(request.POST or None)
    return _event(request, patient_id, form, "Adverse event", None)


@page(Permission.RECORD_ADVERSE_EVENT)
def news_of_event(request: Any, patient_id: UUID, event_id: UUID) -> HttpResponse:
    """Record news of an adverse event; what was known before stays visible."""
    earlier = queries.adverse_event(request.viewer, patient_id, event_id)
    form = (
        AdverseEventNewsForm(request.POST)
        if request.method == "POST"
        else AdverseEventNewsForm.showing(earlier)
    )
    return _event(request, patient_id, form, "News of an adverse event", event_id)


def _event(
    request: Any, patient_id: UUID, form: AdverseEventForm, title: str, corrects: UUID | None
) -> HttpResponse:
    def act(_: Reauthenticated | None) -> str:
        actions.record_adverse_event(
            by=request.viewer,
            at=request.now,
            patient_id=patient_id,
            event=form.event(),
            corrects=corrects,
            reason=form.cleaned_data.get("reason", ""),
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
        serious = " It is serious: tasks ask for its report and review." if form.event().seriousness else ""
        return f"The adverse event is recorded.{serious}"

    shown = Page(
        title,
        _crumbs(request, patient_id, title),
        back=go_back(request, reverse("safety:record", args=[patient_id])),
    )
    return take(request, form=form, page=shown, act=act, patient_id=patient_id)


def _crumbs(request: Any, patient_id: UUID, title: str) -> list[tuple[str, str | None]]:
    return crumbs_of(
        request, patient_id, ("Safety", reverse("safety:record", args=[patient_id])), (title, None)
    )
