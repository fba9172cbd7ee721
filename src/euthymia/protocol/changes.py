"""What a clinic may change in its rule book: which way a change goes, whether it is permitted, and the book after it.

A clinic may change thresholds, nothing else of a rule, and always with a reason. What rests on a label, a law
or a safety programme may be made stricter and never looser. What is our default, or comes from a study, may
change either way. Everything is judged against the book as it is delivered, so that a clinic that tightened a
limit may go back to where the label stands.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from math import isfinite

from euthymia.evidence import Known, Rule, RuleBook, Sourced, Stricter, Value, sources, stricter
from euthymia.protocol.facts import Examination, Indication, InteractionClass

_VOCABULARY = frozenset(each.value for words in (Examination, Indication, InteractionClass) for each in words)
"""The words that a list of a rule may hold, beside those it was delivered with."""

CLINIC = "clinic"
"""The source that a local threshold names."""

_ORDERED = (
    ("opens_at", "due_at", "closes_at"),
    ("repeat_from", "repeat_by"),
    ("minutes_min", "minutes_max"),
    ("emergency_above", "stop_above", "alert_above"),
    ("spo2_stop_min", "spo2_alert_min"),
)
"""Thresholds of one rule that make sense only in this order."""


_PROMISED = frozenset({("SUI-4", "item9_max"), ("SUI-5", "item9_max")})
"""Limits that no clinic may loosen although they come from studies: a thought of death is never left unanswered."""


class Direction(StrEnum):
    """Which way a change of a threshold goes."""

    SAME = "same"
    TIGHTER = "tighter"
    LOOSER = "looser"
    SIDEWAYS = "sideways"
    """Neither stricter nor looser for everybody: another time, another step."""


@dataclass(frozen=True, slots=True)
class Change:
    """One threshold of one rule with the value the clinic wants, and why.

    ``label_version`` names the label the director read, where the change adopts what the sources disagree on.
    """

    rule: str
    threshold: str
    value: Value
    reason: str
    label_version: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a change amounts to. ``sentence`` says why it is or is not permitted; ``before`` is the delivered value."""

    change: Change
    direction: Direction
    permitted: bool
    sentence: str
    before: Sourced[Value] | None


class ChangeRefused(ValueError):
    """A change of the rule book that nobody may make; the message says what and why."""


def binding(limit: Sourced[Value]) -> bool:
    """Tell whether a threshold rests on a label, a law or a safety programme, however well it is known."""
    return limit.known is not Known.OURS and limit.source in sources() and sources()[limit.source].binds


def direction(name: str, before: Value, after: Value) -> Direction:
    """Tell which way the threshold ``name`` moves; values of another shape move sideways."""
    if _same(before, after):
        return Direction.SAME
    if isinstance(before, tuple) and isinstance(after, tuple):
        return _of_lists(name, frozenset(before), frozenset(after))
    old, new = _number(before), _number(after)
    if old is None or new is None or stricter(name) is Stricter.NEITHER:
        return Direction.SIDEWAYS
    higher_is_stricter = stricter(name) is Stricter.HIGHER
    return Direction.TIGHTER if (new > old) is higher_is_stricter else Direction.LOOSER


def judge(delivered: RuleBook, change: Change) -> Verdict:
    """Judge one change against the book as it is delivered."""
    rule = delivered.get(change.rule) if change.rule in delivered else None
    before = rule.thresholds.get(change.threshold) if rule else None
    if rule is None or before is None:
        sentence = (
            f"The {delivered.jurisdiction} rules have no threshold {change.threshold} in {change.rule}."
        )
        return Verdict(change, Direction.SIDEWAYS, False, sentence, None)
    way = direction(change.threshold, before.value, change.value)
    objection = _unusable(before.value, change.value) or _forbidden(rule, change, before, way)
    if objection:
        return Verdict(change, way, False, objection, before)
    return Verdict(change, way, True, _PERMITTED[way], before)


_PERMITTED = {
    Direction.SAME: "This is the value as delivered.",
    Direction.TIGHTER: "Stricter than delivered: permitted with a reason.",
    Direction.LOOSER: "Looser than delivered, and not bound by a label, a law or a programme: permitted with a reason.",
    Direction.SIDEWAYS: "Neither stricter nor looser, and not bound: permitted with a reason.",
}


def judge_all(delivered: RuleBook, changes: Iterable[Change]) -> tuple[Verdict, ...]:
    """Judge changes that act together: each by itself, then whether the thresholds of a rule still fit."""
    kept = tuple(changes)
    verdicts = []
    for number, change in enumerate(kept):
        verdict = judge(delivered, change)
        if verdict.permitted and any(_target(other) == _target(change) for other in kept[:number]):
            verdict = replace(verdict, permitted=False, sentence=f"{_name(change)} is changed twice.")
        verdicts.append(verdict)
    permitted = {_target(one.change): one.change.value for one in verdicts if one.permitted}
    return tuple(_fitting(delivered, one, permitted) for one in verdicts)


