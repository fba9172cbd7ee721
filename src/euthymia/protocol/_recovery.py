"""What must have settled before a patient leaves: pressure, breathing, sedation and dissociation."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from euthymia.evidence import Rule
from euthymia.protocol._findings import Datum, Finding, Input, Outcome
from euthymia.protocol._judge import dated, finding, given, moment, span, worst, yes_or_no
from euthymia.protocol._readings import latest, series
from euthymia.protocol.facts import DischargeFacts, Dissociation, Observation, Pressure

T = TypeVar("T")
_PER_CENT = 100


def pressure_at_40(rule: Rule, facts: DischargeFacts, now: datetime) -> Finding:
    """Judge the 40-minute pressure; missed, it stays a deviation and the next reading stands in for it."""
    last = facts.last_dose_at
    if last is None:
        return finding(rule, facts.product, Outcome.UNKNOWN, "The dose is not finished.")
    dose = Input("last device", "given", "", last, "")
    opens, closes = last + rule.duration("opens_at"), last + rule.duration("closes_at")
    readings = series(facts.observations, lambda one: one.pressure)
    in_time = next((reading for reading in readings if opens <= reading.at <= closes), None)
    stand_in = next((reading for reading in readings if reading.at > closes), None)
    minutes = f"{span(opens - last)} to {span(closes - last)} after the dose"
    window = f"{moment(opens, now)} to {moment(closes, now)}, {minutes}"
    if in_time:
        sentence = f"Blood pressure was measured at {moment(in_time.at, now)}, within {window}."
        inputs = [dose, given("blood pressure", in_time, "mmHg")]
        return finding(rule, facts.product, Outcome.SATISFIED, sentence, inputs)
    if now <= closes and stand_in is None:
        return finding(rule, facts.product, Outcome.UNKNOWN, f"Blood pressure is due from {window}.", [dose])
    missed = f"Blood pressure was not measured from {dated(opens, now)} to {dated(closes, now)}, {minutes}."
    if stand_in is None:
        sentence = f"{missed} Measure it now."
        return finding(rule, facts.product, Outcome.VIOLATED, sentence, [dose], deviation=missed)
    sentence = f"{missed} The next reading, {moment(stand_in.at, now)}, stands in."
    inputs = [dose, given("blood pressure", stand_in, "mmHg")]
    return finding(rule, facts.product, Outcome.SATISFIED, sentence, inputs, deviation=missed)


def breathing_watched(rule: Rule, facts: DischargeFacts, now: datetime) -> Finding:
    """Judge that breathing and oximetry were recorded after the dose, and lately."""
    oldest = rule.duration("reading_age_max")
    kinds = {
        "oxygen saturation": (_after_dose(facts, lambda one: one.spo2_percent), "%"),
        "breaths": (_after_dose(facts, lambda one: one.respiratory_rate_per_min), "/min"),
    }
    inputs = [given(name, reading, unit) for name, (reading, unit) in kinds.items()]
    missing = [name for name, (reading, _) in kinds.items() if reading is None]
    stale = [name for name, (reading, _) in kinds.items() if reading and now - reading.at > oldest]
    when = ", ".join(f"{name} {moment(reading.at, now)}" for name, (reading, _) in kinds.items() if reading)
    if stale:
        sentence = f"Last recorded: {when}; at most {span(oldest)} ago is required at {moment(now, now)}."
        return finding(rule, facts.product, Outcome.VIOLATED, sentence, inputs)
    if missing:
        sentence = f"Not recorded since {_beginning(facts, now)}: {', '.join(missing)}."
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    sentence = f"Last recorded: {when}, within {span(oldest)} of {moment(now, now)}."
    return finding(rule, facts.product, Outcome.SATISFIED, sentence, inputs)


def _after_dose(facts: DischargeFacts, take: Callable[[Observation], T | None]) -> Datum[T] | None:
    since = max(facts.last_dose_at or facts.t0, facts.resumed_at or facts.t0)
    return latest((one for one in facts.observations if one.measured_at >= since), take)


def _beginning(facts: DischargeFacts, now: datetime) -> str:
    """What a reading must come after: the dose, or the time at which watching began again."""
    if facts.resumed_at and facts.resumed_at > (facts.last_dose_at or facts.t0):
        return f"watching began again at {moment(facts.resumed_at, now)}"
    return "the dose"


def blood_pressure_settled(rule: Rule, facts: DischargeFacts, now: datetime) -> Finding:
    """Judge the last pressure: not far above its value before the dose, or falling and below the ceiling.

    A pressure that has dropped far below is left to the clinician who judges the patient stable: somebody
    whose pressure was high on arrival must not have to wait for it to rise again.
    """
    readings = [
        reading for reading in series(facts.observations, lambda one: one.pressure) if reading.at >= facts.t0
    ]
    before = facts.baseline
    inputs = [
        given("blood pressure before the dose", before, "mmHg"),
        *(given("blood pressure", reading, "mmHg") for reading in readings[-2:]),
    ]
    if not readings:
        sentence = "Blood pressure after the dose is not known."
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    last, oldest = readings[-1], rule.duration("reading_age_max")
    if facts.resumed_at and last.at < facts.resumed_at:
        sentence = (
            f"Blood pressure was last measured {moment(last.at, now)}, before watching began again at "
            f"{moment(facts.resumed_at, now)}: repeat it."
        )
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    if now - last.at > oldest:
        sentence = (
            f"Blood pressure was last measured {moment(last.at, now)}, over {span(oldest)} ago: repeat it."
        )
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    values = [reading.value for reading in readings]
    outcome, sentence = (
        _settled(rule, before.value, values) if before else _settled_without_before(rule, values)
    )
    return finding(rule, facts.product, outcome, f"At {moment(last.at, now)}: {sentence}", inputs)


def _settled(rule: Rule, before: Pressure, readings: list[Pressure]) -> tuple[Outcome, str]:
    last, band = readings[-1], rule.number("above_baseline_max")
    pairs = ((last.systolic, before.systolic), (last.diastolic, before.diastolic))
    compared = f"{last} mmHg against {before} mmHg before the dose"
    if high := _markedly_raised(rule, last):
        return Outcome.VIOLATED, f"{compared}; {high}"
    if all((now - then) * _PER_CENT <= band * then for now, then in pairs):
        low = any((then - now) * _PER_CENT > band * then for now, then in pairs)
        weigh = f", one of them over {band} % lower: weigh it in judging the patient stable" if low else ""
        return Outcome.SATISFIED, f"{compared}, neither more than {band} % above{weigh}."
    holds, words = _falling_and_below(rule, readings)
    return yes_or_no(holds), f"{compared}, higher by more than {band} %; {words}"


def _markedly_raised(rule: Rule, last: Pressure) -> str:
    """Say that a pressure is too high to leave with, however high it was before; empty where it is not."""
    if "systolic_below" not in rule.thresholds:  # a book older than this limit
        return ""
    most = rule.number("systolic_below"), rule.number("diastolic_below")
    if last.systolic < most[0] and last.diastolic < most[1]:
        return ""
    return f"nobody leaves unless it is below {most[0]}/{most[1]} mmHg."


def _settled_without_before(rule: Rule, readings: list[Pressure]) -> tuple[Outcome, str]:
    """Judge by the fall alone where no pressure was measured before the dose: it can never be measured now."""
    holds, words = _falling_and_below(rule, readings)
    outcome = Outcome.SATISFIED if holds else Outcome.UNKNOWN
    return outcome, f"{readings[-1]} mmHg, its value before the dose is not known; {words}"


def _falling_and_below(rule: Rule, readings: list[Pressure]) -> tuple[bool, str]:
    last = readings[-1]
    ceiling = rule.number("falling_systolic_below"), rule.number("falling_diastolic_below")
    below = Decimal(last.systolic) < ceiling[0] and Decimal(last.diastolic) < ceiling[1]
    falling = len(readings) > 1 and _falls(readings[-2], last)
    trend = f"the reading before was {readings[-2]} mmHg" if len(readings) > 1 else "it is the first reading"
    wanted = f"It must be falling ({_yes(falling)}) and below {ceiling[0]}/{ceiling[1]} mmHg ({_yes(below)})."
    return falling and below, f"{trend}. {wanted}"


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"


def _falls(earlier: Pressure, later: Pressure) -> bool:
    """Tell whether neither number rose and at least one fell."""
    neither_rose = later.systolic <= earlier.systolic and later.diastolic <= earlier.diastolic
    return neither_rose and later != earlier


def effects_gone(rule: Rule, facts: DischargeFacts, now: datetime) -> Finding:
    """Judge that sedation, dissociation and respiratory depression have resolved, on recent readings."""
    sedation = _after_dose(facts, lambda one: one.sedation)
    dissociation = _after_dose(facts, lambda one: one.dissociation)
    oxygen = _after_dose(facts, lambda one: one.spo2_percent)
    breaths = _after_dose(facts, lambda one: one.respiratory_rate_per_min)
    alert, slowest = rule.number("sedation_min"), rule.number("respiratory_rate_min")
    since = _beginning(facts, now)
    parts = [
        _part(rule, "MOAA/S", sedation, lambda score: score >= alert, f"at least {alert}", now, since),
        _part(
            rule, "dissociation", dissociation, lambda level: level is Dissociation.NONE, "none", now, since
        ),
        _oxygen(rule, facts, oxygen, now, since),
        _part(
            rule,
            "breaths",
            breaths,
            lambda rate: rate >= slowest,
            f"at least {slowest}",
            now,
            since,
            " a minute",
        ),
    ]
    inputs = [
        given("MOAA/S", sedation, "{score}"),
        given("dissociation", dissociation),
        given("oxygen saturation", oxygen, "%"),
        given("oxygen saturation before the dose", facts.baseline_spo2_percent, "%"),
        given("breaths", breaths, "/min"),
    ]
    sentence = f"{'; '.join(words for _, words in parts)}."
    return finding(rule, facts.product, worst(outcome for outcome, _ in parts), sentence, inputs)


def _part(
    rule: Rule,
    name: str,
    reading: Datum[T] | None,
    holds: Callable[[T], bool],
    wanted: str,
    now: datetime,
    since: str,
    unit: str = "",
) -> tuple[Outcome, str]:
    oldest = rule.duration("reading_age_max")
    if reading is None:
        return Outcome.UNKNOWN, f"{name} not recorded since {since}"
    if now - reading.at > oldest:
        return (
            Outcome.UNKNOWN,
            f"{name} last recorded {moment(reading.at, now)}, more than {span(oldest)} ago",
        )
    return yes_or_no(
        holds(reading.value)
    ), f"{name} {reading.value}{unit} at {moment(reading.at, now)}, {wanted} required"


def _oxygen(
    rule: Rule, facts: DischargeFacts, reading: Datum[int] | None, now: datetime, since: str
) -> tuple[Outcome, str]:
    least, before = rule.number("spo2_min"), facts.baseline_spo2_percent
    if (
        reading
        and before is None
        and reading.value < least
        and now - reading.at <= rule.duration("reading_age_max")
    ):
        return (
            Outcome.UNKNOWN,
            f"oxygen {reading.value} % is below {least} % and its value before the dose is not known",
        )
    floor = min(least, Decimal(before.value)) if before else least
    return _part(
        rule, "oxygen", reading, lambda value: value >= floor, f"at least {floor} %", now, since, " %"
    )
