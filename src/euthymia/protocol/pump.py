"""What an infusion pump was made to do: steps that can follow each other, and a volume that fits rate and time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol._findings import Finding, Input, Outcome
from euthymia.protocol._judge import dated, finding, stated, yes_or_no
from euthymia.protocol.facts import Product
from euthymia.protocol.units import Duration, Rate, Volume, plain

_PER_CENT = Decimal(100)
_SECONDS_PER_MIN = Decimal(60)


class Step(StrEnum):
    """What was done with the pump."""

    STARTED = "started"
    RATE_CHANGED = "rate changed"
    PAUSED = "paused"
    RESUMED = "resumed"
    STOPPED = "stopped"
    ENDED = "ended"


OVER = (Step.STOPPED, Step.ENDED)


@dataclass(frozen=True, slots=True)
class PumpStep:
    """One step. ``volume_ml`` is what the pump showed as given since the start."""

    step: Step
    at: datetime
    rate_ml_per_h: Decimal | None = None
    volume_ml: Decimal | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class PumpFacts:
    """The steps in any order, what the syringe holds, and what was ordered of both."""

    product: Product
    steps: tuple[PumpStep, ...]
    concentration_mg_per_ml: Decimal | None = None
    ordered_rate_ml_per_h: Decimal | None = None
    ordered_mg_per_ml: Decimal | None = None


def assess(facts: PumpFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge an infusion that has begun; nothing before its start."""
    steps = _in_order(facts.steps)
    if facts.product is not Product.KETAMINE_IV or not steps:
        return ()
    found = [_as_ordered(rules["ADM-2"], facts, steps[0])] if "ADM-2" in rules else []
    if "ADM-3" in rules:
        found.append(_volume(rules["ADM-3"], facts, steps, now))
    return tuple(found)


def hindrance(steps: Iterable[PumpStep], new: PumpStep, now: datetime) -> str:
    """Say why ``new`` cannot have happened among ``steps``, whenever it is entered; empty where it can.

    A step may come late: it is put in its place by the time it happened, and must fit what is before and after it.
    """
    placed = _in_order([*steps, new])
    if placed[0].step is not Step.STARTED:
        return "Record the start of the infusion first: nothing can happen before it."
    for earlier, later in pairwise(placed):
        asked = later is new or earlier is new or earlier.step in OVER
        if asked and (sentence := _cannot_follow(placed, earlier, later, now)):
            return sentence
    return ""


def volume_expected(steps: Iterable[PumpStep]) -> Decimal | None:
    """Return the mL that rate and time give, from the start to the end or to the last volume read; ``None`` where
    a rate is not known or the infusion has not come that far."""
    placed, running, rate = _in_order(steps), False, None
    last = next((each for each in reversed(placed) if each.volume_ml is not None), None)
    if last is None:
        return None
    total = Volume(Decimal(0))
    for earlier, later in pairwise(placed[: placed.index(last) + 1]):
        running = _runs_after(earlier, running)
        rate = earlier.rate_ml_per_h if earlier.rate_ml_per_h is not None else rate
        if running:
            if rate is None:
                return None
            total += Rate(rate) * _between(earlier, later)
    return total.rounded().value


def _in_order(steps: Iterable[PumpStep]) -> list[PumpStep]:
    """Put steps by time; of those of one minute the start is first and the end last."""
    return sorted(steps, key=lambda each: (each.at, (each.step is not Step.STARTED) + (each.step in OVER)))


def _runs_after(step: PumpStep, running: bool) -> bool:
    if step.step in (Step.STARTED, Step.RESUMED):
        return True
    return False if step.step is Step.PAUSED or step.step in OVER else running


def _between(earlier: PumpStep, later: PumpStep) -> Duration:
    seconds = later.at - earlier.at
    return Duration(Decimal(seconds.days * 86400 + seconds.seconds) / _SECONDS_PER_MIN)


