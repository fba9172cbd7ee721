"""Signals of misuse and the bladder. A signal asks for a conversation; it convicts nobody."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol._findings import Datum, Finding, Outcome
from euthymia.protocol._judge import finding, given, moment, same_day, stated, yes_or_no
from euthymia.protocol.facts import Product


class Signal(StrEnum):
    """Something that may point to misuse."""

    EARLY_REQUEST = "asked for an earlier or an extra session"
    HIGHER_DOSE = "asked for a higher dose without a reason in the symptoms"
    OTHER_PRESCRIBERS = "goes to several prescribers"
    OUTSIDE_KETAMINE = "reported ketamine from elsewhere"
    CRAVING = "craving"
    BLADDER = "bladder symptoms"
    UNEXPLAINED_VIALS = "vials or devices nobody can explain"
    INTOXICATED = "arrived intoxicated"


@dataclass(frozen=True, slots=True)
class SeenSignal:
    """A signal and the local date it was noted."""

    signal: Signal
    on: date


class BladderSymptom(StrEnum):
    """A symptom of the lower urinary tract."""

    FREQUENCY = "passing urine often"
    URGENCY = "urgency"
    PAIN = "pain when passing urine"
    NIGHT = "passing urine at night"
    BLOOD = "blood in the urine"
    ABOVE_PUBIS = "pain above the pubic bone"


@dataclass(frozen=True, slots=True)
class MisuseFacts:
    """What is known about misuse and the bladder.

    ``first_dose_at`` is ``None`` before the first dose. The dates are the last ones on which each was done.
    ``signals`` is empty when somebody looked and found none. ``bladder`` is the last asking and
    ``bladder_before`` the one before it, empty when there was no symptom; ``urine_tested`` holds what was tested
    since, ``urology`` what the urologist said.
    """

    product: Product
    abuse_risk: Datum[str] | None = None
    first_dose_at: datetime | None = None
    queried_on: date | None = None
    drug_screen_on: date | None = None
    ketamine_assay_on: date | None = None
    signals: Datum[tuple[SeenSignal, ...]] | None = None
    in_maintenance: bool = False
    bladder: Datum[frozenset[BladderSymptom]] | None = None
    bladder_before: Datum[frozenset[BladderSymptom]] | None = None
    urine_tested: Datum[str] | None = None
    urology: Datum[str] | None = None


def assess(facts: MisuseFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge the rules on misuse that the book states."""
    judgements = {
        "MIS-1": _assessed,
        "MIS-2": _queried,
        "MIS-3": _screened,
        "MIS-4": _signals,
        "MIS-5": _bladder,
        "MIS-5b": _lasting,
    }
    return tuple(judge(rules[rule], facts, now) for rule, judge in judgements.items() if rule in rules)


def _assessed(rule: Rule, facts: MisuseFacts, now: datetime) -> Finding:
    risk, first = facts.abuse_risk, facts.first_dose_at
    shown = first.isoformat(timespec="minutes") if first else "none yet"
    inputs = [given("risk of abuse", risk), stated("first dose", shown, at=first)]
    if risk is None or not risk.value.strip():
        sentence = "The risk of abuse has not been assessed."
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    sentence = f"The risk of abuse was assessed {moment(risk.at, now)}: {risk.value.strip()}"
    if first and risk.at > first:
        sentence = f"{sentence}; the first dose was given before, {moment(first, now)}."
        return finding(rule, facts.product, Outcome.VIOLATED, sentence, inputs)
    return finding(rule, facts.product, Outcome.SATISFIED, f"{sentence}.", inputs)


def _aged(name: str, on: date | None, most: int, today: date) -> tuple[Outcome, str]:
    if on is None:
        return Outcome.UNKNOWN, f"{name}: not done."
    days = (today - on).days
    return yes_or_no(days <= most), f"{name}: {days} days ago, at most {most}."


def _queried(rule: Rule, facts: MisuseFacts, now: datetime) -> Finding:
    outcome, sentence = _aged("Query", facts.queried_on, rule.integer("query_age_max"), now.date())
    inputs = [stated("queried on", facts.queried_on)]
    return finding(rule, facts.product, outcome, sentence, inputs)


