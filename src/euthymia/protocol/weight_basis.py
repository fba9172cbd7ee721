"""The weight an infusion is dosed by: at a high body mass index both doses are shown and a prescriber chooses.

The rule and the formula of ideal weight are recalled, so the software chooses neither. Ideal weight is Devine's:
a base for the sex, and as much again for every step of height above the base height; it says nothing of shorter
people.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol._findings import Datum, Finding, Outcome
from euthymia.protocol._judge import finding, given, moment, stated
from euthymia.protocol.facts import Product, Sex

_CM_PER_M = Decimal(100)
_TENTH = Decimal("0.1")


class WeightBasis(StrEnum):
    """The weight a prescriber chose to dose by."""

    ACTUAL = "actual weight"
    IDEAL = "ideal weight"


@dataclass(frozen=True, slots=True)
class WeightBasisFacts:
    """An infusion's dose for weight with the body it is for, and what the prescriber chose."""

    mg_per_kg: Decimal
    weight_kg: Datum[Decimal] | None = None
    height_cm: Datum[Decimal] | None = None
    sex: Datum[Sex] | None = None
    chosen: Datum[WeightBasis] | None = None


@dataclass(frozen=True, slots=True)
class BothDoses:
    """Both doses in mg with the weights behind them in kg; no ideal ones where the formula does not reach."""

    body_mass_index: Decimal
    actual_kg: Decimal
    actual_mg: Decimal
    ideal_kg: Decimal | None
    ideal_mg: Decimal | None


def doses(facts: WeightBasisFacts, rules: RuleBook) -> BothDoses | None:
    """Return the body mass index and both doses; ``None`` where weight or height is not known."""
    weight, height = facts.weight_kg, facts.height_cm
    if weight is None or height is None or height.value <= 0:
        return None
    ideal = _ideal(rules["IV-DOSE-8"], height.value, facts.sex.value) if facts.sex else None
    return BothDoses(
        body_mass_index=weight.value * _CM_PER_M * _CM_PER_M / (height.value * height.value),
        actual_kg=weight.value,
        actual_mg=facts.mg_per_kg * weight.value,
        ideal_kg=ideal,
        ideal_mg=None if ideal is None else facts.mg_per_kg * ideal,
    )


def _ideal(rule: Rule, height_cm: Decimal, sex: Sex) -> Decimal | None:
    above = height_cm - rule.number("height_base")
    if above < 0:
        return None
    base = rule.number("base_male" if sex is Sex.MALE else "base_female")
    return (base + rule.number("kg_per_step") * above / rule.number("height_step")).quantize(_TENTH)


def assess(facts: WeightBasisFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge that the weight to dose by was chosen where it has to be; nothing where the book is older."""
    if "IV-DOSE-8" not in rules:
        return ()
    rule, both = rules["IV-DOSE-8"], doses(facts, rules)
    outcome, sentence = _judge(rule, facts, both, now)
    inputs = [
        stated("dose for weight", facts.mg_per_kg, "mg/kg"),
        given("weight", facts.weight_kg, "kg"),
        given("height", facts.height_cm, "cm"),
        given("sex", facts.sex, show=lambda sex: sex.value),
        given("chosen", facts.chosen, show=lambda basis: basis.value),
    ]
    return (finding(rule, Product.KETAMINE_IV, outcome, sentence, inputs),)


def _judge(rule: Rule, facts: WeightBasisFacts, both: BothDoses | None, now: datetime) -> tuple[Outcome, str]:
    if both is None or facts.weight_kg is None:
        return Outcome.UNKNOWN, "Weight or height is not known."
    limit = rule.number("bmi_below")
    index = f"The body mass index is {both.body_mass_index.quantize(_TENTH)} kg/m2"
    if both.body_mass_index < limit:
        return Outcome.SATISFIED, f"{index}, below {limit}: {_shown(both.actual_mg)} mg by actual weight."
    offer = f"{index}: {_shown(both.actual_mg)} mg by actual weight ({both.actual_kg} kg), {_by_ideal(both)}"
    if facts.chosen is None:
        return Outcome.UNKNOWN, f"{offer}; the prescriber has not chosen."
    if facts.chosen.at < facts.weight_kg.at:
        weighed = moment(facts.weight_kg.at, now)
        return Outcome.VIOLATED, f"{offer}; the choice was made before the weight of {weighed}."
    if facts.chosen.value is WeightBasis.IDEAL and both.ideal_mg is None:
        return Outcome.UNKNOWN, f"{offer}; the ideal weight was chosen but cannot be worked out."
    return Outcome.SATISFIED, f"{offer}; chosen: {facts.chosen.value.value}."


def _by_ideal(both: BothDoses) -> str:
    if both.ideal_mg is None:
        return "none by ideal weight, which cannot be worked out"
    return f"{_shown(both.ideal_mg)} mg by ideal weight ({both.ideal_kg} kg)"


def _shown(dose_mg: Decimal) -> str:
    return f"{dose_mg.normalize():f}"
