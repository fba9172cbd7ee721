"""Change of shift: what the next nurse must know of each patient in the room, and what was handed over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from euthymia.clinic.access.permissions import Permission, Role
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.people import queries as people
from euthymia.clinic.visits import assess, models
from euthymia.clinic.visits.queries._common import (
    PRODUCT_WORDS,
    alarm_view,
    due_view,
    found_later,
    state_words,
    unanswered,
)
from euthymia.clinic.visits.queries._readings import latest
from euthymia.clinic.visits.queries.dosing import dosing
from euthymia.clinic.visits.queries.paper import staff_choices
from euthymia.clinic.visits.record import Record, records
from euthymia.protocol import VISIT, DueState
from euthymia.protocol.watching import Watch, WatchEvent, WatchStep, watch_of

Summary = dict[str, Any]
_SHOWN_FOR = timedelta(hours=24)  # ours: how long a handover stays on the page
_MOST_DUE, _MOST_ANSWERED = 3, 4


@dataclass(frozen=True, slots=True)
class Room:
    """Who is here now, each with a summary; ``locked`` are restricted charts this viewer has not opened."""

    patients: tuple[tuple[UUID, Summary], ...]
    locked: int
    read_at: datetime


@dataclass(frozen=True, slots=True)
class HandedOverView:
    """One patient of a handover as it stood then. Of a restricted chart nothing but that."""

    visit_id: UUID
    summary: Summary
    concerns: str
    locked: bool


@dataclass(frozen=True, slots=True)
class HandoverView:
    """One handover, and whether it was taken over."""

    id: UUID
    by: str
    to: str
    to_id: UUID
    at: datetime
    note: str
    patients: tuple[HandedOverView, ...]
    accepted_at: datetime | None
    question: str

    @property
    def is_accepted(self) -> bool:
        """Whether the incoming nurse has taken over."""
        return self.accepted_at is not None


def room(viewer: Viewer, now: datetime) -> Room:
    """Every patient in the clinic's care now, in the order of the chairs."""
    viewer.require(Permission.VIEW_CHART)
    visits = list(
        models.Visit.objects.filter(clinic_id=viewer.clinic_id, state__in=sorted(VISIT.occupied))
        .select_related("clinic", "course__patient", "chair")
        .order_by("chair__name", "scheduled_at")
    )
    open_to = set(people.visible(viewer).filter(courses__visits__in=visits).values_list("id", flat=True))
    mine = [visit for visit in visits if visit.course.patient_id in open_to]
    found = records(mine) if mine else []
    return Room(
        patients=tuple((record.visit.id, summarise(record, now)) for record in found),
        locked=len(visits) - len(mine),
        read_at=now,
    )


def summarise(record: Record, now: datetime) -> Summary:
    """What the next nurse must know, as words of now: it is kept as it was told."""
    visit, patient = record.visit, record.visit.course.patient
    due = assess.due_list(record, now) if record.t0 else ()
    waiting = [due_view(record, each) for each in due if each.state in (DueState.OVERDUE, DueState.DUE)]
    coming = [due_view(record, each) for each in due if each.state is DueState.UPCOMING]
    answered = [alarm_view(record, each) for each in record.alarms if hasattr(each, "acknowledgement")]
    risk, escort, arrived = record.risk_after or record.risk_before, record.escort, record.escort_word
    watch = watch_now(record)
    return {
        "name": f"{patient.given_name} {patient.family_name}",
        "mrn": patient.medical_record_number,
        "chair": visit.chair.name,
        "product": PRODUCT_WORDS[visit.product],
        "state": state_words(visit.state),
        "t0": _clock(record, record.t0),
        "last_dose": _clock(record, record.last_dose_at),
        "dose": _dose(record),
        "readings": [
            f"{each.name} {each.value} {each.unit}".strip() + f" ({_clock(record, each.at)})"
            for each in latest(record)
        ],
        "overdue": [_due(record, each) for each in waiting],
        "due": [_due(record, each) for each in coming[:_MOST_DUE]],
        "alarms": [f"{each.finding.rule}: {each.finding.sentence}" for each in unanswered(record)],
        "later": [f"{each.finding.rule}: {each.finding.sentence}" for each in found_later(record)],
        "answered": [
            f"{each.finding.rule}: {each.answer} ({each.answered_by}, {_clock(record, each.answered_at)})"
            for each in answered[-_MOST_ANSWERED:]
        ],
        "watching": f"{watch.name}, since {_clock(record, watch.since)}" if watch.is_kept else "nobody",
        "escort": _escort(record, arrived, escort),
        "risk": f"{risk.level}: {risk.basis} ({_clock(record, risk.assessed_at)})" if risk else "not judged",
        "leave": _leave(record, now),
        "asked_at": _clock(record, now),
    }


