"""Consent with its frozen text, its withdrawal, and the standing in the safety programme."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from euthymia.clinic.access.permissions import Permission, Role
from euthymia.clinic.access.viewer import Reauthenticated, Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.facts import Refused, insert_once, made_with
from euthymia.clinic.audit.times import check_not_future, entered_offset_min
from euthymia.clinic.courses import acting, rows
from euthymia.clinic.courses.actions.course import advance
from euthymia.clinic.courses.models import (
    ConsentRecord,
    ConsentWithdrawal,
    Course,
    SafetyProgrammeEnrolment,
)
from euthymia.clinic.safety import actions as safety
from euthymia.clinic.safety.models import TaskKind
from euthymia.evidence import ConsentText, task_delay
from euthymia.protocol import COURSE


class Judged(StrEnum):
    """How the clinician judged what the patient said back."""

    UNDERSTOOD = "understood"
    AFTER_EXPLAINING = "after explaining again"
    NOT_UNDERSTOOD = "not understood"


@dataclass(frozen=True, slots=True)
class Ability:
    """One ability that capacity rests on, as the clinician judged it, and what shows it."""

    key: str
    able: bool
    basis: str


@dataclass(frozen=True, slots=True)
class SaidBack:
    """One question of the text, the patient's answer in the patient's words, and how it was judged."""

    key: str
    words: str
    judged: Judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """Consent as it was given. ``patient_name`` is what the patient typed; the witness signs beside it.

    Every ability and every question of the text is in it: capacity is judged by parts, never by one tick.
    """

    text_version: str
    abilities: tuple[Ability, ...]
    answers: tuple[SaidBack, ...]
    patient_name: str
    interpreter: str = ""
    interpreted_by: str = ""
    language: str = ""
    other_witness: str = ""
    signed_at: datetime

    @property
    def capacity_confirmed(self) -> bool:
        """Whether every ability was judged to be there."""
        return all(ability.able for ability in self.abilities)

    @property
    def understood(self) -> bool:
        """Whether every answer was judged understood, at the latest after explaining again."""
        return all(answer.judged is not Judged.NOT_UNDERSTOOD for answer in self.answers)


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

    Consent with capacity, and with every answer understood, moves a suitable course on; without either it is on
    record and moves nothing.

    Raises:
        Refused: the text is not the current one, something about how it was given is missing, or a dose acts.
    """
    by.require(Permission.RECORD_CONSENT)
    course = rows.locked(by, course_id)
    if earlier := made_with(ConsentRecord, idempotency_key, course_id=course.id):
        return earlier.id
    text = rows.consent_text(course)
    if text is None:
        raise Refused("There is no consent text for this treatment here, so nobody can sign one.")
    if consent.text_version != text.version:
        raise Refused("The consent text has a newer version. Go through that one with the patient.")
    _check_consent(consent, text, at)
    acting.check_free(course, "consent", consent.signed_at, at)
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
        frozen=text.content,
        capacity_confirmed=consent.capacity_confirmed,
        capacity_basis=_in_words((each.text, _ability(consent, each.key)) for each in text.abilities),
        teach_back=_in_words((each.text, _answer(consent, each.key)) for each in text.questions),
        understood=consent.understood,
        entered_offset_min=entered_offset_min(consent.signed_at),
        signature=signature,
        **_columns(consent, text),
    )
    if consent.capacity_confirmed and consent.understood and COURSE.find(course.state, "record_consent"):
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
    cancel_visits: bool = False,
    idempotency_key: UUID | None = None,
) -> UUID:
    """Record that the patient takes consent back. It needs no reason, and from then on nothing may be ordered.

    A clinician ends the course with it. Told to somebody else, at the front desk, it asks a prescriber to speak
    with the patient and to end the course: a misheard word ends nobody's treatment.

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
    if not new:
        return fact.id
    row = COURSE.find(course.state, "withdraw")
    if row is not None and not any(role.value in row.roles for role in by.roles):
        _ask_to_end(by, at, course, fact)
        return fact.id
    captured = {"the patient's words": words.strip()}
    advance(
        by=by,
        at=at,
        course_id=course.id,
        event="withdraw",
        captured=captured,
        happened_at=withdrawn_at,
        cancel_visits=cancel_visits,
    )
    return fact.id


def _ask_to_end(by: Viewer, at: datetime, course: Course, fact: ConsentWithdrawal) -> None:
    """The withdrawal stands and shuts every gate; ending the course is a clinician's."""
    safety.open_task(
        by=by,
        at=at,
        patient_id=course.patient_id,
        kind=TaskKind.OTHER,
        origin=f"withdrawal:{fact.id}",
        owner_role=Role.PRESCRIBER,
        opens_at=at,
        due_at=at + task_delay("withdrawal", "due_within"),
        note="The patient takes consent back, told at the front desk. Speak with the patient, then end the course.",
        escalates_at=at + task_delay("withdrawal", "due_within"),
        escalates_to=Role.MEDICAL_DIRECTOR,
    )
    audit.record(
        by=by,
        verb="courses.record_withdrawal",
        at=at,
        patient_id=course.patient_id,
        subject=f"course {course.id}",
    )


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
    signed_by_patient: bool | None = None,
    signed_by_prescriber: bool | None = None,
    form_sent_on: date | None = None,
    idempotency_key: UUID | None = None,
) -> UUID:
    """Record the patient's standing in the safety programme as it was looked up, and how its form stands.

    Raises:
        Refused: an active enrolment without its number, no origin, or a time in the future.
    """
    by.require(Permission.RECORD_HISTORY)
    check_not_future(checked_at, at, "checked_at")
    if active and not enrolment_number.strip():
        raise Refused("Write the enrolment number of the programme.", "enrolment_number")
    if not origin.strip():
        raise Refused("Say where it was looked up.", "origin")
    if form_sent_on is not None and form_sent_on > timezone.localtime(at).date():
        raise Refused("That day is still to come. Enter the day on which the form was sent.", "form_sent_on")
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
            signed_by_patient=signed_by_patient,
            signed_by_prescriber=signed_by_prescriber,
            form_sent_on=form_sent_on,
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


