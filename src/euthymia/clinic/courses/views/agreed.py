"""Consent, read and signed on one page, and the standing in the safety programme."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from euthymia.clinic.access.pages import page
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Reauthenticated
from euthymia.clinic.courses import actions, queries
from euthymia.clinic.courses.forms import ConsentForm, ProgrammeForm
from euthymia.clinic.courses.queries.agreed import consent_findings
from euthymia.clinic.courses.views.frame import back_to, course_crumbs, frame
from euthymia.clinic.people.pages import Page, take
from euthymia.evidence import current_consent_text


@page(Permission.RECORD_CONSENT)
def consent(request: Any, course_id: UUID) -> HttpResponse:
    """Go through the text with the patient, and record how consent was given."""
    course = queries.course(request.viewer, course_id)
    text = current_consent_text(course.jurisdiction, course.product.value)
    form = ConsentForm(
        request.POST or None, initial={"text_version": text.version}, registered_name=course.patient_name
    )

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
        if given.capacity_confirmed:
            return "Consent is recorded with a copy of the text."
        return "Recorded. Without capacity this consent does not stand."

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
            "course": course,
            "findings": consent_findings(request.viewer, course_id, timezone.localtime(request.now)),
            "consents": queries.consents(request.viewer, course_id),
        },
    )


@page(Permission.VIEW_CHART)
def consent_copy(request: Any, course_id: UUID, consent_id: UUID) -> HttpResponse:
    """What was signed, word for word, to read or print."""
    course = queries.course(request.viewer, course_id)
    signed = queries.consent(request.viewer, course_id, consent_id)
    context = {**frame(request, course, ("Signed consent", None)), "consent": signed}
    return render(request, "courses/consent_copy.html", context)


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
