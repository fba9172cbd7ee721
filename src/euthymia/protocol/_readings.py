"""Readings in order of time: the latest of a kind, and the run of them."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from euthymia.protocol._findings import Datum
from euthymia.protocol.facts import Observation

T = TypeVar("T")


def series(observations: Iterable[Observation], take: Callable[[Observation], T | None]) -> list[Datum[T]]:
    """Return every reading of one kind, oldest first."""
    found = []
    for observation in sorted(observations, key=lambda one: one.measured_at):
        value = take(observation)
        if value is not None:
            found.append(Datum(value, observation.measured_at, observation.origin))
    return found


def latest(observations: Iterable[Observation], take: Callable[[Observation], T | None]) -> Datum[T] | None:
    """Return the latest reading of one kind, or ``None``."""
    return next(reversed(series(observations, take)), None)
