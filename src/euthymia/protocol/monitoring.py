"""The due list: which readings a patient needs after a dose, when, and which have been taken."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol.facts import MonitoringFacts, Observation, Product


class Kind(StrEnum):
    """One kind of reading."""

    PRESSURE = "blood pressure"
    HEART_RATE = "heart rate"
    BREATHING = "breathing"
    OXYGEN = "oxygen"
    SEDATION = "sedation"
    DISSOCIATION = "dissociation"


_VITALS = frozenset({Kind.PRESSURE, Kind.HEART_RATE, Kind.BREATHING, Kind.OXYGEN})


class Clock(StrEnum):
    """What the minutes of a due reading count from."""

    LAST_DOSE = "from the last device or the end of the infusion"
    PROGRAMME = "from the first device or the start of the infusion"


class DueState(StrEnum):
    """Where a due reading stands."""

    UPCOMING = "upcoming"
    DUE = "due"
    OVERDUE = "overdue"
    DONE = "done"
    WAIVED = "waived"
    MISSED = "missed"
    """Its time passed before monitoring ended and it was never taken."""


@dataclass(frozen=True, slots=True)
class DueObservation:
    """Readings to take together.

    ``key`` stays the same when a further device moves the times. ``minutes`` count on ``clock``. ``missing``
    are the kinds still to take. ``late`` is true when the last of them came after ``closes_at``. ``reason``
    says why it was waived.
    """

    key: str
    rule: str
    kinds: frozenset[Kind]
    minutes: int
    clock: Clock
    due_at: datetime
    opens_at: datetime
    closes_at: datetime
    state: DueState
    missing: frozenset[Kind]
    done_at: datetime | None = None
    late: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Slot:
    rule: str
    kinds: frozenset[Kind]
    minutes: int
    clock: Clock
    opens: timedelta
    closes: timedelta


def due_list(facts: MonitoringFacts, rules: RuleBook, now: datetime) -> tuple[DueObservation, ...]:
    """Return every reading of the visit in the order of its due time.

    Before the last device is given, times count from the device given last and move when another follows.
    While an infusion runs, the list reaches to the next reading and recovery has not begun.
    """
    if facts.product is Product.ESKETAMINE_NASAL:
        slots = _esketamine_slots(rules)
    else:
        slots = _infusion_slots(facts, rules, now)
    due = [_judge(slot, facts, now) for slot in slots]
    return tuple(sorted(due, key=lambda item: (item.due_at, item.key)))


def next_due(items: Iterable[DueObservation]) -> DueObservation | None:
    """Return what to take next: the oldest reading that is overdue or due, else the next to come."""
    waiting = (DueState.OVERDUE, DueState.DUE), (DueState.UPCOMING,)
    kept = sorted(items, key=lambda item: item.due_at)
    return next((item for states in waiting for item in kept if item.state in states), None)


def _minutes(rule: Rule, name: str) -> set[int]:
    return {int(minute) for minute in rule.numbers(name)}


def _esketamine_slots(rules: RuleBook) -> list[_Slot]:
    rule, pressure = rules["OBS-ESK-1"], rules["MON-3"]
    at = {
        _VITALS: _minutes(rule, "vitals_at") | {pressure.integer("due_at")},
        frozenset({Kind.SEDATION}): _minutes(rule, "sedation_at"),
        frozenset({Kind.DISSOCIATION}): _minutes(rule, "dissociation_at"),
    }
    slots = []
    for minute in sorted(set().union(*at.values())):
        kinds = frozenset().union(*(group for group, minutes in at.items() if minute in minutes))
        if minute == pressure.integer("due_at"):
            opens, closes = pressure.duration("opens_at"), pressure.duration("closes_at")
            slots.append(_Slot("MON-3", kinds, minute, Clock.LAST_DOSE, opens, closes))
        else:
            slots.append(_around(rule, kinds, minute, Clock.LAST_DOSE))
    return slots


def _around(rule: Rule, kinds: frozenset[Kind], minute: int, clock: Clock) -> _Slot:
    at = timedelta(minutes=minute)
    return _Slot(rule.id, kinds, minute, clock, at - rule.duration("early"), at + rule.duration("late"))


def _infusion_slots(facts: MonitoringFacts, rules: RuleBook, now: datetime) -> list[_Slot]:
    rule = rules["OBS-IV-1"]
    every, kinds = rule.integer("infusion_every"), _VITALS | {Kind.SEDATION}
    longest = rules["IV-DOSE-3"].integer("minutes_max")
    run = ((facts.last_dose_at or now) - facts.t0) // timedelta(minutes=1)
    # While it runs, the next reading is shown; once it has ended, none beyond its end is asked for.
    reach = min(run, longest) if facts.last_dose_at else min(run + every, longest)
    during = dict.fromkeys(range(every, reach + 1, every), kinds)
    for minute in _minutes(rule, "dissociation_at"):
        during[minute] = during.get(minute, frozenset()) | {Kind.DISSOCIATION}
    slots = [_around(rule, group, minute, Clock.PROGRAMME) for minute, group in during.items()]
    if facts.last_dose_at:
        every, recovery = rule.integer("recovery_every"), rules["IV-REC-1"].integer("minutes_min")
        slots += [
            _around(rule, kinds, minute, Clock.LAST_DOSE) for minute in range(every, recovery + 1, every)
        ]
    return slots


def _taken(observation: Observation) -> frozenset[Kind]:
    readings = {
        Kind.PRESSURE: observation.pressure,
        Kind.HEART_RATE: observation.heart_rate_per_min,
        Kind.BREATHING: observation.respiratory_rate_per_min,
        Kind.OXYGEN: observation.spo2_percent,
        Kind.SEDATION: observation.sedation,
        Kind.DISSOCIATION: observation.dissociation,
    }
    return frozenset(kind for kind, reading in readings.items() if reading is not None)


def _judge(slot: _Slot, facts: MonitoringFacts, now: datetime) -> DueObservation:
    anchor = facts.t0 if slot.clock is Clock.PROGRAMME else facts.last_dose_at or facts.t0
    opens, closes = anchor + slot.opens, anchor + slot.closes
    key = f"{'start' if slot.clock is Clock.PROGRAMME else 'last'}+{slot.minutes}"
    times = _first_times(facts.observations, slot.kinds, opens)
    missing, done_at = slot.kinds - times.keys(), None if slot.kinds - times.keys() else max(times.values())
    due_at = anchor + timedelta(minutes=slot.minutes)
    state, reason = _state(key, facts, now, due_at, opens, closes, done=done_at is not None)
    late = done_at is not None and done_at > closes
    return DueObservation(
        key,
        slot.rule,
        slot.kinds,
        slot.minutes,
        slot.clock,
        due_at,
        opens,
        closes,
        state,
        missing,
        done_at,
        late,
        reason,
    )


def _first_times(
    observations: Iterable[Observation], kinds: frozenset[Kind], opens: datetime
) -> dict[Kind, datetime]:
    """Return when each kind was first taken from ``opens`` on; a late reading stands in for a missed one."""
    times: dict[Kind, datetime] = {}
    for observation in sorted(observations, key=lambda one: one.measured_at):
        if observation.measured_at >= opens:
            for kind in _taken(observation) & kinds:
                times.setdefault(kind, observation.measured_at)
    return times


def _state(
    key: str,
    facts: MonitoringFacts,
    now: datetime,
    due_at: datetime,
    opens: datetime,
    closes: datetime,
    *,
    done: bool,
) -> tuple[DueState, str]:
    if done:
        return DueState.DONE, ""
    waiver = next((waiver for waiver in facts.waivers if waiver.key == key), None)
    if waiver:
        return DueState.WAIVED, waiver.reason
    if facts.ended_at and due_at > facts.ended_at:
        return DueState.WAIVED, "monitoring had ended"
    if facts.ended_at:
        return DueState.MISSED, ""
    if now < opens:
        return DueState.UPCOMING, ""
    return (DueState.DUE, "") if now <= closes else (DueState.OVERDUE, "")
