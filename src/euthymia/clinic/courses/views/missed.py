"""A missed session: what the rules propose, and the prescriber's signed decision how to go on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.utils import timezone

from euthymia.clinic.access.pages import page
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Reauthenticated
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.courses import actions, queries
from euthymia.clinic.courses.forms import PlanForm, SignPlanForm
from euthymia.clinic.courses.queries import CourseView
from euthymia.clinic.courses.views.frame import back_to, course_crumbs
from euthymia.clinic.courses.views.planned import plan_context, plan_form
from euthymia.clinic.looks.widgets import Choices, Segmented
from euthymia.clinic.people.entry import NOT_KNOWN
from euthymia.clinic.people.pages import Page, take
from euthymia.protocol import Finding, gate


def _missed_form(request: Any, course: CourseView, ways: tuple[tuple[str, str], ...]) -> PlanForm:
    """The plan to go on by, with what is asked about the missed session before it."""
    gaps = queries.maintenance_gaps(request.viewer, course.id) if course.state == "maintenance" else ()
    form = plan_form(request, course, first=False, gaps=gaps)
    form.fields["worse"] = forms.ChoiceField(
        label="Is the depression worse than before?", choices=NOT_KNOWN, widget=Segmented
    )
    form.fields["decision"] = forms.ChoiceField(label="How to go on", choices=ways, widget=Choices)
    form.fields["why"].label = "Why, and what was found"
    form.order_fields(["worse", "decision", "why"])
    return form


@page(Permission.PRESCRIBE)
def missed(request: Any, course_id: UUID) -> HttpResponse:
    """See what was missed and what the rules propose, decide how to go on, and sign it with the new schedule."""
    course = queries.course(request.viewer, course_id)
    now = timezone.localtime(request.now)
    lost = queries.missed_sessions(request.viewer, course_id, now.date())
    if not lost:
        raise NotFound
    entered = _missed_form(request, course, queries.ways_after_missing(request.viewer, course_id))
    said = entered.data.get("worse", "") if entered.is_bound else ""
    new, decision, event = None, "", "revise_plan"
    findings: tuple[Finding, ...] = ()
    if entered.is_bound and entered.is_valid():
        decision = entered.cleaned_data.pop("decision")
        entered.cleaned_data.pop("worse")
        new = entered.plan()
        try:
            event = queries.event_after_missing(request.viewer, course_id, decision)
            queries.preview(request.viewer, course_id, event, new.first_session_on, new.maintenance_gap_days)
            findings = actions.judge_plan(request.viewer, course_id, new, now, event)
        except Refused as refused:
            entered.add_error(refused.field if refused.field in entered.fields else None, str(refused))
            new = None
    told, proposal = actions.judge_missed(
        request.viewer, course_id, now, worse=said, next_on=new.first_session_on if new else now.date()
    )
    form = SignPlanForm(request.POST or None, findings=findings, overridable=gate(findings).overridable)

    def act(proof: Reauthenticated | None) -> str:
        if proof is None or new is None:
            raise Refused("Check the decision first: what was not judged is not signed.")
        actions.decide_missed(
            by=request.viewer,
            at=request.now,
            course_id=course_id,
            worse=said,
            decision=decision,
            new=new,
            overrides=form.overrides(),
            seen=form.seen,
            reauth=proof,
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
        return "The decision is signed and the schedule is made again from there."

    shown = Page(
        "A session was missed",
        course_crumbs(request, course, ("Missed session", None)),
        lead="The rules propose; you decide. Nothing is saved before you sign.",
        back=back_to(course_id),
        submit="Sign how to go on",
        meaning="I decide how this course goes on" if new else "",
    )
    more = plan_context(request, course, entered, findings, new=new, event=event)
    more |= {"lost": lost, "told": told, "proposal": proposal, "asked": bool(said)}
    return take(
        request,
        form=form,
        page=shown,
        act=act,
        patient_id=course.patient_id,
        template="courses/missed.html",
        more=more,
    )