def _check_consent(consent: Consent, text: ConsentText, at: datetime) -> None:
    check_not_future(consent.signed_at, at, "signed_at")
    if not consent.patient_name.strip():
        raise Refused("The patient types the full name as a signature.", "patient_name")
    bases = {ability.key: ability.basis for ability in consent.abilities}
    for ability in text.abilities:
        if not bases.get(ability.key, "").strip():
            raise Refused("Say what this judgement rests on.", f"basis_{ability.key}")
    said = {answer.key: answer.words for answer in consent.answers}
    for question in text.questions:
        if not said.get(question.key, "").strip():
            raise Refused(
                "Write what the patient said, in the patient's own words.", f"answer_{question.key}"
            )
    if consent.interpreter.strip() and not consent.interpreted_by:
        raise Refused("Say how the interpreter took part.", "interpreted_by")
    if consent.interpreter.strip() and not consent.language.strip():
        raise Refused("Name the language that was interpreted.", "language")


def _columns(consent: Consent, text: ConsentText) -> dict[str, Any]:
    """What is kept as it was entered, with the wording of each question beside its answer."""
    asked = {each.key: each.text for each in (*text.abilities, *text.questions)}
    kept = asdict(consent)
    for name in ("abilities", "answers"):
        kept[name] = [{**each, "text": asked[each["key"]]} for each in kept[name]]
    return kept


def _ability(consent: Consent, key: str) -> str:
    found = next(each for each in consent.abilities if each.key == key)
    return f"{'yes' if found.able else 'no'}, {found.basis.strip()}"


def _answer(consent: Consent, key: str) -> str:
    found = next(each for each in consent.answers if each.key == key)
    return f"“{found.words.strip()}” ({found.judged.value})"


def _in_words(pairs: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"{asked} {said}" for asked, said in pairs)
