"""What waited on a tablet without a connection: entered once, with its own time, by its author or by name for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from inspect import signature
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction

from euthymia.clinic.access.models import User
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit.facts import keep_said
from euthymia.clinic.visits import models
from euthymia.clinic.visits.actions._common import Refused, add, audited, earlier, locked, refuse_future
from euthymia.clinic.visits.models.later import Waited as Waited
from euthymia.clinic.visits.record import Record

CLOCK_CHANGED = timedelta(minutes=2)  # ours: as far as a tablet's clock may run ahead at all
_MOST_FACTS = 24  # ours: what one form can make; a full set of readings makes eleven
_TABLES: dict[str, type[models.VisitFact]] = {
    Waited.READINGS: models.Observation,
    Waited.DEVICE: models.DeviceAdministration,
    Waited.INFUSION: models.InfusionEvent,
    Waited.DIRECT: models.DirectDose,
    Waited.MOUTH: models.DirectDose,
    Waited.MEDICINE: models.MedicineGiven,
    Waited.ANSWER: models.Acknowledgement,
    Waited.EMERGENCY: models.Exit,
}


@dataclass(frozen=True, slots=True)
class Kept:
    """What the tablet says of an entry it kept, times by the server's clock.

    ``clock_moved_s`` is how far the tablet's clock was set on or back between the entry and its sending.
    """

    what: Waited
    entered_at: datetime
    tablet_ahead_s: int
    clock_moved_s: int
    author_id: UUID


@transaction.atomic
def enter_late(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    kept: Kept,
    act: Callable[..., Any],
    given: dict[str, Any],
    said: str,
    idempotency_key: UUID,
) -> bool:
    """Do what was entered on a tablet earlier, and say whether it was new: a lost answer is no second dose.

    ``act`` is the action of the form, ``given`` what the form holds, ``said`` its fingerprint. Everything it refuses
    stays refused here. Raises Refused too where its key saved something else, and where the tablet's clock was changed
    in between, so that the time cannot be trusted.
    """
    record = locked(by, visit_id, Permission.VIEW_BOARD)
    if _made(kept.what, record, idempotency_key):
        keep_said(idempotency_key, said, at)
        return False
    _refuse_dropped(record, idempotency_key)
    refuse_future(record, kept.entered_at, at)
    if abs(kept.clock_moved_s) > CLOCK_CHANGED.total_seconds():
        raise Refused(
            f"This tablet's clock was changed by {abs(kept.clock_moved_s) // 60} minutes after the entry was made. "
            "Open it, check the time, and save it."
        )
    _refuse_before(record, kept)
    if "given_by" in signature(act).parameters:  # taken over: the author did it, and not whoever sends it
        given = given | {"given_by": given.get("given_by") or kept.author_id}
    act(by=by, at=at, visit_id=visit_id, idempotency_key=idempotency_key, **given)
    keep_said(idempotency_key, said, at)
    if subjects := _made(kept.what, record, idempotency_key):  # a second press of “Emergency” makes nothing
        _note(record, kept, subjects, by=by, at=at, key=idempotency_key)
    audited(
        record,
        "enter_late",
        by=by,
        at=at,
        what=str(kept.what),
        author=kept.author_id,
        taken_over=kept.author_id != by.user_id,
        waited_s=int((at - kept.entered_at).total_seconds()),
        tablet_ahead_s=kept.tablet_ahead_s,
    )
    return True


@transaction.atomic
def drop_late(
    *, by: Viewer, at: datetime, visit_id: UUID, kept: Kept, why: str, idempotency_key: UUID
) -> None:
    """Give up an entry that was refused. The visit's history says that there was one, of whom, and why it is not there.

    Raises Refused without a reason, and for an entry that was saved after all.
    """
    record = locked(by, visit_id, Permission.VIEW_BOARD)
    if _made(kept.what, record, idempotency_key):
        raise Refused("It was saved after all. Look at the visit: what is wrong there is corrected there.")
    if earlier(models.LateEntry, record, _late_key(idempotency_key)):
        return
    if not why.strip():
        raise Refused("Say why it is given up.", "why")
    _note(record, kept, [], by=by, at=at, key=idempotency_key, why=why.strip())
    audited(record, "drop_late", by=by, at=at, what=str(kept.what), author=kept.author_id)


def _note(
    record: Record,
    kept: Kept,
    subjects: list[UUID],
    *,
    by: Viewer,
    at: datetime,
    key: UUID,
    why: str = "",
) -> None:
    if not User.objects.filter(id=kept.author_id, clinic_id=by.clinic_id).exists():
        raise Refused("Whoever entered this is not of this clinic. Enter it yourself, from the start.")
    add(
        models.LateEntry,
        record,
        by=by,
        at=at,
        key=_late_key(key),
        what=kept.what,
        subjects=subjects,
        reason=why,
        author_id=kept.author_id,
        entered_at=kept.entered_at,
        tablet_ahead_s=kept.tablet_ahead_s,
    )


def _refuse_dropped(record: Record, key: UUID) -> None:
    dropped = earlier(models.LateEntry, record, _late_key(key))
    if dropped is not None:
        raise Refused(f"This was given up before: {dropped.reason} Enter it anew if it is wanted after all.")


def _refuse_before(record: Record, kept: Kept) -> None:
    """What was entered before the patient came is of another day, or of a tablet that had lost its date."""
    came = next((step.measured_at for step in record.steps if step.event == "check_in"), None)
    if came is not None and kept.entered_at < came - CLOCK_CHANGED:
        raise Refused(
            f"By this tablet it was entered on {record.local(kept.entered_at):%d %b %Y at %H:%M}, before the patient "
            "came. Open it, check the time, and save it."
        )


def _late_key(key: UUID) -> UUID:
    return uuid5(key, "late")


def _made(what: str, record: Record, key: UUID) -> list[UUID]:
    """The facts this key has made: of readings their set."""
    keys = [key, *(uuid5(key, str(number)) for number in range(_MOST_FACTS))]
    rows = _TABLES[what].objects.filter(visit=record.visit, idempotency_key__in=keys)
    ids = rows.values_list("set_id" if what == Waited.READINGS else "id", flat=True)
    return sorted(set(ids))
