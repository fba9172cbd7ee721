"""Going home through the discharge gate."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Reauthenticated, Viewer
from euthymia.clinic.visits import assess, models
from euthymia.clinic.visits.actions._common import (
    GateShut,
    Refused,
    add,
    audited,
    count,
    earlier,
    expect_version,
    locked,
    note_assessment,
    note_deviations,
    step,
    timed,
)
from euthymia.clinic.visits.actions._leaving import leave, signed
from euthymia.clinic.visits.actions.handing_over import record_receipt
from euthymia.clinic.visits.models.ends import ExitKind
from euthymia.clinic.visits.models.leaving import Signer
from euthymia.clinic.visits.queries._common import AFTER_DOSE
from euthymia.clinic.visits.record import Record
from euthymia.protocol import gate


@transaction.atomic
def judge_stability(
    *, by: Viewer, at: datetime, visit_id: UUID, stable: bool, basis: str, idempotency_key: UUID | None = None
) -> None:
    """Keep the clinician's own judgement whether the patient is stable and ready to leave."""
    record = locked(by, visit_id, Permission.DISCHARGE)
    if earlier(models.StabilityJudgement, record, idempotency_key):
        return
    if not basis.strip():
        raise Refused("Say what the judgement rests on.")
    add(
        models.StabilityJudgement,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        **timed(record, at, at),
        stable=stable,
        basis=basis.strip(),
    )
    audited(record, "judge_stability", by=by, at=at)


@transaction.atomic
def record_escort_arrival(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    name: str = "",
    measured_at: datetime,
    here: bool = True,
    why: str = "",
    idempotency_key: UUID | None = None,
) -> None:
    """Record that the escort is here, and who it is; or that nobody is here after all, and why that was said.

    A patient who was found ready to leave is watched again where the escort is gone.
    """
    record = locked(by, visit_id, Permission.DISCHARGE)
    if earlier(models.EscortArrival, record, idempotency_key):
        return
    if here and not name.strip():
        raise Refused("Enter who has come.", "name")
    if not here and record.visit.state not in AFTER_DOSE:
        raise Refused("The patient has left. What was wrong goes into an addendum to the note.", "here")
    if not here and record.escort_arrival is None:
        raise Refused("Nobody was said to be here. There is nothing to take back.", "here")
    if not here and not why.strip():
        raise Refused("Say why: gone again, or entered by mistake.", "why")
    add(
        models.EscortArrival,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        **timed(record, measured_at, at),
        here=here,
        name=name.strip(),
        why="" if here else why.strip(),
    )
    if not here and record.visit.state == "ready_to_leave":
        step(record, "resume_monitoring", by=by, at=at, note=f"No escort is here: {why.strip()}")
    audited(record, "record_escort_arrival", by=by, at=at, here=here)


@transaction.atomic
def find_ready_to_leave(*, by: Viewer, at: datetime, visit_id: UUID, version: int | None = None) -> None:
    """Say that every criterion for leaving is met. Raises GateShut while one is not."""
    record = locked(by, visit_id, Permission.DISCHARGE)
    if record.visit.state == "ready_to_leave":
        return
    expect_version(record, version)
    _pass_discharge_gate(record, by=by, at=at)
    step(record, "find_ready_to_leave", by=by, at=at)
    audited(record, "find_ready_to_leave", by=by, at=at)


@transaction.atomic
def resume_monitoring(*, by: Viewer, at: datetime, visit_id: UUID, why: str) -> None:
    """Go back to watching: something changed before the patient left."""
    record = locked(by, visit_id, Permission.RECORD_OBSERVATION)
    if not why.strip():
        raise Refused("Say what changed.")
    step(record, "resume_monitoring", by=by, at=at, note=why.strip())
    audited(record, "resume_monitoring", by=by, at=at)


@transaction.atomic
def discharge(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    reauth: Reauthenticated,
    no_receipt_why: str = "",
    version: int | None = None,
    idempotency_key: UUID | None = None,
) -> None:
    """Let the patient go home with the escort, signed. Raises GateShut while a criterion is not met.

    ``no_receipt_why`` is why nobody signed for the instructions: it is kept in the place of the receipt, and holds
    nobody back.
    """
    record = locked(by, visit_id, Permission.DISCHARGE)
    if earlier(models.Exit, record, idempotency_key):
        return
    expect_version(record, version)
    _pass_discharge_gate(record, by=by, at=at)
    if record.visit.state == "monitoring":
        step(record, "find_ready_to_leave", by=by, at=at)
    arrival = record.escort_arrival
    content = {"visit": record.visit.id, "left_at": at, "with": arrival.name if arrival else ""}
    unsigned = _left_without_receipt(record, no_receipt_why, by=by, at=at)
    meaning = "I judged this patient ready to leave and discharged them"
    signature = signed(record, meaning, content, by=by, at=at, reauth=reauth)
    leave(
        record,
        "discharge",
        ExitKind.DISCHARGED,
        by=by,
        at=at,
        left_at=at,
        key=idempotency_key,
        detail=unsigned,
        with_whom=arrival.name if arrival else "",
        signature=signature,
    )


def _left_without_receipt(record: Record, why: str, *, by: Viewer, at: datetime) -> str:
    """Keep why nobody signed; in the record of leaving where there is no sheet to sign for. Empty where it was kept."""
    if not why.strip() or (record.receipt and record.sheet and record.receipt.sheet_id == record.sheet.id):
        return ""
    if record.sheet is None:
        return f"Nobody signed for instructions: {why.strip()}"
    record_receipt(
        by=by, at=at, visit_id=record.visit.id, signer=Signer.NOBODY, signed_name="", received=(), why_not=why
    )
    return ""


def _pass_discharge_gate(record: Record, *, by: Viewer, at: datetime) -> None:
    findings = assess.discharge(record, at)
    if not findings:
        raise Refused("No dose was given: end the visit as “no dose given”.")
    note_deviations(record, findings, by=by, at=at)
    result = gate(findings, record.fingerprints(assess.DISCHARGE))
    if not result.is_open:
        raise GateShut(f"The patient cannot be discharged yet: {count(result.blocked_by)} open.", result)
    note_assessment(record, assess.DISCHARGE, findings, by=by, at=at)
