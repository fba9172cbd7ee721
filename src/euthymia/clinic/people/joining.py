"""Signing that two records are of one person, and undoing it. Nothing is moved, so nothing has to be moved back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Reauthenticated, Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.facts import Refused, made_with
from euthymia.clinic.people import queries, retired
from euthymia.clinic.people.models import Patient, SamePerson, SamePersonUndone


@transaction.atomic
def join(
    *,
    by: Viewer,
    at: datetime,
    retired_id: UUID,
    surviving_id: UUID,
    why: str,
    reauth: Reauthenticated,
    idempotency_key: UUID | None = None,
) -> UUID:
    """Sign that two registered patients are one person; ``retired_id`` takes no more orders. Returns its id.

    Raises:
        Refused: the two are one record, one of them is retired already, or no reason was given.
    """
    by.require(Permission.JOIN_RECORDS)
    if earlier := made_with(
        SamePerson,
        idempotency_key,
        recorded_by_id=by.user_id,
        retired_id=retired_id,
        surviving_id=surviving_id,
    ):
        return earlier.id
    closed, surviving = _both_locked(by, retired_id, surviving_id)
    _check(closed, surviving, why)
    signature = audit.sign(
        by=by,
        meaning="These two records are of one person",
        content={"retired": closed.id, "surviving": surviving.id, "why": why.strip()},
        reauth=reauth,
        at=at,
        patient_id=surviving.id,
    )
    fact = SamePerson.objects.create(
        clinic_id=by.clinic_id,
        recorded_at=at,
        recorded_by_id=by.user_id,
        idempotency_key=idempotency_key,
        retired=closed,
        surviving=surviving,
        why=why.strip(),
        signature=signature,
    )
    _audit(by, at, "people.join_records", fact)
    return fact.id


@transaction.atomic
def undo(
    *, by: Viewer, at: datetime, joined_id: UUID, patient_id: UUID, why: str, reauth: Reauthenticated
) -> None:
    """Sign that two records were joined by mistake: the retired one takes orders again. Undone once.

    Raises:
        NotFound: this patient has no such joining that the person may see.
        Refused: it was undone before, or no reason was given.
    """
    by.require(Permission.JOIN_RECORDS)
    queries.row(by, patient_id)
    fact = SamePerson.objects.filter(pk=joined_id, clinic_id=by.clinic_id).first()
    if fact is None or patient_id not in (fact.retired_id, fact.surviving_id):
        raise NotFound
    _both_locked(by, fact.retired_id, fact.surviving_id)
    if not why.strip():
        raise Refused("Say how it is known that they are two persons.", "why")
    if SamePersonUndone.objects.filter(joined=fact).exists():
        raise Refused("Somebody undid this already.")
    signature = audit.sign(
        by=by,
        meaning="These two records are of two persons; they were joined by mistake",
        content={"joined": fact.id, "why": why.strip()},
        reauth=reauth,
        at=at,
        patient_id=patient_id,
    )
    SamePersonUndone.objects.create(
        clinic_id=by.clinic_id,
        recorded_at=at,
        recorded_by_id=by.user_id,
        joined=fact,
        why=why.strip(),
        signature=signature,
    )
    _audit(by, at, "people.undo_joining", fact)


def _both_locked(by: Viewer, one: UUID, other: UUID) -> tuple[Patient, Patient]:
    """Both rows, locked in the order of their ids, so that two people joining them crosswise do not lock up."""
    for each in (one, other):
        queries.row(by, each)  # NotFound before the lock
    rows = {
        row.id: row for row in Patient.objects.select_for_update().filter(pk__in=[one, other]).order_by("pk")
    }
    return rows[one], rows[other]


def _check(closed: Patient, surviving: Patient, why: str) -> None:
    if closed.id == surviving.id:
        raise Refused("These are one record already.")
    if not why.strip():
        raise Refused("Say how it is known that they are one person.", "why")
    for each in (closed, surviving):
        if retired.standing(each.id):
            raise Refused(f"Record {each.medical_record_number} is retired already. Undo that first.")


def _audit(by: Viewer, at: datetime, verb: str, fact: SamePerson) -> None:
    """One entry for each chart, so that either one's log tells it."""
    for patient_id in (fact.retired_id, fact.surviving_id):
        audit.record(
            by=by,
            verb=verb,
            at=at,
            patient_id=patient_id,
            subject=f"sameperson {fact.id}",
            detail={"retired": fact.retired_id, "surviving": fact.surviving_id},
        )
