"""Esketamine: the doses the regimen allows, the devices that make them, and how close sessions may be."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol._findings import Finding, Input, Outcome
from euthymia.protocol._judge import finding, stated, yes_or_no
from euthymia.protocol.facts import PlanFacts

_WEEK = timedelta(weeks=1)


def assess(facts: PlanFacts, rules: RuleBook) -> tuple[Finding, ...]:
    """Judge an esketamine dose against the regimen."""
    first = facts.session_number <= 1
    return (
        _allowed(rules["DOSE-US-1"], facts, "first_mg")
        if first
        else _allowed(rules["DOSE-US-2"], facts, "later_mg"),
        _largest(rules["DOSE-US-3"], facts),
        _frequency(rules["DOSE-US-4"], facts),
        planned_devices(rules["DEV-1"], facts),
    )


def _allowed(rule: Rule, facts: PlanFacts, threshold: str) -> Finding:
    inputs = [stated("dose", facts.dose_mg, "mg"), stated("session", facts.session_number)]
    if facts.dose_mg is None:
        return finding(rule, facts.product, Outcome.UNKNOWN, "No dose is entered.", inputs)
    allowed = rule.numbers(threshold)
    choices = " or ".join(str(dose) for dose in allowed)
    sentence = (
        f"Session {facts.session_number} is planned at {facts.dose_mg} mg; the regimen allows {choices} mg."
    )
    return finding(rule, facts.product, yes_or_no(facts.dose_mg in allowed), sentence, inputs)


def _largest(rule: Rule, facts: PlanFacts) -> Finding:
    inputs = [stated("dose", facts.dose_mg, "mg")]
    if facts.dose_mg is None:
        return finding(rule, facts.product, Outcome.UNKNOWN, "No dose is entered.", inputs)
    most = rule.number("dose_max")
    sentence = f"{facts.dose_mg} mg is planned; at most {most} mg may be given in a session."
    return finding(rule, facts.product, yes_or_no(facts.dose_mg <= most), sentence, inputs)


def _frequency(rule: Rule, facts: PlanFacts) -> Finding:
    induction = (facts.in_round or facts.session_number) <= rule.integer("induction_sessions")
    phase = "induction" if induction else "the weeks after induction"
    limit = rule.integer("induction_per_week_max" if induction else "later_per_week_max")
    outcome, sentence = weekly_count(facts, limit, phase)
    return finding(rule, facts.product, outcome, sentence, session_inputs(facts))


def weekly_count(facts: PlanFacts, limit: int, phase: str) -> tuple[Outcome, str]:
    """Count the sessions in the 7 days that end with the planned one, and compare with ``limit``."""
    recent = [day for day in facts.earlier_sessions if facts.session_on - _WEEK < day <= facts.session_on]
    count = len(recent) + 1
    sentence = (
        f"With {_days([*recent, facts.session_on])} there {_sessions(count)} in the 7 days to "
        f"{facts.session_on.isoformat()}; at most {limit} in {phase}."
    )
    if count > limit:
        return Outcome.VIOLATED, sentence
    missing = facts.session_number - 1 - len(facts.earlier_sessions)
    if missing > 0:
        return Outcome.UNKNOWN, f"{sentence} The dates of {missing} earlier sessions are not known."
    return Outcome.SATISFIED, sentence


def _sessions(count: int) -> str:
    return "is 1 session" if count == 1 else f"are {count} sessions"


def session_inputs(facts: PlanFacts) -> list[Input]:
    """Return the planned session and the earlier ones as inputs."""
    return [
        stated("session", facts.session_number),
        stated("planned on", facts.session_on.isoformat()),
        stated("earlier sessions", _days(facts.earlier_sessions) or "none"),
    ]


def _days(days: Iterable[date]) -> str:
    return ", ".join(day.isoformat() for day in days)


def planned_devices(rule: Rule, facts: PlanFacts) -> Finding:
    """Judge whether the planned number of devices makes the dose."""
    each = rule.number("mg_per_device")
    inputs = [stated("dose", facts.dose_mg, "mg"), stated("devices", facts.devices)]
    if facts.dose_mg is None or facts.devices is None:
        return finding(
            rule, facts.product, Outcome.UNKNOWN, "The dose or the number of devices is not entered.", inputs
        )
    sentence = f"{facts.devices} × {each} mg = {facts.devices * each} mg; {facts.dose_mg} mg is planned."
    return finding(
        rule, facts.product, yes_or_no(Decimal(facts.devices) * each == facts.dose_mg), sentence, inputs
    )
