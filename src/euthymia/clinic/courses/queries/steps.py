"""The steps from referral to treatment: what is done, what is next, and what stands in the way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses import gates, rows
from euthymia.clinic.courses.models import Course
from euthymia.clinic.courses.queries.eligibility import questions
from euthymia.clinic.courses.queries.treatments import is_of_depression
from euthymia.clinic.people import queries as people
from euthymia.evidence import regimen
from euthymia.protocol import COURSE, Answer, Product


class StepState(StrEnum):
    """Where a step stands. The words are those of the steps component."""

    DONE = "done"
    CURRENT = "current"
    UPCOMING = "upcoming"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a course; ``key`` names it."""

    key: str
    label: str
    state: StepState
    note: str


_JUDGED = ("eligible", "consented", "planned", "induction", "benefit_decided", "maintenance", "completed")
_PLANNED = ("planned", "induction", "benefit_decided", "maintenance", "completed")


def steps(viewer: Viewer, course_id: UUID, now: datetime) -> tuple[Step, ...]:
    """The steps in order; the first that is not done is the current one, unless the course is over."""
    viewer.require(Permission.VIEW_CHART)
    course = rows.course(viewer, course_id)
    found = [
        _history(viewer, course),
        _weight(viewer, course),
        _suitability(course),
        _consent(viewer, course, now),
        _programme(course),
        _plan(course),
        _sessions(course),
        _benefit(course),
    ]
    return _in_turn([step for step in found if step is not None], course)


def _in_turn(found: list[Step], course: Course) -> tuple[Step, ...]:
    over, reached, turn = course.state in COURSE.terminal, False, []
    for step in found:
        state = step.state
        if state is StepState.UPCOMING and not reached and not over:
            state, reached = StepState.CURRENT, True
        reached = reached or state is StepState.STOPPED
        turn.append(Step(step.key, step.label, state, step.note))
    return tuple(turn)


def _done(done: bool) -> StepState:
    return StepState.DONE if done else StepState.UPCOMING


def _history(viewer: Viewer, course: Course) -> Step:
    asked = questions(course)
    answered = {row.condition for row in rows.answers(course) if row.answer != Answer.NOT_ASKED}
    known = sum(each.name.lower() in answered for each in asked)
    if is_of_depression(course):
        trials, what = people.count_trials(viewer, course.patient_id), "antidepressant trial"
    else:
        trials, what = len(rows.earlier_treatments(course)), "earlier treatment"
    note = f"{known} of {len(asked)} questions answered, {trials} {what}{'s' * (trials != 1)}"
    done = (known == len(asked) and trials > 0) or course.state in _JUDGED
    return Step("history", "History", _done(done), note)


def _weight(viewer: Viewer, course: Course) -> Step | None:
    """An infusion is dosed by weight; a spray is not."""
    if course.product != Product.KETAMINE_IV.value:
        return None
    found = people.latest_weight(viewer, course.patient_id)
    note = f"{found.weight_kg} kg on {found.measured_at:%-d %b %Y}" if found else "Not weighed yet"
    return Step("weight", "Weight", _done(found is not None), note)


def _suitability(course: Course) -> Step:
    decision = rows.eligibility(course)
    note = "Decided and signed by a prescriber"
    if course.state == "not_eligible":
        state, note = StepState.STOPPED, "Found not suitable"
    else:
        state = _done(course.state in _JUDGED)
    if decision and course.state in _JUDGED:
        note = f"Found suitable by {decision.signature.signer_name}"
    return Step("suitability", "Suitability", state, note)


def _consent(viewer: Viewer, course: Course, now: datetime) -> Step:
    signed = rows.consent(course)
    stands = gates.result("consent", viewer, course, now).is_open
    note = f"Text {signed.text_version}" if signed else "Read, understood, signed and witnessed"
    if signed and not stands:
        note = "Does not stand: look at the finding"
    elif signed and (text := rows.consent_text(course)) and signed.text_version != text.version:
        note = "There is a newer text: go through it and record a new consent"
    return Step("consent", "Consent", _done(stands), note)


def _programme(course: Course) -> Step | None:
    """Esketamine is dispensed only to patients enrolled in its safety programme."""
    if course.product != Product.ESKETAMINE_NASAL.value:
        return None
    found = rows.enrolment(course)
    note = "Needed before the first dose (PRE-10)"
    if found:
        note = f"Enrolled, {found.enrolment_number or 'no number'}" if found.active else "Not active"
    return Step("programme", "Safety programme", _done(found is not None and found.active), note)


def _plan(course: Course) -> Step:
    plan = rows.plan(course)
    note = (
        f"Signed by {plan.signature.signer_name}"
        if plan
        else "Product, dose and days, signed by a prescriber"
    )
    return Step("plan", "Plan", _done(plan is not None and course.state in _PLANNED), note)


def _sessions(course: Course) -> Step:
    wanted = _induction(course)
    given = rows.given_so_far(course)
    return Step("sessions", "Sessions", _done(given >= wanted), f"{given} given, {wanted} in induction")


def _benefit(course: Course) -> Step:
    decision = rows.benefit(course)
    note = (
        f"{decision.get_decision_display()}, by {decision.signature.signer_name}"
        if decision
        else (f"After session {_induction(course)}, before the next (MBC-1)")
    )
    return Step("benefit", "Benefit", _done(decision is not None), note)


def _induction(course: Course) -> int:
    return regimen(course.clinic.jurisdiction, course.product).phase("induction").sessions.value
