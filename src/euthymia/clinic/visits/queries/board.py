"""The board: every chair of the day at a glance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from euthymia.clinic.access.models import Clinic
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.people import queries as people
from euthymia.clinic.visits import models
from euthymia.clinic.visits.queries import kept
from euthymia.clinic.visits.queries._common import AFTER_DOSE, MISSING, is_here, told_state
from euthymia.clinic.visits.queries.monitors import heard, waits
from euthymia.clinic.visits.queries.tile import Tile as Tile
from euthymia.clinic.visits.queries.tile import count_words, natural, tile_of
from euthymia.clinic.visits.screen import setting
from euthymia.protocol import VISIT

_DOSED = AFTER_DOSE | {"eloped"}  # who had a dose and walked out stays beside those who are watched
_LONGEST_STAY = timedelta(hours=36)  # ours: a visit that runs past midnight stays on the board
_ARRANGED = (1, 2, 4, 6, 8, 12)  # for so many watched chairs the style sheet has an arrangement


@dataclass(frozen=True, slots=True)
class Board:
    """The day: who is watched after a dose, who else is here, who is expected, who has left; when this was read.

    Without a write it is good until ``good_until``.
    """

    watched: tuple[Tile, ...]
    here: tuple[Tile, ...]
    expected: tuple[Tile, ...]
    left: tuple[Tile, ...]
    read_at: datetime
    good_until: datetime
    clinical: bool = True  # whether the viewer may be told that nothing waits
    waiting: int = 0  # readings of monitors that belong to nobody yet

    @property
    def arranged_for(self) -> int:
        """For how many chairs the tiles are laid out."""
        return next((many for many in _ARRANGED if len(self.watched) <= many), _ARRANGED[-1])

    @property
    def _in_care(self) -> tuple[Tile, ...]:
        return (*self.watched, *self.here)

    @property
    def unanswered(self) -> int:
        """Alarms nobody has answered, over all chairs."""
        return sum(len(tile.alarms) + tile.locked_alarms for tile in self._in_care)

    @property
    def overdue(self) -> int:
        """Overdue readings, over all chairs."""
        return sum(tile.overdue for tile in self._in_care)

    @property
    def unanswered_words(self) -> str:
        """How many alarms wait, in words, and whose they are."""
        whose = [tile for tile in self._in_care if tile.alarms or tile.locked_alarms]
        return _of(count_words(self.unanswered, "alarm", "not answered"), whose)

    @property
    def waiting_words(self) -> str:
        """How many readings belong to nobody yet, in words."""
        return count_words(self.waiting, "reading", "without a patient")

    @property
    def overdue_words(self) -> str:
        """How many readings are overdue, in words, and whose they are."""
        return _of(
            count_words(self.overdue, "reading", "overdue"), [tile for tile in self._in_care if tile.overdue]
        )

    @property
    def unwatched_words(self) -> str:
        """Whom nobody watches, in words."""
        return _of("Nobody watches", [tile for tile in self._in_care if tile.watch and tile.watch.wrong])

    @property
    def all_well(self) -> bool:
        """Whether nothing waits for anybody; told only to who may know."""
        return self.clinical and not (self.unanswered or self.overdue or self.unwatched_words)


def board(viewer: Viewer, now: datetime) -> Board:
    """Today's visits of the clinic, and whoever is still here from before. The number of queries is fixed."""
    viewer.require(Permission.VIEW_BOARD)
    clinical = viewer.may(Permission.VIEW_CHART)
    with kept.shelf(viewer.clinic_id) as shelf:
        visits = shelf.visits(now, lambda: _visits(viewer, now))
        # A restricted patient sits in a chair too: the tile says so, and whether an alarm or a reading waits.
        open_to = shelf.visible(viewer, lambda: _open_to(viewer, visits))
        in_care = [visit for visit in visits if is_here(visit.state)] if clinical else []
        by_visit = shelf.records(in_care) if clinical else {}
        monitors = heard(in_care, now)
        tiles = []
        for visit in visits:
            record, monitor = by_visit.get(visit.id), monitors.get(visit.id)
            visible = visit.course.patient_id in open_to
            make = partial(
                tile_of,
                viewer,
                visit,
                record,
                now,
                state=told_state(viewer, visit.state),
                visible=visible,
                clinical=clinical,
                monitor=monitor,
            )
            eyes = kept.eyes_of(viewer, record, visible=visible)
            tiles.append(shelf.tile(eyes, visit.id, now, (record, monitor), make))
    watched = sorted((tile for tile in tiles if tile.state in _DOSED), key=lambda tile: tile.place)
    return Board(
        watched=tuple(watched),
        here=_by_chair(tile for tile in tiles if tile.is_here and tile.state not in _DOSED),
        expected=_by_time(tile for tile in tiles if tile.state == VISIT.initial),
        left=_by_time(tile for tile in tiles if not tile.is_here and tile.state != VISIT.initial),
        read_at=now,
        good_until=_good_until(tiles, now),
        clinical=clinical,
        waiting=waits(viewer),
    )


def _open_to(viewer: Viewer, visits: Sequence[models.Visit]) -> frozenset[UUID]:
    return frozenset(people.visible(viewer).filter(courses__visits__in=visits).values_list("id", flat=True))


def _visits(viewer: Viewer, now: datetime) -> Sequence[models.Visit]:
    clinic = Clinic.objects.get(pk=viewer.clinic_id)
    midnight = now.astimezone(ZoneInfo(clinic.time_zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    today = Q(scheduled_at__gte=midnight, scheduled_at__lt=midnight + timedelta(days=1))
    still_here = Q(scheduled_at__gte=now - _LONGEST_STAY, state__in=sorted({*VISIT.occupied, *MISSING}))
    return list(
        models.Visit.objects.filter(today | still_here, clinic_id=viewer.clinic_id)
        .select_related("clinic", "course__patient", "chair")
        .order_by("chair__name", "scheduled_at")
    )


def _good_until(tiles: Iterable[Tile], now: datetime) -> datetime:
    """Until when the board reads the same if nothing is written: something falls due, or it is time to look anew."""
    anew = now + timedelta(seconds=setting("data", "drawn_anew_after"))
    return min([anew, *(tile.changes_at for tile in tiles if tile.changes_at is not None)])


def _by_chair(tiles: Iterable[Tile]) -> tuple[Tile, ...]:
    return tuple(sorted(tiles, key=lambda tile: natural(tile.chair)))


def _by_time(tiles: Iterable[Tile]) -> tuple[Tile, ...]:
    return tuple(sorted(tiles, key=lambda tile: tile.scheduled_at))


_NAMED = 2


def _of(words: str, tiles: Sequence[Tile]) -> str:
    """Say of whom, with the chair, so that nobody has to look for the tile; the rest is counted. Nothing of nobody."""
    if not words or not tiles:
        return ""
    named = [f"{tile.name}, {tile.chair}" for tile in tiles[:_NAMED]]
    more = [f"{len(tiles) - _NAMED} more"] if len(tiles) > _NAMED else []
    return f"{words}: {'; '.join([*named, *more])}"
