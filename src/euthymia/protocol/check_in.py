"""What check-in asks beyond ``readiness``: a sick heart or lung, changed medicines, alcohol, sedatives and drugs."""

from dataclasses import dataclass
from datetime import datetime

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol._conditions import as_input, current_answer
from euthymia.protocol._findings import Answer, Datum, Finding, Outcome
from euthymia.protocol._judge import finding, given, moment, same_day, span, worst
from euthymia.protocol.facts import Condition, ConditionAnswer, InteractionClass, Medicine, Product

_LOOKED_AT = frozenset(
    {
        InteractionClass.BENZODIAZEPINE,
        InteractionClass.SEDATIVE_HYPNOTIC,
        InteractionClass.OPIOID,
        InteractionClass.CNS_DEPRESSANT,
        InteractionClass.PSYCHOSTIMULANT,
        InteractionClass.MAOI,
    }
)


@dataclass(frozen=True, slots=True)
class CheckInFacts:
    """What was asked today.

    ``resuscitation`` is whether the site has equipment and trained staff. ``changed_medicines`` are those that
    are new or changed since the last visit. ``sedated_at`` holds the time of the last alcohol or unprescribed
    sedative, ``None`` as its value when there was none. ``illicit`` is whether an illicit drug was taken.
    """

    product: Product
    conditions: tuple[ConditionAnswer, ...] = ()
    resuscitation: Datum[bool] | None = None
    changed_medicines: Datum[tuple[Medicine, ...]] | None = None
    sedated_at: Datum[datetime | None] | None = None
    illicit: Datum[bool] | None = None


def assess(facts: CheckInFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge each of these rules that the book has for the product."""
    judges = {"PRE-8": _resuscitation, "PRE-11": _medicines, "PRE-14": _sober}
    return tuple(
        judge(rules[rule], facts, now)
        for rule, judge in judges.items()
        if rule in rules and facts.product.value in rules[rule].products
    )


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"


def _resuscitation(rule: Rule, facts: CheckInFacts, now: datetime) -> Finding:
    answer = current_answer(facts.conditions, Condition.CARDIORESPIRATORY_DISEASE)
    inputs = [
        as_input(Condition.CARDIORESPIRATORY_DISEASE, answer),
        given("resuscitation at hand", facts.resuscitation, show=_yes_no),
    ]
    if facts.resuscitation and facts.resuscitation.value:
        sentence = "Resuscitation equipment and trained staff are at hand."
        return finding(rule, facts.product, Outcome.SATISFIED, sentence, inputs)
    if answer and answer.answer is Answer.NONE_KNOWN and answer.basis.strip():
        sentence = f"No significant heart or lung disease ({answer.basis.strip()})."
        return finding(rule, facts.product, Outcome.SATISFIED, sentence, inputs)
    if answer is None or answer.answer is not Answer.YES:
        sentence = "Whether the patient has significant heart or lung disease is not known."
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    if facts.resuscitation is None:
        sentence = "Significant heart or lung disease; whether resuscitation is at hand is not recorded."
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    sentence = "Significant heart or lung disease, and resuscitation is not at hand."
    return finding(rule, facts.product, Outcome.VIOLATED, sentence, inputs)


def _medicines(rule: Rule, facts: CheckInFacts, now: datetime) -> Finding:
    changed = facts.changed_medicines
    inputs = [
        given("changed medicines", changed, show=lambda all_: ", ".join(one.name for one in all_) or "none")
    ]
    if changed is None or not same_day(changed.at, now):
        sentence = "Which medicines changed since the last visit has not been asked today."
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    matter = [one.name for one in changed.value if one.classes and one.classes & _LOOKED_AT]
    unclear = [one.name for one in changed.value if one.classes is None]
    if matter:
        sentence = f"New or changed, and to be weighed before the dose: {', '.join(matter)}."
        return finding(rule, facts.product, Outcome.VIOLATED, sentence, inputs)
    if unclear:
        sentence = f"New or changed, and not yet sorted: {', '.join(unclear)}."
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    named = ", ".join(one.name for one in changed.value) or "none"
    sentence = f"Changed medicines: {named}; none that sedates, stimulates or inhibits monoamine oxidase."
    return finding(rule, facts.product, Outcome.SATISFIED, sentence, inputs)


def _sober(rule: Rule, facts: CheckInFacts, now: datetime) -> Finding:
    inputs = [
        given(
            "last alcohol or sedative",
            facts.sedated_at,
            show=lambda at: "none" if at is None else at.astimezone(now.tzinfo).isoformat(timespec="minutes"),
        ),
        given("illicit drug", facts.illicit, show=_yes_no),
    ]
    judged = [_sedated(rule, facts.sedated_at, now), _illicit(facts.illicit, now)]
    outcome = worst(part for part, _ in judged)
    return finding(rule, facts.product, outcome, " ".join(words for _, words in judged), inputs)


def _sedated(rule: Rule, last: Datum[datetime | None] | None, now: datetime) -> tuple[Outcome, str]:
    if last is None or not same_day(last.at, now):
        return Outcome.UNKNOWN, "Alcohol and sedatives have not been asked about today."
    if last.value is None:
        return Outcome.SATISFIED, "No alcohol and no sedative other than prescribed."
    least, waited = rule.duration("sober_min"), now - last.value
    sentence = (
        f"Last alcohol or sedative {moment(last.value, now)}, {span(waited)} ago; at least {span(least)}"
    )
    if waited >= least:
        return Outcome.SATISFIED, f"{sentence}."
    return Outcome.VIOLATED, f"{sentence}: not before {moment(last.value + least, now)}."


def _illicit(taken: Datum[bool] | None, now: datetime) -> tuple[Outcome, str]:
    if taken is None or not same_day(taken.at, now):
        return Outcome.UNKNOWN, "Illicit drugs have not been asked about today."
    if taken.value:
        return Outcome.VIOLATED, "An illicit drug was taken."
    return Outcome.SATISFIED, "No illicit drug was taken."
