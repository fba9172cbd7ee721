"""Check-in: who sits there, the gate at its end, and going back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Reauthenticated, Viewer
from euthymia.clinic.audit import actions as audit
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
    step,
    timed,
)
from euthymia.protocol import gate


@transaction.atomic
def start_check_in(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    first: str,
    second: str,
    happened_at: datetime | None = None,
    version: int | None = None,
    idempotency_key: UUID | None = None,
) -> None:
    """Receive the patient: identity by two different identifiers. ``happened_at`` is of a paper sheet; else now."""
    record = locked(by, visit_id, Permission.RECORD_CHECK_IN)
    if earlier(models.IdentityCheck, record, idempotency_key):
        return
    expect_version(record, version)
    if first == second:
        raise Refused("Check two different identifiers: one of them twice proves little.")
    step(record, "check_in", by=by, at=at, happened_at=happened_at)
    add(
        models.IdentityCheck,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        **timed(record, happened_at or at, at),
        first=first,
        second=second,
    )
    audited(record, "check_in", by=by, at=at)


@transaction.atomic
def finish_check_in(*, by: Viewer, at: datetime, visit_id: UUID, version: int | None = None) -> None:
    """End check-in. Raises GateShut while a rule holds it back."""
    record = locked(by, visit_id, Permission.RECORD_CHECK_IN)
    if record.visit.state == "ready":
        return
    expect_version(record, version)
    findings = assess.readiness(by, record, at)
    result = gate(findings, record.fingerprints("readiness"))
    if not result.is_open:
        raise GateShut(f"Check-in is not complete: {count(result.blocked_by)} open.", result)
    step(record, "finish_check_in", by=by, at=at)
    note_assessment(record, "readiness", findings, by=by, at=at)
    audited(record, "finish_check_in", by=by, at=at)


@transaction.atomic
def reopen_check_in(
    *, by: Viewer, at: datetime, visit_id: UUID, why: str, version: int | None = None
) -> None:
    """Go back to check-in: something changed before the dose."""
    record = locked(by, visit_id, Permission.RECORD_CHECK_IN)
    expect_version(record, version)
    if not why.strip():
        raise Refused("Say why check-in is opened again.")
    if record.order is not None:
        add(
            models.OrderCancellation,
            record,
            by=by,
            at=at,
            order=record.order,
            why=f"Check-in opened again: {why}",
        )
    step(record, "reopen_check_in", by=by, at=at, note=why)
    audited(record, "reopen_check_in", by=by, at=at)


@transaction.atomic
def override(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    gate_name: str,
    fingerprints: Collection[str],
    why: str,
    reauth: Reauthenticated,
    dose: assess.Dose | None = None,
    idempotency_key: UUID | None = None,
) -> None:
    """Sign for findings that hold a gate shut, where their class allows a prescriber to. One signature covers several.

    Raises Refused for a finding that no longer stands like this, or that nobody may pass.
    """
    record = locked(by, visit_id, Permission.PRESCRIBE)
    if earlier(models.OverrideRecord, record, idempotency_key):
        return
    if not why.strip():
        what = "leaving" if gate_name == assess.DISCHARGE else "the dose"
        raise Refused(f"Write why {what} is right in spite of this.")
    findings = assess.at_gate(gate_name, by, record, at, dose)
    allowed = {each.fingerprint: each for each in gate(findings).overridable}
    if not fingerprints or not set(fingerprints) <= set(allowed):
        raise Refused(
            "What you signed for has changed, or may not be passed by anybody. Read the findings again."
        )
    chosen = [allowed[mark].to_json() for mark in sorted(fingerprints)]
    content = {
        "visit": record.visit.id,
        "gate": gate_name,
        "findings": sorted(fingerprints),
        "why": why.strip(),
    }
    signature = audit.sign(
        by=by,
        meaning="I weighed these findings and decided to go on",
        content=content,
        reauth=reauth,
        at=at,
        patient_id=record.visit.course.patient_id,
    )
    add(
        models.OverrideRecord,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        gate=gate_name,
        findings=chosen,
        fingerprints=sorted(fingerprints),
        why=why.strip(),
        signature=signature,
    )
    audited(record, "override", by=by, at=at, gate=gate_name, rules=[each["rule"] for each in chosen])
