"""The gates of a visit for the pages that sign: check-in, order, discharge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses import facts as course_facts
from euthymia.clinic.visits import assess
from euthymia.clinic.visits.queries._common import (
    record_for,
)
from euthymia.protocol import (
    Effect,
    Finding,
    GateResult,
    Outcome,
    PlanFacts,
    gate,
)


@dataclass(frozen=True, slots=True)
class OrderPreview:
    """What the rules say to a dose, and whether it may be signed."""

    findings: tuple[Finding, ...]
    result: GateResult

    @property
    def open(self) -> tuple[Finding, ...]:
        """What is violated or unknown, first in sight."""
        return tuple(each for each in self.findings if each.outcome is not Outcome.SATISFIED)

    @property
    def met(self) -> tuple[Finding, ...]:
        """What is satisfied."""
        return tuple(each for each in self.findings if each.outcome is Outcome.SATISFIED)

    @property
    def seen(self) -> str:
        """The fingerprints of what is shown, to be signed with."""
        return " ".join(each.fingerprint for each in self.findings)


@dataclass(frozen=True, slots=True)
class Leaving:
    """What discharge rests on."""

    findings: tuple[Finding, ...]
    needed: tuple[Finding, ...]
    escort: str
    no_driving_before: datetime | None


def order_preview(viewer: Viewer, visit_id: UUID, dose: assess.Dose, now: datetime) -> OrderPreview:
    """What the rules say to a dose before it is signed."""
    record = record_for(viewer, visit_id)
    findings = assess.order(viewer, record, now, dose)
    signed = record.fingerprints(assess.ORDER) | record.fingerprints(assess.READINESS)
    return OrderPreview(findings, gate(findings, signed))


def at_gate(viewer: Viewer, visit_id: UUID, now: datetime) -> GateResult:
    """What holds the end of check-in back, for the prescriber who may sign for part of it."""
    record = record_for(viewer, visit_id)
    return gate(assess.readiness(viewer, record, now), record.fingerprints(assess.READINESS))


def leaving(viewer: Viewer, visit_id: UUID, now: datetime) -> Leaving:
    """The discharge gate, for the page that signs."""
    record = record_for(viewer, visit_id)
    findings = assess.discharge(record, now)
    arrival = record.escort_arrival
    return Leaving(
        findings=findings,
        needed=unmet(findings),
        escort=arrival.name if arrival else "",
        no_driving_before=assess.no_driving_before(record, now),
    )


def plan_of(viewer: Viewer, visit_id: UUID) -> PlanFacts:
    """The dose the course's plan names: shown beside the order, never filled in."""
    return course_facts.plan_facts(viewer, record_for(viewer, visit_id).visit.course_id)


def unmet(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """What holds a gate shut."""
    return tuple(
        each for each in findings if each.effect is Effect.GATE and each.outcome is not Outcome.SATISFIED
    )
