"""Who is locked out after failed attempts: one account from one address, whichever step failed.

django-axes counts failures of the password by itself. Wrong second factors, at sign-in and at signing, are
told to it here, so that a stolen password does not open a machine for guessing codes.
"""

from __future__ import annotations

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import salted_hmac


def username(request: HttpRequest | None, credentials: dict[str, str | None] | None) -> str:
    """What django-axes calls the account, in its table and in the log: a number that only the secret key
    gives. The address itself is not kept: what is typed there now and then is a password."""
    typed = address(request, credentials)
    return salted_hmac("euthymia.access.lockout", typed, algorithm="sha256").hexdigest()


def address(request: HttpRequest | None, credentials: dict[str, str | None] | None) -> str:
    """The account an attempt was made on: the address as typed, in lower case."""
    given = credentials or {}
    typed = given.get("email") or given.get("username") or (request.POST.get("login", "") if request else "")
    return (typed or "").strip().lower()[:254]


def is_locked(request: HttpRequest, email: str) -> bool:
    """Whether this account takes no attempt from this address now."""
    return not AxesProxyHandler.is_allowed(request, {"email": email})


def note_failure(request: HttpRequest, email: str) -> None:
    """Count a wrong second factor, or a wrong password at signing, like a wrong password at sign-in."""
    user_login_failed.send(sender=__name__, credentials={"email": email}, request=request)


def response(request: HttpRequest, *_: object) -> HttpResponse:
    """What somebody who is locked out sees."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    return render(request, "access/locked_out.html", {"minutes": minutes}, status=429)
