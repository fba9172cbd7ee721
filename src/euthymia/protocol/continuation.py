"""Whether treatment may go on after induction."""

from datetime import datetime

from euthymia.evidence import RuleBook
from euthymia.protocol._findings import Finding, Outcome
from euthymia.protocol._judge import finding, moment, stated
from euthymia.protocol.facts import Benefit, ContinuationFacts, Product


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
