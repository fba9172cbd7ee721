"""What a closed visit still owes: the safety programme's form, and the meeting that was offered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.permissions import Permission, Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses import queries as courses
from euthymia.clinic.safety import actions as safety
from euthymia.clinic.safety.models import TaskKind
from euthymia.clinic.visits import form_facts, models
from euthymia.clinic.visits.actions._common import Refused, add, audited, earlier, locked, timed
from euthymia.clinic.visits.actions._leaving import need
from euthymia.clinic.visits.actions._owed import origin_of
from euthymia.clinic.visits.models.note import OfferAnswer
from euthymia.clinic.visits.record import Record
from euthymia.protocol import programme, programme_form

ASKED = (*programme_form.MEDICINES, *programme_form.JUDGED, "observer_phone", "setting_address")


def owe_form(record: Record, *, by: Viewer, at: datetime) -> None:
    """Ask for the form by the last day on which it is in time. Its task is not the visit's follow-up."""
    if not form_facts.form_is_owed(record) or record.t0 is None:
        return
    last_day = programme.form_due(record.local(record.t0).date(), record.rules)
    due_at = datetime.combine(last_day + timedelta(days=1), time(), record.zone) - timedelta(minutes=1)
    first = programme.reminders(record.local(record.t0).date(), record.rules)[0]
    safety.open_task(
        by=by,
        at=at,
        patient_id=record.visit.course.patient_id,
        kind=TaskKind.PROGRAMME_FORM,
        origin=f"form:{record.visit.id}",
        owner_role=Role.NURSE,
        opens_at=min(at, due_at),
        due_at=due_at,
        note="What it asks for and what is missing stands in the visit.",
        escalates_at=datetime.combine(first, time(), record.zone),
        escalates_to=Role.MEDICAL_DIRECTOR,
    )


@transaction.atomic
def answer_form(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    answers: Mapping[str, str],
    idempotency_key: UUID | None = None,
) -> None:
    """Keep what the form asks for and no other entry holds. What is left empty stays missing."""
    record = locked(by, visit_id, Permission.RECORD_OBSERVATION)
    if earlier(models.ProgrammeForm, record, idempotency_key):
        return
    if not form_facts.form_is_owed(record):
        raise Refused("No form is owed for this visit.")
    given = {key: answers[key].strip() for key in ASKED if answers.get(key, "").strip()}
    latest = record.programme_form
    add(
        models.ProgrammeForm,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        corrects=latest,
        reason="Answered further." if latest else "",
        answers=given,
    )
    audited(record, "answer_form", by=by, at=at)


@transaction.atomic
def record_form_sent(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    how: str,
    measured_at: datetime,
    idempotency_key: UUID | None = None,
) -> None:
    """Record that the form reached the programme. It may have been sent with a gap: that is theirs to refuse."""
    record = locked(by, visit_id, Permission.RECORD_OBSERVATION)
    if earlier(models.ProgrammeFormSent, record, idempotency_key):
        return
    need(how, "Write how it was sent, and the number it was given.")
    when = timed(record, measured_at, at)
    add(models.ProgrammeFormSent, record, by=by, at=at, key=idempotency_key, **when, how=how.strip())
    safety.settle(
        by=by,
        at=at,
        origin=f"form:{record.visit.id}",
        kinds=[TaskKind.PROGRAMME_FORM],
        outcome=f"Sent: {how.strip()}",
        done_at=measured_at,
    )
    audited(record, "record_form_sent", by=by, at=at)


@transaction.atomic
def offer_integration(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    answer: str,
    detail: str = "",
    appointment_id: UUID | None = None,
    idempotency_key: UUID | None = None,
) -> None:
    """Record that a meeting to integrate was offered and what the patient said. Wanted, it becomes a task.

    Raises:
        Refused: a meeting is said to be booked and none is named, or none was offered without a reason.
    """
    record = locked(by, visit_id, Permission.RECORD_FOLLOW_UP)
    if earlier(models.IntegrationOffer, record, idempotency_key):
        return
    if answer == OfferAnswer.NOT_OFFERED:
        need(detail, "Write why it was not offered.")
    booked = {each.id for each in courses.appointments(by, record.visit.course_id) if each.is_open}
    if answer == OfferAnswer.BOOKED and appointment_id not in booked:
        raise Refused("Choose the meeting that is booked, or book it first.", "appointment_id")
    add(
        models.IntegrationOffer,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        **timed(record, at, at),
        answer=answer,
        detail=detail.strip(),
        appointment_id=appointment_id if answer == OfferAnswer.BOOKED else None,
    )
    _follow(record, answer, by=by, at=at)
    audited(record, "offer_integration", by=by, at=at, answer=answer)


def _follow(record: Record, answer: str, *, by: Viewer, at: datetime) -> None:
    if answer == OfferAnswer.ACCEPTED:
        left = max((each.measured_at for each in record.exits), default=at)
        within = record.rules["KAP-4"].duration("integration_max")
        safety.open_task(
            by=by,
            at=at,
            patient_id=record.visit.course.patient_id,
            kind=TaskKind.INTEGRATION,
            origin=origin_of(record),
            owner_role=Role.THERAPIST,
            opens_at=min(left, at),
            due_at=left + within,
        )
        return
    safety.settle(
        by=by,
        at=at,
        origin=origin_of(record),
        kinds=[TaskKind.INTEGRATION],
        outcome=OfferAnswer(answer).label,
        done_at=at,
    )
