"""The dose of a visit as it stands: the order, the devices, the infusion, and one of them to put right."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.visits import assess, facts, models
from euthymia.clinic.visits.models.dose import InfusionStep
from euthymia.clinic.visits.queries._common import (
    record_for,
)
from euthymia.clinic.visits.record import Record
from euthymia.protocol import (
    Product,
)


@dataclass(frozen=True, slots=True)
class OrderView:
    """The order that stands."""

    dose_mg: Decimal
    devices: int | None
    mg_per_kg: Decimal | None
    weight_kg: Decimal | None
    minutes: Decimal | None
    concentration_mg_per_ml: Decimal | None
    volume_ml: Decimal | None
    rate_ml_per_h: Decimal | None
    signed_by: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class DeviceView:
    """One device as it was used; ``was`` tells what a correction replaced."""

    id: UUID
    number: int
    at: datetime
    first_nostril: str
    lot: str
    expires_on: date | None
    serial: str
    problem: str
    recorded_by: str
    reason: str

    @property
    def had_expired(self) -> bool:
        """Whether it was used after its date."""
        return self.expires_on is not None and self.expires_on < timezone.localtime(self.at).date()


@dataclass(frozen=True, slots=True)
class InfusionView:
    """One step of the infusion; ``reason`` tells why an earlier entry was corrected."""

    id: UUID
    kind: str
    step: str
    at: datetime
    rate_ml_per_h: Decimal | None
    volume_given_ml: Decimal | None
    why: str
    recorded_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Dosing:
    """The dose as it stands. ``next_at`` is when the rest before the next device is over."""

    order: OrderView | None
    devices: tuple[DeviceView, ...]
    next_number: int | None
    next_at: datetime | None
    infusion: tuple[InfusionView, ...]
    infusion_state: str  # "", running, paused, over
    given_mg: Decimal | None


def device(viewer: Viewer, visit_id: UUID, device_id: UUID) -> DeviceView:
    """One device that stands, to put it right. Raises NotFound for one that was corrected."""
    for found in dosing(record_for(viewer, visit_id)).devices:
        if found.id == device_id:
            return found
    raise NotFound("No such device in this visit.")


def order(viewer: Viewer, visit_id: UUID) -> OrderView | None:
    """The order that stands, to be read beside the pump; none where a dose was given without."""
    return dosing(record_for(viewer, visit_id)).order


def infusion_event(viewer: Viewer, visit_id: UUID, event_id: UUID) -> InfusionView:
    """One step of the infusion that stands, to put it right. Raises NotFound for one that was corrected."""
    for found in dosing(record_for(viewer, visit_id)).infusion:
        if found.id == event_id:
            return found
    raise NotFound("No such step in this infusion.")


def next_device(viewer: Viewer, visit_id: UUID) -> tuple[int, datetime | None]:
    """The number of the next device, and when the rest before it is over."""
    given = dosing(record_for(viewer, visit_id))
    return given.next_number or 1, given.next_at


def dosing(record: Record) -> Dosing:
    """The dose of a visit whose rows are at hand."""
    order = record.order
    devices = tuple(
        DeviceView(
            id=row.id,
            number=row.number,
            at=row.measured_at,
            first_nostril=row.get_first_nostril_display() if row.first_nostril else "",
            lot=row.lot,
            expires_on=row.expires_on,
            serial=row.serial,
            problem=row.problem,
            recorded_by=row.recorded_by.name,
            reason=row.reason,
        )
        for row in record.devices
    )
    nasal = record.product is Product.ESKETAMINE_NASAL
    return Dosing(
        order=_order_view(order) if order else None,
        devices=devices,
        next_number=max((row.number for row in record.devices), default=0) + 1 if nasal else None,
        next_at=assess.next_device_at(record) if devices else None,
        infusion=tuple(
            InfusionView(
                id=row.id,
                kind=row.step,
                step=row.get_step_display(),
                at=row.measured_at,
                rate_ml_per_h=row.rate_ml_per_h,
                volume_given_ml=row.volume_given_ml,
                why=row.why,
                recorded_by=row.recorded_by.name,
                reason=row.reason,
            )
            for row in record.infusion
        ),
        infusion_state=_infusion_state(record),
        given_mg=(
            len(devices) * record.rules["DEV-1"].number("mg_per_device")
            if nasal
            else facts.infused_mg(record)
        ),
    )


def _order_view(order: models.Order) -> OrderView:
    return OrderView(
        dose_mg=order.dose_mg,
        devices=order.devices,
        mg_per_kg=order.mg_per_kg,
        weight_kg=order.weight_kg,
        minutes=order.minutes,
        concentration_mg_per_ml=order.concentration_mg_per_ml,
        volume_ml=order.volume_ml,
        rate_ml_per_h=order.rate_ml_per_h,
        signed_by=order.signature.signer_name,
        signed_at=order.signature.recorded_at,
    )


def _infusion_state(record: Record) -> str:
    if not record.infusion:
        return ""
    last = record.infusion[-1].step
    if last in (InfusionStep.STOPPED, InfusionStep.ENDED):
        return "over"
    return "paused" if last == InfusionStep.PAUSED else "running"
