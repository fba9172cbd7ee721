"""Reading the audit chain: who opened a chart, what was done, and whether it still holds together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection
from django.db.models import QuerySet
from pghistory.models import Event

from euthymia.clinic.access.models import User
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.audit.canonical import sha256_of
from euthymia.clinic.audit.models import AuditEntry, Signature

PAGE = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as a page shows it."""

    seq: int
    at: datetime
    actor: str
    roles: tuple[str, ...]
    verb: str
    patient_id: UUID | None
    subject: str
    detail: Mapping[str, Any]
    ip: str | None
    subject_name: str = ""  # of the person it was done to, where that is one of the staff

    @property
    def what(self) -> str:
        """The verb and what it was done to, in words: “add staff: Nils Roe”."""
        verb = self.verb.split(".", 1)[-1].replace("_", " ")
        subject = self.subject_name or self.subject
        return f"{verb}: {subject}" if subject else verb

    @property
    def roles_in_words(self) -> str:
        """The roles held then."""
        return ", ".join(role.replace("_", " ") for role in self.roles)

    @property
    def purpose(self) -> str:
        """Why a chart was opened; empty for what is no reading."""
        return str(self.detail.get("purpose", ""))


def readings(viewer: Viewer, patient_id: UUID) -> tuple[Entry, ...]:
    """Who opened this patient's chart in the viewer's clinic, latest first."""
    viewer.require(Permission.VIEW_CHART)
    rows = AuditEntry.objects.filter(clinic_id=viewer.clinic_id, patient_id=patient_id, verb="read")
    return _entries(rows)


def entries_for_patient(viewer: Viewer, patient_id: UUID) -> tuple[Entry, ...]:
    """All that was done about this patient in the viewer's clinic, latest first."""
    viewer.require(Permission.VIEW_ACCESS_LOG)
    return _entries(AuditEntry.objects.filter(clinic_id=viewer.clinic_id, patient_id=patient_id))


def access_log(
    viewer: Viewer, *, actor_id: UUID | None = None, before: int | None = None, verb: str = ""
) -> tuple[Entry, ...]:
    """The clinic's entries, latest first, a page at a time: those with a smaller ``seq`` than ``before``."""
    viewer.require(Permission.VIEW_ACCESS_LOG)
    rows = AuditEntry.objects.filter(clinic_id=viewer.clinic_id)
    if actor_id:
        rows = rows.filter(actor_id=actor_id)
    if verb:
        rows = rows.filter(verb__startswith=verb)
    if before:
        rows = rows.filter(seq__lt=before)
    return _entries(rows)


def _entries(rows: QuerySet[AuditEntry]) -> tuple[Entry, ...]:
    found = list(rows.order_by("-seq")[:PAGE])
    names = _staff_names(found)
    return tuple(
        Entry(
            seq=row.seq,
            at=row.at,
            actor=row.actor_name,
            roles=tuple(filter(None, row.actor_roles.split(","))),
            verb=row.verb,
            patient_id=row.patient_id,
            subject=row.subject,
            detail=row.detail,
            ip=row.ip,
            subject_name=names.get(row.subject, ""),
        )
        for row in found
    )


def _staff_names(rows: Sequence[AuditEntry]) -> dict[str, str]:
    """The names behind subjects like ``user 6c1…``, as the staff are called now."""
    subjects = {row.subject for row in rows if row.subject.startswith("user ")}
    people = User.objects.filter(id__in=[subject.removeprefix("user ") for subject in subjects])
    return {f"user {user_id}": name for user_id, name in people.values_list("id", "name")}


@dataclass(frozen=True, slots=True)
class Check:
    """A check of the chain, as it was noted."""

    at: datetime
    holds: bool


