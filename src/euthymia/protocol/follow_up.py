"""What is owed to a patient who has left: a call at 24 hours and the PHQ-9 at 7 days."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol._findings import Datum, Finding, Outcome
from euthymia.protocol._judge import finding, full_moment, given, stated
from euthymia.protocol.facts import FollowUpCall, FollowUpFacts, Product

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FollowUpDue:
    """One thing owed after a visit, with its times."""

    rule: str
    title: str
    opens_at: datetime
    due_at: datetime
    closes_at: datetime


def due(left_at: datetime, rules: RuleBook) -> tuple[FollowUpDue, ...]:
    """Return what is owed to a patient who left at ``left_at``."""
    return tuple(
        FollowUpDue(
            rule.id,
            rule.title,
            left_at + rule.duration("opens_at"),
            left_at + rule.duration("due_at"),
            left_at + rule.duration("closes_at"),
        )
        for rule in (rules["FU-1"], rules["FU-2"])
    )


def assess(
    facts: FollowUpFacts, rules: RuleBook, now: datetime, *, product: Product = Product.ESKETAMINE_NASAL
) -> tuple[Finding, ...]:
    """Judge the call and the questionnaire; what came late is satisfied and stays a deviation."""
    call = facts.call
    return (
        _owed(rules["FU-1"], facts, call, product, now, _incomplete(call.value) if call else ""),
        _owed(rules["FU-2"], facts, facts.phq9, product, now, ""),
    )


def _incomplete(call: FollowUpCall) -> str:
    parts = {
        "mood": call.mood is not None,
        "adverse events": call.adverse_events_asked,
        "safety": call.safety_asked,
    }
    missing = [name for name, present in parts.items() if not present]
    return f"The call left out: {', '.join(missing)}." if missing else ""


def _show(value: object) -> str:
    if isinstance(value, FollowUpCall):
        return f"mood {'not given' if value.mood is None else value.mood}"
    return str(value)


def _owed(
    rule: Rule,
    facts: FollowUpFacts,
    heard: Datum[T] | None,
    product: Product,
    now: datetime,
    incomplete: str,
) -> Finding:
    opens, closes = facts.left_at + rule.duration("opens_at"), facts.left_at + rule.duration("closes_at")
    window = f"due between {full_moment(opens, now)} and {full_moment(closes, now)}"
    left = stated("left", facts.left_at.isoformat(timespec="minutes"), at=facts.left_at)
    inputs = [left, *([given(rule.title, heard, show=_show)] if heard else [])]
    late = f"{rule.title} did not happen by {full_moment(closes, now)}."
    if heard is None or heard.at < opens:
        if now <= closes:
            return finding(rule, product, Outcome.UNKNOWN, f"{rule.title}: {window}.", inputs)
        return finding(
            rule, product, Outcome.VIOLATED, f"{rule.title}: was {window}.", inputs, deviation=late
        )
    if incomplete:
        return finding(rule, product, Outcome.UNKNOWN, incomplete, inputs)
    sentence = f"{rule.title}: {full_moment(heard.at, now)}; {window}."
    return finding(
        rule, product, Outcome.SATISFIED, sentence, inputs, deviation=late if heard.at > closes else ""
    )
