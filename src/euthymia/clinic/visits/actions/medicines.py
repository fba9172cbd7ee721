"""Medicines given during a visit: ordered and signed, or heard and read back; given, withdrawn, countersigned."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from euthymia.clinic.access.models import User
from euthymia.clinic.access.permissions import Permission, Role
from euthymia.clinic.access.viewer import NotFound, Reauthenticated, Viewer
from euthymia.clinic.audit.models import Signature
from euthymia.clinic.safety import actions as safety
from euthymia.clinic.safety.models import TaskKind
from euthymia.clinic.visits import medicine_facts, models
from euthymia.clinic.visits.actions._common import (
    Conflict,
    Refused,
    add,
    audited,
    earlier,
    locked,
    note_deviations,
    timed,
)
from euthymia.clinic.visits.actions._leaving import signed
from euthymia.clinic.visits.record import Record
from euthymia.evidence import task_delay


@dataclass(frozen=True, slots=True, kw_only=True)
class Dosed:
    """A medicine with its dose, as entered. Nothing here is ever proposed."""

    medicine: str
    dose: Decimal
    unit: str
    route: str


@transaction.atomic
def order_medicine(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    dosed: Dosed,
    why: str,
    classes: Collection[str] = (),
    reauth: Reauthenticated,
    idempotency_key: UUID | None = None,
) -> UUID:
    """A prescriber orders one dose of a medicine and signs. Returns the id of the order."""
    record = locked(by, visit_id, Permission.PRESCRIBE)
    if again := earlier(models.MedicineOrder, record, idempotency_key):
        return again.id
    _check(dosed, why)
    content: dict[str, object] = {"visit": str(visit_id), "why": why.strip(), **_said(dosed)}
    signature = signed(record, "I order this medicine, once", content, by=by, at=at, reauth=reauth)
    return _order(
        record,
        dosed,
        why,
        classes,
        by=by,
        at=at,
        ordered_at=at,
        key=idempotency_key,
        prescriber=by.user_id,
        signature=signature,
    )


@transaction.atomic
def take_verbal_order(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    dosed: Dosed,
    why: str,
    prescriber_id: UUID,
    read_back: bool,
    heard_at: datetime,
    classes: Collection[str] = (),
    idempotency_key: UUID | None = None,
) -> UUID:
    """Write down what a prescriber ordered by word of mouth, and ask the prescriber to sign for it."""
    record = locked(by, visit_id, Permission.RECORD_ADMINISTRATION)
    if again := earlier(models.MedicineOrder, record, idempotency_key):
        return again.id
    _check(dosed, why)
    if not read_back:
        raise Refused(
            "Read the order back to the prescriber, with its unit, before you enter it.", "read_back"
        )
    prescriber = (
        User.objects.filter(
            id=prescriber_id,
            clinic_id=by.clinic_id,
            is_active=True,
            assignments__role=Role.PRESCRIBER,
            assignments__held=True,
        )
        .distinct()
        .first()
    )
    if prescriber is None:
        raise Refused("Choose the prescriber who said it.", "prescriber_id")
    order_id = _order(
        record,
        dosed,
        why,
        classes,
        by=by,
        at=at,
        ordered_at=heard_at,
        key=idempotency_key,
        prescriber=prescriber.pk,
        signature=None,
    )
    _ask_for_signature(record, order_id, by=by, at=at, heard_at=heard_at)
    return order_id


@transaction.atomic
def countersign(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    order_id: UUID,
    agreed: bool,
    note: str = "",
    reauth: Reauthenticated,
    idempotency_key: UUID | None = None,
) -> None:
    """The prescriber who gave a verbal order signs for it, or says that it was entered otherwise than said."""
    record = locked(by, visit_id, Permission.PRESCRIBE)
    if earlier(models.MedicineCountersignature, record, idempotency_key):
        return
    order = _order_of(record, order_id)
    if not order.verbal:
        raise Refused("This order was signed when it was written.")
    if order.prescriber_id != by.user_id:
        raise Refused(f"{order.prescriber.name} gave this order and signs for it.")
    if hasattr(order, "countersignature"):
        raise Conflict(f"{order.countersignature.recorded_by.name} has signed for it already.")
    if not agreed and not note.strip():
        raise Refused("Say what you ordered instead.", "note")
    content = {"order": str(order.id), "agreed": agreed, "note": note.strip()}
    add(
        models.MedicineCountersignature,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        order=order,
        agreed=agreed,
        note=note.strip(),
        signature=signed(record, "I answer for this verbal order", content, by=by, at=at, reauth=reauth),
    )
    safety.settle(
        by=by,
        at=at,
        origin=f"medicine-order:{order.id}",
        kinds=[TaskKind.COUNTERSIGN],
        outcome="Signed as entered." if agreed else "Signed as entered otherwise than said.",
        done_at=at,
    )
    audited(record, "countersign_medicine", by=by, at=at, order=order.id)


@transaction.atomic
def withdraw_medicine(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    order_id: UUID,
    why: str,
    idempotency_key: UUID | None = None,
) -> None:
    """Take an order back before it was given."""
    record = locked(by, visit_id, Permission.PRESCRIBE)
    if earlier(models.MedicineWithdrawal, record, idempotency_key):
        return
    if not why.strip():
        raise Refused("Say why it is taken back.", "why")
    order = _open_order(record, order_id)
    add(models.MedicineWithdrawal, record, by=by, at=at, key=idempotency_key, order=order, why=why.strip())
    audited(record, "withdraw_medicine", by=by, at=at, order=order.id)


@transaction.atomic
def give_medicine(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    dosed: Dosed,
    given_at: datetime,
    order_id: UUID | None = None,
    note: str = "",
    idempotency_key: UUID | None = None,
) -> UUID:
    """Record what was given, by whom and when. What was given is always recordable: otherwise than ordered, or
    without an order, it is a deviation that asks for its reason.

    Without an ``order_id`` it is held to the one open order for just this dose, if there is one: a tablet without a
    connection knows orders by their words alone, and an order is given once.
    """
    record = locked(by, visit_id, Permission.RECORD_ADMINISTRATION)
    if again := earlier(models.MedicineGiven, record, idempotency_key):
        return again.id
    _check(dosed, None)
    order = _open_order(record, order_id) if order_id else _order_for(record, dosed, given_at)
    if order is None and not note.strip():
        raise Refused("Say why it was given without an order, and who knows of it.", "note")
    row = add(
        models.MedicineGiven,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        **timed(record, given_at, at),
        order=order,
        note=note.strip(),
        **_columns(dosed),
    )
    about = medicine_facts.facts(
        record, medicine=row.medicine, classes=order.classes if order else (), order=order, given=row
    )
    note_deviations(record, medicine_facts.findings(record, at, about), by=by, at=at)
    audited(record, "give_medicine", by=by, at=at, given=row.id)
    return row.id


# --- parts ---------------------------------------------------------------------------------------------------------
def _order(
    record: Record,
    dosed: Dosed,
    why: str,
    classes: Collection[str],
    *,
    by: Viewer,
    at: datetime,
    ordered_at: datetime,
    key: UUID | None,
    prescriber: UUID,
    signature: Signature | None,
) -> UUID:
    patient = record.visit.course.patient
    about = medicine_facts.facts(record, medicine=dosed.medicine, classes=classes)
    shown = medicine_facts.findings(record, at, about)
    row = add(
        models.MedicineOrder,
        record,
        by=by,
        at=at,
        key=key,
        **timed(record, ordered_at, at),
        why=why.strip(),
        classes=sorted(classes),
        prescriber_id=prescriber,
        verbal=signature is None,
        read_back=signature is None,
        seen={"allergies": patient.allergies, "findings": [each.to_json() for each in shown]},
        signature=signature,
        **_columns(dosed),
    )
    audited(record, "order_medicine", by=by, at=at, order=row.id, verbal=signature is None)
    return row.id


def _ask_for_signature(
    record: Record, order_id: UUID, *, by: Viewer, at: datetime, heard_at: datetime
) -> None:
    due = max(at, heard_at + task_delay("countersign", "due_within"))
    safety.open_task(
        by=by,
        at=at,
        patient_id=record.visit.course.patient_id,
        kind=TaskKind.COUNTERSIGN,
        origin=f"medicine-order:{order_id}",
        owner_role=Role.PRESCRIBER,
        opens_at=min(heard_at, at),
        due_at=due,
        note="It was read back and entered for you.",
        page=reverse("visits:countersign_medicine", args=[record.visit.id, order_id]),
        escalates_at=due,
        escalates_to=Role.MEDICAL_DIRECTOR,
    )


def _check(dosed: Dosed, why: str | None) -> None:
    if not dosed.medicine.strip():
        raise Refused("Name the medicine.", "medicine")
    if dosed.dose <= 0:
        raise Refused("A dose is more than nothing. Check the number.", "dose")
    if dosed.unit not in models.DoseUnit.values:
        raise Refused("Choose the unit.", "unit")
    if dosed.route not in models.MedicineRoute.values:
        raise Refused("Choose how it is given.", "route")
    if why is not None and not why.strip():
        raise Refused("Say what it is for.", "why")


def _columns(dosed: Dosed) -> dict[str, Any]:
    return {
        "medicine": dosed.medicine.strip(),
        "dose": dosed.dose,
        "unit": models.DoseUnit(dosed.unit),
        "route": models.MedicineRoute(dosed.route),
    }


def _said(dosed: Dosed) -> dict[str, object]:
    return {
        "medicine": dosed.medicine.strip(),
        "dose": f"{dosed.dose.normalize():f} {dosed.unit}",
        "route": dosed.route,
    }


def _order_of(record: Record, order_id: UUID) -> models.MedicineOrder:
    found = next((each for each in record.medicine_orders if each.id == order_id), None)
    if found is None:
        raise NotFound("No such order in this visit.")
    return found


def _order_for(record: Record, dosed: Dosed, given_at: datetime) -> models.MedicineOrder | None:
    """The open order for just this medicine, dose and way, if there is one and no more, from before it was given."""
    done = {each.order_id for each in record.medicines_given}
    waiting = [
        each
        for each in record.medicine_orders
        if each.id not in done
        and not hasattr(each, "withdrawal")
        and each.measured_at <= given_at
        and each.medicine.casefold() == dosed.medicine.strip().casefold()
        and (each.dose, each.unit, each.route) == (dosed.dose, dosed.unit, dosed.route)
    ]
    return waiting[0] if len(waiting) == 1 else None


def _open_order(record: Record, order_id: UUID) -> models.MedicineOrder:
    """An order that was neither withdrawn nor given. Says who was first."""
    order = _order_of(record, order_id)
    if hasattr(order, "withdrawal"):
        taken_back = order.withdrawal
        raise Conflict(f"{taken_back.recorded_by.name} took this order back: {taken_back.why}")
    done = next((each for each in record.medicines_given if each.order_id == order.id), None)
    if done is not None:
        when = record.local(done.measured_at)
        raise Conflict(
            f"{done.recorded_by.name} gave it at {when:%H:%M}. A further dose needs its own order."
        )
    return order
