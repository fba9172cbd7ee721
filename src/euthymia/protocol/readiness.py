"""Whether a patient who has checked in is ready for a dose today."""

from datetime import datetime, timedelta

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol import suicide_risk
from euthymia.protocol._arrival import escort, instructions, pregnancy, pregnant, programme
from euthymia.protocol._conditions import none_of
from euthymia.protocol._findings import Datum, Finding, Input, Outcome
from euthymia.protocol._judge import finding, given, moment, same_day, span, yes_or_no
from euthymia.protocol._judge import worst as worst_of
from euthymia.protocol.facts import Condition, Pressure, Product, ReadinessFacts


def assess(facts: ReadinessFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge check-in: pressure, fasting, escort, pregnancy, programme, suicide risk, instructions."""
    nasal = facts.product is Product.ESKETAMINE_NASAL
    return (
        _measured(rules["PRE-1"], facts, now),
        _raised(rules["PRE-2"], facts, now) if nasal else _uncontrolled(rules["IV-CI-4"], facts, now),
        none_of(rules["PRE-4"], facts.product, facts.conditions, (Condition.PRESSURE_RISK,), asked_on=now),
        _fasting(rules["PRE-6"], facts, now),
        escort(rules["PRE-9"], facts, now),
        *((programme(rules["PRE-10"], facts, now),) if nasal else ()),
        pregnancy(rules["PRE-12"], facts, now),
        *(() if nasal else pregnant(rules["IV-CI-9"], facts, now)),
        instructions(rules["MON-8"], facts, now),
        *suicide_risk.assess(facts.risk, rules, now, product=facts.product),
    )


def _today(facts: ReadinessFacts, now: datetime) -> list[Datum[Pressure]]:
    return sorted(
        (reading for reading in facts.pressures if same_day(reading.at, now)), key=lambda reading: reading.at
    )


def _as_inputs(readings: list[Datum[Pressure]]) -> list[Input]:
    return [
        given(f"blood pressure {number}", reading, "mmHg") for number, reading in enumerate(readings, start=1)
    ]


def _measured(rule: Rule, facts: ReadinessFacts, now: datetime) -> Finding:
    readings = _today(facts, now)
    if not readings:
        return finding(rule, facts.product, Outcome.UNKNOWN, "Blood pressure has not been measured today.")
    last, oldest = readings[-1], rule.duration("reading_age_max")
    sentence = (
        f"Blood pressure was measured at {moment(last.at, now)}, {span(now - last.at)} before "
        f"{moment(now, now)}; at most {span(oldest)} before the dose."
    )
    return finding(rule, facts.product, yes_or_no(now - last.at <= oldest), sentence, _as_inputs(readings))


def _counting(rule: Rule, readings: list[Datum[Pressure]]) -> Datum[Pressure]:
    """Return the reading that counts: the last of those allowed, or the first raised one taken after them."""
    allowed = rule.integer("readings_counted")
    final = readings[:allowed][-1]
    return next((reading for reading in readings[allowed:] if _above(rule, reading.value)), final)


def _above(rule: Rule, pressure: Pressure) -> bool:
    return pressure.systolic > rule.number("systolic_max") or pressure.diastolic > rule.number(
        "diastolic_max"
    )


def _limit(rule: Rule) -> str:
    return f"{rule.number('systolic_max')}/{rule.number('diastolic_max')} mmHg"


def _raised(rule: Rule, facts: ReadinessFacts, now: datetime) -> Finding:
    readings = _today(facts, now)
    if not readings:
        return finding(rule, facts.product, Outcome.UNKNOWN, "Blood pressure has not been measured today.")
    counts, allowed = _counting(rule, readings), rule.integer("readings_counted")
    outcome = yes_or_no(not _above(rule, counts.value))
    sentence = f"{counts.value} mmHg at {moment(counts.at, now)}; at most {_limit(rule)}."
    if outcome is Outcome.VIOLATED and len(readings) < allowed:
        sentence += f" {len(readings)} of {allowed} readings taken: it may be repeated after rest."
    return finding(rule, facts.product, outcome, sentence, _as_inputs(readings))


def _uncontrolled(rule: Rule, facts: ReadinessFacts, now: datetime) -> Finding:
    readings = _today(facts, now)
    if not readings:
        return finding(rule, facts.product, Outcome.UNKNOWN, "Blood pressure has not been measured today.")
    counts, pause = _counting(rule, readings), rule.duration("repeat_after")
    if _above(rule, counts.value) and not _raised_before(rule, readings, counts, pause):
        # Raised, and never repeated at rest: the repeat this rule asks for decides once it is there.
        counts = next((later for later in readings if later.at - counts.at >= pause), counts)
    sentence = f"{counts.value} mmHg at {moment(counts.at, now)}; at most {_limit(rule)}."
    outcome = yes_or_no(not _above(rule, counts.value))
    if outcome is Outcome.VIOLATED and not _raised_before(rule, readings, counts, pause):
        outcome = Outcome.UNKNOWN
        sentence += f" Repeat it at rest, not before {moment(counts.at + pause, now)}."
    return finding(rule, facts.product, outcome, sentence, _as_inputs(readings))


def _raised_before(
    rule: Rule, readings: list[Datum[Pressure]], counts: Datum[Pressure], pause: timedelta
) -> bool:
    """Tell whether a raised reading was taken at least ``pause`` before the one that counts."""
    return any(_above(rule, one.value) and counts.at - one.at >= pause for one in readings)


def _fasting(rule: Rule, facts: ReadinessFacts, now: datetime) -> Finding:
    taken = (
        ("food", facts.last_food, rule.duration("food_min")),
        ("liquid", facts.last_liquid, rule.duration("liquid_min")),
    )
    judged = [_since(name, last, least, now) for name, last, least in taken]
    inputs = [
        given(f"last {name}", last, show=lambda at: at.astimezone(now.tzinfo).isoformat(timespec="minutes"))
        for name, last, _ in taken
    ]
    outcome = worst_of(part for part, _ in judged)
    return finding(rule, facts.product, outcome, " ".join(words for _, words in judged), inputs)


def _since(name: str, last: Datum[datetime] | None, least: timedelta, now: datetime) -> tuple[Outcome, str]:
    if last is None:
        return Outcome.UNKNOWN, f"When the patient last had {name} is not known."
    waited = now - last.value
    sentence = f"Last {name} {moment(last.value, now)}, {span(waited)} before {moment(now, now)}; "
    sentence += f"at least {span(least)}"
    if waited >= least:
        return Outcome.SATISFIED, f"{sentence}."
    return Outcome.VIOLATED, f"{sentence}: not before {moment(last.value + least, now)}."
