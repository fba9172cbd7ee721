"""The board, and the day's bookings."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render

from euthymia.clinic.access.pages import page
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.visits import queries


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
    may_keep = request.viewer.may(Permission.KEEP_ROTA)
    return render(request, "visits/schedule.html", {"day": day, "may_keep": may_keep})
