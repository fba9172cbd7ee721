"""Esketamine: the doses the regimen allows, the devices that make them, and how close sessions may be."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol import _dose_by_counting as counting
from euthymia.protocol import _dose_by_decimals as decimals
from euthymia.protocol._findings import Finding, Input, Outcome
from euthymia.protocol._indications import first_of
from euthymia.protocol._judge import age_in_years, finding, given, stated, yes_or_no
from euthymia.protocol.facts import Indication, PlanFacts

_WEEK = timedelta(weeks=1)


def assess(facts: PlanFacts, rules: RuleBook) -> tuple[Finding, ...]:
    """Judge an esketamine dose against the regimen of the jurisdiction."""
    found = [_dose(facts, rules)]
    if largest := first_of(rules, LARGEST):
        found.append(_largest(largest, facts))
    if frequency := first_of(rules, FREQUENCY):
        found.append(_frequency(frequency, facts))
    if facts.session_number <= 1 and "DOSE-EU-6" in rules and facts.indication is not Indication.MDSI:
        found.append(_ancestry(rules["DOSE-EU-6"], facts))
    if facts.session_number > 1 and "DOSE-EU-7" in rules:
        found.append(_dose_step(rules["DOSE-EU-7"], facts))
    found.append(planned_devices(rules["DEV-1"], facts))
    return tuple(one for one in found if one)


FIRST = ("DOSE-US-1", "DOSE-EU-1")
LATER = ("DOSE-US-2", "DOSE-EU-2")
ACUTE = ("DOSE-US-5", "DOSE-EU-5")
LARGEST = ("DOSE-US-3", "DOSE-EU-3")
FREQUENCY = ("DOSE-US-4", "DOSE-EU-4")


def dose_rule(facts: PlanFacts, rules: RuleBook) -> Rule | None:
    """Return the rule that says which doses the regimen allows at this session."""
    if facts.indication is Indication.MDSI and (acute := first_of(rules, ACUTE)):
        return acute
    return first_of(rules, FIRST if facts.session_number <= 1 else LATER)


def doses_allowed(facts: PlanFacts, rules: RuleBook) -> tuple[Decimal, ...]:
    """Return the doses in mg that the regimen allows at this session; those that fit any age where it is unknown."""
    rule = dose_rule(facts, rules)
    if rule is None:
        return ()
    younger, older = _choices(rule, facts)
    return tuple(dose for dose in younger if dose in older)


def doses_of_regimen(rules: RuleBook, *, first: bool = False) -> tuple[Decimal, ...]:
    """Return every dose in mg that the regimen knows for some age, at the first session or at a later one."""
    rule = first_of(rules, FIRST if first else LATER)
    names = [name for name in rule.thresholds if name.endswith("_mg")] if rule else []
    return tuple(sorted({dose for name in names if rule for dose in rule.numbers(name)}))


def _choices(rule: Rule, facts: PlanFacts) -> tuple[tuple[Decimal, ...], tuple[Decimal, ...]]:
    """Return the doses allowed if the patient is younger and if older than the rule's age; the same if it is known."""
    if "acute_mg" in rule.thresholds:
        full = rule.numbers("acute_mg")
        younger = full if facts.session_number <= 1 else tuple(sorted({*full, *rule.numbers("reduced_mg")}))
        older: tuple[Decimal, ...] = () if "older_age_from" in rule.thresholds else younger
    else:
        name = "first_mg" if "first_mg" in rule.thresholds else "later_mg"
        younger = rule.numbers(name)
        older = rule.numbers(f"older_{name}") if f"older_{name}" in rule.thresholds else younger
    is_older = _older(rule, facts)
    if is_older is None:
        return younger, older
    return (older, older) if is_older else (younger, younger)


def _older(rule: Rule, facts: PlanFacts) -> bool | None:
    """Tell whether the patient has the age from which the rule differs; ``None`` where it is not known."""
    if "older_age_from" not in rule.thresholds:
        return False
    if facts.birth_date is None:
        return None
    return age_in_years(facts.birth_date.value, facts.session_on) >= rule.integer("older_age_from")


