"""The second person's confirmation at the bedside, just before a dose starts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.access.witness import Witness
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.visits import assess, models
from euthymia.clinic.visits.actions._common import (
    Conflict,
    Refused,
    add,
    audited,
    earlier,
    locked,
    timed,
)
from euthymia.clinic.visits.record import Record
from euthymia.protocol import Input, Outcome, bedside
from euthymia.protocol.units import plain

MEANING = "I confirmed patient, product, dose and settings at the bedside"


@dataclass(frozen=True, slots=True)
class ReadAtBedside:
    """What the second person read off wristband, label and pump."""

    product: str
    dose_mg: Decimal
    devices: int | None = None
    concentration_mg_per_ml: Decimal | None = None
    volume_ml: Decimal | None = None
    rate_ml_per_h: Decimal | None = None
    route: str = ""
    units: int | None = None
    mg_per_unit: Decimal | None = None


@transaction.atomic
def confirm_at_bedside(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    witness: Witness,
    first: str,
    second: str,
    read: ReadAtBedside,
    idempotency_key: UUID | None = None,
) -> UUID:
    """Record that ``witness`` confirmed the order that stands, and return the check's id.

    ``by`` is whoever is signed in on the tablet; the signature is the witness's own. Raises Refused when what was
    read is not what was ordered, when the blood pressure has grown too old since the order, when the witness signed
    the order, or when the dose has begun; Denied for a
    witness who may give no dose.
    """
    record = locked(by, visit_id, Permission.RECORD_ADMINISTRATION)
    if again := earlier(models.BedsideCheck, record, idempotency_key):
        return again.id
    witness.viewer.require(Permission.RECORD_ADMINISTRATION)
    order = _order_to_confirm(record, witness)
    if first == second:
        raise Refused("Check two different identifiers.", "second")
    if (pressure := assess.pressure_in_time(record, at)).outcome is not Outcome.SATISFIED:
        raise Refused(f"Do not start: {_lower(pressure.sentence)} Measure it again, then confirm.")
    if wrong := wrongly_read(ordered(order), read):
        raise Refused(wrong)
    content = {"visit": record.visit.id, "order": order.id, "first": first, "second": second, **asdict(read)}
    signature = audit.sign(
        by=witness.viewer,
        meaning=MEANING,
        content=content,
        reauth=witness.reauth,
        at=at,
        patient_id=record.visit.course.patient_id,
    )
    settings = {name: value for name, value in asdict(read).items() if name != "product"}
    check = add(
        models.BedsideCheck,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        **timed(record, at, at),
        order=order,
        confirmed_by_id=witness.viewer.user_id,
        first=first,
        second=second,
        signature=signature,
        **settings,
    )
    audited(record, "confirm_at_bedside", by=by, at=at, check=check.id, witness=witness.viewer.user_id)
    return check.id


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _order_to_confirm(record: Record, witness: Witness) -> models.Order:
    order = record.order
    if order is None:
        raise Refused("There is no order to confirm.")
    if record.t0 is not None:
        raise Conflict("The dose has begun: it can no longer be confirmed before its start.")
    if order.recorded_by_id == witness.viewer.user_id:
        raise Refused(f"{witness.viewer.name} signed this order: a second person confirms it.", "witness")
    return order


def wrongly_read(expected: ReadAtBedside, read: ReadAtBedside) -> str:
    """What was read otherwise than ordered, as a sentence; empty when all of it agrees."""
    wrong = bedside.differences(_inputs(expected), _inputs(read))
    return f"Do not start: {'; '.join(wrong)}. Put it right at the bedside, then confirm." if wrong else ""


def ordered(order: models.Order) -> ReadAtBedside:
    """What must be read at the bedside of this order."""
    return ReadAtBedside(
        order.product,
        order.dose_mg,
        order.devices,
        order.concentration_mg_per_ml,
        order.volume_ml,
        order.rate_ml_per_h,
        order.route,
        order.units,
        order.mg_per_unit,
    )


def _inputs(read: ReadAtBedside) -> tuple[Input, ...]:
    numbers = (
        ("dose", read.dose_mg, "mg"),
        ("concentration", read.concentration_mg_per_ml, "mg/mL"),
        ("volume", read.volume_ml, "mL"),
        ("rate", read.rate_ml_per_h, "mL/h"),
        ("each lozenge or tablet", read.mg_per_unit, "mg"),
    )
    return (
        Input("product", read.product.replace("-", " "), "", None, ""),
        Input("number of devices", str(read.devices or ""), "", None, ""),
        Input("route", read.route, "", None, ""),
        Input("lozenges or tablets", str(read.units or ""), "", None, ""),
        *(Input(name, "" if one is None else plain(one), unit, None, "") for name, one, unit in numbers),
    )
