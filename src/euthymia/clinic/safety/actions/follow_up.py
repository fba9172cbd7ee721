"""The call after treatment: mood, adverse events and safety, all three or none."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.facts import Refused, made_with
from euthymia.clinic.audit.times import check_not_future, entered_offset_min
from euthymia.clinic.measures import actions as measures
from euthymia.clinic.measures.models import Mode
from euthymia.clinic.safety.actions.records import (
    AdverseEventEntry,
    RiskEntry,
    record_adverse_event,
    record_risk,
)
from euthymia.clinic.safety.actions.tasks import close, locked
from euthymia.clinic.safety.models import FollowUpCall, Task


@transaction.atomic
def record_call(
    *,
    by: Viewer,
    at: datetime,
    task_id: UUID,
    called_at: datetime,
    mood: int,
    risk: RiskEntry,
    adverse_events: tuple[AdverseEventEntry, ...],
    note: str = "",
    idempotency_key: UUID | None = None,
) -> UUID:
    """Record the call that reached the patient, with everything asked in it, and close its task.

    An empty tuple of adverse events means that the patient was asked and told of none.

    Raises:
        Refused: the call was recorded before, or a value in it is impossible.
    """
    by.require(Permission.RECORD_FOLLOW_UP)
    check_not_future(called_at, at, "called_at")
    task = locked(by, task_id)
    if earlier := _made_with(task, idempotency_key):
        return earlier.id
    _check_open(task)
    patient_id = _patient_of(task)
    mood_id = measures.record_mood(
        by=by, at=at, patient_id=patient_id, mood=mood, rated_at=called_at, mode=Mode.ASKED
    )
    risk_id = record_risk(by=by, at=at, patient_id=patient_id, **asdict(risk))
    for event in adverse_events:
        record_adverse_event(by=by, at=at, patient_id=patient_id, event=event)
    call = _call(by, at, task, called_at, note, idempotency_key)
    call.reached = True
    call.mood_id = mood_id
    call.risk_id = risk_id
    call.adverse_events = bool(adverse_events)
    call.save(force_insert=True)
    close(by, at, task, "The patient was reached.", called_at, None)
    audit.record(
        by=by, verb="safety.record_call", at=at, patient_id=patient_id, subject=f"follow-up call {call.id}"
    )
    return call.id


@transaction.atomic
def record_missed_call(
    *,
    by: Viewer,
    at: datetime,
    task_id: UUID,
    called_at: datetime,
    note: str,
    idempotency_key: UUID | None = None,
) -> UUID:
    """Record an attempt that did not reach the patient. The task stays open.

    Raises:
        Refused: the task is done, or the time lies in the future.
    """
    by.require(Permission.RECORD_FOLLOW_UP)
    check_not_future(called_at, at, "called_at")
    task = locked(by, task_id)
    if earlier := _made_with(task, idempotency_key):
        return earlier.id
    _check_open(task)
    call = _call(by, at, task, called_at, note, idempotency_key)
    call.reached = False
    call.save(force_insert=True)
    audit.record(
        by=by,
        verb="safety.record_missed_call",
        at=at,
        patient_id=task.patient_id,
        subject=f"follow-up call {call.id}",
    )
    return call.id


def _made_with(task: Task, key: UUID | None) -> FollowUpCall | None:
    """The call this key made before; the task is locked, so that two requests cannot both find none."""
    return made_with(FollowUpCall, key, task_id=task.id)


def _patient_of(task: Task) -> UUID:
    if task.patient_id is None:
        raise NotFound  # nobody is called about a referral that is no patient's yet
    return task.patient_id


def _check_open(task: Task) -> None:
    if task.closed_at is not None:
        raise Refused("This call was made and recorded already.")


def _call(
    by: Viewer, at: datetime, task: Task, called_at: datetime, note: str, key: UUID | None
) -> FollowUpCall:
    return FollowUpCall(
        clinic_id=by.clinic_id,
        recorded_at=at,
        recorded_by_id=by.user_id,
        idempotency_key=key,
        patient_id=_patient_of(task),
        task=task,
        called_at=called_at,
        entered_offset_min=entered_offset_min(called_at),
        note=note.strip(),
    )
