"""Who watches a patient, and who could."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from euthymia.clinic.access.models import User
from euthymia.clinic.access.permissions import GRANTS, Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.visits.queries._common import is_here
from euthymia.clinic.visits.record import Record
from euthymia.protocol.watching import nobody_watches

_WATCHERS = [role.value for role, rights in GRANTS.items() if Permission.RECORD_OBSERVATION in rights]


@dataclass(frozen=True, slots=True)
class WatchView:
    """Who watches, as the viewer sees it. ``wrong`` is a sentence when a dosed patient is watched by nobody.

    ``may`` is what the viewer may press: take, take over, hand over, or nothing.
    """

    name: str
    since: datetime | None
    is_mine: bool
    offered_name: str
    offered_to_me: bool
    wrong: str
    may: str

    @property
    def short_name(self) -> str:
        """The name as it fits a tile: given name and the first letter of the rest."""
        given, _, rest = self.name.partition(" ")
        return f"{given} {rest[:1]}." if rest else given


def watch_view(viewer: Viewer, record: Record) -> WatchView:
    """Who watches a patient whose rows are at hand."""
    watch, here = record.watch, is_here(record.visit.state)
    me = str(viewer.user_id)
    mine = watch.who == me
    may = ""
    if here and viewer.may(Permission.RECORD_OBSERVATION):
        may = "hand over" if mine else "take over" if watch.is_kept else "take"
    return WatchView(
        name=watch.name,
        since=watch.since,
        is_mine=mine,
        offered_name=watch.offered_name,
        offered_to_me=watch.offered_to == me,
        wrong=nobody_watches(watch, dosed=record.t0 is not None, here=here),
        may=may,
    )


def may_watch(clinic_id: UUID) -> QuerySet[User]:
    """The clinic's people who may watch a patient."""
    return User.objects.filter(
        clinic_id=clinic_id, is_active=True, assignments__held=True, assignments__role__in=_WATCHERS
    ).distinct()


def colleagues(viewer: Viewer) -> tuple[tuple[UUID, str], ...]:
    """To whom the viewer could hand a patient over."""
    viewer.require(Permission.RECORD_OBSERVATION)
    found = may_watch(viewer.clinic_id).exclude(pk=viewer.user_id).order_by("name")
    return tuple(found.values_list("id", "name"))
