"""The house on some days: its chairs, hours, staff and bookings, read at once and asked about any time.

Judged by ``protocol.booking``; beside its findings stand the hindrances that are no rule of medicine: closed,
or a chair that is not meant for the product. The number of queries does not grow with days or chairs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from euthymia.clinic.access.models import Clinic
from euthymia.clinic.courses import queries as courses
from euthymia.clinic.rulebook import queries as rulebook
from euthymia.clinic.visits import models
from euthymia.clinic.visits.models.visit import NO_CHAIR_NEEDED
from euthymia.evidence import RuleBook
from euthymia.protocol import (
    BookingFacts,
    Datum,
    Duty,
    Finding,
    Occupied,
    Outcome,
    Product,
    Shift,
    SiteFacts,
    booking,
)
from euthymia.protocol.schedule import PlannedDay

STEP_MIN = 30  # ours: a free time is offered every half hour
USUAL_HOURS = (time(8), time(18))  # ours: offered where nobody wrote down the hours of that day
_DAY = timedelta(days=1)
_WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


@dataclass(frozen=True, slots=True)
class Taken:
    """One booking on one chair."""

    visit_id: UUID
    chair_id: int
    occupied: Occupied


@dataclass(frozen=True, slots=True)
class Wanted:
    """A time somebody wants to book."""

    product: Product
    chair_id: int
    starts_at: datetime
    ends_at: datetime
    session: PlannedDay | None = None
    resuscitation_needed: Datum[bool] | None = None
    visit_id: UUID | None = None  # the booking that is moved, which is not in its own way


@dataclass(frozen=True, slots=True)
class Judged:
    """What stands against a time: sentences for which a reason is asked, and what is not known."""

    findings: tuple[Finding, ...]
    hindrances: tuple[str, ...]

    @property
    def against(self) -> tuple[str, ...]:
        """Everything a reason is needed for."""
        broken = (each.sentence for each in self.findings if each.outcome is Outcome.VIOLATED)
        return (*self.hindrances, *broken)

    @property
    def unknown(self) -> tuple[str, ...]:
        """What nobody has written down, which no booking passes silently."""
        return tuple(each.sentence for each in self.findings if each.outcome is Outcome.UNKNOWN)


@dataclass(frozen=True)
class House:
    """Everything about the house between two days, both included."""

    zone: ZoneInfo
    rules: RuleBook
    chairs: tuple[models.Chair, ...]
    hours: dict[int, models.OpeningHours]
    closures: tuple[models.Closure, ...]
    shifts: tuple[models.RotaShift, ...]
    taken: tuple[Taken, ...]
    site: SiteFacts

    def judge(self, wanted: Wanted, now: datetime) -> Judged:
        """What the rules and the house say of a time."""
        return Judged(self.findings(wanted, now), tuple(self.hindrances(wanted)))

    def findings(self, wanted: Wanted, now: datetime) -> tuple[Finding, ...]:
        """What the rules say of a time, whichever chair is taken."""
        facts = BookingFacts(
            wanted=Occupied(wanted.product, wanted.starts_at, wanted.ends_at),
            session=wanted.session,
            rota=self.rota(wanted.starts_at, wanted.ends_at),
            others=tuple(self._beside(wanted)),
            site=self.site,
            resuscitation_needed=wanted.resuscitation_needed,
        )
        return booking.assess(facts, self.rules, now.astimezone(self.zone))

    def rota(self, starts_at: datetime, ends_at: datetime) -> tuple[Shift, ...] | None:
        """Who is in the house then; ``None`` where no shift at all is written for the day it begins."""
        day = self.day(starts_at)
        written = any(self.day(shift.starts_at) == day for shift in self.shifts)
        there = [shift for shift in self.shifts if shift.starts_at < ends_at and shift.ends_at > starts_at]
        if not written and not there:
            return None
        return tuple(Shift(Duty(shift.duty), shift.starts_at, shift.ends_at) for shift in there)

    def hindrances(self, wanted: Wanted) -> Iterator[str]:
        """Why the house does not take anybody then, or not on that chair."""
        chair = next((each for each in self.chairs if each.pk == wanted.chair_id), None)
        infused = wanted.product is Product.KETAMINE_IV
        if chair is not None and not (chair.takes_infusion if infused else chair.takes_spray):
            yield f"{chair.name} is not meant for {'infusions' if infused else 'the spray'}."
        starts, ends = wanted.starts_at.astimezone(self.zone), wanted.ends_at.astimezone(self.zone)
        for closure in self.closures:
            if closure.starts_on <= starts.date() <= closure.ends_on and closure.chair_id in (
                None,
                wanted.chair_id,
            ):
                what = closure.chair.name if closure.chair else "The house"
                yield f"{what} is closed until {closure.ends_on:%-d %B}: {closure.why}."
        hours = self.hours.get(starts.weekday())
        if hours is None:
            return
        if not hours.is_open or hours.opens_at is None or hours.closes_at is None:
            yield f"The house is closed on {_WEEKDAYS[starts.weekday()]}."
        elif starts.time() < hours.opens_at or ends.time() > hours.closes_at or ends.date() != starts.date():
            yield (
                f"The house is open from {hours.opens_at:%H:%M} to {hours.closes_at:%H:%M}; "
                f"this is from {starts:%H:%M} to {ends:%H:%M}."
            )

    def free_chairs(self, wanted: Wanted) -> Iterator[models.Chair]:
        """The chairs that nobody has booked for that time."""
        for chair in self.chairs:
            held = (each.occupied for each in self.taken if each.chair_id == chair.pk)
            if not any(one.starts_at < wanted.ends_at and one.ends_at > wanted.starts_at for one in held):
                yield chair

    def starts(self, on: date, minutes: int) -> Iterator[datetime]:
        """The times of a day at which a visit of that length may begin, by the hours of the house.

        Counted in real time from the opening, so that an hour which comes twice is offered twice.
        """
        opens, closes = self._hours_of(on)
        at, last = self.at(on, opens), self.at(on, closes) - timedelta(minutes=minutes)
        while at <= last:
            yield at
            at += timedelta(minutes=STEP_MIN)

    def at(self, on: date, clock: time) -> datetime:
        """The instant of a clock time on a day of the clinic, in UTC."""
        return datetime.combine(on, clock, self.zone).astimezone(ZoneInfo("UTC"))

    def day(self, at: datetime) -> date:
        """The clinic's day of an instant."""
        return at.astimezone(self.zone).date()

    def _hours_of(self, on: date) -> tuple[time, time]:
        hours = self.hours.get(on.weekday())
        if hours is None:
            return USUAL_HOURS
        if not hours.is_open or hours.opens_at is None or hours.closes_at is None:
            return time(0), time(0)
        return hours.opens_at, hours.closes_at

    def _beside(self, wanted: Wanted) -> Iterator[Occupied]:
        for each in self.taken:
            beside = each.occupied.starts_at < wanted.ends_at and each.occupied.ends_at > wanted.starts_at
            if beside and each.visit_id != wanted.visit_id:
                yield each.occupied


