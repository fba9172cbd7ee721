"""An entry made on the wrong patient goes to the right one. Where it was it stays to be seen and counts no more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.courses import actions as courses
from euthymia.clinic.visits import assess, models
from euthymia.clinic.visits.actions._common import (
    Conflict,
    Refused,
    add,
    audited,
    earlier,
    locked,
    note_deviations,
    step,
    timed,
)
from euthymia.clinic.visits.actions._giving import after_dose, dose_was_given, finish
from euthymia.clinic.visits.actions._judging import judge
from euthymia.clinic.visits.actions._places import in_place_of_moved
from euthymia.clinic.visits.actions.drug import given_sources, take_back_given
from euthymia.clinic.visits.models import Movable
from euthymia.clinic.visits.models.dose import InfusionStep
from euthymia.clinic.visits.record import Record
from euthymia.protocol import deviations

SIGNED_AND_CLOSED = frozenset(
    {"closed", "followed_up", "lost_to_follow_up", "closed_after_death", "cancelled", "missed"}
)
PERMISSIONS = {
    Movable.READINGS: Permission.RECORD_OBSERVATION,
    Movable.DEVICE: Permission.RECORD_ADMINISTRATION,
    Movable.INFUSION: Permission.RECORD_ADMINISTRATION,
    Movable.MEDICINE: Permission.RECORD_ADMINISTRATION,
}
_DOSED = frozenset({"administering", "monitoring", "ready_to_leave"})
_BACK_TO = {"scheduled": "take_back_dose_of_nobody_here", "ordered": "take_back_dose"}
_OWN = frozenset(
    {"id", "clinic", "visit", "recorded_at", "recorded_by", "idempotency_key", "corrects", "reason"}
)
"""Columns a row does not take along: who entered it here, when, and what it replaced there."""


@dataclass(frozen=True, slots=True)
class _Move:
    """One press: from where, to where, by whom, and why."""

    what: Movable
    source: Record
    target: Record
    by: Viewer
    at: datetime
    why: str
    together: UUID
    key: UUID | None

    def take(self, rows: Sequence[models.VisitFact], **changed: Any) -> None:
        """Make each row anew in the right visit, and say of the old one where it went."""
        for number, row in enumerate(rows):
            arrived = add(type(row), self.target, by=self.by, at=self.at, **(_columns(row) | changed))
            add(
                models.MovedEntry,
                self.source,
                by=self.by,
                at=self.at,
                key=self.key if number == 0 else None,
                to_visit=self.target.visit,
                what=self.what,
                original=row.pk,
                arrived=arrived.pk,
                together=self.together,
                first_entered_by_id=row.recorded_by_id,
                first_entered_at=row.recorded_at,
                why=self.why,
            )


@transaction.atomic
def move_entry(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    what: str,
    entry_id: UUID,
    to_visit_id: UUID,
    why: str,
    idempotency_key: UUID | None = None,
) -> None:
    """Move readings, a device or an infusion to the visit they belong to, and let the rules look at both anew.

    ``entry_id`` is one of the readings, whose set moves together, a device, or a step of the infusion, which moves
    whole. Raises Conflict when somebody else moved or corrected it first, Refused for a visit it cannot have
    happened in.
    """
    kind = Movable(what)
    source, target = _both(by, visit_id, to_visit_id, PERMISSIONS[kind])
    if earlier(models.MovedEntry, source, idempotency_key):
        return
    if not why.strip():
        raise Refused("Say how you know that it belongs to the other patient.", "why")
    if target.visit.state in SIGNED_AND_CLOSED:
        raise Refused("That visit is closed. Add there what happened as an addendum, and say here why.", "to")
    move = _Move(kind, source, target, by, at, why.strip(), uuid4(), idempotency_key)
    _MOVES[kind](move, entry_id)
    detail = {"what": kind.value, "together": move.together}
    audited(source, "move_entry_away", by=by, at=at, **detail, to_visit=target.visit.id)
    audited(target, "move_entry_here", by=by, at=at, **detail, from_visit=source.visit.id)


def _both(by: Viewer, visit_id: UUID, to_visit_id: UUID, permission: Permission) -> tuple[Record, Record]:
    """Both visits, held, always in the same order: two who move towards each other wait and do not block."""
    if visit_id == to_visit_id:
        raise Refused("It stands in this visit already. Choose the other patient.", "to")
    held = {each: locked(by, each, permission) for each in sorted((visit_id, to_visit_id))}
    return held[visit_id], held[to_visit_id]


def _columns(row: models.VisitFact) -> dict[str, Any]:
    """What the row says, the files it points at included."""
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.name not in _OWN
    }


# --- readings --------------------------------------------------------------------------------------------------
def _move_readings(move: _Move, observation_id: UUID) -> None:
    sets = {row.set_id for row in move.source.observations if row.id == observation_id}
    rows = [row for row in move.source.observations if row.set_id in sets]
    if not rows:
        if models.Observation.objects.filter(visit=move.source.visit, id=observation_id).exists():
            raise Conflict(
                "Somebody moved or corrected these readings a moment ago. Look at the visit again."
            )
        raise NotFound("No such readings in this visit.")
    move.take(rows, set_id=uuid4())
    judge(move.target, by=move.by, at=move.at, late=rows[0].measured_at)
    judge(move.source, by=move.by, at=move.at)
    _withdraw_alarms(move)


def _withdraw_alarms(move: _Move) -> None:
    """Answer the alarms that nothing in this visit raises any more: they called somebody to the wrong patient."""
    fresh = Record(move.source.visit)
    waiting = [each for each in fresh.alarms if not hasattr(each, "acknowledgement")]
    if not waiting:
        return
    raised = _ever_raised(fresh, move.at)
    for alarm in waiting:
        if alarm.fingerprint not in raised:
            add(
                models.Acknowledgement,
                move.source,
                by=move.by,
                at=move.at,
                **timed(move.source, move.at, move.at),
                alarm=alarm,
                action=f"Withdrawn: it rested on an entry that was another patient's and was moved. {move.why}",
            )


def _ever_raised(record: Record, at: datetime) -> frozenset[str]:
    """The alarms that the readings of this visit raise, now or when each of them was the newest."""
    marks = {each.fingerprint for each in assess.alarms(record, at)}
    for moment in {row.measured_at for row in record.observations}:
        then = Record(record.visit)
        then.__dict__["observations"] = [row for row in record.observations if row.measured_at <= moment]
        marks |= {each.fingerprint for each in assess.alarms(then, at)}
    return frozenset(marks)


# --- doses -----------------------------------------------------------------------------------------------------
def _move_device(move: _Move, device_id: UUID) -> None:
    row = next((each for each in move.source.devices if each.id == device_id), None)
    if row is None:
        if models.DeviceAdministration.objects.filter(visit=move.source.visit, id=device_id).exists():
            raise Conflict("Somebody moved or corrected this device a moment ago. Look at the visit again.")
        raise NotFound("No such device in this visit.")
    _same_product(move, "A nasal device", "an infusion")
    number = max((each.number for each in move.target.devices), default=0) + 1
    order = move.target.order
    place = in_place_of_moved(move.target, models.DeviceAdministration, number=number)
    drug = given_sources(move.source)
    move.take([row], number=number, order_id=order.pk if order else None, **place)
    _dose_left(move, drug)
    _dose_arrived(move, [row])


def _move_infusion(move: _Move, event_id: UUID) -> None:
    rows = list(move.source.infusion)
    if event_id not in {each.id for each in rows}:
        if models.InfusionEvent.objects.filter(visit=move.source.visit, id=event_id).exists():
            raise Conflict("Somebody moved or corrected this infusion a moment ago. Look at the visit again.")
        raise NotFound("No such infusion in this visit.")
    _same_product(move, "An infusion", "nasal devices")
    if move.target.infusion:
        raise Refused("An infusion is recorded there already. Correct that one, and say here why.", "to")
    order = move.target.order
    drug = given_sources(move.source)
    for number, row in enumerate(rows):
        place = in_place_of_moved(move.target, models.InfusionEvent, step=row.step)
        each = move if number == 0 else replace(move, key=None)  # one key, one row
        each.take([row], order_id=order.pk if order else None, **place)
    _dose_left(move, drug)
    _dose_arrived(move, rows)


def _move_medicine(move: _Move, given_id: UUID) -> None:
    """The order it was given under is the other patient's: where it arrives it stands without one, and says so."""
    rows = models.MedicineGiven.objects.filter(visit=move.source.visit, id=given_id)
    row = rows.current().exclude(id__in=move.source.moved_away).first()
    if row is None:
        if rows.exists():
            raise Conflict("Somebody moved or corrected this medicine a moment ago. Look at the visit again.")
        raise NotFound("No such medicine in this visit.")
    note = (
        row.note or "Given without an order for this patient: it was entered on another's record and moved."
    )
    move.take([row], order_id=None, note=note)


