"""The task that a referrer's word on suicidal thoughts raises, before the patient is registered and after."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.people import queries as people
from euthymia.clinic.safety.models import Task, TaskKind
from euthymia.evidence import task_delay


@transaction.atomic
def open_referred_risk(
    *, by: Viewer | None, at: datetime, clinic_id: UUID, origin: str, subject: str, page: str, note: str
) -> UUID:
    """Ask for an assessment of somebody who is not registered yet, and return the task's id.

    ``by`` is None where a referrer sent it. ``subject`` and ``note`` are read in the queue: no name and no
    clinical value in them. The same origin again is the same task.
    """
    task, new = Task.objects.get_or_create(
        kind=TaskKind.REFERRED_RISK,
        origin=origin,
        defaults={
            "clinic_id": clinic_id,
            "subject": subject,
            "page": page,
            "note": note,
            "owner_role": Role.PRESCRIBER.value,
            "opens_at": at,
            "due_at": at + task_delay("referred_risk", "due_within"),
            "escalates_at": at + task_delay("referred_risk", "acknowledge_within"),
            "escalates_to": Role.MEDICAL_DIRECTOR.value,
        },
    )
    if new:
        audit.record(
            by=by,
            verb="safety.open_task",
            at=at,
            subject=f"task {task.id}",
            detail={"kind": TaskKind.REFERRED_RISK.value, "origin": origin},
            clinic_id=clinic_id,
        )
    return task.id


@transaction.atomic
def give_to_patient(*, by: Viewer, at: datetime, origin: str, patient_id: UUID) -> None:
    """Hang what a referral raised on the chart of the patient it turned out to be about, open or done."""
    patient = people.row(by, patient_id)
    raised = Task.objects.select_for_update().filter(
        clinic_id=by.clinic_id, kind=TaskKind.REFERRED_RISK, origin=origin, patient__isnull=True
    )
    for task in raised:
        task.patient = patient
        task.save(update_fields=["patient"])
        audit.record(
            by=by,
            verb="safety.give_task_to_patient",
            at=at,
            patient_id=patient.id,
            subject=f"task {task.id}",
        )
