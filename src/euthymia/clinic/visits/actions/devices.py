"""Devices as they were used, one by one. What was given is never refused; a breach is kept as a deviation."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.visits import assess, models
from euthymia.clinic.visits.actions._common import (
    Refused,
    add,
    audited,
    earlier,
    expect_version,
    locked,
    note_deviations,
    timed,
)
from euthymia.clinic.visits.actions._giving import (
    after_dose,
    corrected,
    dose_was_given,
    explain_new,
    finish,
    giver,
    open_deviations,
    refuse_twice,
    to_correct,
)
from euthymia.clinic.visits.actions._places import in_place_of_moved
from euthymia.clinic.visits.models.dose import MOST_DEVICES_RECORDABLE
from euthymia.clinic.visits.record import Record
from euthymia.protocol import Product


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
    why_anyway: str = "",
    given_by: UUID | None = None,
    idempotency_key: UUID | None = None,
) -> UUID:
    """Record one device as it was used, and return its id. A breach is kept as a deviation; nothing is refused for it.

    ``why_anyway`` is the reason of what this entry breaches: unconfirmed, too early, past its expiry. The same key
    twice is one dose; the same number twice with other keys raises Conflict: two people recorded it.
    """
    record = locked(by, visit_id, Permission.RECORD_ADMINISTRATION)
    if again := earlier(models.DeviceAdministration, record, idempotency_key):
        return again.id
    if record.product is not Product.ESKETAMINE_NASAL:
        raise Refused(
            "This visit is for ketamine, not for a nasal spray. Look whether it is the right patient."
        )
    if not 1 <= number <= MOST_DEVICES_RECORDABLE:
        raise Refused(f"Devices are numbered from 1 to {MOST_DEVICES_RECORDABLE}.")
    refuse_twice(record, record.devices, number)
    before = open_deviations(record)
    device = add(
        models.DeviceAdministration,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        **in_place_of_moved(record, models.DeviceAdministration, number=number),
        **timed(record, measured_at, at),
        **giver(by, given_by),
        order=record.order,
        number=number,
        first_nostril=first_nostril,
        lot=lot.strip(),
        expires_on=expires_on,
        serial=serial.strip(),
        problem=problem.strip(),
    )
    dose_was_given(record, by=by, at=at, happened_at=measured_at)
    fresh = Record(record.visit)
    ordered = fresh.order.devices if fresh.order else None
    if ordered is not None and len(fresh.devices) >= ordered:
        finish(fresh, by=by, at=at, happened_at=measured_at)
    else:
        note_deviations(fresh, assess.given(fresh, at, finished=False), by=by, at=at)
    explain_new(record, before, why_anyway, by=by, at=at)
    after_dose(fresh, by=by, at=at)
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
    given_by: UUID | None = None,
    idempotency_key: UUID | None = None,
) -> None:
    """Put the record of a device right. The first entry stays, with its author and the reason."""
    record = locked(by, visit_id, Permission.RECORD_ADMINISTRATION)
    if earlier(models.DeviceAdministration, record, idempotency_key):
        return
    wrong = to_correct(record, record.devices, device_id, why)
    add(
        models.DeviceAdministration,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        corrects=wrong,
        reason=why.strip(),
        **timed(record, measured_at, at),
        **({"given_by_id": wrong.given_by_id} | giver(by, given_by)),
        order=wrong.order,
        number=wrong.number,
        first_nostril=first_nostril,
        lot=lot.strip(),
        expires_on=expires_on,
        serial=serial.strip(),
        problem=problem.strip(),
    )
    corrected(record, by=by, at=at)
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
        raise Refused(
            "Something is held under the tongue. Record when it was swallowed or spat out."
            if record.in_mouth
            else "The infusion still runs. Record its end or that it was stopped."
            if record.infusion
            else "No dose has been given. Withdraw the order, or record that there is no dose today."
        )
    if not why.strip():
        raise Refused("Say why no further device is given.")
    finish(record, by=by, at=at, happened_at=record.last_dose_at, note=why.strip())
    audited(record, "finish_administration", by=by, at=at)
