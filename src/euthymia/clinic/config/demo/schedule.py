"""Which visit of the demo's day takes which chair at what time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

MINUTES = 210  # a chair is booked for check-in, dose and watching
EARLY = timedelta(minutes=45)  # before the dose


@dataclass
class Chairs:
    """Gives each visit the first chair that is free."""

    ids: tuple[int, ...]
    _taken: dict[int, list[tuple[datetime, datetime]]] = field(default_factory=lambda: defaultdict(list))

    def take(self, starts_at: datetime) -> int | None:
        """The first chair that is free for a whole visit from ``starts_at``; None when all are taken."""
        ends_at = starts_at + timedelta(minutes=MINUTES)
        for chair in self.ids:
            if all(ends_at <= start or starts_at >= end for start, end in self._taken[chair]):
                self._taken[chair].append((starts_at, ends_at))
                return chair
        return None

    def note(self, chair: int, starts_at: datetime, ends_at: datetime) -> None:
        """Keep a booking that stands already."""
        self._taken[chair].append((starts_at, ends_at))
