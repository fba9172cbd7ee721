"""What every judgement needs: findings from a rule, inputs from facts, times as the clinic reads them."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import TypeVar

from euthymia.evidence import Rule
from euthymia.protocol._findings import Datum, Effect, Finding, Input, Outcome, Override, Tier
from euthymia.protocol.facts import Product

T = TypeVar("T")


def finding(
    rule: Rule,
    product: Product,
    outcome: Outcome,
    sentence: str,
    inputs: Iterable[Input] = (),
    *,
    deviation: str = "",
    tier: Tier | None = None,
) -> Finding:
    """Return what ``rule`` says: the given inputs, then every threshold of the rule with its source."""
    return Finding(
        rule=rule.id,
        outcome=outcome,
        effect=Effect(rule.effect.value),
        override=Override(rule.override.value),
        sentence=sentence,
        requirement=rule.wording,
        inputs=(*inputs, *_limits(rule)),
        source=rule.requirement.source,
        known=rule.known_for(product),
        label_version=rule.label_version,
        verified_by=rule.verified_by,
        deviation=deviation,
        tier=tier,
    )


def _limits(rule: Rule) -> tuple[Input, ...]:
    return tuple(
        Input(
            f"limit: {name.replace('_', ' ')}",
            ", ".join(str(item) for item in limit.value)
            if isinstance(limit.value, tuple)
            else str(limit.value),
            "" if limit.unit == "1" else limit.unit,
            None,
            f"{limit.source}, {limit.known.value}",
        )
        for name, limit in rule.thresholds.items()
    )


def given(name: str, datum: Datum[T] | None, unit: str = "", show: Callable[[T], str] = str) -> Input:
    """Return a fact as an input; a fact that is not known shows an empty value."""
    if datum is None:
        return Input(name, "", unit, None, "")
    return Input(name, show(datum.value), unit, datum.at, datum.origin)


def stated(name: str, value: object, unit: str = "", at: datetime | None = None, origin: str = "") -> Input:
    """Return a value that carries no time of its own as an input; ``None`` shows as not known."""
    return Input(name, "" if value is None else str(value), unit, at, origin)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Return violated if any is, else unknown if any is, else satisfied."""
    found = set(outcomes)
    for outcome in (Outcome.VIOLATED, Outcome.UNKNOWN):
        if outcome in found:
            return outcome
    return Outcome.SATISFIED


def yes_or_no(satisfied: bool) -> Outcome:
    """Return satisfied or violated."""
    return Outcome.SATISFIED if satisfied else Outcome.VIOLATED


def same_day(one: datetime, now: datetime) -> bool:
    """Tell whether ``one`` falls on the clinic's day of ``now``."""
    return one.astimezone(now.tzinfo).date() == now.date()


def moment(at: datetime, now: datetime) -> str:
    """Show a time as the clinic's clock shows it, with the date unless it is today."""
    local = at.astimezone(now.tzinfo)
    clock = f"{local:%H:%M}"
    return clock if same_day(at, now) else f"{local.day} {local:%B %Y} {clock}"


def full_moment(at: datetime, now: datetime) -> str:
    """Show a time as the clinic's clock shows it, always with weekday and date."""
    local = at.astimezone(now.tzinfo)
    return f"{local:%A} {local.day} {local:%B %Y} {local:%H:%M}"


def dated(at: datetime, now: datetime) -> str:
    """Show a time as the clinic's clock shows it, always with the date: the same words on every later day."""
    local = at.astimezone(now.tzinfo)
    return f"{local.day} {local:%B %Y} {local:%H:%M}"


def span(length: timedelta) -> str:
    """Show a length of time in whole minutes, rounded down, so that a limit never looks reached too early."""
    minutes = int(length.total_seconds() // 60)
    if minutes < 0:
        return f"minus {span(-length)}"
    hours, rest = divmod(minutes, 60)
    if hours and rest:
        return f"{hours} h {rest} min"
    return f"{hours} h" if hours else f"{rest} min"


def age_in_years(born: date, today: date) -> int:
    """Return completed years; somebody born on 29 February turns older on 1 March in other years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
