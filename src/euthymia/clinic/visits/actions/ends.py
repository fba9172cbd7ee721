"""Every other way out than discharge: a record, and never refused."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.visits import models
from euthymia.clinic.visits.actions._common import (
    add,
    audited,
    earlier,
    locked,
    step,
    timed,
)
from euthymia.clinic.visits.actions._leaving import leave, need
from euthymia.clinic.visits.actions._owed import owe
from euthymia.clinic.visits.models.ends import ExitKind
from euthymia.clinic.visits.record import Record

_EMERGENCIES = frozenset({"emergency", "emergency_before_dose"})
NOT_TOLD_YET = "Declared with one press; what was seen is still to be written."


@transaction.atomic
def leave_against_advice(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    left_at: datetime,
    advice: str,
    with_whom: str = "",
    idempotency_key: UUID | None = None,
) -> None:
    """Record that the patient left before staff thought it safe, and what they were told."""
    record = locked(by, visit_id, Permission.RECORD_OBSERVATION)
    if earlier(models.Exit, record, idempotency_key):
        return
    need(advice, "Write what the patient was told, and what they said.")
    leave(
        record,
        "leave_against_advice",
        ExitKind.LEFT_AGAINST_ADVICE,
        by=by,
        at=at,
        left_at=left_at,
        key=idempotency_key,
        detail=advice.strip(),
        with_whom=with_whom.strip(),
    )


@transaction.atomic
def transfer(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    left_at: datetime,
    destination: str,
    why: str,
    with_whom: str = "",
    idempotency_key: UUID | None = None,
) -> None:
    """Record that another place of care has taken over."""
    record = locked(by, visit_id, Permission.RECORD_OBSERVATION)
    if earlier(models.Exit, record, idempotency_key):
        return
    need(why, "Say why.")
    need(destination, "Say where the patient went.")
    leave(
        record,
        "transfer",
        ExitKind.TRANSFERRED,
        by=by,
        at=at,
        left_at=left_at,
        key=idempotency_key,
        detail=why.strip(),
        destination=destination.strip(),
        with_whom=with_whom.strip(),
    )


@transaction.atomic
def declare_emergency(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    happened_at: datetime,
    seen: str = "",
    idempotency_key: UUID | None = None,
) -> None:
    """Record that help was called, with one press. What was seen can be written with it, or afterwards, by calling
    this again: a second press alone changes nothing."""
    by.require(Permission.VIEW_BOARD)
    record = locked(by, visit_id, Permission.VIEW_BOARD)
    if earlier(models.Exit, record, idempotency_key):
        return
    if record.visit.state in _EMERGENCIES:
        _tell(record, seen.strip(), by=by, at=at, key=idempotency_key)
        return
    told = seen.strip() or NOT_TOLD_YET
    step(record, "declare_emergency", by=by, at=at, happened_at=happened_at, note=told)
    when = timed(record, happened_at, at)
    declared = add(
        models.Exit,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        **when,
        kind=ExitKind.EMERGENCY,
        detail=told,
    )
    owe(record, ExitKind.EMERGENCY, declared.id, by=by, at=at, noticed_at=happened_at)
    audited(record, "declare_emergency", by=by, at=at)


def _tell(record: Record, seen: str, *, by: Viewer, at: datetime, key: UUID | None) -> None:
    """Add what was seen to the emergency that is going on; the time at which it was declared stays."""
    declared = [each for each in record.exits if each.kind == ExitKind.EMERGENCY]
    if not seen or not declared:
        return
    last = declared[-1]
    add(
        models.Exit,
        record,
        by=by,
        at=at,
        key=key,
        corrects=last,
        reason="What was seen, written afterwards.",
        measured_at=last.measured_at,
        entered_offset_min=last.entered_offset_min,
        kind=ExitKind.EMERGENCY,
        detail=seen if last.detail == NOT_TOLD_YET else f"{last.detail}\n{seen}",
    )
    audited(record, "tell_emergency", by=by, at=at)


@transaction.atomic
def stabilise(*, by: Viewer, at: datetime, visit_id: UUID, done: str, happened_at: datetime) -> None:
    """The emergency is over and the patient is still here: watching goes on."""
    record = locked(by, visit_id, Permission.RECORD_OBSERVATION)
    need(done, "Write what was done.")
    step(record, "stabilise", by=by, at=at, happened_at=happened_at, note=done.strip())
    audited(record, "stabilise", by=by, at=at)


@transaction.atomic
def record_death(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    died_at: datetime,
    circumstances: str,
    idempotency_key: UUID | None = None,
) -> None:
    """Record that the patient died."""
    record = locked(by, visit_id, Permission.RECORD_OBSERVATION)
    if earlier(models.Exit, record, idempotency_key):
        return
    need(circumstances, "Write what is known of the circumstances.")
    leave(
        record,
        "record_death",
        ExitKind.DIED,
        by=by,
        at=at,
        left_at=died_at,
        key=idempotency_key,
        detail=circumstances.strip(),
    )


@transaction.atomic
def withhold(
    *, by: Viewer, at: datetime, visit_id: UUID, why: str, idempotency_key: UUID | None = None
) -> None:
    """End a visit without a dose."""
    record = locked(by, visit_id, Permission.RECORD_CHECK_IN)
    if earlier(models.Exit, record, idempotency_key):
        return
    need(why, "Say why no dose is given, and what comes next.")
    leave(
        record,
        "withhold",
        ExitKind.WITHHELD,
        by=by,
        at=at,
        left_at=at,
        key=idempotency_key,
        detail=why.strip(),
    )
