"""Writing letters: making a draft, and signing it."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Reauthenticated, Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.canonical import sha256_of
from euthymia.clinic.audit.facts import Refused, insert_once
from euthymia.clinic.audit.models import Signature
from euthymia.clinic.courses import queries as courses
from euthymia.clinic.reports import downtime, queries
from euthymia.clinic.reports.contents import Content, Entered, compose
from euthymia.clinic.reports.models import Letter, LetterKind, SignedLetter
from euthymia.clinic.reports.typeset import Unprintable, pdf

MEANING = "I ask for this treatment to be authorised"
_TEMPLATE = "prior-authorisation"


@transaction.atomic
def prepare_letter(
    *, by: Viewer, at: datetime, course_id: UUID, entered: Entered, idempotency_key: UUID | None = None
) -> UUID:
    """Make a draft of the prior-authorisation letter from what is on record now, and keep it.

    Raises:
        Refused: something in it holds a character that cannot be printed.
    """
    by.require(Permission.RECORD_HISTORY)
    course = courses.course(by, course_id)
    content = compose(by, course_id, entered, at)
    drawn = _set(draft(content), at)
    letter = Letter(
        clinic_id=by.clinic_id,
        recorded_by_id=by.user_id,
        recorded_at=at,
        idempotency_key=idempotency_key,
        patient_id=course.patient_id,
        course_id=course_id,
        kind=LetterKind.PRIOR_AUTHORISATION,
        content=content,
        content_sha256=sha256_of(content),
        entered=asdict(entered),
        pdf=drawn,
        pdf_sha256=hashlib.sha256(drawn).hexdigest(),
    )
    letter, new = insert_once(letter)
    if new:
        _audit(by, at, "reports.prepare_letter", letter, letter.pdf_sha256)
    return letter.id


@transaction.atomic
def sign_letter(
    *, by: Viewer, at: datetime, letter_id: UUID, reauth: Reauthenticated, idempotency_key: UUID | None = None
) -> UUID:
    """Sign a draft, and make the document that leaves the clinic.

    Raises:
        Refused: it is signed already, or the record has changed since it was prepared.
    """
    by.require(Permission.PRESCRIBE)
    letter = queries.row(by, letter_id)
    earlier: SignedLetter | None = SignedLetter.objects.filter(letter=letter).first()
    if earlier is not None and idempotency_key is not None and earlier.idempotency_key == idempotency_key:
        return earlier.id
    if earlier is not None:
        raise Refused("This letter is signed already.")
    if queries.is_stale(by, letter, at):
        raise Refused(
            "The record has changed since this letter was prepared. Prepare it again, then sign that one."
        )
    signature = audit.sign(
        by=by,
        meaning=MEANING,
        content={"letter": str(letter.id), "content": letter.content},
        reauth=reauth,
        at=at,
        patient_id=letter.patient_id,
    )
    fact = _final(by, at, letter, signature)
    fact.idempotency_key = idempotency_key
    try:
        fact, _ = insert_once(fact)
    except IntegrityError:  # of two who sign at once, the second
        raise Refused("This letter is signed already.") from None
    _audit(by, at, "reports.sign_letter", letter, fact.pdf_sha256)
    return fact.id


def _final(by: Viewer, at: datetime, letter: Letter, signature: Signature) -> SignedLetter:
    drawn = _set(signed(letter.content, by, at, letter.content_sha256), at)
    return SignedLetter(
        clinic_id=by.clinic_id,
        recorded_by_id=by.user_id,
        recorded_at=at,
        letter=letter,
        signature=signature,
        pdf=drawn,
        pdf_sha256=hashlib.sha256(drawn).hexdigest(),
    )


def _set(content: Content, at: datetime, *, template: str = _TEMPLATE, what: str = "The letter") -> bytes:
    try:
        return pdf(template, content, at)
    except Unprintable as lacking:
        raise Refused(
            f"{what} cannot print “{lacking.text}”, which stands in the record or above. Where it is part of a "
            "name, add the name in Latin letters to the record; else write this letter by hand."
        ) from None


def draft(content: Content) -> dict[str, Any]:
    """The content as the draft prints it."""
    unsigned = [{"label": "Signature", "value": "not signed yet"}]
    return content | {
        "draft": True,
        "status": "Draft, not signed",
        "footer": "Made from the clinical record. A value that is not on record is marked, never filled in.",
        "prescriber": [*unsigned, *content["prescriber"]],
    }


def signed(content: Content, by: Viewer, at: datetime, sha256: str) -> dict[str, Any]:
    """The content as it leaves the clinic, with who signed it."""
    moment = timezone.localtime(at)
    who = [
        {"label": "Name", "value": by.name},
        {"label": "Signed", "value": f"{moment.day} {moment:%B %Y, %H:%M %Z}: “{MEANING}”"},
    ]
    return content | {
        "draft": False,
        "status": "Signed electronically",
        "footer": f"Content SHA-256 {sha256[:16]}…",
        "prescriber": [*who, *content["prescriber"]],
    }


def _audit(by: Viewer, at: datetime, verb: str, letter: Letter, sha256: str) -> None:
    audit.record(
        by=by,
        verb=verb,
        at=at,
        patient_id=letter.patient_id,
        subject=f"letter {letter.id}",
        detail={"pdf_sha256": sha256},
    )


@transaction.atomic
def print_downtime_pack(*, by: Viewer, at: datetime, on: date | None = None) -> DowntimePack:
    """Set the downtime pack of a day as it is now. Each chart it holds counts as read by who prints it.

    Raises:
        Refused: something in it holds a character that cannot be printed.
    """
    by.require(Permission.VIEW_CHART)
    content = downtime.compose(by, on, at)
    drawn = _set(content, at, template="downtime", what="The pack")
    note_pack_read(by, content, at)
    audit.record(
        by=by,
        verb="reports.print_downtime_pack",
        at=at,
        subject=f"day {content['on']}",
        detail={"sheets": len(content["sheets"]), "pdf_sha256": hashlib.sha256(drawn).hexdigest()},
    )
    return DowntimePack(content["on"], drawn)


def note_pack_read(by: Viewer, content: Content, at: datetime) -> None:
    """Note in the log of each patient on the pack that the chart was read."""
    for sheet in content["sheets"]:
        if not sheet["locked"]:
            audit.record_read(
                viewer=by,
                patient_id=UUID(sheet["patient"]),
                what=f"downtime sheet of visit {sheet['visit']}",
                at=at,
                once_in=audit.ONE_SITTING,
            )


@dataclass(frozen=True, slots=True)
class DowntimePack:
    """A printed pack: its day and the document."""

    on: str
    pdf: bytes
