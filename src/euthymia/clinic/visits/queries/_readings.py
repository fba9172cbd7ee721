"""Readings as a table and as tiles: what stands, and beside it what was put right."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from euthymia.clinic.visits import models
from euthymia.clinic.visits.facts import DISSOCIATION
from euthymia.clinic.visits.limits import limits
from euthymia.clinic.visits.models.observed import Kind
from euthymia.clinic.visits.queries._common import LATE, later_words, paper_words
from euthymia.clinic.visits.record import Record
from euthymia.protocol import Product

COLUMNS = (
    (Kind.PRESSURE, "Pressure"),
    (Kind.HEART_RATE, "Heart"),
    (Kind.RESPIRATORY_RATE, "Breaths"),
    (Kind.SPO2, "SpO₂"),
    (Kind.SEDATION, "MOAA/S"),
    (Kind.DISSOCIATION, "Dissociation"),
    (Kind.NAUSEA, "Nausea"),
    (Kind.ANXIETY, "Anxiety"),
    (Kind.PAIN, "Pain"),
    (Kind.SYMPTOMS, "Symptoms"),
)
_SELDOM = frozenset({Kind.NAUSEA, Kind.ANXIETY, Kind.PAIN})
"""Columns of their own only in a visit in which somebody asked."""
_UNITS = {Kind.PRESSURE: "systolic", Kind.HEART_RATE: "heart_rate", Kind.RESPIRATORY_RATE: "respiratory_rate"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a set: what stands, and what stood there before with the reason it was put right."""

    id: UUID
    kind: str
    text: str
    artefact: bool
    earlier: tuple[str, ...]
    reason: str
    can_correct: bool
    to_confirm: bool
    moved_away: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing to say but the value, which may be put right: nearly every cell of a page."""
        said = self.artefact or self.moved_away or self.to_confirm or self.earlier or self.reason
        return self.can_correct and not said


@dataclass(frozen=True, slots=True)
class ReadingSet:
    """Readings taken together, in the order of ``columns``. ``clock`` says how long after what they were taken."""

    at: datetime
    recorded_at: datetime
    by: str
    clock: str
    cells: tuple[Cell | None, ...]
    notes: tuple[Cell, ...]
    back_entered: bool
    from_monitor: bool
    paper: str = ""
    later: str = ""

    @property
    def is_routine(self) -> bool:
        """Whether it is one of many a monitor sends: no pressure, nothing odd, nothing put right."""
        told = [cell for cell in self.cells if cell is not None]
        return self.from_monitor and all(
            cell.kind != Kind.PRESSURE
            and not (cell.to_confirm or cell.earlier or cell.artefact or cell.moved_away)
            for cell in told
        )


@dataclass(frozen=True, slots=True)
class Tile:
    """The last value of one kind, large."""

    name: str
    value: str
    unit: str
    at: datetime
    kind: str
    note: str


def columns(record: Record) -> tuple[tuple[str, str], ...]:
    """The kinds of the visit's table with their headings."""
    taken = {row.kind for row in record.observation_rows}
    return tuple((kind, label) for kind, label in COLUMNS if kind not in _SELDOM or kind in taken)


def sets(record: Record) -> tuple[ReadingSet, ...]:
    """All sets of the visit, the latest first."""
    grouped: dict[UUID, list[models.Observation]] = defaultdict(list)
    for row in record.observation_rows:
        grouped[row.set_id].append(row)
    kinds = [kind for kind, _ in columns(record)]
    found = [_set(record, rows, kinds) for rows in grouped.values()]
    return tuple(sorted(found, key=lambda each: each.at, reverse=True))


def latest(record: Record) -> tuple[Tile, ...]:
    """The last standing value of each kind that was ever taken."""
    tiles = []
    for kind, _ in COLUMNS:
        row = next((row for row in reversed(record.observations) if row.kind == kind), None)
        if row is not None:
            tiles.append(Tile(Kind(kind).label, shown(row), unit(kind), row.measured_at, "", ""))
    return tuple(tiles)


