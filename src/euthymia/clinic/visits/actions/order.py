"""The order: signed when every rule lets it, withdrawn before it is given."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Reauthenticated, Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.courses import taking_orders
from euthymia.clinic.people import retired
from euthymia.clinic.visits import assess, models
from euthymia.clinic.visits.actions._common import (
    GateShut,
    Refused,
    add,
    audited,
    count,
    earlier,
    expect_version,
    locked,
    note_assessment,
    step,
)
from euthymia.clinic.visits.record import Record
from euthymia.protocol import Product, gate, route


@transaction.atomic
def sign_order(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    dose: assess.Dose,
    reauth: Reauthenticated,
    seen: Collection[str] | None = None,
    version: int | None = None,
    idempotency_key: UUID | None = None,
) -> UUID:
    """Sign the order for this visit's dose and return its id.

    ``seen`` holds the fingerprints of the findings the prescriber was shown. Raises GateShut while a rule
    holds the order back, Refused when a finding is not what was shown.
    """
    record = locked(by, visit_id, Permission.PRESCRIBE)
    if again := earlier(models.Order, record, idempotency_key):
        return again.id
    expect_version(record, version)
    retired.check_takes_orders(record.visit.course.patient_id)
    taking_orders.check_takes_orders(record.visit.course)
    _check_complete(record, dose)
    findings = assess.order(by, record, at, dose)
    result = gate(findings, record.fingerprints(assess.ORDER) | record.fingerprints(assess.READINESS))
    if not result.is_open:
        raise GateShut(f"The order cannot be signed: {count(result.blocked_by)} open.", result)
    if seen is not None and not {each.fingerprint for each in findings} <= set(seen):
        raise Refused("A finding has changed since you checked the dose. Read the findings again, then sign.")
    weight = assess.weight(record)
    content = {
        "visit": record.visit.id,
        "product": record.product.value,
        **dose.columns,
        "weight_kg": weight.value if weight else None,
    }
    signature = audit.sign(
        by=by,
        meaning="I prescribe this dose",
        content=content,
        reauth=reauth,
        at=at,
        patient_id=record.visit.course.patient_id,
    )
    by_weight = dose.mg_per_kg is not None or dose.direct is not None
    order = add(
        models.Order,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        product=record.product.value,
        **dose.columns,
        weight_kg=weight.value if weight and by_weight else None,
        weight_measured_at=weight.at if weight and by_weight else None,
        signature=signature,
    )
    step(record, "sign_order", by=by, at=at)
    note_assessment(record, assess.ORDER, findings, by=by, at=at)
    audited(record, "sign_order", by=by, at=at, order=order.id)
    return order.id


@transaction.atomic
def cancel_order(*, by: Viewer, at: datetime, visit_id: UUID, why: str, version: int | None = None) -> None:
    """Withdraw an order before it is given."""
    record = locked(by, visit_id, Permission.PRESCRIBE)
    expect_version(record, version)
    if record.order is None:
        raise Refused("There is no order to withdraw.")
    if not why.strip():
        raise Refused("Say why the order is withdrawn.")
    add(models.OrderCancellation, record, by=by, at=at, order=record.order, why=why.strip())
    step(record, "cancel_order", by=by, at=at, note=why)
    audited(record, "cancel_order", by=by, at=at)


def _check_complete(record: Record, dose: assess.Dose) -> None:
    """Refuse an order that leaves anything to be worked out at the bedside."""
    way = route.Route(dose.route) if dose.route else route.usual(record.product)
    if way not in route.permitted(record.product, record.rules):
        return  # refused by its route, with the rule that says why
    if way.is_direct:
        held = (
            (dose.units, dose.mg_per_unit)
            if way.in_units
            else (
                dose.mg_per_kg,
                dose.concentration_mg_per_ml,
                dose.volume_ml,
            )
        )
        if None in held or dose.dose_mg is None:
            raise Refused(
                "An order into the muscle names the dose for weight, the vial's concentration and the volume; one for "
                "the mouth how many lozenges or tablets, and what each holds."
            )
        return
    if record.product is Product.ESKETAMINE_NASAL:
        missing = dose.devices is None
    else:
        pump = (dose.minutes, dose.concentration_mg_per_ml, dose.volume_ml, dose.rate_ml_per_h)
        missing = dose.mg_per_kg is None or None in pump
    if missing or dose.dose_mg is None:
        raise Refused("An order names the devices, or the dose for weight and every setting of the pump.")
