"""Finding patients, registering them, and who they are."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from euthymia.clinic.access.pages import page
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Reauthenticated
from euthymia.clinic.people import actions, panels, queries
from euthymia.clinic.people.forms import DetailsForm, SearchForm
from euthymia.clinic.people.pages import (
    Page,
    SeeOther,
    crumbs_of,
    home_of,
    page_number,
    patient_context,
    take,
)


@page(Permission.VIEW_DIRECTORY)
def directory(request: Any) -> HttpResponse:
    """Find a patient. The list follows what is typed; without script it follows the button."""
    form = SearchForm(request.GET or None)
    text = form.cleaned_data["q"] if form.is_valid() else ""
    found = queries.directory(request.viewer, text, request.now, page_number(request))
    only_list = request.htmx and request.htmx.target == "found"
    return render(
        request,
        "people/_found.html" if only_list else "people/directory.html",
        {
            "form": form,
            "text": text,
            "found": found,
            "may_open": request.viewer.may(Permission.VIEW_CHART),
            "may_register": request.viewer.may(Permission.REGISTER_PATIENT),
            "may_break_glass": request.viewer.may(Permission.BREAK_GLASS),
        },
    )


@page(Permission.REGISTER_PATIENT)
def register(request: Any) -> HttpResponse:
    """Enter a new patient; somebody of the same name and birth date is shown first."""
    form = DetailsForm(request.POST or None)
    shown = Page(
        "Register a patient",
        [("Patients", reverse("people:directory"))],
        submit="Register",
        back=reverse("people:directory"),
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        same = queries.same_person(
            request.viewer, data["given_name"], data["family_name"], data["birth_date"]
        )
        form.doubt_same_person(same)
    made: list[UUID] = []

    def act(_: Reauthenticated | None) -> str:
        made.append(
            actions.register(
                by=request.viewer,
                at=request.now,
                details=form.details(),
                idempotency_key=form.cleaned_data["idempotency_key"],
            )
        )
        return "The patient is registered."

    answer = take(request, form=form, page=shown, act=act)
    return SeeOther(home_of(request, made[0])) if made else answer


@page(Permission.VIEW_DIRECTORY)
def details(request: Any, patient_id: UUID) -> HttpResponse:
    """Who the patient is and how to reach them, without anything clinical."""
    return render(
        request,
        "people/details.html",
        {
            **patient_context(request, patient_id),
            "identity": queries.identity(request.viewer, patient_id, request.now),
            "panels": panels.drawn(request.viewer, patient_id, request.now, place="details", side=False),
            "may_change": request.viewer.may(Permission.REGISTER_PATIENT),
            "may_restrict": request.viewer.may(Permission.REVIEW_BREAK_GLASS),
            "crumbs": [("Patients", reverse("people:directory")), ("Details", None)],
        },
    )


@page(Permission.REGISTER_PATIENT)
def change(request: Any, patient_id: UUID) -> HttpResponse:
    """Change details; somebody else's change in between is not overwritten."""
    identity = queries.identity(request.viewer, patient_id, request.now)
    on_record = queries.particulars(request.viewer, patient_id)
    form = (
        DetailsForm(request.POST) if request.method == "POST" else DetailsForm.showing(identity, *on_record)
    )

    def act(_: Reauthenticated | None) -> str:
        actions.change_details(
            by=request.viewer,
            at=request.now,
            patient_id=patient_id,
            revision=form.cleaned_data["revision"] or 0,
            details=form.details(),
        )
        return "The details are changed."

    back = reverse("people:details", args=[patient_id])
    shown = Page("Change details", crumbs_of(request, patient_id, ("Details", back)), back=back)
    return take(request, form=form, page=shown, act=act, patient_id=patient_id)


@page(Permission.REVIEW_BREAK_GLASS)
def restrict(request: Any, patient_id: UUID) -> HttpResponse:
    """Open a chart to break-glass access only, or lift that."""
    if request.method == "POST":
        actions.restrict(
            by=request.viewer,
            at=request.now,
            patient_id=patient_id,
            restricted=request.POST.get("restricted") == "yes",
        )
        return SeeOther(reverse("people:directory"))
    return SeeOther(_details(patient_id))


def _details(patient_id: UUID) -> str:
    return reverse("people:details", args=[patient_id])
