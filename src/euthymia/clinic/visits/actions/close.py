"""Closing a visit, signed, and the follow-up it opens."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Reauthenticated, Viewer
from euthymia.clinic.safety import queries as safety_queries
from euthymia.clinic.safety.events import TaskDone
from euthymia.clinic.visits import assess, models
from euthymia.clinic.visits.actions._common import (
    Conflict,
    add,
    audited,
    earlier,
    locked,
    step,
    timed,
)
from euthymia.clinic.visits.actions._leaving import need, signed
from euthymia.clinic.visits.actions._owed import origin_of, owe_follow_up
from euthymia.clinic.visits.actions.drug import check_account, close_account
from euthymia.clinic.visits.actions.note import lock_note, note_to_sign
from euthymia.clinic.visits.actions.programme import owe_form
from euthymia.clinic.visits.models.ends import ExitKind
from euthymia.clinic.visits.record import Record
from euthymia.protocol import VISIT


@transaction.atomic
def close(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    adverse_events: str,
    reauth: Reauthenticated,
    discrepancy: str = "",
    seen: str = "",
    idempotency_key: UUID | None = None,
) -> None:
    """Close the visit and lock its note under one signature, and open what follows.

    ``seen`` is the hash of the note that was read. Raises Conflict where the record says something else by now.
    Drug that is not accounted for needs its ``discrepancy``, what is known about it, and goes to the director.
    """
    record = locked(by, visit_id, Permission.RECORD_OBSERVATION)
    if earlier(models.CloseRecord, record, idempotency_key):
        return
    account = assess.drug_account(by, record, at)
    check_account(account, discrepancy)
    drug_account = account.sentence if account else "No drug was taken out for this visit."
    need(adverse_events, "Write which adverse events there were, or that there were none.")
    note = note_to_sign(record, by=by, at=at)
    if seen and note is not None and note.sha256 != seen:
        raise Conflict("Something was entered since you read the note. Read it again, then close.")
    content = {
        "visit": record.visit.id,
        "note": note.sha256 if note else "",
        "drug_account": drug_account,
        "discrepancy": discrepancy.strip(),
        "adverse_events": adverse_events.strip(),
    }
    signature = signed(
        record, "I close this visit; its record is complete", content, by=by, at=at, reauth=reauth
    )
    died = record.visit.state == "died"
    if note is not None:
        lock_note(record, note, by=by, at=at, signature=signature)
    add(
        models.CloseRecord,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        **timed(record, at, at),
        drug_account=drug_account,
        adverse_events=adverse_events.strip(),
        signature=signature,
    )
    close_account(record, signature, discrepancy, by=by, at=at)
    step(record, "close", by=by, at=at)
    if record.t0 is not None and not died:
        owe_form(record, by=by, at=at)
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
    if visit is None or not _may_complete(event.by, visit.state):
        return
    _go_on(locked(event.by, visit.id, Permission.RECORD_FOLLOW_UP), by=event.by, at=event.at)


def _open_follow_up(record: Record, *, by: Viewer, at: datetime) -> None:
    """Ask for what follows the dose where leaving did not yet, and go on where all of it is done already."""
    left = [each for each in record.exits if each.kind != ExitKind.EMERGENCY]
    if left:
        last = max(left, key=lambda each: each.measured_at)
        owe_follow_up(record, ExitKind(last.kind), by=by, at=at, left_at=last.measured_at)
    _go_on(record, by=by, at=at)


def _go_on(record: Record, *, by: Viewer, at: datetime) -> None:
    """Complete the follow-up once nothing of it is left to be done, if this person may."""
    open_still = safety_queries.has_open_task(by, origin=origin_of(record))
    if not open_still and _may_complete(by, record.visit.state):
        step(record, "complete_follow_up", by=by, at=at)
        audited(record, "complete_follow_up", by=by, at=at)


def _may_complete(by: Viewer, state: str) -> bool:
    transition = VISIT.find(state, "complete_follow_up")
    return transition is not None and bool({role.value for role in by.roles} & set(transition.roles))
