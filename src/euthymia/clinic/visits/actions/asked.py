"""What is asked at check-in and judged the same day: medicines, substances, events, the bladder and misuse."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction

from euthymia.clinic.access.permissions import Permission, Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit.times import entered_offset_min
from euthymia.clinic.measures import actions as measures
from euthymia.clinic.measures.actions import TakenMedicine
from euthymia.clinic.measures.facts import standing_list
from euthymia.clinic.safety import actions as safety
from euthymia.clinic.safety.models import TaskKind
from euthymia.clinic.visits import models
from euthymia.clinic.visits.actions._common import (
    Conflict,
    Refused,
    add,
    audited,
    earlier,
    locked,
    refuse_future,
)
from euthymia.clinic.visits.day_facts import asked_about_h
from euthymia.evidence import task_delay
from euthymia.protocol.misuse import BladderSymptom, Signal

_TOLD = "Gone through with the patient at check-in"
_URINE = "A urine test and a culture are owed (MIS-5)."


@transaction.atomic
def record_medicines(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    changed: bool,
    medicines: Collection[TakenMedicine] | None = None,
    detail: str = "",
    seen_list: UUID | None = None,
    idempotency_key: UUID | None = None,
) -> None:
    """Record the medicines as the patient says today: the list that stands, or ``medicines``, the whole new one.

    ``detail`` is what nobody can sort into a list yet. ``seen_list`` is the list that was on the screen.

    Raises:
        Conflict: somebody wrote another list meanwhile.
        Refused: nothing changed and there is no list, or something changed and nothing says what.
    """
    record = locked(by, visit_id, Permission.RECORD_CHECK_IN)
    if earlier(models.MedicineReport, record, idempotency_key):
        return
    stands = standing_list(by, record.visit.course.patient_id)
    if seen_list is not None and (stands is None or stands.id != seen_list):
        raise Conflict("Somebody wrote another list of medicines meanwhile. Open it again and go through it.")
    if not changed and stands is None:
        raise Refused(
            "No list of medicines is on record. Enter what the patient takes, or that it is nothing."
        )
    if changed and medicines is None and not detail.strip():
        raise Refused("Say what changed, or choose that nothing did.")
    listed = stands.id if stands and not changed else None
    if changed and medicines is not None:
        listed = measures.record_medicines(
            by=by,
            at=at,
            patient_id=record.visit.course.patient_id,
            medicines=medicines,
            basis=_TOLD,
            taken_at=record.local(at),
            idempotency_key=uuid5(idempotency_key, "list") if idempotency_key else None,
        )
    add(
        models.MedicineReport,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        changed=changed,
        detail=detail.strip(),
        medicine_list_id=listed,
    )
    audited(record, "record_medicinereport", by=by, at=at)


@transaction.atomic
def record_substances(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    alcohol_at: datetime | None,
    sedative: str = "",
    sedative_at: datetime | None = None,
    illicit: bool = False,
    illicit_what: str = "",
    idempotency_key: UUID | None = None,
) -> None:
    """Record alcohol, sedatives that nobody prescribed and illicit drugs of the hours the rule asks about.

    ``None`` for a time says that there was none.
    """
    record = locked(by, visit_id, Permission.RECORD_CHECK_IN)
    if earlier(models.SubstanceReport, record, idempotency_key):
        return
    for time in (alcohol_at, sedative_at):
        if time is not None:
            refuse_future(record, time, at)
    if bool(sedative.strip()) != (sedative_at is not None):
        raise Refused("Say which sedative it was, and when.", "sedative")
    add(
        models.SubstanceReport,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        alcohol_at=alcohol_at,
        sedative=sedative.strip(),
        sedative_at=sedative_at,
        illicit=illicit,
        illicit_what=illicit_what.strip() if illicit else "",
        asked_about_h=asked_about_h(record),
        entered_offset_min=entered_offset_min(record.local(at)),
    )
    audited(record, "record_substancereport", by=by, at=at)


@transaction.atomic
def record_interval(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    happened: bool,
    detail: str = "",
    idempotency_key: UUID | None = None,
) -> None:
    """Record what happened since the last visit."""
    record = locked(by, visit_id, Permission.RECORD_CHECK_IN)
    if earlier(models.IntervalReport, record, idempotency_key):
        return
    if happened and not detail.strip():
        raise Refused("Say what happened, and when.", "detail")
    told = detail.strip() if happened else ""
    add(models.IntervalReport, record, by=by, at=at, key=idempotency_key, happened=happened, detail=told)
    audited(record, "record_intervalreport", by=by, at=at)


@transaction.atomic
def record_maintenance(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    bladder: Collection[BladderSymptom],
    signals: Collection[Signal],
    urine_tested: str = "",
    urologist: str = "",
    note: str = "",
    idempotency_key: UUID | None = None,
) -> None:
    """Record the bladder and signs of misuse. A symptom without a urine test opens a task for one."""
    record = locked(by, visit_id, Permission.RECORD_CHECK_IN)
    if earlier(models.MaintenanceReport, record, idempotency_key):
        return
    fact = add(
        models.MaintenanceReport,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        bladder=[each.name.lower() for each in BladderSymptom if each in bladder],
        signals=[each.name.lower() for each in Signal if each in signals],
        urine_tested=urine_tested.strip(),
        urologist=urologist.strip(),
        note=note.strip(),
    )
    if bladder and not urine_tested.strip():
        safety.open_task(
            by=by,
            at=at,
            patient_id=record.visit.course.patient_id,
            kind=TaskKind.OTHER,
            origin=f"urine:{fact.id}",
            owner_role=Role.NURSE,
            opens_at=at,
            due_at=at + task_delay("urine_test", "due_within"),
            note=_URINE,
            escalates_at=at + task_delay("urine_test", "due_within"),
            escalates_to=Role.PRESCRIBER,
        )
    audited(record, "record_maintenancereport", by=by, at=at)
