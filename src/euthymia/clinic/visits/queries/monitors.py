"""Bedside monitors: who is let in, where each stands, when it was last heard, and what waits for a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Max, QuerySet
from django.utils import timezone

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.people import queries as people
from euthymia.clinic.visits import assess, models, wire
from euthymia.clinic.visits.models import Fate
from euthymia.clinic.visits.queries._readings import COLUMNS, unit
from euthymia.clinic.visits.record import Record
from euthymia.protocol import VISIT

_AROUND = timedelta(hours=36)  # ours: how far from its booked time a visit is looked for
_HEADINGS = {str(kind): label for kind, label in COLUMNS}


@dataclass(frozen=True, slots=True)
class Credential:
    """A monitor that has shown its key."""

    monitor_id: UUID
    key_id: UUID
    clinic_id: UUID
    issued_by_id: UUID


@dataclass(frozen=True, slots=True)
class KeyView:
    """One key of a monitor, as the administrator sees it."""

    id: UUID
    hint: str
    issued_at: datetime
    issued_by: str
    expires_at: datetime
    state: str  # in use, expired, revoked


@dataclass(frozen=True, slots=True)
class MonitorView:
    """One monitor: where it stands, when it was last heard, and how far its clock is off."""

    id: UUID
    name: str
    make: str
    serial: str
    is_active: bool
    place: str
    placed_by: str
    placed_at: datetime | None
    heard_at: datetime | None
    ahead_s: int | None
    keys: tuple[KeyView, ...] = ()

    @property
    def clock_words(self) -> str:
        """What is wrong with its clock; nothing where it is right or not known."""
        if self.ahead_s is None or abs(self.ahead_s) < wire.span("clock", "told_from").total_seconds():
            return ""
        return f"its clock is {abs(self.ahead_s) // 60} min {'ahead' if self.ahead_s > 0 else 'behind'}"

    @property
    def has_key(self) -> bool:
        """Whether any key lets it in."""
        return any(each.state == "in use" for each in self.keys)


@dataclass(frozen=True, slots=True)
class WaitingView:
    """A set of readings that belongs to nobody yet."""

    id: UUID
    monitor: str
    measured_at: datetime
    device_time: datetime
    received_at: datetime
    values: tuple[tuple[str, str], ...]
    why: str


@dataclass(frozen=True, slots=True)
class Heard:
    """The monitor at a chair or with a visit, as the board tells of it."""

    name: str
    heard_at: datetime | None
    silent: bool
    clock_words: str


# --- a monitor at the door ---------------------------------------------------------------------------------------
def credential(secret_sha256: str, now: datetime) -> Credential | None:
    """Who shows a key with this hash; ``None`` for one that is not known, ran out, was revoked or is out of use."""
    key = (
        models.MonitorKey.objects.select_related("monitor")
        .filter(
            secret_sha256=secret_sha256, revoked_at__isnull=True, expires_at__gt=now, monitor__is_active=True
        )
        .first()
    )
    if key is None:
        return None
    return Credential(key.monitor_id, key.pk, key.monitor.clinic_id, key.issued_by_id)


def place_at(monitor_id: UUID, at: datetime) -> models.MonitorPlace | None:
    """Where somebody had said the monitor stands, at that time."""
    places = models.MonitorPlace.objects.select_related("recorded_by", "chair", "visit", "monitor")
    return places.filter(monitor_id=monitor_id, since__lte=at).order_by("-since", "-recorded_at").first()


def belongs_to(place: models.MonitorPlace | None, at: datetime) -> tuple[models.Visit | None, str]:
    """The one visit that went on there and then; else why a person must decide. It is never guessed."""
    if place is None or (place.chair_id is None and place.visit_id is None):
        return None, "Nobody had said where this monitor stands."
    if place.visit is not None:
        found = [place.visit] if _goes_on(place.visit, at) else []
        return (found[0], "") if found else (None, "The visit it stands with was not going on then.")
    visits = models.Visit.objects.filter(
        chair=place.chair, scheduled_at__gt=at - _AROUND, scheduled_at__lt=at + _AROUND
    ).exclude(state__in=(VISIT.initial, *models.NO_CHAIR_NEEDED))
    here = [visit for visit in visits if _goes_on(visit, at)]
    if len(here) == 1:
        return here[0], ""
    chair = place.chair.name if place.chair else ""
    return None, f"Nobody was in {chair} then." if not here else f"Two visits were going on in {chair} then."


def _goes_on(visit: models.Visit, at: datetime) -> bool:
    """Whether the patient was here at that time and still is: what comes for a visit that ended is looked at."""
    if visit.state not in VISIT.occupied:
        return False
    record = Record(visit)
    began = next((step.measured_at for step in record.steps if step.event == "check_in"), None)
    left = assess.left_at(record)
    return began is not None and began <= at and (left is None or at <= left)


# --- for people --------------------------------------------------------------------------------------------------
def monitors(viewer: Viewer, now: datetime) -> tuple[MonitorView, ...]:
    """Every monitor of the clinic with its keys, for the administrator."""
    viewer.require(Permission.MANAGE_MONITORS)
    return tuple(_view(each, keys_at=now) for each in _all(viewer))


def monitor(viewer: Viewer, monitor_id: UUID, now: datetime) -> MonitorView:
    """One monitor with its keys, for the administrator."""
    viewer.require(Permission.MANAGE_MONITORS)
    return _view(_one(viewer, monitor_id), keys_at=now)


def at_the_chair(viewer: Viewer, monitor_id: UUID) -> MonitorView:
    """One monitor and where it stands, for who watches patients."""
    viewer.require(Permission.RECORD_OBSERVATION)
    return _view(_one(viewer, monitor_id))


def _one(viewer: Viewer, monitor_id: UUID) -> Any:
    found = _all(viewer).filter(pk=monitor_id).first()
    if found is None:
        raise NotFound("No such monitor.")
    return found


def at_the_chairs(viewer: Viewer) -> tuple[MonitorView, ...]:
    """The monitors in use and where they stand, for who watches patients."""
    viewer.require(Permission.RECORD_OBSERVATION)
    return tuple(_view(each) for each in _all(viewer).filter(is_active=True))


def places(viewer: Viewer) -> tuple[tuple[str, str], ...]:
    """Where a monitor can stand: a visit that goes on, a chair, or nowhere; as choices of a form."""
    viewer.require(Permission.RECORD_OBSERVATION)
    going_on = [(f"visit:{each.pk}", f"With {_who(each)} until the visit ends") for each in _here(viewer)]
    chairs = models.Chair.objects.filter(clinic_id=viewer.clinic_id, is_active=True)
    always = [(f"chair:{each.pk}", f"Always at {each.name}") for each in chairs]
    return (*going_on, *always, ("nowhere", "Nowhere: what it sends waits for a person"))


def waiting(viewer: Viewer) -> tuple[WaitingView, ...]:
    """The readings that belong to nobody yet, the oldest first. They name no patient."""
    viewer.require(Permission.RECORD_OBSERVATION)
    return tuple(_waiting(each) for each in _waits(viewer).order_by("measured_at"))


def waits(viewer: Viewer) -> int:
    """How many readings belong to nobody yet; none for who may not record any."""
    return _waits(viewer).count() if viewer.may(Permission.RECORD_OBSERVATION) else 0


def waiting_reading(viewer: Viewer, reading_id: UUID) -> tuple[WaitingView, tuple[tuple[str, str], ...]]:
    """One of them, with the visits it may belong to: those of around its time that the viewer may see."""
    viewer.require(Permission.RECORD_OBSERVATION)
    found = _waits(viewer).filter(pk=reading_id).first()
    if found is None:
        raise NotFound("No such readings wait here.")
    near = (
        models.Visit.objects.filter(
            clinic_id=viewer.clinic_id,
            course__patient__in=people.visible(viewer),
            scheduled_at__gt=found.measured_at - _AROUND,
            scheduled_at__lt=found.measured_at + _AROUND,
        )
        .exclude(state__in=(VISIT.initial, *models.NO_CHAIR_NEEDED))
        .select_related("course__patient", "chair")
        .order_by("chair__name", "scheduled_at")
    )
    return _waiting(found), tuple(
        (str(each.pk), f"{_who(each)}, booked for {timezone.localtime(each.scheduled_at):%H:%M}")
        for each in near
    )


def heard(visits: Iterable[models.Visit], now: datetime) -> Mapping[UUID, Heard]:
    """The monitor of each visit, as it was last heard: one query, however many visits."""
    by_visit = {each.pk: each for each in visits}
    by_chair = {each.chair_id: each for each in by_visit.values()}
    if not by_visit:
        return {}
    clinic_id = next(iter(by_visit.values())).clinic_id
    asked: dict[str, Any] = {
        "clinic": clinic_id,
        "now": now,
        "visits": list(by_visit),
        "chairs": list(by_chair),
    }
    with connection.cursor() as cursor:
        cursor.execute(_HEARD, asked)
        rows = cursor.fetchall()
    found = {}
    for visit_id, chair_id, *place in rows:
        visit = by_visit.get(visit_id) if visit_id else by_chair.get(chair_id)
        if visit is not None:
            found[visit.pk] = _heard(*place, now=now)
    return found


# Written out because every board asks it every two seconds: building it anew took longer than answering it.
_HEARD = """
SELECT place.visit_id, place.chair_id, place.since, monitor.id, monitor.name, last.recorded_at, last.ahead_s
FROM visits_monitorplace place
JOIN visits_monitor monitor ON monitor.id = place.monitor_id AND monitor.is_active
LEFT JOIN LATERAL (
    SELECT recorded_at, ahead_s FROM visits_monitormessage
    WHERE monitor_id = monitor.id ORDER BY recorded_at DESC LIMIT 1
) last ON true
WHERE place.clinic_id = %(clinic)s
    AND (place.visit_id = ANY(%(visits)s) OR place.chair_id = ANY(%(chairs)s))
    AND place.id = (
        SELECT id FROM visits_monitorplace
        WHERE monitor_id = place.monitor_id AND since <= %(now)s
        ORDER BY since DESC, recorded_at DESC LIMIT 1
    )
