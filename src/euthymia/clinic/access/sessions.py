"""How long a session lasts: an idle time after which a left tablet closes, and an end it cannot outlive."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest

_SIGNED_IN = "signed_in_at"
_SEEN = "seen_at"
_SEEN_EVERY = timedelta(minutes=1)  # the session is written at most this often


def begin(request: HttpRequest, *, now: datetime) -> None:
    """Start both clocks, at sign-in."""
    request.session[_SIGNED_IN] = request.session[_SEEN] = now.timestamp()


def has_run_out(request: HttpRequest, *, now: datetime) -> bool:
    """Whether the session was idle too long, or is too old. One without clocks has run out too."""
    signed_in, seen = request.session.get(_SIGNED_IN), request.session.get(_SEEN)
    if signed_in is None or seen is None:
        return True
    idle, age = now.timestamp() - seen, now.timestamp() - signed_in
    return bool(
        idle > settings.SESSION_IDLE.total_seconds() or age > settings.SESSION_LIFETIME.total_seconds()
    )


def note_activity(request: HttpRequest, *, now: datetime) -> None:
    """Push the idle clock on, unless a page only refreshed itself: nobody need be looking at it."""
    if is_refresh(request):
        return
    if now.timestamp() - request.session.get(_SEEN, 0) > _SEEN_EVERY.total_seconds():
        request.session[_SEEN] = now.timestamp()


def is_refresh(request: HttpRequest) -> bool:
    """Whether htmx fetches a part of a page that is open already."""
    return request.method == "GET" and "HX-Request" in request.headers and "HX-Boosted" not in request.headers
