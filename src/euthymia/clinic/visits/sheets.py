"""What a patient takes home: composed from numbered words, and opened on a telephone by an address nobody guesses.

The words are ours and no clinician has reviewed them; every page that shows them says so.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from uuid import UUID

from django.utils.crypto import salted_hmac

CURRENT = "taking-home-1"
"""The words used now. A new wording is a new file and a new name: old ones stay, because they were handed over."""
NO_CONTACT = "This clinic has set no number for day and night. Ask whom to call before you leave."
NO_CRISIS_LINE = "Call the emergency number, or go to an emergency department."
_SALT = "euthymia.visits.going-home"
_SEAL_BYTES = 16


@dataclass(frozen=True, slots=True)
class Words:
    """One sheet, word for word."""

    version: str
    text: str


def compose(until: datetime, contact: str, crisis_line: str) -> Words:
    """Fill the words that are used now. ``until`` is in the clinic's zone."""
    text = _template().format(
        until=said(until),
        contact=contact or NO_CONTACT,
        crisis=crisis_line or NO_CRISIS_LINE,
    )
    return Words(CURRENT, text)


def said(until: datetime) -> str:
    """A day and an hour as they are said to a patient: with the day of the week, and no abbreviation."""
    return f"{until:%A} {until.day} {until:%B %Y} at {until:%H:%M}"


def token(sheet_id: UUID) -> str:
    """What stands in the address of a sheet: its id, sealed with the server's key, so that none can be made up."""
    return urlsafe_b64encode(sheet_id.bytes + _seal(sheet_id)).decode().rstrip("=")


def opened(given: str) -> UUID | None:
    """The sheet an address names; ``None`` for an address this server did not make.

    The address is made again and compared whole: the last letter of one has bits that decode to nothing, so
    several addresses would hold the same seal.
    """
    try:
        sheet_id = UUID(bytes=urlsafe_b64decode(given + "=" * (-len(given) % 4))[:-_SEAL_BYTES])
    except (Error, ValueError):
        return None
    return sheet_id if hmac.compare_digest(given.encode(), token(sheet_id).encode()) else None


def _seal(sheet_id: UUID) -> bytes:
    return salted_hmac(_SALT, sheet_id.bytes, algorithm="sha256").digest()[:_SEAL_BYTES]


@cache
def _template() -> str:
    return (files("euthymia.clinic.visits") / "texts" / f"{CURRENT}.txt").read_text("utf-8").strip()
