"""Consent, read and signed on one page, and the standing in the safety programme."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from euthymia.clinic.access.pages import page
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Reauthenticated
from euthymia.clinic.audit.actions import record_read
from euthymia.clinic.courses import actions, queries
from euthymia.clinic.courses.consent_form import ConsentForm
from euthymia.clinic.courses.forms import ProgrammeForm
from euthymia.clinic.courses.queries.agreed import consent_findings
from euthymia.clinic.courses.views.frame import back_to, course_crumbs, frame
from euthymia.clinic.looks import qr
from euthymia.clinic.looks.figures import Figure
from euthymia.clinic.looks.people import likelihood as drawn
from euthymia.clinic.people.pages import Page, take


@page(Permission.RECORD_CONSENT)
def consent(request: Any, course_id: UUID) -> HttpResponse:
    """Go through the text with the patient, and record how consent was given."""
    course = queries.course(request.viewer, course_id)
    text = queries.consent_text(request.viewer, course_id)
    if text is None:
        return render(request, "courses/no_consent_text.html", frame(request, course, ("Consent", None)))
    form = ConsentForm(request.POST or None, text=text, registered_name=course.patient_name)

    def act(proof: Reauthenticated | None) -> str:
        assert proof is not None
        given = form.consent()
        actions.record_consent(
            by=request.viewer,
            at=request.now,
            course_id=course_id,
            consent=given,
            reauth=proof,
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
        return _told(given)

    shown = Page(
        "Consent",
        course_crumbs(request, course, ("Consent", None)),
        back=back_to(course_id),
        submit="Witness and save",
        meaning="I witnessed this consent",
    )
    return take(
        request,
        form=form,
        page=shown,
        act=act,
        patient_id=course.patient_id,
        template="courses/consent.html",
        more={
            "text": text,
            "figure": drawn(text.content["figure"]),
            "course": course,
            "findings": consent_findings(request.viewer, course_id, timezone.localtime(request.now)),
            "consents": queries.consents(request.viewer, course_id),
            **_public(request, text.version),
        },
    )


def _told(given: actions.Consent) -> str:
    """What was recorded, and what it means for the course."""
    if not given.capacity_confirmed:
        return "Recorded. Without capacity this consent does not stand."
    if not given.understood:
        return (
            "Recorded. Not everything was understood, so this consent does not stand: explain, and ask again."
        )
    return "Consent is recorded with a copy of the text."


def _public(request: Any, version: str) -> dict[str, str]:
    """The page with the same text that the patient can open without signing in, and its code for a telephone."""
    address = request.build_absolute_uri(reverse("portal:about", args=[version.rpartition("-")[0]]))
    return {"public_address": address, "public_code": qr.image(address)}


@page(Permission.VIEW_CHART)
def consent_copy(request: Any, course_id: UUID, consent_id: UUID) -> HttpResponse:
    """What was signed, word for word and with its figure, to read or print."""
    course = queries.course(request.viewer, course_id)
    signed = queries.consent(request.viewer, course_id, consent_id)
    record_read(
        viewer=request.viewer, patient_id=course.patient_id, what=f"consent {consent_id}", at=request.now
    )
    context = {
        **frame(request, course, ("Signed consent", None)),
        "consent": signed,
        "figure": _drawn_again(signed),
        "asks_again": queries.asks_again(course, (signed,)),
    }
    return render(request, "courses/consent_copy.html", context)


def _drawn_again(signed: queries.ConsentView) -> Figure | None:
    """The figure as it was signed, drawn from the frozen numbers."""
    if signed.frozen is None or not signed.frozen["figure"]:
        return None
    return drawn(signed.frozen["figure"])


@page(Permission.RECORD_HISTORY)
def programme(request: Any, course_id: UUID) -> HttpResponse:
    """Record the patient's standing in the safety programme."""
    course = queries.course(request.viewer, course_id)
    if not course.is_nasal:
        raise NotFound
    form = ProgrammeForm(request.POST or None)

    def act(_: Reauthenticated | None) -> str:
        actions.record_programme(
            by=request.viewer,
            at=request.now,
            course_id=course_id,
            idempotency_key=form.cleaned_data["idempotency_key"],
            **form.values(),
        )
        return "The enrolment is recorded."

    shown = Page(
        "Safety programme",
        course_crumbs(request, course, ("Safety programme", None)),
        lead="Esketamine is dispensed only to enrolled patients (PRE-10).",
        back=back_to(course_id),
    )
    return take(
        request,
        form=form,
        page=shown,
        act=act,
        patient_id=course.patient_id,
        template="courses/programme.html",
        more={"standing": queries.enrolment(request.viewer, course_id)},
    )