def _same_product(move: _Move, what: str, other: str) -> None:
    if move.source.visit.product != move.target.visit.product:
        raise Refused(f"{what} cannot have been given there: that visit is for {other}.", "to")


def _dose_arrived(
    move: _Move, rows: Iterable[models.DeviceAdministration] | Iterable[models.InfusionEvent]
) -> None:
    """The right visit goes on as if the dose had been entered there at once."""
    begun = min(row.measured_at for row in rows)
    dose_was_given(move.target, by=move.by, at=move.at, happened_at=begun)
    fresh = Record(move.target.visit)
    if _is_whole(fresh):
        assert fresh.last_dose_at is not None
        finish(fresh, by=move.by, at=move.at, happened_at=fresh.last_dose_at)
    else:
        note_deviations(fresh, assess.given(fresh, move.at, finished=False), by=move.by, at=move.at)
    judge(move.target, by=move.by, at=move.at)
    after_dose(fresh, by=move.by, at=move.at)


def _is_whole(record: Record) -> bool:
    """Whether nothing of the order is still to come: all its devices, or the end of the infusion."""
    if record.devices:
        ordered = record.order.devices if record.order else None
        return ordered is not None and len(record.devices) >= ordered
    return record.pump(InfusionStep.STOPPED, InfusionStep.ENDED) is not None


