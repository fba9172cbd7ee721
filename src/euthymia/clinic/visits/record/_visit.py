"""What every part of a record rests on: the visit, its rules, its clock, and how its rows are read."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from euthymia.clinic.rulebook import queries as rulebook
from euthymia.clinic.visits import models
from euthymia.clinic.visits.record._standing import F, last, of_one_visit
from euthymia.evidence import RuleBook
from euthymia.protocol import Product

AROUND = timedelta(hours=36)  # ours: what is judged beside a visit within this time of it belongs to it


class VisitRows:
    """A visit of which rows are read once each, when somebody asks for them."""

    def __init__(self, visit: models.Visit, *, by: RuleBook | None = None) -> None:
        """``by`` is another rule book than the visit's own, to see what it would say."""
        self.visit = visit
        if by is not None:
            self.__dict__["rules"] = by

    @cached_property
    def zone(self) -> ZoneInfo:
        """The clinic's time zone: rules count days, and screens print times, in it."""
        return ZoneInfo(self.visit.clinic.time_zone)

    @cached_property
    def rules(self) -> RuleBook:
        """The rules of the version the visit began under; before it begins, those that act now."""
        visit = self.visit
        if visit.book_version is not None:
            return rulebook.book_of_version(visit.clinic_id, visit.book_version)
        return rulebook.book(visit.clinic_id)

    @property
    def product(self) -> Product:
        """The drug and its route."""
        return Product(self.visit.product)

    def local(self, at: datetime) -> datetime:
        """The same instant by the clinic's clock."""
        return at.astimezone(self.zone)

    def _all(self, model: type[F], *related: str) -> list[F]:
        return of_one_visit(model, related)(visit=self.visit.id)

    def _latest(self, model: type[F], *related: str) -> F | None:
        return last(self._all(model, *related))
