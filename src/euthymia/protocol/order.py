"""Whether a dose may be ordered now: who the patient is, what was agreed, today, the dose and its benefit."""

from datetime import datetime

from euthymia.evidence import RuleBook
from euthymia.protocol import consent, continuation, eligibility, plan, readiness, reassessment
from euthymia.protocol._findings import Finding
from euthymia.protocol.facts import OrderFacts


def assess(facts: OrderFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge everything an order rests on together, at the moment of signing."""
    next_session = continuation.of_order(facts)
    return (
        *eligibility.assess(facts.eligibility, rules, now),
        *consent.assess(facts.consent, rules, now),
        *readiness.assess(facts.readiness, rules, now),
        *plan.assess(facts.plan, rules, now),
        *continuation.assess(next_session, rules, now),
        *reassessment.assess(reassessment.of_order(facts), rules, now),
    )
