"""The due list: which readings a patient needs after a dose, when, and which have been taken."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from euthymia.evidence import RuleBook
from euthymia.protocol._kinds import Kind as Kind
from euthymia.protocol._kinds import taken
from euthymia.protocol._repeats import Repeat, repeats
from euthymia.protocol._watch_plan import Clock as Clock
from euthymia.protocol._watch_plan import NotedRisk as NotedRisk
from euthymia.protocol._watch_plan import Slot, slots
from euthymia.protocol._watch_plan import risks as risks
from euthymia.protocol.facts import MonitoringFacts, Observation

AGAIN = "@"
"""Between the key of a due reading and the number of a later waiver of it: a further dose asks for it anew."""


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
    says why it was waived. ``because`` is the reading that asks for it, for one to be taken again.
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
    because: str = ""


def due_list(facts: MonitoringFacts, rules: RuleBook, now: datetime) -> tuple[DueObservation, ...]:
    """Return every reading of the visit in the order of its due time.

    Before the last device is given, times count from the device given last and move when another follows.
    While an infusion runs, the list reaches to the next reading and recovery has not begun. Beside the plan
    stand the readings that a reading beyond a limit asks for.
    """
    due = [_judge(slot, facts, now) for slot in slots(facts, rules, now)]
    due += [_again(repeat, facts, now) for repeat in repeats(facts, rules)]
    return tuple(sorted(due, key=lambda item: (item.due_at, item.key)))


def next_due(items: Iterable[DueObservation]) -> DueObservation | None:
    """Return what to take next: the oldest reading that is overdue or due, else the next to come."""
    waiting = (DueState.OVERDUE, DueState.DUE), (DueState.UPCOMING,)
    kept = sorted(items, key=lambda item: item.due_at)
    return next((item for states in waiting for item in kept if item.state in states), None)


def _judge(slot: Slot, facts: MonitoringFacts, now: datetime) -> DueObservation:
    anchor = facts.t0 if slot.clock is Clock.PROGRAMME else facts.last_dose_at or facts.t0
    opens, closes = anchor + slot.opens, anchor + slot.closes
    key = f"{'start' if slot.clock is Clock.PROGRAMME else 'last'}+{slot.minutes}"
    times = _first_times(facts.observations, slot.kinds, opens)
    missing, done_at = slot.kinds - times.keys(), None if slot.kinds - times.keys() else max(times.values())
    due_at = anchor + timedelta(minutes=slot.minutes)
    counts_from = None if slot.clock is Clock.PROGRAMME else anchor
    state, reason = _state(
        key, facts, now, due_at, opens, closes, done=done_at is not None, since=counts_from
    )
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


def _again(repeat: Repeat, facts: MonitoringFacts, now: datetime) -> DueObservation:
    opens, closes = repeat.asked_at + repeat.opens, repeat.asked_at + repeat.closes
    key = f"again+{repeat.rule.id}+{repeat.kind.name.lower()}+{int(repeat.asked_at.timestamp())}"
    done_at, kinds = repeat.done_at, frozenset({repeat.kind})
    state, reason = _state(key, facts, now, opens, opens, closes, done=done_at is not None)
    return DueObservation(
        key,
        repeat.rule.id,
        kinds,
        repeat.rule.integer("repeat_from"),
        Clock.READING,
        opens,
        opens,
        closes,
        state,
        frozenset() if done_at else kinds,
        done_at,
        done_at is not None and done_at > closes,
        reason,
        repeat.value,
    )


def _first_times(
    observations: Iterable[Observation], kinds: frozenset[Kind], opens: datetime
) -> dict[Kind, datetime]:
    """Return when each kind was first taken from ``opens`` on; a late reading stands in for a missed one."""
    times: dict[Kind, datetime] = {}
    for observation in sorted(observations, key=lambda one: one.measured_at):
        if observation.measured_at >= opens:
            for kind in taken(observation) & kinds:
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
    since: datetime | None = None,
) -> tuple[DueState, str]:
    """``since`` is the dose it counts from: what was waived before that was another reading, of an earlier dose."""
    if done:
        return DueState.DONE, ""
    waivers = (each for each in facts.waivers if each.key.partition(AGAIN)[0] == key)
    waiver = next((each for each in waivers if since is None or each.at >= since), None)
    if waiver:
        return DueState.WAIVED, waiver.reason
    if facts.ended_at and due_at > facts.ended_at:
        return DueState.WAIVED, "monitoring had ended"
    if facts.ended_at:
        return DueState.MISSED, ""
    if now < opens:
        return DueState.UPCOMING, ""
    return (DueState.DUE, "") if now <= closes else (DueState.OVERDUE, "")
