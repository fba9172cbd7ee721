"""Meetings with a therapist: preparation before the first dose, integration after one."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from euthymia.clinic.access.pages import page
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Reauthenticated
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.courses import actions, queries
from euthymia.clinic.courses.queries.appointments import APPOINTMENT_KINDS
from euthymia.clinic.courses.views.frame import course_crumbs
from euthymia.clinic.looks.widgets import Choices, Measure, Moment, Segmented
from euthymia.clinic.people.entry import EntryForm, Group
from euthymia.clinic.people.pages import Page, SeeOther, take


class AppointmentForm(EntryForm):
    """One meeting."""

    kind = forms.ChoiceField(label="What for", choices=APPOINTMENT_KINDS, widget=Segmented)
    therapist_id = forms.TypedChoiceField(label="With", widget=Choices, coerce=UUID)
    starts_at = forms.DateTimeField(
        label="Starts",
        widget=Moment,
        error_messages={"invalid": "Enter a date and a time, such as 2026-11-20 14:30."},
    )
    minutes = forms.IntegerField(label="For", widget=Measure(unit="min"))

    groups: ClassVar[tuple[Group, ...]] = (
        Group("Another meeting", ("kind", "therapist_id", "starts_at", "minutes")),
    )

    def __init__(self, *args: Any, therapists: tuple[tuple[UUID, str], ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["therapist_id"].choices = therapists  # type: ignore[attr-defined]


@page(Permission.RECORD_HISTORY)
def appointments(request: Any, course_id: UUID) -> HttpResponse:
    """The meetings of a course, and a form for another."""
    course = queries.course(request.viewer, course_id)
    form = AppointmentForm(request.POST or None, therapists=queries.therapists(request.viewer))

    def act(_: Reauthenticated | None) -> str:
        actions.plan_appointment(
            by=request.viewer,
            at=request.now,
            course_id=course_id,
            idempotency_key=form.cleaned_data["idempotency_key"],
            **form.values(),
        )
        return "The meeting is planned."

    shown = Page(
        "Meetings without a dose",
        course_crumbs(request, course, ("Meetings", None)),
        lead="Preparation before the first dose, integration after one. They are no part of the schedule of doses.",
        back=reverse("courses:appointments", args=[course_id]),
        submit="Plan the meeting",
    )
    return take(
        request,
        form=form,
        page=shown,
        act=act,
        patient_id=course.patient_id,
        template="courses/appointments.html",
        more={"course": course, "appointments": queries.appointments(request.viewer, course_id)},
    )


@page(Permission.RECORD_HISTORY)
@require_POST
def close_appointment(request: Any, course_id: UUID, appointment_id: UUID) -> HttpResponse:
    """Say that a meeting took place, or that it does not."""
    try:
        actions.close_appointment(
            by=request.viewer,
            at=request.now,
            course_id=course_id,
            appointment_id=appointment_id,
            held=request.POST.get("held") == "yes",
        )
    except Refused as refused:
        messages.error(request, str(refused))
    return SeeOther(reverse("courses:appointments", args=[course_id]))
