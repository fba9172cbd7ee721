"""Whether a patient is suitable for a product, before anything is planned."""

from datetime import date, datetime

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol._conditions import none_of
from euthymia.protocol._findings import Finding, Outcome
from euthymia.protocol._judge import finding, given, yes_or_no
from euthymia.protocol._trials import resistance
from euthymia.protocol.facts import Condition, EligibilityFacts, Product

_NASAL: dict[str, tuple[Condition, ...]] = {
    "CI-1": (Condition.ANEURYSMAL_DISEASE,),
    "CI-2": (Condition.ARTERIOVENOUS_MALFORMATION,),
    "CI-3": (Condition.INTRACEREBRAL_HAEMORRHAGE,),
    "CI-4": (Condition.HYPERSENSITIVITY,),
}
_INTRAVENOUS: dict[str, tuple[Condition, ...]] = {
    "IV-CI-1": (Condition.PRESSURE_RISK,),
    "IV-CI-2": (Condition.HYPERSENSITIVITY,),
    "IV-CI-3": (Condition.UNSTABLE_CARDIOVASCULAR,),
    "IV-CI-4": (Condition.UNCONTROLLED_HYPERTENSION,),
    "IV-CI-5": (Condition.PSYCHOSIS_OR_MANIA,),
    "IV-CI-9": (Condition.PREGNANCY_OR_LACTATION,),
    "IV-CI-12": (
        Condition.ANEURYSMAL_DISEASE,
        Condition.ARTERIOVENOUS_MALFORMATION,
        Condition.INTRACEREBRAL_HAEMORRHAGE,
    ),
}


def conditions_to_ask(product: Product) -> tuple[Condition, ...]:
    """Return the conditions that eligibility asks about, each once, in the order of the rules."""
    table = _NASAL if product is Product.ESKETAMINE_NASAL else _INTRAVENOUS
    asked = [Condition.MAJOR_DEPRESSION, *(condition for group in table.values() for condition in group)]
    return tuple(dict.fromkeys(asked))


def assess(facts: EligibilityFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge indication, age and contraindications of ``facts.product``."""
    if facts.product is Product.ESKETAMINE_NASAL:
        table, indication, age = _NASAL, "IND-US-1", "IND-US-4"
    else:
        table, indication, age = _INTRAVENOUS, "IV-IND-1", "IV-CI-18"
    return (
        resistance(rules[indication], facts, oral_only=facts.product is Product.ESKETAMINE_NASAL),
        _adult(rules[age], facts, now.date()),
        *(none_of(rules[rule], facts.product, facts.conditions, asked) for rule, asked in table.items()),
    )


def _adult(rule: Rule, facts: EligibilityFacts, today: date) -> Finding:
    inputs = [given("date of birth", facts.birth_date, show=date.isoformat)]
    if facts.birth_date is None:
        return finding(rule, facts.product, Outcome.UNKNOWN, "The date of birth is not known.", inputs)
    age = age_in_years(facts.birth_date.value, today)
    least = rule.integer("age_min")
    sentence = f"Born {facts.birth_date.value.isoformat()}, the patient is {age} on {today.isoformat()}; "
    return finding(
        rule, facts.product, yes_or_no(age >= least), f"{sentence}at least {least} is required.", inputs
    )


def age_in_years(born: date, today: date) -> int:
    """Return completed years; somebody born on 29 February turns older on 1 March in other years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
