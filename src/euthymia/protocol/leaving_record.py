"""What the record of a patient's leaving holds besides the gate: a sick liver, the checklist, when ready."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol._findings import Datum, Finding, Outcome
from euthymia.protocol._judge import finding, given, moment, span, stated, yes_or_no
from euthymia.protocol.facts import LiverImpairment, Product


class ManagedRisk(StrEnum):
    """A risk that the European risk minimisation programme manages."""

    DISSOCIATION = "dissociation"
    SEDATION = "sedation"
    BLOOD_PRESSURE = "blood pressure"
    MISUSE = "misuse"


@dataclass(frozen=True, slots=True)
class LeavingFacts:
    """What was recorded about leaving.

    ``last_dose_at`` is the last device. ``checklist`` holds the risks that were gone through before leaving.
    ``ready_at`` is when the patient would have been ready had no time been fixed.
    """

    product: Product
    t0: datetime
    last_dose_at: datetime | None
    liver: Datum[LiverImpairment] | None = None
    checklist: Datum[frozenset[ManagedRisk]] | None = None
    ready_at: Datum[datetime] | None = None


def assess(facts: LeavingFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge what the jurisdiction asks for; intravenous ketamine has no such rules."""
    if facts.product is not Product.ESKETAMINE_NASAL:
        return ()
    judges = {"MON-9": _liver, "MON-10": _checklist, "MON-11": _ready}
    return tuple(judge(rules[rule], facts, now) for rule, judge in judges.items() if rule in rules)


def _liver(rule: Rule, facts: LeavingFacts, now: datetime) -> Finding:
    liver, last, least = facts.liver, facts.last_dose_at, rule.duration("minutes_min")
    inputs = [
        given("liver", liver),
        stated("last device", last.isoformat(timespec="minutes") if last else None, at=last),
    ]
    if liver is None:
        return finding(rule, facts.product, Outcome.UNKNOWN, "How the liver works is not recorded.", inputs)
    if liver.value in (LiverImpairment.NONE, LiverImpairment.CHILD_PUGH_A):
        sentence = f"Impairment of the liver: {liver.value.value}."
        return finding(rule, facts.product, Outcome.SATISFIED, sentence, inputs)
    if last is None:
        return finding(rule, facts.product, Outcome.UNKNOWN, "The dose is not finished.", inputs)
    sentence = (
        f"Impairment of the liver: {liver.value.value}. {span(now - last)} since the last device at "
        f"{moment(last, now)}; at least {span(least)} is asked for."
    )
    return finding(rule, facts.product, yes_or_no(now - last >= least), sentence, inputs)


def _checklist(rule: Rule, facts: LeavingFacts, now: datetime) -> Finding:
    done = facts.checklist
    inputs = [given("gone through", done, show=lambda risks: ", ".join(sorted(risks)) or "none")]
    if done is None:
        sentence = "The points to go through before leaving are not on record."
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    left_out = [risk.value for risk in ManagedRisk if risk not in done.value]
    words = f"left out: {', '.join(left_out)}" if left_out else "none was left out"
    sentence = f"At {moment(done.at, now)} the points were gone through; {words}."
    return finding(rule, facts.product, yes_or_no(not left_out), sentence, inputs)


def _ready(rule: Rule, facts: LeavingFacts, now: datetime) -> Finding:
    ready = facts.ready_at
    inputs = [
        stated("first device", facts.t0.isoformat(timespec="minutes"), at=facts.t0),
        given("would have been ready", ready, show=lambda at: at.isoformat(timespec="minutes")),
    ]
    if ready is None:
        sentence = "When the patient would have been ready without a fixed time is not recorded."
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    sentence = (
        f"The patient would have been ready at {moment(ready.value, now)}, {span(ready.value - facts.t0)} after "
        "the first device."
    )
    possible = facts.t0 <= ready.value <= now
    return finding(rule, facts.product, yes_or_no(possible), sentence, inputs)
