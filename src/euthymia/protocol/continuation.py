"""Whether treatment may go on after induction."""

from dataclasses import replace
from datetime import datetime

from euthymia.evidence import RuleBook
from euthymia.protocol._findings import Finding, Outcome
from euthymia.protocol._judge import finding, moment, stated
from euthymia.protocol.facts import Benefit, BenefitDecision, ContinuationFacts, OrderFacts, Product


def of_order(facts: OrderFacts) -> ContinuationFacts:
    """Return what an order says about going on: a repeated induction is counted, and decided on, anew."""
    plan = facts.plan
    number = plan.session_number if plan.in_round is None else plan.in_round
    made = since_round(facts.benefit, plan.session_number - number)
    return ContinuationFacts(plan.product, number, made)


def since_round(made: BenefitDecision | None, before: int) -> BenefitDecision | None:
    """Return a decision counted from the round that began after ``before`` sessions.

    One to continue that was made before the round says nothing about it; one to stop stands until another follows.
    """
    if made is None or before <= 0:
        return made
    if made.decision is Benefit.CONTINUE and made.sessions_before <= before:
        return None
    return replace(made, sessions_before=max(made.sessions_before - before, 0))


def assess(facts: ContinuationFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge MBC-1 for esketamine; intravenous ketamine has no such rule here."""
    if facts.product is not Product.ESKETAMINE_NASAL:
        return ()
    outcome, sentence = _judge(facts, rules["MBC-1"].integer("induction_sessions"), now)
    made = facts.decision
    inputs = [
        stated("next session", facts.next_session),
        stated(
            "benefit decision",
            made.decision.value if made else None,
            "",
            *((made.at, made.origin) if made else ()),
        ),
        stated("sessions before the decision", made.sessions_before if made else None),
    ]
    return (finding(rules["MBC-1"], facts.product, outcome, sentence, inputs),)


def _judge(facts: ContinuationFacts, induction: int, now: datetime) -> tuple[Outcome, str]:
    if facts.next_session <= induction:
        return Outcome.SATISFIED, f"Session {facts.next_session} is within the {induction} of induction."
    made = facts.decision
    opening = f"Session {facts.next_session} comes after the {induction} of induction; "
    if made is None:
        return Outcome.UNKNOWN, f"{opening}whether the benefit is worth going on is not decided."
    when = moment(made.at, now)
    if made.sessions_before < induction:
        return (
            Outcome.VIOLATED,
            f"{opening}the benefit was decided {when}, after only {made.sessions_before}.",
        )
    if made.decision is Benefit.STOP:
        return Outcome.VIOLATED, f"{opening}on the benefit the decision of {when} is to stop."
    return (
        Outcome.SATISFIED,
        f"{opening}the decision of {when}, after {made.sessions_before}, is to continue.",
    )
