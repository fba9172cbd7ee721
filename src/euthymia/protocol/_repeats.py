"""Readings that ask for themselves to be taken again: which rule asks, for what, and when it has been done."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol._judge import moment
from euthymia.protocol._kinds import Kind
from euthymia.protocol._readings import series
from euthymia.protocol.facts import Dissociation, MonitoringFacts, Nausea, Observation, Pressure

Take = Callable[[Observation], object | None]
Asks = Callable[[Rule, MonitoringFacts, object], bool]


@dataclass(frozen=True, slots=True)
class Repeat:
    """One reading to take again. ``asked_at`` and ``value`` are the reading that asks for it."""

    rule: Rule
    kind: Kind
    asked_at: datetime
    value: str
    opens: timedelta
    closes: timedelta
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Asker:
    rule: str
    kind: Kind
    take: Take
    asks: Asks
    show: Callable[[object], str] = str


def _high(rule: Rule, facts: MonitoringFacts, value: object) -> bool:
    assert isinstance(value, Pressure)
    return value.systolic >= rule.number("systolic_below") or value.diastolic >= rule.number(
        "diastolic_below"
    )


def _rose(rule: Rule, facts: MonitoringFacts, value: object) -> bool:
    assert isinstance(value, Pressure)
    if facts.baseline is None:
        return False
    before = facts.baseline.value
    return value.systolic - before.systolic >= rule.number("systolic_rise_below") or (
        value.diastolic - before.diastolic >= rule.number("diastolic_rise_below")
    )


def _below(*names: str) -> Asks:
    return lambda rule, facts, value: isinstance(value, int) and value < max(map(rule.number, names))


def _pulse_is_out(rule: Rule, facts: MonitoringFacts, value: object) -> bool:
    return isinstance(value, int) and not rule.number("rate_min") <= value <= rule.number("rate_max")


def _sedated(rule: Rule, facts: MonitoringFacts, value: object) -> bool:
    return isinstance(value, int) and value <= rule.number("alert_above")


def _anxious(rule: Rule, facts: MonitoringFacts, value: object) -> bool:
    return isinstance(value, int) and value >= rule.number("anxiety_below")


def _is(word: object) -> Asks:
    return lambda rule, facts, value: value is word


_ASKERS = (
    _Asker("STOP-1", Kind.PRESSURE, lambda one: one.pressure, _high, lambda value: f"{value} mmHg"),
    _Asker("STOP-3", Kind.PRESSURE, lambda one: one.pressure, _rose, lambda value: f"{value} mmHg"),
    _Asker(
        "STOP-4",
        Kind.OXYGEN,
        lambda one: one.spo2_percent,
        _below("spo2_alert_min", "spo2_stop_min"),
        lambda value: f"oxygen {value} %",
    ),
    _Asker(
        "STOP-4",
        Kind.BREATHING,
        lambda one: one.respiratory_rate_per_min,
        _below("respiratory_rate_min"),
        lambda value: f"{value} breaths a minute",
    ),
    _Asker("STOP-5", Kind.SEDATION, lambda one: one.sedation, _sedated, lambda value: f"MOAA/S {value}"),
    _Asker(
        "STOP-6",
        Kind.HEART_RATE,
        lambda one: one.heart_rate_per_min,
        _pulse_is_out,
        lambda value: f"pulse {value} a minute",
    ),
    _Asker(
        "STOP-7",
        Kind.DISSOCIATION,
        lambda one: one.dissociation,
        _is(Dissociation.SEVERE),
        lambda value: f"dissociation {value}",
    ),
    _Asker(
        "STOP-7b", Kind.ANXIETY, lambda one: one.anxiety, _anxious, lambda value: f"anxiety {value} of 10"
    ),
    _Asker(
        "STOP-8", Kind.NAUSEA, lambda one: one.nausea, _is(Nausea.SEVERE), lambda value: f"nausea {value}"
    ),
)


def repeats(facts: MonitoringFacts, rules: RuleBook) -> Iterator[Repeat]:
    """Return every reading that was to be taken again, done or not.

    A reading beyond a limit opens one; a reading of its kind within the limits closes it, and so does any one from
    the time it opens on, which opens the next where it is beyond the limit itself. A pressure that is markedly
    raised is repeated by that rule alone.
    """
    for asker in _ASKERS:
        rule = rules.by_id.get(asker.rule)
        if rule is not None and "repeat_from" in rule.thresholds:
            yield from _of(asker, rule, facts, rules)


def _of(asker: _Asker, rule: Rule, facts: MonitoringFacts, rules: RuleBook) -> Iterator[Repeat]:
    opens, closes = rule.duration("repeat_from"), rule.duration("repeat_by")
    waiting: Repeat | None = None
    for reading in series(facts.observations, asker.take):
        asks = asker.asks(rule, facts, reading.value)
        covered = asker.rule == "STOP-3" and _high(rules["STOP-1"], facts, reading.value)
        if waiting and (not asks or covered or reading.at >= waiting.asked_at + opens):
            yield _done(waiting, reading.at)
            waiting = None
        if asks and not covered and waiting is None:
            shown = asker.show(reading.value)
            waiting = Repeat(rule, asker.kind, reading.at, shown, opens, closes, None)
    if waiting:
        yield waiting


def _done(waiting: Repeat, at: datetime) -> Repeat:
    return Repeat(
        waiting.rule, waiting.kind, waiting.asked_at, waiting.value, waiting.opens, waiting.closes, at
    )


def again(rule: Rule, at: datetime, now: datetime) -> str:
    """Say when a reading beyond the limits of ``rule`` is to be taken again; nothing where the rule is older."""
    if "repeat_from" not in rule.thresholds:
        return ""
    opens, closes = at + rule.duration("repeat_from"), at + rule.duration("repeat_by")
    return f" Take it again from {moment(opens, now)} to {moment(closes, now)}."
