"""The history behind a course, and whether the patient is suitable."""

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
from euthymia.clinic.courses import actions, queries
from euthymia.clinic.courses.forms import DecisionForm, HistoryForm
from euthymia.clinic.courses.views.frame import back_to, course_crumbs, frame
from euthymia.clinic.people import queries as people
from euthymia.clinic.people.pages import Page, take


@page(Permission.RECORD_HISTORY)
def history(request: Any, course_id: UUID) -> HttpResponse:
    """Ask every question about history on one page."""
    course = queries.course(request.viewer, course_id)
    asked = queries.conditions(request.viewer, course_id)
    form = HistoryForm(request.POST or None, asked=asked)

    def act(_: Reauthenticated | None) -> str:
        count = actions.answer_conditions(
            by=request.viewer,
            at=request.now,
            course_id=course_id,
            replies=form.replies(),
            answered_at=form.cleaned_data["answered_at"],
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
        return f"{count} answer{'s' * (count != 1)} recorded." if count else "Nothing was changed."

    shown = Page(
        "History",
        course_crumbs(request, course, ("History", None)),
        lead="“None known” passes only with how it is known. “Not asked” never passes.",
        back=back_to(course_id),
        submit="Save the answers",
    )
    more = {"trials": people.trials(request.viewer, course.patient_id), "course": course}
    return take(
        request,
        form=form,
        page=shown,
        act=act,
        patient_id=course.patient_id,
        template="courses/history.html",
        more=more,
    )


@page(Permission.VIEW_CHART)
def eligibility(request: Any, course_id: UUID) -> HttpResponse:
    """What the rules say now, and what was decided."""
    course = queries.course(request.viewer, course_id)
    record_read(
        viewer=request.viewer, patient_id=course.patient_id, what=f"course {course_id}", at=request.now
    )
    assessment = queries.assessment(request.viewer, course_id, timezone.localtime(request.now))
    context = {
        **frame(request, course, ("Suitability", None)),
        "assessment": assessment,
        "decision": queries.decision(request.viewer, course_id),
        "decide_url": _decide_url(request, course),
        "intake_url": _intake_url(request, course)
        if assessment.kind == "warn" and assessment.missing
        else "",
    }
    return render(request, "courses/eligibility.html", context)


@page(Permission.DECIDE_ELIGIBILITY)
def decide(request: Any, course_id: UUID) -> HttpResponse:
    """Decide and sign, over the findings on the same page."""
    course = queries.course(request.viewer, course_id)
    assessment = queries.assessment(request.viewer, course_id, timezone.localtime(request.now))
    form = DecisionForm(
        request.POST or None, findings=assessment.findings, overridable=assessment.gate.overridable
    )

    def act(proof: Reauthenticated | None) -> str:
        suitable = form.cleaned_data["suitable"] == "yes"
        assert proof is not None
        actions.decide_eligibility(
            by=request.viewer,
            at=request.now,
            course_id=course_id,
            suitable=suitable,
            rationale=form.cleaned_data["rationale"],
            overrides=form.overrides(),
            seen=form.seen,
            reauth=proof,
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
        return "Signed: the patient is suitable." if suitable else "Signed: the patient is not suitable."

    shown = Page(
        "Suitability",
        course_crumbs(request, course, ("Suitability", None)),
        back=back_to(course_id),
        submit="Sign the decision",
        meaning="I have judged whether this patient is suitable",
    )
    return take(
        request,
        form=form,
        page=shown,
        act=act,
        patient_id=course.patient_id,
        template="courses/decide.html",
        more={"assessment": assessment, "course": course},
    )


def _decide_url(request: Any, course: queries.CourseView) -> str:
    may = request.viewer.may(Permission.DECIDE_ELIGIBILITY) and course.state == "referred"
    return reverse("courses:decide", args=[course.id]) if may else ""


def _intake_url(request: Any, course: queries.CourseView) -> str:
    may = request.viewer.may(Permission.RECORD_HISTORY) and course.state == "referred"
    return reverse("courses:intake", args=[course.id]) if may else ""
