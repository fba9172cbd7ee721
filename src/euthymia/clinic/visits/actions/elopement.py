"""A patient walked out unseen: that it was noticed, what is done about it, and how it ended."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.safety.models import TaskKind
from euthymia.clinic.visits import models
from euthymia.clinic.visits.actions._common import (
    Refused,
    add,
    audited,
    earlier,
    locked,
    refuse_future,
    step,
    timed,
)
from euthymia.clinic.visits.actions._leaving import leave, need
from euthymia.clinic.visits.actions._owed import LOOKED_FOR, settle_exit
from euthymia.clinic.visits.models.ends import ExitKind
from euthymia.clinic.visits.models.leaving import SearchStep
from euthymia.clinic.visits.record import Record


@transaction.atomic
def record_elopement(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    noticed_at: datetime,
    last_seen_at: datetime,
    last_seen_by: str = "",
    last_seen_where: str = "",
    how: str = "",
    idempotency_key: UUID | None = None,
) -> None:
    """Record that the patient is gone and nobody saw them go. Two times are enough; the rest can follow."""
    record = locked(by, visit_id, Permission.RECORD_OBSERVATION)
    if earlier(models.Elopement, record, idempotency_key):
        return
    refuse_future(record, last_seen_at, at)
    if last_seen_at > noticed_at:
        raise Refused("The patient was last seen before they were missed: put the two times right.")
    seen = {"last_seen_by": last_seen_by.strip(), "last_seen_where": last_seen_where.strip()}
    add(
        models.Elopement,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        **timed(record, noticed_at, at),
        last_seen_at=last_seen_at,
        how=how.strip(),
        **seen,
    )
    told = [f"Last seen {record.local(last_seen_at):%H:%M}", *filter(None, seen.values())]
    leave(
        record,
        "record_elopement",
        ExitKind.ELOPED,
        by=by,
        at=at,
        left_at=last_seen_at,
        key=None,
        detail=", ".join(told) + ".",
        noticed_at=noticed_at,
    )


@transaction.atomic
def record_search(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    what: str,
    detail: str,
    measured_at: datetime,
    decision: str = "",
    idempotency_key: UUID | None = None,
) -> None:
    """Write one thing that was done about it, and what came of it. A decision closes the task that asks for one."""
    record = locked(by, visit_id, Permission.RECORD_OBSERVATION)
    if earlier(models.SearchEntry, record, idempotency_key):
        return
    missed = _missed(record)
    need(detail, "Write where, whom, and what came of it; for a decision, why.")
    decided = what == SearchStep.DECIDED
    if decided and not decision:
        raise Refused("Say what was decided.", "decision")
    add(
        models.SearchEntry,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        **timed(record, measured_at, at),
        elopement=missed,
        step=what,
        decision=decision if decided else "",
        detail=detail.strip(),
    )
    if decided:
        words = models.Decision(decision).label
        _settle(record, [TaskKind.MISSING_DECISION], f"{words}: {detail.strip()}", by, at, measured_at)
    audited(record, "record_search", by=by, at=at, what=what)


@transaction.atomic
def bring_back(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    found: str,
    happened_at: datetime,
    idempotency_key: UUID | None = None,
) -> None:
    """The patient is here again: watching goes on, and what was judged before counts no more."""
    record = locked(by, visit_id, Permission.RECORD_OBSERVATION)
    if record.visit.state in ("monitoring", "checking_in"):
        return
    need(found, "Write where the patient was, and how they are.")
    step(record, "bring_back", by=by, at=at, happened_at=happened_at, note=found.strip())
    _settle(record, list(LOOKED_FOR), f"Came back: {found.strip()}", by, at, happened_at)
    audited(record, "bring_back", by=by, at=at)


def _missed(record: Record) -> models.Elopement:
    missed = record.elopement
    if missed is None:
        raise NotFound("Nobody walked out of this visit.")
    return missed


def _settle(
    record: Record, kinds: list[TaskKind], outcome: str, by: Viewer, at: datetime, done_at: datetime
) -> None:
    for each in record.exits:
        if each.kind == ExitKind.ELOPED:
            settle_exit(each.id, kinds, outcome, by, at, done_at)
