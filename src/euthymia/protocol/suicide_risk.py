"""Suicide risk on the day: that a clinician judged it, what that demands, and that it is judged again.

The level is the clinician's. Nothing here derives one from answers, and a PHQ-9 item 9 of zero clears nobody.
"""

from datetime import datetime
from typing import TypeVar

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol._findings import Datum, Finding, Outcome
from euthymia.protocol._judge import finding, given, moment, same_day, stated
from euthymia.protocol.facts import Product, RiskAssessment, RiskLevel, SuicideRiskFacts

T = TypeVar("T")


def assess(
    facts: SuicideRiskFacts, rules: RuleBook, now: datetime, *, product: Product = Product.ESKETAMINE_NASAL
) -> tuple[Finding, ...]:
    """Judge what must stand before a dose."""
    return (
        _judged_today(rules["PRE-13"], facts, now, product),
        _item9(rules["SUI-4"], facts, now, product),
        _high_risk(rules["SUI-9"], facts, now, product),
    )


def _show(assessment: RiskAssessment) -> str:
    return f"{assessment.level.value} ({assessment.basis.strip() or 'no basis written down'})"


def _judged_today(rule: Rule, facts: SuicideRiskFacts, now: datetime, product: Product) -> Finding:
    found = facts.assessment
    inputs = [given("suicide risk", found, show=_show)]
    if found is None:
        return finding(rule, product, Outcome.UNKNOWN, "Suicide risk has not been judged today.", inputs)
    when = moment(found.at, now)
    if not same_day(found.at, now):
        return finding(
            rule, product, Outcome.VIOLATED, f"Suicide risk was last judged {when}, not today.", inputs
        )
    if not found.value.basis.strip():
        sentence = f"Suicide risk was judged {found.value.level.value} at {when}; the basis is missing."
        return finding(rule, product, Outcome.UNKNOWN, sentence, inputs)
    sentence = f"Suicide risk was judged {found.value.level.value} at {when}: {found.value.basis.strip()}."
    return finding(rule, product, Outcome.SATISFIED, sentence, inputs)


def _item9(rule: Rule, facts: SuicideRiskFacts, now: datetime, product: Product) -> Finding:
    item9, structured = facts.item9, facts.structured
    inputs = [given("PHQ-9 item 9", item9, "{score}"), given("structured assessment", structured)]
    outcome, sentence = _followed_up(rule.integer("item9_max"), item9, structured, now)
    return finding(rule, product, outcome, sentence, inputs)


def _followed_up(
    most: int, item9: Datum[int] | None, structured: Datum[str] | None, now: datetime
) -> tuple[Outcome, str]:
    """Judge whether a raised item 9 was followed by a structured assessment of the same day."""
    answered = item9 if item9 and same_day(item9.at, now) else None
    raised = answered if answered and answered.value > most else None
    if structured and same_day(structured.at, now) and not (raised and _minute(structured) < _minute(raised)):
        done = f"A structured assessment ({structured.value}) was done today at {moment(structured.at, now)}"
        after = f", after PHQ-9 item 9 was {raised.value} at {moment(raised.at, now)}" if raised else ""
        return Outcome.SATISFIED, f"{done}{after}."
    if answered is None:
        return Outcome.UNKNOWN, "PHQ-9 item 9 has not been answered today."
    if not raised:
        return (
            Outcome.SATISFIED,
            f"PHQ-9 item 9 is {answered.value}, not above {most}; this alone clears nobody.",
        )
    sentence = (
        f"PHQ-9 item 9 was {answered.value}, above {most}, at {moment(answered.at, now)}: a structured "
        "assessment is needed after it, today, before the dose"
    )
    if structured is None:
        return Outcome.UNKNOWN, f"{sentence}; none is recorded."
    return Outcome.VIOLATED, f"{sentence}; the last one was {moment(structured.at, now)}."


