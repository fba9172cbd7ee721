"""What speaks against treating a patient beside the licence: illness, age, liver, medicines, misuse, missing tests.

``eligibility`` judges indication, adult age and the label's contraindications, ``licensed_use`` what a licence
asks beside them; a room joins the three.
"""

from datetime import datetime

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol import eligibility, work_up
from euthymia.protocol._conditions import none_of
from euthymia.protocol._findings import Finding, Input, Outcome
from euthymia.protocol._indications import first_of
from euthymia.protocol._interactions import RULES as INTERACTIONS
from euthymia.protocol._interactions import benzodiazepine, none_taken, not_named
from euthymia.protocol._intravenous_use import diagnosis_of
from euthymia.protocol._judge import age_in_years, finding, given, worst, yes_or_no
from euthymia.protocol.facts import (
    Condition,
    Indication,
    LiverImpairment,
    Product,
    Substance,
    SubstanceUse,
    SuitabilityFacts,
)

_NASAL: dict[str, tuple[Condition, ...]] = {
    "WP-4": (Condition.SUBSTANCE_USE_DISORDER,),
    "WP-9": (Condition.PREGNANCY_OR_LACTATION,),
}
_INTRAVENOUS: dict[str, tuple[Condition, ...]] = {
    "IV-CI-6": (Condition.PSYCHOTIC_DISORDER,),
    "IV-CI-7": (Condition.SUBSTANCE_MISUSE,),
    "IV-CI-10": (Condition.RAISED_INTRACRANIAL_PRESSURE,),
    "IV-CI-10b": (Condition.RAISED_INTRAOCULAR_PRESSURE,),
    "IV-CI-13": (Condition.DEMENTIA, Condition.DELIRIUM),
    "IV-CI-14": (
        Condition.PORPHYRIA,
        Condition.UNTREATED_HYPERTHYROIDISM,
        Condition.UNTREATED_SLEEP_APNOEA,
        Condition.AIRWAY_INFECTION,
        Condition.UNCONTROLLED_SEIZURES,
    ),
    "IV-CI-15": (Condition.BIPOLAR_DISORDER,),
    "IV-CI-17": (Condition.CONSENT_BARRIER,),
}
_BOTH: dict[str, tuple[Condition, ...]] = {"WP-6b": (Condition.HYPERTENSIVE_ENCEPHALOPATHY,)}
_LIVER = {
    "WP-11": LiverImpairment.CHILD_PUGH_C,
    "WP-11b": LiverImpairment.CHILD_PUGH_B,
    "IV-CI-11": LiverImpairment.CHILD_PUGH_C,
    "IV-CI-11b": LiverImpairment.CHILD_PUGH_B,
}
_RISKS = (Condition.CARDIOVASCULAR_RISK, Condition.LIVER_RISK, Condition.PREGNANCY_POSSIBLE)
"""What the work-up depends on."""
_COUNTED = (Substance.KETAMINE, Substance.PHENCYCLIDINE, Substance.OPIOID)


def conditions_to_ask(
    product: Product, rules: RuleBook, indication: Indication = Indication.TRD
) -> tuple[Condition, ...]:
    """Return every condition that suitability asks about, eligibility's first, each once."""
    asked = [diagnosis_of(indication), *eligibility.conditions_to_ask(product, rules)]
    if diagnosis_of(indication) is not Condition.MAJOR_DEPRESSION:
        asked.remove(Condition.MAJOR_DEPRESSION)
    for rule, conditions in _table(product).items():
        asked += conditions if rule in rules else ()
    asked += [Condition.CARDIORESPIRATORY_DISEASE] if first_of(rules, ("PRE-8", "PLAN-5")) else []
    heart = () if product is Product.ESKETAMINE_NASAL else (Condition.CARDIOVASCULAR_RISK,)
    asked += [*heart, *(one for one in _RISKS if one is not Condition.CARDIOVASCULAR_RISK)]
    return tuple(dict.fromkeys(asked))


def _table(product: Product) -> dict[str, tuple[Condition, ...]]:
    return {**(_NASAL if product is Product.ESKETAMINE_NASAL else _INTRAVENOUS), **_BOTH}


