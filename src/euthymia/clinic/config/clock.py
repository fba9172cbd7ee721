"""The one place where a page learns what time it is.

Rooms take the time as an argument; a view passes ``request.now``. So a rule can be tried at any hour, and a
page uses one instant throughout.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone


def now() -> datetime:
    """The present, in UTC."""
    return timezone.now()


class ClockMiddleware:
    """Sets ``request.now``, in UTC, once per request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.now = now()  # type: ignore[attr-defined]
        return self.get_response(request)
