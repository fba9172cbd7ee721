"""Suicide risk on the day: that a clinician judged it, what that demands, and that it is judged again.

The level is the clinician's. Nothing here derives one from answers, and a PHQ-9 item 9 of zero clears nobody.
"""

from datetime import datetime

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol._findings import Datum, Finding, Outcome
from euthymia.protocol._judge import finding, given, moment, same_day
from euthymia.protocol.facts import Product, RiskAssessment, RiskLevel, SuicideRiskFacts


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
    if structured and same_day(structured.at, now):
        sentence = (
            f"A structured assessment ({structured.value}) was done today at {moment(structured.at, now)}."
        )
        return finding(rule, product, Outcome.SATISFIED, sentence, inputs)
    if item9 is None or not same_day(item9.at, now):
        return finding(rule, product, Outcome.UNKNOWN, "PHQ-9 item 9 has not been answered today.", inputs)
    score, most = item9.value, rule.integer("item9_max")
    if score <= most:
        sentence = f"PHQ-9 item 9 is {score}, not above {most}; this alone clears nobody."
        return finding(rule, product, Outcome.SATISFIED, sentence, inputs)
    sentence = (
        f"PHQ-9 item 9 is {score}, above {most}: a structured assessment is needed today, before the dose"
    )
    if structured is None:
        return finding(rule, product, Outcome.UNKNOWN, f"{sentence}; none is recorded.", inputs)
    last = moment(structured.at, now)
    return finding(rule, product, Outcome.VIOLATED, f"{sentence}; the last one was {last}.", inputs)


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
        if made and not same_day(made.at, now)
    ]
    missing = [name for name, made in decisions.items() if made is None]
    if stale:
        sentence = f"Suicide risk is high and was not decided on today: {', '.join(stale)}."
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
) -> Finding:
    """Judge SUI-10: the level was judged again after the dose, and high risk has a place of care."""
    inputs = [given("suicide risk after the dose", found, show=_show), given("level of care", level_of_care)]
    outcome, sentence = _again(found, level_of_care, last_dose_at, now)
    return finding(rules["SUI-10"], product, outcome, sentence, inputs)


def _again(
    found: Datum[RiskAssessment] | None,
    level_of_care: Datum[str] | None,
    last_dose_at: datetime | None,
    now: datetime,
) -> tuple[Outcome, str]:
    if last_dose_at is None:
        return Outcome.UNKNOWN, "The dose is not finished."
    if found is None:
        return Outcome.UNKNOWN, "Suicide risk has not been judged again after the dose."
    when, level = moment(found.at, now), found.value.level
    if found.at < last_dose_at:
        return Outcome.VIOLATED, f"Suicide risk was last judged {when}, before the dose was finished."
    if not found.value.basis.strip():
        return Outcome.UNKNOWN, f"Suicide risk was judged {level.value} at {when}; the basis is missing."
    if level is RiskLevel.HIGH and (level_of_care is None or level_of_care.at < found.at):
        return (
            Outcome.UNKNOWN,
            f"Suicide risk was judged high at {when}; where the patient is looked after is not decided.",
        )
    return Outcome.SATISFIED, f"Suicide risk was judged {level.value} at {when}, after the dose."