def _minute(datum: Datum[T]) -> datetime:
    """The minute of a fact: people enter times without seconds."""
    return datum.at.replace(second=0, microsecond=0)


def _high_risk(rule: Rule, facts: SuicideRiskFacts, now: datetime, product: Product) -> Finding:
    found = facts.assessment
    decisions = {"decision to treat": facts.dosing_decision, "level of care": facts.level_of_care}
    inputs = [
        given("suicide risk", found, show=_show),
        *(given(name, made) for name, made in decisions.items()),
    ]
    if found is None:
        return finding(rule, product, Outcome.UNKNOWN, "Suicide risk has not been judged.", inputs)
    if found.value.level is not RiskLevel.HIGH:
        sentence = f"Suicide risk was judged {found.value.level.value}, not high."
        return finding(rule, product, Outcome.SATISFIED, sentence, inputs)
    stale = [
        f"{name} ({moment(made.at, now)})"
        for name, made in decisions.items()
        if made and (not same_day(made.at, now) or _minute(made) < _minute(found))
    ]
    missing = [name for name, made in decisions.items() if made is None]
    if stale:
        sentence = (
            f"Suicide risk was judged high at {moment(found.at, now)} and was not decided on today since: "
            f"{', '.join(stale)}."
        )
        return finding(rule, product, Outcome.VIOLATED, sentence, inputs)
    if missing:
        sentence = f"Suicide risk is high; not recorded: {', '.join(missing)}."
        return finding(rule, product, Outcome.UNKNOWN, sentence, inputs)
    made_today = "; ".join(f"{name}: {made.value}" for name, made in decisions.items() if made)
    sentence = f"Suicide risk is high; decided today: {made_today}."
    return finding(rule, product, Outcome.SATISFIED, sentence, inputs)


def rescreen(
    found: Datum[RiskAssessment] | None,
    level_of_care: Datum[str] | None,
    last_dose_at: datetime | None,
    rules: RuleBook,
    now: datetime,
    *,
    product: Product,
    resumed_at: datetime | None = None,
) -> Finding:
    """Judge SUI-10: the level was judged again after the dose, and high risk has a place of care.

    What was judged before ``resumed_at``, when watching began again, shows nothing any more.
    """
    finished = last_dose_at.isoformat(timespec="minutes") if last_dose_at else None
    inputs = [
        stated("dose finished", finished, at=last_dose_at),
        given("suicide risk after the dose", found, show=_show),
        given("level of care", level_of_care),
    ]
    outcome, sentence = _again(found, level_of_care, last_dose_at, now, resumed_at)
    return finding(rules["SUI-10"], product, outcome, sentence, inputs)


def _again(
    found: Datum[RiskAssessment] | None,
    level_of_care: Datum[str] | None,
    last_dose_at: datetime | None,
    now: datetime,
    resumed_at: datetime | None,
) -> tuple[Outcome, str]:
    if last_dose_at is None:
        return Outcome.UNKNOWN, "The dose is not finished."
    if found is None:
        return Outcome.UNKNOWN, "Suicide risk has not been judged again after the dose."
    when, level = moment(found.at, now), found.value.level
    if found.at < last_dose_at:
        return Outcome.VIOLATED, f"Suicide risk was last judged {when}, before the dose was finished."
    if resumed_at and found.at < resumed_at:
        return (
            Outcome.UNKNOWN,
            f"Suicide risk was last judged {when}, before watching began again at {moment(resumed_at, now)}: judge "
            "it again.",
        )
    if not found.value.basis.strip():
        return Outcome.UNKNOWN, f"Suicide risk was judged {level.value} at {when}; the basis is missing."
    if level is RiskLevel.HIGH and (level_of_care is None or level_of_care.at < found.at):
        return (
            Outcome.UNKNOWN,
            f"Suicide risk was judged high at {when}; where the patient is looked after is not decided.",
        )
    return Outcome.SATISFIED, f"Suicide risk was judged {level.value} at {when}, after the dose."
