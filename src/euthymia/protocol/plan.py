"""Whether a planned or ordered dose fits the regimen, the device and the patient's weight."""

from datetime import datetime
from decimal import Decimal

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol import _direct, _infusion, _regimen
from euthymia.protocol._findings import Finding
from euthymia.protocol._indications import first_of
from euthymia.protocol._regimen import FREQUENCY
from euthymia.protocol._regimen import doses_allowed as doses_allowed
from euthymia.protocol._regimen import doses_of_regimen as doses_of_regimen
from euthymia.protocol.facts import PlanFacts, Product


def assess(facts: PlanFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge dose, device count or infusion, and how close the sessions are."""
    if facts.product is Product.ESKETAMINE_NASAL:
        return _regimen.assess(facts, rules)
    if facts.direct is not None:
        return _direct.assess(facts, facts.direct, rules, now)
    return _infusion.assess(facts, rules, now)


def pump_settings(
    dose_mg: Decimal, mg_per_ml: Decimal, minutes: Decimal, *, volume_ml: Decimal | None = None
) -> tuple[tuple[Decimal, Decimal] | None, str]:
    """Return volume and rate for a dose, worked out by two ways that agree; else ``None`` and why not."""
    return _infusion.work_out(dose_mg, mg_per_ml, minutes, volume_ml=volume_ml)


def vial_volume(dose_mg: Decimal, mg_per_ml: Decimal) -> Decimal | None:
    """Return the mL of a vial that hold a dose, worked out by two ways that agree; else ``None``."""
    return _direct.volume(dose_mg, mg_per_ml)


def for_weight(dose_mg: Decimal | None, weight_kg: Decimal | None) -> Decimal | None:
    """Return a dose in mg/kg, worked out by two ways that agree; ``None`` where they do not or one is not known."""
    if dose_mg is None or weight_kg is None:
        return None
    return _direct.for_weight(dose_mg, weight_kg)


def frequency_rule(rules: RuleBook) -> Rule | None:
    """Return the rule that says how many nasal sessions a week may have; ``None`` where the book has none."""
    return first_of(rules, FREQUENCY)
