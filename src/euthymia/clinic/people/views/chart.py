"""The chart, and the history that belongs to the patient and not to one course."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from euthymia.clinic.access.pages import page
from euthymia.clinic.access.patients import restricted_patient
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Reauthenticated
from euthymia.clinic.people import actions, panels, queries
from euthymia.clinic.people.forms import (
    AllergiesForm,
    WeightCorrectionForm,
    WeightForm,
)
from euthymia.clinic.people.pages import Page, crumbs_of, go_back, patient_context, take


@page(Permission.VIEW_CHART)
def chart(request: Any, patient_id: UUID) -> HttpResponse:
    """All that is known of a patient; opening it is logged. A restricted one asks for emergency access first."""
    try:
        frame = patient_context(request, patient_id)
    except NotFound:
        restricted_patient(request.viewer, patient_id)  # not found again, for a patient of another clinic
        return redirect("access:break_glass", patient_id)
    return render(
        request,
        "people/chart.html",
        {
            **frame,
            "main": panels.drawn(request.viewer, patient_id, request.now, place="chart", side=False),
            "side": panels.drawn(request.viewer, patient_id, request.now, place="chart", side=True),
            "crumbs": [("Patients", reverse("people:directory")), ("Chart", None)],
        },
    )


@page(Permission.RECORD_HISTORY)
def allergies(request: Any, patient_id: UUID) -> HttpResponse:
    """Write down what the patient is allergic to."""
    on_record = queries.clinical(request.viewer, patient_id).allergies
    form = AllergiesForm(request.POST or None, on_record=on_record)

    def act(_: Reauthenticated | None) -> str:
        actions.record_allergies(
            by=request.viewer,
            at=request.now,
            patient_id=patient_id,
            allergies=form.cleaned_data["allergies"],
            instead_of=form.cleaned_data["instead_of"],
        )
        return "The allergies are recorded."

    shown = Page(
        "Allergies",
        crumbs_of(request, patient_id, ("Allergies", None)),
        back=go_back(request, reverse("people:chart", args=[patient_id])),
    )
    return take(request, form=form, page=shown, act=act, patient_id=patient_id)


@page(Permission.RECORD_MEASURE)
def weights(request: Any, patient_id: UUID) -> HttpResponse:
    """Weigh the patient, beside the weighings before."""
    form = WeightForm(request.POST or None)
    return _weigh(request, patient_id, form, "Weight", None)


@page(Permission.RECORD_MEASURE)
def correct_weight(request: Any, patient_id: UUID, weight_id: UUID) -> HttpResponse:
    """Correct a weighing; the earlier value stays visible."""
    earlier = queries.weight(request.viewer, patient_id, weight_id)
    form = (
        WeightCorrectionForm(request.POST)
        if request.method == "POST"
        else WeightCorrectionForm.showing(earlier)
    )
    return _weigh(request, patient_id, form, "Correct a weight", weight_id)


def _weigh(
    request: Any, patient_id: UUID, form: WeightForm, title: str, corrects: UUID | None
) -> HttpResponse:
    def act(_: Reauthenticated | None) -> str:
        actions.record_weight(
            by=request.viewer,
            at=request.now,
            patient_id=patient_id,
            weight_kg=form.cleaned_data["weight_kg"],
            measured_at=form.cleaned_data["measured_at"],
            corrects=corrects,
            reason=form.cleaned_data.get("reason", ""),
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
        return f"{form.cleaned_data['weight_kg']} kg is recorded."

    page_ = Page(
        title,
        crumbs_of(request, patient_id, (title, None)),
        back=go_back(request, reverse("people:weights", args=[patient_id])),
    )
    return take(
        request,
        form=form,
        page=page_,
        act=act,
        patient_id=patient_id,
        template="people/weights.html",
        more={"weights": queries.weights(request.viewer, patient_id), "correcting": corrects},
    )
