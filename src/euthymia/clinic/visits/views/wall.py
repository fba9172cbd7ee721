"""The board on a wall: one page for a screen that nobody is signed in at. It shows the board and leads nowhere."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from euthymia.clinic.access import wall_screens
from euthymia.clinic.access.pages import page, public
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.reauth import NotConfirmed, confirm
from euthymia.clinic.audit import queries as audit
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.visits.forms.wall import WallScreenForm
from euthymia.clinic.visits.views._live import unchanged
from euthymia.clinic.visits.views.board import context

_COOKIE = "wall"


@page(Permission.SHOW_BOARD_ON_WALL)
@require_http_methods(["GET", "POST"])
def open_wall(request: Any) -> HttpResponse:
    """Leave the board open on this screen, signed, and sign out of everything else here."""
    form = WallScreenForm(request.POST if request.method == "POST" else None, now=request.now)
    if request.method == "POST" and form.is_valid():
        try:
            token = wall_screens.open_screen(
                by=request.viewer, at=request.now, reauth=confirm(request), **form.values()
            )
            return _opened(request, token)
        except NotConfirmed as problem:
            form.add_error(None, str(problem))
        except Refused as refused:
            form.add_error(refused.field, str(refused))
    shown = {
        "form": form,
        "hours": wall_screens.LASTS.total_seconds() / 3600,
        "meaning": wall_screens.MEANING,
    }
    return render(request, "visits/open_wall.html", shown, status=422 if form.errors else 200)


def _opened(request: Any, token: str) -> HttpResponse:
    logout(request)
    response = redirect("visits:wall")
    response.set_cookie(
        _COOKIE,
        token,
        max_age=wall_screens.LASTS,
        path=reverse("visits:wall"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
    return response


@public
@require_safe
def wall(request: Any) -> HttpResponse:
    """The board for a wall, or that none is open here."""
    screen = wall_screens.shown(request.COOKIES.get(_COOKIE, ""), request.now)
    if screen is None:
        return render(request, "visits/wall_closed.html", status=403)
    timezone.activate(ZoneInfo(screen.time_zone))
    shown = context(request, screen.viewer, audit.last_entry(), wall=True) | {"wall": screen}
    return render(request, "visits/wall.html", shown)


@public
@require_safe
def wall_tiles(request: Any) -> HttpResponse:
    """The part that refreshes itself. Once the screen is closed, the page goes as a whole: no name stays on a wall."""
    screen = wall_screens.shown(request.COOKIES.get(_COOKIE, ""), request.now)
    if screen is None:
        return HttpResponseClientRedirect(reverse("visits:wall"))
    timezone.activate(ZoneInfo(screen.time_zone))
    last_entry = audit.last_entry()
    return unchanged(request, last_entry) or render(
        request,
        "visits/_tiles.html",
        context(request, screen.viewer, last_entry, wall=True) | {"wall": screen},
    )
