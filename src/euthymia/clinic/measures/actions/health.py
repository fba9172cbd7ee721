"""Writing what was asked and measured about a patient's health: each entry is a fact, audited without its values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.utils import timezone

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.bases import Fact
from euthymia.clinic.audit.facts import Refused, insert_once
from euthymia.clinic.audit.times import check_not_future, entered_offset_min
from euthymia.clinic.measures.models import (
    BodyHeight,
    ExaminationRecord,
    LiverJudgement,
    MedicineList,
    MedicineTaken,
    RestingPressure,
    SubstanceAnswer,
)
from euthymia.clinic.people import queries as people
from euthymia.evidence import entry_limit
from euthymia.protocol import Examination, InteractionClass, LiverImpairment, Substance


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenMedicine:
    """One medicine as entered. ``classes`` is None while nobody has said which apply."""

    name: str
    dose: str = ""
    classes: frozenset[InteractionClass] | None = None
    lorazepam_mg_per_day: Decimal | None = None
    started_on: date | None = None
    stopped_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What was said about one substance. ``times_past_year`` is None when it is not known."""

    times_past_year: int | None
    last_used_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """One examination as entered. ``abnormal`` is the reader's judgement, None while nobody has read it."""

    examination: Examination
    done_on: date
    value: str = ""
    unit: str = ""
    result: str = ""
    abnormal: bool | None = None
    read_by: str = ""


@transaction.atomic
def record_medicines(
    *,
    by: Viewer,
    at: datetime,
    patient_id: UUID,
    medicines: Iterable[TakenMedicine],
    basis: str,
    taken_at: datetime,
    idempotency_key: UUID | None = None,
) -> UUID:
    """Record the whole list as it was gone through; an empty one says that the patient takes none.

    Raises:
        Refused: the basis is missing, a name is empty, or the time lies in the future.
    """
    found = tuple(medicines)
    _check_basis(basis)
    check_not_future(taken_at, at, "taken_at")
    if any(not each.name.strip() for each in found):
        raise Refused("Give each medicine its name.")
    listed, new = _insert(
        MedicineList(
            none_taken=not found,
            basis=basis.strip(),
            taken_at=taken_at,
            entered_offset_min=entered_offset_min(taken_at),
        ),
        by=by,
        at=at,
        patient_id=patient_id,
        key=idempotency_key,
    )
    for each in found if new else ():
        MedicineTaken.objects.create(
            clinic_id=by.clinic_id,
            recorded_at=at,
            recorded_by_id=by.user_id,
            medicine_list=listed,
            name=each.name.strip(),
            dose=each.dose.strip(),
            classes=sorted(one.name.lower() for one in each.classes) if each.classes else None,
            lorazepam_mg_per_day=each.lorazepam_mg_per_day,
            started_on=each.started_on,
            stopped_on=each.stopped_on,
        )
    list_id: UUID = listed.id
    return list_id


@transaction.atomic
def record_substances(
    *,
    by: Viewer,
    at: datetime,
    patient_id: UUID,
    uses: Mapping[Substance, Use],
    basis: str,
    asked_at: datetime,
    idempotency_key: UUID | None = None,
) -> None:
    """Record what was said about each substance that was asked about.

    Raises:
        Refused: the basis is missing, or a time or a last use lies in the future.
    """
    _check_basis(basis)
    check_not_future(asked_at, at, "asked_at")
    for substance, use in uses.items():
        _check_day(use.last_used_on, at, "The last use")
        fact = SubstanceAnswer(
            substance=substance.name.lower(),
            times_past_year=use.times_past_year,
            last_used_on=use.last_used_on,
            basis=basis.strip(),
            asked_at=asked_at,
            entered_offset_min=entered_offset_min(asked_at),
        )
        _insert(fact, by=by, at=at, patient_id=patient_id, key=_part(idempotency_key, substance.name))


