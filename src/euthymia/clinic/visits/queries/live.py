"""What changes while a nurse looks, and one part of it to act on: an alarm, a due reading, a value, a breach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.visits import assess
from euthymia.clinic.visits.queries import _history, _readings
from euthymia.clinic.visits.queries._common import (
    AFTER_DOSE,
    AlarmView,
    DueView,
    due_view,
    found_later,
    is_here,
    record_for,
    unanswered,
)
from euthymia.clinic.visits.queries._history import DeviationView
from euthymia.clinic.visits.queries._readings import Cell, Tile
from euthymia.clinic.visits.record import Record
from euthymia.protocol import (
    DueState,
    LeaveForecast,
    Product,
)


@dataclass(frozen=True, slots=True)
class Live:
    """What changes while a nurse looks: the part of the page that refreshes itself.

    ``closer`` are the reasons why this patient is watched more closely or for longer.
    """

    visit_id: UUID
    patient_id: UUID
    state: str
    product: Product
    version: int
    t0: datetime | None
    last_dose_at: datetime | None
    here: bool
    alarms: tuple[AlarmView, ...]
    found_later: tuple[AlarmView, ...]
    due: tuple[DueView, ...]
    readings: tuple[Tile, ...]
    leave: LeaveForecast | None
    read_at: datetime
    closer: tuple[str, ...] = ()

    @property
    def all_due_done(self) -> bool:
        """Whether the due list asks for nothing more."""
        return all(each.status in (DueState.DONE.value, DueState.WAIVED.value) for each in self.due)


def live(viewer: Viewer, visit_id: UUID, now: datetime) -> Live:
    """The part of a visit's page that refreshes itself."""
    return read_live(record_for(viewer, visit_id), now)


def observation(viewer: Viewer, visit_id: UUID, observation_id: UUID) -> Cell:
    """One value, to put it right; the one that stands may be a later one."""
    for each in _readings.sets(record_for(viewer, visit_id)):
        for cell in (*each.cells, *each.notes):
            if cell is not None and cell.id == observation_id:
                return cell
    raise NotFound("No such observation in this visit.")


def open_alarms(viewer: Viewer, visit_id: UUID) -> tuple[AlarmView, ...]:
    """The alarms of a visit nobody has answered, the gravest first; then what was found in a paper sheet later."""
    record = record_for(viewer, visit_id)
    return unanswered(record) + found_later(record)


def due(viewer: Viewer, visit_id: UUID, key: str, now: datetime) -> DueView:
    """One line of the due list."""
    record = record_for(viewer, visit_id)
    for each in assess.due_list(record, now):
        if each.key == key:
            return due_view(record, each)
    raise NotFound("No such due observation in this visit.")


def deviation(viewer: Viewer, visit_id: UUID, deviation_id: UUID) -> DeviationView:
    """One breach of a visit."""
    for found in _history.deviations(record_for(viewer, visit_id)):
        if found.id == deviation_id:
            return found
    raise NotFound("No such deviation in this visit.")


def read_live(record: Record, now: datetime) -> Live:
    """The part that refreshes itself, of a visit whose rows are at hand."""
    after = record.visit.state in AFTER_DOSE
    due = assess.due_list(record, now) if after else ()
    return Live(
        visit_id=record.visit.id,
        patient_id=record.visit.course.patient_id,
        state=record.visit.state,
        product=record.product,
        version=record.visit.version,
        t0=record.t0,
        last_dose_at=record.last_dose_at,
        here=is_here(record.visit.state),
        alarms=unanswered(record),
        found_later=found_later(record),
        due=tuple(due_view(record, each) for each in due),
        readings=_readings.latest(record),
        leave=assess.earliest_leave(record, now) if after else None,
        read_at=now,
        closer=tuple(f"{each['sentence']} ({each['rule']})" for each in record.watch_risks),
    )
