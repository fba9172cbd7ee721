"""Gathers what the rules judge of a medicine ordered or given during a visit."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from euthymia.clinic.visits import models
from euthymia.clinic.visits.record import Record
from euthymia.protocol import Datum, Finding, InteractionClass, Medicine, visit_medicine
from euthymia.protocol.visit_medicine import Amount, VisitMedicineFacts


def classes_of(names: Collection[str]) -> frozenset[InteractionClass] | None:
    """The kinds by their stored names; ``None`` where nobody said."""
    return frozenset(InteractionClass[name.upper()] for name in names) if names else None


def facts(
    record: Record,
    *,
    medicine: str,
    classes: Collection[str],
    order: models.MedicineOrder | None = None,
    given: models.MedicineGiven | None = None,
) -> VisitMedicineFacts:
    """One medicine with the order that stands for it and what was given, as far as there is either."""
    patient = record.visit.course.patient
    known = patient.allergies.strip()
    origin = f"ordered by {order.prescriber.name}" if order else "as entered"
    return VisitMedicineFacts(
        product=record.product,
        medicine=Medicine(medicine, classes_of(classes), "", None, origin),
        allergies=Datum(known, patient.created_at, "on record") if known else None,
        ordered=Datum(amount(order), order.measured_at, origin) if order else None,
        verbal=order.verbal if order else False,
        signed=_signed(order) if order else None,
        administered=Datum(amount(given), given.measured_at, f"given by {given.recorded_by.name}")
        if given
        else None,
    )


def findings(record: Record, at: datetime, about: VisitMedicineFacts) -> tuple[Finding, ...]:
    """What the rules say of it."""
    return visit_medicine.assess(about, record.rules, record.local(at))


def amount(row: models.MedicineOrder | models.MedicineGiven) -> Amount:
    """Dose, unit and route of a row."""
    return Amount(row.dose, row.get_unit_display(), row.get_route_display())


def _signed(order: models.MedicineOrder) -> Datum[bool] | None:
    if order.signature is not None:
        return Datum(True, order.recorded_at, f"signed by {order.prescriber.name}")
    answer = getattr(order, "countersignature", None)
    if answer is None:
        return None
    return Datum(answer.agreed, answer.recorded_at, f"signed by {answer.recorded_by.name}")
