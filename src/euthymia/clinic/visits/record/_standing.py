"""The rows of visits that stand: neither corrected by a later row nor moved to another patient."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import QuerySet

from euthymia.clinic.audit.bases import Fact
from euthymia.clinic.audit.compiled import Compiled
from euthymia.clinic.visits import models
from euthymia.clinic.visits.models.visit import VisitFact

F = TypeVar("F", bound=VisitFact)
G = TypeVar("G", bound=Fact)
_MOVABLE: tuple[type[VisitFact], ...] = (
    models.Observation,
    models.DeviceAdministration,
    models.InfusionEvent,
    models.DirectDose,
    models.MedicineGiven,
)
IN_ORDER: dict[str, Callable[[Any], Any]] = {
    "devices": lambda row: (row.measured_at, row.number),
    "infusion": lambda row: row.measured_at,
    "direct": lambda row: (row.measured_at, row.number, row.step != models.DirectStep.GIVEN),
    "observations": lambda row: (row.measured_at, row.recorded_at),
}
"""What rows of a kind are sorted by, where that is not when they were entered."""


def standing(fact: G) -> G:
    """The fact as it stands: the last correction of it, or itself."""
    while (later := type(fact)._default_manager.filter(corrects_id=fact.pk).first()) is not None:
        fact = later
    return fact


@cache
def of_one_visit(model: type[F], related: tuple[str, ...]) -> Compiled[F]:
    """One visit's rows of a table: a page asks dozens of tables, each in words that never change."""
    return Compiled(lambda visit: standing_rows(model, [visit], *related), "visit")


observations_of = Compiled(
    lambda visit: models.Observation.objects.filter(visit=visit).select_related("recorded_by"), "visit"
)
moved_of = Compiled(
    lambda visit: models.MovedEntry.objects.filter(visit=visit).select_related("recorded_by"), "visit"
)
papers_of = Compiled(
    lambda visit: models.FromPaper.objects.filter(visit=visit).select_related("recorded_by", "measured_by"),
    "visit",
)


def standing_rows(model: type[F], ids: Sequence[UUID], *related: str) -> QuerySet[F]:
    """Rows that no later row corrects and that were not moved away, in the order they were entered."""
    rows = model.objects.current().filter(visit__in=ids)
    if model in _MOVABLE:
        rows = rows.exclude(id__in=models.MovedEntry.objects.filter(visit__in=ids).values("original"))
    return rows.select_related("recorded_by", *related).order_by("recorded_at", "id")


def last(rows: Iterable[G]) -> G | None:
    """The last of rows, or none."""
    return next(iter(list(rows)[-1:]), None)
