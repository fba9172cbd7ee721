"""Whether something that needs capacity was agreed while the drug acted."""

from dataclasses import dataclass
from datetime import datetime

from euthymia.evidence import RuleBook
from euthymia.protocol._findings import Finding, Outcome
from euthymia.protocol._judge import finding, moment, stated
from euthymia.protocol.facts import Product


@dataclass(frozen=True, slots=True)
class Session:
    """One session: from the first of the dose until the patient could leave; ``None`` while they could not."""

    began_at: datetime
    cleared_at: datetime | None


@dataclass(frozen=True, slots=True)
class SignatureFacts:
    """Something that needs capacity, when it was signed, and the sessions of the patient.

    ``sessions`` is ``None`` when they are not known.
    """

    product: Product
    what: str
    signed_at: datetime
    sessions: tuple[Session, ...] | None


def assess(facts: SignatureFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge KAP-7."""
    if "KAP-7" not in rules:
        return ()
    when = moment(facts.signed_at, now)
    inputs = [stated("signed", facts.what, at=facts.signed_at)]
    if facts.sessions is None:
        outcome, sentence = Outcome.UNKNOWN, f"Whether a dose acted at {when} is not known."
    elif under := next((one for one in facts.sessions if _during(one, facts.signed_at)), None):
        outcome = Outcome.VIOLATED
        sentence = f"{facts.what.capitalize()} was signed at {when}, after the dose begun at "
        sentence += f"{moment(under.began_at, now)} and before the patient might leave."
    else:
        outcome, sentence = (
            Outcome.SATISFIED,
            f"{facts.what.capitalize()} was signed at {when}; no dose acted.",
        )
    return (finding(rules["KAP-7"], facts.product, outcome, sentence, inputs),)


def _during(session: Session, at: datetime) -> bool:
    return session.began_at <= at and (session.cleared_at is None or at < session.cleared_at)
