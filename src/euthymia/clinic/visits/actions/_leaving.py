"""What every way out shares: the record of it, and a signature."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from euthymia.clinic.access.viewer import Reauthenticated, Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.models import Signature
from euthymia.clinic.visits import assess, models
from euthymia.clinic.visits.actions._common import (
    Refused,
    add,
    audited,
    note_assessment,
    note_deviations,
    step,
    timed,
    words,
)
from euthymia.clinic.visits.actions._judging import hand_on_unanswered
from euthymia.clinic.visits.actions._owed import call_off, owe, owe_follow_up
from euthymia.clinic.visits.models.ends import ExitKind
from euthymia.clinic.visits.record import Record


def leave(
    record: Record,
    event: str,
    kind: ExitKind,
    *,
    by: Viewer,
    at: datetime,
    left_at: datetime,
    key: UUID | None,
    detail: str = "",
    destination: str = "",
    with_whom: str = "",
    signature: Signature | None = None,
    noticed_at: datetime | None = None,
) -> None:
    """Record the way out, and open what it leaves to be done. What the gate would have asked for and is missing
    is kept as it stands. ``noticed_at`` is when the clinic learnt of it, where that is later."""
    noticed = noticed_at or left_at
    step(record, event, by=by, at=at, happened_at=noticed, note=detail)
    gave_dose = record.t0 is not None
    if gave_dose and kind != ExitKind.DISCHARGED:
        findings = assess.discharge(record, left_at)
        note_assessment(record, words(event), findings, by=by, at=at)
        note_deviations(record, findings, by=by, at=at)
    driving = assess.no_driving_before(record, left_at)
    left = add(
        models.Exit,
        record,
        by=by,
        at=at,
        key=key,
        **timed(record, left_at, at),
        kind=kind,
        detail=detail,
        destination=destination,
        with_whom=with_whom,
        no_driving_before=None if kind == ExitKind.DIED else driving,
        signature=signature,
    )
    owe(record, kind, left.id, by=by, at=at, noticed_at=noticed)
    owe_follow_up(record, kind, by=by, at=at, left_at=left_at)
    hand_on_unanswered(record, by=by, at=at)
    if kind == ExitKind.DIED:
        call_off(record, by=by, at=at, why="The patient died.", done_at=left_at)
    audited(record, event, by=by, at=at)


def signed(
    record: Record,
    meaning: str,
    content: dict[str, object],
    *,
    by: Viewer,
    at: datetime,
    reauth: Reauthenticated,
) -> Signature:
    """A signature on what is said of this visit."""
    return audit.sign(
        by=by,
        meaning=meaning,
        content=content,
        reauth=reauth,
        at=at,
        patient_id=record.visit.course.patient_id,
    )


def need(words_given: str, sentence: str) -> None:
    """Refuse an empty answer with the sentence that asks for it."""
    if not words_given.strip():
        raise Refused(sentence)
