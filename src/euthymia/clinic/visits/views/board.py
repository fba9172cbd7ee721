"""The board, and the day's bookings."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render

from euthymia.clinic.access.pages import page
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.audit import queries as audit
from euthymia.clinic.visits import queries

_FRESH = timedelta(seconds=5)  # ours: so old the clocks and due times on the board may grow without a write


@page(Permission.VIEW_BOARD)
def board(request: Any) -> HttpResponse:
    """All chairs at a glance."""
    context = {
        "seen": _seen(request),
        "board": queries.board(request.viewer, request.now),
        "may_record": request.viewer.may(Permission.RECORD_OBSERVATION),
    }
    return render(request, "visits/board.html", context)


@page(Permission.VIEW_BOARD)
def tiles(request: Any) -> HttpResponse:
    """The part of the board that refreshes itself: 204 where nothing was written since and it is fresh yet."""
    seen, before = _seen(request), request.GET.get("seen", "").partition("-")
    if before[0] == seen.partition("-")[0] and before[2].isdigit():
        age = request.now.timestamp() - int(before[2])
        if 0 <= age < _FRESH.total_seconds():
            return HttpResponse(status=204)
    context = {"seen": seen, "board": queries.board(request.viewer, request.now)}
    return render(request, "visits/_tiles.html", context)


@page(Permission.VIEW_BOARD)
def schedule(request: Any, on: str = "") -> HttpResponse:
    """The bookings of a day."""
    try:
        day = queries.day(request.viewer, date.fromisoformat(on) if on else None, request.now)
    except (ValueError, OverflowError):  # no date, or one at the end of the calendar, which has no neighbour
        raise Http404 from None
    may_keep = request.viewer.may(Permission.KEEP_ROTA)
    return render(request, "visits/schedule.html", {"day": day, "may_keep": may_keep})


def _seen(request: Any) -> str:
    """What the board was read after, and when. Asked for before the board is read, so that no write falls between."""
    return f"{audit.last_entry()}-{int(request.now.timestamp())}"
