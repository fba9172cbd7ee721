"""What the last day of the demo left open is brought to an end, as its staff would have done meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.config.demo import clockwork, follow_up, lives, sittings
from euthymia.clinic.config.demo.clockwork import Life
from euthymia.clinic.config.demo.team import Team, soon
from euthymia.clinic.safety.models import Task
from euthymia.clinic.visits import actions
from euthymia.clinic.visits.models import Visit
from euthymia.clinic.visits.record import Record
from euthymia.protocol import VISIT

if TYPE_CHECKING:
    from euthymia.clinic.config.demo.beginnings import Patient

BEFORE_DOSE = ("checking_in", "ready", "ordered")
AFTER_DOSE = (
    "administering",
    "monitoring",
    "ready_to_leave",
    "discharged",
    "left_against_advice",
    "transferred",
)
CLOSED = "The demo was switched off at that time."


def close(here: Team, patients: list[Patient], now: datetime) -> None:
    """End every visit that began before ``now`` and is not closed, and do the follow-up that fell due."""
    switched_off_at = AuditEntry.objects.filter(clinic_id=here.clinic.id).latest("at").at
    known = {patient.course_id: patient for patient in patients}
    open_visits = Visit.objects.filter(
        clinic=here.clinic, scheduled_at__lt=now, state__in=[VISIT.initial, *BEFORE_DOSE, *AFTER_DOSE]
    )
    finished: list[Life] = []
    for visit in open_visits.order_by("scheduled_at"):
        if visit.state == VISIT.initial:
            actions.cancel(by=here.one(Role.FRONT_DESK), at=now, visit_id=visit.id, why=CLOSED)
        elif visit.state in BEFORE_DOSE:
            actions.withhold(by=here.one(Role.NURSE), at=now, visit_id=visit.id, why=CLOSED)
        elif visit.course_id in known:
            finished.append(_finish(known[visit.course_id], visit, switched_off_at))
    clockwork.run([*finished, *_calls(patients)], now)
    _transfer_the_rest(here, now)


def _finish(patient: Patient, visit: Visit, switched_off_at: datetime) -> Life:
    """The rest of a visit whose dose was given, from what its record says."""
    record = Record(visit)
    assert record.t0 is not None
    number = visit.session_number or 1
    sitting = lives.sitting_of(patient, visit.id, number, record.t0, not_before=switched_off_at)
    try:
        yield from sittings.go_on(patient.team, sitting, visit.state)
    except Refused:  # somebody used the demo and left it in a state no story knows
        return
    yield follow_up.form(patient, visit.id)
    yield follow_up.after(patient, visit.id)


_FOLLOWED = {"visit": follow_up.after, "form": follow_up.form}  # by what a task was raised


def _calls(patients: list[Patient]) -> Iterator[Life]:
    """The follow-up of visits that were closed in time."""
    for patient in patients:
        tasks = Task.objects.filter(patient_id=patient.patient_id, closed_at=None)
        for origin in sorted(set(tasks.values_list("origin", flat=True))):
            asks, _, visit_id = origin.partition(":")
            if asks in _FOLLOWED:
                yield _FOLLOWED[asks](patient, UUID(visit_id))


def _transfer_the_rest(here: Team, now: datetime) -> None:
    """Whoever is still there was left there by a visitor of the demo: nobody stays overnight."""
    for visit in Visit.objects.filter(
        clinic=here.clinic, scheduled_at__lt=soon(now, -1), state__in=sorted(VISIT.occupied)
    ):
        actions.transfer(
            by=here.one(Role.NURSE), at=now, visit_id=visit.id, left_at=now, destination="Home", why=CLOSED
        )
