"""An infusion, step by step as the pump was worked. Only what cannot be is refused."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.visits import assess, giving_facts, models
from euthymia.clinic.visits.actions._common import (
    Conflict,
    Refused,
    add,
    audited,
    earlier,
    locked,
    note_deviations,
    timed,
)
from euthymia.clinic.visits.actions._giving import (
    after_dose,
    corrected,
    dose_was_given,
    explain_new,
    finish,
    giver,
    open_deviations,
    to_correct,
)
from euthymia.clinic.visits.actions._places import in_place_of_moved
from euthymia.clinic.visits.models.dose import InfusionStep
from euthymia.clinic.visits.record import Record
from euthymia.protocol import Product, pump
from euthymia.protocol.pump import OVER, PumpStep, Step

_OVER = (InfusionStep.STOPPED, InfusionStep.ENDED)


@transaction.atomic
def record_infusion(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    event: InfusionStep,
    measured_at: datetime,
    rate_ml_per_h: Decimal | None = None,
    volume_given_ml: Decimal | None = None,
    concentration_mg_per_ml: Decimal | None = None,
    lot: str = "",
    expires_on: date | None = None,
    why: str = "",
    why_anyway: str = "",
    given_by: UUID | None = None,
    idempotency_key: UUID | None = None,
) -> UUID:
    """Record one step of an infusion and return its id. Raises Refused for what cannot be: an end before the start.

    ``why`` belongs to the step; ``why_anyway`` is the reason of what this entry breaches.
    """
    record = locked(by, visit_id, Permission.RECORD_ADMINISTRATION)
    if again := earlier(models.InfusionEvent, record, idempotency_key):
        return again.id
    if record.product is not Product.KETAMINE_IV:
        raise Refused(
            "This visit is for a nasal spray, not for an infusion. Look whether it is the right patient."
        )
    _check_told(event, volume_given_ml, why)
    new = PumpStep(Step[event.name], measured_at, rate_ml_per_h, volume_given_ml)
    _check_possible(record, new, at)
    before = open_deviations(record)
    row = add(
        models.InfusionEvent,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        **in_place_of_moved(record, models.InfusionEvent, step=event),
        **timed(record, measured_at, at),
        **giver(by, given_by),
        order=record.order,
        step=event,
        rate_ml_per_h=rate_ml_per_h,
        volume_given_ml=volume_given_ml,
        concentration_mg_per_ml=concentration_mg_per_ml,
        lot=lot.strip(),
        expires_on=expires_on,
        why=why.strip(),
    )
    fresh = Record(record.visit)
    if event == InfusionStep.STARTED:
        dose_was_given(record, by=by, at=at, happened_at=measured_at)
    if event in _OVER:
        finish(fresh, by=by, at=at, happened_at=measured_at, note=why.strip())
    else:
        over = fresh.last_dose_at is not None
        note_deviations(fresh, assess.given(fresh, at, finished=over), by=by, at=at)
    explain_new(record, before, why_anyway, by=by, at=at)
    after_dose(fresh, by=by, at=at)
    audited(record, "record_infusion", by=by, at=at, event=row.id, step=str(event))
    return row.id


@transaction.atomic
def correct_infusion(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    event_id: UUID,
    reason: str,
    measured_at: datetime,
    rate_ml_per_h: Decimal | None = None,
    volume_given_ml: Decimal | None = None,
    concentration_mg_per_ml: Decimal | None = None,
    lot: str = "",
    expires_on: date | None = None,
    why: str = "",
    given_by: UUID | None = None,
    idempotency_key: UUID | None = None,
) -> None:
    """Put one step of an infusion right. The first entry stays, with its author and the reason."""
    record = locked(by, visit_id, Permission.RECORD_ADMINISTRATION)
    if earlier(models.InfusionEvent, record, idempotency_key):
        return
    wrong = to_correct(record, record.infusion, event_id, reason)
    _check_told(InfusionStep(wrong.step), volume_given_ml, why)
    new = PumpStep(Step[InfusionStep(wrong.step).name], measured_at, rate_ml_per_h, volume_given_ml)
    _check_possible(record, new, at, replaces=wrong)
    add(
        models.InfusionEvent,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        corrects=wrong,
        reason=reason.strip(),
        **timed(record, measured_at, at),
        **({"given_by_id": wrong.given_by_id} | giver(by, given_by)),
        order=wrong.order,
        step=wrong.step,
        rate_ml_per_h=rate_ml_per_h,
        volume_given_ml=volume_given_ml,
        concentration_mg_per_ml=concentration_mg_per_ml,
        lot=lot.strip(),
        expires_on=expires_on,
        why=why.strip(),
    )
    corrected(record, by=by, at=at)
    audited(record, "correct_infusion", by=by, at=at, event=event_id)


def _check_possible(
    record: Record, new: PumpStep, at: datetime, *, replaces: models.InfusionEvent | None = None
) -> None:
    """Refuse what cannot have been: before the start, after the end, a pause of a pump that stood still.

    A step that was forgotten is entered late and takes its place by the time it happened.
    """
    others = [row for row in record.infusion if replaces is None or row.id != replaces.id]
    start = next((row for row in others if row.step == InfusionStep.STARTED), None)
    end = next((row for row in others if row.step in _OVER), None)
    if start and new.step is Step.STARTED:
        when = record.local(start.measured_at)
        raise Conflict(f"The infusion was started at {when:%H:%M}, recorded by {start.recorded_by.name}.")
    if end and (new.step in OVER or new.at > end.measured_at):
        raise Conflict(
            f"The infusion ended at {record.local(end.measured_at):%H:%M}, recorded by {end.recorded_by.name}. "
            "What was forgotten before that can be entered with its own time."
        )
    if start is None and new.step is not Step.STARTED:
        raise Refused("Record the start of the infusion first: without it there is no t0.")
    if start and new.at < start.measured_at:
        raise Refused(f"That is before the start at {record.local(start.measured_at):%H:%M}.")
    first = min((row.measured_at for row in others), default=None)
    if new.step is Step.STARTED and first is not None and new.at > first:
        raise Refused(f"That is after what was done with the pump at {record.local(first):%H:%M}.")
    steps = [giving_facts.step(row) for row in others]
    if sentence := pump.hindrance(steps, new, record.local(at)):
        raise Refused(sentence)


def _check_told(event: InfusionStep, volume_given_ml: Decimal | None, why: str) -> None:
    if event in _OVER and volume_given_ml is None:
        raise Refused("Read the volume given off the pump: it says what went in.")
    if event in (InfusionStep.STOPPED, InfusionStep.PAUSED) and not why.strip():
        raise Refused("Say why it was interrupted.")
