"""What the boards of one clinic share in a process: read once, and again only where something was written.

Every screen asks for the same patients every second and a half. What was read for one of them holds for all
until the audit log says otherwise: an entry about a patient lets go of that patient's rows, and one about nobody
in particular (a name, a chair, a rule) of everything. Entries are written last in their transaction, one
transaction after the other (``audit.actions``), so that none can appear before one that was seen.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit import queries as audit
from euthymia.clinic.visits import models
from euthymia.clinic.visits.queries._common import AFTER_DOSE
from euthymia.clinic.visits.queries.tile import Tile
from euthymia.clinic.visits.record import Record, records

_LOOKED_UP = timedelta(
    seconds=30
)  # ours: who belongs to the day changes with the hour too, not by writes alone
_MOST_TILES = 5000  # ours: a hundred visits seen by fifty kinds of eyes, in some tens of megabytes
_OF_TWO = "visits.move"  # an entry moved between patients touches both


class Eyes(NamedTuple):
    """All that a tile can differ by between two people of one clinic: whose eyes are alike are shown the same piece.

    A nurse's tile of a patient whom another nurse watches is every nurse's; only who watches, and to whom the watch is
    offered, are told something else.
    """

    roles: frozenset[Role]
    visible: bool
    watches: bool
    is_offered: bool


def eyes_of(viewer: Viewer, record: Record | None, *, visible: bool) -> Eyes:
    """How somebody sees one patient's tile."""
    if record is None:
        return Eyes(viewer.roles, visible, watches=False, is_offered=False)
    watch, me = record.watch, str(viewer.user_id)
    return Eyes(viewer.roles, visible, watches=watch.who == me, is_offered=watch.offered_to == me)


@dataclass(slots=True)
class Shelf:
    """One clinic's rows, as they stand at the entry ``mark`` of the log."""

    mark: audit.Mark | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)
    _records: dict[UUID, Record] = field(default_factory=dict)
    _visits: tuple[datetime, Sequence[models.Visit]] | None = None
    _visible: dict[frozenset[UUID], frozenset[UUID]] = field(default_factory=dict)
    _tiles: dict[tuple[Eyes, UUID], tuple[object, Tile]] = field(default_factory=dict)

    def catch_up(self, clinic_id: UUID) -> None:
        """Let go of what was written about since; of everything where that cannot be told."""
        self.mark, entries = audit.since(self.mark)
        if entries is None:
            return self._forget()
        for entry in entries:
            if entry.clinic_id not in (None, clinic_id):
                continue
            if entry.patient_id is None or entry.verb.startswith(_OF_TWO):
                return self._forget()
            self._visits = None
            self._visible.clear()
            for visit_id, record in list(self._records.items()):
                if record.visit.course.patient_id == entry.patient_id:
                    del self._records[visit_id]
        return None

    def visits(self, now: datetime, read: Callable[[], Sequence[models.Visit]]) -> Sequence[models.Visit]:
        """The visits of the board, by ``read`` where they are not at hand."""
        if self._visits is None or not timedelta(0) <= now - self._visits[0] < _LOOKED_UP:
            self._visits = (now, read())
        return self._visits[1]

    def visible(self, viewer: Viewer, read: Callable[[], frozenset[UUID]]) -> frozenset[UUID]:
        """The patients of the board that this viewer may open, by ``read`` where they are not at hand.

        In one clinic that is a matter of emergency accesses alone (``people.visible``).
        """
        if viewer.break_glass not in self._visible:
            self._visible[viewer.break_glass] = read()
        return self._visible[viewer.break_glass]

    def records(self, visits: Sequence[models.Visit]) -> dict[UUID, Record]:
        """The records of visits; those that are not at hand are read in one go."""
        here = {visit.id for visit in visits}
        self._records = {visit_id: record for visit_id, record in self._records.items() if visit_id in here}
        if missing := [visit for visit in visits if visit.id not in self._records]:
            self._records |= {record.visit.id: record for record in records(missing)}
        return dict(self._records)

    def tile(self, eyes: Eyes, visit_id: UUID, now: datetime, basis: Any, make: Callable[[], Tile]) -> Tile:
        """A tile as it was made from the same ``basis`` for such ``eyes``, until the clock alone changes it."""
        basis_then, tile = self._tiles.get((eyes, visit_id), (None, None))
        if tile is not None and basis_then == basis and _holds(tile, now):
            return tile
        made = make()
        if tile is not None and tile == made:
            made = tile  # the same object says to who draws it that it was drawn
        if len(self._tiles) >= _MOST_TILES:
            self._tiles.clear()
        self._tiles[eyes, visit_id] = (basis, made)
        return made

    def _forget(self) -> None:
        self._records, self._visits = {}, None
        self._visible.clear()
        self._tiles.clear()


def _holds(tile: Tile, now: datetime) -> bool:
    if tile.read_at is None or tile.state not in AFTER_DOSE:
        return False  # cheap to make, and nothing says when it changes
    return tile.read_at <= now and (tile.changes_at is None or now < tile.changes_at)


_shelves: dict[UUID, Shelf] = {}
_making = threading.Lock()


@contextmanager
def shelf(clinic_id: UUID) -> Iterator[Shelf]:
    """The clinic's shelf, caught up with the log. One thread holds it, so that none puts back what is older."""
    with _making:
        found = _shelves.setdefault(clinic_id, Shelf())
    with found.lock:
        found.catch_up(clinic_id)
        yield found
