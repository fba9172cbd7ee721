"""Times as people enter them: stored in UTC, with the offset of the place they were entered in."""

from __future__ import annotations

from datetime import datetime, timedelta

from euthymia.clinic.audit.facts import Refused

CLOCK_SLACK = timedelta(minutes=2)  # ours: how far a tablet's clock may run ahead of the server's


def entered_offset_min(at: datetime) -> int:
    """Minutes east of UTC of the aware time ``at``, which a form reads in the clinic's time zone."""
    offset = at.utcoffset()
    if offset is None:
        raise ValueError("A time without a zone cannot be stored.")
    return round(offset / timedelta(minutes=1))


def check_not_future(told: datetime, at: datetime, field: str) -> None:
    """Refuse a time at which nothing can have happened yet, as entered in the form's ``field``."""
    if told > at + CLOCK_SLACK:
        raise Refused("This time lies in the future. Enter when it happened.", field)
