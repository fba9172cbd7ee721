"""Whether a patient who has checked in is ready for a dose today."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol import suicide_risk
from euthymia.protocol._arrival import escort, instructions, pregnancy, pregnant, programme
from euthymia.protocol._conditions import none_of
from euthymia.protocol._findings import Datum, Finding, Input, Outcome
from euthymia.protocol._indications import first_of
from euthymia.protocol._judge import age_in_years, finding, given, moment, same_day, span, yes_or_no
from euthymia.protocol._judge import worst as worst_of
from euthymia.protocol.facts import Condition, Pressure, Product, ReadinessFacts


def assess(facts: ReadinessFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge check-in: pressure, fasting, escort, pregnancy, programme, suicide risk, instructions."""
    nasal = facts.product is Product.ESKETAMINE_NASAL
    barring = first_of(rules, ("WP-9" if nasal else "IV-CI-9",))
    return (
        _measured(rules["PRE-1"], facts.product, facts.pressures, now),
        *(_raised_nasal(rules, facts, now) if nasal else (_uncontrolled(rules["IV-CI-4"], facts, now),)),
        none_of(rules["PRE-4"], facts.product, facts.conditions, (Condition.PRESSURE_RISK,), asked_on=now),
        _fasting(rules["PRE-6"], facts, now),
        *((_nose(rules["PRE-7"], facts, now),) if nasal else ()),
        escort(rules["PRE-9"], facts, now),
        *((programme(rules["PRE-10"], facts, now),) if nasal and "PRE-10" in rules else ()),
        pregnancy(rules["PRE-12"], facts, now),
        *(pregnant(barring, facts, now) if barring else ()),
        instructions(rules["MON-8"], facts, now),
        *suicide_risk.assess(facts.risk, rules, now, product=facts.product),
    )


def at_the_dose(
    product: Product, pressures: Sequence[Datum[Pressure]], rules: RuleBook, t0: datetime
) -> Finding:
    """Judge whether the pressure was measured in time before a dose that begins, or began, at ``t0``.

    What was measured in time for the order may be too old by then. A dose that began without it is a deviation.
    """
    found = _measured(rules["PRE-1"], product, pressures, t0)
    if found.outcome is not Outcome.VIOLATED:
        return found
    last = max(reading.at for reading in pressures if same_day(reading.at, t0))
    told = f"The first dose began {span(t0 - last)} after the last blood pressure, at {moment(last, t0)}."
    return replace(found, deviation=told)


def of_today(facts: ReadinessFacts, now: datetime) -> list[Datum[Pressure]]:
    """Return the readings of today, oldest first."""
    return _on_the_day(facts.pressures, now)


def _on_the_day(pressures: Sequence[Datum[Pressure]], now: datetime) -> list[Datum[Pressure]]:
    return sorted(
        (reading for reading in pressures if same_day(reading.at, now)), key=lambda reading: reading.at
    )


def _as_inputs(readings: list[Datum[Pressure]]) -> list[Input]:
    return [
        given(f"blood pressure {number}", reading, "mmHg") for number, reading in enumerate(readings, start=1)
    ]


def _measured(rule: Rule, product: Product, pressures: Sequence[Datum[Pressure]], now: datetime) -> Finding:
    readings = _on_the_day(pressures, now)
    if not readings:
        return finding(rule, product, Outcome.UNKNOWN, "Blood pressure has not been measured today.")
    last, oldest = readings[-1], rule.duration("reading_age_max")
    sentence = (
        f"Blood pressure was measured at {moment(last.at, now)}, {span(now - last.at)} before "
        f"{moment(now, now)}; at most {span(oldest)} before the dose."
    )
    return finding(rule, product, yes_or_no(now - last.at <= oldest), sentence, _as_inputs(readings))


Limits = tuple[Decimal, Decimal]
"""The highest systolic and diastolic pressure in mmHg."""


def _counting(rule: Rule, readings: list[Datum[Pressure]], limits: Limits) -> Datum[Pressure]:
    """Return the reading that counts: the last of those allowed, or the first raised one taken after them."""
    allowed = rule.integer("readings_counted")
    final = readings[:allowed][-1]
    return next((reading for reading in readings[allowed:] if is_above(limits, reading.value)), final)


def is_above(limits: Limits, pressure: Pressure) -> bool:
    """Tell whether either number of a pressure is above its limit."""
    return pressure.systolic > limits[0] or pressure.diastolic > limits[1]


def _limits(rule: Rule) -> Limits:
    return rule.number("systolic_max"), rule.number("diastolic_max")


def _shown(limits: Limits) -> str:
    return f"{limits[0]}/{limits[1]} mmHg"


def _raised_nasal(rules: RuleBook, facts: ReadinessFacts, now: datetime) -> tuple[Finding, ...]:
    """Judge the pressure by the jurisdiction's guide, and whether a raised one was repeated."""
    guide = first_of(rules, ("PRE-2", "PRE-3"))
    if guide is None:
        return ()
    again = (_repeated(rules["PRE-5"], guide, facts, now),) if "PRE-5" in rules else ()
    return (_raised(guide, facts, now), *again)


def _older_limits(rule: Rule) -> Limits:
    return rule.number("older_systolic_max"), rule.number("diastolic_max")


def by_age(rule: Rule, facts: ReadinessFacts, now: datetime) -> tuple[Limits, Limits]:
    """Return the limits if the patient is younger and if older than the rule's age; the same if it is known."""
    if "older_age_from" not in rule.thresholds:
        return _limits(rule), _limits(rule)
    if facts.birth_date is None:
        return _limits(rule), _older_limits(rule)
    older = age_in_years(facts.birth_date.value, now.date()) >= rule.integer("older_age_from")
    limits = _older_limits(rule) if older else _limits(rule)
    return limits, limits


