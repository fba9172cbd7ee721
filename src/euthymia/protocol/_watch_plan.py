"""The plan of observations: times and kinds by product, by the jurisdiction's time of watching, and by risk."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol._findings import Answer
from euthymia.protocol._interactions import current
from euthymia.protocol._kinds import VITALS, Kind
from euthymia.protocol.discharge import watch_rule
from euthymia.protocol.facts import (
    Condition,
    InteractionClass,
    LiverImpairment,
    MonitoringFacts,
    Product,
    SuitabilityFacts,
    WatchRisk,
)

_ALL = VITALS | {Kind.SEDATION, Kind.DISSOCIATION}
_MORE = {
    WatchRisk.BREATHING: frozenset({Kind.BREATHING, Kind.OXYGEN, Kind.SEDATION}),
    WatchRisk.PRESSURE: frozenset({Kind.PRESSURE, Kind.HEART_RATE}),
}


class Clock(StrEnum):
    """What the minutes of a due reading count from."""

    LAST_DOSE = "from the last device or injection, the end of the infusion or the empty mouth"
    PROGRAMME = "from the first device or the start of the infusion"
    READING = "from the reading that asks for it"


@dataclass(frozen=True, slots=True)
class Slot:
    """Readings the plan wants together, ``minutes`` on ``clock``."""

    rule: str
    kinds: frozenset[Kind]
    minutes: int
    clock: Clock
    opens: timedelta
    closes: timedelta


def slots(facts: MonitoringFacts, rules: RuleBook, now: datetime) -> list[Slot]:
    """Return what the plan wants of this visit up to ``now``, and what comes next."""
    if facts.product is Product.ESKETAMINE_NASAL:
        return _esketamine(facts, rules, now)
    if facts.route is not None and facts.route.is_direct:
        return _direct(facts, rules, now)
    return _infusion(facts, rules, now)


def _minutes(rule: Rule, name: str) -> set[int]:
    return {int(minute) for minute in rule.numbers(name)}


def _esketamine(facts: MonitoringFacts, rules: RuleBook, now: datetime) -> list[Slot]:
    rule, pressure = rules["OBS-ESK-1"], rules["MON-3"]
    listed = [
        (VITALS, _minutes(rule, "vitals_at") | {pressure.integer("due_at")}),
        (frozenset({Kind.SEDATION}), _minutes(rule, "sedation_at")),
        (frozenset({Kind.DISSOCIATION}), _minutes(rule, "dissociation_at")),
    ]
    last = max(set().union(*(minutes for _, minutes in listed)))
    listed.append((_ALL, set(_beyond(rule, last, facts, rules, now))))
    usual = set().union(*(minutes for _, minutes in listed))
    closer = _minutes(rules["OBS-RISK-1"], "nasal_at") if "OBS-RISK-1" in rules else set()
    listed += [(kinds, closer) for risk, kinds in _MORE.items() if risk in facts.risks]
    found = []
    for minute in sorted(set().union(*(minutes for _, minutes in listed))):
        kinds = frozenset().union(*(group for group, minutes in listed if minute in minutes))
        if minute == pressure.integer("due_at"):
            opens, closes = pressure.duration("opens_at"), pressure.duration("closes_at")
            found.append(Slot("MON-3", kinds, minute, Clock.LAST_DOSE, opens, closes))
        else:
            name = rule.id if minute in usual else "OBS-RISK-1"
            found.append(_around(rule, kinds, minute, Clock.LAST_DOSE, name))
    return found


def _around(rule: Rule, kinds: frozenset[Kind], minute: int, clock: Clock, name: str = "") -> Slot:
    at = timedelta(minutes=minute)
    return Slot(
        name or rule.id, kinds, minute, clock, at - rule.duration("early"), at + rule.duration("late")
    )


def _beyond(rule: Rule, last: int, facts: MonitoringFacts, rules: RuleBook, now: datetime) -> list[int]:
    """Return the minutes after the listed ones: to the end of the watch, and as long as the patient is here."""
    if "then_every" not in rule.thresholds or facts.last_dose_at is None:
        return []
    every, until, watched = rule.integer("then_every"), rule.integer("then_until"), _watched_for(facts, rules)
    here = ((facts.ended_at or now) - facts.last_dose_at) // timedelta(minutes=1)
    reach = here if facts.ended_at else here + every  # while the patient is here, the next one is shown
    return [
        minute
        for minute in range(last + every, until + 1, every)
        if minute <= reach or minute - every < watched
    ]


def _watched_for(facts: MonitoringFacts, rules: RuleBook) -> int:
    """Return how many minutes the jurisdiction has somebody watched, longer with a sick liver where it says so."""
    rule = watch_rule(facts.product, rules, facts.route)
    longest = [rule.integer("minutes_min")] if rule else []
    if WatchRisk.LIVER in facts.risks and facts.product is Product.ESKETAMINE_NASAL and "MON-9" in rules:
        longest.append(rules["MON-9"].integer("minutes_min"))
    return max(longest, default=0)


def _infusion(facts: MonitoringFacts, rules: RuleBook, now: datetime) -> list[Slot]:
    rule = rules["OBS-IV-1"]
    every, kinds = rule.integer("infusion_every"), VITALS | {Kind.SEDATION}
    # A pump that was paused may run for longer than an infusion may take: somebody watches as long as it runs.
    longest = max(rules["IV-DOSE-3"].integer("minutes_max"), _longest_stay(rule))
    run = ((facts.last_dose_at or facts.ended_at or now) - facts.t0) // timedelta(minutes=1)
    # While it runs, the next reading is shown; once it has ended, none beyond its end is asked for.
    reach = min(run, longest) if facts.last_dose_at else min(run + every, longest)
    during = dict.fromkeys(range(every, reach + 1, every), kinds)
    for minute in _minutes(rule, "dissociation_at"):
        during[minute] = during.get(minute, frozenset()) | {Kind.DISSOCIATION}
    found = [_around(rule, group, minute, Clock.PROGRAMME) for minute, group in during.items()]
    if facts.last_dose_at:
        found += _recovery(facts, rules, now, kinds)
    return found


def _longest_stay(rule: Rule) -> int:
    """Return for how many minutes a visit that nobody ended goes on asking; nothing where the rule is older."""
    return rule.integer("then_until") if "then_until" in rule.thresholds else 0


def _direct(facts: MonitoringFacts, rules: RuleBook, now: datetime) -> list[Slot]:
    """What is wanted after an injection or a dose in the mouth: all of it counts from when the last one went in."""
    rule, watched = rules["ROUTE-8"], _watched_for(facts, rules)
    closer = "OBS-RISK-1" in rules and bool(facts.risks & _MORE.keys())
    name = "OBS-RISK-1" if closer else rule.id
    rising = range(
        rule.integer("rising_every"), rule.integer("rising_until") + 1, rule.integer("rising_every")
    )
    every = min(rule.integer("recovery_every"), rules[name].integer("recovery_every"))
    later = range(max(rising, default=0) + every, watched + 1, every)
    kinds = VITALS | {Kind.SEDATION}
    minutes = dict.fromkeys((*rising, *later), kinds)
    for minute in _minutes(rule, "dissociation_at"):
        minutes[minute] = minutes.get(minute, frozenset()) | {Kind.DISSOCIATION}
    found = [
        _around(rule, wanted, minute, Clock.LAST_DOSE, name if minute in later else rule.id)
        for minute, wanted in minutes.items()
    ]
    beyond = _beyond(rule, max(minutes), facts, rules, now)
    return found + [_around(rule, kinds | {Kind.DISSOCIATION}, minute, Clock.LAST_DOSE) for minute in beyond]


def _recovery(facts: MonitoringFacts, rules: RuleBook, now: datetime, kinds: frozenset[Kind]) -> list[Slot]:
    rule, recovery = rules["OBS-IV-1"], rules["IV-REC-1"].integer("minutes_min")
    closer = "OBS-RISK-1" in rules and bool(facts.risks & _MORE.keys())
    name = "OBS-RISK-1" if closer else rule.id
    every = rules[name].integer("recovery_every")
    listed = list(range(every, recovery + 1, every))
    found = [_around(rule, kinds, minute, Clock.LAST_DOSE, name) for minute in listed]
    last = max(listed, default=0)
    kinds |= {Kind.DISSOCIATION}
    return [
        *found,
        *(_around(rule, kinds, minute, Clock.LAST_DOSE) for minute in _beyond(rule, last, facts, rules, now)),
    ]


# --- what makes it closer ----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class NotedRisk:
    """One reason to watch more closely or for longer, in words; ``rule`` is what names it."""

    risk: WatchRisk
    rule: str
    sentence: str


_BY_MEDICINE = {
    "WP-13": WatchRisk.BREATHING,
    "WP-13-STIM": WatchRisk.PRESSURE,
    "WP-13-MAOI": WatchRisk.PRESSURE,
    "WP-13-BP": WatchRisk.PRESSURE,
}
_BY_CONDITION = {
    Condition.CARDIORESPIRATORY_DISEASE: (WatchRisk.BREATHING, WatchRisk.PRESSURE),
    Condition.CARDIOVASCULAR_RISK: (WatchRisk.PRESSURE,),
    Condition.UNTREATED_SLEEP_APNOEA: (WatchRisk.BREATHING,),
}
_SICK_LIVER = (LiverImpairment.CHILD_PUGH_B, LiverImpairment.CHILD_PUGH_C)


def risks(facts: SuitabilityFacts, rules: RuleBook, now: datetime) -> tuple[NotedRisk, ...]:
    """Return why this patient is watched more closely or for longer; empty for the usual plan.

    Only what is on record counts: what nobody asked about is a finding of suitability and of the order.
    """
    if "OBS-RISK-1" not in rules:
        return ()
    found = []
    taken = current(facts.medicines, now.date()) if facts.medicines else ()
    for rule, risk in _BY_MEDICINE.items():
        wanted = _classes(rules, rule)
        hits = [one.name for one in taken if wanted & (one.classes or frozenset())]
        if hits:
            found.append(NotedRisk(risk, rule, f"The patient takes {', '.join(hits)}."))
    for answer in facts.eligibility.conditions:
        if answer.answer is Answer.YES:
            found += [
                NotedRisk(risk, "OBS-RISK-1", f"On record: {answer.condition.value}.")
                for risk in _BY_CONDITION.get(answer.condition, ())
            ]
    if facts.liver is not None and facts.liver.value in _SICK_LIVER and "MON-9" in rules:
        found.append(NotedRisk(WatchRisk.LIVER, "MON-9", f"The liver: {facts.liver.value.value}."))
    return tuple(found)


def _classes(rules: RuleBook, rule: str) -> frozenset[InteractionClass]:
    if rule not in rules:
        return frozenset()
    value = rules[rule].thresholds["classes"].value
    words = value if isinstance(value, tuple) else (value,)
    return frozenset(InteractionClass(str(word)) for word in words)
