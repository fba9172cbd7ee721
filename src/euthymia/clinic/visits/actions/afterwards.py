"""What happens to somebody who is not in the house, and the adverse event of an alarm."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from euthymia.clinic.access.permissions import Permission, Role
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.safety import actions as safety
from euthymia.clinic.safety.actions import AdverseEventEntry
from euthymia.clinic.safety.models import TaskKind
from euthymia.clinic.visits import models
from euthymia.clinic.visits.actions._common import Conflict, Refused, add, audited, earlier, locked, timed
from euthymia.clinic.visits.actions._leaving import need
from euthymia.evidence import task_delay
from euthymia.protocol import VISIT

_DEAD = frozenset({"died", "closed_after_death"})


@transaction.atomic
def record_elsewhere(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    kind: str,
    what: str,
    told_by: str,
    happened_at: datetime,
    destination: str = "",
    done: str = "",
    idempotency_key: UUID | None = None,
) -> UUID:
    """Record an emergency or a transfer of somebody who is not here: before the visit, or after it ended.

    Never refused for the state of the visit, which stays as it is; while the patient is here, the visit's own
    emergency and transfer serve. A task asks a prescriber to find out how the patient is.
    """
    record = locked(by, visit_id, Permission.RECORD_OBSERVATION)
    if again := earlier(models.ElsewhereEvent, record, idempotency_key):
        return again.id
    if record.visit.state in VISIT.occupied:
        raise Refused(
            "The patient is here. Declare the emergency in the visit, or record the transfer there."
        )
    if record.visit.state in _DEAD:
        raise Refused("The record says that the patient died. Add what is known there.")
    need(what, "Write what happened.")
    need(told_by, "Say who told you.")
    if kind == models.Elsewhere.TAKEN:
        need(destination, "Say where the patient is.")
    event = add(
        models.ElsewhereEvent,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        **timed(record, happened_at, at),
        kind=models.Elsewhere(kind),
        what=what.strip(),
        told_by=told_by.strip(),
        destination=destination.strip(),
        done=done.strip(),
    )
    due = at + task_delay("elsewhere", "due_within")
    safety.open_task(
        by=by,
        at=at,
        patient_id=record.visit.course.patient_id,
        kind=TaskKind.ELSEWHERE,
        origin=f"elsewhere:{event.id}",
        owner_role=Role.PRESCRIBER,
        opens_at=at,
        due_at=due,
        note="Ask how the patient is, and judge whether it is an adverse event.",
        page=reverse("visits:visit", args=[record.visit.id]),
        escalates_at=due,
        escalates_to=Role.MEDICAL_DIRECTOR,
    )
    audited(record, "record_elsewhere", by=by, at=at, event=event.id)
    return event.id


@transaction.atomic
def record_alarm_event(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    alarm_id: UUID,
    event: AdverseEventEntry,
    idempotency_key: UUID | None = None,
) -> UUID:
    """Record the adverse event of an alarm. Raises Conflict when somebody has recorded one about it."""
    record = locked(by, visit_id, Permission.RECORD_ADVERSE_EVENT)
    alarm = next((each for each in record.alarms if each.id == alarm_id), None)
    if alarm is None:
        raise NotFound("No such alarm in this visit.")
    known = models.AlarmEvent.objects.select_related("recorded_by").filter(alarm=alarm).first()
    if known is not None:
        if idempotency_key and known.idempotency_key == idempotency_key:
            again: UUID = known.event_id
            return again
        raise Conflict(
            f"{known.recorded_by.name} has recorded an adverse event about it. Add news of that one."
        )
    if record.t0 is not None:
        minutes = (event.onset_at - record.t0).total_seconds() // 60
        event = replace(event, since_dose_min=int(minutes))
    event_id = safety.record_adverse_event(
        by=by,
        at=at,
        patient_id=record.visit.course.patient_id,
        event=event,
        idempotency_key=idempotency_key,
    )
    add(models.AlarmEvent, record, by=by, at=at, key=idempotency_key, alarm=alarm, event_id=event_id)
    audited(record, "record_alarm_event", by=by, at=at, alarm=alarm.id, event=event_id)
    return event_id
