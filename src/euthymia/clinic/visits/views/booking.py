"""Booking a visit and moving it: free times in the session's window, and any other time with its reason."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from euthymia.clinic.access.pages import page
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.audit.actions import record_read
from euthymia.clinic.people import queries as people
from euthymia.clinic.visits import actions, queries
from euthymia.clinic.visits.actions import Conflict, Refused
from euthymia.clinic.visits.actions.booking import LONGEST_MIN, SHORTEST_MIN
from euthymia.clinic.visits.forms import BookingForm
from euthymia.clinic.visits.views._form_page import see_other


@page(Permission.BOOK_VISIT)
def book(request: Any, course_id: UUID) -> HttpResponse:
    """Book a visit of a course."""
    course = queries.bookable(request.viewer, course_id, request.now)
    form = _form(request)
    shown = {"course": course, "banner": people.banner(request.viewer, course.patient_id, request.now)}

    def answer(status: int) -> HttpResponse:
        offered = queries.slots_for_course(request.viewer, course_id, _minutes(request), request.now)
        return _booking(request, form, shown | {"offered": offered}, status)

    if request.method != "POST" or not form.is_valid():
        return answer(422 if request.method == "POST" else 200)
    try:
        visit_id = actions.book(
            by=request.viewer,
            at=request.now,
            course_id=course_id,
            idempotency_key=form.cleaned_data["idempotency_key"],
            **form.values(),
        )
    except Refused as refused:
        return _refuse(form, refused, answer)
    return _to_the_day(request, visit_id)


@page(Permission.BOOK_VISIT)
def move(request: Any, visit_id: UUID) -> HttpResponse:
    """Give a booked visit another chair or time."""
    where = queries.where(request.viewer, visit_id)
    form = _form(request, version=where.version)
    shown = {"where": where, "banner": people.banner(request.viewer, where.patient_id, request.now)}

    def answer(status: int) -> HttpResponse:
        offered = queries.slots_for_visit(request.viewer, visit_id, _minutes(request), request.now)
        return _booking(request, form, shown | {"offered": offered}, status)

    if request.method != "POST" or not form.is_valid():
        return answer(422 if request.method == "POST" else 200)
    try:
        actions.move(
            by=request.viewer,
            at=request.now,
            visit_id=visit_id,
            version=form.cleaned_data["version"],
            **form.values(),
        )
    except Refused as refused:
        return _refuse(form, refused, answer)
    return _to_the_day(request, visit_id)


def _form(request: Any, version: int | None = None) -> BookingForm:
    return BookingForm(
        request.POST or None,
        now=request.now,
        chairs=queries.chairs(request.viewer),
        usual_min=queries.USUAL_MIN,
        version=version,
    )


def _minutes(request: Any) -> int:
    """The length the free times are worked out for: as asked in the address, or as it was posted."""
    asked = request.POST.get("minutes") or request.GET.get("minutes") or ""
    length = int(asked) if asked.isdecimal() and len(asked) < 6 else queries.USUAL_MIN
    return length if SHORTEST_MIN <= length <= LONGEST_MIN else queries.USUAL_MIN


def _refuse(form: BookingForm, refused: Refused, answer: Any) -> HttpResponse:
    named = getattr(refused, "field", None)
    form.add_error(named if named in form.fields else None, str(refused))
    return answer(409 if isinstance(refused, Conflict) else 422)


def _to_the_day(request: Any, visit_id: UUID) -> HttpResponse:
    on = queries.where(request.viewer, visit_id).on
    return see_other(reverse("visits:schedule_of", args=[on.isoformat()]))


def _booking(request: Any, form: BookingForm, shown: dict[str, Any], status: int) -> HttpResponse:
    if request.viewer.may(Permission.VIEW_CHART):  # the banner then holds what is in the chart
        record_read(viewer=request.viewer, patient_id=shown["banner"].id, what="chart", at=request.now)
    chosen = form.data.get("slot", "") if form.is_bound else ""
    return render(request, "visits/booking.html", {**shown, "form": form, "chosen": chosen}, status=status)
