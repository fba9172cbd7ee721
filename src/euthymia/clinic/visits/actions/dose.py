"""The order, and the record of what was given. An order can be refused; what was given never is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Reauthenticated, Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.courses import actions as courses
from euthymia.clinic.courses import taking_orders
from euthymia.clinic.forecasts import actions as forecasts
from euthymia.clinic.people import retired
from euthymia.clinic.visits import assess, models, questions
from euthymia.clinic.visits.actions._common import (
    Conflict,
    GateShut,
    Refused,
    add,
    audited,
    count,
    earlier,
    expect_version,
    locked,
    note_assessment,
    note_deviations,
    step,
    timed,
)
from euthymia.clinic.visits.models.dose import MOST_DEVICES_RECORDABLE, InfusionStep
from euthymia.clinic.visits.record import Record
from euthymia.protocol import gate

_OVER = (InfusionStep.STOPPED, InfusionStep.ENDED)


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
        **asdict(dose),
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
    infusion = dose.mg_per_kg is not None
    order = add(
        models.Order,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        product=record.product.value,
        **asdict(dose),
        weight_kg=weight.value if weight and infusion else None,
        weight_measured_at=weight.at if weight and infusion else None,
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


@transaction.atomic
def administer_device(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    number: int,
    measured_at: datetime,
    first_nostril: str = "",
    lot: str = "",
    expires_on: date | None = None,
    serial: str = "",
    problem: str = "",
    idempotency_key: UUID | None = None,
) -> UUID:
    """Record one device as it was used, and return its id. A breach is kept as a deviation; nothing is refused for it.

    The same key twice is one dose; the same number twice with other keys raises Conflict: two people recorded it.
    """
    record = locked(by, visit_id, Permission.RECORD_ADMINISTRATION)
    if again := earlier(models.DeviceAdministration, record, idempotency_key):
        return again.id
    if not 1 <= number <= MOST_DEVICES_RECORDABLE:
        raise Refused(f"Devices are numbered from 1 to {MOST_DEVICES_RECORDABLE}.")
    if there := next((device for device in record.devices if device.number == number), None):
        when = f"{record.local(there.measured_at):%H:%M}"
        raise Conflict(
            f"Device {number} is recorded already: {when} by {there.recorded_by.name}. To change it, correct it."
        )
    device = add(
        models.DeviceAdministration,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        **timed(record, measured_at, at),
        order=record.order,
        number=number,
        first_nostril=first_nostril,
        lot=lot.strip(),
        expires_on=expires_on,
        serial=serial.strip(),
        problem=problem.strip(),
    )
    _dose_was_given(record, by=by, at=at, happened_at=measured_at)
    fresh = Record(record.visit)
    ordered = fresh.order.devices if fresh.order else None
    if ordered is not None and len(fresh.devices) >= ordered:
        _finish(fresh, by=by, at=at, happened_at=measured_at)
    else:
        note_deviations(fresh, assess.given(fresh, at, finished=False), by=by, at=at)
    _ask_forecasts(fresh, by=by, at=at)
    audited(record, "administer_device", by=by, at=at, device=device.id, number=number)
    return device.id


@transaction.atomic
def correct_device(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    device_id: UUID,
    why: str,
    measured_at: datetime,
    first_nostril: str,
    lot: str,
    expires_on: date | None,
    serial: str,
    problem: str,
    idempotency_key: UUID | None = None,
) -> None:
    """Put the record of a device right. The first entry stays, with its author and the reason."""
    record = locked(by, visit_id, Permission.RECORD_ADMINISTRATION)
    if earlier(models.DeviceAdministration, record, idempotency_key):
        return
    if not why.strip():
        raise Refused("Say why the entry is corrected.")
    wrong = next((device for device in record.devices if device.id == device_id), None)
    if wrong is None:
        if models.DeviceAdministration.objects.filter(visit=record.visit, id=device_id).exists():
            raise Conflict("Somebody corrected this a moment ago. Look at the newer entry first.")
        raise NotFound("No such device in this visit.")
    add(
        models.DeviceAdministration,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        corrects=wrong,
        reason=why.strip(),
        **timed(record, measured_at, at),
        order=wrong.order,
        number=wrong.number,
        first_nostril=first_nostril,
        lot=lot.strip(),
        expires_on=expires_on,
        serial=serial.strip(),
        problem=problem.strip(),
    )
    fresh = Record(record.visit)
    finished = record.visit.state != "administering"
    note_deviations(fresh, assess.given(fresh, at, finished=finished), by=by, at=at)
    _ask_forecasts(fresh, by=by, at=at)
    audited(record, "correct_device", by=by, at=at, device=device_id)


@transaction.atomic
def finish_administration(
    *, by: Viewer, at: datetime, visit_id: UUID, why: str, version: int | None = None
) -> None:
    """No further device will be given, though the order names more. What was given stays as it was."""
    record = locked(by, visit_id, Permission.RECORD_ADMINISTRATION)
    if record.visit.state == "monitoring":
        return
    expect_version(record, version)
    if record.last_dose_at is None:
        raise Refused("The infusion still runs. Record its end or that it was stopped.")
    if not why.strip():
        raise Refused("Say why no further device is given.")
    _finish(record, by=by, at=at, happened_at=record.last_dose_at, note=why.strip())
    audited(record, "finish_administration", by=by, at=at)


@transaction.atomic
def record_infusion(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    event: InfusionStep,
    measured_at: datetime,
    rate_ml_per_h: Decimal | None = None,
    volume_given_ml: Decimal | None = None,
    concentration_mg_per_ml: Decimal | None = None,
    lot: str = "",
    why: str = "",
    idempotency_key: UUID | None = None,
) -> UUID:
    """Record one step of an infusion and return its id. Raises Refused for what cannot be: an end before the start."""
    record = locked(by, visit_id, Permission.RECORD_ADMINISTRATION)
    if again := earlier(models.InfusionEvent, record, idempotency_key):
        return again.id
    _check_infusion(record, event, measured_at, volume_given_ml, why)
    row = add(
        models.InfusionEvent,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        **timed(record, measured_at, at),
        order=record.order,
        step=event,
        rate_ml_per_h=rate_ml_per_h,
        volume_given_ml=volume_given_ml,
        concentration_mg_per_ml=concentration_mg_per_ml,
        lot=lot.strip(),
        why=why.strip(),
    )
    fresh = Record(record.visit)
    if event == InfusionStep.STARTED:
        _dose_was_given(record, by=by, at=at, happened_at=measured_at)
    if event in _OVER:
        _finish(fresh, by=by, at=at, happened_at=measured_at, note=why.strip())
    else:
        note_deviations(fresh, assess.given(fresh, at, finished=False), by=by, at=at)
    _ask_forecasts(fresh, by=by, at=at)
    audited(record, "record_infusion", by=by, at=at, event=row.id, step=str(event))
    return row.id


@transaction.atomic
def correct_infusion(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    event_id: UUID,
    reason: str,
    measured_at: datetime,
    rate_ml_per_h: Decimal | None = None,
    volume_given_ml: Decimal | None = None,
    concentration_mg_per_ml: Decimal | None = None,
    lot: str = "",
    why: str = "",
    idempotency_key: UUID | None = None,
) -> None:
    """Put one step of an infusion right. The first entry stays, with its author and the reason."""
    record = locked(by, visit_id, Permission.RECORD_ADMINISTRATION)
    if earlier(models.InfusionEvent, record, idempotency_key):
        return
    if not reason.strip():
        raise Refused("Say why the entry is corrected.")
    wrong = next((event for event in record.infusion if event.id == event_id), None)
    if wrong is None:
        if models.InfusionEvent.objects.filter(visit=record.visit, id=event_id).exists():
            raise Conflict("Somebody corrected this a moment ago. Look at the newer entry first.")
        raise NotFound("No such step in this infusion.")
    _check_place(record, wrong, measured_at)
    add(
        models.InfusionEvent,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        corrects=wrong,
        reason=reason.strip(),
        **timed(record, measured_at, at),
        order=wrong.order,
        step=wrong.step,
        rate_ml_per_h=rate_ml_per_h,
        volume_given_ml=volume_given_ml,
        concentration_mg_per_ml=concentration_mg_per_ml,
        lot=lot.strip(),
        why=why.strip(),
    )
    fresh = Record(record.visit)
    finished = record.visit.state != "administering"
    note_deviations(fresh, assess.given(fresh, at, finished=finished), by=by, at=at)
    _ask_forecasts(fresh, by=by, at=at)
    audited(record, "correct_infusion", by=by, at=at, event=event_id)


def _check_place(record: Record, wrong: models.InfusionEvent, measured_at: datetime) -> None:
    """A corrected time keeps its place among the steps: nothing before the start, nothing after the end."""
    others = [event for event in record.infusion if event.id != wrong.id]
    for other in others:
        when = f"{record.local(other.measured_at):%H:%M}"
        if other.measured_at < wrong.measured_at and measured_at < other.measured_at:
            raise Refused(f"That is before “{other.get_step_display()}” at {when}.")
        if other.measured_at > wrong.measured_at and measured_at > other.measured_at:
            raise Refused(f"That is after “{other.get_step_display()}” at {when}.")


def _check_infusion(
    record: Record, event: InfusionStep, measured_at: datetime, volume_given_ml: Decimal | None, why: str
) -> None:
    start, end = record.pump(InfusionStep.STARTED), record.pump(*_OVER)
    if event == InfusionStep.STARTED and start:
        when = record.local(start.measured_at)
        raise Conflict(f"The infusion was started at {when:%H:%M}, recorded by {start.recorded_by.name}.")
    if event != InfusionStep.STARTED and start is None:
        raise Refused("Record the start of the infusion first: without it there is no t0.")
    if end:
        raise Conflict(
            f"The infusion ended at {record.local(end.measured_at):%H:%M}, recorded by {end.recorded_by.name}."
        )
    if start and measured_at < start.measured_at:
        raise Refused(f"That is before the start at {record.local(start.measured_at):%H:%M}.")
    if event in _OVER and volume_given_ml is None:
        raise Refused("Read the volume given off the pump: it says what went in.")
    if event in (InfusionStep.STOPPED, InfusionStep.PAUSED) and not why.strip():
        raise Refused("Say why it was interrupted.")


def _dose_was_given(record: Record, *, by: Viewer, at: datetime, happened_at: datetime) -> None:
    """Move the visit to administering. The first dose also makes this a treated session of the course."""
    visit = record.visit
    if visit.state == "administering":
        return
    first = visit.session_number is None
    if first:
        visit.session_number = courses.record_treated_session(
            by=by,
            at=at,
            course_id=visit.course_id,
            visit_id=visit.id,
            started_at=happened_at,
            on=record.local(happened_at).date(),
            mg_per_kg=record.order.mg_per_kg if record.order else None,
        )
    event = "record_first_dose" if first else "record_further_dose"
    step(record, event, by=by, at=at, happened_at=happened_at)


def _finish(record: Record, *, by: Viewer, at: datetime, happened_at: datetime, note: str = "") -> None:
    if record.visit.state == "administering":
        step(record, "finish_administration", by=by, at=at, happened_at=happened_at, note=note)
    note_deviations(record, assess.given(record, at, finished=True), by=by, at=at)


def _ask_forecasts(record: Record, *, by: Viewer, at: datetime) -> None:
    for question in questions.forecasts(record):
        forecasts.request(by=by, at=at, subject=record.visit.id, question=question)
