"""PHQ-9 on the patient's own phone: staff make the link and end it, somebody who never signs in answers it once.

A token has 256 random bits and only its hash is kept. A wrong one, one that ran out, one that was used and one that
was ended look the same from outside. Who made the link stands for the answers: they gave it to the patient.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access import queries as access
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.audit.facts import made_with
from euthymia.clinic.measures import actions as measures
from euthymia.clinic.visits import models, own_phone
from euthymia.clinic.visits.actions._common import Refused, add, audited, locked
from euthymia.clinic.visits.record import Record


@transaction.atomic
def give_phone_link(*, by: Viewer, at: datetime, visit_id: UUID, idempotency_key: UUID | None = None) -> str:
    """Make a link for the patient of a visit and return its token, shown once and kept nowhere. Earlier ones end.

    Raises:
        Refused: the patient is not at check-in, or the same form made a link before.
    """
    record = locked(by, visit_id, Permission.RECORD_MEASURE)
    if record.visit.state not in own_phone.BEFORE_DOSE:
        raise Refused("The questionnaire is answered between the patient's arrival and the dose.")
    if made_with(models.PhoneLink, idempotency_key, field="made_by_key"):
        raise Refused("This form made a code already, and a code is shown once. Make another.")
    _end_open(record, at)
    token = secrets.token_urlsafe(32)
    models.PhoneLink.objects.create(
        clinic_id=by.clinic_id,
        visit=record.visit,
        token_sha256=own_phone.token_hash(token),
        made_at=at,
        expires_at=at + own_phone.lives(),
        made_by_id=by.user_id,
        made_by_key=idempotency_key,
    )
    audited(record, "give_phone_link", by=by, at=at)
    return token


@transaction.atomic
def end_phone_link(*, by: Viewer, at: datetime, visit_id: UUID) -> None:
    """End the link before its time; again does nothing."""
    record = locked(by, visit_id, Permission.RECORD_MEASURE)
    if _end_open(record, at):
        audited(record, "end_phone_link", by=by, at=at)


def _end_open(record: Record, at: datetime) -> bool:
    open_ones = models.PhoneLink.objects.select_for_update().filter(
        visit=record.visit, ended_at__isnull=True, answered_at__isnull=True
    )
    ended = False
    for link in open_ones:
        link.ended_at = at
        link.save(update_fields=["ended_at"])
        ended = True
    return ended


@transaction.atomic
def answer_on_phone(
    *, token: str, at: datetime, answers: Mapping[str, int], difficulty: str, idempotency_key: UUID
) -> None:
    """Take in what the patient answered. The same form sent again is the same answers.

    Raises:
        NotFound: the link is not open, whatever the reason.
    """
    link = own_phone.found(token)
    if link.sent_by_key == idempotency_key and own_phone.is_in_time(link, at):
        return
    person = access.signed_in_person(link.made_by_id, now=at)
    if person is None or not own_phone.is_open(link, at):
        raise NotFound
    by = person.viewer
    record = locked(by, link.visit_id, Permission.RECORD_MEASURE)
    # The visit first and then its link, as where a link is made or ended; meanwhile it may have been answered or ended.
    link = own_phone.found(token, lock=True)
    if link.sent_by_key == idempotency_key and own_phone.is_in_time(link, at):
        return
    if not own_phone.is_open(link, at):
        raise NotFound
    if record.t0 is not None:
        raise NotFound
    response = measures.record_answers(
        by=by,
        at=at,
        patient_id=record.visit.course.patient_id,
        answers=answers,
        difficulty=difficulty,
        taken_at=record.local(at),
        mode="phone",
    )
    add(models.QuestionnaireLink, record, by=by, at=at, response_id=response)
    link.answered_at, link.response_id, link.sent_by_key = at, response, idempotency_key
    link.save(update_fields=["answered_at", "response", "sent_by_key"])
    audited(record, "answer_on_phone", by=by, at=at, link=link.id)


@transaction.atomic
def note_opened(*, token: str, at: datetime) -> None:
    """Keep when the link was first opened, so that the tablet shows that the phone has it."""
    link = own_phone.found(token, lock=True)
    if link.opened_at is None and own_phone.is_open(link, at):
        link.opened_at = at
        link.save(update_fields=["opened_at"])