def _dose(facts: PlanFacts, rules: RuleBook) -> Finding | None:
    rule = dose_rule(facts, rules)
    if rule is None:
        return None
    inputs = [stated("dose", facts.dose_mg, "mg"), stated("session", facts.session_number)]
    if "older_age_from" in rule.thresholds:
        inputs.append(given("date of birth", facts.birth_date, show=date.isoformat))
    if facts.dose_mg is None:
        return finding(rule, facts.product, Outcome.UNKNOWN, "No dose is entered.", inputs)
    younger, older = _choices(rule, facts)
    planned = f"Session {facts.session_number} is planned at {facts.dose_mg} mg; "
    if (facts.dose_mg in younger) is (facts.dose_mg in older):
        words = (
            f"the regimen allows {_either(younger)}" if younger == older else _by_age(rule, younger, older)
        )
        return finding(rule, facts.product, yes_or_no(facts.dose_mg in younger), f"{planned}{words}.", inputs)
    sentence = f"{planned}{_by_age(rule, younger, older)}, and the date of birth is not known."
    return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)


def _either(doses: tuple[Decimal, ...]) -> str:
    return f"{' or '.join(str(dose) for dose in doses)} mg" if doses else "no dose at this age"


def _by_age(rule: Rule, younger: tuple[Decimal, ...], older: tuple[Decimal, ...]) -> str:
    return f"the regimen allows {_either(younger)}, from {rule.integer('older_age_from')} years on {_either(older)}"


def _ancestry(rule: Rule, facts: PlanFacts) -> Finding:
    known, allowed = facts.japanese_ancestry, rule.numbers("ancestry_first_mg")
    inputs = [
        stated("dose", facts.dose_mg, "mg"),
        given("Japanese ancestry", known, show=lambda value: "yes" if value else "no"),
    ]
    if known is not None and not known.value:
        outcome, sentence = Outcome.SATISFIED, "The patient is not of Japanese ancestry."
    elif facts.dose_mg is None:
        outcome, sentence = Outcome.UNKNOWN, "No dose is entered."
    elif facts.dose_mg in allowed:
        outcome, sentence = Outcome.SATISFIED, f"The first dose is planned at {facts.dose_mg} mg."
    elif known is None:
        outcome, sentence = Outcome.UNKNOWN, "Whether the patient is of Japanese ancestry is not recorded."
    else:
        outcome = Outcome.VIOLATED
        sentence = (
            f"The first dose is planned at {facts.dose_mg} mg; a trial began at {_either(allowed)} here."
        )
    return finding(rule, facts.product, outcome, sentence, inputs)


def _dose_step(rule: Rule, facts: PlanFacts) -> Finding:
    inputs = [stated("dose", facts.dose_mg, "mg"), stated("last dose", facts.previous_mg, "mg")]
    if facts.dose_mg is None or facts.previous_mg is None:
        missing = "No dose is entered." if facts.dose_mg is None else "The last dose is not known."
        return finding(rule, facts.product, Outcome.UNKNOWN, missing, inputs)
    most = rule.number("step_max")
    sentence = f"{facts.dose_mg} mg is planned after {facts.previous_mg} mg; at most {most} mg apart."
    fits = abs(facts.dose_mg - facts.previous_mg) <= most
    return finding(rule, facts.product, yes_or_no(fits), sentence, inputs)


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
    total, counted = decimals.devices_mg(facts.devices, each), counting.devices_mg(facts.devices, each)
    if total != counted:
        sentence = f"The two computations disagree ({total} mg and {counted} mg): do not use either."
        return finding(rule, facts.product, Outcome.VIOLATED, sentence, inputs)
    sentence = f"{facts.devices} × {each} mg = {total} mg; {facts.dose_mg} mg is planned."
    return finding(rule, facts.product, yes_or_no(total == facts.dose_mg), sentence, inputs)
