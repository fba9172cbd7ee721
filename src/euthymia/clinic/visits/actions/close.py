"""Closing a visit, signed, and the follow-up it opens."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.permissions import Permission, Role
from euthymia.clinic.access.viewer import Reauthenticated, Viewer
from euthymia.clinic.safety import actions as safety
from euthymia.clinic.safety import queries as safety_queries
from euthymia.clinic.safety.events import TaskDone
from euthymia.clinic.safety.models import TaskKind
from euthymia.clinic.visits import models
from euthymia.clinic.visits.actions._common import (
    add,
    audited,
    earlier,
    locked,
    step,
    timed,
)
from euthymia.clinic.visits.actions._leaving import need, signed
from euthymia.clinic.visits.models.ends import ExitKind
from euthymia.clinic.visits.record import Record
from euthymia.protocol import VISIT, follow_up

_FOLLOW_UPS = {"FU-1": (TaskKind.FOLLOW_UP_CALL, Role.NURSE), "FU-2": (TaskKind.FOLLOW_UP_PHQ9, Role.NURSE)}


@transaction.atomic
def close(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    drug_account: str,
    adverse_events: str,
    reauth: Reauthenticated,
    idempotency_key: UUID | None = None,
) -> None:
    """Close the visit, signed, and open what follows it: the call at 24 hours and the questionnaire at 7 days."""
    record = locked(by, visit_id, Permission.RECORD_OBSERVATION)
    if earlier(models.CloseRecord, record, idempotency_key):
        return
    need(drug_account, "Write what became of used and unused drug.")
    need(adverse_events, "Write which adverse events there were, or that there were none.")
    content = {
        "visit": record.visit.id,
        "drug_account": drug_account.strip(),
        "adverse_events": adverse_events.strip(),
    }
    signature = signed(
        record, "I close this visit; its record is complete", content, by=by, at=at, reauth=reauth
    )
    died = record.visit.state == "died"
    add(
        models.CloseRecord,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        **timed(record, at, at),
        drug_account=drug_account.strip(),
        adverse_events=adverse_events.strip(),
        signature=signature,
    )
    step(record, "close", by=by, at=at)
    if record.t0 is not None and not died:
        _open_follow_up(record, by=by, at=at)
    audited(record, "close", by=by, at=at)


@transaction.atomic
def end_follow_up(*, by: Viewer, at: datetime, visit_id: UUID, why: str) -> None:
    """Give up reaching the patient, with the attempts that were made."""
    record = locked(by, visit_id, Permission.RECORD_FOLLOW_UP)
    need(why, "Write which attempts were made.")
    step(record, "end_follow_up", by=by, at=at, note=why.strip())
    audited(record, "end_follow_up", by=by, at=at)


def hear_task_done(event: TaskDone) -> None:
    """Complete a visit's follow-up with the last of its tasks. Subscribed to ``safety.events`` by ``config.wiring``.

    A task done by somebody whose role the visit's table does not name leaves the visit as it is.
    """
    kind, _, identifier = event.origin.partition(":")
    if kind != "visit":
        return
    visit = (
        models.Visit.objects.select_for_update().filter(id=identifier, clinic_id=event.by.clinic_id).first()
    )
    transition = VISIT.find(visit.state, "complete_follow_up") if visit else None
    if visit is None or transition is None or safety_queries.has_open_task(event.by, origin=event.origin):
        return
    if {role.value for role in event.by.roles} & set(transition.roles):
        record = locked(event.by, visit.id, Permission.RECORD_FOLLOW_UP)
        step(record, "complete_follow_up", by=event.by, at=event.at)
        audited(record, "complete_follow_up", by=event.by, at=event.at)


def _open_follow_up(record: Record, *, by: Viewer, at: datetime) -> None:
    left = max((each.measured_at for each in record.exits if each.kind != ExitKind.EMERGENCY), default=at)
    for due in follow_up.due(record.local(left), record.rules):
        kind, owner = _FOLLOW_UPS[due.rule]
        safety.open_task(
            by=by,
            at=at,
            patient_id=record.visit.course.patient_id,
            kind=kind,
            origin=f"visit:{record.visit.id}",
            owner_role=owner,
            opens_at=due.opens_at,
            due_at=due.due_at,
        )
