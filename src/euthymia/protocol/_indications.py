"""What esketamine nasal spray is licensed for, jurisdiction by jurisdiction, and what it must be taken beside."""

from collections.abc import Iterable
from datetime import date, datetime

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol._conditions import as_input, current_answer
from euthymia.protocol._findings import Answer, Finding, Outcome
from euthymia.protocol._interactions import why_unknown
from euthymia.protocol._judge import finding, given, stated, yes_or_no
from euthymia.protocol._trials import asks_oral, resistance
from euthymia.protocol.facts import (
    Condition,
    EligibilityFacts,
    Indication,
    InteractionClass,
    Medicine,
    SuitabilityFacts,
)

RESISTANT = ("IND-US-1", "IND-EU-1", "IND-AU-1", "IND-CA-1")
ACUTE = ("IND-US-2", "IND-EU-2")
_COMBINED = {Indication.TRD: "COMB-1", Indication.MDSI: "COMB-2"}


def first_of(rules: RuleBook, ids: Iterable[str]) -> Rule | None:
    """Return the first of the rules that a book holds; ``None`` where it holds none."""
    return next((rules[one] for one in ids if one in rules), None)


def indicated(facts: EligibilityFacts, rules: RuleBook) -> tuple[Finding, ...]:
    """Judge that the use is licensed, and what its licence asks of the illness."""
    found = [_licensed(rules["IND-1"], facts)] if "IND-1" in rules else []
    resistant, acute = first_of(rules, RESISTANT), first_of(rules, ACUTE)
    if facts.indication is Indication.TRD and resistant:
        found.append(resistance(resistant, facts, oral_only=asks_oral(resistant)))
    if facts.indication is Indication.MDSI and acute:
        found.append(_acute(acute, facts))
    return tuple(found)


def _licensed(rule: Rule, facts: EligibilityFacts) -> Finding:
    uses = [use for use in Indication if use.value in _names(rule, "licensed")]
    words = " and ".join(use.words for use in uses) or "nothing"
    sentence = f"The course is for {facts.indication.words}; licensed here: {words}."
    inputs = [stated("indication", facts.indication.words)]
    return finding(rule, facts.product, yes_or_no(facts.indication in uses), sentence, inputs)


def _acute(rule: Rule, facts: EligibilityFacts) -> Finding:
    answer = current_answer(facts.conditions, Condition.MAJOR_DEPRESSION)
    inputs = [as_input(Condition.MAJOR_DEPRESSION, answer), stated("indication", facts.indication.words)]
    judged = f"The prescriber judged {facts.indication.words}."
    if answer is None or answer.answer is Answer.NOT_ASKED:
        outcome, sentence = Outcome.UNKNOWN, "Whether this is major depressive disorder is not recorded."
    else:
        diagnosed = answer.answer is Answer.YES
        outcome = yes_or_no(diagnosed)
        sentence = f"Major depressive disorder is {'' if diagnosed else 'not '}diagnosed."
    return finding(rule, facts.product, outcome, f"{sentence} {judged}", inputs)


def combined(facts: SuitabilityFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge what must be taken beside esketamine; nothing where the jurisdiction asks for nothing."""
    asked = _COMBINED.get(facts.eligibility.indication)
    if asked is None or asked not in rules:
        return ()
    rule = rules[asked]
    wanted = {each for each in InteractionClass if each.value in _names(rule, "accepted")}
    listed = facts.medicines
    inputs = [given("medicines", listed, show=lambda all_: ", ".join(one.name for one in all_) or "none")]
    why = why_unknown(facts, now)
    if listed is None or why:
        return (finding(rule, facts.eligibility.product, Outcome.UNKNOWN, why, inputs),)
    outcome, sentence = _taken(listed.value, wanted, now.date())
    return (finding(rule, facts.eligibility.product, outcome, sentence, inputs),)


def _taken(
    medicines: tuple[Medicine, ...], wanted: set[InteractionClass], today: date
) -> tuple[Outcome, str]:
    current = [one for one in medicines if _is_taken(one, today)]
    words = " or ".join(each.value for each in InteractionClass if each in wanted)
    fitting = [one.name for one in current if one.classes and one.classes & wanted]
    if fitting:
        return Outcome.SATISFIED, f"The patient takes {', '.join(fitting)}."
    if unclear := [one.name for one in current if one.classes is None]:
        return Outcome.UNKNOWN, f"It is not recorded what these are: {', '.join(unclear)}; wanted: {words}."
    return Outcome.VIOLATED, f"Among what the patient takes there is no {words}."


def _is_taken(medicine: Medicine, today: date) -> bool:
    """Whether a medicine is taken on ``today``: one that begins later does not count yet."""
    begun = medicine.started_on is None or medicine.started_on <= today
    return begun and (medicine.stopped_on is None or medicine.stopped_on >= today)


def _names(rule: Rule, threshold: str) -> tuple[str, ...]:
    value = rule.thresholds[threshold].value
    return tuple(str(item) for item in value) if isinstance(value, tuple) else (str(value),)
