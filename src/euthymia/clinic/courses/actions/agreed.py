"""Consent with its frozen text, its withdrawal, and the standing in the safety programme."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Reauthenticated, Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.facts import Refused, insert_once
from euthymia.clinic.audit.times import check_not_future, entered_offset_min
from euthymia.clinic.courses import rows
from euthymia.clinic.courses.actions.course import advance
from euthymia.clinic.courses.models import ConsentRecord, ConsentWithdrawal, SafetyProgrammeEnrolment
from euthymia.evidence import current_consent_text
from euthymia.protocol import COURSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """Consent as it was given. ``patient_name`` is what the patient typed; the witness signs beside it."""

    text_version: str
    capacity_confirmed: bool
    capacity_basis: str
    teach_back: str
    patient_name: str
    interpreter: str = ""
    language: str = ""
    signed_at: datetime


@transaction.atomic
def record_consent(
    *,
    by: Viewer,
    at: datetime,
    course_id: UUID,
    consent: Consent,
    reauth: Reauthenticated,
    idempotency_key: UUID | None = None,
) -> UUID:
    """Freeze the text that was read with how the patient agreed to it; ``by`` signs as the witness.

    Consent with capacity moves a suitable course on; without it is on record and moves nothing.

    Raises:
        Refused: the text is not the current one, or something about how it was given is missing.
    """
    by.require(Permission.RECORD_CONSENT)
    course = rows.locked(by, course_id)
    if idempotency_key is not None:
        earlier: ConsentRecord | None = ConsentRecord.objects.filter(
            course=course, idempotency_key=idempotency_key
        ).first()
        if earlier is not None:
            return earlier.id
    _check_consent(consent, at)
    text = current_consent_text(course.clinic.jurisdiction, course.product)
    if consent.text_version != text.version:
        raise Refused("The consent text has a newer version. Go through that one with the patient.")
    content = {"course": course.id, "text_sha256": text.sha256, **asdict(consent)}
    signature = audit.sign(
        by=by,
        meaning="I witnessed this consent",
        content=content,
        reauth=reauth,
        at=at,
        patient_id=course.patient_id,
    )
    record = ConsentRecord.objects.create(
        clinic_id=by.clinic_id,
        recorded_at=at,
        recorded_by_id=by.user_id,
        idempotency_key=idempotency_key,
        course=course,
        document=text.id,
        text=text.text,
        text_sha256=text.sha256,
        entered_offset_min=entered_offset_min(consent.signed_at),
        signature=signature,
        **asdict(consent),
    )
    if consent.capacity_confirmed and COURSE.find(course.state, "record_consent"):
        advance(
            by=by,
            at=at,
            course_id=course.id,
            event="record_consent",
            captured={"text version": text.version, "consent": str(record.id)},
            happened_at=consent.signed_at,
        )
    audit.record(
        by=by,
        verb="courses.record_consent",
        at=at,
        patient_id=course.patient_id,
        subject=f"consent {record.id}",
        detail={"text_version": text.version},
    )
    return record.id


@transaction.atomic
def withdraw(
    *,
    by: Viewer,
    at: datetime,
    course_id: UUID,
    words: str,
    withdrawn_at: datetime,
    idempotency_key: UUID | None = None,
) -> UUID:
    """Record that the patient takes consent back, and end the course. It needs no reason.

    Raises:
        Refused: the course is over already, or the time lies in the future.
    """
    by.require(
        Permission.VIEW_DIRECTORY
    )  # whoever the patient tells may record it; the table names the roles
    check_not_future(withdrawn_at, at, "withdrawn_at")
    course = rows.locked(by, course_id)
    fact, new = insert_once(
        ConsentWithdrawal(
            clinic_id=by.clinic_id,
            recorded_at=at,
            recorded_by_id=by.user_id,
            idempotency_key=idempotency_key,
            course=course,
            withdrawn_at=withdrawn_at,
            entered_offset_min=entered_offset_min(withdrawn_at),
            words=words.strip(),
        )
    )
    if new:
        captured = {"the patient's words": words.strip()}
        advance(
            by=by, at=at, course_id=course.id, event="withdraw", captured=captured, happened_at=withdrawn_at
        )
    return fact.id


@transaction.atomic
def record_programme(
    *,
    by: Viewer,
    at: datetime,
    course_id: UUID,
    active: bool,
    enrolment_number: str,
    checked_at: datetime,
    origin: str,
    idempotency_key: UUID | None = None,
) -> UUID:
    """Record the patient's standing in the safety programme as it was looked up.

    Raises:
        Refused: an active enrolment without its number, no origin, or a time in the future.
    """
    by.require(Permission.RECORD_HISTORY)
    check_not_future(checked_at, at, "checked_at")
    if active and not enrolment_number.strip():
        raise Refused("Write the enrolment number of the programme.", "enrolment_number")
    if not origin.strip():
        raise Refused("Say where it was looked up.", "origin")
    course = rows.course(by, course_id)
    fact, new = insert_once(
        SafetyProgrammeEnrolment(
            clinic_id=by.clinic_id,
            recorded_at=at,
            recorded_by_id=by.user_id,
            idempotency_key=idempotency_key,
            patient_id=course.patient_id,
            active=active,
            enrolment_number=enrolment_number.strip(),
            checked_at=checked_at,
            entered_offset_min=entered_offset_min(checked_at),
            origin=origin.strip(),
        )
    )
    if new:
        audit.record(
            by=by,
            verb="courses.record_programme",
            at=at,
            patient_id=course.patient_id,
            subject=f"enrolment {fact.id}",
        )
    return fact.id


def _check_consent(consent: Consent, at: datetime) -> None:
    check_not_future(consent.signed_at, at, "signed_at")
    wanted = {
        "patient_name": "The patient types the full name as a signature.",
        "capacity_basis": "Say what the judgement of capacity rests on.",
        "teach_back": "Write what the patient said back, in the patient's own words.",
    }
    for field, sentence in wanted.items():
        if not getattr(consent, field).strip():
            raise Refused(sentence, field)
