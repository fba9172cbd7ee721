"""Taking in referrals, and deciding what becomes of each: a course, a place in one that is going on, or neither."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.urls import reverse

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.courses.actions.course import refer
from euthymia.clinic.courses.incoming import Incoming
from euthymia.clinic.courses.models import Course, Indication
from euthymia.clinic.courses.referral_models import (
    Referral,
    ReferralLink,
    ReferralSource,
    ReferralStatus,
    SuicidalThoughts,
)
from euthymia.clinic.people import actions as people_actions
from euthymia.clinic.people import queries as people
from euthymia.clinic.people import retired
from euthymia.clinic.safety import actions as safety
from euthymia.evidence import speaks_of_suicide
from euthymia.protocol import COURSE, Product

_READABLE = "23456789ABCDEFGHJKLMNPQRSTVWXYZ"  # no letter that is read as a digit over the telephone
_NAMED = "A referrer says that this person has suicidal thoughts. The telephone numbers are in the referral."
_MENTIONED = "A referral speaks of suicide and does not say whether there are such thoughts now. Read it."


@dataclass(frozen=True, slots=True)
class Taken:
    """A referral that was taken in. ``new`` is False where the same one was here before."""

    id: UUID
    reference: str
    new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """What accepting adds to the referral: the treatment, and the patient it is about, by record number if new."""

    product: Product
    indication: Indication
    patient_id: UUID | None = None
    medical_record_number: str = ""


@transaction.atomic
def enter_referral(
    *, by: Viewer, at: datetime, incoming: Incoming, idempotency_key: UUID | None = None
) -> Taken:
    """Take in a referral that staff typed from a letter or a call."""
    by.require(Permission.RECORD_HISTORY)
    return take_in(
        by=by,
        at=at,
        clinic_id=by.clinic_id,
        incoming=incoming,
        source=ReferralSource.STAFF,
        key=idempotency_key,
    )


@transaction.atomic
def import_referrals(
    *, by: Viewer, at: datetime, incoming: Iterable[Incoming], source: str
) -> tuple[Taken, ...]:
    """Take in what a file held: all of it or nothing. What was imported before is returned and not repeated.

    The audit is written after the last line: from its first entry on everybody else's writes wait.
    """
    by.require(Permission.HANDLE_REFERRALS)
    took = [
        (each, _keep(by, at, by.clinic_id, each, ReferralSource(source), imported=True)) for each in incoming
    ]
    for said, (referral, new) in took:
        if new:
            _note(by, at, referral, said)
    return tuple(Taken(referral.id, referral.reference, new) for _, (referral, new) in took)


def take_in(
    *,
    by: Viewer | None,
    at: datetime,
    clinic_id: UUID,
    incoming: Incoming,
    source: ReferralSource,
    link: ReferralLink | None = None,
    key: UUID | None = None,
) -> Taken:
    """Keep a referral as it came, inside the caller's transaction; ``by`` is None where the referrer sent it.

    Raises:
        Refused: the key was another clinic's or another link's.
    """
    referral, new = _keep(by, at, clinic_id, incoming, source, link=link, key=key)
    if new:
        _note(by, at, referral, incoming)
    return Taken(referral.id, referral.reference, new)


def _keep(
    by: Viewer | None,
    at: datetime,
    clinic_id: UUID,
    incoming: Incoming,
    source: ReferralSource,
    *,
    link: ReferralLink | None = None,
    key: UUID | None = None,
    imported: bool = False,
) -> tuple[Referral, bool]:
    """The row of a referral, and whether it is new."""
    import_key = incoming.import_key if imported else ""
    if known := _known(clinic_id, link, key, import_key):
        return known, False
    referral = Referral(
        clinic_id=clinic_id,
        source=source,
        link=link,
        received_at=at,
        received_by_id=by.user_id if by else None,
        sent_by_key=key,
        import_key=import_key,
        **incoming.row(),
    )
    try:
        _insert(referral)
    except IntegrityError:  # the same form or file arrived twice at once
        known = _known(clinic_id, link, key, import_key)
        if known is None:
            raise
        return known, False
    return referral, True


def _note(by: Viewer | None, at: datetime, referral: Referral, incoming: Incoming) -> None:
    """Ask for somebody where the referral names suicidal thoughts, and note that it arrived."""
    _raise_alarm(by, at, referral, incoming)
    audit.record(
        by=by,
        verb="courses.receive_referral",
        at=at,
        subject=f"referral {referral.id}",
        detail={"source": str(referral.source), "link": referral.link_id or ""},
        clinic_id=referral.clinic_id,
    )


@transaction.atomic
def accept_referral(*, by: Viewer, at: datetime, referral_id: UUID, acceptance: Acceptance) -> UUID:
    """Register the patient, or take the registered one that was chosen, and open the course; return its id.

    A chosen patient whose course is going on keeps it, and the referral joins it. The same again returns
    the same course.

    Raises:
        Refused: it was declined, the record number is taken, or the chosen record is retired.
    """
    by.require(Permission.HANDLE_REFERRALS)
    referral = locked_referral(by, referral_id)
    if referral.course_id is not None:
        return _accepted_before(referral, acceptance)
    _check_new(referral)
    patient_id = acceptance.patient_id or _register(by, at, referral, acceptance)
    if acceptance.patient_id:
        people.row(by, patient_id)
        retired.check_takes_orders(patient_id)
    going_on = Course.objects.filter(patient_id=patient_id).exclude(state__in=COURSE.terminal).first()
    course_id = going_on.id if going_on else _open(by, at, referral, patient_id, acceptance)
    referral.status = ReferralStatus.MERGED if going_on else ReferralStatus.ACCEPTED
    referral.patient_id, referral.course_id = patient_id, course_id
    _decided(by, at, referral)
    safety.give_to_patient(by=by, at=at, origin=_origin(referral), patient_id=patient_id)
    audit.record(
        by=by,
        verb="courses.accept_referral",
        at=at,
        patient_id=patient_id,
        subject=f"referral {referral.id}",
        detail={"course": course_id, "status": str(referral.status)},
    )
    return course_id


@transaction.atomic
def decline_referral(*, by: Viewer, at: datetime, referral_id: UUID, reason: str) -> None:
    """Decline a referral with a reason. A task about suicidal thoughts stays open: declining answers nothing.

    Raises:
        Refused: it was decided before, or no reason was given.
    """
    by.require(Permission.HANDLE_REFERRALS)
    if not reason.strip():
        raise Refused("Say why it is declined, for the referrer.", "reason")
    referral = locked_referral(by, referral_id)
    _check_new(referral)
    referral.status, referral.decline_reason = ReferralStatus.DECLINED, reason.strip()
    _decided(by, at, referral)
    audit.record(by=by, verb="courses.decline_referral", at=at, subject=f"referral {referral.id}")


@transaction.atomic
def note_reading(*, by: Viewer, at: datetime, referral_id: UUID, patient_id: UUID | None) -> None:
    """Note that somebody opened a referral: it holds what a chart holds, before there is a chart."""
    if patient_id is not None:
        audit.record_read(viewer=by, patient_id=patient_id, what=f"referral {referral_id}", at=at)
    else:
        audit.record(by=by, verb="courses.read_referral", at=at, subject=f"referral {referral_id}")


def locked_referral(by: Viewer, referral_id: UUID) -> Referral:
    """One referral of the viewer's clinic, locked until the transaction ends."""
    found: Referral | None = (
        Referral.objects.select_for_update().filter(clinic_id=by.clinic_id, pk=referral_id).first()
    )
    if found is None:
        raise NotFound
    return found


