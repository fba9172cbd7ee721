"""Whether a patient is suitable for a product, before anything is planned."""

from datetime import date, datetime

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol._conditions import none_of
from euthymia.protocol._findings import Finding, Outcome
from euthymia.protocol._indications import first_of, indicated
from euthymia.protocol._intravenous_use import counts_as_failed as counts_as_failed
from euthymia.protocol._intravenous_use import diagnosis_of as diagnosis_of
from euthymia.protocol._intravenous_use import off_label_use
from euthymia.protocol._judge import age_in_years as age_in_years
from euthymia.protocol._judge import finding, given, yes_or_no
from euthymia.protocol.facts import Condition, EligibilityFacts, Product

_NASAL: dict[str, tuple[Condition, ...]] = {
    "CI-1": (Condition.ANEURYSMAL_DISEASE,),
    "CI-2": (Condition.ARTERIOVENOUS_MALFORMATION,),
    "CI-3": (Condition.INTRACEREBRAL_HAEMORRHAGE,),
    "CI-4": (Condition.HYPERSENSITIVITY,),
}
_NASAL_SOMEWHERE: dict[str, tuple[Condition, ...]] = {"CI-6": (Condition.PRESSURE_RISK,)}
"""Contraindications that not every jurisdiction states."""
_ADULT = ("IND-US-4", "IND-ADULT")
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


def conditions_to_ask(product: Product, rules: RuleBook | None = None) -> tuple[Condition, ...]:
    """Return the conditions that eligibility asks about, each once, in the order of the rules.

    Without ``rules`` they are those that every book asks about.
    """
    asked = [Condition.MAJOR_DEPRESSION]
    for rule, group in _table(product).items():
        stated = rule in rules if rules is not None else rule not in _NASAL_SOMEWHERE
        asked += group if stated else ()
    return tuple(dict.fromkeys(asked))


def _table(product: Product) -> dict[str, tuple[Condition, ...]]:
    return {**_NASAL, **_NASAL_SOMEWHERE} if product is Product.ESKETAMINE_NASAL else _INTRAVENOUS


def assess(facts: EligibilityFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge indication, age and contraindications of ``facts.product``."""
    nasal = facts.product is Product.ESKETAMINE_NASAL
    adult = first_of(rules, _ADULT if nasal else ("IV-CI-18",))
    return (
        *(indicated(facts, rules) if nasal else (off_label_use(facts, rules, now),)),
        *((_adult(adult, facts, now.date()),) if adult else ()),
        *(
            none_of(rules[rule], facts.product, facts.conditions, asked)
            for rule, asked in _table(facts.product).items()
            if rule in rules
        ),
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
