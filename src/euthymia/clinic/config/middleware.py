"""What stands between a request and a view: closed by default, and nothing kept outside the page."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from euthymia.clinic.access import device, queries, sessions
from euthymia.clinic.access.pages import is_cacheable, opens_before_second_factor, required_permission
from euthymia.clinic.access.viewer import Denied, NotFound
from euthymia.clinic.audit import origin
from euthymia.clinic.config import errors

log = logging.getLogger(__name__)

Next = Callable[[HttpRequest], HttpResponse]


class OriginMiddleware:
    """Gives each request an id, which its audit entries and its error page carry."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.id = uuid4()  # type: ignore[attr-defined]
        with origin.of(origin.Origin(request.id, request.META.get("REMOTE_ADDR") or None)):  # type: ignore[attr-defined]
            response = self.get_response(request)
        response["X-Request-ID"] = str(request.id)  # type: ignore[attr-defined]
        return response


class SizeMiddleware:
    """Refuses what is larger than anything a page sends, before a byte of it is read: also from nobody signed in."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        said = request.META.get("CONTENT_LENGTH") or "0"
        if not said.isdecimal() or len(said) > 12 or int(said) > settings.LARGEST_REQUEST_BYTES:
            return errors.too_large(request)
        return self.get_response(request)


class AccessMiddleware:
    """Lets a request through to a view only when the view says who may, and the person is one of them.

    Sets ``request.person`` and ``request.viewer``, both None for nobody. Roles are read anew each time, so a
    change of rights counts at once. Nothing that a page shows may be kept by a browser or a proxy, but for the
    public pages marked ``cacheable``, which are the same for everybody.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.person = request.viewer = None  # type: ignore[attr-defined]
        user_before = request.user.pk
        response = self.get_response(request)
        kept = getattr(request, "may_be_cached", False) and response.status_code == 200
        response["Cache-Control"] = "public, max-age=3600" if kept else "no-store, private"
        if request.user.is_authenticated and request.user.pk != user_before:
            device.remember(request, response, user_id=request.user.pk, name=request.user.name)
        timezone.deactivate()
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Refuse what is not allowed; None lets the view answer."""
        wanted = required_permission(view)
        if wanted is None:
            log.error(
                "The view %s.%s says neither who may open it nor that it is public.", view.__module__, view
            )
            return errors.not_found(request)
        if is_cacheable(view):
            request.may_be_cached = True  # type: ignore[attr-defined]
            return None  # who is there changes nothing here, and nobody is told that they were there
        ended = self._identify(request)
        if wanted == "public":
            return None
        person = request.person  # type: ignore[attr-defined]
        if person is None:
            return ended or _to_sign_in(request)
        if not person.has_second_factor and not opens_before_second_factor(view):
            return redirect("access:add_app")
        if not person.viewer.may(wanted):
            return errors.denied(request, Denied("Your roles do not open this page."))
        sessions.note_activity(request, now=request.now)  # type: ignore[attr-defined]
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Turn refusals into pages without data."""
        if isinstance(exception, Denied):
            return errors.denied(request, exception)
        if isinstance(exception, NotFound):
            return errors.not_found(request)
        return None

    def _identify(self, request: HttpRequest) -> HttpResponse | None:
        """Find out who is there. A session that has run out ends, with a way back to sign in."""
        if not request.user.is_authenticated:
            return None
        now = request.now  # type: ignore[attr-defined]
        if sessions.has_run_out(request, now=now):
            logout(request)
            messages.info(request, "You were signed out because nobody used this device for a while.")
            return _to_sign_in(request)
        person = queries.signed_in_person(request.user.pk, now=now)
        if person is None:
            logout(request)
            return None
        request.person, request.viewer = person, person.viewer  # type: ignore[attr-defined]
        timezone.activate(ZoneInfo(person.time_zone))
        return None


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """Lead to the sign-in page. A page that refreshes a part of itself leaves as a whole: what it shows of a
    patient must not stay on a tablet whose user is gone."""
    if sessions.is_refresh(request):
        shown = urlsplit(request.headers.get("HX-Current-URL", "")).path
        ours = shown.startswith("/") and not shown.startswith("//")
        return HttpResponseClientRedirect(redirect_to_login(shown if ours else "/")["Location"])
    return redirect_to_login(_way_back(request))


def _way_back(request: HttpRequest) -> str:
    """Where to go after signing in: the page asked for, or the first one after a lost form. Without its query,
    which may hold a name that the person before searched for."""
    return request.path if request.method in ("GET", "HEAD") else "/"
