"""The course itself: where it stands, the referral, and the ways out."""

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
from euthymia.clinic.courses import actions, ending, queries, words
from euthymia.clinic.courses.forms import MoveForm, ReferralForm, WithdrawalForm
from euthymia.clinic.courses.queries.course import ways_on
from euthymia.clinic.courses.views.calendar import calendar, from_sessions
from euthymia.clinic.courses.views.frame import back_to, frame, next_action, shown_steps
from euthymia.clinic.courses.views.trajectory import trajectory_figure
from euthymia.clinic.people import panels
from euthymia.clinic.people.pages import Page, SeeOther, crumbs_of, home_of, page_number, take
from euthymia.protocol import COURSE

# Events of the table that are recorded on the general page; the others have pages of their own.
GENERAL = ("reassess", "complete", "stop", "transfer", "record_death")

REVISED = frozenset({"planned", "induction", "maintenance"})
REPEATED = frozenset({"benefit_decided", "maintenance"})


@page(Permission.VIEW_CHART)
def courses(request: Any) -> HttpResponse:
    """The clinic's courses, by the state they stand in."""
    state = request.GET.get("state", "")
    found = queries.listing(request.viewer, state, page_number(request))
    return render(request, "courses/courses.html", {"listing": found, "state": state})


@page(Permission.RECORD_HISTORY)
def refer(request: Any, patient_id: UUID) -> HttpResponse:
    """Open a course for a patient who was referred."""
    form = ReferralForm(request.POST or None)
    made: list[UUID] = []

    def act(_: Reauthenticated | None) -> str:
        made.append(
            actions.refer(
                by=request.viewer,
                at=request.now,
                patient_id=patient_id,
                idempotency_key=form.cleaned_data["idempotency_key"],
                **form.values(),
            )
        )
        return "The referral is recorded. Next: the history."

    shown = Page(
        "Referral",
        crumbs_of(request, patient_id, ("Referral", None)),
        back=home_of(request, patient_id),
        submit="Open the course",
    )
    answer = take(request, form=form, page=shown, act=act, patient_id=patient_id)
    return SeeOther(back_to(made[0])) if made else answer


@page(Permission.VIEW_CHART)
def course(request: Any, course_id: UUID) -> HttpResponse:
    """Where the course stands, what is done and what is next."""
    found = queries.course(request.viewer, course_id)
    record_read(
        viewer=request.viewer, patient_id=found.patient_id, what=f"course {course_id}", at=request.now
    )
    steps = queries.steps(request.viewer, course_id, timezone.localtime(request.now))
    sessions = queries.sessions(request.viewer, course_id)
    trajectory = queries.trajectory(request.viewer, course_id)
    consents = queries.consents(request.viewer, course_id)
    context = {
        **frame(request, found),
        "steps": shown_steps(request.viewer, found, steps),
        "next": next_action(request.viewer, found, steps),
        "plan": queries.plan(request.viewer, course_id),
        "calendar": calendar(
            from_sessions(sessions, timezone.localtime(request.now).date()),
            timezone.localtime(request.now).date(),
        ),
        "missed": queries.missed_among(found.state, sessions, timezone.localtime(request.now).date()),
        "may_decide": request.viewer.may(Permission.PRESCRIBE),
        "may_revise": request.viewer.may(Permission.PRESCRIBE) and found.state in REVISED,
        "trajectory": trajectory,
        "figure": trajectory_figure(trajectory, queries.given_among(sessions)),
        "benefits": queries.benefits(request.viewer, course_id),
        "consents": consents,
        "asks_again": queries.asks_again(found, consents),
        "may_consent": request.viewer.may(Permission.RECORD_CONSENT),
        "moves": _timeline(queries.moves(request.viewer, course_id)),
        "ways": _ways(request, found),
        "panels": panels.drawn(request.viewer, found.patient_id, request.now, place="course", side=False),
    }
    return render(request, "courses/course.html", context)


