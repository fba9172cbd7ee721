"""The board on a wall: a session of a screen and of nobody, which opens one page and ends by itself.

A member of staff opens it in their own name, with the proof a signature needs, and is signed out of that screen. It
looks with the roles they hold now and with no emergency access of theirs, so a restricted chart stays closed. It
ends after a long day, when they or an administrator close it, and when their account closes or its password changes.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.crypto import constant_time_compare

from euthymia.clinic.access.models import WallScreen
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.queries import signed_in_person
from euthymia.clinic.access.viewer import NotFound, Reauthenticated, Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.facts import Refused

LASTS = timedelta(hours=16)  # ours: a long day; whoever comes in the morning opens it anew
MEANING = "I leave the board open on this screen, for everybody in the room to read"


@dataclass(frozen=True, slots=True)
class OpenScreen:
    """One open wall screen, as its opener and the administrator see it."""

    id: UUID
    name: str
    opened_by: str
    opened_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """What a wall screen may show, and as whom it looks: no person's id, so nothing is ever written by it."""

    viewer: Viewer
    name: str
    opened_by: str
    clinic_name: str
    time_zone: str
    expires_at: datetime


@transaction.atomic
def open_screen(*, by: Viewer, at: datetime, name: str, reauth: Reauthenticated) -> str:
    """A new wall screen; returns what its cookie holds, which is kept as a hash. Raises Denied, Refused."""
    by.require(Permission.SHOW_BOARD_ON_WALL)
    if not name.strip():
        raise Refused("Say where the screen hangs.", "name")
    token = secrets.token_urlsafe(32)
    screen = WallScreen.objects.create(
        clinic_id=by.clinic_id,
        name=name.strip(),
        token_sha256=_hash(token),
        opened_by_id=by.user_id,
        opened_at=at,
        expires_at=at + LASTS,
    )
    audit.sign(by=by, meaning=MEANING, content={"wall screen": screen.pk}, reauth=reauth, at=at)
    audit.record(by=by, verb="access.open_wall_screen", at=at, subject=f"wall screen {screen.pk}")
    return token


@transaction.atomic
def close_screen(*, by: Viewer, at: datetime, screen_id: UUID) -> None:
    """Close one's own screen, or as administrator any. Asked for again it changes nothing. Raises NotFound."""
    rows = WallScreen.objects.select_for_update().filter(clinic_id=by.clinic_id, pk=screen_id)
    if not by.may(Permission.MANAGE_STAFF):
        rows = rows.filter(opened_by_id=by.user_id)
    screen = rows.first()
    if screen is None:
        raise NotFound("No such wall screen.")
    if screen.closed_at is None:
        screen.closed_at = at
        screen.save(update_fields=["closed_at"])
        audit.record(by=by, verb="access.close_wall_screen", at=at, subject=f"wall screen {screen.pk}")


def open_screens(viewer: Viewer, now: datetime) -> tuple[OpenScreen, ...]:
    """What the viewer may close: one's own screens; for an administrator every screen of the clinic."""
    rows = WallScreen.objects.filter(clinic_id=viewer.clinic_id, closed_at=None, expires_at__gt=now)
    if not viewer.may(Permission.MANAGE_STAFF):
        rows = rows.filter(opened_by_id=viewer.user_id)
    return tuple(
        OpenScreen(row.pk, row.name, row.opened_by.name, row.opened_at, row.expires_at)
        for row in rows.select_related("opened_by").order_by("name", "opened_at")
    )


def shown(token: str, now: datetime) -> Shown | None:
    """The open screen of a cookie; None when it is none, was closed, has run out, or its opener may not look."""
    hashed = _hash(token)
    screen = WallScreen.objects.filter(token_sha256=hashed, closed_at=None, expires_at__gt=now).first()
    if screen is None or not constant_time_compare(screen.token_sha256, hashed):
        return None
    person = signed_in_person(screen.opened_by_id, now=now)
    if person is None or not person.viewer.may(Permission.SHOW_BOARD_ON_WALL):
        return None
    return Shown(
        viewer=Viewer(screen.pk, screen.name, screen.clinic_id, person.viewer.roles),
        name=screen.name,
        opened_by=person.viewer.name,
        clinic_name=person.clinic_name,
        time_zone=person.time_zone,
        expires_at=screen.expires_at,
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
