"""Keeping the house: chairs, opening hours, closures, and who is there when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction

from euthymia.clinic.access.models import Clinic, RoleAssignment, User
from euthymia.clinic.access.permissions import Permission, Role
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.facts import Refused, made_with
from euthymia.clinic.visits import models
from euthymia.protocol import Duty

MAY_SERVE = {Duty.PRESCRIBER: (Role.PRESCRIBER,), Duty.OBSERVER: (Role.PRESCRIBER, Role.NURSE)}
"""The roles that somebody on a duty must hold."""
MOST_WEEKS = 12  # ours: a rota that repeats further than a quarter is a slip of the finger
Hours = Mapping[int, tuple[time, time] | None]


@transaction.atomic
def keep_chair(
    *,
    by: Viewer,
    at: datetime,
    name: str,
    takes_spray: bool,
    takes_infusion: bool,
    is_active: bool = True,
    chair_id: int | None = None,
) -> int:
    """Add a chair, or change what one is for, and return its number.

    Raises:
        Refused: no name, a name that another chair has, or a chair for nothing.
    """
    by.require(Permission.KEEP_ROTA)
    if not name.strip():
        raise Refused("Give the chair a name.", "name")
    if is_active and not (takes_spray or takes_infusion):
        raise Refused("Say what the chair is for, or take it out of use.", "takes_spray")
    if chair_id is None:
        chair = models.Chair(clinic_id=by.clinic_id)
    else:
        found = models.Chair.objects.filter(clinic_id=by.clinic_id, pk=chair_id).first()
        if found is None:
            raise NotFound("No such chair.")
        chair = found
    chair.name, chair.is_active = name.strip(), is_active
    chair.takes_spray, chair.takes_infusion = takes_spray, takes_infusion
    try:
        with transaction.atomic():
            chair.save()
    except IntegrityError:
        raise Refused(f"There is a chair called {name.strip()} already.", "name") from None
    audit.record(by=by, verb="visits.keep_chair", at=at, subject=f"chair {chair.pk}")
    return chair.pk


@transaction.atomic
def keep_hours(*, by: Viewer, at: datetime, hours: Hours) -> None:
    """Write down the hours of each day of the week; ``None`` is a day on which the house is closed.

    Raises:
        Refused: a day that closes before it opens.
    """
    by.require(Permission.KEEP_ROTA)
    for weekday, span in hours.items():
        if span is not None and span[0] >= span[1]:
            raise Refused("A day closes after it opens.", f"closes_{weekday}")
        row = models.OpeningHours.objects.filter(clinic_id=by.clinic_id, weekday=weekday).first()
        row = row or models.OpeningHours(clinic_id=by.clinic_id, weekday=weekday)
        row.is_open = span is not None
        row.opens_at, row.closes_at = span if span is not None else (None, None)
        row.save()
    audit.record(by=by, verb="visits.keep_hours", at=at, subject="opening hours")


@transaction.atomic
def close_house(
    *,
    by: Viewer,
    at: datetime,
    starts_on: date,
    ends_on: date,
    why: str,
    chair_id: int | None = None,
    idempotency_key: UUID | None = None,
) -> UUID:
    """Close the house, or one chair, for some days. What is booked stays booked, and the day shows it.

    Raises:
        Refused: no reason, or days in the wrong order.
    """
    by.require(Permission.KEEP_ROTA)
    if made := made_with(models.Closure, idempotency_key, field="made_by_key", clinic_id=by.clinic_id):
        return made.id
    if ends_on < starts_on:
        raise Refused("The last day comes after the first.", "ends_on")
    if not why.strip():
        raise Refused("Say why, in a few words.", "why")
    if chair_id is not None and not models.Chair.objects.filter(pk=chair_id, clinic_id=by.clinic_id).exists():
        raise NotFound("No such chair.")
    closure = models.Closure.objects.create(
        clinic_id=by.clinic_id,
        chair_id=chair_id,
        starts_on=starts_on,
        ends_on=ends_on,
        why=why.strip(),
        made_by_key=idempotency_key,
    )
    audit.record(by=by, verb="visits.close_house", at=at, subject=f"closure {closure.id}")
    return closure.id


@transaction.atomic
def call_off(*, by: Viewer, at: datetime, closure_id: UUID) -> None:
    """Open again what was closed."""
    by.require(Permission.KEEP_ROTA)
    if not models.Closure.objects.filter(id=closure_id, clinic_id=by.clinic_id).update(called_off=True):
        raise NotFound("No such closure.")
    audit.record(by=by, verb="visits.call_off", at=at, subject=f"closure {closure_id}")


@transaction.atomic
def add_shift(
    *,
    by: Viewer,
    at: datetime,
    person_id: UUID,
    duty: Duty,
    on: date,
    begins: time,
    ends: time,
    weeks: int = 1,
    idempotency_key: UUID | None = None,
) -> tuple[UUID, ...]:
    """Put somebody on the rota, in as many weeks as asked. Hours that end before they begin run past midnight.

    Raises:
        Refused: the person does not hold the role, the weeks are none that anybody means, or no time passes.
    """
    by.require(Permission.KEEP_ROTA)
    if made := made_with(models.RotaShift, idempotency_key, field="made_by_key", clinic_id=by.clinic_id):
        return (made.id,)
    person = User.objects.filter(id=person_id, clinic_id=by.clinic_id, is_active=True).first()
    if person is None:
        raise NotFound("No such member of staff.")
    _check_duty(person, duty)
    if begins == ends:
        raise Refused("The shift ends when it begins.", "ends")
    if not 1 <= weeks <= MOST_WEEKS:
        raise Refused(f"Repeat it for 1 to {MOST_WEEKS} weeks.", "weeks")
    zone = ZoneInfo(Clinic.objects.get(pk=by.clinic_id).time_zone)
    last_day = timedelta(days=1 if ends < begins else 0)
    shifts = [
        models.RotaShift(
            clinic_id=by.clinic_id,
            person=person,
            duty=duty.value,
            starts_at=datetime.combine(day, begins, zone),
            ends_at=datetime.combine(day + last_day, ends, zone),
            made_by_key=idempotency_key if week == 0 else None,
        )
        for week in range(weeks)
        for day in [on + timedelta(weeks=week)]
    ]
    models.RotaShift.objects.bulk_create(shifts)
    audit.record(
        by=by, verb="visits.add_shift", at=at, subject=f"shift {shifts[0].id}", detail={"weeks": weeks}
    )
    return tuple(shift.id for shift in shifts)


@transaction.atomic
def call_off_shift(*, by: Viewer, at: datetime, shift_id: UUID) -> None:
    """Take somebody off the rota. What was booked stays, and the day shows the gap."""
    by.require(Permission.KEEP_ROTA)
    if not models.RotaShift.objects.filter(id=shift_id, clinic_id=by.clinic_id).update(called_off=True):
        raise NotFound("No such shift.")
    audit.record(by=by, verb="visits.call_off_shift", at=at, subject=f"shift {shift_id}")


def _check_duty(person: User, duty: Duty) -> None:
    held = set(RoleAssignment.objects.filter(user=person, held=True).values_list("role", flat=True))
    allowed = MAY_SERVE[duty]
    if not held & {role.value for role in allowed}:
        names = " or ".join(role.value for role in allowed)
        raise Refused(f"{person.name} is no {names}: choose somebody who is.", "person_id")
