"""Whether a planned or ordered dose fits the regimen, the device and the patient's weight."""

from datetime import datetime

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol import _infusion, _regimen
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
    return _infusion.assess(facts, rules, now)


def frequency_rule(rules: RuleBook) -> Rule | None:
    """Return the rule that says how many nasal sessions a week may have; ``None`` where the book has none."""
    return first_of(rules, FREQUENCY)
