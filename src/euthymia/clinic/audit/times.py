"""Times as people enter them: stored in UTC, with the offset of the place they were entered in."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

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


def last_such_time(clock: time, now: datetime, ahead: timedelta = CLOCK_SLACK) -> datetime | None:
    """The last instant, not after ``now`` and ``ahead``, at which the clock on the wall showed ``clock``.

    ``now`` is in the clinic's zone. In the hour that comes twice when clocks go back, the later one that has been is
    meant. None for a time that the clocks left out today when they went forward.
    """
    latest = now.astimezone(UTC) + ahead
    for days in (0, 1):
        shown = datetime.combine(now.date() - timedelta(days=days), clock.replace(second=0, microsecond=0))
        instants = {shown.replace(tzinfo=now.tzinfo, fold=fold).astimezone(UTC) for fold in (0, 1)}
        been = [
            at for at in instants if at <= latest and at.astimezone(now.tzinfo).replace(tzinfo=None) == shown
        ]
        if been:
            return max(been).astimezone(now.tzinfo)
        if days == 0 and shown <= now.replace(tzinfo=None):
            return None
    return None
