"""The board, and the day's bookings."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render

from euthymia.clinic.access.pages import page
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit import queries as audit
from euthymia.clinic.visits import queries
from euthymia.clinic.visits.screen import pace
from euthymia.clinic.visits.views._drawn import drawn
from euthymia.clinic.visits.views._live import seen, unchanged


@page(Permission.VIEW_BOARD)
def board(request: Any) -> HttpResponse:
    """All chairs at a glance."""
    shown = context(request, request.viewer, audit.last_entry())
    shown["may_record"] = request.viewer.may(Permission.RECORD_OBSERVATION)
    shown["may_show"] = request.viewer.may(Permission.SHOW_BOARD_ON_WALL)
    return render(request, "visits/board.html", shown)


@page(Permission.VIEW_BOARD)
def tiles(request: Any) -> HttpResponse:
    """The part of the board that refreshes itself: 204 while it holds."""
    last_entry = audit.last_entry()
    return unchanged(request, last_entry) or render(
        request, "visits/_tiles.html", context(request, request.viewer, last_entry)
    )


def context(request: Any, viewer: Viewer, last_entry: int, *, wall: bool = False) -> dict[str, Any]:
    """What the board is drawn from. ``last_entry`` was asked for before it is read, so that no write falls between."""
    found = queries.board(viewer, request.now)
    return {
        "board": found,
        "drawn": drawn(found, request, wall=wall),
        "seen": seen(last_entry, found.read_at, found.good_until),
        "pace": pace(),
    }


@page(Permission.VIEW_BOARD)
def schedule(request: Any, on: str = "") -> HttpResponse:
    """The bookings of a day."""
    try:
        day = queries.day(request.viewer, date.fromisoformat(on) if on else None, request.now)
    except (ValueError, OverflowError):  # no date, or one at the end of the calendar, which has no neighbour
        raise Http404 from None
    may_keep = request.viewer.may(Permission.KEEP_ROTA)
    may_print = request.viewer.may(Permission.VIEW_CHART)
    return render(request, "visits/schedule.html", {"day": day, "may_keep": may_keep, "may_print": may_print})
