"""What every page of a course has: the patient's banner, the steps and the way here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses.queries import CourseView, Step
from euthymia.clinic.courses.queries.steps import StepState
from euthymia.clinic.people.pages import Crumbs, crumbs_of, patient_context

# key of a step: (the page that does it, the words on its button, who may)
_PAGES = {
    "history": ("courses:intake", "Go through the intake", Permission.RECORD_HISTORY),
    "weight": ("people:weights", "Weigh the patient", Permission.RECORD_MEASURE),
    "suitability": ("courses:decide", "Judge suitability", Permission.DECIDE_ELIGIBILITY),
    "consent": ("courses:consent", "Record consent", Permission.RECORD_CONSENT),
    "programme": ("courses:programme", "Record the enrolment", Permission.RECORD_HISTORY),
    "plan": ("courses:plan", "Write the plan", Permission.PRESCRIBE),
    "benefit": ("courses:benefit", "Decide on benefit", Permission.PRESCRIBE),
}
_READING = {"suitability": "courses:eligibility"}


@dataclass(frozen=True, slots=True)
class ShownStep:
    """A step as the page shows it, with where it leads."""

    key: str
    label: str
    state: str
    note: str
    url: str


@dataclass(frozen=True, slots=True)
class NextAction:
    """The one thing to do now: ``url`` is empty when it is for somebody else."""

    label: str
    note: str
    action: str
    url: str
    who: str


def shown_steps(viewer: Viewer, course: CourseView, found: tuple[Step, ...]) -> tuple[ShownStep, ...]:
    """The steps with the pages this person may open."""
    return tuple(
        ShownStep(step.key, step.label, step.state, step.note, _url(viewer, course, step)) for step in found
    )


def next_action(viewer: Viewer, course: CourseView, found: tuple[Step, ...]) -> NextAction | None:
    """The first step that is not done, and who does it."""
    for step in found:
        if step.state is not StepState.CURRENT:
            continue
        if step.key not in _PAGES:
            return NextAction(step.label, step.note, "", "", "")
        page, action, permission = _PAGES[step.key]
        url = _address(page, course) if viewer.may(permission) else ""
        who = "" if url else _who(permission)
        return NextAction(step.label, step.note, action, url, who)
    return None


def frame(request: Any, course: CourseView, *more: tuple[str, str | None]) -> dict[str, Any]:
    """The context shared by the pages of a course."""
    return {
        **patient_context(request, course.patient_id),
        "course": course,
        "crumbs": course_crumbs(request, course, *more),
    }


def course_crumbs(request: Any, course: CourseView, *more: tuple[str, str | None]) -> Crumbs:
    """Patients, chart, course, and what the page adds."""
    here = reverse("courses:course", args=[course.id]) if more else None
    return crumbs_of(request, course.patient_id, ("Course", here), *more)


def back_to(course_id: UUID) -> str:
    """The course's own page."""
    return reverse("courses:course", args=[course_id])


def _url(viewer: Viewer, course: CourseView, step: Step) -> str:
    """Where a step leads: to doing it when its turn has come, for those who may; else to reading it."""
    page, _, permission = _PAGES.get(step.key, ("", "", Permission.VIEW_CHART))
    doing = viewer.may(permission) and step.state is StepState.CURRENT
    if step.key in _READING and not doing:
        return _address(_READING[step.key], course)
    return _address(page, course) if page and viewer.may(permission) and not course.is_over else ""


def _address(page: str, course: CourseView) -> str:
    if page.startswith("people:"):
        return f"{reverse(page, args=[course.patient_id])}?next={back_to(course.id)}"
    return reverse(page, args=[course.id])


def _who(permission: Permission) -> str:
    prescribers = {Permission.DECIDE_ELIGIBILITY, Permission.PRESCRIBE}
    return "a prescriber" if permission in prescribers else "a nurse or a prescriber"
