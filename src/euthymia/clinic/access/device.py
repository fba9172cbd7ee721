"""The short list of people who last signed in on a shared tablet, kept on the tablet itself.

The cookie is signed, holds ids and initials and no name, and opens nothing: whoever picks their initials
still shows password and second factor.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

_SALT = "euthymia.access.device"
_MOST = 8
_DAYS = 30


@dataclass(frozen=True, slots=True)
class Recent:
    """Somebody who signed in on this device lately."""

    user_id: UUID
    initials: str


def recent(request: HttpRequest) -> tuple[Recent, ...]:
    """Those of this device, the last one first; empty where the cookie is missing, old or altered."""
    try:
        entries = signing.loads(request.COOKIES.get(_cookie_name(), ""), salt=_SALT, max_age=_DAYS * 86_400)
        return tuple(Recent(UUID(user_id), initials) for user_id, initials in entries)
    except (signing.BadSignature, ValueError, TypeError):
        return ()


def remember(request: HttpRequest, response: HttpResponseBase, *, user_id: UUID, name: str) -> None:
    """Put this person first in the device's list."""
    others = [each for each in recent(request) if each.user_id != user_id]
    entries = [Recent(user_id, initials_of(name)), *others][:_MOST]
    response.set_cookie(
        _cookie_name(),
        signing.dumps([(str(each.user_id), each.initials) for each in entries], salt=_SALT),
        max_age=_DAYS * 86_400,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def forget(response: HttpResponseBase) -> None:
    """Empty the device's list."""
    response.delete_cookie(_cookie_name(), samesite="Strict")


def _cookie_name() -> str:
    return str(settings.DEVICE_COOKIE_NAME)


def initials_of(name: str) -> str:
    """The first letters of the first and the last word of a name."""
    words = [word for word in name.split() if word[0].isalpha()] or ["?"]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()