def _insert(referral: Referral) -> None:
    """Insert under a reference of its own; one in half a million million is taken and drawn again."""
    for _ in range(3):
        drawn = "".join(secrets.choice(_READABLE) for _ in range(8))
        referral.reference = f"{drawn[:4]}-{drawn[4:]}"
        if not Referral.objects.filter(clinic_id=referral.clinic_id, reference=referral.reference).exists():
            break
    with transaction.atomic():
        referral.save(force_insert=True)


def _known(clinic_id: UUID, link: ReferralLink | None, key: UUID | None, import_key: str) -> Referral | None:
    if import_key:
        return Referral.objects.filter(clinic_id=clinic_id, import_key=import_key).first()
    known = Referral.objects.filter(sent_by_key=key).first() if key else None
    if known and (known.clinic_id, known.link_id) != (clinic_id, link.id if link else None):
        raise Refused("This form was used before. Open the page again and send it from there.")
    return known


def _raise_alarm(by: Viewer | None, at: datetime, referral: Referral, incoming: Incoming) -> None:
    """Ask for somebody at once where the referral names suicidal thoughts, or speaks of suicide and says no more."""
    said = SuicidalThoughts(referral.suicidal_thoughts)
    mentioned = speaks_of_suicide(incoming.words, (incoming.diagnosis_code,))
    if said is SuicidalThoughts.YES or (said is SuicidalThoughts.NOT_SAID and mentioned):
        safety.open_referred_risk(
            by=by,
            at=at,
            clinic_id=referral.clinic_id,
            origin=_origin(referral),
            subject=f"Referral {referral.reference}",
            page=reverse("courses:referral", args=[referral.id]),
            note=_NAMED if said is SuicidalThoughts.YES else _MENTIONED,
        )


def _register(by: Viewer, at: datetime, referral: Referral, acceptance: Acceptance) -> UUID:
    if not acceptance.medical_record_number.strip():
        raise Refused("Give the new patient a record number.", "medical_record_number")
    details = people_actions.Details(
        medical_record_number=acceptance.medical_record_number.strip(),
        given_name=referral.given_name,
        family_name=referral.family_name,
        birth_date=referral.birth_date,
        sex=referral.sex,
        phone=referral.phone,
        email=referral.email,
        address=referral.address,
    )
    return people_actions.register(by=by, at=at, details=details, idempotency_key=referral.id)


def _open(by: Viewer, at: datetime, referral: Referral, patient_id: UUID, acceptance: Acceptance) -> UUID:
    coded = f" ({referral.diagnosis_code})" if referral.diagnosis_code else ""
    named = f"\nDiagnosis as given: {referral.diagnosis}{coded}" if referral.diagnosis or coded else ""
    referrer = ", ".join(filter(None, (referral.referrer_name, referral.organisation)))
    return refer(
        by=by,
        at=at,
        patient_id=patient_id,
        product=acceptance.product,
        indication=acceptance.indication,
        referred_by=referrer[:200],  # the referral keeps both whole
        referred_on=referral.referred_on,
        referral_reason=referral.reason + named,
        idempotency_key=referral.id,
    )


def _accepted_before(referral: Referral, acceptance: Acceptance) -> UUID:
    same = acceptance.patient_id in (None, referral.patient_id)
    if referral.course_id is None or not same:
        raise Refused("Somebody accepted this referral a moment ago, for another patient. Look at it again.")
    return referral.course_id


def _check_new(referral: Referral) -> None:
    if referral.status != ReferralStatus.NEW:
        raise Refused("Somebody decided on this referral a moment ago. Look at it again.")


def _decided(by: Viewer, at: datetime, referral: Referral) -> None:
    referral.decided_at, referral.decided_by_id = at, by.user_id
    referral.save(update_fields=["status", "patient", "course", "decided_at", "decided_by", "decline_reason"])


def _origin(referral: Referral) -> str:
    return f"referral:{referral.id}"
