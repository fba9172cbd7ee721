"""What each rule of a gate says, whether it holds the gate, who may pass it, and who did and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from euthymia.clinic.visits.record import Record
from euthymia.protocol import Effect, Finding, Outcome, may_override


@dataclass(frozen=True, slots=True)
class Passed:
    """A prescriber signed for a finding."""

    by: str
    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Weighed:
    """A finding with its weight at the gate. ``passed`` is the signature that covers just this finding."""

    finding: Finding
    passed: Passed | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is not satisfied, passed or not."""
        return self.finding.outcome is not Outcome.SATISFIED

    @property
    def holds(self) -> bool:
        """Whether it holds the gate shut now."""
        return self.is_open and self.finding.effect is Effect.GATE and self.passed is None

    @property
    def note(self) -> str:
        """The reason that was signed; empty where nothing was."""
        return f"Passed by {self.passed.by}: {self.passed.why}" if self.passed else ""

    @property
    def who(self) -> str:
        """Who may pass it, in words."""
        finding = self.finding
        if finding.effect is not Effect.GATE:
            return "It is shown to be weighed; it holds nothing back."
        if not self.is_open:
            return ""
        if may_override(finding):
            return "It holds. A prescriber may pass it with a reason and a signature."
        if finding.outcome is Outcome.UNKNOWN:
            return "It holds until it is answered."
        return "It holds, and nobody may pass it."


def weighed(record: Record, findings: Iterable[Finding], gates: tuple[str, ...]) -> tuple[Weighed, ...]:
    """The findings with what was signed for them at any of ``gates``: what holds first, what is met last."""
    judged = tuple(findings)
    if not judged:
        return ()
    signed = {
        mark: Passed(each.recorded_by.name, each.recorded_at, each.why)
        for each in record.overrides
        if each.gate in gates
        for mark in each.fingerprints
    }
    found = [Weighed(each, signed.get(each.fingerprint) if may_override(each) else None) for each in judged]
    return tuple(sorted(found, key=lambda each: (not each.holds, not each.passed, not each.is_open)))
