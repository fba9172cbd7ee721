"""The pages of the house: chairs, hours, closures, and the rota."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from euthymia.clinic.access.pages import page
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.visits import actions, queries
from euthymia.clinic.visits.actions import Refused
from euthymia.clinic.visits.forms import VisitForm
from euthymia.clinic.visits.house_forms import ChairForm, ClosureForm, ContactForm, HoursForm, ShiftForm
from euthymia.clinic.visits.views._form_page import see_other


@page(Permission.KEEP_ROTA)
def house(request: Any) -> HttpResponse:
    """Chairs, opening hours and closures."""
    kept = queries.keeping(request.viewer, request.now)
    shown = {
        "house": kept,
        "contact": queries.contact(request.viewer),
        "may_keep_site": _may_keep_site(request),
    }
    return render(request, "visits/house.html", shown)


@page(Permission.VIEW_BOARD)
def rota(request: Any, on: str = "") -> HttpResponse:
    """Who is in the house this week."""
    try:
        week = queries.rota(request.viewer, date.fromisoformat(on) if on else None, request.now)
    except (ValueError, OverflowError):
        raise Http404 from None
    may_keep = request.viewer.may(Permission.KEEP_ROTA)
    return render(request, "visits/rota.html", {"rota": week, "may_keep": may_keep})


@page(Permission.KEEP_ROTA)
def shift(request: Any) -> HttpResponse:
    """Put somebody on the rota."""
    first = {"on": request.GET.get("on") or timezone.localdate(request.now)}
    people = queries.servants(request.viewer)
    form = ShiftForm(request.POST or None, now=request.now, people=people, initial=first)

    def act(values: dict[str, Any]) -> str:
        actions.add_shift(
            by=request.viewer, at=request.now, idempotency_key=form.cleaned_data["idempotency_key"], **values
        )
        return reverse("visits:rota_of", args=[values["on"].isoformat()])

    return _enter(request, form, "On the rota", "Put on the rota", reverse("visits:rota"), act)


@page(Permission.KEEP_ROTA)
@require_POST
def call_off_shift(request: Any, shift_id: UUID) -> HttpResponse:
    """Take somebody off the rota."""
    actions.call_off_shift(by=request.viewer, at=request.now, shift_id=shift_id)
    return see_other(reverse("visits:rota"))


@page(Permission.KEEP_ROTA)
def chair(request: Any, chair_id: int | None = None) -> HttpResponse:
    """Add a chair, or change what one is for."""
    known = queries.chair(request.viewer, chair_id) if chair_id is not None else None
    initial: dict[str, Any] = {"is_active": True}
    if known is not None:
        initial = {
            name: getattr(known, name) for name in ("name", "takes_spray", "takes_infusion", "is_active")
        }
    form = ChairForm(request.POST or None, now=request.now, initial=initial)

    def act(values: dict[str, Any]) -> str:
        actions.keep_chair(by=request.viewer, at=request.now, chair_id=chair_id, **values)
        return reverse("visits:house")

    title = known.name if known else "Another chair"
    return _enter(request, form, title, "Save the chair", reverse("visits:house"), act)


@page(Permission.KEEP_ROTA)
def hours(request: Any) -> HttpResponse:
    """The hours of each day of the week."""
    kept = queries.keeping(request.viewer, request.now).hours
    initial = {f"opens_{day.weekday}": day.opens_at for day in kept}
    initial |= {f"closes_{day.weekday}": day.closes_at for day in kept}
    form = HoursForm(request.POST or None, now=request.now, initial=initial)

    def act(_: dict[str, Any]) -> str:
        actions.keep_hours(by=request.viewer, at=request.now, hours=form.hours())
        return reverse("visits:house")

    return _enter(request, form, "Opening hours", "Save the hours", reverse("visits:house"), act)


@page(Permission.KEEP_ROTA)
def contact(request: Any) -> HttpResponse:
    """The number that patients call by day and by night."""
    form = ContactForm(request.POST or None, now=request.now)

    def act(values: dict[str, Any]) -> str:
        key = form.cleaned_data["idempotency_key"]
        actions.keep_contact(by=request.viewer, at=request.now, idempotency_key=key, **values)
        return reverse("visits:house")

    return _enter(request, form, "Day and night", "Save the number", reverse("visits:house"), act)


@page(Permission.KEEP_ROTA)
def closure(request: Any) -> HttpResponse:
    """Close the house or a chair for some days."""
    form = ClosureForm(request.POST or None, now=request.now, chairs=queries.chairs(request.viewer))

    def act(values: dict[str, Any]) -> str:
        actions.close_house(
            by=request.viewer, at=request.now, idempotency_key=form.cleaned_data["idempotency_key"], **values
        )
        return reverse("visits:house")

    return _enter(request, form, "Closed days", "Close", reverse("visits:house"), act)


@page(Permission.KEEP_ROTA)
@require_POST
def call_off(request: Any, closure_id: UUID) -> HttpResponse:
    """Open again what was closed."""
    actions.call_off(by=request.viewer, at=request.now, closure_id=closure_id)
    return see_other(reverse("visits:house"))


def _enter(
    request: Any, form: VisitForm, title: str, button: str, back: str, act: Callable[[dict[str, Any]], str]
) -> HttpResponse:
    """Show a form, or take it; what is refused is shown in it with everything that was typed."""
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return see_other(act(form.values()))
            except Refused as refused:
                named = getattr(refused, "field", None)
                form.add_error(named if named in form.fields else None, str(refused))
    shown = {"form": form, "title": title, "button": button, "back": back}
    return render(request, "visits/house_form.html", shown, status=status)


def _may_keep_site(request: Any) -> bool:
    return bool(request.viewer.may(Permission.KEEP_SITE))
