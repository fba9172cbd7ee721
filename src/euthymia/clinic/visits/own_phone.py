"""What makes a link to a questionnaire on the patient's own phone open: its token, its time, the visit's stage."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.utils.crypto import constant_time_compare

from euthymia.clinic.access.viewer import NotFound
from euthymia.clinic.visits import models
from euthymia.evidence import read_sourced

BEFORE_DOSE = frozenset({"checking_in", "ready", "ordered"})
"""Where the questionnaire of check-in may be answered: never under a dose."""


def lives() -> timedelta:
    """How long a link lives."""
    return timedelta(minutes=_number("lives"))


def window() -> timedelta:
    """The stretch of time in which tries are counted."""
    return timedelta(minutes=_number("window"))


def most(name: str) -> int:
    """How many tries are let in within it: ``wrong_tries`` from one place, ``sendings`` of one link."""
    return int(_number(name))


def _number(name: str) -> float:
    return read_sourced("limits/phone.toml").table("link").number(name).value


def token_hash(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def is_in_time(link: models.PhoneLink, at: datetime) -> bool:
    """Whether it has neither run out nor been ended."""
    return link.ended_at is None and at < link.expires_at


def is_open(link: models.PhoneLink, at: datetime) -> bool:
    """Whether it takes the answers: once, in time, and before any dose."""
    return is_in_time(link, at) and link.answered_at is None and link.visit.state in BEFORE_DOSE


def found(token: str, *, lock: bool = False) -> models.PhoneLink:
    """The link of a token.

    Raises:
        NotFound: there is none.
    """
    hashed = token_hash(token)
    rows = models.PhoneLink.objects.select_related("visit__clinic", "clinic")
    rows = rows.select_for_update(of=("self",)) if lock else rows
    link = rows.filter(token_sha256=hashed).first()
    kept = link.token_sha256 if link else "0" * len(hashed)
    if not constant_time_compare(kept, hashed) or link is None:
        raise NotFound
    return link
