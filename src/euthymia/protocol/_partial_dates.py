"""A day that is known only in part: what a patient remembers as a year or a month."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

_WRITTEN = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_DAYS_A_WEEK = 7
_LAST_MONTH = 12
_SHOWN = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A year, a month of a year, or a day. Without a month there is no day."""

    year: int
    month: int | None = None
    day: int | None = None

    @classmethod
    def parse(cls, text: str) -> "PartialDate":
        """Read "2024", "2024-03" or "2024-03-15".

        Raises:
            ValueError: it is none of these, or there is no such day.
        """
        written = _WRITTEN.fullmatch(text.strip())
        if written is None:
            raise ValueError(f"'{text}' is no year, month or day.")
        year, month, day = (int(part) if part else None for part in written.groups())
        found = cls(year or 0, month, day)
        _ = found.earliest, found.latest  # refuses a day that does not exist
        return found

    @classmethod
    def of(cls, day: date) -> "PartialDate":
        """A day that is known."""
        return cls(day.year, day.month, day.day)

    @property
    def earliest(self) -> date:
        """The first day it can mean."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def latest(self) -> date:
        """The last day it can mean."""
        month = self.month or _LAST_MONTH
        return date(self.year, month, self.day or monthrange(self.year, month)[1])

    @property
    def is_whole(self) -> bool:
        """Whether the day is known."""
        return self.day is not None

    def __str__(self) -> str:
        parts = [f"{self.year:04d}"]
        parts += [f"{part:02d}" for part in (self.month, self.day) if part is not None]
        return "-".join(parts)


@dataclass(frozen=True, slots=True)
class Span:
    """How many weeks something lasted: at least ``low``, at most ``high``."""

    low: Decimal
    high: Decimal

    @property
    def words(self) -> str:
        """ "8", or "between 5 and 13" where the dates leave it open."""
        low, high = _shown(self.low), _shown(self.high)
        return low if low == high else f"between {low} and {high}"


def span_between(start: PartialDate, stop: PartialDate) -> Span | None:
    """Return the weeks from ``start`` to ``stop``, or ``None`` where it would have stopped before it began."""
    high = (stop.latest - start.earliest).days
    if high < 0:
        return None
    low = max(0, (stop.earliest - start.latest).days)
    return Span(Decimal(low) / _DAYS_A_WEEK, Decimal(high) / _DAYS_A_WEEK)


def _shown(weeks: Decimal) -> str:
    """Weeks to a tenth, rounded down, so that a limit never looks reached too early."""
    tenth = (weeks / _SHOWN).to_integral_value(rounding="ROUND_FLOOR") * _SHOWN
    return f"{tenth.normalize():f}"
