"""One chair on the board: who, how long, what pressure, what is due or wrong, who watches, when they may leave."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.visits import assess, models
from euthymia.clinic.visits.models.observed import Kind
from euthymia.clinic.visits.queries._common import (
    AFTER_DOSE,
    HERE,
    MISSING,
    TO_CLOSE,
    AlarmView,
    DueView,
    due_view,
    is_here,
    state_words,
    unanswered,
)
from euthymia.clinic.visits.queries.monitors import Heard
from euthymia.clinic.visits.queries.watching import WatchView, watch_view
from euthymia.clinic.visits.record import Record
from euthymia.clinic.visits.screen import setting
from euthymia.protocol import DueObservation, DueState, LeaveForecast, monitoring
from euthymia.protocol.route import Route

_SHORT = {"esketamine-nasal": "Esketamine nasal", "ketamine-iv": "Ketamine IV"}
_SHORT_BY = {
    Route.INTRAMUSCULAR: "Ketamine IM",
    Route.SUBLINGUAL: "Ketamine sublingual",
    Route.ORAL: "Ketamine oral",
}
# What an alarm is about in two words, readable from the door. The sentence of the finding stands under it.
ALARM_WORDS = {
    "STOP-1": "High pressure",
    "STOP-2": "Crisis symptom",
    "STOP-3": "Pressure risen",
    "STOP-4": "Breath or oxygen",
    "STOP-5": "Sedated",
    "STOP-6": "Pulse",
    "STOP-7": "Dissociated",
    "STOP-7b": "Severe anxiety",
    "STOP-8": "Severe nausea",
    "MON-7": "Pressure stays",
}
_LONG_NAME, _LONGER_NAME = 15, 20  # letters that fit a tile at the full size, and at the next one


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

    @property
    def words(self) -> str:
        """The trend in a word."""
        return self.trend or "first"


@dataclass(frozen=True, slots=True)
class Headline:
    """The one line of a tile that says what it needs: what is wrong, else what is due, else what it waits for."""

    kind: str  # stop, warn, ok or nothing
    icon: str
    words: str
    at: datetime | None = None
    detail: str = ""
    calls: bool = False  # somebody has to come now


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
    leave_waits: bool = False
    watch: WatchView | None = None
    monitor: Heard | None = None
    locked: UUID | None = None
    locked_alarms: int = 0
    leave_is_past: bool = False
    changes_at: datetime | None = None
    # When it was made is nothing that a screen shows: a tile that was made anew and reads the same is the same.
    read_at: datetime | None = field(default=None, compare=False)

    @property
    def locked_words(self) -> str:
        """What waits behind a restricted chart."""
        waits = [
            count_words(self.locked_alarms, "alarm", "not answered"),
            count_words(self.overdue, "reading", "overdue"),
        ]
        return ", ".join(filter(None, waits))

    @property
    def is_here(self) -> bool:
        """Whether the patient is in our care now."""
        return is_here(self.state) or self.state == HERE or self.state in MISSING

    @property
    def may_leave(self) -> bool:
        """Whether nothing holds the patient any more."""
        return self.leave_at is not None and not self.leave_waits

    @property
    def leave_words(self) -> str:
        """From when the patient may leave, where that is no time of day: now, still waiting, or not known yet."""
        if self.leave_at is None:
            return "–"
        if not self.leave_waits:
            return "now"
        return "waits" if self.leave_is_past else ""

    @property
    def on_watch(self) -> bool:
        """Whether the patient is being watched after a dose."""
        return self.state in AFTER_DOSE and self.may_open

    @property
    def place(self) -> tuple[int, list[int | str]]:
        """Where the tile stands: what is wrong first, then by the chair, so that a quiet tile keeps its place."""
        return _LOUD.index(self.kind) if self.kind in _LOUD else len(_LOUD), natural(self.chair)

    @property
    def name_size(self) -> str:
        """How long the name is, for its type size: short, long or longer."""
        letters = len(self.name)
        return "longer" if letters > _LONGER_NAME else "long" if letters > _LONG_NAME else ""

    @property
    def loudest(self) -> tuple[AlarmView, ...]:
        """The gravest alarm: a tile spells out one, and says how many more there are."""
        return self.alarms[:1]

    @property
    def quieter(self) -> int:
        """How many alarms the tile does not spell out."""
        return len(self.alarms) - len(self.loudest)

    @property
    def overdue_more(self) -> int:
        """Overdue readings beside the one that is shown."""
        return self.overdue - 1

    @property
    def headline(self) -> Headline:
        """The line that says what the tile needs."""
        if self.alarms:
            more = f" And {self.quieter} more." if self.quieter else ""
            gravest = self.alarms[0].finding
            words = ALARM_WORDS.get(gravest.rule, f"Alarm {gravest.rule}")
            return Headline("stop", "stop", words, detail=f"{gravest.sentence}{more}", calls=True)
        if self.state in MISSING:
            return Headline("stop", "stop", self.state_words, detail="Is being looked for.", calls=True)
        if self.state.startswith("emergency"):
            return Headline("stop", "stop", "Emergency", calls=True)
        if self.locked and self.locked_words:
            kind = "stop" if self.locked_alarms else "warn"
            told = (
                f"{self.locked_words}: open the chart for an emergency, or call whoever treats this patient."
            )
            return Headline(kind, "warning", "Restricted", detail=told, calls=bool(self.locked_alarms))
        if self.next_due and self.next_due.status == DueState.OVERDUE:
            more = f" and {self.overdue_more} more overdue" if self.overdue_more else ""
            return Headline("stop", "clock", "Overdue", self.next_due.due_at, f"{self.next_due.title}{more}")
        if self.next_due:
            due = self.next_due.status == DueState.DUE
            kind, words = ("warn", "Due") if due else ("", "Next")
            return Headline(kind, "clock", words, self.next_due.due_at, self.next_due.title)
        if self.may_leave:
            return Headline("ok", "check", "Criteria met", detail="A clinician decides.")
        return Headline("", "upcoming", self.state_words)


_LOUD = ("stop", "warn")


def natural(name: str) -> list[int | str]:
    """A name as people sort it: Room 2 before Room 10."""
    return [int(part) if part.isdecimal() else part.casefold() for part in re.split(r"(\d+)", name)]


def count_words(number: int, what: str, how: str) -> str:
    """How many wait, in words; nothing for none."""
    return f"{number} {what}{'s' if number != 1 else ''} {how}" if number else ""


def tile_of(
    viewer: Viewer,
    visit: models.Visit,
    record: Record | None,
    now: datetime,
    *,
    state: str,
    visible: bool,
    clinical: bool,
    monitor: Heard | None,
) -> Tile:
    """The tile of one visit. Of a restricted chart it tells that something waits, and not what."""
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
        kind=_kind(visit.state) if clinical else "",
        monitor=monitor if visible else None,
    )
    if record is None:
        return tile
    told = _clinical(tile, viewer, record, now)
    if visible:
        return told
    loud = told.kind if told.kind != "ok" else ""
    return replace(
        tile,
        kind=loud,
        overdue=told.overdue,
        locked=patient.id,
        locked_alarms=len(told.alarms),
        watch=replace(told.watch, may="") if told.watch else None,
        changes_at=told.changes_at,
    )


def _kind(state: str) -> str:
    """How loud a visit is by its state alone: who walked out unseen is looked for now."""
    if state in MISSING:
        return "stop"
    return "warn" if state in TO_CLOSE else ""


def _clinical(tile: Tile, viewer: Viewer, record: Record, now: datetime) -> Tile:
    due = assess.due_list(record, now) if record.t0 else ()
    upcoming = monitoring.next_due(due)
    alarms = unanswered(record)
    overdue = sum(1 for each in due if each.state is DueState.OVERDUE)
    leave = assess.earliest_leave(record, now) if record.visit.state in AFTER_DOSE else None
    watch = watch_view(viewer, record)
    told = replace(
        tile,
        product=_SHORT_BY[record.given_route] if record.direct_given else tile.product,
        t0=record.t0,
        last_dose_at=record.last_dose_at,
        dosing=record.visit.state == "administering",
        pressure=_pressure(record),
        next_due=due_view(record, upcoming) if upcoming else None,
        overdue=overdue,
        alarms=alarms,
        leave_at=leave.at if leave else None,
        leave_waits=leave is not None and bool(leave.waits_for),
        leave_is_past=leave is not None and leave.at is not None and leave.at <= now,
        watch=watch,
        changes_at=_changes_at(due, leave, now),
        read_at=now,
    )
    return replace(told, kind=_loudness(told))


def _loudness(tile: Tile) -> str:
    if tile.alarms or tile.state.startswith("emergency"):
        return "stop"
    silent = tile.monitor is not None and tile.monitor.silent
    if tile.overdue or silent or (tile.watch and tile.watch.wrong):
        return "warn"
    return "ok" if tile.may_leave else ""


def good_until(record: Record, now: datetime) -> datetime:
    """Until when a visit reads the same if nothing is written: something falls due, or it is time to look anew."""
    after = record.visit.state in AFTER_DOSE
    due = assess.due_list(record, now) if after else ()
    leave = assess.earliest_leave(record, now) if after else None
    anew = now + timedelta(seconds=setting("data", "drawn_anew_after"))
    return min(filter(None, [anew, _changes_at(due, leave, now)]))


def _changes_at(
    due: tuple[DueObservation, ...], leave: LeaveForecast | None, now: datetime
) -> datetime | None:
    """When the tile reads differently although nothing was written: something falls due, or the wait is over."""
    times = [at for each in due for at in (each.opens_at, each.due_at, each.closes_at)]
    if leave and leave.at:
        times.append(leave.at)
    # A second later too: some states end at the moment itself and some just after it.
    both = (moment for at in times for moment in (at, at + timedelta(seconds=1)))
    return min((at for at in both if at > now), default=None)


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
