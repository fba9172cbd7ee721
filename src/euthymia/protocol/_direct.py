"""Ketamine into the muscle, under the tongue or swallowed: the dose for weight, and what holds it, computed twice."""

from datetime import datetime
from decimal import Decimal

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol import _dose_by_counting as counting
from euthymia.protocol import _dose_by_decimals as decimals
from euthymia.protocol._findings import Finding, Input, Outcome
from euthymia.protocol._judge import finding, given, moment, stated, yes_or_no
from euthymia.protocol._regimen import session_inputs, weekly_count
from euthymia.protocol._routes import Route
from euthymia.protocol.facts import DirectDose, PlanFacts
from euthymia.protocol.units import plain


def assess(facts: PlanFacts, dose: DirectDose, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge a dose that needs neither device nor pump."""
    found = [
        _computed(rules["ROUTE-5"], facts, dose, now),
        _held(rules["ROUTE-6"], facts, dose),
        _frequency(rules["IV-DOSE-7"], facts),
    ]
    if dose.route is Route.INTRAMUSCULAR:
        found.insert(0, _limit(rules["ROUTE-4"], facts, dose))
    return tuple(found)


def for_weight(dose_mg: Decimal, weight_kg: Decimal) -> Decimal | None:
    """Return the dose for weight in mg/kg, to the nearest thousandth; ``None`` where two ways to it disagree."""
    if weight_kg <= 0:
        return None
    one, other = decimals.mg_per_kg(dose_mg, weight_kg), counting.mg_per_kg(dose_mg, weight_kg)
    return one if one == other else None


def volume(dose_mg: Decimal, mg_per_ml: Decimal) -> Decimal | None:
    """Return the mL of a vial that hold the dose, to the nearest hundredth; ``None`` where two ways disagree."""
    if mg_per_ml <= 0:
        return None
    one, other = decimals.volume_ml(dose_mg, mg_per_ml), counting.volume_ml(dose_mg, mg_per_ml)
    return one if one == other else None


def _limit(rule: Rule, facts: PlanFacts, dose: DirectDose) -> Finding:
    inputs = [stated("dose for weight", dose.mg_per_kg, "mg/kg")]
    if dose.mg_per_kg is None:
        return finding(rule, facts.product, Outcome.UNKNOWN, "No dose for weight is entered.", inputs)
    most = rule.number("mg_per_kg_max")
    sentence = f"{dose.mg_per_kg} mg/kg is ordered; up to {most} mg/kg needs no signature of its own."
    return finding(rule, facts.product, yes_or_no(dose.mg_per_kg <= most), sentence, inputs)


def _computed(rule: Rule, facts: PlanFacts, dose: DirectDose, now: datetime) -> Finding:
    weight, mg = dose.weight_kg, facts.dose_mg
    inputs = [
        stated("dose for weight", dose.mg_per_kg, "mg/kg"),
        given("weight", weight, "kg"),
        stated("dose", mg, "mg"),
    ]
    if weight is None or mg is None:
        missing = "weight" if weight is None else "dose"
        return finding(rule, facts.product, Outcome.UNKNOWN, f"The {missing} is not known.", inputs)
    outcome, sentence = _compared(rule, dose.mg_per_kg, weight.value, mg)
    if now - weight.at > rule.duration("weight_age_max") and outcome is Outcome.SATISFIED:
        outcome = Outcome.VIOLATED
        days = rule.number("weight_age_max")
        sentence = f"The weight was measured {moment(weight.at, now)}, more than {days} days ago. {sentence}"
    return finding(rule, facts.product, outcome, sentence, inputs)


def _compared(rule: Rule, mg_per_kg: Decimal | None, weight_kg: Decimal, mg: Decimal) -> tuple[Outcome, str]:
    if (
        mg_per_kg is None
    ):  # ordered in milligrams alone, as lozenges and tablets are: said for weight beside it
        shown = for_weight(mg, weight_kg)
        if shown is None:
            return Outcome.VIOLATED, _TOO_FINE
        return Outcome.SATISFIED, f"{plain(mg)} mg for {weight_kg} kg are {plain(shown)} mg/kg."
    one, other = decimals.mass_mg(mg_per_kg, weight_kg), counting.mass_mg(mg_per_kg, weight_kg)
    if other is None:
        return Outcome.VIOLATED, _TOO_FINE
    if one != other:
        return Outcome.VIOLATED, _disagree(one, other, "mg")
    most = rule.number("rounding_max")
    sentence = f"{mg_per_kg} mg/kg × {weight_kg} kg = {plain(one)} mg; {plain(mg)} mg is entered, "
    return yes_or_no(abs(mg - one) <= most), f"{sentence}which may differ by at most {most} mg."


def _held(rule: Rule, facts: PlanFacts, dose: DirectDose) -> Finding:
    return _units(rule, facts, dose) if dose.route.in_units else _volume(rule, facts, dose)


def _volume(rule: Rule, facts: PlanFacts, dose: DirectDose) -> Finding:
    strength, entered, mg = dose.concentration_mg_per_ml, dose.volume_ml, facts.dose_mg
    inputs = _amounts(facts, dose)
    if strength is None or entered is None or mg is None or strength <= 0:
        sentence = "Volume and concentration of the vial are not both entered."
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    one, other = decimals.volume_ml(mg, strength), counting.volume_ml(mg, strength)
    inputs.append(stated("volume worked out", one, "mL"))
    if other is None:
        return finding(rule, facts.product, Outcome.VIOLATED, _TOO_FINE, inputs)
    if one != other:
        return finding(rule, facts.product, Outcome.VIOLATED, _disagree(one, other, "mL"), inputs)
    sentence = (
        f"{plain(mg)} mg at {plain(strength)} mg/mL are {plain(one)} mL; {plain(entered)} mL is entered."
    )
    return finding(rule, facts.product, yes_or_no(entered == one), sentence, inputs)


def _units(rule: Rule, facts: PlanFacts, dose: DirectDose) -> Finding:
    inputs = _amounts(facts, dose)
    if dose.units is None or dose.mg_per_unit is None or facts.dose_mg is None:
        sentence = "How many lozenges or tablets, and what each holds, is not entered."
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    one = decimals.devices_mg(dose.units, dose.mg_per_unit)
    other = counting.devices_mg(dose.units, dose.mg_per_unit)
    if other is None:
        return finding(rule, facts.product, Outcome.VIOLATED, _TOO_FINE, inputs)
    if one != other:
        return finding(rule, facts.product, Outcome.VIOLATED, _disagree(one, other, "mg"), inputs)
    sentence = f"{dose.units} × {plain(dose.mg_per_unit)} mg = {plain(one)} mg; {plain(facts.dose_mg)} mg is entered."
    return finding(rule, facts.product, yes_or_no(facts.dose_mg == one), sentence, inputs)


def _amounts(facts: PlanFacts, dose: DirectDose) -> list[Input]:
    held = (
        [stated("lozenges or tablets", dose.units), stated("each holds", dose.mg_per_unit, "mg")]
        if dose.route.in_units
        else [
            stated("concentration of the vial", dose.concentration_mg_per_ml, "mg/mL"),
            stated("volume", dose.volume_ml, "mL"),
        ]
    )
    return [*held, stated("dose", facts.dose_mg, "mg")]


def _frequency(rule: Rule, facts: PlanFacts) -> Finding:
    outcome, sentence = weekly_count(facts, rule.integer("per_week_max"), "an acute series")
    return finding(rule, facts.product, outcome, sentence, session_inputs(facts))


_TOO_FINE = "Enter dose, weight and strength with at most three decimals."


def _disagree(one: Decimal, other: Decimal, unit: str) -> str:
    return f"The two computations disagree ({one} {unit} and {other} {unit}): do not use either."
