"""An order of an outage: entered as it was given, and signed or denied by the prescriber whose it is said to be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.models import User
from euthymia.clinic.access.permissions import Permission, Role
from euthymia.clinic.access.viewer import NotFound, Reauthenticated, Viewer
from euthymia.clinic.safety import actions as safety
from euthymia.clinic.safety.models import TaskKind
from euthymia.clinic.visits import assess, models
from euthymia.clinic.visits.actions._common import (
    Conflict,
    Refused,
    add,
    add_breach,
    audited,
    earlier,
    locked,
    note_assessment,
    note_deviations,
    timed,
)
from euthymia.clinic.visits.actions._leaving import need, signed
from euthymia.clinic.visits.actions._sheet import Who, sheet
from euthymia.clinic.visits.record import Record
from euthymia.evidence import task_delay
from euthymia.protocol import Finding, Outcome

COUNTERSIGN = "I gave this order while the system was down"
DENIED = "I did not give this order as it was entered"


@dataclass(frozen=True, slots=True)
class PaperDose:
    """The order as it stands on the sheet."""

    dose_mg: Decimal
    devices: int | None = None
    mg_per_kg: Decimal | None = None
    minutes: Decimal | None = None
    concentration_mg_per_ml: Decimal | None = None
    volume_ml: Decimal | None = None
    rate_ml_per_h: Decimal | None = None
    route: str = ""
    units: int | None = None
    mg_per_unit: Decimal | None = None


@transaction.atomic
def enter_paper_order(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    dose: PaperDose,
    given: str,
    prescriber_id: UUID,
    ordered_at: datetime,
    who: Who,
    idempotency_key: UUID,
) -> None:
    """Enter the order as it was given, and ask its prescriber to sign it. It opens no gate and is no signed order."""
    with sheet(by, at, visit_id, Permission.RECORD_ADMINISTRATION, "order", who, idempotency_key) as record:
        if record is None:
            return
        if not User.objects.filter(id=prescriber_id, clinic_id=by.clinic_id).exists():
            raise NotFound("No such prescriber.")
        order = add(
            models.PaperOrder,
            record,
            by=by,
            at=at,
            **timed(record, ordered_at, at),
            product=record.product.value,
            given=given,
            prescriber_id=prescriber_id,
            **{name: getattr(dose, name) for name in PaperDose.__slots__},
        )
        safety.open_task(
            by=by,
            at=at,
            patient_id=record.visit.course.patient_id,
            kind=TaskKind.OTHER,
            origin=f"paper-order:{order.id}",
            owner_role=Role.PRESCRIBER,
            opens_at=at,
            due_at=at + task_delay("paper_order", "due_within"),
            note="Sign an order that was given while the system was down",
        )


@transaction.atomic
def answer_paper_order(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    paper_order_id: UUID,
    agreed: bool,
    note: str = "",
    reauth: Reauthenticated,
    idempotency_key: UUID | None = None,
) -> None:
    """The prescriber signs the order given during the outage, which makes it the order of the visit, or denies it.

    Raises Refused for anybody else than the prescriber whose order it is said to be.
    """
    record = locked(by, visit_id, Permission.PRESCRIBE)
    if earlier(models.PaperOrderAnswer, record, idempotency_key):
        return
    paper = models.PaperOrder.objects.current().filter(visit=record.visit, id=paper_order_id).first()
    if paper is None:
        raise NotFound("No such order in this visit.")
    if hasattr(paper, "answer"):
        raise Conflict("This order was answered already. Look at the visit again.")
    if paper.prescriber_id != by.user_id:
        raise Refused(f"This order is said to be {paper.prescriber.name}'s: that person signs or denies it.")
    if not agreed:
        need(note, "Say what was ordered, or that nothing was.")
    said = {"visit": visit_id, "paper_order": paper.id, "agreed": agreed, "note": note.strip()}
    signature = signed(record, COUNTERSIGN if agreed else DENIED, said, by=by, at=at, reauth=reauth)
    order = _signed_order(record, paper, signature, by=by, at=at) if agreed else None
    add(
        models.PaperOrderAnswer,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        paper_order=paper,
        agreed=agreed,
        note=note.strip(),
        order=order,
        signature=signature,
    )
    audited(record, "answer_paper_order", by=by, at=at, order=paper.id, agreed=agreed)


def paper_orders(record: Record) -> list[models.PaperOrder]:
    """The orders of an outage that stand, oldest first."""
    rows = models.PaperOrder.objects.current().filter(visit=record.visit)
    return list(rows.select_related("prescriber", "recorded_by", "answer").order_by("measured_at"))


def _signed_order(
    record: Record, paper: models.PaperOrder, signature: Any, *, by: Viewer, at: datetime
) -> models.Order:
    weight, by_weight = assess.weight(record), paper.mg_per_kg is not None or paper.route != ""
    if by_weight and weight is None:
        raise Refused("The weight of that day is not entered yet. It is part of the order: enter it first.")
    dose = {name: getattr(paper, name) for name in PaperDose.__slots__}
    findings = assess.order(by, record, at, assess.Dose(**dose))
    order = add(
        models.Order,
        record,
        by=by,
        at=at,
        product=paper.product,
        **dose,
        weight_kg=weight.value if weight and by_weight else None,
        weight_measured_at=weight.at if weight and by_weight else None,
        signature=signature,
    )
    note_assessment(record, assess.ORDER, findings, by=by, at=at)
    when = f"{record.local(paper.measured_at):%H:%M}"
    for breach in record.deviations:
        if breach.rule == "ADM-1" and not hasattr(breach, "answer"):
            add(
                models.DeviationReason,
                record,
                by=by,
                at=at,
                deviation=breach,
                why=f"The order was given {paper.given} at {when} while the system was down, and signed afterwards.",
            )
    _hold_against(record, findings, by=by, at=at)
    return order


def _hold_against(record: Record, findings: Iterable[Finding], *, by: Viewer, at: datetime) -> None:
    """Keep what was given otherwise than ordered, which nobody could tell before, and a route nobody agreed to.

    After the missing order has its reason: what is kept here has none yet.
    """
    fresh = Record(record.visit)
    if fresh.t0 is not None:
        finished = fresh.visit.state != "administering"
        note_deviations(fresh, assess.given(fresh, at, finished=finished), by=by, at=at)
    for finding in findings:
        if finding.rule == "ROUTE-2" and finding.outcome is not Outcome.SATISFIED:
            sentence = f"Ordered while the system was down: {finding.sentence}"
            add_breach(record, finding, sentence, by=by, at=at)
