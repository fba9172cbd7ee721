"""What happened away from the house, and what an alarm says of an adverse event."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.visits import models
from euthymia.clinic.visits.queries._common import AlarmView, alarm_view, record_for
from euthymia.clinic.visits.record import Record

_INTERVENTIONS = {
    models.Done.STOPPED: "stopped",
    models.Done.AIRWAY: "oxygen",
    models.Done.MEDICINE: "medicine",
    models.Done.HELP: "help",
    models.Done.SEEN: "observed",
    models.Done.AGAIN: "observed",
    models.Done.CALMED: "observed",
    models.Done.POSITIONED: "observed",
}


@dataclass(frozen=True, slots=True)
class ElsewhereView:
    """An emergency or a transfer of somebody who was not here."""

    kind: str
    what: str
    told_by: str
    destination: str
    done: str
    at: datetime
    recorded_by: str


def elsewhere(record: Record) -> tuple[ElsewhereView, ...]:
    """All of a visit, the latest first."""
    rows = sorted(record.elsewhere, key=lambda row: row.measured_at, reverse=True)
    return tuple(
        ElsewhereView(
            row.get_kind_display(),
            row.what,
            row.told_by,
            row.destination,
            row.done,
            row.measured_at,
            row.recorded_by.name,
        )
        for row in rows
    )


def alarm(viewer: Viewer, visit_id: UUID, alarm_id: UUID) -> AlarmView:
    """One alarm of a visit."""
    record, row = _alarm(viewer, visit_id, alarm_id)
    return alarm_view(record, row)


def event_of_alarm(viewer: Viewer, visit_id: UUID, alarm_id: UUID) -> dict[str, Any]:
    """What this alarm says of an adverse event, and nothing else: what, when, and what was done by its answer."""
    record, row = _alarm(viewer, visit_id, alarm_id)
    seen, answer = alarm_view(record, row), getattr(row, "acknowledgement", None)
    book = record.rules
    done = (
        {_INTERVENTIONS[each] for each in map(models.Done, answer.done) if each in _INTERVENTIONS}
        if answer
        else set()
    )
    return {
        "term": book[row.rule].title if row.rule in book else row.rule,
        "onset_at": record.local(seen.happened_at or row.recorded_at),
        "known_at": record.local(row.recorded_at),
        "interventions": sorted(done),
        "action": seen.answer,
    }


def _alarm(viewer: Viewer, visit_id: UUID, alarm_id: UUID) -> tuple[Record, models.Alarm]:
    record = record_for(viewer, visit_id)
    for each in record.alarms:
        if each.id == alarm_id:
            return record, each
    raise NotFound("No such alarm in this visit.")
