"""Entries made on the wrong patient: what can be moved where, and what was moved, told in both charts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.people import queries as people
from euthymia.clinic.visits import models
from euthymia.clinic.visits.models import Movable
from euthymia.clinic.visits.queries._common import record_for, state_words
from euthymia.clinic.visits.queries._readings import shown
from euthymia.clinic.visits.record import Record
from euthymia.protocol import VISIT

_LATELY = timedelta(hours=36)  # ours: as far back as somebody mixes up two patients of one day
_CLOSED = frozenset(
    {"closed", "followed_up", "lost_to_follow_up", "closed_after_death", "cancelled", "missed"}
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is about to be moved, as it stands."""

    what: str
    title: str
    words: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class MovedView:
    """One move as this chart tells it. The other patient is named by record number alone: a chart is shown and sent.

    ``visit_id`` is the other visit; ``may_open`` whether this viewer may follow it.
    """

    away: bool
    title: str
    words: str
    happened_at: datetime
    first_by: str
    first_at: datetime
    moved_by: str
    moved_at: datetime
    why: str
    visit_id: UUID
    mrn: str
    chair: str
    may_open: bool


def entry(viewer: Viewer, visit_id: UUID, what: str, entry_id: UUID) -> Entry:
    """One entry that stands in this visit, to move it. Raises NotFound for one that does not."""
    record = record_for(viewer, visit_id)
    rows = _standing(record, what, entry_id)
    if not rows:
        raise NotFound("No such entry in this visit.")
    return Entry(
        what=what,
        title=Movable(what).label,
        words=_words(rows),
        at=rows[0].measured_at,
        by=getattr(rows[0], "source", "") or rows[0].recorded_by.name,
    )


def move_targets(viewer: Viewer, visit_id: UUID, now: datetime) -> tuple[tuple[str, str], ...]:
    """The other visits an entry can belong to, as (id, who and where), those of patients here now first."""
    record = record_for(viewer, visit_id)
    rows = (
        models.Visit.objects.filter(
            Q(scheduled_at__range=(now - _LATELY, now + _LATELY)) | Q(state__in=sorted(VISIT.occupied)),
            clinic_id=viewer.clinic_id,
            course__patient__in=people.visible(viewer),
        )
        .exclude(id=record.visit.id)
        .exclude(state__in=sorted(_CLOSED))
        .select_related("course__patient", "chair")
    )
    ordered = sorted(rows, key=lambda row: (row.state not in VISIT.occupied, row.scheduled_at))
    return tuple((str(row.id), _target(row)) for row in ordered)


def moved(viewer: Viewer, record: Record) -> tuple[MovedView, ...]:
    """What was moved away from this visit and what arrived in it, the latest first; one line for one press."""
    rows = (
        models.MovedEntry.objects.filter(Q(visit=record.visit.id) | Q(to_visit=record.visit.id))
        .select_related(
            "recorded_by", "first_entered_by", "visit__course__patient", "visit__chair",
            "to_visit__course__patient", "to_visit__chair",
        )
        .order_by("-recorded_at")
    )  # fmt: skip
    presses: dict[UUID, list[models.MovedEntry]] = {}
    for row in rows:
        presses.setdefault(row.together, []).append(row)
    return tuple(_view(viewer, record, group) for group in presses.values())


def _view(viewer: Viewer, record: Record, group: list[models.MovedEntry]) -> MovedView:
    first = group[0]
    away = first.visit_id == record.visit.id
    other = first.to_visit if away else first.visit
    patient = other.course.patient
    model = _MODELS[first.what]
    wanted = [row.original if away else row.arrived for row in group]
    told = sorted(model.objects.filter(id__in=wanted), key=lambda row: row.measured_at)
    return MovedView(
        away=away,
        title=Movable(first.what).label,
        words=_words(told),
        happened_at=told[0].measured_at,
        first_by=first.first_entered_by.name,
        first_at=first.first_entered_at,
        moved_by=first.recorded_by.name,
        moved_at=first.recorded_at,
        why=first.why,
        visit_id=other.id,
        mrn=patient.medical_record_number,
        chair=other.chair.name,
        may_open=not patient.restricted or patient.id in viewer.break_glass,
    )


_MODELS: dict[str, type[models.TimedFact]] = {
    Movable.READINGS: models.Observation,
    Movable.DEVICE: models.DeviceAdministration,
    Movable.INFUSION: models.InfusionEvent,
    Movable.MEDICINE: models.MedicineGiven,
}


def _standing(record: Record, what: str, entry_id: UUID) -> list[models.TimedFact]:
    if what == Movable.READINGS:
        sets = {row.set_id for row in record.observations if row.id == entry_id}
        return [row for row in record.observations if row.set_id in sets]
    if what == Movable.DEVICE:
        return [row for row in record.devices if row.id == entry_id]
    if what == Movable.INFUSION and entry_id in {row.id for row in record.infusion}:
        return list(record.infusion)
    if what == Movable.MEDICINE:
        rows = models.MedicineGiven.objects.current().filter(visit=record.visit.id, id=entry_id)
        return list(rows.exclude(id__in=record.moved_away).select_related("recorded_by"))
    return []


def _words(rows: Iterable[models.TimedFact]) -> str:
    return "; ".join(filter(None, (_word(row) for row in rows)))


def _word(row: models.TimedFact) -> str:
    if isinstance(row, models.Observation):
        return f"{row.get_kind_display()} {shown(row)}".strip()
    if isinstance(row, models.DeviceAdministration):
        lot = f", lot {row.lot}" if row.lot else ""
        return f"device {row.number}{lot}"
    if isinstance(row, models.InfusionEvent):
        return row.get_step_display()
    if isinstance(row, models.MedicineGiven):
        return f"{row.medicine} {row.dose.normalize():f} {row.get_unit_display()}, {row.get_route_display().lower()}"
    return ""


def _target(row: models.Visit) -> str:
    patient = row.course.patient
    born = patient.birth_date
    return (
        f"{patient.given_name} {patient.family_name}, born {born.day} {born:%b %Y}, {row.chair.name}: "
        f"{state_words(row.state).lower()}"
    )
