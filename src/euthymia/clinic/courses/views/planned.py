"""The plan and the decision on benefit: first judged, which writes nothing, then signed on the same page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone

from euthymia.clinic.access.pages import page
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Reauthenticated
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.courses import actions, queries
from euthymia.clinic.courses.forms import BenefitForm, PlanForm, SignPlanForm
from euthymia.clinic.courses.queries import CourseView
from euthymia.clinic.courses.views.frame import back_to, course_crumbs
from euthymia.clinic.courses.views.trajectory import trajectory_figure
from euthymia.clinic.people.pages import Page, take
from euthymia.clinic.rulebook import queries as rulebook
from euthymia.evidence import regimen
from euthymia.protocol import Benefit, Finding, gate

# How a plan may be signed from each state: the event, and the words on the button.
_SIGNING = {
    "consented": ("sign_plan", "Sign the plan"),
    "planned": ("revise_plan", "Sign the revised plan"),
    "benefit_decided": ("repeat_induction", "Sign: repeat induction"),
    "maintenance": ("repeat_induction", "Sign: repeat induction"),
}
_DECIDING = frozenset({"induction", "maintenance"})


@page(Permission.PRESCRIBE)
def plan(request: Any, course_id: UUID) -> HttpResponse:
    """Write a plan, see what the rules say of it, and sign it."""
    course = queries.course(request.viewer, course_id)
    if course.state not in _SIGNING:
        raise NotFound
    event, words = _SIGNING[course.state]
    entered = _plan_form(request, course, first=event == "sign_plan", gaps=())
    new, findings = _judged(request, course_id, entered)
    form = SignPlanForm(request.POST or None, findings=findings, overridable=gate(findings).overridable)

    def act(proof: Reauthenticated | None) -> str:
        if proof is None or new is None:
            raise Refused("Check the plan first: what was not judged is not signed.")
        actions.sign_plan(
            by=request.viewer,
            at=request.now,
            course_id=course_id,
            new=new,
            overrides=form.overrides(),
            seen=form.seen,
            reauth=proof,
            event=event,
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
        return "The plan is signed."

    shown = Page(
        "Plan",
        course_crumbs(request, course, ("Plan", None)),
        lead="Enter the plan and check it. Nothing is saved before you sign.",
        back=back_to(course_id),
        submit=words,
        meaning="I prescribe this plan" if new else "",
    )
    return _show(
        request, course, form, shown, act, "courses/plan.html", entered, findings, ready=new is not None
    )


@page(Permission.PRESCRIBE)
def benefit(request: Any, course_id: UUID) -> HttpResponse:
    """Decide whether treatment goes on, and by which plan."""
    course = queries.course(request.viewer, course_id)
    if course.state not in _DECIDING:
        raise NotFound
    gaps = regimen(course.jurisdiction, course.product.value).phase("maintenance").gap_days
    entered = _plan_form(request, course, first=False, gaps=gaps)
    entered.fields.pop("why")
    new, findings = _judged(request, course_id, entered)
    form = BenefitForm(request.POST or None, findings=findings, overridable=gate(findings).overridable)

    def act(proof: Reauthenticated | None) -> str:
        assert proof is not None  # the page is a signed one
        decision = Benefit(form.cleaned_data["decision"])
        actions.decide_benefit(
            by=request.viewer,
            at=request.now,
            course_id=course_id,
            decision=decision,
            rationale=form.cleaned_data["rationale"],
            reauth=proof,
            new=new if decision is Benefit.CONTINUE else None,
            overrides=form.overrides(),
            seen=form.seen,
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
        return "The decision is signed."

    shown = Page(
        "Benefit",
        course_crumbs(request, course, ("Benefit", None)),
        lead="Is the benefit worth going on? To go on, enter and check the plan first.",
        back=back_to(course_id),
        submit="Sign the decision",
        meaning="I have weighed the benefit of this treatment",
    )
    return _show(
        request, course, form, shown, act, "courses/benefit.html", entered, findings, ready=new is not None
    )


def _plan_form(request: Any, course: CourseView, *, first: bool, gaps: tuple[int, ...]) -> PlanForm:
    """The plan as it stands in the address: judging it writes nothing, so it is a get."""
    given = request.GET if "first_session_on" in request.GET else None
    return PlanForm(
        given, product=course.product, book=rulebook.book(request.viewer.clinic_id), first=first, gaps=gaps
    )


def _judged(
    request: Any, course_id: UUID, entered: PlanForm
) -> tuple[actions.NewPlan | None, tuple[Finding, ...]]:
    """The plan with its findings, once it is complete."""
    if not entered.is_bound or not entered.is_valid():
        return None, ()
    new = entered.plan()
    return new, actions.judge_plan(request.viewer, course_id, new, timezone.localtime(request.now))


def _show(
    request: Any,
    course: CourseView,
    form: SignPlanForm | BenefitForm,
    shown: Page,
    act: Any,
    template: str,
    entered: PlanForm,
    findings: tuple[Finding, ...],
    *,
    ready: bool,
) -> HttpResponse:
    trajectory = queries.trajectory(request.viewer, course.id)
    given = [each for each in queries.sessions(request.viewer, course.id) if each.given_at]
    more = {
        "course": course,
        "entered": entered,
        "findings": findings,
        "gate": gate(findings),
        "ready": ready,
        "regimen": regimen(course.jurisdiction, course.product.value),
        "standing": queries.plan(request.viewer, course.id),
        "trajectory": trajectory,
        "figure": trajectory_figure(trajectory, given),
        "sessions": given,
    }
    return take(
        request, form=form, page=shown, act=act, patient_id=course.patient_id, template=template, more=more
    )
