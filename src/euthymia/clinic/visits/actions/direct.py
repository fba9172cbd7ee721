"""Ketamine into the muscle, under the tongue or swallowed: agreed to, given, out of the mouth, put right.

What was given is never refused: a dose without an order, or by another route than ordered, is kept with its breach.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.visits import assess, models, routes
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
    refuse_twice,
    to_correct,
)
from euthymia.clinic.visits.actions._places import in_place_of_moved
from euthymia.clinic.visits.models.direct import DirectStep
from euthymia.clinic.visits.record import Record
from euthymia.protocol import Product
from euthymia.protocol.route import Route


@dataclass(frozen=True, slots=True)
class DirectGiven:
    """What went in, as it was read off vial or box."""

    route: str
    dose_mg: Decimal
    concentration_mg_per_ml: Decimal | None = None
    volume_ml: Decimal | None = None
    units: int | None = None
    mg_per_unit: Decimal | None = None
    site: str = ""
    lot: str = ""
    expires_on: date | None = None
    container: str = ""
    note: str = ""


@transaction.atomic
def agree_to_route(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    route: str,
    signed_name: str,
    measured_at: datetime | None = None,
    idempotency_key: UUID | None = None,
) -> UUID:
    """Keep the patient's signature on a route that no label states, with every word they read.

    ``measured_at`` is when they signed, where that was on paper. Raises Refused for a route the book does not leave
    open, and for a time after a dose was given: who is under the drug signs nothing.
    """
    measured_at = measured_at or at
    record = locked(by, visit_id, Permission.RECORD_CHECK_IN)
    if again := earlier(models.RouteAgreement, record, idempotency_key):
        return again.id
    if not signed_name.strip():
        raise Refused("The patient writes their name to sign.", "signed_name")
    if record.t0 is not None and measured_at >= record.t0:
        raise Refused("A dose was given: the patient signs nothing while it acts (KAP-7).")
    if route not in {each.value for each in routes.open_routes(record)}:
        raise Refused("The rules here do not leave this route open.", "route")
    text = routes.agreement_text(Route(route).words)
    made = add(
        models.RouteAgreement,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        **timed(record, measured_at, at),
        route=route,
        text=text,
        text_sha256=hashlib.sha256(text.encode()).hexdigest(),
        signed_name=signed_name.strip(),
    )
    audited(record, "agree_to_route", by=by, at=at, agreement=made.id)
    return made.id


@transaction.atomic
def give_direct(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    number: int,
    measured_at: datetime,
    given: DirectGiven,
    why_anyway: str = "",
    given_by: UUID | None = None,
    idempotency_key: UUID | None = None,
) -> UUID:
    """Record one injection, or what was put into the mouth, and return its id. The first one is ``t0``.

    The same key twice is one dose; the same number twice with other keys raises Conflict: two people recorded it.
    """
    record = locked(by, visit_id, Permission.RECORD_ADMINISTRATION)
    if again := earlier(models.DirectDose, record, idempotency_key):
        return again.id
    if record.product is Product.ESKETAMINE_NASAL:
        raise Refused("Esketamine spray goes into the nose and nowhere else. Record the device.")
    refuse_twice(record, record.direct_given, number)
    before = open_deviations(record)
    row = add(
        models.DirectDose,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        **in_place_of_moved(record, models.DirectDose, number=number, step=DirectStep.GIVEN),
        **timed(record, measured_at, at),
        **giver(by, given_by),
        order=record.order,
        number=number,
        step=DirectStep.GIVEN,
        **_columns(given),
    )
    dose_was_given(record, by=by, at=at, happened_at=measured_at)
    _go_on(record, before, why_anyway, by=by, at=at)
    audited(record, "give_direct", by=by, at=at, dose=row.id, route=given.route)
    return row.id


@transaction.atomic
def end_direct(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    measured_at: datetime,
    outcome: str,
    note: str = "",
    given_by: UUID | None = None,
    idempotency_key: UUID | None = None,
) -> UUID:
    """Record when what was held under the tongue was swallowed or spat out: the clock that protects begins with it."""
    record = locked(by, visit_id, Permission.RECORD_ADMINISTRATION)
    if again := earlier(models.DirectDose, record, idempotency_key):
        return again.id
    held = next(iter(record.in_mouth), None)
    if held is None:
        raise Conflict("Nothing is held under the tongue. Look at the doses again.")
    _not_before(record, measured_at, held.measured_at)
    row = add(
        models.DirectDose,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        **in_place_of_moved(record, models.DirectDose, number=held.number, step=DirectStep.ENDED),
        **timed(record, measured_at, at),
        **giver(by, given_by),
        order=held.order,
        number=held.number,
        step=DirectStep.ENDED,
        route=held.route,
        outcome=outcome,
        note=note.strip(),
    )
    _go_on(record, open_deviations(record), "", by=by, at=at)
    audited(record, "end_direct", by=by, at=at, dose=row.id)
    return row.id


@transaction.atomic
def correct_direct(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    dose_id: UUID,
    why: str,
    measured_at: datetime,
    given: DirectGiven | None = None,
    outcome: str = "",
    note: str = "",
    given_by: UUID | None = None,
    idempotency_key: UUID | None = None,
) -> None:
    """Put a dose, or when it left the mouth, right. The first entry stays, with its author and the reason."""
    record = locked(by, visit_id, Permission.RECORD_ADMINISTRATION)
    if earlier(models.DirectDose, record, idempotency_key):
        return
    wrong = to_correct(record, record.direct, dose_id, why)
    said = _columns(given) if given else {"route": wrong.route, "outcome": outcome, "note": note.strip()}
    _check_times(record, wrong, measured_at)
    add(
        models.DirectDose,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        corrects=wrong,
        reason=why.strip(),
        **timed(record, measured_at, at),
        **({"given_by_id": wrong.given_by_id} | giver(by, given_by)),
        order=wrong.order,
        number=wrong.number,
        step=wrong.step,
        **said,
    )
    corrected(record, by=by, at=at)
    audited(record, "correct_direct", by=by, at=at, dose=dose_id)


def _columns(given: DirectGiven) -> dict[str, Any]:
    return {name: value.strip() if isinstance(value, str) else value for name, value in asdict(given).items()}


def _go_on(record: Record, before: frozenset[UUID], why: str, *, by: Viewer, at: datetime) -> None:
    """To monitoring once all of the order is in and nothing is held in the mouth; else it is not finished."""
    fresh = Record(record.visit)
    if _is_whole(fresh):
        assert fresh.last_dose_at is not None
        finish(fresh, by=by, at=at, happened_at=fresh.last_dose_at)
    else:
        note_deviations(fresh, assess.given(fresh, at, finished=False), by=by, at=at)
    explain_new(record, before, why, by=by, at=at)
    after_dose(fresh, by=by, at=at)


def _is_whole(record: Record) -> bool:
    """Whether nothing of the order is still to come; without an order, nothing is."""
    if record.last_dose_at is None:
        return False
    given = sum((row.dose_mg for row in record.direct_given if row.dose_mg), Decimal(0))
    return record.order is None or given >= record.order.dose_mg or not record.order.route


def _check_times(record: Record, wrong: models.DirectDose, measured_at: datetime) -> None:
    """A dose leaves the mouth after it was put there, whichever of the two is put right."""
    other = next((row for row in record.direct if row.number == wrong.number and row.id != wrong.id), None)
    if other is None:
        return
    if wrong.step == DirectStep.ENDED:
        _not_before(record, measured_at, other.measured_at)
    else:
        _not_before(record, other.measured_at, measured_at)


def _not_before(record: Record, ended: datetime, begun: datetime) -> None:
    if ended < begun:
        raise Refused(
            f"It was put under the tongue at {record.local(begun):%H:%M} and cannot have left it before."
        )
