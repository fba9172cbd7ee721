"""What stands beside the forms of check-in: the list of medicines, the hours asked about, the rest between readings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.measures import facts as measured
from euthymia.clinic.measures.facts import StandingList
from euthymia.clinic.visits import facts
from euthymia.clinic.visits.day_facts import asked_about_h
from euthymia.clinic.visits.queries._common import record_for
from euthymia.protocol import Pressure
from euthymia.protocol.rest import NextPressure, next_pressure


@dataclass(frozen=True, slots=True)
class Taken:
    """One reading before the dose, as it was taken."""

    at: datetime
    pressure: Pressure
    origin: str


@dataclass(frozen=True, slots=True)
class Resting:
    """The readings of today, and what comes next."""

    taken: tuple[Taken, ...]
    next: NextPressure


def medicine_list(viewer: Viewer, visit_id: UUID) -> StandingList | None:
    """The patient's list of medicines that stands, to be gone through."""
    return measured.standing_list(viewer, record_for(viewer, visit_id).visit.course.patient_id)


def hours_asked_about(viewer: Viewer, visit_id: UUID) -> Decimal:
    """The hours before the visit in which alcohol and sedatives count."""
    return asked_about_h(record_for(viewer, visit_id))


def resting(viewer: Viewer, visit_id: UUID, now: datetime) -> Resting:
    """The readings before the dose that were taken today, and the rest before the next one."""
    record = record_for(viewer, visit_id)
    found = facts.readiness(viewer, record)
    today = record.local(now).date()
    taken = tuple(
        Taken(each.at, each.value, each.origin)
        for each in found.pressures
        if record.local(each.at).date() == today
    )
    return Resting(taken, next_pressure(found, record.rules, record.local(now)))