def adopt(delivered: RuleBook, changes: Iterable[Change], version: str) -> RuleBook:
    """Return the delivered book with the clinic's thresholds, under the clinic's own ``version``.

    Raises:
        ChangeRefused: one of the changes is not permitted; nothing is changed then.
    """
    book = delivered
    for verdict in judge_all(delivered, changes):
        if not verdict.permitted:
            raise ChangeRefused(f"{_name(verdict.change)}: {verdict.sentence}")
        if verdict.direction is not Direction.SAME:
            change = verdict.change
            book = book.with_threshold(
                change.rule, change.threshold, change.value, source=CLINIC, note=change.reason.strip()
            )
    return replace(book, version=version)


def differences(before: RuleBook, after: RuleBook) -> tuple[tuple[str, str, Direction], ...]:
    """Return the rule, the threshold and the way of every threshold that differs between two books."""
    return tuple(
        (rule.id, name, way)
        for rule in after.values()
        if rule.id in before
        for name, limit in rule.thresholds.items()
        if (old := before[rule.id].thresholds.get(name))
        if (way := direction(name, old.value, limit.value)) is not Direction.SAME
    )


def _target(change: Change) -> tuple[str, str]:
    return change.rule, change.threshold


def _name(change: Change) -> str:
    return f"{change.rule}, {change.threshold.replace('_', ' ')}"


def _same(before: Value, after: Value) -> bool:
    if isinstance(before, bool) or isinstance(after, bool):
        return before is after
    return before == after


def _number(value: Value) -> Decimal | None:
    """Return a value as an exact number; ``None`` where it is none or is not finite."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        return None
    return Decimal(str(value))


_CHOICES = ("_mg", "licensed", "accepted")
_DEMANDS = ("_at", "required", "classes", "names", "topics")
"""Ends of the names of lists: what may be chosen from, and what is asked for or looked out for."""


def _of_lists(name: str, before: frozenset[object], after: frozenset[object]) -> Direction:
    """Fewer choices are stricter, and so are more demands; other lists are neither."""
    if before == after:
        return Direction.SAME
    if not name.endswith((*_CHOICES, *_DEMANDS)) or not (before <= after or after <= before):
        return Direction.SIDEWAYS
    return Direction.TIGHTER if (after < before) is name.endswith(_CHOICES) else Direction.LOOSER


def _unusable(before: Value, after: Value) -> str:
    """Say why a value cannot stand in the place of another; empty when it can."""
    if isinstance(before, tuple):
        return _unusable_list(before, after)
    old, new = _number(before), _number(after)
    if old is None:
        return "" if type(before) is type(after) else "The new value must be of the same kind as the old one."
    if new is None:
        return "The new value must be a number."
    if new < 0:
        return "The new value must not be below zero."
    if isinstance(before, int) and not isinstance(after, int):
        return "The new value must be a whole number."
    return ""


def _unusable_list(before: tuple[object, ...], after: Value) -> str:
    if not isinstance(after, tuple) or not after:
        return "The new value must be a list with at least one entry."
    if all(isinstance(item, str) for item in before):
        known = all(isinstance(item, str) and (item in before or item in _VOCABULARY) for item in after)
        if len(set(after)) < len(after):
            return "An entry of the new list is there twice."
        return "" if known else "An entry of the new list is no word that the rules know."
    numbers = [_number(item) for item in after]
    if any(number is None or number <= 0 for number in numbers):
        return "Every entry of the new list must be a number above zero."
    if any(isinstance(item, int) for item in before) and not all(isinstance(item, int) for item in after):
        return "Every entry of the new list must be a whole number."
    if any(one >= other for one, other in pairwise(numbers) if one is not None and other is not None):
        return "The entries of the new list must rise."
    return ""


def _forbidden(rule: Rule, change: Change, before: Sourced[Value], way: Direction) -> str:
    """Say why nobody may make a change; empty when the director may."""
    if way is not Direction.SAME and not change.reason.strip():
        return "A change needs a reason."
    zero = _number(change.value) == 0 and _number(before.value) != 0
    if zero and not change.threshold.endswith(("_max", "_below")):
        return "The new value must be above zero."
    if way in (Direction.SAME, Direction.TIGHTER):
        return ""
    if (rule.id, change.threshold) in _PROMISED:
        return (
            "Any answer above none is followed up the same day, in every clinic: nobody can make it looser."
        )
    if not binding(before):
        return ""
    stated = f"{before.source} ({before.known.value})"
    other = rule.alternatives.get(change.threshold)
    if other is None or not _same(other.value, change.value):
        return (
            f"This rests on {stated}, a label, law or programme: it can be made stricter, by nobody looser."
        )
    if not change.label_version.strip():
        return f"The sources disagree ({stated} and {other.source}): name the version of the label you read."
    return ""


def _fitting(delivered: RuleBook, verdict: Verdict, permitted: Mapping[tuple[str, str], Value]) -> Verdict:
    """Refuse a change that puts the thresholds of its rule into an order that makes no sense."""
    change = verdict.change
    if not verdict.permitted:
        return verdict
    limits = delivered[change.rule].thresholds
    for names in _ORDERED:
        if change.threshold not in names:
            continue
        present = [name for name in names if name in limits]
        values = [_number(permitted.get((change.rule, name), limits[name].value)) for name in present]
        if any(one > other for one, other in pairwise(values) if one is not None and other is not None):
            order = ", ".join(name.replace("_", " ") for name in present)
            sentence = f"These must not fall in this order: {order}."
            return replace(verdict, permitted=False, sentence=sentence)
    return verdict
