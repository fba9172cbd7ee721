"""What follows from a dose, whichever way it was given: the visit goes on, breaches are kept, forecasts asked for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from euthymia.clinic.access.models import User
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.courses import actions as courses
from euthymia.clinic.courses import facts as course_facts
from euthymia.clinic.forecasts import actions as forecasts
from euthymia.clinic.visits import assess, models, questions
from euthymia.clinic.visits.actions._common import Conflict, Refused, add, note_deviations, step
from euthymia.clinic.visits.actions._judging import judge
from euthymia.clinic.visits.actions.drug import keep_given
from euthymia.clinic.visits.record import Record
from euthymia.protocol import monitoring

G = TypeVar("G", models.DeviceAdministration, models.InfusionEvent, models.DirectDose)


def to_correct(record: Record, current: Iterable[G], given_id: UUID, reason: str) -> G:
    """The entry about a dose that is put right, of those that hold now; a reason must come with it."""
    if not reason.strip():
        raise Refused("Say why the entry is corrected.")
    wrong = next((each for each in current if each.id == given_id), None)
    if wrong is not None:
        return wrong
    of_visit = (models.DeviceAdministration, models.InfusionEvent, models.DirectDose)
    if any(model.objects.filter(visit=record.visit, id=given_id).exists() for model in of_visit):
        raise Conflict("Somebody corrected this a moment ago. Look at the newer entry first.")
    raise NotFound("No such entry in this visit.")


def refuse_twice(
    record: Record, current: Iterable[models.DeviceAdministration | models.DirectDose], number: int
) -> None:
    """Raise Conflict where a dose of this number stands: two people recorded it."""
    if there := next((row for row in current if row.number == number), None):
        what = "Device" if isinstance(there, models.DeviceAdministration) else "Dose"
        raise Conflict(
            f"{what} {number} is recorded already: {record.local(there.measured_at):%H:%M} by "
            f"{there.recorded_by.name}. To change it, correct it."
        )


def corrected(record: Record, *, by: Viewer, at: datetime) -> None:
    """Judge what was given anew after an entry about it was put right."""
    fresh = Record(record.visit)
    finished = record.visit.state != "administering"
    note_deviations(fresh, assess.given(fresh, at, finished=finished), by=by, at=at)
    judge(fresh, by=by, at=at)  # another time of the dose makes other readings those after it
    after_dose(fresh, by=by, at=at)


def giver(by: Viewer, given_by: UUID | None) -> dict[str, UUID]:
    """The column of who did it, where that is not who enters it: a second person is told from the first by it."""
    if given_by is None or given_by == by.user_id:
        return {}
    if not User.objects.filter(id=given_by, clinic_id=by.clinic_id).exists():
        raise NotFound("No such member of staff.")
    return {"given_by_id": given_by}


def dose_was_given(record: Record, *, by: Viewer, at: datetime, happened_at: datetime) -> None:
    """Move the visit to administering. The first dose also makes this a treated session of the course."""
    visit = record.visit
    if visit.state == "administering":
        return
    first = visit.session_number is None
    if first:
        visit.session_number = courses.record_treated_session(
            by=by,
            at=at,
            course_id=visit.course_id,
            visit_id=visit.id,
            started_at=happened_at,
            on=record.local(happened_at).date(),
            mg_per_kg=_infused_for_weight(record),
        )
        _plan_watch(record, by=by, at=at)
    event = "record_first_dose" if first else "record_further_dose"
    step(record, event, by=by, at=at, happened_at=happened_at)


def _infused_for_weight(record: Record) -> Decimal | None:
    """The dose for weight the next infusion is compared with: one by another route says nothing about it."""
    return record.order.mg_per_kg if record.order and not record.order.route else None


def _plan_watch(record: Record, *, by: Viewer, at: datetime) -> None:
    """Keep why this patient is watched more closely, as the record stands now: what changes later is a new finding."""
    noted = monitoring.risks(
        course_facts.suitability_facts(by, record.visit.course_id), record.rules, record.local(at)
    )
    add(
        models.WatchPlan,
        record,
        by=by,
        at=at,
        risks=[{"risk": each.risk.value, "rule": each.rule, "sentence": each.sentence} for each in noted],
        rules_version=record.rules.version,
    )


def finish(record: Record, *, by: Viewer, at: datetime, happened_at: datetime, note: str = "") -> None:
    if record.visit.state == "administering":
        step(record, "finish_administration", by=by, at=at, happened_at=happened_at, note=note)
    note_deviations(record, assess.given(record, at, finished=True), by=by, at=at)


def ask_forecasts(record: Record, *, by: Viewer, at: datetime) -> None:
    for question in questions.forecasts(record):
        forecasts.request(by=by, at=at, subject=record.visit.id, question=question)


def after_dose(record: Record, *, by: Viewer, at: datetime) -> None:
    """What every entry about a dose moves beyond the visit: the ledger's lines and the forecasts."""
    keep_given(record, by=by, at=at)
    ask_forecasts(record, by=by, at=at)


def open_deviations(record: Record) -> frozenset[UUID]:
    """The breaches nobody has given a reason for, as the database holds them now."""
    standing = models.Deviation.objects.current().filter(visit=record.visit, answer__isnull=True)
    return frozenset(standing.values_list("id", flat=True))


def explain_new(record: Record, before: frozenset[UUID], why: str, *, by: Viewer, at: datetime) -> None:
    """Give the reason that came with an entry to every breach the entry made; without one they stay open."""
    if not why.strip():
        return
    for deviation_id in sorted(open_deviations(record) - before):
        add(models.DeviationReason, record, by=by, at=at, deviation_id=deviation_id, why=why.strip())
