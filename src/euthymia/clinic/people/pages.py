"""The pages about a patient: their frame, and how an entry is taken and answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.reauth import NotConfirmed, confirm
from euthymia.clinic.access.viewer import Reauthenticated
from euthymia.clinic.audit.actions import record_read
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.people import queries
from euthymia.clinic.people.entry import EntryForm

Crumbs = list[tuple[str, str | None]]


class SeeOther(HttpResponseRedirect):
    """The answer to a post that was taken: look here, with a get."""

    status_code = 303


@dataclass(frozen=True, slots=True)
class Page:
    """What frames a page about a patient."""

    title: str
    crumbs: Crumbs
    lead: str = ""
    back: str = ""
    submit: str = "Save"
    meaning: str = ""  # what a signature on this page says; empty when nothing is signed

    @property
    def signs(self) -> bool:
        """Whether the page ends in a signature."""
        return bool(self.meaning)


def patient_context(request: HttpRequest, patient_id: UUID) -> dict[str, Any]:
    """The identity banner and where it leads, for every page about a patient.

    Whoever may see charts has opened this one, whichever of its pages it was: that is noted here.
    """
    viewer = request.viewer  # type: ignore[attr-defined]
    banner = queries.banner(viewer, patient_id, request.now)  # type: ignore[attr-defined]
    if viewer.may(Permission.VIEW_CHART):
        record_read(viewer=viewer, patient_id=patient_id, what="chart", at=request.now)  # type: ignore[attr-defined]
    return {"patient": banner, "patient_url": home_of(request, patient_id)}


def home_of(request: HttpRequest, patient_id: UUID) -> str:
    """The chart for those who may see it, else the details."""
    may_see = request.viewer.may(Permission.VIEW_CHART)  # type: ignore[attr-defined]
    return reverse("people:chart" if may_see else "people:details", args=[patient_id])


def crumbs_of(request: HttpRequest, patient_id: UUID, *more: tuple[str, str | None]) -> Crumbs:
    """The way here: the directory, the patient, and what the page adds."""
    return [("Patients", reverse("people:directory")), ("Chart", home_of(request, patient_id)), *more]


def page_number(request: HttpRequest) -> int:
    """Which page of a list the address asks for; the first where it asks for none that could be."""
    asked = request.GET.get("page", "")
    return int(asked) if asked.isdecimal() and len(asked) < 7 else 1


def go_back(request: HttpRequest, default: str) -> str:
    """Where the person came from, if the address says so and it is ours."""
    wanted = request.GET.get("next", "")
    ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if ours else default


def take(
    request: HttpRequest,
    *,
    form: EntryForm,
    page: Page,
    act: Callable[[Reauthenticated | None], str | None],
    patient_id: UUID | None = None,
    template: str = "people/entry.html",
    more: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """Show an entry form, or take what was posted to it.

    ``act`` does the write, with the proof of identity where the page is signed, and returns the sentence that
    confirms it. What it refuses is shown in the form, with everything that was typed.
    """
    if request.method == "POST" and form.is_valid():
        try:
            proof = confirm(request) if page.signs else None
            done = act(proof)
        except NotConfirmed as problem:
            form.add_error(None, str(problem))
        except Refused as refused:
            form.refuse(refused)
        else:
            if done:
                messages.success(request, done)
            return SeeOther(page.back)
    context = {"form": form, "page": page, **(more or {})}
    if patient_id is not None:
        context |= patient_context(request, patient_id)
    return render(request, template, context, status=422 if form.errors else 200)
