"""The queue of tasks, and doing one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from euthymia.clinic.access.pages import page
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Reauthenticated, Viewer
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.people.pages import Page, SeeOther, page_number, patient_context, take
from euthymia.clinic.safety import actions, queries
from euthymia.clinic.safety.queries import TaskView
from euthymia.clinic.safety.task_forms import CallForm, CompletionForm


@page(Permission.VIEW_TASKS)
def tasks(request: Any) -> HttpResponse:
    """The clinic's tasks, overdue first; those of one's own roles unless all are asked for."""
    mine = request.GET.get("whose", "mine") != "all"
    found = queries.queue(request.viewer, request.now, mine=mine, page=page_number(request))
    context = {"queue": found, "mine": mine}
    template = (
        "safety/_tasks.html" if request.htmx and request.htmx.target == "queue" else "safety/tasks.html"
    )
    return render(request, template, context)


@page(Permission.VIEW_TASKS)
def task(request: Any, task_id: UUID) -> HttpResponse:
    """One task: what it asks, who has it, and where it is done."""
    found = queries.task(request.viewer, task_id, request.now)
    context = {
        **(patient_context(request, found.patient_id) if found.patient_id else {}),
        "task": found,
        "doing": _where_done(request.viewer, found),
        "closing": _where_closed(request.viewer, found),
        "crumbs": _crumbs(("Task", None)),
    }
    return render(request, "safety/task.html", context)


@page(Permission.VIEW_TASKS)
def acknowledge(request: Any, task_id: UUID) -> HttpResponse:
    """Take a task."""
    if request.method == "POST":
        try:
            actions.acknowledge(by=request.viewer, at=request.now, task_id=task_id)
        except Refused as refused:
            messages.warning(request, str(refused))
        else:
            messages.success(request, "You have taken this task.")
    return SeeOther(reverse("safety:task", args=[task_id]))


@page(Permission.VIEW_TASKS)
def complete(request: Any, task_id: UUID) -> HttpResponse:
    """Record that a task was done, and how."""
    found = queries.task(request.viewer, task_id, request.now)
    form = CompletionForm(request.POST or None)

    def act(_: Reauthenticated | None) -> str:
        actions.complete(
            by=request.viewer,
            at=request.now,
            task_id=task_id,
            idempotency_key=form.cleaned_data["idempotency_key"],
            **form.values(),
        )
        return "The task is done."

    shown = Page(
        found.title,
        _crumbs(("Task", reverse("safety:task", args=[task_id])), ("Done", None)),
        lead=found.note,
        back=reverse("safety:tasks"),
        submit="Record as done",
    )
    return take(request, form=form, page=shown, act=act, patient_id=found.patient_id)


@page(Permission.ASSESS_SUICIDE_RISK)
def call(request: Any, task_id: UUID) -> HttpResponse:
    """Make the call after treatment: mood, unwanted events and safety in one page."""
    found = queries.task(request.viewer, task_id, request.now)
    form = CallForm(request.POST or None)

    def act(_: Reauthenticated | None) -> str:
        said = form.cleaned_data
        common: dict[str, Any] = {
            "by": request.viewer,
            "at": request.now,
            "task_id": task_id,
            "called_at": said["called_at"],
            "note": said["note"],
            "idempotency_key": said["idempotency_key"],
        }
        if said["reached"] == "no":
            actions.record_missed_call(**common)
            return "The attempt is recorded. The call stays on the list."
        actions.record_call(mood=said["mood"], risk=form.risk(), adverse_events=form.events(), **common)
        return "The call is recorded." + (
            " The event is serious: a task asks for its report." if _any_serious(form) else ""
        )

    shown = Page(
        "Call after treatment",
        _crumbs(("Task", reverse("safety:task", args=[task_id])), ("Call", None)),
        lead="Ask for the mood, for anything unwanted, and about suicidal thoughts: all three.",
        back=reverse("safety:tasks"),
        submit="Save the call",
    )
    return take(
        request,
        form=form,
        page=shown,
        act=act,
        patient_id=found.patient_id,
        template="safety/call.html",
        more={"task": found},
    )


def _any_serious(form: CallForm) -> bool:
    return any(event.seriousness for event in form.events())


_DONE_IN_WORDS = {
    "risk-precautions": Permission.ASSESS_SUICIDE_RISK,
    "risk-evaluation": Permission.PRESCRIBE,
    "risk-crisis-line": Permission.ASSESS_SUICIDE_RISK,
}


_ELSEWHERE = {
    "late-finding": "Open the visit",
    "countersign": "Read the order",
    "elsewhere": "Open the visit",
}
"""Tasks that are done on a page of another room, by what its button says."""


def _where_done(viewer: Viewer, task: TaskView) -> tuple[str, str] | None:
    """The words and the address of the page that does this task, for those who may."""
    back = f"?next={reverse('safety:tasks')}"
    places = {
        "item-nine": (
            "Assess the risk",
            "safety:record_risk",
            task.patient_id,
            Permission.ASSESS_SUICIDE_RISK,
        ),
        "risk-assessment": (
            "Assess the patient",
            "safety:record_risk",
            task.patient_id,
            Permission.PRESCRIBE,
        ),
        "risk-plan": (
            "Write the safety plan",
            "safety:write_plan",
            task.patient_id,
            Permission.ASSESS_SUICIDE_RISK,
        ),
        "risk-contact": (
            "Judge the risk again",
            "safety:record_risk",
            task.patient_id,
            Permission.ASSESS_SUICIDE_RISK,
        ),
        "follow-up-call": ("Make the call", "safety:call", task.id, Permission.ASSESS_SUICIDE_RISK),
        "follow-up-phq-9": ("Enter the PHQ-9", "measures:phq_9", task.patient_id, Permission.RECORD_MEASURE),
    }
    if task.kind.value == "referred-risk":
        return _referred(viewer, task)
    if task.kind.value in _ELSEWHERE and task.page:
        return (_ELSEWHERE[task.kind.value], task.page)
    if task.kind.value in _DONE_IN_WORDS:
        allowed = viewer.may(_DONE_IN_WORDS[task.kind.value])
        return ("Record as done", reverse("safety:complete", args=[task.id])) if allowed else None
    place = places.get(task.kind.value)
    if place is None:
        return ("Record as done", reverse("safety:complete", args=[task.id]))
    words, name, subject, permission = place
    return (words, reverse(name, args=[subject]) + back) if viewer.may(permission) else None


def _referred(viewer: Viewer, task: TaskView) -> tuple[str, str] | None:
    """The referral while it is nobody's; once it is a patient's, the page that judges the risk."""
    if task.patient_id is None:
        return ("Open the referral", task.page)
    if not viewer.may(Permission.ASSESS_SUICIDE_RISK):
        return None
    address = reverse("safety:record_risk", args=[task.patient_id])
    return ("Assess the risk", f"{address}?next={reverse('safety:tasks')}")


def _where_closed(viewer: Viewer, task: TaskView) -> str:
    """The page that closes a task on suicidal thoughts in words, where an assessment is not what it needs:
    the answer was entered by mistake, or left out and asked for since.
    """
    in_words = ("item-nine", "referred-risk", "risk-plan", "risk-contact")
    if task.kind.value in ("late-finding", "elsewhere") and task.page:
        return reverse("safety:complete", args=[task.id])
    may = task.kind.value in in_words and viewer.may(Permission.ASSESS_SUICIDE_RISK)
    may = may or (task.kind.value == "risk-assessment" and viewer.may(Permission.PRESCRIBE))
    return reverse("safety:complete", args=[task.id]) if may else ""


def _crumbs(*more: tuple[str, str | None]) -> list[tuple[str, str | None]]:
    return [("Tasks", reverse("safety:tasks")), *more]