def assess(facts: SuitabilityFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge every rule of suitability that the book states for the product."""
    product, conditions = facts.eligibility.product, facts.eligibility.conditions

    def stated_for(identifier: str) -> Rule | None:
        found = first_of(rules, (identifier,))
        return found if found and product.value in found.products else None

    found = [
        none_of(rule, product, conditions, asked)
        for identifier, asked in _table(product).items()
        if (rule := stated_for(identifier))
    ]
    found += [_age(rule, facts, now) for name in ("WP-5", "WP-12b") if (rule := stated_for(name))]
    found += [_liver(rule, facts, bad) for name, bad in _LIVER.items() if (rule := stated_for(name))]
    found += [none_taken(rule, facts, now) for name in INTERACTIONS if (rule := stated_for(name))]
    found += [not_named(rule, facts, now) for name in ("WP-13b",) if (rule := stated_for(name))]
    found += [_misused(rule, facts) for name in ("IV-CI-8",) if (rule := stated_for(name))]
    found += [benzodiazepine(rule, facts, now) for name in ("IV-CI-16",) if (rule := stated_for(name))]
    return (*found, *work_up.assess(facts, rules, now))


def _age(rule: Rule, facts: SuitabilityFacts, now: datetime) -> Finding:
    born, product = facts.eligibility.birth_date, facts.eligibility.product
    inputs = [given("date of birth", born, show=lambda day: day.isoformat())]
    if born is None:
        return finding(rule, product, Outcome.UNKNOWN, "The date of birth is not known.", inputs)
    age = age_in_years(born.value, now.date())
    if "age_above" in rule.thresholds:
        limit = rule.integer("age_above")
        outcome, words = yes_or_no(age > limit), f"watched more closely up to {limit}"
    else:
        limit = rule.integer("age_max")
        outcome, words = yes_or_no(age <= limit), f"watched for falls above {limit}"
    return finding(rule, product, outcome, f"The patient is {age} years old; {words}.", inputs)


def _liver(rule: Rule, facts: SuitabilityFacts, bad: LiverImpairment) -> Finding:
    liver, product = facts.liver, facts.eligibility.product
    inputs = [given("liver", liver, show=lambda judged: judged.value)]
    if liver is None:
        sentence = "Whether the liver is impaired has not been judged."
        return finding(rule, product, Outcome.UNKNOWN, sentence, inputs)
    sentence = f"Impairment of the liver was judged: {liver.value.value}."
    return finding(rule, product, yes_or_no(liver.value is not bad), sentence, inputs)


def _misused(rule: Rule, facts: SuitabilityFacts) -> Finding:
    most = rule.integer("times_max")
    parts = [_use(substance, _last(substance, facts), most) for substance in _COUNTED]
    inputs = [_as_input(substance, _last(substance, facts)) for substance in _COUNTED]
    outcome = worst(outcome for outcome, _ in parts)
    sentence = " ".join(words for _, words in parts)
    return finding(rule, facts.eligibility.product, outcome, sentence, inputs)


def _last(substance: Substance, facts: SuitabilityFacts) -> SubstanceUse | None:
    """Return the latest answer about a substance."""
    about = (one for one in facts.substances if one.substance is substance)
    return max(about, key=lambda one: one.at.timestamp() if one.at else 0.0, default=None)


def _use(substance: Substance, use: SubstanceUse | None, most: int) -> tuple[Outcome, str]:
    name = substance.value.capitalize()
    if use is None:
        return Outcome.UNKNOWN, f"{name}: not asked."
    if use.times_past_year is None:
        return Outcome.UNKNOWN, f"{name}: how often it was misused is not known."
    times = use.times_past_year
    words = f"{name}: misused {times} times in the past year, at most {most}."
    return yes_or_no(times <= most), words


def _as_input(substance: Substance, use: SubstanceUse | None) -> Input:
    if use is None:
        return Input(substance.value, "", "", None, "")
    times = "" if use.times_past_year is None else f"{use.times_past_year} times in the past year"
    return Input(substance.value, times, "", use.at, use.origin)