@transaction.atomic
def record_tests(
    *,
    by: Viewer,
    at: datetime,
    patient_id: UUID,
    tests: Iterable[Test],
    idempotency_key: UUID | None = None,
) -> None:
    """Record what examinations showed.

    Raises:
        Refused: a day lies in the future, a test says nothing, or a judged one does not say who read it.
    """
    for number, each in enumerate(tests):
        _check_day(each.done_on, at, "The day of a test")
        if each.abnormal is not None and not each.read_by.strip():
            raise Refused(f"Say who read this: {each.examination.value}.")
        if not (each.value.strip() or each.result.strip() or each.abnormal is not None):
            raise Refused(f"Say what this showed: {each.examination.value}.")
        fact = ExaminationRecord(
            examination=each.examination.name.lower(),
            done_on=each.done_on,
            value=each.value.strip(),
            unit=each.unit.strip(),
            result=each.result.strip(),
            abnormal=each.abnormal,
            read_by=each.read_by.strip(),
        )
        key = _part(idempotency_key, f"{each.examination.name} {number}")
        _insert(fact, by=by, at=at, patient_id=patient_id, key=key)


@transaction.atomic
def record_liver(
    *,
    by: Viewer,
    at: datetime,
    patient_id: UUID,
    impairment: LiverImpairment,
    basis: str,
    idempotency_key: UUID | None = None,
) -> None:
    """Record how much the liver is impaired, as a clinician judged it."""
    _check_basis(basis)
    here = timezone.localtime(at)
    fact = LiverJudgement(
        impairment=impairment.name.lower(),
        basis=basis.strip(),
        judged_at=at,
        entered_offset_min=entered_offset_min(here),
    )
    _insert(fact, by=by, at=at, patient_id=patient_id, key=idempotency_key)


@transaction.atomic
def record_pressure(
    *,
    by: Viewer,
    at: datetime,
    patient_id: UUID,
    systolic_mmhg: int,
    diastolic_mmhg: int,
    measured_at: datetime,
    idempotency_key: UUID | None = None,
) -> None:
    """Record one blood pressure at rest.

    Raises:
        Refused: no person has that pressure, or the time lies in the future.
    """
    check_not_future(measured_at, at, "measured_at")
    readings = {"systolic": systolic_mmhg, "diastolic": diastolic_mmhg}
    possible = all(
        entry_limit(name, of="observations").is_possible(Decimal(value)) for name, value in readings.items()
    )
    if not possible or systolic_mmhg <= diastolic_mmhg:
        raise Refused("Nobody has this blood pressure. Read it again.", "systolic")
    fact = RestingPressure(
        systolic_mmhg=systolic_mmhg,
        diastolic_mmhg=diastolic_mmhg,
        measured_at=measured_at,
        entered_offset_min=entered_offset_min(measured_at),
    )
    _insert(fact, by=by, at=at, patient_id=patient_id, key=idempotency_key)


@transaction.atomic
def record_height(
    *,
    by: Viewer,
    at: datetime,
    patient_id: UUID,
    height_cm: Decimal,
    measured_at: datetime,
    idempotency_key: UUID | None = None,
) -> None:
    """Record one height.

    Raises:
        Refused: no person is that tall, or the time lies in the future.
    """
    check_not_future(measured_at, at, "measured_at")
    if not entry_limit("height").is_possible(height_cm):
        raise Refused("Nobody is that tall. Enter the height in centimetres.", "height_cm")
    fact = BodyHeight(
        height_cm=height_cm, measured_at=measured_at, entered_offset_min=entered_offset_min(measured_at)
    )
    _insert(fact, by=by, at=at, patient_id=patient_id, key=idempotency_key)


def _insert(fact: Any, *, by: Viewer, at: datetime, patient_id: UUID, key: UUID | None) -> tuple[Any, bool]:
    by.require(Permission.RECORD_HISTORY)
    fact.patient = people.row(by, patient_id)
    fact.clinic_id, fact.recorded_by_id, fact.recorded_at = by.clinic_id, by.user_id, at
    fact.idempotency_key = key
    saved: tuple[Fact, bool] = insert_once(fact)
    if saved[1]:
        name = fact._meta.model_name
        audit.record(
            by=by, verb=f"measures.record_{name}", at=at, patient_id=patient_id, subject=f"{name} {fact.id}"
        )
    return saved


def _part(key: UUID | None, name: str) -> UUID | None:
    return uuid5(key, name) if key else None


def _check_basis(basis: str) -> None:
    if not basis.strip():
        raise Refused("Say where this is known from.", "basis")


def _check_day(day: date | None, at: datetime, what: str) -> None:
    if day is not None and day > timezone.localtime(at).date():
        raise Refused(f"{what} lies in the future. Check the year.")
