"""The rule books: each clinical rule with its wording, its thresholds, and how every part of it is known."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from euthymia.evidence._loader import Value
from euthymia.evidence._sourced import EvidenceError, Known, Sourced

_SECONDS = {"min": 60, "h": 3600, "d": 86_400, "wk": 604_800}


class Stricter(StrEnum):
    """Which way a threshold tightens, read off the end of its name."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Rule:
    """One clinical rule.

    ``requirement`` says what must hold; ``effect`` is gate, alarm, task, capture or notice; ``override`` says
    who may pass a violated gate: nobody or prescriber. ``by_analogy`` lists products for which we apply the
    rule though its source does not speak of them; ``carried_over`` says the same of the jurisdiction.
    ``alternatives`` are other values of a threshold that a source gives, where the sources disagree.
    ``effective_until`` is the last day the rule holds, ``None`` while no end is known. ``verified_by`` is
    ``None`` until a director signs it.
    """

    id: str
    title: str
    jurisdiction: str
    products: frozenset[str]
    by_analogy: frozenset[str]
    requirement: Sourced[str]
    effect: Sourced[str]
    override: Sourced[str]
    thresholds: Mapping[str, Sourced[Value]]
    label_version: str
    effective_from: date
    effective_until: date | None = None
    carried_over: bool = False
    alternatives: Mapping[str, Sourced[Value]] = field(default_factory=dict)
    verified_by: str | None = None

    @property
    def wording(self) -> str:
        """The requirement with the thresholds in force, so that a changed one leaves no old figure."""
        shown = {name: _shown(limit.value) for name, limit in self.thresholds.items()}
        try:
            return self.requirement.value.format(**shown)
        except (KeyError, IndexError, ValueError):
            raise EvidenceError(
                f"The wording of rule {self.id} names a threshold it does not have."
            ) from None

    def number(self, name: str) -> Decimal:
        """Return a threshold as the exact decimal that the file shows."""
        value = self._threshold(name).value
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise EvidenceError(f"The threshold {name} of rule {self.id} is not a number.")
        return Decimal(str(value))

    def integer(self, name: str) -> int:
        """Return a threshold that is a whole number."""
        number = self.number(name)
        if number != number.to_integral_value():
            raise EvidenceError(f"The threshold {name} of rule {self.id} is not a whole number.")
        return int(number)

    def numbers(self, name: str) -> tuple[Decimal, ...]:
        """Return a threshold that is a list of numbers, as exact decimals."""
        value = self._threshold(name).value
        if not isinstance(value, tuple):
            raise EvidenceError(f"The threshold {name} of rule {self.id} is not a list.")
        return tuple(Decimal(str(item)) for item in value)

    def duration(self, name: str) -> timedelta:
        """Return a threshold given in minutes, hours, days or weeks as a span of time."""
        unit = self._threshold(name).unit
        if unit not in _SECONDS:
            raise EvidenceError(f"The threshold {name} of rule {self.id} is in {unit}, which is no time.")
        return timedelta(seconds=float(self.number(name) * _SECONDS[unit]))

    def known_for(self, product: str) -> Known:
        """How the rule is known for ``product``: ours where it is carried over by analogy."""
        return Known.OURS if self.carried_over or product in self.by_analogy else self.requirement.known

    def holds_on(self, day: date) -> bool:
        """Whether the rule is in effect on ``day``."""
        return self.effective_from <= day and (self.effective_until is None or day <= self.effective_until)

    def _threshold(self, name: str) -> Sourced[Value]:
        try:
            return self.thresholds[name]
        except KeyError:
            raise EvidenceError(f"Rule {self.id} has no threshold {name}.") from None


def _shown(value: Value) -> str:
    if not isinstance(value, tuple):
        return str(value)
    *most, last = map(str, value)
    return f"{', '.join(most)} or {last}" if most else last


@dataclass(frozen=True, repr=False)
class RuleBook(Mapping[str, Rule]):
    """All rules of one jurisdiction in one version, by identifier."""

    jurisdiction: str
    version: str
    by_id: Mapping[str, Rule]

    def __repr__(self) -> str:
        return f"RuleBook({self.jurisdiction} {self.version}, {len(self)} rules)"

    def __getitem__(self, key: str) -> Rule:
        try:
            return self.by_id[key]
        except KeyError:
            raise EvidenceError(f"The {self.jurisdiction} rule book has no rule {key}.") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_id)

    def __len__(self) -> int:
        return len(self.by_id)

    def __contains__(self, key: object) -> bool:
        return key in self.by_id

    def with_threshold(
        self, rule: str, name: str, value: Value, *, source: str = "euthymia", note: str = ""
    ) -> "RuleBook":
        """Return a book in which one threshold of one rule has another value, which is then known as ours."""
        old = self[rule]
        changed = replace(old._threshold(name), value=value, source=source, known=Known.OURS, note=note)
        new = replace(old, thresholds=MappingProxyType({**old.thresholds, name: changed}))
        return replace(self, by_id=MappingProxyType({**self.by_id, rule: new}))


def stricter(threshold: str) -> Stricter:
    """Tell which way a threshold tightens: ``_min``, ``_above`` upwards, ``_max``, ``_below`` downwards."""
    if threshold.endswith(("_min", "_above")):
        return Stricter.HIGHER
    if threshold.endswith(("_max", "_below")):
        return Stricter.LOWER
    return Stricter.NEITHER
