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
from euthymia.clinic.visits.queries._common import record_for
from euthymia.clinic.visits.queries.direct import DirectView, direct_doses
from euthymia.clinic.visits.record import Record
from euthymia.protocol import Product, plan
from euthymia.protocol.route import NO_MODEL, Route


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
    route: str = ""
    route_words: str = ""
    units: int | None = None
    mg_per_unit: Decimal | None = None
    for_weight: Decimal | None = None


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
    confirmed_by: str
    confirmed_at: datetime | None
    given_mg: Decimal | None
    given_mg_per_kg: Decimal | None = None
    direct: tuple[DirectView, ...] = ()
    in_mouth: bool = False
    next_direct: int = 1
    no_model: str = ""


def device(viewer: Viewer, visit_id: UUID, device_id: UUID) -> DeviceView:
    """One device that stands, to put it right. Raises NotFound for one that was corrected."""
    for found in dosing(record_for(viewer, visit_id)).devices:
        if found.id == device_id:
            return found
    raise NotFound("No such device in this visit.")


def order(viewer: Viewer, visit_id: UUID) -> OrderView | None:
    """The order that stands, to be read beside the pump; none where a dose was given without."""
    return dosing(record_for(viewer, visit_id), for_weight=True).order


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


def next_direct(viewer: Viewer, visit_id: UUID) -> tuple[int, OrderView | None]:
    """The number of the next dose by another route, and the order to be read beside it."""
    given = dosing(record_for(viewer, visit_id), for_weight=True)
    return given.next_direct, given.order


def dosing(record: Record, *, for_weight: bool = False) -> Dosing:
    """The dose of a visit whose rows are at hand; ``for_weight`` says it in mg/kg too, for which it asks the weight."""
    order, check = record.order, record.bedside_check
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
            recorded_by=record.who(row),
            reason=row.reason,
        )
        for row in record.devices
    )
    nasal = record.product is Product.ESKETAMINE_NASAL
    weight = _weight_kg(record) if for_weight else None
    given = len(devices) * record.rules["DEV-1"].number("mg_per_device") if nasal else facts.given_mg(record)
    return Dosing(
        order=_order_view(order, weight) if order else None,
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
                recorded_by=record.who(row),
                reason=row.reason,
            )
            for row in record.infusion
        ),
        infusion_state=_infusion_state(record),
        confirmed_by=check.confirmed_by.name if check else "",
        confirmed_at=check.measured_at if check else None,
        given_mg=given,
        given_mg_per_kg=plan.for_weight(given, weight) if given else None,
        direct=direct_doses(record, weight),
        in_mouth=bool(record.in_mouth),
        next_direct=max((row.number for row in record.direct), default=0) + 1,
        no_model=NO_MODEL if record.route.is_direct else "",
    )


def _weight_kg(record: Record) -> Decimal | None:
    """The weight a dose is said for: that of the order, else of this visit's weighing."""
    if record.order and record.order.weight_kg is not None:
        return record.order.weight_kg
    found = assess.weight(record)
    return found.value if found else None


def _order_view(order: models.Order, weight_kg: Decimal | None) -> OrderView:
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
        route=order.route,
        route_words=Route(order.route).words if order.route else "",
        units=order.units,
        mg_per_unit=order.mg_per_unit,
        for_weight=order.mg_per_kg or plan.for_weight(order.dose_mg, weight_kg),
    )


def _infusion_state(record: Record) -> str:
    if not record.infusion:
        return ""
    last = record.infusion[-1].step
    if last in (InfusionStep.STOPPED, InfusionStep.ENDED):
        return "over"
    return "paused" if last == InfusionStep.PAUSED else "running"
