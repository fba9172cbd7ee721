"""The hash chain over the audit entries: how an entry is sealed, and how the chain is checked.

The database seals an entry while it inserts it. The check does not trust the database: it reads the columns
as text, computes every hash again in Python, and compares with anchors kept outside the database. The text
an entry is hashed over is frozen: to change it would break every chain that exists.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.db import connection, transaction

# One JSON array of everything the entry says. {row} is the row's name in the statement.
_PAYLOAD = """jsonb_build_array(
    {row}.seq, to_char({row}.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),
    to_char({row}.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),
    {row}.transaction, {row}.db_role, {row}.clinic_id, {row}.actor_id, {row}.actor_name, {row}.actor_roles,
    {row}.verb, {row}.patient_id, {row}.subject, {row}.detail, {row}.request_id, host({row}.ip)
)::text"""

_LOCK = 7_305_451_190_117_244_929  # any number, always the same

SEAL_FUNCTION = f"""
CREATE OR REPLACE FUNCTION euthymia_seal_audit_entry() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    head record;
BEGIN
    PERFORM pg_advisory_xact_lock({_LOCK});  -- one after the other, until the transaction ends
    SELECT seq, hash INTO head FROM public.audit_auditentry ORDER BY seq DESC LIMIT 1;
    NEW.seq := coalesce(head.seq, 0) + 1;
    NEW.prev_hash := coalesce(head.hash, repeat('0', 64));
    NEW.recorded_at := now();
    NEW.transaction := pg_current_xact_id()::text::bigint;
    NEW.db_role := session_user;
    NEW.hash := encode(sha256(convert_to(NEW.prev_hash || {_PAYLOAD.format(row="NEW")}, 'UTF8')), 'hex');
    RETURN NEW;
END $$;
"""  # noqa: S608  nothing but constants of this module

SEAL_TRIGGER = """
DROP TRIGGER IF EXISTS euthymia_seal_audit_entry ON audit_auditentry;
CREATE TRIGGER euthymia_seal_audit_entry BEFORE INSERT ON audit_auditentry
    FOR EACH ROW EXECUTE FUNCTION euthymia_seal_audit_entry();
"""

_ROWS = (
    f"SELECT e.seq, e.prev_hash, e.hash, {_PAYLOAD.format(row='e')} FROM audit_auditentry e ORDER BY e.seq"  # noqa: S608
)
_FIRST = "0" * 64
_MOST_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Anchor:
    """The head of the chain as it was at a time, kept outside the database."""

    seq: int
    hash: str
    at: datetime

    def line(self) -> str:
        """The anchor as one line of the anchors' file."""
        return f"{self.seq} {self.hash} {self.at.astimezone(UTC).isoformat(timespec='seconds')}"

    @classmethod
    def parse(cls, line: str) -> Anchor:
        """The anchor of a line. Raises ValueError when it is none, as where a loss of power cut it off."""
        seq, digest, at = line.split()
        made = datetime.fromisoformat(at)
        if len(digest) != len(_FIRST) or made.tzinfo is None:
            raise ValueError(line)
        return cls(int(seq), digest, made)


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What a check of the chain found. ``problems`` are sentences; none means that the chain holds."""

    entries: int
    head: str
    anchors: int
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing was edited, removed, moved or cut off, as far as the anchors reach."""
        return not self.problems

    def sentence(self) -> str:
        """The outcome in one sentence."""
        if self.holds:
            agree = f"{self.entries} entries agree with each other and with {self.anchors} anchors"
            return f"The audit chain holds: {agree}."
        return f"The audit chain is broken. {' '.join(self.problems)}"


def head() -> tuple[int, str]:
    """The number and the hash of the last entry; ``(0, "00…")`` before the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq, hash FROM audit_auditentry ORDER BY seq DESC LIMIT 1")
        return cursor.fetchone() or (0, _FIRST)


def verify(anchors: Sequence[Anchor] = ()) -> ChainReport:
    """Compute every hash again and compare: each entry with the one before it, and with the anchors."""
    expected: dict[int, list[Anchor]] = {}
    for anchor in anchors:  # several may name one entry: a chain written anew gets anchors of its own
        expected.setdefault(anchor.seq, []).append(anchor)
    problems: list[str] = []
    seq, digest = 0, _FIRST
    for row_seq, prev_hash, row_hash, payload in _rows():
        if row_seq != seq + 1:
            problems.append(f"Entries {seq + 1} to {row_seq - 1} are missing.")
        elif prev_hash != digest:
            problems.append(f"Entry {row_seq} does not follow the one before it.")
        if hashlib.sha256((prev_hash + payload).encode()).hexdigest() != row_hash:
            problems.append(f"Entry {row_seq} was changed after it was written.")
        problems += [
            f"Entry {row_seq} is not the one that was anchored on {anchor.at:%Y-%m-%d}."
            for anchor in expected.pop(row_seq, ())
            if anchor.hash != row_hash
        ]
        seq, digest = row_seq, row_hash
        if len(problems) >= _MOST_PROBLEMS:
            problems.append("The check stopped here: there may be more.")
            break
    else:
        problems += [
            f"Entry {anchor.seq}, anchored on {anchor.at:%Y-%m-%d}, is gone: the chain ends at {seq}."
            for same in expected.values()
            for anchor in same
            if anchor.seq > 0
        ]
    return ChainReport(seq, digest, len(anchors), tuple(problems))


def _rows() -> Iterator[tuple[int, str, str, str]]:
    """All entries in order, a few thousand at a time."""
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(_ROWS)
        yield from cursor


def write_anchor(path: Path, *, now: datetime) -> Anchor:
    """Append the present head to the file of anchors, unless the last line names it already."""
    seq, digest = head()
    earlier = read_anchors(path)
    if earlier and (earlier[-1].seq, earlier[-1].hash) == (seq, digest):
        return earlier[-1]
    anchor = Anchor(seq, digest, now)
    path.parent.mkdir(parents=True, exist_ok=True)
    torn = path.exists() and not path.read_bytes().endswith(b"\n")  # never add to a line that was cut off
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a", encoding="ascii") as file:
        file.write("\n" * torn + anchor.line() + "\n")
        file.flush()
        os.fsync(file.fileno())
    return anchor


def read_anchors(path: Path) -> list[Anchor]:
    """The anchors kept in a file, oldest first; none where there is no file yet. A torn line is none."""
    return [anchor for _, anchor in _anchor_lines(path) if anchor is not None]


def torn_anchors(path: Path) -> tuple[int, ...]:
    """The numbers of the lines that hold something and no anchor: cut off by a loss of power, or changed."""
    return tuple(number for number, anchor in _anchor_lines(path) if anchor is None)


def _anchor_lines(path: Path) -> Iterator[tuple[int, Anchor | None]]:
    try:
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    except FileNotFoundError:
        return
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield number, Anchor.parse(line)
        except ValueError:
            yield number, None
