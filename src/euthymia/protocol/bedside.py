"""Whether a second person confirmed the dose at the bedside just before it started. It never holds back the record."""

from dataclasses import dataclass
from datetime import datetime

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol._findings import Datum, Finding, Input, Outcome
from euthymia.protocol._judge import dated, finding, given, span, stated
from euthymia.protocol.facts import Product


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the staff. ``id`` tells two people of one name apart."""

    id: str
    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class BedsideFacts:
    """``checked`` is the last confirmation of the order that stands, before the dose or after it; ``started`` the
    first device or the infusion's start, with who recorded it. ``signed_by`` is ``None`` where no order stood."""

    product: Product
    signed_by: Person | None
    checked: Datum[Person] | None
    started: Datum[Person] | None = None


def assess(facts: BedsideFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge the confirmation, before the dose or after it has begun; a breach carries its deviation."""
    return (_second_person(rules["CHK-1"], facts, now),) if "CHK-1" in rules else ()


def stands(facts: BedsideFacts, rules: RuleBook, now: datetime) -> bool:
    """Tell whether a dose that starts now starts confirmed, whoever of the others starts it."""
    found = assess(facts, rules, now)
    return not found or found[0].outcome is Outcome.SATISFIED


def _second_person(rule: Rule, facts: BedsideFacts, now: datetime) -> Finding:
    inputs = [
        stated("order signed by", facts.signed_by),
        given("confirmed by", facts.checked),
        given("started by", facts.started),
    ]
    begun = facts.started is not None
    sentence = _breach(rule, facts, now)
    if sentence:
        outcome = Outcome.VIOLATED if begun or facts.checked else Outcome.UNKNOWN
        return finding(rule, facts.product, outcome, sentence, inputs, deviation=sentence if begun else "")
    assert facts.checked is not None
    sentence = f"Confirmed at the bedside by {facts.checked.value} on {dated(facts.checked.at, now)}."
    return finding(rule, facts.product, Outcome.SATISFIED, sentence, inputs)


def _breach(rule: Rule, facts: BedsideFacts, now: datetime) -> str:
    checked, started = facts.checked, facts.started
    begun = f"The dose was started on {dated(started.at, now)}" if started else ""
    if checked is None:
        return f"{begun}, and nobody had confirmed it." if begun else "Nobody has confirmed the dose yet."
    if facts.signed_by is not None and checked.value.id == facts.signed_by.id:
        return f"{checked.value} confirmed the dose and signed its order: a second person confirms."
    if started is not None and checked.value.id == started.value.id:
        return f"{checked.value} confirmed the dose and started it: a second person confirms."
    if started is not None and checked.at > started.at:
        return f"{begun} and confirmed only afterwards, on {dated(checked.at, now)}."
    longest = rule.duration("before_max")
    if (started.at if started else now) - checked.at > longest:
        late = (
            f"more than {span(longest)} before it"
            if begun
            else f"more than {span(longest)} ago: confirm again"
        )
        return f"The dose was confirmed on {dated(checked.at, now)}, {late}."
    return ""


def differences(ordered: tuple[Input, ...], read: tuple[Input, ...]) -> tuple[str, ...]:
    """Say where what was read at the bedside is not what was ordered; both in the same order, with their units."""
    return tuple(
        f"{one.name}: {other.value or 'nothing'} {other.unit} read, {one.value} {one.unit} ordered"
        for one, other in zip(ordered, read, strict=True)
        if one.value != other.value
    )
