"""What was given: devices and rests, and whether it is what was ordered. Recording it is never refused."""

from datetime import datetime
from decimal import Decimal
from itertools import pairwise

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol._findings import Finding, Input, Outcome
from euthymia.protocol._judge import dated, finding, span, stated, yes_or_no
from euthymia.protocol.facts import AdministrationFacts, DeviceUse, Product

_PER_CENT = Decimal(100)


def assess(facts: AdministrationFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge what has been given so far; a breach carries its deviation."""
    if facts.product is Product.ESKETAMINE_NASAL:
        return (
            _devices(rules["DEV-1"], facts),
            _rests(rules["DEV-3"], facts, now),
            _as_ordered(rules["ADM-1"], facts, _devices_mg(facts, rules["DEV-1"]) if facts.devices else None),
        )
    return (_as_ordered(rules["ADM-1"], facts, facts.infused_mg),)


def next_device_at(facts: AdministrationFacts, rules: RuleBook) -> datetime | None:
    """Return when the next device may be offered; ``None`` before the first one and after the last."""
    if facts.finished or facts.ordered_mg is None or not facts.devices:
        return None
    if _devices_mg(facts, rules["DEV-1"]) >= facts.ordered_mg:
        return None
    return _in_order(facts)[-1].at + rules["DEV-3"].duration("rest_min")


def _in_order(facts: AdministrationFacts) -> list[DeviceUse]:
    return sorted(facts.devices, key=lambda device: device.at)


def _devices_mg(facts: AdministrationFacts, rule: Rule) -> Decimal:
    return len(facts.devices) * rule.number("mg_per_device")


def _inputs(facts: AdministrationFacts) -> list[Input]:
    used = [
        Input(f"device {device.number}", "given", "", device.at, device.origin) for device in _in_order(facts)
    ]
    return [stated("ordered", facts.ordered_mg, "mg"), *used]


def _devices(rule: Rule, facts: AdministrationFacts) -> Finding:
    each, total = rule.number("mg_per_device"), _devices_mg(facts, rule)
    if facts.ordered_mg is None:
        return finding(
            rule, facts.product, Outcome.UNKNOWN, "No order says how many devices.", _inputs(facts)
        )
    sentence = f"{len(facts.devices)} × {each} mg = {total} mg of the {facts.ordered_mg} mg ordered."
    if total > facts.ordered_mg or (facts.finished and total != facts.ordered_mg):
        return finding(rule, facts.product, Outcome.VIOLATED, sentence, _inputs(facts))
    outcome = Outcome.SATISFIED if total == facts.ordered_mg else Outcome.UNKNOWN
    return finding(rule, facts.product, outcome, sentence, _inputs(facts))


def _rests(rule: Rule, facts: AdministrationFacts, now: datetime) -> Finding:
    used, least = _in_order(facts), rule.duration("rest_min")
    if not used:
        return finding(rule, facts.product, Outcome.UNKNOWN, "No device has been given.", _inputs(facts))
    short = [
        f"device {earlier.number} on {_clock(earlier.at, now)}, "
        f"device {later.number} on {_clock(later.at, now)}"
        for earlier, later in pairwise(used)
        if later.at - earlier.at < least
    ]
    if short:
        sentence = f"Less than {span(least)} of rest: {'; '.join(short)}."
        return finding(rule, facts.product, Outcome.VIOLATED, sentence, _inputs(facts), deviation=sentence)
    if len(used) == 1:
        sentence = f"One device was given on {_clock(used[0].at, now)}; the next after {span(least)} of rest."
        return finding(rule, facts.product, Outcome.SATISFIED, sentence, _inputs(facts))
    times = ", ".join(_clock(device.at, now) for device in used)
    sentence = f"Devices were given on {times}; at least {span(least)} lie between each."
    return finding(rule, facts.product, Outcome.SATISFIED, sentence, _inputs(facts))


def _clock(at: datetime, now: datetime) -> str:
    """Show the time, to the second where seconds decide, in the same words on every later day."""
    shown = dated(at, now)
    return f"{shown}:{at.second:02d}" if at.second else shown


def _as_ordered(rule: Rule, facts: AdministrationFacts, total: Decimal | None) -> Finding:
    begun = bool(facts.devices) or facts.infusion_start is not None or facts.infused_mg is not None
    inputs = [*_inputs(facts), stated("given", total, "mg")]
    if facts.ordered_mg is None and begun:
        sentence = "A dose was given and no order stood."
        return finding(rule, facts.product, Outcome.VIOLATED, sentence, inputs, deviation=sentence)
    if facts.ordered_mg is None or total is None or not (facts.finished or total > facts.ordered_mg):
        return finding(rule, facts.product, Outcome.UNKNOWN, "The dose is not finished.", inputs)
    sentence = f"{total} mg was given and {facts.ordered_mg} mg ordered"
    if facts.product is Product.ESKETAMINE_NASAL:
        outcome, sentence = yes_or_no(total == facts.ordered_mg), f"{sentence}."
    else:
        most = rule.number("difference_max")
        outcome = yes_or_no(abs(total - facts.ordered_mg) * _PER_CENT <= most * facts.ordered_mg)
        sentence = f"{sentence}; at most {most} % apart."
    breach = "" if outcome is Outcome.SATISFIED else sentence
    return finding(rule, facts.product, outcome, sentence, inputs, deviation=breach)
