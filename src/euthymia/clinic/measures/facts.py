"""Gathers what was asked and measured about a patient's health into the frozen values that the rules judge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
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
from euthymia.protocol import (
    Datum,
    Examination,
    ExaminationResult,
    InteractionClass,
    LiverImpairment,
    Medicine,
    Substance,
    SubstanceUse,
)
from euthymia.protocol.facts import Pressure


@dataclass(frozen=True, slots=True)
class Health:
    """What stands of a patient's health. ``medicines`` is None until somebody went through them."""

    medicines: Datum[tuple[Medicine, ...]] | None
    substances: tuple[SubstanceUse, ...]
    liver: Datum[LiverImpairment] | None
    pressures: tuple[Datum[Pressure], ...]
    results: tuple[ExaminationResult, ...]
    height_cm: Datum[Decimal] | None


def health(viewer: Viewer, patient_id: UUID) -> Health:
    """Everything recorded of one patient's health: the last list, the last answer about each substance, all tests.

    Raises:
        NotFound: there is no patient that this person may open.
    """
    viewer.require(Permission.VIEW_CHART)
    people.row(viewer, patient_id)
    return Health(
        medicines=_medicines(patient_id),
        substances=_substances(patient_id),
        liver=_liver(patient_id),
        pressures=tuple(_pressure(row) for row in _standing(RestingPressure, patient_id, "measured_at")),
        results=tuple(_result(row) for row in _standing(ExaminationRecord, patient_id, "done_on")),
        height_cm=_height(patient_id),
    )


@dataclass(frozen=True, slots=True)
class Listed:
    """One medicine of the list that stands, by the id it is asked about."""

    id: UUID
    medicine: Medicine


@dataclass(frozen=True, slots=True)
class StandingList:
    """The list of medicines that stands, to be gone through again."""

    id: UUID
    taken_at: datetime
    origin: str
    medicines: tuple[Listed, ...]


def standing_list(viewer: Viewer, patient_id: UUID) -> StandingList | None:
    """The last list of medicines, ``None`` where nobody ever wrote one.

    Raises:
        NotFound: there is no patient that this person may open.
    """
    viewer.require(Permission.VIEW_CHART)
    people.row(viewer, patient_id)
    found = _standing(MedicineList, patient_id, "taken_at").first()
    if found is None:
        return None
    rows = found.medicines.order_by("recorded_at", "name")
    listed = tuple(Listed(row.id, _medicine(row, found)) for row in rows)
    return StandingList(found.id, found.taken_at, _by(found, found.basis), listed)


def new_in(list_id: UUID) -> tuple[Medicine, ...]:
    """What a list has that the one before it did not: a new medicine, or another dose of one."""
    found = MedicineList.objects.select_related("recorded_by").get(pk=list_id)
    earlier = MedicineList.objects.filter(patient_id=found.patient_id, recorded_at__lt=found.recorded_at)
    before = earlier.order_by("-taken_at", "-recorded_at").first()
    known = {_said(row) for row in before.medicines.all()} if before else set()
    fresh = (row for row in found.medicines.order_by("recorded_at", "name") if _said(row) not in known)
    return tuple(_medicine(row, found) for row in fresh if row.stopped_on is None)


def _said(row: MedicineTaken) -> tuple[object, ...]:
    return row.name.casefold(), row.dose, tuple(row.classes or ()), row.lorazepam_mg_per_day


def _standing(table: Any, patient_id: UUID, newest_by: str) -> Any:
    rows = table.objects.current().filter(patient_id=patient_id).select_related("recorded_by")
    return rows.order_by(f"-{newest_by}", "-recorded_at")


def _medicines(patient_id: UUID) -> Datum[tuple[Medicine, ...]] | None:
    found = _standing(MedicineList, patient_id, "taken_at").first()
    if found is None:
        return None
    taken = tuple(_medicine(row, found) for row in found.medicines.order_by("recorded_at", "name"))
    return Datum(taken, found.taken_at, _by(found, found.basis))


def _medicine(row: MedicineTaken, of: MedicineList) -> Medicine:
    return Medicine(
        name=row.name,
        classes=frozenset(InteractionClass[name.upper()] for name in row.classes) if row.classes else None,
        dose=row.dose,
        at=of.taken_at,
        origin=_by(of, of.basis),
        lorazepam_mg_per_day=row.lorazepam_mg_per_day,
        started_on=row.started_on,
        stopped_on=row.stopped_on,
    )


def _substances(patient_id: UUID) -> tuple[SubstanceUse, ...]:
    latest: dict[str, SubstanceAnswer] = {}
    for row in _standing(SubstanceAnswer, patient_id, "asked_at"):
        latest.setdefault(row.substance, row)
    return tuple(
        SubstanceUse(
            substance=Substance[row.substance.upper()],
            times_past_year=row.times_past_year,
            last_used=row.last_used_on,
            at=row.asked_at,
            origin=_by(row, row.basis),
        )
        for row in sorted(
            latest.values(), key=lambda each: list(Substance.__members__).index(each.substance.upper())
        )
    )


def liver(patient_id: UUID) -> Datum[LiverImpairment] | None:
    """How the patient's liver works, as last judged."""
    return _liver(patient_id)


def _liver(patient_id: UUID) -> Datum[LiverImpairment] | None:
    row = _standing(LiverJudgement, patient_id, "judged_at").first()
    return Datum(LiverImpairment[row.impairment.upper()], row.judged_at, _by(row, row.basis)) if row else None


def _pressure(row: RestingPressure) -> Datum[Pressure]:
    return Datum(
        Pressure(row.systolic_mmhg, row.diastolic_mmhg),
        row.measured_at,
        f"measured by {row.recorded_by.name}",
    )


def _result(row: ExaminationRecord) -> ExaminationResult:
    number = f"{row.value} {row.unit}".strip()
    reader = f"read by {row.read_by}, " if row.read_by else ""
    return ExaminationResult(
        examination=Examination[row.examination.upper()],
        done_on=row.done_on,
        result=", ".join(part for part in (number, row.result) if part),
        abnormal=row.abnormal,
        at=row.recorded_at,
        origin=f"{reader}recorded by {row.recorded_by.name}",
    )


def _height(patient_id: UUID) -> Datum[Decimal] | None:
    row = _standing(BodyHeight, patient_id, "measured_at").first()
    return Datum(row.height_cm, row.measured_at, f"measured by {row.recorded_by.name}") if row else None


def _by(row: Any, basis: str) -> str:
    return f"{basis}; recorded by {row.recorded_by.name}"
