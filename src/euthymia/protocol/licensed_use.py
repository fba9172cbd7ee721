"""What a licence asks before esketamine beside the history: what it is taken with, who decides, recent events.

``eligibility`` judges the licensed use itself, the illness, age and contraindications.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol._conditions import as_input, current_answer
from euthymia.protocol._findings import Answer, Datum, Finding, Input, Outcome
from euthymia.protocol._indications import combined
from euthymia.protocol._judge import finding, given, moment, worst, yes_or_no
from euthymia.protocol.facts import Condition, ConditionAnswer, DatedEvent, Product, SuitabilityFacts

EVENTS = (
    Condition.MYOCARDIAL_INFARCTION,
    Condition.STROKE,
    Condition.OTHER_CARDIOVASCULAR_EVENT,
)
"""What CI-5 asks the dates of."""


@dataclass(frozen=True, slots=True)
class LicensedUseFacts:
    """``psychiatrist`` is whether a psychiatrist decided to prescribe; ``None`` while nobody has decided."""

    suitability: SuitabilityFacts
    psychiatrist: Datum[bool] | None = None


def assess(facts: LicensedUseFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge the combination, the prescriber and recent events; intravenous ketamine has no such rules."""
    if facts.suitability.eligibility.product is not Product.ESKETAMINE_NASAL:
        return ()
    return (
        *combined(facts.suitability, rules, now),
        *((_psychiatrist(rules["IND-EU-3"], facts, now),) if "IND-EU-3" in rules else ()),
        *((_events(rules["CI-5"], facts.suitability, now.date()),) if "CI-5" in rules else ()),
    )


def _psychiatrist(rule: Rule, facts: LicensedUseFacts, now: datetime) -> Finding:
    decided = facts.psychiatrist
    product = facts.suitability.eligibility.product
    inputs = [given("decided by a psychiatrist", decided, show=lambda value: "yes" if value else "no")]
    if decided is None:
        return finding(rule, product, Outcome.UNKNOWN, "Nobody has decided to prescribe.", inputs)
    who = "a psychiatrist" if decided.value else "somebody who is no psychiatrist"
    sentence = f"{who.capitalize()} decided to prescribe, {moment(decided.at, now)}."
    return finding(rule, product, yes_or_no(decided.value), sentence, inputs)


def _events(rule: Rule, facts: SuitabilityFacts, today: date) -> Finding:
    """Judge each kind of event by its answer and, where there was one, by the date of the latest."""
    least, inputs, judged = rule.duration("weeks_min"), [], []
    for condition in EVENTS:
        answer = current_answer(facts.eligibility.conditions, condition)
        event = max(
            (one for one in facts.events if one.condition is condition),
            key=lambda one: (one.latest, one.earliest),
            default=None,
        )
        inputs += [as_input(condition, answer), *([_dated(event)] if event else [])]
        judged.append(_judge(condition, answer, event, today, least))
    outcome = worst(part for part, _ in judged)
    sentence = " ".join(words for _, words in judged)
    return finding(rule, facts.eligibility.product, outcome, sentence, inputs)


def _dated(event: DatedEvent) -> Input:
    return Input(f"date of {event.condition.value}", _days(event), "", event.at, event.origin)


def _days(event: DatedEvent) -> str:
    if event.earliest == event.latest:
        return event.earliest.isoformat()
    return f"{event.earliest.isoformat()} to {event.latest.isoformat()}"


def _judge(
    condition: Condition,
    answer: ConditionAnswer | None,
    event: DatedEvent | None,
    today: date,
    least: timedelta,
) -> tuple[Outcome, str]:
    name = f"{condition.value[0].upper()}{condition.value[1:]}"
    if event is None:
        if answer is None or answer.answer is Answer.NOT_ASKED:
            return Outcome.UNKNOWN, f"{name}: not asked."
        if answer.answer is Answer.YES:
            return Outcome.UNKNOWN, f"{name}: yes, the date is not known."
        if not answer.basis.strip():
            return Outcome.UNKNOWN, f"{name}: none known, but the basis for saying so is missing."
        return Outcome.SATISFIED, f"{name}: none known."
    over = today - least
    words = f"{name}: {_days(event)}, at least {least.days} days before {today.isoformat()} is asked for"
    if event.latest <= over:
        return Outcome.SATISFIED, f"{words}."
    if event.earliest > over:
        return Outcome.VIOLATED, f"{words}: not before {(event.latest + least).isoformat()}."
    return Outcome.UNKNOWN, f"{words}: the day must be known."
