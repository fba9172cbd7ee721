"""Who watches: taken, offered and left by one press each."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.models import User
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.visits import models
from euthymia.clinic.visits.actions._common import Conflict, Refused, add, audited, earlier, locked
from euthymia.clinic.visits.queries.watching import may_watch
from euthymia.clinic.visits.record import Record
from euthymia.protocol import VISIT, Watch, WatchStep


@transaction.atomic
def take_watch(*, by: Viewer, at: datetime, visit_id: UUID, idempotency_key: UUID | None = None) -> None:
    """``by`` watches this patient from now on, whoever did before. Pressed again it changes nothing."""
    record = _here(by, visit_id)
    if earlier(models.Watching, record, idempotency_key):
        return
    watch = record.watch
    if watch.who == str(by.user_id) and not watch.offered_to:
        return
    _press(record, WatchStep.TAKEN, by=by, at=at, key=idempotency_key)


@transaction.atomic
def offer_watch(
    *, by: Viewer, at: datetime, visit_id: UUID, to_id: UUID, idempotency_key: UUID | None = None
) -> None:
    """Offer the watch to a colleague. ``by`` goes on watching until the colleague has taken it.

    Raises Conflict when somebody else watches by now, NotFound for one who may not watch.
    """
    record = _here(by, visit_id)
    if earlier(models.Watching, record, idempotency_key):
        return
    _mine(record, by)
    if to_id == by.user_id:
        raise Refused("You are watching already. Choose somebody else, or stop watching.")
    if not may_watch(by.clinic_id).filter(pk=to_id).exists():
        raise NotFound("No such colleague who may watch.")
    _press(record, WatchStep.OFFERED, by=by, at=at, key=idempotency_key, to=User.objects.get(pk=to_id))


@transaction.atomic
def leave_watch(*, by: Viewer, at: datetime, visit_id: UUID, idempotency_key: UUID | None = None) -> None:
    """``by`` stops watching. Never refused for what it leaves: that nobody watches is then on every screen."""
    record = _here(by, visit_id)
    if earlier(models.Watching, record, idempotency_key):
        return
    _mine(record, by)
    _press(record, WatchStep.LEFT, by=by, at=at, key=idempotency_key)


def _here(by: Viewer, visit_id: UUID) -> Record:
    record = locked(by, visit_id, Permission.RECORD_OBSERVATION)
    if record.visit.state not in VISIT.occupied:
        raise Refused("The patient is not here: there is nobody to watch.")
    return record


def _mine(record: Record, by: Viewer) -> None:
    watch: Watch = record.watch
    if watch.who == str(by.user_id):
        return
    if not watch.is_kept:
        raise Conflict("You are not watching this patient; nobody is.")
    since = f" since {record.local(watch.since):%H:%M}" if watch.since else ""
    raise Conflict(f"{watch.name} is watching{since}.")


def _press(
    record: Record, step: WatchStep, *, by: Viewer, at: datetime, key: UUID | None, to: User | None = None
) -> None:
    add(models.Watching, record, by=by, at=at, key=key, step=step.value, offered_to=to)
    audited(record, f"watch_{step.value}", by=by, at=at)
