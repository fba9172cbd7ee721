"""Medicines of a visit as its page shows them, and one order to act on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from euthymia.clinic.access.models import User
from euthymia.clinic.access.permissions import Permission, Role
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.measures.facts import health
from euthymia.clinic.visits import medicine_facts, models
from euthymia.clinic.visits.queries._common import record_for
from euthymia.clinic.visits.record import Record
from euthymia.protocol import Effect, Finding, Outcome


@dataclass(frozen=True, slots=True)
class MedicineView:
    """One medicine: the order, who answers for it, and what was given. ``state`` is one of ordered, given, withdrawn.

    ``to_sign`` is the prescriber a verbal order waits for.
    """

    order_id: UUID | None
    medicine: str
    ordered: str
    ordered_by: str
    ordered_at: datetime | None
    entered_by: str
    verbal: bool
    why: str
    state: str
    given: str
    given_by: str
    given_at: datetime | None
    note: str
    withdrawn: str
    to_sign: str
    disagreed: str
    findings: tuple[Finding, ...]

    @property
    def may_give(self) -> bool:
        """Whether it waits to be given."""
        return self.state == "ordered"

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What a reader must weigh: breaches, and what nobody knows."""
        seen = (Outcome.VIOLATED, Outcome.UNKNOWN)
        return tuple(
            each
            for each in self.findings
            if each.outcome in seen and (each.effect is Effect.NOTICE and each.rule != "MED-3")
        )


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside an order while it is written: allergies and what the patient takes."""

    allergies: str
    taken: tuple[str, ...]
    taken_at: datetime | None


def medicines(record: Record, now: datetime) -> tuple[MedicineView, ...]:
    """Every order of the visit and what was given without one, the latest first."""
    given = {row.order_id: row for row in record.medicines_given if row.order_id}
    views = [_view(record, order, given.get(order.id), now) for order in record.medicine_orders]
    views += [_view(record, None, row, now) for row in record.medicines_given if row.order_id is None]
    return tuple(
        sorted(
            views,
            key=lambda each: each.given_at or each.ordered_at or now,
            reverse=True,
        )
    )


def medicine_order(viewer: Viewer, visit_id: UUID, order_id: UUID, now: datetime) -> MedicineView:
    """One order of a visit."""
    for each in medicines(record_for(viewer, visit_id), now):
        if each.order_id == order_id:
            return each
    raise NotFound("No such order in this visit.")


def ordered_dose(viewer: Viewer, visit_id: UUID, order_id: UUID) -> tuple[str, Decimal, str, str]:
    """Medicine, dose, unit and route of an order, as they are stored."""
    for each in record_for(viewer, visit_id).medicine_orders:
        if each.id == order_id:
            return each.medicine, each.dose, each.unit, each.route
    raise NotFound("No such order in this visit.")


def beside(viewer: Viewer, visit_id: UUID) -> Beside:
    """Allergies and medicines on record, for who writes or gives an order."""
    patient = record_for(viewer, visit_id).visit.course.patient
    taken = health(viewer, patient.id).medicines
    return Beside(
        allergies=patient.allergies,
        taken=tuple(one.name for one in taken.value if one.stopped_on is None) if taken else (),
        taken_at=taken.at if taken else None,
    )


def judged(
    viewer: Viewer, visit_id: UUID, medicine: str, classes: Collection[str], now: datetime
) -> tuple[Finding, ...]:
    """What the rules say of a medicine before it is ordered: allergies, and what it does beside the treatment."""
    record = record_for(viewer, visit_id)
    about = medicine_facts.facts(record, medicine=medicine, classes=classes)
    return tuple(
        each
        for each in medicine_facts.findings(record, now, about)
        if each.rule not in ("MED-2", "MED-3") and each.outcome is not Outcome.SATISFIED
    )


def prescribers(viewer: Viewer) -> tuple[tuple[str, str], ...]:
    """The clinic's prescribers, as choices of a form."""
    viewer.require(Permission.RECORD_ADMINISTRATION)
    found = User.objects.filter(
        clinic_id=viewer.clinic_id, is_active=True, assignments__role=Role.PRESCRIBER, assignments__held=True
    )
    return tuple((str(each.pk), each.name) for each in found.distinct().order_by("name"))


def _view(
    record: Record, order: models.MedicineOrder | None, given: models.MedicineGiven | None, now: datetime
) -> MedicineView:
    row = order or given
    assert row is not None
    classes = order.classes if order else ()
    about = medicine_facts.facts(record, medicine=row.medicine, classes=classes, order=order, given=given)
    withdrawn = getattr(order, "withdrawal", None)
    answer = getattr(order, "countersignature", None)
    state = "given" if given else "withdrawn" if withdrawn else "ordered"
    return MedicineView(
        order_id=order.id if order else None,
        medicine=row.medicine,
        ordered=str(medicine_facts.amount(order)) if order else "",
        ordered_by=order.prescriber.name if order else "",
        ordered_at=order.measured_at if order else None,
        entered_by=order.recorded_by.name if order else "",
        verbal=order.verbal if order else False,
        why=order.why if order else "",
        state=state,
        given=str(medicine_facts.amount(given)) if given else "",
        given_by=given.recorded_by.name if given else "",
        given_at=given.measured_at if given else None,
        note=given.note if given else "",
        withdrawn=f"{withdrawn.recorded_by.name}: {withdrawn.why}" if withdrawn else "",
        to_sign=order.prescriber.name if order and order.verbal and answer is None else "",
        disagreed=answer.note if answer and not answer.agreed else "",
        findings=medicine_facts.findings(record, now, about),
    )