def staff_who_watch(viewer: Viewer) -> tuple[tuple[str, str], ...]:
    """To whom a room can be handed: those who may watch patients, but the viewer."""
    found = staff_choices(viewer, Role.NURSE, Role.PRESCRIBER)
    return tuple((value, name) for value, name in found if value != str(viewer.user_id))


def watch_now(record: Record) -> Watch:
    """Who watches, from what people pressed."""
    rows = models.Watching.objects.current().filter(visit=record.visit.id)
    return watch_of(
        WatchEvent(
            step=WatchStep(row.step),
            at=row.recorded_at,
            who=str(row.recorded_by_id),
            name=row.recorded_by.name,
            to=str(row.offered_to_id or ""),
            to_name=row.offered_to.name if row.offered_to else "",
        )
        for row in rows.select_related("recorded_by", "offered_to")
    )


def handovers(viewer: Viewer, now: datetime) -> tuple[HandoverView, ...]:
    """The handovers of the last day, the latest first, without the patients of them."""
    viewer.require(Permission.VIEW_CHART)
    rows = models.Handover.objects.filter(clinic_id=viewer.clinic_id, recorded_at__gte=now - _SHOWN_FOR)
    rows = rows.select_related("recorded_by", "to", "accepted").order_by("-recorded_at")
    return tuple(_view(row, ()) for row in rows)


def handover(viewer: Viewer, handover_id: UUID) -> HandoverView:
    """One handover whole. Raises NotFound for another clinic's."""
    viewer.require(Permission.VIEW_CHART)
    row = (
        models.Handover.objects.filter(clinic_id=viewer.clinic_id, id=handover_id)
        .select_related("recorded_by", "to", "accepted")
        .first()
    )
    if row is None:
        raise NotFound("No such handover.")
    open_to = set(people.visible(viewer).values_list("id", flat=True))
    patients = row.patients.select_related("visit__course", "visit__chair").order_by("visit__chair__name")
    return _view(row, tuple(_patient(each, each.visit.course.patient_id in open_to) for each in patients))


def _patient(row: models.HandedOver, visible: bool) -> HandedOverView:
    if visible:
        return HandedOverView(row.visit_id, row.summary, row.concerns, locked=False)
    chair = {"chair": row.visit.chair.name, "name": "Restricted chart"}
    return HandedOverView(row.visit_id, chair, "", locked=True)


def _view(row: models.Handover, patients: tuple[HandedOverView, ...]) -> HandoverView:
    accepted = getattr(row, "accepted", None)
    return HandoverView(
        id=row.id,
        by=row.recorded_by.name,
        to=row.to.name,
        to_id=row.to_id,
        at=row.recorded_at,
        note=row.note,
        patients=patients,
        accepted_at=accepted.recorded_at if accepted else None,
        question=accepted.question if accepted else "",
    )


def _clock(record: Record, at: datetime | None) -> str:
    if at is None:
        return ""
    local, today = record.local(at), record.local(record.visit.scheduled_at).date()
    return f"{local:%H:%M}" if local.date() == today else f"{local:%d %b %H:%M}"


def _due(record: Record, each: Any) -> str:
    late = " OVERDUE" if each.status == DueState.OVERDUE.value else ""
    return f"{_clock(record, each.due_at)} {each.title}{late}"


def _dose(record: Record) -> str:
    found = dosing(record)
    given = f"{found.given_mg.normalize():f} mg given" if found.given_mg else ""
    ordered = f"{found.order.dose_mg.normalize():f} mg ordered" if found.order else "no order"
    running = {"running": "infusion running", "paused": "infusion paused"}.get(found.infusion_state, "")
    return "; ".join(filter(None, (ordered, given, running)))


def _escort(record: Record, said: models.EscortArrival | None, planned: models.EscortPlan | None) -> str:
    if said and said.here:
        return f"{said.name}, is here"
    gone = (
        f"not here at {_clock(record, said.measured_at)}: {said.why.rstrip('.')}. Announced: " if said else ""
    )
    if planned is None:
        return f"{gone}nobody" if gone else "not known"
    return f"{gone}{planned.name}, {planned.phone}, expected {_clock(record, planned.expected_at)}"


def _leave(record: Record, now: datetime) -> str:
    leave = assess.earliest_leave(record, now) if record.t0 else None
    if leave is None:
        return ""
    when = f"not before {_clock(record, leave.at)}" if leave.at else "the dose is not finished"
    return (
        f"{when}; waits for: {leave.waits_for[0].sentence}" if leave.waits_for else "every criterion is met"
    )
