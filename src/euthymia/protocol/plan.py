"""Whether a planned or ordered dose fits the regimen, the device and the patient's weight."""

from datetime import datetime

from euthymia.evidence import RuleBook
from euthymia.protocol import _infusion, _regimen
from euthymia.protocol._findings import Finding
from euthymia.protocol.facts import PlanFacts, Product


def assess(facts: PlanFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge dose, device count or infusion, and how close the sessions are."""
    if facts.product is Product.ESKETAMINE_NASAL:
        return _regimen.assess(facts, rules)
    return _infusion.assess(facts, rules, now)
