"""The note of a visit, told from its rows: for each section sentences, each with the facts it stands on.

Nothing here judges or stores. What no section tells of is listed by its kind, so that no fact of a visit is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Value

from euthymia.clinic.audit.bases import Fact
from euthymia.clinic.visits.models.visit import VisitFact
from euthymia.clinic.visits.queries._common import kinds_of_fact
from euthymia.clinic.visits.record import Record

_NOT_TOLD = frozenset(
    {
        "VisitNote", "NoteLock", "NoteAddendum", "CloseRecord", "ProgrammeForm", "ProgrammeFormSent",
        "IntegrationOffer", "DrugAccount", "Assessment", "VisitTransition", "BookingJudgement", "MonitorReading",
    }
)  # fmt: skip
"""Facts that are no event of the visit: the note itself, what the rules said, and what is owed afterwards."""


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of the note, with the facts it stands on; ``at`` and ``by`` are those of the first."""

    text: str
    facts: tuple[str, ...] = ()
    at: datetime | None = None
    by: str = ""

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self) | {"facts": list(self.facts), "at": self.at.isoformat() if self.at else None}


@dataclass(frozen=True, slots=True)
class Table:
    """Values that are read better side by side."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {"columns": list(self.columns), "rows": [list(row) for row in self.rows]}


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the note."""

    key: str
    title: str
    lines: tuple[Line, ...]
    table: Table | None = None

    @property
    def words(self) -> str:
        """Its sentences, one under the other, as a clinician edits them."""
        return "\n".join(line.text for line in self.lines)

    def to_json(self, words: str | None = None) -> dict[str, Any]:
        """As it is kept; ``words`` are a clinician's, in place of the sentences."""
        return {
            "key": self.key,
            "title": self.title,
            "lines": [line.to_json() for line in self.lines],
            "table": self.table.to_json() if self.table else None,
            "words": words,
        }


def line(text: str, *facts: Fact | None, at: datetime | None = None) -> Line:
    """A sentence about ``facts``; those that are not there are left out."""
    there = [fact for fact in facts if fact is not None]
    first = there[0] if there else None
    when = at or getattr(first, "measured_at", None) or (first.recorded_at if first else None)
    return Line(
        text=text.strip(),
        facts=tuple(str(fact.pk) for fact in there),
        at=when,
        by=first.recorded_by.name if first else "",
    )


@dataclass(frozen=True, slots=True)
class Told:
    """A fact of the visit that some section may or may not tell of."""

    id: str
    kind: str
    recorded_at: datetime
    by: str


def told(record: Record, *, since: datetime | None = None) -> tuple[Told, ...]:
    """Every fact of the visit that is an event of it, oldest first; with ``since`` those entered after it.

    One query, whatever kinds there are: a new kind of fact is found without being named here.
    """
    parts = [_rows(model, record.visit.id, since) for model in _kinds()]
    rows = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    labels = {model.__name__: str(model._meta.verbose_name).capitalize() for model in _kinds()}
    found = [Told(str(pk), labels[name], at, by) for pk, at, by, name in rows]
    return tuple(sorted(found, key=lambda each: (each.recorded_at, each.id)))


def _rows(model: type[VisitFact], visit_id: UUID, since: datetime | None) -> Any:
    rows = model._default_manager.filter(visit_id=visit_id)
    if since is not None:
        rows = rows.filter(recorded_at__gt=since)
    return rows.order_by().values_list("pk", "recorded_at", "recorded_by__name", Value(model.__name__))


def _kinds() -> list[type[VisitFact]]:
    return [model for model in kinds_of_fact() if model.__name__ not in _NOT_TOLD]


def left_out(sections: Iterable[Section], facts: Iterable[Told]) -> Iterator[Told]:
    """Facts that no sentence stands on."""
    stood_on = {fact for section in sections for one in section.lines for fact in one.facts}
    return (fact for fact in facts if fact.id not in stood_on)
