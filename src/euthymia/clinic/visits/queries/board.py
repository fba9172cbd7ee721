"""The board: every chair of the day at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from euthymia.clinic.access.models import Clinic
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.people import queries as people
from euthymia.clinic.visits import assess, models
from euthymia.clinic.visits.models.observed import Kind
from euthymia.clinic.visits.queries._common import (
    AFTER_DOSE,
    HERE,
    TO_CLOSE,
    AlarmView,
    DueView,
    due_view,
    is_here,
    state_words,
    told_state,
    unanswered,
)
from euthymia.clinic.visits.queries.monitors import Heard, heard, waits
from euthymia.clinic.visits.record import Record, records
from euthymia.protocol import VISIT, monitoring

_SHORT = {"esketamine-nasal": "Esketamine nasal", "ketamine-iv": "Ketamine IV"}
_LONGEST_STAY = timedelta(hours=36)  # ours: a visit that runs past midnight stays on the board


@dataclass(frozen=True, slots=True)
class Pressure:
    """The last blood pressure with where it is going."""

    shown: str
    at: datetime
    trend: str  # rising, falling, steady, or "" with only one reading
    before: str

    @property
    def arrow(self) -> str:
        """The trend as a sign."""
        return {"rising": "↑", "falling": "↓", "steady": "→"}.get(self.trend, "")


@dataclass(frozen=True, slots=True)
class Tile:
    """One chair's visit. The clinical part is empty for who may not see charts.

    ``kind`` is how loud the tile is: stop, warn, ok or nothing. ``locked`` is the patient whose restricted
    chart the viewer has not opened: of it the tile tells that something waits, and not what.
    """

    visit_id: UUID
    name: str
    chair: str
    state: str
    state_words: str
    scheduled_at: datetime
    session_number: int | None
    product: str
    may_open: bool
    kind: str = ""
    t0: datetime | None = None
    last_dose_at: datetime | None = None
    dosing: bool = False
    pressure: Pressure | None = None
    next_due: DueView | None = None
    overdue: int = 0
    alarms: tuple[AlarmView, ...] = ()
    leave_at: datetime | None = None
    leave_waits: str = ""
    watched_by: str = ""
    watched_at: datetime | None = None
    monitor: Heard | None = None
    locked: UUID | None = None
    locked_alarms: int = 0

    @property
    def locked_words(self) -> str:
        """What waits behind a restricted chart."""
        waits = [
            _count(self.locked_alarms, "alarm", "not answered"),
            _count(self.overdue, "reading", "overdue"),
        ]
        return ", ".join(filter(None, waits))

    @property
    def is_here(self) -> bool:
        """Whether the patient is in our care now."""
        return is_here(self.state) or self.state == HERE

    @property
    def may_leave(self) -> bool:
        """Whether nothing holds the patient any more."""
        return self.leave_at is not None and self.leave_waits == ""

    @property
    def on_watch(self) -> bool:
        """Whether the patient is being watched after a dose."""
        return self.state in AFTER_DOSE and self.may_open

    @property
    def loudest(self) -> tuple[AlarmView, ...]:
        """The gravest alarms: a tile shows two, and says how many more there are."""
        return self.alarms[:2]

    @property
    def quieter(self) -> int:
        """How many alarms the tile does not spell out."""
        return len(self.alarms) - len(self.loudest)

    @property
    def overdue_more(self) -> int:
        """Overdue readings beside the one that is shown."""
        return self.overdue - 1


@dataclass(frozen=True, slots=True)
class Board:
    """The day: who is watched after a dose, who else is here, who is expected, who has left; when this was read."""

    watched: tuple[Tile, ...]
    here: tuple[Tile, ...]
    expected: tuple[Tile, ...]
    left: tuple[Tile, ...]
    read_at: datetime
    clinical: bool = True  # whether the viewer may be told that nothing waits
    waiting: int = 0  # readings of monitors that belong to nobody yet

    @property
    def unanswered(self) -> int:
        """Alarms nobody has answered, over all chairs."""
        return sum(len(tile.alarms) + tile.locked_alarms for tile in (*self.watched, *self.here))

    @property
    def overdue(self) -> int:
        """Overdue readings, over all chairs."""
        return sum(tile.overdue for tile in (*self.watched, *self.here))

    @property
    def unanswered_words(self) -> str:
        """How many alarms wait, in words, and whose they are."""
        whose = [tile for tile in (*self.watched, *self.here) if tile.alarms or tile.locked_alarms]
        return _of(_count(self.unanswered, "alarm", "not answered"), whose)

    @property
    def waiting_words(self) -> str:
        """How many readings belong to nobody yet, in words."""
        return _count(self.waiting, "reading", "without a patient")

    @property
    def overdue_words(self) -> str:
        """How many readings are overdue, in words, and whose they are."""
        whose = [tile for tile in (*self.watched, *self.here) if tile.overdue]
        return _of(_count(self.overdue, "reading", "overdue"), whose)


def board(viewer: Viewer, now: datetime) -> Board:
    """Today's visits of the clinic, and whoever is still here from before. The number of queries is fixed."""
    viewer.require(Permission.VIEW_BOARD)
    visits = _visits(viewer, now)
    clinical = viewer.may(Permission.VIEW_CHART)
    # A restricted patient sits in a chair too: the tile says so, and whether an alarm or a reading waits.
    open_to = set(people.visible(viewer).filter(courses__visits__in=visits).values_list("id", flat=True))
    watched = [visit for visit in visits if clinical and is_here(visit.state)]
    by_visit = {record.visit.id: record for record in (records(watched) if watched else [])}
    monitors = heard(watched, now)
    tiles = [
        _tile(
            visit,
            by_visit.get(visit.id),
            now,
            state=told_state(viewer, visit.state),
            visible=visit.course.patient_id in open_to,
            clinical=clinical,
            monitor=monitors.get(visit.id),
        )
        for visit in visits
    ]
    return Board(
        watched=tuple(tile for tile in tiles if tile.state in AFTER_DOSE),
        here=tuple(tile for tile in tiles if tile.is_here and tile.state not in AFTER_DOSE),
        expected=tuple(tile for tile in tiles if tile.state == VISIT.initial),
        left=tuple(tile for tile in tiles if not tile.is_here and tile.state != VISIT.initial),
        read_at=now,
        clinical=clinical,
        waiting=waits(viewer),
    )


