"""Change of shift: one nurse hands the room over, the next takes over by name. Neither is ever changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.facts import insert_once
from euthymia.clinic.visits import models
from euthymia.clinic.visits.actions._common import Conflict, Refused, add, audited, locked
from euthymia.clinic.visits.queries.handover import room, staff_who_watch, summarise, watch_now
from euthymia.clinic.visits.record import Record
from euthymia.protocol import VISIT
from euthymia.protocol.watching import WatchStep


@transaction.atomic
def hand_over(
    *,
    by: Viewer,
    at: datetime,
    to_id: UUID,
    note: str,
    concerns: Mapping[UUID, str],
    idempotency_key: UUID | None = None,
) -> UUID:
    """Hand over everybody in the room to ``to_id``, with the concerns in words; returns the handover's id.

    ``concerns`` names every patient the page showed. Raises Conflict when somebody came or left since.
    """
    by.require(Permission.RECORD_OBSERVATION)
    if to_id == by.user_id:
        raise Refused("You cannot hand over to yourself.", "to")
    if str(to_id) not in {value for value, _ in staff_who_watch(by)}:
        raise NotFound("No such colleague.")
    handover, new = insert_once(
        models.Handover(
            clinic_id=by.clinic_id,
            recorded_at=at,
            recorded_by_id=by.user_id,
            idempotency_key=idempotency_key,
            to_id=to_id,
            note=note.strip(),
        )
    )
    if not new:
        return handover.id
    here = {visit_id for visit_id, _ in room(by, at).patients}
    if here != set(concerns):
        raise Conflict(
            "Somebody came or left since this page was opened. Look at the room again, then hand over."
        )
    if not here:
        raise Refused("Nobody is here: there is nothing to hand over.")
    # All of them first: an audited write of one while waiting for the next would stop whoever writes at that chair.
    for record in [locked(by, visit_id, Permission.RECORD_OBSERVATION) for visit_id in sorted(here)]:
        add(
            models.HandedOver,
            record,
            by=by,
            at=at,
            handover=handover,
            summary=summarise(record, at),
            concerns=concerns[record.visit.id].strip(),
        )
        audited(record, "hand_over_room", by=by, at=at, handover=handover.id)
    return handover.id


@transaction.atomic
def accept_handover(
    *,
    by: Viewer,
    at: datetime,
    handover_id: UUID,
    question: str = "",
    idempotency_key: UUID | None = None,
) -> None:
    """Take the room over, by name. Whom the other one watched, ``by`` watches from now on.

    Raises Refused for anybody else than the one it was handed to.
    """
    by.require(Permission.RECORD_OBSERVATION)
    handovers = models.Handover.objects.filter(id=handover_id, clinic_id=by.clinic_id)
    handover = handovers.select_related("to", "accepted").first()
    if handover is None:
        raise NotFound("No such handover.")
    if handover.to_id != by.user_id:
        raise Refused(f"This was handed to {handover.to.name}: that person takes over, signed in by name.")
    accepted = models.HandoverAccepted(
        clinic_id=by.clinic_id,
        recorded_at=at,
        recorded_by_id=by.user_id,
        idempotency_key=idempotency_key,
        handover=handover,
        question=question.strip(),
    )
    try:
        _, new = insert_once(accepted)
    except IntegrityError:
        raise Conflict("You have taken over already.") from None
    if not new:
        return
    rows = handover.patients.order_by("visit_id").values_list("visit_id", flat=True)
    for record in [
        *filter(None, (_open_to(by, visit_id) for visit_id in rows))
    ]:  # all are held before one is written
        _watch_passes(record, handover, by=by, at=at)
    audit.record(by=by, verb="visits.accept_handover", at=at, subject=f"handover {handover.id}")


def _open_to(by: Viewer, visit_id: UUID) -> Record | None:
    """The visit, held; None for a restricted chart this nurse has not opened: its watch stays, and says so."""
    try:
        return locked(by, visit_id, Permission.RECORD_OBSERVATION)
    except NotFound:
        return None


def _watch_passes(record: Record, handover: models.Handover, *, by: Viewer, at: datetime) -> None:
    """Whom the outgoing nurse watched, or nobody; a patient whom a third person watches stays with them."""
    watch = watch_now(record)
    if record.visit.state not in VISIT.occupied or watch.who not in ("", str(handover.recorded_by_id)):
        return
    key = uuid5(handover.id, str(record.visit.id))
    add(models.Watching, record, by=by, at=at, key=key, step=WatchStep.TAKEN.value)
    audited(record, "watch_taken", by=by, at=at, handover=handover.id)