def open_house(clinic_id: UUID, first: date, last: date) -> House:
    """Read the house from ``first`` to ``last``, the clinic's days."""
    zone = ZoneInfo(Clinic.objects.only("time_zone").get(pk=clinic_id).time_zone)
    begins = datetime.combine(first, time(), zone) - _DAY  # what began the evening before is still there
    ends = datetime.combine(last, time(), zone) + 2 * _DAY
    return House(
        zone=zone,
        rules=rulebook.book(clinic_id),
        chairs=tuple(models.Chair.objects.filter(clinic_id=clinic_id, is_active=True)),
        hours={row.weekday: row for row in models.OpeningHours.objects.filter(clinic_id=clinic_id)},
        closures=tuple(
            models.Closure.objects.filter(
                clinic_id=clinic_id, called_off=False, starts_on__lte=last + _DAY, ends_on__gte=first
            ).select_related("chair")
        ),
        shifts=tuple(shifts_between(clinic_id, begins, ends)),
        taken=tuple(_taken(clinic_id, begins, ends)),
        site=courses.site_facts(courses.site_of(clinic_id)),
    )


def shifts_between(clinic_id: UUID, begins: datetime, ends: datetime) -> Sequence[models.RotaShift]:
    """The shifts that touch a stretch of time, with the people, in order."""
    rows = models.RotaShift.objects.filter(
        clinic_id=clinic_id, called_off=False, starts_at__lt=ends, ends_at__gt=begins
    )
    return list(rows.select_related("person").order_by("starts_at", "duty", "person__name"))


def _taken(clinic_id: UUID, begins: datetime, ends: datetime) -> Iterable[Taken]:
    rows = models.Visit.objects.filter(
        ~Q(state__in=NO_CHAIR_NEEDED),
        clinic_id=clinic_id,
        scheduled_at__lt=ends,
        planned_end_at__gt=begins,
    )
    for row in rows.only("id", "chair_id", "product", "scheduled_at", "planned_end_at"):
        occupied = Occupied(Product(row.product), row.scheduled_at, row.planned_end_at)
        yield Taken(row.id, row.chair_id, occupied)


@dataclass(frozen=True, slots=True)
class Slot:
    """A time that is free: a chair, and what nobody has written down about it."""

    starts_at: datetime
    chair_id: int
    chair: str
    unknown: tuple[str, ...]

    @property
    def key(self) -> str:
        """The slot as a form carries it."""
        return f"{self.starts_at.isoformat()}|{self.chair_id}"


def free_slots(
    house: House, wanted: Wanted, days: Iterable[date], minutes: int, now: datetime, most: int
) -> tuple[Slot, ...]:
    """Times on ``days``, at most ``most`` of them spread over the days, with nothing against them."""
    by_day = [list(_slots_of(house, wanted, day, minutes, now)) for day in days]
    each = max(most // max(sum(bool(found) for found in by_day), 1), 1)
    return tuple(slot for found in by_day for slot in _spread(found, each))


def _slots_of(house: House, wanted: Wanted, on: date, minutes: int, now: datetime) -> Iterator[Slot]:
    for at in house.starts(on, minutes):
        if at < now:
            continue
        tried = replace(wanted, starts_at=at, ends_at=at + timedelta(minutes=minutes))
        findings: tuple[Finding, ...] = ()
        for chair in house.free_chairs(tried):
            findings = findings or house.findings(tried, now)
            if Judged(findings, ()).against:
                break  # no other chair would help
            judged = Judged(findings, tuple(house.hindrances(replace(tried, chair_id=chair.pk))))
            if not judged.against:
                yield Slot(at, chair.pk, chair.name, judged.unknown)
                break


def _spread(found: list[Slot], most: int) -> list[Slot]:
    """At most ``most`` of a day's times, spread from the first to the last."""
    if len(found) <= most:
        return found
    step = len(found) / most
    return [found[int(place * step)] for place in range(most)]
