"""What goes home with the patient: the sheet, who signed for it, and whom to call by day and night."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.facts import insert_once
from euthymia.clinic.visits import assess, models, sheets
from euthymia.clinic.visits.actions._common import (
    Refused,
    add,
    audited,
    earlier,
    locked,
    refuse_future,
    timed,
)
from euthymia.clinic.visits.actions._leaving import need
from euthymia.clinic.visits.models.leaving import Signer
from euthymia.clinic.visits.queries.handing_over import contact_of
from euthymia.evidence import crisis_line, task_delay
from euthymia.protocol.leaving_record import ManagedRisk

UNDER_THE_DRUG = frozenset({"administering", "monitoring", "emergency"})
MOST_POINTS = 4000  # ours: a signature on a screen has hundreds
Strokes = Sequence[Sequence[tuple[int, int]]]


@transaction.atomic
def prepare_sheet(*, by: Viewer, at: datetime, visit_id: UUID, idempotency_key: UUID | None = None) -> UUID:
    """Freeze what the patient takes home, with today's times and telephone numbers. Unchanged, it is the same one."""
    record = locked(by, visit_id, Permission.DISCHARGE)
    if made := earlier(models.GoingHomeSheet, record, idempotency_key):
        return made.id
    until = assess.driving_ban(record, at)
    if until is None:
        raise Refused("No dose was given: there is nothing to take home.")
    contact = contact_of(by.clinic_id)
    line = crisis_line(record.visit.clinic.jurisdiction)
    words = sheets.compose(record.local(until), contact, line.value if line else "")
    sha256 = hashlib.sha256(words.text.encode()).hexdigest()
    known = record.sheet
    if known is not None and known.text_sha256 == sha256 and known.expires_at > at:
        return known.id
    made = add(
        models.GoingHomeSheet,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        **timed(record, at, at),
        text_version=words.version,
        text=words.text,
        text_sha256=sha256,
        no_driving_before=until,
        contact=contact,
        crisis_line=line.value if line else "",
        expires_at=at + task_delay("going_home_page", "lasts"),
    )
    audited(record, "prepare_sheet", by=by, at=at)
    return made.id


@transaction.atomic
def record_receipt(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    signer: str,
    signed_name: str,
    received: Collection[str],
    strokes: Strokes = (),
    why_not: str = "",
    idempotency_key: UUID | None = None,
) -> None:
    """Keep who signed for what was handed over. Nobody has to: then the reason stands in its place.

    Raises:
        Refused: there is no sheet, nothing was handed over, or the patient would sign while the drug acts.
    """
    record = locked(by, visit_id, Permission.DISCHARGE)
    if earlier(models.SheetReceipt, record, idempotency_key):
        return
    sheet = record.sheet
    if sheet is None:
        raise Refused("Prepare the instructions first: a receipt is for what was handed over.")
    if signer == Signer.PATIENT and record.visit.state in UNDER_THE_DRUG:
        raise Refused(
            "The patient signs nothing between the dose and the passed gate (KAP-7). Let the escort sign.",
            "signer",
        )
    nobody = signer == Signer.NOBODY
    if nobody:
        need(why_not, "Write why nobody signed.")
    elif not signed_name.strip():
        raise Refused("Write the name of who signed.", "signed_name")
    elif not received:
        raise Refused("Say what was handed over.", "received")
    if sum(map(len, strokes)) > MOST_POINTS:
        raise Refused("The drawing is too long. Clear it and sign again.", "strokes")
    add(
        models.SheetReceipt,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        **timed(record, at, at),
        sheet=sheet,
        signer=signer,
        signed_name="" if nobody else signed_name.strip(),
        strokes=[] if nobody else [[list(point) for point in line] for line in strokes],
        received=sorted(received),
        why_not=why_not.strip(),
    )
    audited(record, "record_receipt", by=by, at=at)


@transaction.atomic
def record_leaving_points(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    ready_at: datetime | None = None,
    gone_through: Collection[str] = (),
    idempotency_key: UUID | None = None,
) -> None:
    """Keep what the record of leaving holds besides the gate: when ready without a fixed time, risks gone through."""
    record = locked(by, visit_id, Permission.DISCHARGE)
    if earlier(models.LeavingPoints, record, idempotency_key):
        return
    if ready_at is None and not gone_through:
        raise Refused("Enter the time, or mark what was gone through.")
    if ready_at is not None:
        refuse_future(record, ready_at, at)
        if record.t0 is not None and ready_at < record.t0:
            raise Refused("Nobody is ready before the first dose. Check the time.", "ready_at")
    add(
        models.LeavingPoints,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        **timed(record, at, at),
        ready_at=ready_at,
        gone_through=sorted(ManagedRisk(each).value for each in gone_through),
    )
    audited(record, "record_leaving_points", by=by, at=at)


@transaction.atomic
def keep_contact(
    *, by: Viewer, at: datetime, phone: str, answers: str, idempotency_key: UUID | None = None
) -> None:
    """Keep whom patients call at any hour after going home. It stands on every sheet made from now on."""
    by.require(Permission.KEEP_ROTA)
    if not phone.strip():
        raise Refused("Enter the telephone number.", "phone")
    if not answers.strip():
        raise Refused("Say who answers.", "answers")
    row = models.HouseContact(
        clinic_id=by.clinic_id,
        recorded_at=at,
        recorded_by_id=by.user_id,
        idempotency_key=idempotency_key,
        phone=phone.strip(),
        answers=answers.strip(),
    )
    row, new = insert_once(row)
    if new:
        audit.record(by=by, verb="visits.keep_contact", at=at, subject=f"contact {row.id}")
