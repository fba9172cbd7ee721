"""Pages about bedside monitors: the administrator's, and those of who watches patients."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from euthymia.clinic.access.pages import page, sent
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.reauth import NotConfirmed, confirm
from euthymia.clinic.visits import actions, queries
from euthymia.clinic.visits.actions import Conflict, Refused
from euthymia.clinic.visits.forms import EmptyForm, MonitorForm, PlaceForm, WaitingForm
from euthymia.clinic.visits.views._form_page import see_other

_MANAGE, _WATCH = Permission.MANAGE_MONITORS, Permission.RECORD_OBSERVATION


@page(_MANAGE)
@require_safe
def monitors(request: Any) -> HttpResponse:
    """Every monitor, and whether a key lets it in."""
    found = queries.monitors(request.viewer, request.now)
    return render(request, "visits/monitors.html", {"monitors": found})


@page(_MANAGE)
@require_http_methods(["GET", "POST"])
def monitor(request: Any, monitor_id: UUID | None = None) -> HttpResponse:
    """Add a monitor, or change one; its keys beside."""
    known = queries.monitor(request.viewer, monitor_id, request.now) if monitor_id else None
    initial: dict[str, Any] = {"is_active": True}
    if known is not None:
        initial = {name: getattr(known, name) for name in ("name", "make", "serial", "is_active")}
    form = MonitorForm(sent(request), now=request.now, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            kept = actions.keep_monitor(
                by=request.viewer, at=request.now, monitor_id=monitor_id, **form.values()
            )
            return see_other(reverse("visits:monitor", args=[kept]))
        except Refused as refused:
            form.add_error(refused.field, str(refused))
    context = {"form": form, "monitor": known}
    return render(request, "visits/monitor.html", context, status=422 if form.errors else 200)


@page(_MANAGE)
@require_http_methods(["GET", "POST"])
def issue_key(request: Any, monitor_id: UUID) -> HttpResponse:
    """A new key, shown once."""
    known = queries.monitor(request.viewer, monitor_id, request.now)
    form = EmptyForm(sent(request), now=request.now)
    context: dict[str, Any] = {"monitor": known, "form": form}
    if request.method == "POST" and form.is_valid():
        try:
            context["secret"] = actions.issue_key(
                by=request.viewer, at=request.now, monitor_id=monitor_id, reauth=confirm(request)
            )
            context["address"] = request.build_absolute_uri(reverse("visits:readings_in"))
            return render(request, "visits/monitor_key.html", context)
        except (NotConfirmed, Refused) as problem:
            form.add_error(None, str(problem))
    return render(request, "visits/monitor_key.html", context, status=422 if form.errors else 200)


@page(_MANAGE)
@require_POST
def revoke_key(request: Any, monitor_id: UUID, key_id: UUID) -> HttpResponse:
    """Let nothing in with this key any more."""
    actions.revoke_key(by=request.viewer, at=request.now, monitor_id=monitor_id, key_id=key_id)
    return see_other(reverse("visits:monitor", args=[monitor_id]))


@page(_WATCH)
@require_safe
def bedside(request: Any) -> HttpResponse:
    """Where each monitor stands, and the readings that belong to nobody yet."""
    context = {
        "monitors": queries.at_the_chairs(request.viewer),
        "waiting": queries.waiting(request.viewer),
        "may_manage": request.viewer.may(_MANAGE),
    }
    return render(request, "visits/bedside.html", context)


@page(_WATCH)
@require_http_methods(["GET", "POST"])
def place(request: Any, monitor_id: UUID) -> HttpResponse:
    """Say where a monitor stands from now on."""
    known = queries.at_the_chair(request.viewer, monitor_id)
    form = PlaceForm(sent(request), now=request.now, places=queries.places(request.viewer))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                key = form.cleaned_data["idempotency_key"]
                actions.place_monitor(
                    by=request.viewer,
                    at=request.now,
                    monitor_id=monitor_id,
                    idempotency_key=key,
                    **form.values(),
                )
                return see_other(reverse("visits:bedside"))
            except Refused as refused:
                form.add_error(None, str(refused))
    return render(request, "visits/place_monitor.html", {"form": form, "monitor": known}, status=status)


@page(_WATCH)
@require_http_methods(["GET", "POST"])
def waiting_reading(request: Any, reading_id: UUID) -> HttpResponse:
    """Say whose readings these are, or that they are nobody's."""
    found, visits = queries.waiting_reading(request.viewer, reading_id)
    form = WaitingForm(sent(request), now=request.now, visits=visits)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                key = form.cleaned_data["idempotency_key"]
                actions.decide_reading(
                    by=request.viewer,
                    at=request.now,
                    reading_id=reading_id,
                    idempotency_key=key,
                    **form.values(),
                )
                return see_other(reverse("visits:bedside"))
            except Refused as refused:
                form.add_error(refused.field, str(refused))
                status = 409 if isinstance(refused, Conflict) else 422
    return render(request, "visits/waiting_reading.html", {"form": form, "waiting": found}, status=status)
