"""What a rule says about one patient at one moment: a finding, with everything needed to recompute it."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from euthymia.evidence import Known

T = TypeVar("T")


class Outcome(StrEnum):
    """Whether the requirement is met. Unknown never passes."""

    SATISFIED = "satisfied"
    VIOLATED = "violated"
    UNKNOWN = "unknown"


class Effect(StrEnum):
    """What the software does with a requirement that is not met."""

    GATE = "gate"
    """Stops an order or a prompt; never the record of what happened."""
    ALARM = "alarm"
    """Calls a person to the patient now."""
    TASK = "task"
    """Asks somebody for something by a time."""
    CAPTURE = "capture"
    """Asks for a piece of the record."""
    NOTICE = "notice"
    """Shows a fact the reader must weigh."""


class Override(StrEnum):
    """Who may pass a violated gate, with a reason and a signature."""

    NOBODY = "nobody"
    PRESCRIBER = "prescriber"


class Tier(StrEnum):
    """How far an alarm has gone: watch, stop the drug, or call the emergency team."""

    ALERT = "alert"
    STOP = "stop"
    EMERGENCY = "emergency"


class Answer(StrEnum):
    """A reply to a question about history. ``NONE_KNOWN`` needs its basis."""

    YES = "yes"
    NONE_KNOWN = "none known"
    NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True)
class Datum(Generic[T]):
    """A fact a rule may use. ``None`` in the place of a datum means that the fact is not known.

    ``at`` is the aware time at which it was true or was measured; ``origin`` says where it came from, in
    words a reader understands ("measured by nurse K. Ode", "referral letter").
    """

    value: T
    at: datetime
    origin: str


@dataclass(frozen=True, slots=True)
class Input:
    """One value a finding was computed from, as shown. ``value`` is ``""`` when it is not known."""

    name: str
    value: str
    unit: str
    at: datetime | None
    origin: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule judged on one set of facts.

    ``sentence`` lets a reader recompute the outcome by hand from ``inputs``. ``deviation`` is a breach that
    happened and stays on record even when the outcome is satisfied; empty when there is none. ``tier`` is set
    on alarms that are not satisfied. ``verified_by`` is ``None`` until a medical director has signed the rule
    against the current label: show the mark "unverified".
    """

    rule: str
    outcome: Outcome
    effect: Effect
    override: Override
    sentence: str
    requirement: str
    inputs: tuple[Input, ...]
    source: str
    known: Known
    label_version: str
    verified_by: str | None = None
    deviation: str = ""
    tier: Tier | None = None

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what was judged: an override signed for one finding does not cover another."""
        content = self.to_json()
        for shown, given in zip(content["inputs"], self.inputs, strict=True):
            shown["at"] = given.at.timestamp() if given.at else None  # whatever zone it was written in
        judged = ("rule", "outcome", "tier", "deviation", "requirement", "label_version", "inputs")
        return hashlib.sha256(
            json.dumps([content[key] for key in judged], ensure_ascii=True, separators=(",", ":")).encode()
        ).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values, times as ISO 8601 with their offset; ``from_json`` reads them back."""
        return {
            "rule": self.rule,
            "outcome": self.outcome.value,
            "effect": self.effect.value,
            "override": self.override.value,
            "sentence": self.sentence,
            "requirement": self.requirement,
            "inputs": [
                {
                    "name": given.name,
                    "value": given.value,
                    "unit": given.unit,
                    "at": given.at.isoformat() if given.at else None,
                    "origin": given.origin,
                }
                for given in self.inputs
            ],
            "source": self.source,
            "known": self.known.value,
            "label_version": self.label_version,
            "verified_by": self.verified_by,
            "deviation": self.deviation,
            "tier": self.tier.value if self.tier else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Finding":
        """Return the finding that ``to_json`` wrote.

        Raises:
            KeyError, ValueError: ``data`` was not written by ``to_json``.
        """
        return cls(
            rule=data["rule"],
            outcome=Outcome(data["outcome"]),
            effect=Effect(data["effect"]),
            override=Override(data["override"]),
            sentence=data["sentence"],
            requirement=data["requirement"],
            inputs=tuple(
                Input(
                    given["name"],
                    given["value"],
                    given["unit"],
                    datetime.fromisoformat(given["at"]) if given["at"] else None,
                    given["origin"],
                )
                for given in data["inputs"]
            ),
            source=data["source"],
            known=Known(data["known"]),
            label_version=data["label_version"],
            verified_by=data["verified_by"],
            deviation=data["deviation"],
            tier=Tier(data["tier"]) if data["tier"] else None,
        )


@dataclass(frozen=True, slots=True)
class GateResult:
    """Whether a gate is open, and what holds it shut.

    ``blocked_by`` lists what must change or be signed; ``overridable`` is the part of it that a prescriber
    may sign; ``overridden`` is what was passed by a signature.
    """

    blocked_by: tuple[Finding, ...]
    overridden: tuple[Finding, ...]

    @property
    def is_open(self) -> bool:
        """Whether nothing holds the gate shut."""
        return not self.blocked_by

    @property
    def overridable(self) -> tuple[Finding, ...]:
        """The blocking findings that a prescriber may pass with a reason and a signature."""
        return tuple(finding for finding in self.blocked_by if may_override(finding))


def may_override(finding: Finding) -> bool:
    """Tell whether a signature may pass ``finding``: a breach can be weighed, an unknown must be answered."""
    return (
        finding.effect is Effect.GATE
        and finding.outcome is Outcome.VIOLATED
        and finding.override is Override.PRESCRIBER
    )


def gate(findings: Iterable[Finding], overridden: Collection[str] = ()) -> GateResult:
    """Judge a gate over ``findings``; ``overridden`` holds the fingerprints of findings that were signed for.

    Only findings whose effect is a gate count. A fingerprint that names an unknown, or a rule nobody may
    override, opens nothing.
    """
    shut = [f for f in findings if f.effect is Effect.GATE and f.outcome is not Outcome.SATISFIED]
    passed = tuple(f for f in shut if may_override(f) and f.fingerprint in overridden)
    return GateResult(tuple(f for f in shut if f not in passed), passed)


def deviations(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that record a breach which already happened."""
    return tuple(finding for finding in findings if finding.deviation)