def _visits(viewer: Viewer, now: datetime) -> Sequence[models.Visit]:
    clinic = Clinic.objects.get(pk=viewer.clinic_id)
    midnight = now.astimezone(ZoneInfo(clinic.time_zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    today = Q(scheduled_at__gte=midnight, scheduled_at__lt=midnight + timedelta(days=1))
    still_here = Q(scheduled_at__gte=now - _LONGEST_STAY, state__in=sorted(VISIT.occupied))
    return list(
        models.Visit.objects.filter(today | still_here, clinic_id=viewer.clinic_id)
        .select_related("clinic", "course__patient", "chair")
        .order_by("chair__name", "scheduled_at")
    )


def _tile(
    visit: models.Visit,
    record: Record | None,
    now: datetime,
    *,
    state: str,
    visible: bool,
    clinical: bool,
    monitor: Heard | None,
) -> Tile:
    patient = visit.course.patient
    tile = Tile(
        visit_id=visit.id,
        name=f"{patient.given_name} {patient.family_name}" if visible else "Restricted chart",
        chair=visit.chair.name,
        state=state,
        state_words=state_words(state),
        scheduled_at=visit.scheduled_at,
        session_number=visit.session_number if clinical and visible else None,
        product=_SHORT[visit.product] if clinical and visible else "",
        may_open=visible and clinical,
        kind="warn" if visit.state in TO_CLOSE and clinical else "",
        monitor=monitor if visible else None,
    )
    if record is None:
        return tile
    told = _clinical(tile, record, now)
    if visible:
        return told
    loud = told.kind if told.kind != "ok" else ""
    return replace(tile, kind=loud, overdue=told.overdue, locked=patient.id, locked_alarms=len(told.alarms))


def _clinical(tile: Tile, record: Record, now: datetime) -> Tile:
    due = assess.due_list(record, now) if record.t0 else ()
    upcoming = monitoring.next_due(due)
    alarms = unanswered(record)
    overdue = sum(1 for each in due if each.state is monitoring.DueState.OVERDUE)
    leave = assess.earliest_leave(record, now) if record.visit.state in AFTER_DOSE else None
    seen = [row for row in record.observations if not row.source]  # a monitor watches numbers, nobody's face
    last = seen[-1] if seen else None
    return replace(
        tile,
        kind=_loudness(record, alarms, overdue, leaves=leave is not None and not leave.waits_for),
        t0=record.t0,
        last_dose_at=record.last_dose_at,
        dosing=record.visit.state == "administering",
        pressure=_pressure(record),
        next_due=due_view(record, upcoming) if upcoming else None,
        overdue=overdue,
        alarms=alarms,
        leave_at=leave.at if leave else None,
        leave_waits=leave.waits_for[0].sentence if leave and leave.waits_for else "",
        watched_by=last.recorded_by.name if last else "",
        watched_at=last.measured_at if last else None,
    )


def _loudness(record: Record, alarms: tuple[AlarmView, ...], overdue: int, *, leaves: bool) -> str:
    if alarms or record.visit.state.startswith("emergency"):
        return "stop"
    if overdue:
        return "warn"
    return "ok" if leaves else ""


def _pressure(record: Record) -> Pressure | None:
    taken = [row for row in record.observations if row.kind == Kind.PRESSURE]
    if not taken:
        return None
    last = taken[-1]
    previous = taken[-2] if len(taken) > 1 else None
    return Pressure(
        shown=f"{last.value}/{last.diastolic}",
        at=last.measured_at,
        trend=_trend(previous, last) if previous else "",
        before=f"{previous.value}/{previous.diastolic}" if previous else "",
    )


def _trend(previous: models.Observation, last: models.Observation) -> str:
    """Which way both numbers went; "steady" when they disagree or stand."""
    systolic = (last.value or 0) - (previous.value or 0)
    diastolic = (last.diastolic or 0) - (previous.diastolic or 0)
    if systolic > 0 and diastolic >= 0:
        return "rising"
    return "falling" if systolic < 0 and diastolic <= 0 else "steady"


_NAMED = 3


def _of(words: str, tiles: Sequence[Tile]) -> str:
    """Say of whom, with the chair, so that nobody has to look for the tile; the rest is counted."""
    if not words:
        return ""
    named = [f"{tile.name}, {tile.chair}" for tile in tiles[:_NAMED]]
    more = [f"{len(tiles) - _NAMED} more"] if len(tiles) > _NAMED else []
    return f"{words}: {'; '.join([*named, *more])}"


def _count(number: int, what: str, how: str) -> str:
    """How many wait, in words; nothing for none."""
    return f"{number} {what}{'s' if number != 1 else ''} {how}" if number else ""