@page(Permission.VIEW_CHART)
def move(request: Any, course_id: UUID, event: str) -> HttpResponse:
    """Record an event that has no page of its own: assess again, complete, stop, transfer, death."""
    found = queries.course(request.viewer, course_id)
    row = COURSE.find(found.state, event) if event in GENERAL else None
    if row is None:
        raise NotFound
    booked = ending.booked(course_id) if row.target in COURSE.terminal else ()
    form = MoveForm(request.POST or None, row=row, booked=booked)

    def act(_: Reauthenticated | None) -> str:
        actions.advance(
            by=request.viewer,
            at=request.now,
            course_id=course_id,
            event=event,
            captured=form.captured(),
            happened_at=form.cleaned_data["happened_at"],
            cancel_visits=form.cancel_visits,
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
        told = f"Recorded. The course now stands at “{words.STATES[row.target]}”."
        return f"{told} {_off(len(booked))}" if form.cancel_visits else told

    shown = Page(
        words.EVENTS[event],
        frame(request, found, (words.EVENTS[event], None))["crumbs"],
        back=back_to(course_id),
        submit=words.EVENTS[event],
    )
    return take(request, form=form, page=shown, act=act, patient_id=found.patient_id)


@page(Permission.VIEW_DIRECTORY)
def withdraw(request: Any, patient_id: UUID) -> HttpResponse:
    """Record that the patient takes consent back: whoever the patient tells may do it, the front desk too."""
    course_id = queries.open_course(request.viewer, patient_id)
    if course_id is None:
        raise NotFound
    may_end = set(request.viewer.roles) & set(_row_roles("withdraw"))
    booked = ending.booked(course_id) if may_end else ()
    form = WithdrawalForm(request.POST or None, booked=booked)

    def act(_: Reauthenticated | None) -> str:
        actions.withdraw(
            by=request.viewer,
            at=request.now,
            course_id=course_id,
            idempotency_key=form.cleaned_data["idempotency_key"],
            **form.values(),
        )
        if queries.open_course(request.viewer, patient_id) is None:
            told = "The withdrawal is recorded and the course has ended."
            return f"{told} {_off(len(booked))}" if form.cancel_visits else told
        return "The withdrawal is recorded. Nothing can be ordered any more; a prescriber is asked to end the course."

    shown = Page(
        "The patient withdraws",
        crumbs_of(request, patient_id, ("Withdrawal", None)),
        lead="No reason is needed. From now on nothing can be ordered; the other care goes on.",
        back=home_of(request, patient_id),
        submit="Record the withdrawal",
    )
    return take(request, form=form, page=shown, act=act, patient_id=patient_id)


def _off(count: int) -> str:
    return f"{'One visit is' if count == 1 else f'{count} visits are'} off the board."


def _row_roles(event: str) -> frozenset[str]:
    """The roles that may record an event, wherever in the table it stands."""
    return frozenset(role for row in COURSE.transitions if row.event == event for role in row.roles)


def _ways(request: Any, found: queries.CourseView) -> list[tuple[str, str]]:
    """The ways out this person may record now, as (words, address)."""
    ways = [
        (words.EVENTS[row.event], reverse("courses:move", args=[found.id, row.event]))
        for row in ways_on(request.viewer, found.state)
        if row.event in GENERAL
    ]
    if request.viewer.may(Permission.RECORD_HISTORY) and not found.is_over:
        ways.insert(0, ("Meetings without a dose", reverse("courses:appointments", args=[found.id])))
    if request.viewer.may(Permission.PRESCRIBE) and found.state in REPEATED:
        ways.insert(0, ("Repeat induction", reverse("courses:repeat_plan", args=[found.id])))
    if not found.is_over:
        ways.append((words.EVENTS["withdraw"], reverse("courses:withdraw", args=[found.patient_id])))
    return ways


def _timeline(moves: tuple[queries.Moved, ...]) -> list[dict[str, Any]]:
    return [
        {
            "at": each.at,
            "title": each.label,
            "note": " ".join(text for name, text in each.captured.items() if name in _WORTH_READING and text),
            "by": each.by,
        }
        for each in reversed(moves)
    ]


_WORTH_READING = frozenset(
    {"reason", "the patient's words", "plan afterwards", "receiving service", "how it was learnt"}
)