def _cannot_follow(placed: list[PumpStep], earlier: PumpStep, later: PumpStep, now: datetime) -> str:
    when = dated(earlier.at, now)
    running = False
    for each in placed[: placed.index(earlier) + 1]:
        running = _runs_after(each, running)
    if earlier.step in OVER:
        return f"The infusion was over on {when}. Give the time at which this happened before it."
    if later.step is Step.STARTED:
        return f"The infusion was started on {when} already."
    if later.step is Step.PAUSED and not running:
        return f"The pump was paused on {when} already."
    if later.step is Step.RESUMED and running:
        return f"The pump was running: it was {earlier.step} on {when}. Record the pause first."
    shown = [each.volume_ml for each in placed[: placed.index(earlier) + 1] if each.volume_ml is not None]
    if shown and later.volume_ml is not None and later.volume_ml < max(shown):
        return f"The pump showed {plain(max(shown))} mL before: what it shows never falls."
    return ""


def _as_ordered(rule: Rule, facts: PumpFacts, start: PumpStep) -> Finding:
    pairs = (
        ("rate", start.rate_ml_per_h, facts.ordered_rate_ml_per_h, "mL/h"),
        ("concentration", facts.concentration_mg_per_ml, facts.ordered_mg_per_ml, "mg/mL"),
    )
    inputs = [stated(f"{name} {word}", value, unit) for name, set_, ordered, unit in pairs
              for word, value in (("set", set_), ("ordered", ordered))]  # fmt: skip
    if facts.ordered_rate_ml_per_h is None:
        return finding(rule, facts.product, Outcome.UNKNOWN, "No order says how the pump is set.", inputs)
    if any(set_ is None for _, set_, _, _ in pairs):
        return finding(rule, facts.product, Outcome.UNKNOWN, "How the pump was set is not known.", inputs)
    wrong = [
        f"{name} {plain(set_)} {unit}, ordered {plain(ordered)} {unit}"
        for name, set_, ordered, unit in pairs
        if set_ is not None and ordered is not None and set_ != ordered
    ]
    if wrong:
        sentence = f"The pump was started otherwise than ordered: {'; '.join(wrong)}."
        return finding(rule, facts.product, Outcome.VIOLATED, sentence, inputs, deviation=sentence)
    return finding(rule, facts.product, Outcome.SATISFIED, "The pump was started as ordered.", inputs)


def _volume(rule: Rule, facts: PumpFacts, steps: list[PumpStep], now: datetime) -> Finding:
    read = next((each for each in reversed(steps) if each.volume_ml is not None), None)
    expected = volume_expected(steps)
    inputs = [*_told(steps), stated("volume by rate and time", expected, "mL")]
    if read is None or read.volume_ml is None or expected is None:
        missing = "No volume has been read off the pump." if read is None else "Not every rate is known."
        return finding(rule, facts.product, Outcome.UNKNOWN, missing, inputs)
    fastest = max(each.rate_ml_per_h for each in steps if each.rate_ml_per_h is not None)
    slack = (Rate(fastest) * Duration(rule.number("slack_max"))).value
    most = max(rule.number("difference_max") * expected / _PER_CENT, slack)
    fits = abs(read.volume_ml - expected) <= most
    sentence = (
        f"The pump showed {plain(read.volume_ml)} mL on {dated(read.at, now)}; rate times time gives "
        f"{plain(expected)} mL; they may differ by {plain(most.quantize(Decimal('0.01')))} mL."
    )
    breach = "" if fits else sentence
    return finding(rule, facts.product, yes_or_no(fits), sentence, inputs, deviation=breach)


def _told(steps: list[PumpStep]) -> list[Input]:
    told = []
    for each in steps:
        parts = [f"{plain(each.rate_ml_per_h)} mL/h"] if each.rate_ml_per_h is not None else []
        parts += [f"{plain(each.volume_ml)} mL given"] if each.volume_ml is not None else []
        told.append(Input(each.step.value, ", ".join(parts) or "yes", "", each.at, each.origin))
    return told