def _raised(rule: Rule, facts: ReadinessFacts, now: datetime) -> Finding:
    readings, (younger, older) = of_today(facts, now), by_age(rule, facts, now)
    inputs = _as_inputs(readings)
    if "older_age_from" in rule.thresholds:
        inputs.append(given("date of birth", facts.birth_date, show=date.isoformat))
    if not readings:
        sentence = "Blood pressure has not been measured today."
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    counts, allowed = _counting(rule, readings, younger), rule.integer("readings_counted")
    outcome = yes_or_no(not is_above(younger, counts.value))
    sentence = f"{counts.value} mmHg at {moment(counts.at, now)}; at most {_shown(younger)}."
    if younger != older:
        other = _counting(rule, readings, older)
        if yes_or_no(not is_above(older, other.value)) is not outcome:
            outcome = Outcome.UNKNOWN
        sentence += f" From {rule.integer('older_age_from')} years on {_shown(older)}; the date of birth is not known."
    if outcome is Outcome.VIOLATED and len(readings) < allowed:
        sentence += f" {len(readings)} of {allowed} readings taken: it may be repeated after rest."
    return finding(rule, facts.product, outcome, sentence, inputs)


def _repeated(rule: Rule, guide: Rule, facts: ReadinessFacts, now: datetime) -> Finding:
    """Judge that a raised reading was followed by another after enough rest."""
    readings, (limits, _) = of_today(facts, now), by_age(guide, facts, now)
    inputs = _as_inputs(readings)
    if not readings:
        sentence = "Blood pressure has not been measured today."
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    raised = [one for one in readings[: rule.integer("readings_counted") - 1] if is_above(limits, one.value)]
    if not raised:
        return finding(
            rule, facts.product, Outcome.SATISFIED, "No reading of today is to be repeated.", inputs
        )
    judged = [_again(rule, one, readings, now) for one in raised]
    outcome = worst_of(part for part, _ in judged)
    return finding(rule, facts.product, outcome, " ".join(words for _, words in judged), inputs)


def _again(
    rule: Rule, raised: Datum[Pressure], readings: list[Datum[Pressure]], now: datetime
) -> tuple[Outcome, str]:
    """Judge whether one raised reading was repeated in time."""
    opens, closes = raised.at + rule.duration("repeat_from"), raised.at + rule.duration("repeat_by")
    sentence = f"{raised.value} mmHg at {moment(raised.at, now)} is raised: "
    window = f"between {moment(opens, now)} and {moment(closes, now)}"
    again = next((one for one in readings if opens <= one.at <= closes), None)
    if again:
        return Outcome.SATISFIED, f"{sentence}repeated at {moment(again.at, now)}."
    if now <= closes:
        return Outcome.UNKNOWN, f"{sentence}repeat it {window}."
    return Outcome.VIOLATED, f"{sentence}not repeated {window}."


def _uncontrolled(rule: Rule, facts: ReadinessFacts, now: datetime) -> Finding:
    readings = of_today(facts, now)
    if not readings:
        return finding(rule, facts.product, Outcome.UNKNOWN, "Blood pressure has not been measured today.")
    limits, pause = _limits(rule), rule.duration("repeat_after")
    counts = _counting(rule, readings, limits)
    if is_above(limits, counts.value) and not _raised_before(rule, readings, counts, pause):
        # Raised, and never repeated at rest: the repeat this rule asks for decides once it is there.
        counts = next((later for later in readings if later.at - counts.at >= pause), counts)
    sentence = f"{counts.value} mmHg at {moment(counts.at, now)}; at most {_shown(limits)}."
    outcome = yes_or_no(not is_above(limits, counts.value))
    if outcome is Outcome.VIOLATED and not _raised_before(rule, readings, counts, pause):
        outcome = Outcome.UNKNOWN
        sentence += f" Repeat it at rest, not before {moment(counts.at + pause, now)}."
    return finding(rule, facts.product, outcome, sentence, _as_inputs(readings))


def _raised_before(
    rule: Rule, readings: list[Datum[Pressure]], counts: Datum[Pressure], pause: timedelta
) -> bool:
    """Tell whether a raised reading was taken at least ``pause`` before the one that counts."""
    return any(is_above(_limits(rule), one.value) and counts.at - one.at >= pause for one in readings)


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


def _nose(rule: Rule, facts: ReadinessFacts, now: datetime) -> Finding:
    used, least = facts.nasal_product, rule.duration("nasal_min")
    inputs = [
        given("nasal product last used", used, show=lambda at: "none" if at is None else at.isoformat())
    ]
    if used is None or not same_day(used.at, now):
        sentence = "Whether a corticosteroid or decongestant was used in the nose has not been asked today."
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    if used.value is None:
        sentence = "No corticosteroid or decongestant was used in the nose today."
        return finding(rule, facts.product, Outcome.SATISFIED, sentence, inputs)
    outcome, sentence = _since("nasal product", Datum(used.value, used.at, used.origin), least, now)
    return finding(rule, facts.product, outcome, sentence, inputs)


def _since(name: str, last: Datum[datetime] | None, least: timedelta, now: datetime) -> tuple[Outcome, str]:
    if last is None:
        return Outcome.UNKNOWN, f"When the patient last had {name} is not known."
    waited = now - last.value
    sentence = f"Last {name} {moment(last.value, now)}, {span(waited)} before {moment(now, now)}; "
    sentence += f"at least {span(least)}"
    if waited >= least:
        return Outcome.SATISFIED, f"{sentence}."
    return Outcome.VIOLATED, f"{sentence}: not before {moment(last.value + least, now)}."
