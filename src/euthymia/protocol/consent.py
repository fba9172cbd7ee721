"""Whether the patient's consent stands."""

from datetime import datetime

from euthymia.evidence import RuleBook
from euthymia.protocol._findings import Finding, Outcome
from euthymia.protocol._judge import finding, given, moment, stated, yes_or_no
from euthymia.protocol.facts import ConsentFacts, ConsentSignature


def assess(facts: ConsentFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge whether consent to the product stands, and whether its text is the current one."""
    return _stands(facts, rules, now), _current(facts, rules)


def _stands(facts: ConsentFacts, rules: RuleBook, now: datetime) -> Finding:
    outcome, sentence = _judge(facts, now)
    inputs = [
        given(
            "consent signed",
            facts.signed,
            show=lambda signed: f"{signed.product.words}, {signed.text_version}",
        ),
        given("capacity confirmed", facts.signed, show=_capacity),
        given("said back and understood", facts.signed, show=_understood),
        given("consent withdrawn", facts.withdrawn),
    ]
    return finding(rules["CON-1"], facts.product, outcome, sentence, inputs)


def _judge(facts: ConsentFacts, now: datetime) -> tuple[Outcome, str]:
    signed, withdrawn = facts.signed, facts.withdrawn
    if withdrawn and (signed is None or withdrawn.at >= signed.at):
        return Outcome.VIOLATED, f"Consent was withdrawn {moment(withdrawn.at, now)}."
    if signed is None:
        return Outcome.UNKNOWN, "No signed consent is on record."
    when = moment(signed.at, now)
    if signed.value.product is not facts.product:
        return Outcome.VIOLATED, f"The consent signed {when} is to {signed.value.product.words}."
    if signed.value.capacity_confirmed is None:
        return Outcome.UNKNOWN, f"Consent was signed {when}, but capacity is not recorded."
    if not signed.value.capacity_confirmed:
        return Outcome.VIOLATED, f"When consent was signed {when}, capacity was not confirmed."
    if signed.value.understood is False:
        return (
            Outcome.VIOLATED,
            f"When consent was signed {when}, what the patient said back was not understood.",
        )
    return Outcome.SATISFIED, f"Consent to {facts.product.words} was signed with capacity {when} and stands."


def _current(facts: ConsentFacts, rules: RuleBook) -> Finding:
    inputs = [
        given("consent text signed", facts.signed, show=_version),
        stated("current text", facts.current_text_version),
    ]
    if facts.signed is None:
        return finding(
            rules["CON-2"], facts.product, Outcome.UNKNOWN, "No signed consent is on record.", inputs
        )
    signed, current = facts.signed.value.text_version, facts.current_text_version
    sentence = f"The patient signed text {signed}; the current text is {current}."
    if not current:
        sentence = f"The patient signed text {signed}; there is no text for this treatment here now."
    return finding(rules["CON-2"], facts.product, yes_or_no(signed == current), sentence, inputs)


def _capacity(signed: ConsentSignature) -> str:
    return {True: "yes", False: "no", None: ""}[signed.capacity_confirmed]


def _understood(signed: ConsentSignature) -> str:
    return {True: "yes", False: "no", None: ""}[signed.understood]


def _version(signed: ConsentSignature) -> str:
    return signed.text_version
