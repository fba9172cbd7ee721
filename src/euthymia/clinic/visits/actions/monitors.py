"""Bedside monitors: letting them in, saying where they stand, taking what they send, deciding what had no place."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Reauthenticated, Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.facts import insert_once
from euthymia.clinic.audit.times import entered_offset_min
from euthymia.clinic.visits import models, wire
from euthymia.clinic.visits.actions._common import Conflict, Refused, add, audited, locked
from euthymia.clinic.visits.actions._judging import judge
from euthymia.clinic.visits.actions.watch import Readings, rows_of
from euthymia.clinic.visits.limits import limits
from euthymia.clinic.visits.models import Fate
from euthymia.clinic.visits.queries.monitors import Credential, belongs_to, place_at
from euthymia.clinic.visits.record import Record
from euthymia.protocol import VISIT

_SECRET_BYTES = 32
_HINT = 8


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one set of readings, for the monitor's own log: nothing in it tells of a patient."""

    device_time: datetime
    measured_at: datetime
    fate: str
    why: str
    refused: tuple[dict[str, str], ...]


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a message; ``again`` when it came before and nothing was written."""

    message_id: str
    again: bool
    ahead_s: int | None
    readings: tuple[Taken, ...]


# --- letting them in ---------------------------------------------------------------------------------------------
@transaction.atomic
def keep_monitor(
    *,
    by: Viewer,
    at: datetime,
    name: str,
    make: str = "",
    serial: str = "",
    is_active: bool = True,
    monitor_id: UUID | None = None,
) -> UUID:
    """Add a monitor, or change what is known of it. One out of use is let in by none of its keys."""
    by.require(Permission.MANAGE_MONITORS)
    if not name.strip():
        raise Refused("Give the monitor the name that is written on it.", "name")
    monitor = _monitor(by, monitor_id) if monitor_id else models.Monitor(clinic_id=by.clinic_id)
    monitor.name, monitor.make, monitor.serial = name.strip(), make.strip(), serial.strip()
    monitor.is_active = is_active
    try:
        with transaction.atomic():
            monitor.save()
    except IntegrityError:
        raise Refused(f"There is a monitor called {name.strip()} already.", "name") from None
    audit.record(by=by, verb="visits.keep_monitor", at=at, subject=f"monitor {monitor.pk}")
    return monitor.pk


@transaction.atomic
def issue_key(*, by: Viewer, at: datetime, monitor_id: UUID, reauth: Reauthenticated) -> str:
    """A new key for a monitor, returned once and kept as its hash. Earlier ones go on until they are revoked."""
    by.require(Permission.MANAGE_MONITORS)
    monitor = _monitor(by, monitor_id)
    if not monitor.is_active:
        raise Refused("This monitor is out of use. Take it into use first.")
    secret = f"eum_{secrets.token_urlsafe(_SECRET_BYTES)}"
    key = models.MonitorKey.objects.create(
        monitor=monitor,
        secret_sha256=hashed(secret),
        hint=secret[:_HINT],
        issued_at=at,
        issued_by_id=by.user_id,
        expires_at=at + wire.span("key", "lives"),
    )
    audit.sign(
        by=by,
        meaning="I let this monitor send readings into charts",
        content={"monitor": monitor.pk, "key": key.pk},
        reauth=reauth,
        at=at,
    )
    audit.record(by=by, verb="visits.issue_monitor_key", at=at, subject=f"monitor {monitor.pk}")
    return secret


@transaction.atomic
def revoke_key(*, by: Viewer, at: datetime, monitor_id: UUID, key_id: UUID) -> None:
    """From now on nothing comes in with this key. Asked for again it changes nothing."""
    by.require(Permission.MANAGE_MONITORS)
    key = (
        models.MonitorKey.objects.select_for_update()
        .filter(monitor=_monitor(by, monitor_id), pk=key_id)
        .first()
    )
    if key is None:
        raise NotFound("No such key.")
    if key.revoked_at is None:
        key.revoked_at = at
        key.save(update_fields=["revoked_at"])
    audit.record(by=by, verb="visits.revoke_monitor_key", at=at, subject=f"monitor {monitor_id}")


def hashed(secret: str) -> str:
    """What is kept of a key: it is drawn at random and long, so a plain hash cannot be undone."""
    return hashlib.sha256(secret.encode()).hexdigest()


# --- where they stand --------------------------------------------------------------------------------------------
@transaction.atomic
def place_monitor(
    *,
    by: Viewer,
    at: datetime,
    monitor_id: UUID,
    chair_id: int | None = None,
    visit_id: UUID | None = None,
    idempotency_key: UUID | None = None,
) -> None:
    """Say where a monitor stands from now on: at a chair, with one visit, or nowhere. Earlier readings stay."""
    by.require(Permission.RECORD_OBSERVATION)
    monitor = _monitor(by, monitor_id)
    if chair_id and visit_id:
        raise Refused("Choose a chair or a visit, not both.")
    if chair_id and not models.Chair.objects.filter(clinic_id=by.clinic_id, pk=chair_id).exists():
        raise NotFound("No such chair.")
    record = locked(by, visit_id, Permission.RECORD_OBSERVATION) if visit_id else None
    if record and record.visit.state not in VISIT.occupied:
        raise Refused("This patient is not here. Choose a visit that goes on.")
    place = models.MonitorPlace(
        clinic_id=by.clinic_id,
        recorded_at=at,
        recorded_by_id=by.user_id,
        idempotency_key=idempotency_key,
        monitor=monitor,
        since=at,
        chair_id=chair_id,
        visit_id=visit_id,
    )
    insert_once(place)
    patient = record.visit.course.patient_id if record else None
    audit.record(
        by=by, verb="visits.place_monitor", at=at, patient_id=patient, subject=f"monitor {monitor.pk}"
    )


# --- what they send ----------------------------------------------------------------------------------------------
@transaction.atomic
def receive(*, credential: Credential, at: datetime, message: wire.Message) -> Receipt:
    """Take a message: each set goes into the chart it belongs to, waits for a person, or is known already.

    The same message twice is written once. Raises Conflict when its name was used for another message.
    """
    monitor = models.Monitor.objects.select_for_update().get(pk=credential.monitor_id)
    earlier = models.MonitorMessage.objects.filter(monitor=monitor, message_id=message.message_id).first()
    if earlier is not None:
        if earlier.payload_sha256 != message.sha256:
            raise Conflict("This message id was used for another message. Make a new one for each message.")
        rows = earlier.readings.order_by("recorded_at", "id")
        return Receipt(message.message_id, True, earlier.ahead_s, tuple(_told(row) for row in rows))
    ahead = round((message.sent_at - at).total_seconds()) if message.sent_at else None
    row = models.MonitorMessage.objects.create(
        clinic_id=credential.clinic_id,
        recorded_at=at,
        recorded_by_id=credential.issued_by_id,
        monitor=monitor,
        key_id=credential.key_id,
        message_id=message.message_id,
        form=message.form,
        payload=message.payload,
        payload_sha256=message.sha256,
        sent_at=message.sent_at,
        ahead_s=ahead,
    )
    in_order = sorted(message.readings, key=lambda each: each.device_time)
    taken = tuple(_told(_take(row, message, each, credential, at)) for each in in_order)
    audit.record(
        by=None,
        verb="visits.receive_readings",
        at=at,
        clinic_id=credential.clinic_id,
        subject=f"monitor {monitor.pk}",
        detail={"message": row.pk, "fates": [each.fate for each in taken]},
    )
    return Receipt(message.message_id, False, ahead, taken)


def _take(
    row: models.MonitorMessage,
    message: wire.Message,
    reading: wire.Reading,
    credential: Credential,
    at: datetime,
) -> models.MonitorReading:
    """One set: find out when it was and whose, and write it down."""
    timing = wire.in_time(reading.device_time, sent_at=message.sent_at, received_at=at)
    values = _new_values(row.monitor_id, reading)
    place = place_at(row.monitor_id, timing.measured_at)
    visit, why = (None, timing.hold) if timing.hold else belongs_to(place, timing.measured_at)
    record = _held(visit) if visit else None
    if record and message.patient and message.patient != record.visit.course.patient.medical_record_number:
        record, why = None, "The monitor names another patient than the one it stands with. Look at both."
    fate = Fate.KEPT if record else Fate.WAITING
    if not values:
        fate, why = (Fate.AGAIN, "") if reading.values else (Fate.REFUSED, "No value of it can be.")
    kept = fate == Fate.KEPT and record is not None
    made = models.MonitorReading.objects.create(
        clinic_id=credential.clinic_id,
        recorded_at=at,
        recorded_by_id=credential.issued_by_id,
        message=row,
        monitor_id=row.monitor_id,
        place=place,
        visit=record.visit if kept and record else None,
        device_time=reading.device_time,
        measured_at=timing.measured_at,
        values=values or dict(reading.values),
        refused=[{"path": each.path, "sentence": each.sentence} for each in reading.refused],
        fate=fate,
        why=why if fate != Fate.KEPT else "",
        set_id=uuid4() if kept else None,
    )
    if kept and record is not None and place is not None and made.set_id is not None:
        by = Viewer(place.recorded_by_id, place.recorded_by.name, credential.clinic_id, frozenset())
        _write(record, made, made.set_id, by=by, at=at)
    return made


def _new_values(monitor_id: UUID, reading: wire.Reading) -> dict[str, int]:
    """What of a set has not come before: monitors repeat themselves under new names."""
    before = models.MonitorReading.objects.filter(
        monitor_id=monitor_id, device_time=reading.device_time, fate__in=(Fate.KEPT, Fate.WAITING)
    ).values_list("values", flat=True)
    known = {item for values in before for item in values.items()}
    new = {name: value for name, value in reading.values.items() if (name, value) not in known}
    if new.keys() & {"systolic", "diastolic"}:  # a pressure is one value of two numbers
        new |= {name: reading.values[name] for name in ("systolic", "diastolic")}
    return new


def _write(record: Record, reading: models.MonitorReading, set_id: UUID, *, by: Viewer, at: datetime) -> None:
    """The set becomes observations of the visit, and the rules look at once."""
    source = reading.monitor.name
    measured_at = reading.measured_at
    newest = max((each.measured_at for each in record.observations), default=None)
    for row in rows_of(Readings(**reading.values)):
        add(
            models.Observation,
            record,
            by=by,
            at=at,
            measured_at=measured_at,
            entered_offset_min=entered_offset_min(record.local(measured_at)),
            set_id=set_id,
            source=source,
            monitor_reading=reading,
            **row,
        )
    late = measured_at if newest is not None and measured_at < newest else None
    judge(record, by=by, at=at, source=source, late=late)


def _held(visit: models.Visit) -> Record:
    """The visit, held until the transaction ends. No viewer stands behind a monitor, so none is asked."""
    found = (
        models.Visit.objects.select_for_update(of=("self",))
        .select_related("clinic", "course__patient", "chair")
        .get(pk=visit.pk)
    )
    return Record(found)


def _told(row: models.MonitorReading) -> Taken:
    return Taken(row.device_time, row.measured_at, row.fate, row.why, tuple(row.refused))


# --- what had no place -------------------------------------------------------------------------------------------
@transaction.atomic
def decide_reading(
    *,
    by: Viewer,
    at: datetime,
    reading_id: UUID,
    why: str,
    visit_id: UUID | None = None,
    idempotency_key: UUID | None = None,
) -> None:
    """Say whose readings these are, or that they are nobody's. Raises Conflict when somebody was first."""
    by.require(Permission.RECORD_OBSERVATION)
    reading = (
        models.MonitorReading.objects.select_related("monitor")
        .filter(clinic_id=by.clinic_id, pk=reading_id, fate=Fate.WAITING)
        .first()
    )
    if reading is None:
        raise NotFound("No such readings wait here.")
    models.Monitor.objects.select_for_update().get(pk=reading.monitor_id)  # one after another
    earlier = models.MonitorDecision.objects.select_related("recorded_by").filter(reading=reading).first()
    if earlier is not None:
        if idempotency_key and earlier.idempotency_key == idempotency_key:
            return
        raise Conflict(f"{earlier.recorded_by.name} decided this already: {earlier.why}")
    if not why.strip():
        raise Refused("Say how you know whose they are, or why they are nobody's.", "why")
    record = locked(by, visit_id, Permission.RECORD_OBSERVATION) if visit_id else None
    set_id = uuid4() if record else None
    models.MonitorDecision.objects.create(
        clinic_id=by.clinic_id,
        recorded_at=at,
        recorded_by_id=by.user_id,
        idempotency_key=idempotency_key,
        reading=reading,
        visit=record.visit if record else None,
        why=why.strip(),
        set_id=set_id,
    )
    if record is not None and set_id is not None:
        _write(record, reading, set_id, by=by, at=at)
        audited(record, "decide_reading", by=by, at=at, reading=reading.pk)
    else:
        audit.record(by=by, verb="visits.set_reading_aside", at=at, subject=f"reading {reading.pk}")


def unusual(values: dict[str, Any]) -> tuple[str, ...]:
    """The names of values that seldom are: a person looks at them, the rules have judged them already."""
    return tuple(name for name, value in values.items() if not limits()[name].is_usual(value))


def _monitor(by: Viewer, monitor_id: UUID) -> models.Monitor:
    found = models.Monitor.objects.filter(clinic_id=by.clinic_id, pk=monitor_id).first()
    if found is None:
        raise NotFound("No such monitor.")
    return found
