"""The gates of a visit for the pages that sign: check-in, order, discharge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses import facts as course_facts
from euthymia.clinic.visits import assess
from euthymia.clinic.visits.queries._common import (
    record_for,
)
from euthymia.clinic.visits.queries.weighed import Weighed, weighed
from euthymia.protocol import (
    Effect,
    Finding,
    GateResult,
    Outcome,
    PlanFacts,
    gate,
)
from euthymia.protocol.plan import pump_settings, vial_volume


@dataclass(frozen=True, slots=True)
class OrderPreview:
    """What the rules say to a dose, and whether it may be signed."""

    findings: tuple[Finding, ...]
    result: GateResult
    weighed: tuple[Weighed, ...] = ()

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
    passed = weighed(record, findings, (assess.ORDER, assess.READINESS))
    return OrderPreview(findings, gate(findings, signed), passed)


def work_out(values: Mapping[str, Decimal | None]) -> dict[str, Decimal] | None:
    """Volume and rate for an infusion's dose, worked out twice; ``None`` while something it needs is not entered.

    The rate is that of the volume as it was entered, where one was.
    """
    dose, concentration = values.get("dose_mg"), values.get("concentration_mg_per_ml")
    minutes = values.get("minutes")
    if not dose or not concentration or not minutes:
        return None
    found, _ = pump_settings(dose, concentration, minutes, volume_ml=values.get("volume_ml"))
    return dict(zip(("volume_ml", "rate_ml_per_h"), found, strict=True)) if found else None


def work_out_vial(values: Mapping[str, Decimal | None]) -> dict[str, Decimal] | None:
    """The volume of a vial for a dose into the muscle, worked out twice; ``None`` while something is not entered."""
    dose, concentration = values.get("dose_mg"), values.get("concentration_mg_per_ml")
    found = vial_volume(dose, concentration) if dose and concentration else None
    return {"volume_ml": found} if found is not None else None


def at_gate(viewer: Viewer, visit_id: UUID, now: datetime) -> GateResult:
    """What holds the end of check-in back, for the prescriber who may sign for part of it."""
    record = record_for(viewer, visit_id)
    return gate(assess.readiness(viewer, record, now), record.fingerprints(assess.READINESS))


def at_discharge(viewer: Viewer, visit_id: UUID, now: datetime) -> GateResult:
    """What holds the discharge back, for the prescriber who may sign for what its rules let pass."""
    record = record_for(viewer, visit_id)
    return gate(assess.discharge(record, now), record.fingerprints(assess.DISCHARGE))


def leaving(viewer: Viewer, visit_id: UUID, now: datetime) -> Leaving:
    """The discharge gate, for the page that signs."""
    record = record_for(viewer, visit_id)
    findings = assess.discharge(record, now)
    arrival = record.escort_arrival
    return Leaving(
        findings=findings,
        needed=gate(findings, record.fingerprints(assess.DISCHARGE)).blocked_by,
        escort=arrival.name if arrival else "",
        no_driving_before=assess.driving_ban(record, now),
    )


def plan_of(viewer: Viewer, visit_id: UUID) -> PlanFacts:
    """The dose the course's plan names: shown beside the order, never filled in."""
    return course_facts.plan_facts(viewer, record_for(viewer, visit_id).visit.course_id)


def unmet(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """What holds a gate shut."""
    return tuple(
        each for each in findings if each.effect is Effect.GATE and each.outcome is not Outcome.SATISFIED
    )