"""


def _heard(
    placed_at: datetime,
    monitor_id: UUID,
    name: str,
    heard_at: datetime | None,
    ahead_s: int | None,
    *,
    now: datetime,
) -> Heard:
    """What a tile says of a monitor that stands there since ``placed_at``."""
    since = max(filter(None, (placed_at, heard_at)))
    view = MonitorView(monitor_id, "", "", "", True, "", "", None, heard_at, ahead_s)
    return Heard(
        name=name,
        heard_at=heard_at if heard_at and heard_at >= placed_at else None,
        silent=now - since > wire.span("reading", "silent_after"),
        clock_words=view.clock_words,
    )


def _all(viewer: Viewer) -> QuerySet[Any]:
    return models.Monitor.objects.filter(clinic_id=viewer.clinic_id).annotate(
        heard_at=Max("messages__recorded_at")
    )


def _view(row: Any, *, keys_at: datetime | None = None) -> MonitorView:
    place = (
        row.places.select_related("chair", "visit__course__patient", "visit__chair", "recorded_by")
        .order_by("-since", "-recorded_at")
        .first()
    )
    last = row.messages.order_by("-recorded_at").values_list("ahead_s", flat=True).first()
    words = "Nowhere"
    if place is not None and place.chair is not None:
        words = place.chair.name
    elif place is not None and place.visit is not None:
        words = f"With one patient in {place.visit.chair.name}"
    return MonitorView(
        id=row.pk,
        name=row.name,
        make=row.make,
        serial=row.serial,
        is_active=row.is_active,
        place=words,
        placed_by=place.recorded_by.name if place else "",
        placed_at=place.since if place else None,
        heard_at=row.heard_at,
        ahead_s=last,
        keys=_keys(row, keys_at) if keys_at else (),
    )


def _keys(row: models.Monitor, now: datetime) -> tuple[KeyView, ...]:
    found = row.keys.select_related("issued_by").order_by("-issued_at")

    def state(key: models.MonitorKey) -> str:
        if key.revoked_at is not None:
            return "revoked"
        return "in use" if key.expires_at > now else "expired"

    return tuple(
        KeyView(each.pk, each.hint, each.issued_at, each.issued_by.name, each.expires_at, state(each))
        for each in found
    )


def _here(viewer: Viewer) -> Iterable[models.Visit]:
    return (
        models.Visit.objects.filter(
            clinic_id=viewer.clinic_id,
            state__in=sorted(VISIT.occupied),
            course__patient__in=people.visible(viewer),
        )
        .select_related("course__patient", "chair")
        .order_by("chair__name")
    )


def _who(visit: models.Visit) -> str:
    patient = visit.course.patient
    return f"{patient.given_name} {patient.family_name} in {visit.chair.name}"


def _waits(viewer: Viewer) -> QuerySet[Any]:
    return models.MonitorReading.objects.filter(
        clinic_id=viewer.clinic_id, fate=Fate.WAITING, decision__isnull=True
    ).select_related("monitor")


def _waiting(row: models.MonitorReading) -> WaitingView:
    values = dict(row.values)
    shown = []
    if "systolic" in values:
        shown.append(
            (_HEADINGS["pressure"], f"{values['systolic']}/{values['diastolic']} {unit('pressure')}")
        )
    shown += [
        (_HEADINGS[name], f"{value} {unit(name)}") for name, value in values.items() if name in _HEADINGS
    ]
    return WaitingView(
        row.pk, row.monitor.name, row.measured_at, row.device_time, row.recorded_at, tuple(shown), row.why
    )
