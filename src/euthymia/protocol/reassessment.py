"""Whether treatment of an acute suicidal state may go on beyond the weeks it was studied for."""

from dataclasses import dataclass
from datetime import date, datetime

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol._findings import Finding, Outcome
from euthymia.protocol._judge import finding, stated
from euthymia.protocol.facts import Benefit, BenefitDecision, Indication, OrderFacts, Product


@dataclass(frozen=True, slots=True)
class ReassessmentFacts:
    """``first_on`` and ``session_on`` are local dates of the first and of the next session."""

    product: Product
    indication: Indication
    first_on: date | None
    session_on: date
    decision: BenefitDecision | None = None


def of_order(facts: OrderFacts) -> ReassessmentFacts:
    """Return what an order says about this; without every earlier date the first is not known."""
    plan = facts.plan
    whole = len(plan.earlier_sessions) >= plan.session_number - 1
    first_on = min([*plan.earlier_sessions, plan.session_on]) if whole else None
    indication = facts.eligibility.indication
    return ReassessmentFacts(plan.product, indication, first_on, plan.session_on, facts.benefit)


def assess(facts: ReassessmentFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge IND-US-5 where the book has it and the course is for an acute suicidal state."""
    nasal = facts.product is Product.ESKETAMINE_NASAL
    if not nasal or facts.indication is not Indication.MDSI or "IND-US-5" not in rules:
        return ()
    made = facts.decision
    inputs = [
        stated("first session", facts.first_on.isoformat() if facts.first_on else None),
        stated("planned on", facts.session_on.isoformat()),
        stated(
            "benefit decision",
            made.decision.value if made else None,
            "",
            *((made.at, made.origin) if made else ()),
        ),
    ]
    outcome, sentence = _judge(rules["IND-US-5"], facts, now)
    return (finding(rules["IND-US-5"], facts.product, outcome, sentence, inputs),)


def _judge(rule: Rule, facts: ReassessmentFacts, now: datetime) -> tuple[Outcome, str]:
    if facts.first_on is None:
        return Outcome.UNKNOWN, "The date of the first session is not known."
    ends = facts.first_on + rule.duration("weeks_max")
    opening = f"The acute weeks from {facts.first_on.isoformat()} end on {ends.isoformat()}; "
    if facts.session_on <= ends:
        return Outcome.SATISFIED, f"{opening}the session of {facts.session_on.isoformat()} is within them."
    if facts.decision is None:
        return Outcome.UNKNOWN, f"{opening}whether the benefit is worth going on is not decided."
    made_on = facts.decision.at.astimezone(now.tzinfo).date()
    earliest = facts.first_on + rule.duration("decided_days_min")
    if made_on < earliest:
        return (
            Outcome.VIOLATED,
            f"{opening}the decision of {made_on.isoformat()} came too early: decide again.",
        )
    if facts.decision.decision is Benefit.STOP:
        return Outcome.VIOLATED, f"{opening}the decision of {made_on.isoformat()} is to stop."
    return Outcome.SATISFIED, f"{opening}the decision of {made_on.isoformat()} is to go on."