def shown(row: models.Observation) -> str:
    """A value as people read it."""
    if row.kind == Kind.PRESSURE:
        return f"{row.value}/{row.diastolic}"
    if row.kind in (Kind.DISSOCIATION, Kind.NAUSEA) and row.value is not None:
        return DISSOCIATION[row.value].value
    if row.kind == Kind.SYMPTOMS:
        return ", ".join(row.symptoms or ()) or "none"
    return str(row.value) if row.value is not None else row.note


def unit(kind: str) -> str:
    """The unit printed beside a kind; nothing for words and scores."""
    if kind == Kind.SPO2:
        return limits()["spo2"].unit
    if kind in (Kind.ANXIETY, Kind.PAIN):
        return f"of {limits()[kind].highest}"
    return limits()[_UNITS[Kind(kind)]].unit if kind in _UNITS else ""


def _set(record: Record, rows: list[models.Observation], kinds: list[str]) -> ReadingSet:
    first = rows[0]
    corrected = {row.corrects_id for row in rows}
    by_id = {row.id: row for row in rows}
    standing = {row.kind: row for row in rows if row.id not in corrected}
    notes = [row for row in rows if row.kind == Kind.NOTE and row.id not in corrected]
    return ReadingSet(
        at=first.measured_at,
        recorded_at=first.recorded_at,
        by=first.source or record.who(first, first.set_id),
        clock=_clock(record, first.measured_at),
        cells=tuple(
            _cell(standing[kind], by_id, moved_away=standing[kind].id in record.moved_away)
            if kind in standing
            else None
            for kind in kinds
        ),
        notes=tuple(_cell(row, by_id, moved_away=row.id in record.moved_away) for row in notes),
        back_entered=abs(first.recorded_at - first.measured_at) > LATE,
        from_monitor=first.source != "",
        paper=paper_words(record, first.id),
        later=later_words(first.measured_at, first.recorded_at),
    )


def _clock(record: Record, at: datetime) -> str:
    """Minutes of the protecting clock, which the table's head names; before it runs, of the programme's, named here.

    A reading of another day tells its day.
    """
    nasal = record.product is Product.ESKETAMINE_NASAL
    if record.t0 is None or at < record.t0:
        begun = record.local(record.t0 or record.visit.scheduled_at)
        before = "before the dose" if record.t0 else ""
        other_day = record.local(at).date() != begun.date()
        return f"{record.local(at).day} {record.local(at):%B}" if other_day else before
    if record.last_dose_at is not None and at >= record.last_dose_at:
        return _minutes(at, record.last_dose_at)
    return f"{_minutes(at, record.t0)} after {'first device' if nasal else 'start'}"


def _minutes(at: datetime, since: datetime) -> str:
    return f"{int((at - since).total_seconds() // 60)} min"


def _cell(
    row: models.Observation, by_id: dict[UUID, models.Observation], *, moved_away: bool = False
) -> Cell:
    earlier, before = [], row.corrects_id
    while before is not None:
        was = by_id[before]
        earlier.append(shown(was))
        before = was.corrects_id
    return Cell(
        id=row.id,
        kind=row.kind,
        text=shown(row),
        artefact=row.artefact,
        earlier=tuple(earlier) if not row.artefact else tuple(earlier[1:]),
        reason=row.reason,
        can_correct=not row.artefact and not moved_away,
        to_confirm=row.source != "" and not row.artefact and not moved_away and not _is_usual(row),
        moved_away=moved_away,
    )


def _is_usual(row: models.Observation) -> bool:
    """Whether a value is one that is taken from a person without asking."""
    if row.kind == Kind.PRESSURE:
        upper, lower = limits()["systolic"], limits()["diastolic"]
        return upper.is_usual(row.value or 0) and lower.is_usual(row.diastolic or 0)
    return row.value is None or limits()[row.kind].is_usual(row.value)
