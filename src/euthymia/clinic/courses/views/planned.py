"""The plan and the decision on benefit: first judged, which writes nothing, then signed on the same page."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
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
from euthymia.clinic.courses.queries import CourseView, Session
from euthymia.clinic.courses.views.calendar import Calendar, calendar, from_days, from_sessions
from euthymia.clinic.courses.views.frame import back_to, course_crumbs
from euthymia.clinic.courses.views.trajectory import trajectory_figure
from euthymia.clinic.people.pages import Page, take
from euthymia.clinic.rulebook import queries as rulebook
from euthymia.protocol import Benefit, Finding, gate

# How a plan may be signed from each state: the event, and the words on the button.
_SIGNING = {
    "consented": ("sign_plan", "Sign the plan"),
    "planned": ("revise_plan", "Sign the revised plan"),
    "induction": ("revise_plan", "Sign the revised plan"),
    "maintenance": ("revise_plan", "Sign the revised plan"),
    "benefit_decided": ("repeat_induction", "Sign: repeat induction"),
}
_FAR_TOO_MUCH = Decimal(1000)  # ours, in mg/kg: above it nothing is worked out
_REPEATING = frozenset({"benefit_decided", "maintenance"})
_DECIDING = frozenset({"induction", "maintenance"})


@page(Permission.PRESCRIBE)
def plan(request: Any, course_id: UUID) -> HttpResponse:
    """Write a plan, see its days and what the rules say of it, and sign it; later, revise it in every phase."""
    course = queries.course(request.viewer, course_id)
    if course.state not in _SIGNING:
        raise NotFound
    return _sign(request, course, *_SIGNING[course.state])


@page(Permission.PRESCRIBE)
def repeat_plan(request: Any, course_id: UUID) -> HttpResponse:
    """Begin induction again, by a plan of its own."""
    course = queries.course(request.viewer, course_id)
    if course.state not in _REPEATING:
        raise NotFound
    return _sign(request, course, "repeat_induction", "Sign: repeat induction")


def _sign(request: Any, course: CourseView, event: str, words: str) -> HttpResponse:
    gaps = (
        queries.maintenance_gaps(request.viewer, course.id)
        if event == "revise_plan" and course.state == "maintenance"
        else ()
    )
    entered = plan_form(request, course, first=event == "sign_plan", gaps=gaps)
    new, findings = _judged(request, course.id, entered, event)
    form = SignPlanForm(request.POST or None, findings=findings, overridable=gate(findings).overridable)

    def act(proof: Reauthenticated | None) -> str:
        if proof is None or new is None:
            raise Refused("Check the plan first: what was not judged is not signed.")
        actions.sign_plan(
            by=request.viewer,
            at=request.now,
            course_id=course.id,
            new=new,
            overrides=form.overrides(),
            seen=form.seen,
            reauth=proof,
            event=event,
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
        return "The plan is signed."

    title = "Repeat induction" if event == "repeat_induction" else "Plan"
    shown = Page(
        title,
        course_crumbs(request, course, (title, None)),
        lead="Enter the plan and check it. Nothing is saved before you sign.",
        back=back_to(course.id),
        submit=words,
        meaning="I prescribe this plan" if new else "",
    )
    return _show(
        request, course, form, shown, act, "courses/plan.html", entered, findings, new=new, event=event
    )


@page(Permission.PRESCRIBE)
def benefit(request: Any, course_id: UUID) -> HttpResponse:
    """Decide whether treatment goes on, and by which plan."""
    course = queries.course(request.viewer, course_id)
    if course.state not in _DECIDING:
        raise NotFound
    entered = plan_form(
        request, course, first=False, gaps=queries.maintenance_gaps(request.viewer, course.id)
    )
    entered.fields.pop("why")
    new, findings = _judged(request, course_id, entered, "continue")
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
        request,
        course,
        form,
        shown,
        act,
        "courses/benefit.html",
        entered,
        findings,
        new=new,
        event="continue",
    )


def plan_form(request: Any, course: CourseView, *, first: bool, gaps: tuple[int, ...]) -> PlanForm:
    """The plan as it stands in the address: judging it writes nothing, so it is a get."""
    given = request.GET if "first_session_on" in request.GET else None
    doses = None if course.is_nasal else queries.both_doses(request.viewer, course.id, _asked_dose(request))
    return PlanForm(
        given,
        product=course.product,
        book=rulebook.book(request.viewer.clinic_id),
        first=first,
        gaps=gaps,
        doses=doses,
    )


def _asked_dose(request: Any) -> Decimal:
    """The dose for weight in the address; nothing where it is none yet, and both doses are shown as weights."""
    try:
        asked = Decimal(request.GET.get("mg_per_kg", "0"))
    except InvalidOperation:
        return Decimal(0)
    return asked if asked.is_finite() and 0 <= asked < _FAR_TOO_MUCH else Decimal(0)


def _judged(
    request: Any, course_id: UUID, entered: PlanForm, event: str
) -> tuple[actions.NewPlan | None, tuple[Finding, ...]]:
    """The plan with its findings, once it is complete and its days can be made."""
    if not entered.is_bound or not entered.is_valid():
        return None, ()
    new = entered.plan()
    try:
        queries.preview(request.viewer, course_id, event, new.first_session_on, new.maintenance_gap_days)
    except Refused as refused:
        entered.add_error(refused.field if refused.field in entered.fields else None, str(refused))
        return None, ()
    now = timezone.localtime(request.now)
    return new, actions.judge_plan(request.viewer, course_id, new, now, event)


def _days(
    request: Any, course: CourseView, new: actions.NewPlan | None, event: str, sessions: tuple[Session, ...]
) -> Calendar | None:
    """What the plan would make of the calendar, beside what is given; without a plan, how it stands."""
    today = timezone.localtime(request.now).date()
    marks = from_sessions(sessions, today)
    if new is not None:
        made, ahead = queries.preview(
            request.viewer, course.id, event, new.first_session_on, new.maintenance_gap_days
        )
        marks = [mark for mark in marks if mark.kind == "given"]
        marks += [*from_days(made, "planned"), *from_days(ahead, "foreseen")]
    return calendar(marks, today)


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
    new: actions.NewPlan | None,
    event: str,
) -> HttpResponse:
    more = plan_context(request, course, entered, findings, new=new, event=event)
    return take(
        request, form=form, page=shown, act=act, patient_id=course.patient_id, template=template, more=more
    )


def plan_context(
    request: Any,
    course: CourseView,
    entered: PlanForm,
    findings: tuple[Finding, ...],
    *,
    new: actions.NewPlan | None,
    event: str,
) -> dict[str, Any]:
    """What every page that signs a plan shows: the plan as entered, its days, the rules, what was given."""
    trajectory = queries.trajectory(request.viewer, course.id)
    sessions = queries.sessions(request.viewer, course.id)
    given = [each for each in sessions if each.given_at]
    return {
        "course": course,
        "entered": entered,
        "findings": findings,
        "gate": gate(findings),
        "ready": new is not None,
        "regimen": queries.regimen_of(request.viewer, course.id),
        "calendar": _days(request, course, new, event, sessions),
        "begins": event in ("sign_plan", "repeat_induction"),
        "standing": queries.plan(request.viewer, course.id),
        "trajectory": trajectory,
        "figure": trajectory_figure(trajectory, queries.given_among(sessions)),
        "sessions": given,
    }
