"""The days a course's sessions are meant for, how far each may move, and what follows when one does.

Made from the regimen and from the sessions that were given. Nothing is judged here: ``plan`` judges a dose,
``booking`` a booked time. No day breaks the most sessions a week allows, whatever day it begins on.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from euthymia.evidence import Regimen, RuleBook, SchedulePhase

INDUCTION = "induction"
MAINTENANCE = "maintenance"
_WEEK = timedelta(weeks=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PlannedDay:
    """One session: its number in the course, its phase, its day, and the first and last day it may move to."""

    number: int
    phase: str
    target_on: date
    earliest_on: date
    latest_on: date


@dataclass(frozen=True, slots=True)
class Given:
    """The sessions given so far, oldest first; ``in_round`` of them since induction last began."""

    days: tuple[date, ...] = ()
    in_round: int = 0


@dataclass(frozen=True, slots=True)
class _Slot:
    """A session that is still to come: its phase, and the days to the one after it."""

    phase: str
    gap: timedelta
    per_week: int


def induction(
    regimen: Regimen, rules: RuleBook, first_on: date, given: Given = Given()
) -> tuple[PlannedDay, ...]:
    """Return what is left of induction, from ``first_on`` on."""
    return _placed(rules, first_on, given, _left(regimen.phases[0], given.in_round))


def afterwards(
    regimen: Regimen, rules: RuleBook, first_on: date, given: Given, gap_days: int
) -> tuple[PlannedDay, ...]:
    """Return the sessions after induction: what the regimen fixes first, then maintenance every ``gap_days``.

    A course that left induction early loses nothing: what follows it begins whole.
    """
    done = max(given.in_round - regimen.phases[0].sessions.value, 0)
    slots: list[_Slot] = []
    for phase in regimen.phases[1:]:
        if phase.name == MAINTENANCE:
            slots += [_Slot(phase.name, timedelta(days=gap_days), per_week(phase))] * phase.sessions.value
            continue
        slots += _left(phase, done)
        done = max(done - phase.sessions.value, 0)
    return _placed(rules, first_on, given, slots)


def outlook(
    regimen: Regimen, rules: RuleBook, planned: tuple[PlannedDay, ...], given: Given, gap_days: int
) -> tuple[PlannedDay, ...]:
    """Return what would follow ``planned`` induction if the decision on benefit is to go on."""
    if not planned:
        return ()
    then = Given((*given.days, *(each.target_on for each in planned)), given.in_round + len(planned))
    return afterwards(regimen, rules, planned[-1].target_on + _WEEK, then, gap_days)


def per_week(phase: SchedulePhase) -> int:
    """Return the most sessions that any seven days hold when a phase keeps its own rhythm."""
    gaps, count, reach = phase.gap_days, 0, 0
    if phase.name == MAINTENANCE:
        return 1
    while reach < _WEEK.days:
        reach += gaps[count % len(gaps)]
        count += 1
    return count


def window_days(rules: RuleBook, phase: str) -> int:
    """Return how many days a session of a phase may move either way."""
    name = phase if phase in (INDUCTION, MAINTENANCE) else "weekly"
    return rules["PLAN-1"].integer(f"{name}_days_max")


def breaks_week(on: date, others: Iterable[date], limit: int) -> bool:
    """Tell whether a session on ``on`` makes any seven days hold more than ``limit`` sessions."""
    around = [on, *(day for day in others if abs(day - on) < _WEEK)]
    begins = (start for start in around if start <= on)
    return any(sum(start <= day < start + _WEEK for day in around) > limit for start in begins)


def _left(phase: SchedulePhase, done: int) -> list[_Slot]:
    """The sessions of a phase that are still to come, with the rhythm going on where it stopped."""
    gaps = phase.gap_days
    return [
        _Slot(phase.name, timedelta(days=gaps[index % len(gaps)]), per_week(phase))
        for index in range(done, phase.sessions.value)
    ]


def _placed(rules: RuleBook, first_on: date, given: Given, slots: Iterable[_Slot]) -> tuple[PlannedDay, ...]:
    """Put each session on its day. The first stands where the prescriber put it; a later one moves on while
    its week is full, and none begins its window before the day after the session ahead of it."""
    days, on = list(given.days), first_on
    found: list[PlannedDay] = []
    for slot in slots:
        while found and breaks_week(on, days, slot.per_week):
            on += _DAY
        room = timedelta(days=window_days(rules, slot.phase))
        earliest = max(on - room, days[-1] + _DAY) if days else on - room
        days.append(on)
        found.append(PlannedDay(len(days), slot.phase, on, min(earliest, on), on + room))
        on += slot.gap
    return tuple(found)
