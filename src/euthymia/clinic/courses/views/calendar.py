"""A course drawn as a calendar: weeks from Monday to Sunday, with what is given, planned and foreseen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from euthymia.clinic.courses.queries import Session
from euthymia.protocol.schedule import PlannedDay

_WEEK = 7


@dataclass(frozen=True, slots=True)
class Mark:
    """One session on one day. ``kind`` is given, planned, missed or foreseen; ``room`` says how far it may move."""

    number: int
    on: date
    kind: str
    phase: str
    room: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """One square of the calendar."""

    on: date
    mark: Mark | None
    is_today: bool
    names_month: bool


@dataclass(frozen=True, slots=True)
class Calendar:
    """The weeks, and the marks in order as the list beside them shows them."""

    weeks: tuple[tuple[Day, ...], ...]
    marks: tuple[Mark, ...]


def from_sessions(sessions: Iterable[Session], today: date) -> list[Mark]:
    """The sessions of a course as they stand."""
    marks = []
    for each in sessions:
        if each.given_at is not None:
            marks.append(Mark(each.number, timezone.localdate(each.given_at), "given", each.phase))
        elif each.target_on is not None:
            kind = "missed" if each.is_missed(today) else "planned"
            room = _room(each.earliest_on or each.target_on, each.latest_on or each.target_on)
            marks.append(Mark(each.number, each.target_on, kind, each.phase, room))
    return marks


def from_days(days: Iterable[PlannedDay], kind: str) -> list[Mark]:
    """Sessions that a plan would make."""
    return [
        Mark(
            each.number,
            each.target_on,
            kind,
            each.phase.capitalize(),
            _room(each.earliest_on, each.latest_on),
        )
        for each in days
    ]


def calendar(marks: Iterable[Mark], today: date) -> Calendar | None:
    """Every week from the first mark to the last; none without a mark."""
    by_day = {mark.on: mark for mark in sorted(marks, key=lambda mark: mark.kind != "given")}
    if not by_day:
        return None
    first = min(by_day) - timedelta(days=min(by_day).weekday())
    weeks = (max(by_day) - first).days // _WEEK + 1
    return Calendar(
        weeks=tuple(
            tuple(
                _square(first + timedelta(days=_WEEK * week + day), by_day, today, first=week == day == 0)
                for day in range(_WEEK)
            )
            for week in range(weeks)
        ),
        marks=tuple(sorted(by_day.values(), key=lambda mark: mark.on)),
    )


def _square(on: date, by_day: dict[date, Mark], today: date, *, first: bool) -> Day:
    return Day(on, by_day.get(on), on == today, names_month=first or on.day == 1)


def _room(earliest: date, latest: date) -> str:
    return "" if earliest == latest else f"{earliest:%-d %b} to {latest:%-d %b}"
