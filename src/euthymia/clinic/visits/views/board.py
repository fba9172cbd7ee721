"""The board, and the day's bookings."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from euthymia.clinic.access.pages import page
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.people import queries as people
from euthymia.clinic.visits import actions, queries
from euthymia.clinic.visits.actions import Conflict, Refused
from euthymia.clinic.visits.forms import BookingForm
from euthymia.clinic.visits.views._form_page import see_other


@page(Permission.VIEW_BOARD)
def board(request: Any) -> HttpResponse:
    """All chairs at a glance."""
    return render(request, "visits/board.html", {"board": queries.board(request.viewer, request.now)})


@page(Permission.VIEW_BOARD)
def tiles(request: Any) -> HttpResponse:
    """The part of the board that refreshes itself."""
    return render(request, "visits/_tiles.html", {"board": queries.board(request.viewer, request.now)})


@page(Permission.VIEW_BOARD)
def schedule(request: Any, on: str = "") -> HttpResponse:
    """The bookings of a day."""
    try:
        day = queries.day(request.viewer, date.fromisoformat(on) if on else None, request.now)
    except (ValueError, OverflowError):  # no date, or one at the end of the calendar, which has no neighbour
        raise Http404 from None
    return render(request, "visits/schedule.html", {"day": day})


@page(Permission.BOOK_VISIT)
def book(request: Any, course_id: UUID) -> HttpResponse:
    """Book a visit of a course."""
    course = queries.bookable(request.viewer, course_id, request.now)
    chairs = queries.chairs(request.viewer)
    form = BookingForm(request.POST or None, now=request.now, chairs=chairs)
    shown = {"course": course, "banner": people.banner(request.viewer, course.patient_id, request.now)}
    if request.method != "POST" or not form.is_valid():
        return _booking(request, form, shown, 422 if request.method == "POST" else 200)
    try:
        visit_id = actions.book(
            by=request.viewer,
            at=request.now,
            course_id=course_id,
            idempotency_key=form.cleaned_data["idempotency_key"],
            **form.values(),
        )
    except Refused as refused:
        form.add_error(None, str(refused))
        return _booking(request, form, shown, 422)
    where = queries.where(request.viewer, visit_id)
    return see_other(reverse("visits:schedule_of", args=[where.on.isoformat()]))


@page(Permission.BOOK_VISIT)
def move(request: Any, visit_id: UUID) -> HttpResponse:
    """Give a booked visit another chair or time."""
    where = queries.where(request.viewer, visit_id)
    chairs = queries.chairs(request.viewer)
    form = BookingForm(request.POST or None, now=request.now, chairs=chairs, version=where.version)
    shown = {"where": where, "banner": people.banner(request.viewer, where.patient_id, request.now)}
    if request.method != "POST" or not form.is_valid():
        return _booking(request, form, shown, 422 if request.method == "POST" else 200)
    try:
        actions.move(
            by=request.viewer,
            at=request.now,
            visit_id=visit_id,
            version=form.cleaned_data["version"],
            **form.values(),
        )
    except Refused as refused:
        form.add_error(None, str(refused))
        return _booking(request, form, shown, 409 if isinstance(refused, Conflict) else 422)
    moved = queries.where(request.viewer, visit_id)
    return see_other(reverse("visits:schedule_of", args=[moved.on.isoformat()]))


def _booking(request: Any, form: BookingForm, shown: dict[str, Any], status: int) -> HttpResponse:
    return render(request, "visits/booking.html", {**shown, "form": form}, status=status)