def _dose_left(move: _Move, drug: frozenset[str]) -> None:
    """The wrong visit goes back to where it stood when nothing of the dose is left in it; so does its ledger."""
    fresh = Record(move.source.visit)
    gone = drug - given_sources(fresh)
    why = f"It was another patient's and was moved. {move.why}"
    take_back_given(gone, fresh, by=move.by, at=move.at, why=why)
    if fresh.t0 is None:
        _step_back(move, fresh)
        courses.take_back_treated_session(
            by=move.by,
            at=move.at,
            course_id=fresh.visit.course_id,
            visit_id=fresh.visit.id,
            why=move.why,
        )
    again = Record(move.source.visit)
    found = assess.given(again, move.at, finished=again.visit.state not in ("administering", "ordered"))
    told = {each.deviation for each in deviations(found)}
    for breach in again.deviations:
        if breach.rule in {each.rule for each in found} and breach.sentence not in told:
            _explain(move, breach)
    if again.t0 is not None:
        note_deviations(again, found, by=move.by, at=move.at)
        after_dose(again, by=move.by, at=move.at)
    judge(move.source, by=move.by, at=move.at)
    _withdraw_alarms(move)


def _step_back(move: _Move, record: Record) -> None:
    """To the state before the first dose; a visit that has ended, or an emergency, stays what it is."""
    visit = record.visit
    visit.session_number = None
    if visit.state not in _DOSED:
        visit.save(update_fields=["session_number"])
        return
    began = [each for each in record.steps if each.event == "record_first_dose"]
    source = began[-1].source if began else "ordered"
    if source == "ordered" and record.order is None:
        source = "checking_in"
    event = _BACK_TO.get(source, "take_back_unordered_dose")
    step(record, event, by=move.by, at=move.at, note=move.why)


def _explain(move: _Move, breach: models.Deviation) -> None:
    if hasattr(breach, "answer"):
        return
    add(
        models.DeviationReason,
        move.source,
        by=move.by,
        at=move.at,
        deviation=breach,
        why=f"It rested on a dose that was another patient's and was moved. {move.why}",
    )


_MOVES = {
    Movable.READINGS: _move_readings,
    Movable.DEVICE: _move_device,
    Movable.INFUSION: _move_infusion,
    Movable.MEDICINE: _move_medicine,
}