def last_check() -> Check | None:
    """The last check of the chain, by the worker or by hand; None before the first."""
    row = AuditEntry.objects.filter(verb="audit.verify_chain").order_by("-seq").first()
    return Check(row.at, bool(row.detail.get("holds"))) if row else None


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature as it is printed: name, time, meaning, and how the signer proved who they are."""

    id: UUID
    signer: str
    roles: tuple[str, ...]
    at: datetime
    meaning: str
    method: str
    content_sha256: str

    def matches(self, content: Mapping[str, Any]) -> bool:
        """Whether ``content`` is exactly what was signed."""
        return sha256_of(content) == self.content_sha256


def last_entry() -> int:
    """The number of the newest entry that is no reading, of whatever clinic: while it stays, nothing was written."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST_ENTRY)
        row = cursor.fetchone()
    return row[0] if row else 0


# Written out because every screen asks it every two seconds: building it anew took longer than answering it.
_LAST_ENTRY = "SELECT seq FROM audit_auditentry WHERE verb <> 'read' ORDER BY seq DESC LIMIT 1"
_SINCE = """
SELECT seq, hash, clinic_id, patient_id, verb FROM audit_auditentry WHERE seq >= %s ORDER BY seq LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the log, told apart from the same place in another log by its hash."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Written:
    """Of an entry, whom it concerns; ``None`` for nobody in particular."""

    clinic_id: UUID | None
    patient_id: UUID | None
    verb: str


_MOST_AT_ONCE = 500


def since(mark: Mark | None) -> tuple[Mark | None, tuple[Written, ...] | None]:
    """Where the log ends now, and what was written after ``mark``, readings left out.

    ``None`` for what was written says that it cannot be told: there was no mark, the log does not hold it, or too
    much has been written since.
    """
    if mark is not None:
        with connection.cursor() as cursor:
            cursor.execute(_SINCE, [mark.seq, _MOST_AT_ONCE + 1])
            found = cursor.fetchall()
        if found and found[0][:2] == (mark.seq, mark.hash) and len(found) <= _MOST_AT_ONCE:
            written = tuple(Written(*row[2:]) for row in found[1:] if row[4] != "read")
            return Mark(*found[-1][:2]), written
    last = AuditEntry.objects.order_by("-seq").values_list("seq", "hash").first()
    return (Mark(*last) if last else None), None


def signature(viewer: Viewer, signature_id: UUID) -> Signed:
    """One signature of the viewer's clinic. Raises NotFound for any other."""
    row = Signature.objects.filter(clinic_id=viewer.clinic_id, id=signature_id).first()
    if row is None:
        raise NotFound
    return Signed(
        id=row.id,
        signer=row.signer_name,
        roles=tuple(filter(None, row.signer_roles.split(","))),
        at=row.recorded_at,
        meaning=row.meaning,
        method=row.method,
        content_sha256=row.content_sha256,
    )


@dataclass(frozen=True, slots=True)
class UnexplainedChange:
    """Changes of a table, in one transaction, that no audit entry tells of."""

    table: str
    transaction: int
    at: datetime
    rows: int
    role: str


def unexplained_changes(*, application_role: str) -> Sequence[UnexplainedChange]:
    """History rows that the application made in a transaction without an audit entry.

    An action of ours always writes both. A change typed into the database by hand does not, so its author
    is unknown and it shows up here. Transactions are matched by number and by start, which a restored
    database may not both repeat.
    """
    found: list[UnexplainedChange] = []
    with connection.cursor() as cursor:
        for model in apps.get_models():
            if not issubclass(model, Event):
                continue
            table = connection.ops.quote_name(model._meta.db_table)
            cursor.execute(
                "SELECT h.pgh_transaction, h.pgh_created_at, count(*), min(h.pgh_role) FROM "  # noqa: S608
                f"{table} h WHERE h.pgh_role = %s AND NOT EXISTS (SELECT 1 FROM audit_auditentry e WHERE"
                " e.transaction = h.pgh_transaction AND e.recorded_at = h.pgh_created_at)"
                " GROUP BY 1, 2 ORDER BY 2 LIMIT 100",
                [application_role],
            )
            found += [
                UnexplainedChange(model._meta.db_table, transaction, at, rows, role)
                for transaction, at, rows, role in cursor.fetchall()
            ]
    return sorted(found, key=lambda change: change.at)
