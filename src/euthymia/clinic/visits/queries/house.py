"""The house as its keepers see it: chairs, hours, closures, and the rota of a week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from euthymia.clinic.access.models import Clinic, RoleAssignment, User
from euthymia.clinic.access.permissions import Permission, Role
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.visits import models
from euthymia.clinic.visits.house import shifts_between

WEEK = 7


@dataclass(frozen=True, slots=True)
class ChairView:
    """One chair and what it is for."""

    id: int
    name: str
    takes_spray: bool
    takes_infusion: bool
    is_active: bool

    @property
    def purpose(self) -> str:
        """What it is for, in words."""
        if not self.is_active:
            return "Out of use"
        kinds = [
            word for word, takes in (("spray", self.takes_spray), ("infusion", self.takes_infusion)) if takes
        ]
        return " and ".join(kinds).capitalize()


@dataclass(frozen=True, slots=True)
class HoursView:
    """One day of the week."""

    weekday: int
    name: str
    is_known: bool
    opens_at: time | None
    closes_at: time | None


@dataclass(frozen=True, slots=True)
class ClosureView:
    """One closure that still matters."""

    id: UUID
    what: str
    starts_on: date
    ends_on: date
    why: str


@dataclass(frozen=True, slots=True)
class Keeping:
    """What is kept of the house."""

    chairs: tuple[ChairView, ...]
    hours: tuple[HoursView, ...]
    closures: tuple[ClosureView, ...]


@dataclass(frozen=True, slots=True)
class ShiftView:
    """One person on the rota."""

    id: UUID
    name: str
    duty: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class RotaDay:
    """One day of the rota: who is there, and for how many booked visits."""

    on: date
    shifts: tuple[ShiftView, ...]
    booked: int
    is_today: bool


@dataclass(frozen=True, slots=True)
class Rota:
    """The rota of a week."""

    days: tuple[RotaDay, ...]
    previous: date
    following: date


def keeping(viewer: Viewer, now: datetime) -> Keeping:
    """Chairs, hours, and closures from today on."""
    viewer.require(Permission.KEEP_ROTA)
    today = now.astimezone(_zone(viewer)).date()
    closures = models.Closure.objects.filter(
        clinic_id=viewer.clinic_id, called_off=False, ends_on__gte=today
    ).select_related("chair")
    return Keeping(
        chairs=all_chairs(viewer),
        hours=_hours(viewer),
        closures=tuple(
            ClosureView(
                row.id,
                row.chair.name if row.chair else "The whole house",
                row.starts_on,
                row.ends_on,
                row.why,
            )
            for row in closures.order_by("starts_on")
        ),
    )


def all_chairs(viewer: Viewer) -> tuple[ChairView, ...]:
    """Every chair, those out of use too."""
    viewer.require(Permission.VIEW_BOARD)
    rows = models.Chair.objects.filter(clinic_id=viewer.clinic_id)
    return tuple(
        ChairView(row.pk, row.name, row.takes_spray, row.takes_infusion, row.is_active) for row in rows
    )


def chair(viewer: Viewer, chair_id: int) -> ChairView:
    """One chair of the clinic."""
    found = next((each for each in all_chairs(viewer) if each.id == chair_id), None)
    if found is None:
        raise NotFound("No such chair.")
    return found


def rota(viewer: Viewer, on: date | None, now: datetime) -> Rota:
    """The week that holds a day; this week without one."""
    viewer.require(Permission.VIEW_BOARD)
    zone = _zone(viewer)
    today = now.astimezone(zone).date()
    on = on or today
    monday = on - timedelta(days=on.weekday())
    begins = datetime.combine(monday, time(), zone)
    ends = datetime.combine(monday + timedelta(days=WEEK), time(), zone)
    shifts = shifts_between(viewer.clinic_id, begins, ends)
    visits = models.Visit.objects.filter(
        clinic_id=viewer.clinic_id, scheduled_at__gte=begins, scheduled_at__lt=ends
    ).exclude(state__in=models.NO_CHAIR_NEEDED)
    booked = [at.astimezone(zone).date() for at in visits.values_list("scheduled_at", flat=True)]
    return Rota(
        days=tuple(
            RotaDay(
                day,
                tuple(_shift(row) for row in shifts if row.starts_at.astimezone(zone).date() == day),
                booked.count(day),
                day == today,
            )
            for day in (monday + timedelta(days=place) for place in range(WEEK))
        ),
        previous=monday - timedelta(days=WEEK),
        following=monday + timedelta(days=WEEK),
    )


def servants(viewer: Viewer) -> tuple[tuple[UUID, str], ...]:
    """The staff who may stand on the rota, by name with their roles."""
    viewer.require(Permission.KEEP_ROTA)
    wanted = (Role.PRESCRIBER.value, Role.NURSE.value)
    held = RoleAssignment.objects.filter(
        user__clinic_id=viewer.clinic_id, user__is_active=True, held=True, role__in=wanted
    )
    roles: dict[UUID, list[str]] = {}
    for user_id, role in held.values_list("user_id", "role"):
        roles.setdefault(user_id, []).append(role)
    people = User.objects.filter(id__in=roles).order_by("name")
    return tuple((person.id, f"{person.name}, {' and '.join(sorted(roles[person.id]))}") for person in people)


def _hours(viewer: Viewer) -> tuple[HoursView, ...]:
    names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    rows = {row.weekday: row for row in models.OpeningHours.objects.filter(clinic_id=viewer.clinic_id)}
    return tuple(
        HoursView(
            weekday,
            name,
            weekday in rows,
            rows[weekday].opens_at if weekday in rows else None,
            rows[weekday].closes_at if weekday in rows else None,
        )
        for weekday, name in enumerate(names)
    )


def _shift(row: models.RotaShift) -> ShiftView:
    return ShiftView(row.id, row.person.name, row.get_duty_display(), row.starts_at, row.ends_at)


def _zone(viewer: Viewer) -> ZoneInfo:
    return ZoneInfo(Clinic.objects.only("time_zone").get(pk=viewer.clinic_id).time_zone)
