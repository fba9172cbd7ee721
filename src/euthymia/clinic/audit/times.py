"""Times as people enter them: stored in UTC, with the offset of the place they were entered in."""

from __future__ import annotations

from datetime import datetime, timedelta


def entered_offset_min(at: datetime) -> int:
    """Minutes east of UTC of the aware time ``at``, which a form reads in the clinic's time zone."""
    offset = at.utcoffset()
    if offset is None:
        raise ValueError("A time without a zone cannot be stored.")
    return round(offset / timedelta(minutes=1))
