"""The note of a visit: as it would read now, as it was saved and signed, and what came after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.audit.canonical import sha256_of
from euthymia.clinic.visits import models
from euthymia.clinic.visits.queries._common import TO_CLOSE, record_for
from euthymia.clinic.visits.queries._noting import Told, told
from euthymia.clinic.visits.queries._telling import sections
from euthymia.clinic.visits.record import Record


@dataclass(frozen=True, slots=True)
class LineView:
    """One sentence with what it stands on. ``is_new``: it was not there when the words were last saved."""

    text: str
    at: datetime | None
    by: str
    facts: tuple[str, ...]
    is_new: bool


@dataclass(frozen=True, slots=True)
class SectionView:
    """One part of the note: a clinician's words if there are any, else the record's sentences."""

    key: str
    title: str
    lines: tuple[LineView, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: str | None

    @property
    def text(self) -> str:
        """What is printed: one sentence under the other."""
        return self.words if self.words is not None else "\n".join(each.text for each in self.lines)

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The same as lines."""
        return tuple(filter(None, (each.strip() for each in self.text.split("\n"))))

    @property
    def new(self) -> tuple[LineView, ...]:
        """Sentences that came after a clinician's words and are not in them."""
        return tuple(each for each in self.lines if each.is_new) if self.words is not None else ()


@dataclass(frozen=True, slots=True)
class Version:
    """One saved version."""

    id: UUID
    at: datetime
    by: str
    sha256: str
    edited: tuple[str, ...]
    signed: bool


@dataclass(frozen=True, slots=True)
class Addendum:
    """What was added after the note was signed."""

    at: datetime
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """The note as it stands. While nobody signed it, it follows the record; then it is what was signed.

    ``base`` is the version the screen shows, ``late`` what was entered after the signature, ``unspoken`` what of
    it no addendum speaks to.
    """

    visit_id: UUID
    patient_id: UUID
    sections: tuple[SectionView, ...]
    versions: tuple[Version, ...]
    base: UUID | None
    locked_by: str
    locked_at: datetime | None
    sha256: str
    addenda: tuple[Addendum, ...]
    late: tuple[Told, ...]
    unspoken: tuple[Told, ...]
    may_write: bool

    @property
    def is_locked(self) -> bool:
        """Whether a clinician signed it."""
        return self.locked_at is not None

    @property
    def has_news(self) -> bool:
        """Whether something came after words were saved, that is not in them."""
        return any(section.new for section in self.sections)


def note(viewer: Viewer, visit_id: UUID, now: datetime, version: UUID | None = None) -> Note:
    """The note of a visit; with ``version`` that earlier version, as it was saved."""
    return of_record(viewer, record_for(viewer, visit_id), now, version)


def note_hash(viewer: Viewer, visit_id: UUID, now: datetime) -> str:
    """The hash of the note as it would be signed now; empty once it is."""
    record = record_for(viewer, visit_id)
    return "" if record.note_lock else frozen(viewer, record, now).sha256


def of_record(viewer: Viewer, record: Record, now: datetime, version: UUID | None = None) -> Note:
    """The same, from a record that is read already."""
    rows = list(
        models.VisitNote.objects.filter(visit=record.visit.id)
        .select_related("recorded_by", "lock__signature", "lock__recorded_by")
        .order_by("recorded_at", "id")
    )
    locked = next((row for row in rows if hasattr(row, "lock")), None)
    shown = _chosen(rows, version) if version else (locked or (rows[-1] if rows else None))
    frozen = bool(version) or locked is not None
    lock = getattr(locked, "lock", None)
    addenda = list(lock.addenda.select_related("recorded_by").order_by("recorded_at")) if lock else []
    late = told(record, since=lock.recorded_at) if lock else ()
    covered = {fact for each in addenda for fact in each.covers}
    parts = _kept(shown) if frozen and shown else _merged(sections(viewer, record, now), shown)
    return Note(
        visit_id=record.visit.id,
        patient_id=record.visit.course.patient_id,
        sections=parts,
        versions=tuple(_version(row) for row in rows),
        base=rows[-1].id if rows else None,
        locked_by=lock.signature.signer_name if lock else "",
        locked_at=lock.recorded_at if lock else None,
        sha256=shown.content_sha256 if shown else "",
        addenda=tuple(Addendum(each.recorded_at, each.recorded_by.name, each.text) for each in addenda),
        late=late,
        unspoken=tuple(each for each in late if each.id not in covered),
        may_write=lock is None and record.visit.state in TO_CLOSE,
    )


@dataclass(frozen=True, slots=True)
class Frozen:
    """A version about to be kept: its sections as data, the facts it covers, its hash."""

    sections: list[dict[str, Any]]
    covers: list[str]
    sha256: str


def frozen(viewer: Viewer, record: Record, now: datetime, words: dict[str, str] | None = None) -> Frozen:
    """The note as it would be kept now. ``words`` by section replace the sentences where they differ from them;
    without ``words`` what was saved last stands."""
    made = sections(viewer, record, now)
    latest = record.note
    known = {part["key"]: part["words"] for part in latest.sections} if latest else {}
    if words is not None:
        known = {part.key: _changed(part.words, words.get(part.key)) for part in made}
    content = [part.to_json(known.get(part.key)) for part in made]
    covers = sorted({each.id for each in told(record)})
    return Frozen(content, covers, sha256_of({"sections": content, "covers": covers}))


def _changed(sentences: str, words: str | None) -> str | None:
    if words is None:
        return None
    tidy = "\n".join(each.rstrip() for each in words.replace("\r\n", "\n").strip().split("\n"))
    return None if tidy == sentences else tidy


def _chosen(rows: Iterable[models.VisitNote], version: UUID) -> models.VisitNote:
    found = next((row for row in rows if row.id == version), None)
    if found is None:
        raise NotFound("No such version of this note.")
    return found


def _kept(row: models.VisitNote) -> tuple[SectionView, ...]:
    return tuple(_view(part, frozenset(), part["words"]) for part in row.sections)


def _merged(made: Iterable[Any], row: models.VisitNote | None) -> tuple[SectionView, ...]:
    known = {part["key"]: part["words"] for part in row.sections} if row else {}
    covered = frozenset(row.covers) if row else frozenset()
    return tuple(_view(part.to_json(), covered if row else None, known.get(part.key)) for part in made)


def _view(part: dict[str, Any], covered: frozenset[str] | None, words: str | None) -> SectionView:
    table = part["table"] or {"columns": (), "rows": ()}
    return SectionView(
        key=part["key"],
        title=part["title"],
        lines=tuple(
            LineView(
                text=each["text"],
                at=datetime.fromisoformat(each["at"]) if each["at"] else None,
                by=each["by"],
                facts=tuple(each["facts"]),
                is_new=bool(covered) and bool(each["facts"]) and not set(each["facts"]) <= (covered or set()),
            )
            for each in part["lines"]
        ),
        columns=tuple(table["columns"]),
        rows=tuple(tuple(row) for row in table["rows"]),
        words=words,
    )


def _version(row: models.VisitNote) -> Version:
    return Version(
        id=row.id,
        at=row.recorded_at,
        by=row.recorded_by.name,
        sha256=row.content_sha256,
        edited=tuple(part["title"] for part in row.sections if part["words"] is not None),
        signed=hasattr(row, "lock"),
    )
