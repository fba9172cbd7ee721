"""Many lives at once, in the order of time: the record reads as a clinic would have written it."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TypeAlias

Life: TypeAlias = "Iterator[datetime | Life]"
"""A life yields the time of what it does next, and does it when it is resumed. It may yield another life,
which then goes on beside it."""


def run(lives: Iterable[Life], until: datetime, *, tick: Callable[[datetime], None] | None = None) -> None:
    """Live all ``lives`` together up to ``until``, each step at its own time; ``tick`` hears of every step.

    What a life would do later is not done: it stays as it is at ``until``.
    """
    waiting: list[tuple[datetime, int, Life]] = []
    numbers = itertools.count()  # of two at the same time the one that waits longer comes first
    for life in lives:
        _advance(waiting, numbers, life)
    while waiting and waiting[0][0] <= until:
        at, _, life = heapq.heappop(waiting)
        if tick is not None:
            tick(at)
        _advance(waiting, numbers, life)


def _advance(waiting: list[tuple[datetime, int, Life]], numbers: Iterator[int], life: Life) -> None:
    for following in life:
        if isinstance(following, datetime):
            heapq.heappush(waiting, (following, next(numbers), life))
            return
        _advance(waiting, numbers, following)
