"""Intravenous ketamine: the dose for weight computed twice, its limits, the pump, and how often."""

from datetime import datetime
from decimal import Decimal

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol import _dose_by_counting as counting
from euthymia.protocol import _dose_by_decimals as decimals
from euthymia.protocol._findings import Finding, Input, Outcome
from euthymia.protocol._judge import finding, given, moment, stated, yes_or_no
from euthymia.protocol._regimen import session_inputs, weekly_count
from euthymia.protocol.facts import InfusionDose, PlanFacts

_PER_CENT = Decimal(100)
_MINUTES_PER_HOUR = Decimal(60)


def assess(facts: PlanFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge an infusion; the pump only where a setting of it was entered."""
    found = [
        _limit(rules["IV-DOSE-1"], facts),
        _limit(rules["IV-DOSE-2"], facts),
        _length(rules["IV-DOSE-3"], facts),
        _computed(rules["IV-DOSE-4"], rules["IV-DOSE-1"].number("mg_per_kg_max"), facts, now),
        _step(rules["IV-DOSE-6"], facts),
        _frequency(rules["IV-DOSE-7"], facts),
    ]
    if facts.infusion and _pump_settings(facts.infusion) != (None, None, None):
        found.append(_pump(rules["IV-DOSE-5"], facts, facts.infusion))
    return tuple(found)


def _asked(facts: PlanFacts) -> Input:
    return stated("dose for weight", facts.infusion.mg_per_kg if facts.infusion else None, "mg/kg")


def _no_infusion(rule: Rule, facts: PlanFacts) -> Finding:
    return finding(rule, facts.product, Outcome.UNKNOWN, "No infusion is entered.", [_asked(facts)])


def _limit(rule: Rule, facts: PlanFacts) -> Finding:
    if facts.infusion is None:
        return _no_infusion(rule, facts)
    asked = facts.infusion.mg_per_kg
    if "mg_per_kg_max" in rule.thresholds:
        limit = rule.number("mg_per_kg_max")
        outcome, words = yes_or_no(asked <= limit), f"at most {limit}"
    else:
        limit = rule.number("mg_per_kg_min")
        outcome, words = yes_or_no(asked >= limit), f"at least {limit}"
    return finding(
        rule, facts.product, outcome, f"{asked} mg/kg is planned; {words} mg/kg is allowed.", [_asked(facts)]
    )


def _length(rule: Rule, facts: PlanFacts) -> Finding:
    if facts.infusion is None:
        return _no_infusion(rule, facts)
    minutes = facts.infusion.minutes
    least, most = rule.number("minutes_min"), rule.number("minutes_max")
    sentence = f"The infusion is planned over {minutes} minutes; {least} to {most} minutes are allowed."
    return finding(
        rule, facts.product, yes_or_no(least <= minutes <= most), sentence, [stated("length", minutes, "min")]
    )


def _computed(rule: Rule, highest: Decimal, facts: PlanFacts, now: datetime) -> Finding:
    weight = facts.infusion.weight_kg if facts.infusion else None
    chosen = facts.infusion.dosing_weight_kg if facts.infusion else None
    inputs = [_asked(facts), given("weight", weight, "kg"), stated("dose", facts.dose_mg, "mg")]
    inputs += [] if chosen is None else [stated("ideal weight, chosen to dose by", chosen, "kg")]
    if facts.infusion is None or weight is None or facts.dose_mg is None:
        missing = "weight" if weight is None else "dose"
        return finding(rule, facts.product, Outcome.UNKNOWN, f"The {missing} is not known.", inputs)
    by = weight.value if chosen is None else chosen
    outcome, sentence = _compare(rule, facts.infusion.mg_per_kg, by, facts.dose_mg)
    if by > weight.value:
        outcome = Outcome.VIOLATED
        sentence = (
            f"The ideal weight of {by} kg is above the patient's {weight.value} kg: dose by that. {sentence}"
        )
    elif facts.dose_mg > highest * by and outcome is Outcome.SATISFIED:
        outcome = Outcome.VIOLATED
        sentence = f"{sentence} Rounded, it is above {highest} mg/kg, the most that may be given: round down."
    if now - weight.at > rule.duration("weight_age_max") and outcome is Outcome.SATISFIED:
        days = rule.number("weight_age_max")
        outcome = Outcome.VIOLATED
        sentence = f"The weight was measured {moment(weight.at, now)}, more than {days} days ago. {sentence}"
    return finding(rule, facts.product, outcome, sentence, inputs)


def _compare(rule: Rule, mg_per_kg: Decimal, weight_kg: Decimal, dose_mg: Decimal) -> tuple[Outcome, str]:
    one, other = decimals.mass_mg(mg_per_kg, weight_kg), counting.mass_mg(mg_per_kg, weight_kg)
    if other is None:
        return Outcome.VIOLATED, "Enter mg/kg and weight with at most three decimals."
    if one != other:
        return Outcome.VIOLATED, _disagree(one, other, "mg")
    rounding = rule.number("rounding_max")
    fits = abs(dose_mg - one) <= rounding
    sentence = f"{mg_per_kg} mg/kg × {weight_kg} kg = {_shown(one)} mg; {dose_mg} mg is entered, "
    return yes_or_no(fits), f"{sentence}which may differ by at most {rounding} mg."


def _pump_settings(infusion: InfusionDose) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    return infusion.concentration_mg_per_ml, infusion.volume_ml, infusion.rate_ml_per_h


def _pump(rule: Rule, facts: PlanFacts, infusion: InfusionDose) -> Finding:
    concentration, volume, rate = _pump_settings(infusion)
    inputs = [
        stated("concentration", concentration, "mg/mL"),
        stated("volume", volume, "mL"),
        stated("rate", rate, "mL/h"),
        stated("length", infusion.minutes, "min"),
        stated("dose", facts.dose_mg, "mg"),
    ]
    if concentration is None or volume is None or rate is None or facts.dose_mg is None:
        return finding(
            rule, facts.product, Outcome.UNKNOWN, "Not every setting of the pump is entered.", inputs
        )
    worked_out, slip = work_out(facts.dose_mg, concentration, infusion.minutes)
    inputs += _worked_out(worked_out)
    if worked_out is None:
        return finding(rule, facts.product, Outcome.VIOLATED, slip, inputs)
    mass, delivered = concentration * volume, rate * infusion.minutes / _MINUTES_PER_HOUR
    most = rule.number("difference_max")
    fits = _within(mass, facts.dose_mg, most) and _within(delivered, volume, most)
    sentence = (
        f"{concentration} mg/mL × {volume} mL = {_shown(mass)} mg for {facts.dose_mg} mg; "
        f"{rate} mL/h for {infusion.minutes} min = {_shown(delivered)} mL for {volume} mL; "
        f"each within {most} %."
    )
    return finding(rule, facts.product, yes_or_no(fits), sentence, inputs)


def work_out(
    dose_mg: Decimal, mg_per_ml: Decimal, minutes: Decimal, *, volume_ml: Decimal | None = None
) -> tuple[tuple[Decimal, Decimal] | None, str]:
    """Return volume and rate for a dose, worked out by two ways that agree; else ``None`` and why not.

    The volume in mL and the rate in mL/h, each to the nearest hundredth. The rate is that of ``volume_ml``, else of
    the rounded volume.
    """
    if mg_per_ml <= 0 or minutes <= 0:
        return None, "Neither concentration nor time can be nothing."
    volume, other = decimals.volume_ml(dose_mg, mg_per_ml), counting.volume_ml(dose_mg, mg_per_ml)
    if other is None:
        return None, _TOO_FINE
    if volume != other:
        return None, _disagree(volume, other, "mL")
    volume = volume if volume_ml is None else volume_ml
    rate, other = decimals.rate_ml_per_h(volume, minutes), counting.rate_ml_per_h(volume, minutes)
    if other is None:
        return None, _TOO_FINE
    if rate != other:
        return None, _disagree(rate, other, "mL/h")
    return (volume, rate), ""


def _worked_out(found: tuple[Decimal, Decimal] | None) -> list[Input]:
    volume, rate = found or (None, None)
    return [stated("volume worked out", volume, "mL"), stated("rate worked out", rate, "mL/h")]


_TOO_FINE = "Enter dose, concentration and time with at most three decimals."


def _disagree(one: Decimal, other: Decimal, unit: str) -> str:
    return f"The two computations disagree ({one} {unit} and {other} {unit}): do not use either."


def _shown(amount: Decimal) -> str:
    """Show a product of entered figures, cut to thousandths as a pump would show it."""
    return f"{amount.quantize(Decimal('0.001')).normalize():f}"


def _within(found: Decimal, wanted: Decimal, per_cent: Decimal) -> bool:
    return abs(found - wanted) * _PER_CENT <= per_cent * abs(wanted)


def _step(rule: Rule, facts: PlanFacts) -> Finding:
    steps = sorted(rule.numbers("steps"))
    inputs = [_asked(facts), stated("last dose for weight", facts.previous_mg_per_kg, "mg/kg")]
    if facts.infusion is None:
        return _no_infusion(rule, facts)
    asked, last = facts.infusion.mg_per_kg, facts.previous_mg_per_kg
    if asked <= steps[0]:
        sentence = f"{asked} mg/kg is not above the first step of {steps[0]} mg/kg."
        return finding(rule, facts.product, Outcome.SATISFIED, sentence, inputs)
    if facts.session_number > 1 and last is None:
        sentence = f"{asked} mg/kg is above {steps[0]} mg/kg and the last dose is not known."
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    if facts.session_number <= 1 or last is None:
        sentence = f"{asked} mg/kg is planned for the first infusion; at most {steps[0]} mg/kg is usual."
        return finding(rule, facts.product, Outcome.VIOLATED, sentence, inputs)
    highest = max(last, next((step for step in steps if step > last), steps[-1]))
    sentence = f"{asked} mg/kg is planned after {last} mg/kg; the next step is {highest} mg/kg."
    return finding(rule, facts.product, yes_or_no(asked <= highest), sentence, inputs)


def _frequency(rule: Rule, facts: PlanFacts) -> Finding:
    outcome, sentence = weekly_count(facts, rule.integer("per_week_max"), "an acute series")
    return finding(rule, facts.product, outcome, sentence, session_inputs(facts))
