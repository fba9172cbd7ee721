"""Writing the note of a visit: saving a version, signing one, adding to what was signed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Reauthenticated, Viewer
from euthymia.clinic.audit.models import Signature
from euthymia.clinic.visits import models
from euthymia.clinic.visits.actions._common import Conflict, Refused, add, audited, earlier, locked
from euthymia.clinic.visits.actions._leaving import need, signed
from euthymia.clinic.visits.queries import notes
from euthymia.clinic.visits.queries._common import TO_CLOSE
from euthymia.clinic.visits.record import Record

LONGEST = 20_000  # ours: of one section, far beyond any note


@transaction.atomic
def save_note(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    words: Mapping[str, str],
    base: UUID | None,
    idempotency_key: UUID | None = None,
) -> UUID:
    """Keep a version with a clinician's words for some sections; the others follow the record.

    Raises:
        Conflict: somebody saved a version after ``base``, which the screen showed.
        Refused: the note is signed, or the patient is still here.
    """
    record = locked(by, visit_id, Permission.RECORD_OBSERVATION)
    if made := earlier(models.VisitNote, record, idempotency_key):
        return made.id
    _writable(record)
    latest = record.note
    if latest is not None and latest.id != base:
        when = record.local(latest.recorded_at)
        raise Conflict(
            f"{latest.recorded_by.name} saved a version at {when:%H:%M}, after you opened this one. Your words are "
            "still below: open the other version beside them, put in what it adds, and save again."
        )
    if any(len(text) > LONGEST for text in words.values()):
        raise Refused("That is too long for one section of a note.")
    made = _keep(record, notes.frozen(by, record, at, dict(words)), by=by, at=at, key=idempotency_key)
    audited(record, "save_note", by=by, at=at)
    return made.id


def lock_note(
    record: Record, made: notes.Frozen, *, by: Viewer, at: datetime, signature: Signature
) -> models.NoteLock:
    """Lock the note as ``made`` under ``signature``, which must be of its hash. Part of closing the visit."""
    latest = record.note
    if latest is None or latest.content_sha256 != made.sha256:
        latest = _keep(record, made, by=by, at=at, key=None)
    return add(models.NoteLock, record, by=by, at=at, note=latest, signature=signature)


def note_to_sign(record: Record, *, by: Viewer, at: datetime) -> notes.Frozen | None:
    """The note as it would be signed now; ``None`` where it is signed already."""
    return notes.frozen(by, record, at) if record.note_lock is None else None


@transaction.atomic
def add_to_note(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    text: str,
    covers: Collection[str],
    reauth: Reauthenticated,
    idempotency_key: UUID | None = None,
) -> None:
    """Add to a signed note, signed. ``covers`` names the late facts it speaks to; the note itself stays.

    Raises:
        Refused: the note is not signed yet, or nothing was written.
    """
    record = locked(by, visit_id, Permission.RECORD_FOLLOW_UP)
    if earlier(models.NoteAddendum, record, idempotency_key):
        return
    lock = record.note_lock
    if lock is None:
        raise Refused("The note is not signed yet: write into it.")
    need(text, "Write what is added.")
    known = {each.id for each in notes.of_record(by, record, at).late}
    content = {"visit": record.visit.id, "note": lock.note.content_sha256, "text": text.strip()}
    signature = signed(record, "I add this to the note of the visit", content, by=by, at=at, reauth=reauth)
    add(
        models.NoteAddendum,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        lock=lock,
        text=text.strip(),
        covers=sorted(known & set(covers)),
        signature=signature,
    )
    audited(record, "add_to_note", by=by, at=at)


def _writable(record: Record) -> None:
    if record.note_lock is not None:
        raise Refused("The note is signed. What came after goes into an addendum.")
    if record.visit.state not in TO_CLOSE:
        raise Refused("The note is written once the patient has left.")


def _keep(
    record: Record, made: notes.Frozen, *, by: Viewer, at: datetime, key: UUID | None
) -> models.VisitNote:
    latest = record.note
    row = add(
        models.VisitNote,
        record,
        by=by,
        at=at,
        key=key,
        corrects=latest,
        reason="A newer version." if latest else "",
        sections=made.sections,
        covers=made.covers,
        content_sha256=made.sha256,
    )
    record.__dict__["note"] = row
    return row