def _screened(rule: Rule, facts: MisuseFacts, now: datetime) -> Finding:
    most = rule.integer("screen_age_max")
    screen, first = _aged("Drug screen", facts.drug_screen_on, most, now.date())
    assay, second = _aged("Ketamine assay", facts.ketamine_assay_on, most, now.date())
    inputs = [stated("drug screen", facts.drug_screen_on), stated("ketamine assay", facts.ketamine_assay_on)]
    order = [Outcome.VIOLATED, Outcome.UNKNOWN, Outcome.SATISFIED]
    outcome = min(screen, assay, key=order.index)
    return finding(rule, facts.product, outcome, f"{first} {second}", inputs)


def _signals(rule: Rule, facts: MisuseFacts, now: datetime) -> Finding:
    noted = facts.signals
    inputs = [given("signals", noted, show=_shown_signals)]
    if noted is None:
        sentence = "Nobody has recorded whether there are signals of misuse."
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    since, most = now.date() - rule.duration("window"), rule.integer("signals_max")
    recent = tuple(one for one in noted.value if one.on >= since)
    which = f": {_shown_signals(recent)}" if recent else ""
    sentence = f"{len(recent)} signals since {since.isoformat()}, at most {most}{which}."
    return finding(rule, facts.product, yes_or_no(len(recent) <= most), sentence, inputs)


def _shown_signals(signals: tuple[SeenSignal, ...]) -> str:
    ordered = sorted(signals, key=lambda one: (one.on, one.signal.value))
    return "; ".join(f"{one.signal.value} ({one.on.isoformat()})" for one in ordered) or "none"


def _shown(symptoms: frozenset[BladderSymptom]) -> str:
    return ", ".join(one.value for one in BladderSymptom if one in symptoms) or "none"


def _bladder(rule: Rule, facts: MisuseFacts, now: datetime) -> Finding:
    asked, tested = facts.bladder, facts.urine_tested
    inputs = [given("bladder symptoms", asked, show=_shown), given("urine tested", tested)]
    if not facts.in_maintenance:
        sentence = "The course is not in maintenance."
        return finding(rule, facts.product, Outcome.SATISFIED, sentence, inputs)
    if asked is None:
        sentence = "The bladder has not been asked about."
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    opening = f"Bladder symptoms {moment(asked.at, now)}: {_shown(asked.value)}"
    if not same_day(asked.at, now):
        sentence = f"{opening}; not asked today."
        return finding(rule, facts.product, Outcome.VIOLATED, sentence, inputs)
    if asked.value and not (tested and tested.at >= asked.at):
        sentence = f"{opening}; a urine test and a culture are owed."
        return finding(rule, facts.product, Outcome.VIOLATED, sentence, inputs)
    return finding(rule, facts.product, Outcome.SATISFIED, f"{opening}.", inputs)


def _lasting(rule: Rule, facts: MisuseFacts, now: datetime) -> Finding:
    asked, before, seen = facts.bladder, facts.bladder_before, facts.urology
    inputs = [
        given("bladder symptoms", asked, show=_shown),
        given("the time before", before, show=_shown),
        given("urologist", seen),
    ]
    if asked is None:
        outcome = Outcome.UNKNOWN if facts.in_maintenance else Outcome.SATISFIED
        sentence = "The bladder has not been asked about."
        return finding(rule, facts.product, outcome, sentence, inputs)
    opening = f"Bladder symptoms {moment(asked.at, now)}: {_shown(asked.value)}"
    blood = BladderSymptom.BLOOD in asked.value
    twice = bool(asked.value and before and before.value)
    if not blood and not twice:
        return finding(rule, facts.product, Outcome.SATISFIED, f"{opening}.", inputs)
    why = "blood in the urine" if blood else "symptoms at two askings in a row"
    if seen and seen.at >= asked.at:
        sentence = f"{opening}; {why}, seen by a urologist: {seen.value}."
        return finding(rule, facts.product, Outcome.SATISFIED, sentence, inputs)
    return finding(rule, facts.product, Outcome.VIOLATED, f"{opening}; {why}: wait for a urologist.", inputs)
