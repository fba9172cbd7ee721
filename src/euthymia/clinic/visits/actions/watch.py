"""Watching after the dose: readings and their corrections, alarms answered, waived observations, breaches explained."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.db import transaction

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.safety import actions as safety
from euthymia.clinic.safety.models import TaskKind
from euthymia.clinic.visits import assess, models
from euthymia.clinic.visits.actions._common import (
    Conflict,
    Refused,
    Unusual,
    add,
    add_all,
    audited,
    earlier,
    locked,
    timed,
)
from euthymia.clinic.visits.actions._judging import if_late, judge
from euthymia.clinic.visits.limits import limits
from euthymia.clinic.visits.models.observed import Kind
from euthymia.clinic.visits.record import Record
from euthymia.protocol import DueState, Symptom
from euthymia.protocol.monitoring import AGAIN


@dataclass(frozen=True, slots=True)
class Readings:
    """One set as it was entered: what was not taken is ``None``.

    Pressures in mmHg, rates per minute, saturation in per cent, sedation by MOAA/S (5 alert to 0), dissociation
    and nausea 0 none to 3 severe, anxiety and pain 0 none to 10. ``symptoms`` is empty when asked about and
    absent, ``None`` when nobody asked.
    """

    systolic: int | None = None
    diastolic: int | None = None
    heart_rate: int | None = None
    respiratory_rate: int | None = None
    spo2: int | None = None
    sedation: int | None = None
    dissociation: int | None = None
    nausea: int | None = None
    anxiety: int | None = None
    pain: int | None = None
    symptoms: frozenset[Symptom] | None = None
    note: str = ""


NAMES = {
    "systolic": "upper pressure",
    "diastolic": "lower pressure",
    "heart_rate": "heart rate",
    "respiratory_rate": "breathing rate",
    "spo2": "oxygen saturation",
    "sedation": "sedation",
    "dissociation": "dissociation",
    "nausea": "nausea",
    "anxiety": "anxiety",
    "pain": "pain",
}


@transaction.atomic
def record_observations(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    readings: Readings,
    measured_at: datetime,
    confirmed: Collection[str] = (),
    from_paper: bool = False,
    idempotency_key: UUID | None = None,
) -> UUID:
    """Record a set of readings and judge it at once; returns the id of the set.

    Raises Refused for what cannot be, Unusual for what seldom is until it is among
    ``confirmed``. The same key twice is one set. Of a set ``from_paper`` the rules look when the whole sheet is in.
    """
    record = locked(by, visit_id, Permission.RECORD_OBSERVATION)
    first_key = uuid5(idempotency_key, "0") if idempotency_key else None
    if again := earlier(models.Observation, record, first_key):
        return again.set_id
    unusual = check(readings)
    if not set(unusual) <= set(confirmed):
        raise Unusual(unusual)
    set_id = uuid4()
    when = timed(record, measured_at, at)
    keyed = (
        {**row, "idempotency_key": uuid5(idempotency_key, str(number)) if idempotency_key else None}
        for number, row in enumerate(rows_of(readings))
    )
    told = {**when, "set_id": set_id, "confirmed": bool(unusual)}
    add_all(models.Observation, record, keyed, by=by, at=at, **told)
    if not from_paper:
        judge(record, by=by, at=at, late=if_late(record, measured_at))
    audited(record, "record_observations", by=by, at=at, set=set_id)
    return set_id


def check(readings: Readings) -> tuple[str, ...]:
    """Refuse what cannot be; name what is unusual, for confirmation."""
    if (readings.systolic is None) != (readings.diastolic is None):
        raise Refused("A blood pressure has two numbers: enter both, or neither.")
    if (
        readings.systolic is not None
        and readings.diastolic is not None
        and readings.diastolic >= readings.systolic
    ):
        raise Refused(
            f"{readings.systolic}/{readings.diastolic} cannot be: the lower number is not below the upper."
        )
    unusual = []
    for name, limit in limits().items():
        value = getattr(readings, name)
        if value is None:
            continue
        if not limit.is_possible(value):
            told = f"{NAMES[name]} {value} {limit.unit}".strip()
            raise Refused(f"{told[:1].upper()}{told[1:]} cannot be. Check the number.", name)
        if not limit.is_usual(value):
            unusual.append(f"{NAMES[name]} {value} {limit.unit}".strip())
    if all(getattr(readings, field.name) in (None, "") for field in fields(readings)):
        raise Refused("Nothing was entered. Enter at least one reading.")
    return tuple(unusual)


@transaction.atomic
def correct_observation(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    observation_id: UUID,
    why: str,
    value: int | None = None,
    diastolic: int | None = None,
    symptoms: frozenset[Symptom] | None = None,
    note: str = "",
    artefact: bool = False,
    stands: bool = False,
    confirmed: Collection[str] = (),
    idempotency_key: UUID | None = None,
) -> None:
    """Put a value right, or mark it as an artefact. The first value stays, with its author and the reason.

    ``stands`` says that somebody looked again and what a monitor sent is right.

    Raises Conflict when somebody else corrected it first: both values are named.
    """
    record = locked(by, visit_id, Permission.RECORD_OBSERVATION)
    if earlier(models.Observation, record, idempotency_key):
        return
    if not why.strip():
        raise Refused("Say why the value is wrong.")
    wrong = (
        models.Observation.objects.select_related("recorded_by")
        .filter(visit=record.visit, id=observation_id)
        .first()
    )
    if wrong is None:
        raise NotFound("No such observation in this visit.")
    _refuse_corrected(record, wrong)
    new = _as_it_was(wrong) if artefact or stands else _new_value(wrong, value, diastolic, symptoms, note)
    unusual = () if artefact or stands else _check_new_value(wrong, new)
    if not set(unusual) <= set(confirmed):
        raise Unusual(unusual)
    add(
        models.Observation,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        corrects=wrong,
        reason=why.strip(),
        measured_at=wrong.measured_at,
        entered_offset_min=wrong.entered_offset_min,
        set_id=wrong.set_id,
        kind=wrong.kind,
        artefact=artefact,
        confirmed=stands or bool(unusual),
        **new,
    )
    changed = not (artefact or stands)
    judge(record, by=by, at=at, late=if_late(record, wrong.measured_at) if changed else None)
    audited(
        record,
        "mark_artefact" if artefact else "correct_observation",
        by=by,
        at=at,
        observation=observation_id,
    )


@transaction.atomic
def acknowledge(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    alarm_ids: Collection[UUID],
    action: str,
    done: Collection[str] = (),
    measured_at: datetime | None = None,
    idempotency_key: UUID | None = None,
) -> None:
    """Answer alarms by name, with what was done: one answer for all that were on the screen together.

    ``done`` are the actions from the list (``models.Done``), ``action`` what else there is to say.
    ``measured_at`` is when somebody saw to it, where the answer is sent later; else it is now.

    Raises Conflict when somebody else has answered one of them, with what they said.
    """
    record = locked(by, visit_id, Permission.RECORD_OBSERVATION)
    first_key = uuid5(idempotency_key, "0") if idempotency_key else None
    if earlier(models.Acknowledgement, record, first_key):
        return
    listed = [each for each in models.Done if each.value in set(done)]
    if unknown := set(done) - set(models.Done.values):
        raise Refused(f"“{sorted(unknown)[0]}” is no action of the list. Choose again.", "done")
    told = "; ".join(filter(None, (*(each.label for each in listed), action.strip())))
    if not told:
        raise Refused("Say what you did or saw.", "action")
    alarms = [each for each in record.alarms if each.id in set(alarm_ids)]
    if not alarms or len(alarms) != len(set(alarm_ids)):
        raise NotFound("No such alarm in this visit.")
    for number, alarm in enumerate(alarms):
        if answered := getattr(alarm, "acknowledgement", None):
            when = record.local(answered.recorded_at)
            raise Conflict(f"{answered.recorded_by.name} answered this at {when:%H:%M}: {answered.action}")
        add(
            models.Acknowledgement,
            record,
            by=by,
            at=at,
            key=uuid5(idempotency_key, str(number)) if idempotency_key else None,
            **timed(record, measured_at or at, at),
            alarm=alarm,
            done=[each.value for each in listed],
            action=told,
        )
        safety.settle(
            by=by,
            at=at,
            origin=f"alarm:{alarm.id}",
            kinds=[TaskKind.LATE_FINDING],
            outcome="The alarm was answered in the visit.",
            done_at=at,
        )
    audited(record, "acknowledge", by=by, at=at, rules=[alarm.rule for alarm in alarms])


@transaction.atomic
def waive(
    *, by: Viewer, at: datetime, visit_id: UUID, due_key: str, why: str, idempotency_key: UUID | None = None
) -> None:
    """Decide not to take a due observation, with the reason."""
    record = locked(by, visit_id, Permission.RECORD_OBSERVATION)
    if earlier(models.WaivedObservation, record, idempotency_key):
        return
    if not why.strip():
        raise Refused("Say why it is not taken.")
    due = next((each for each in assess.due_list(record, at) if each.key == due_key), None)
    if due is None:
        raise NotFound("No such due observation.")
    if due.state is DueState.WAIVED:
        raise Conflict("Somebody has waived it already.")
    earlier_ones = sum(each.due_key.partition(AGAIN)[0] == due_key for each in record.waivers)
    kept_as = f"{due_key}{AGAIN}{earlier_ones}" if earlier_ones else due_key
    add(models.WaivedObservation, record, by=by, at=at, key=idempotency_key, due_key=kept_as, why=why.strip())
    audited(record, "waive", by=by, at=at, due=due_key)


@transaction.atomic
def explain_deviation(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    deviation_id: UUID,
    why: str,
    idempotency_key: UUID | None = None,
) -> None:
    """Give the reason of a breach. Raises Conflict when somebody else has given one."""
    record = locked(by, visit_id, Permission.RECORD_OBSERVATION)
    if earlier(models.DeviationReason, record, idempotency_key):
        return
    if not why.strip():
        raise Refused("Say why it happened.")
    deviation = next((each for each in record.deviations if each.id == deviation_id), None)
    if deviation is None:
        raise NotFound("No such deviation in this visit.")
    if answer := getattr(deviation, "answer", None):
        raise Conflict(f"{answer.recorded_by.name} gave a reason already: {answer.why}")
    add(
        models.DeviationReason,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        deviation=deviation,
        why=why.strip(),
    )
    audited(record, "explain_deviation", by=by, at=at, deviation=deviation_id, rule=deviation.rule)


_NUMBERS = (
    Kind.HEART_RATE,
    Kind.RESPIRATORY_RATE,
    Kind.SPO2,
    Kind.SEDATION,
    Kind.DISSOCIATION,
    Kind.NAUSEA,
    Kind.ANXIETY,
    Kind.PAIN,
)


def rows_of(readings: Readings) -> list[dict[str, Any]]:
    """A set as the rows it becomes."""
    rows: list[dict[str, Any]] = []
    if readings.systolic is not None:
        rows.append({"kind": Kind.PRESSURE, "value": readings.systolic, "diastolic": readings.diastolic})
    taken = ((kind, getattr(readings, kind.value)) for kind in _NUMBERS)
    rows.extend({"kind": kind, "value": value} for kind, value in taken if value is not None)
    if readings.symptoms is not None:
        rows.append(
            {"kind": Kind.SYMPTOMS, "symptoms": sorted(symptom.value for symptom in readings.symptoms)}
        )
    if readings.note.strip():
        rows.append({"kind": Kind.NOTE, "note": readings.note.strip()})
    return rows


def _refuse_corrected(record: Record, wrong: models.Observation) -> None:
    if wrong.artefact:
        raise Conflict("It is marked as an artefact already.")
    later = models.Observation.objects.select_related("recorded_by").filter(corrects=wrong).first()
    if later is not None:
        now = "an artefact" if later.artefact else shown(later)
        raise Conflict(
            f"{later.recorded_by.name} corrected it at {record.local(later.recorded_at):%H:%M}, "
            f"from {shown(wrong)} to {now}: {later.reason}"
        )


def _as_it_was(wrong: models.Observation) -> dict[str, Any]:
    return {name: getattr(wrong, name) for name in ("value", "diastolic", "symptoms", "note")}


def _new_value(
    wrong: models.Observation,
    value: int | None,
    diastolic: int | None,
    symptoms: frozenset[Symptom] | None,
    note: str,
) -> dict[str, Any]:
    """What stands from now on, of the kind that was wrong."""
    if wrong.kind == Kind.SYMPTOMS:
        if symptoms is None:
            raise Refused("Say which symptoms there were, or that there were none.")
        return {"symptoms": sorted(symptom.value for symptom in symptoms)}
    if wrong.kind == Kind.NOTE:
        if not note.strip():
            raise Refused("Write the note as it should be, or mark it as entered by mistake.")
        return {"note": note.strip()}
    if value is None:
        raise Refused("Enter the right value.")
    return {"value": value, "diastolic": diastolic}


def _check_new_value(wrong: models.Observation, new: dict[str, Any]) -> tuple[str, ...]:
    if wrong.kind in (Kind.SYMPTOMS, Kind.NOTE):
        return ()
    if wrong.kind == Kind.PRESSURE:
        return check(Readings(systolic=new["value"], diastolic=new["diastolic"]))
    alone: dict[str, Any] = {wrong.kind: new["value"]}
    return check(Readings(**alone))


def shown(row: models.Observation) -> str:
    """A value as people say it."""
    if row.kind == Kind.PRESSURE:
        return f"{row.value}/{row.diastolic}"
    return str(row.value) if row.value is not None else row.note or ", ".join(row.symptoms or ()) or "none"
