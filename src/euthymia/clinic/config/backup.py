"""Backups: the whole database as one sealed file, and the way back.

A backup holds a manifest (rows of each table, head of the audit chain, the clinic's secret key) and a dump
in PostgreSQL's custom format, both of one snapshot, so that a restore can be compared with what was saved.
Nothing here knows Django.
"""

from __future__ import annotations

import base64
import getpass
import json
import os
import secrets
import struct
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from euthymia.clinic.config import database_facts, postgres, sealed
from euthymia.clinic.config.sealed import SealError, Secret
from euthymia.clinic.config.state import State, append_line, sync_folder, write_private

_PIPE_BYTES = 1 << 20


class BackupError(Exception):
    """The backup or the restore did not happen; the message is a sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Backup:
    """One finished backup, as the log remembers it."""

    made_at: datetime
    file: Path
    size_bytes: int
    rows: int


# --- keys ------------------------------------------------------------------------------------------------
def key_file(state: State) -> Secret:
    """The clinic's backup key, made on first use."""
    path = state.folder / "backup-key"
    if not path.exists():
        write_private(path, base64.b64encode(secrets.token_bytes(32)) + b"\n")
    return read_key(path)


def read_key(path: Path) -> Secret:
    """The key in ``path``. Raises BackupError when there is none."""
    try:
        value = base64.b64decode(path.read_bytes().strip(), validate=True)
    except (OSError, ValueError) as error:
        raise BackupError(
            f"There is no backup key in {path}. Name the file that holds it with --key."
        ) from error
    if len(value) != 32:
        raise BackupError(f"{path} is not a backup key: it should hold 32 bytes in base64.")
    return Secret("file", value)


def passphrase(*, again: bool) -> Secret:
    """A passphrase from EUTHYMIA_BACKUP_PASSPHRASE or the terminal, asked twice when it is a new one."""
    text = os.environ.get("EUTHYMIA_BACKUP_PASSPHRASE") or getpass.getpass("Passphrase of the backup: ")
    if again and "EUTHYMIA_BACKUP_PASSPHRASE" not in os.environ and getpass.getpass("Once more: ") != text:
        raise BackupError("The two passphrases differ. Nothing was saved; try again.")
    if again and len(text) < 15:
        raise BackupError("A passphrase for backups needs 15 characters or more: four random words will do.")
    return Secret("passphrase", text.encode())


# --- making ----------------------------------------------------------------------------------------------
def make(dsn: str, state: State, *, to: Path, secret: Secret, now: datetime) -> Backup:
    """Save the database at ``dsn`` (the owner's address) in folder ``to``, read it back, and log it.

    The file appears under its name only when it is whole. Raises BackupError, with nothing left behind.
    """
    name = f"euthymia-{now.astimezone(UTC):%Y-%m-%dT%H-%M-%SZ}.backup"
    partial = to / f"{name}.part"
    try:
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            rows = _write(dsn, state, partial, secret, now)
            _read_back(partial, secret)
            partial.rename(to / name)
        finally:
            partial.unlink(missing_ok=True)
        sync_folder(to)
    except OSError as error:
        raise BackupError(f"The backup could not be written to {to}: {error.strerror}.") from error
    made = Backup(now, to / name, (to / name).stat().st_size, rows)
    record = {
        "event": "backup",
        "at": now.isoformat(),
        "file": str(made.file),
        "bytes": made.size_bytes,
        "rows": rows,
    }
    append_line(state.folder / "backups.log", record)
    return made


def last(state: State) -> Backup | None:
    """The newest backup in the log; None before the first one. A line that was cut off tells of none."""
    try:
        lines = (state.folder / "backups.log").read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return None
    return next(filter(None, (_told(line) for line in reversed(lines))), None)


def _told(line: str) -> Backup | None:
    """The backup that a line of the log tells of, if any."""
    try:
        record = json.loads(line)
        if record["event"] != "backup":
            return None
        at = datetime.fromisoformat(record["at"])
        return Backup(at, Path(record["file"]), int(record["bytes"]), int(record["rows"]))
    except (ValueError, KeyError, TypeError):
        return None


def _write(dsn: str, state: State, path: Path, secret: Secret, now: datetime) -> int:
    with psycopg.connect(dsn) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        facts = database_facts.gather(connection)
        snapshot = connection.execute("SELECT pg_export_snapshot()").fetchone()
        assert snapshot is not None
        manifest = {
            "rows": facts.rows,
            "audit_head": facts.audit_head,
            "secret_key": (state.folder / "secret-key").read_text(),
        }
        about = {"made_at": now.isoformat(), "release": version("euthymia"), "demo": facts.demo}
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            sealer = sealed.Sealer(file, secret, about)
            text = json.dumps(manifest).encode()
            sealer.write(struct.pack(">I", len(text)) + text)
            _dump(dsn, snapshot[0], sealer.write)
            sealer.close()
            file.flush()
            os.fsync(file.fileno())
    return sum(facts.rows.values())


def _dump(dsn: str, snapshot: str, write: Callable[[bytes], None]) -> None:
    command = [_program("pg_dump"), "--format=custom", f"--snapshot={snapshot}", "--no-password"]
    with subprocess.Popen(
        command, env=_client_environment(dsn), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        while data := process.stdout.read(_PIPE_BYTES):
            write(data)
        complaint = process.stderr.read().decode(errors="replace").strip()
    if process.returncode != 0:
        raise BackupError(f"PostgreSQL could not save the database: {complaint}")


def _read_back(path: Path, secret: Secret) -> None:
    try:
        examine(path, secret)
    except SealError as error:
        raise BackupError(f"The backup did not read back from the disk as it was written: {error}") from error


# --- reading ---------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup that opened from end to end says of itself."""

    made_at: datetime
    release: str
    demo: bool
    rows: dict[str, int]
    audit_head: tuple[int, str] | None
    secret_key: str


def kind_of_key(path: Path) -> str:
    """``file`` or ``passphrase``: what opens the backup. Raises SealError when it is none."""
    with path.open("rb") as file:
        return str(sealed.read_header(file).key.get("kind"))


def examine(path: Path, secret: Secret) -> Contents:
    """Open the whole file and return what it says. Raises SealError when one byte is not as it was sealed."""
    with path.open("rb") as file:
        header = sealed.read_header(file)
        manifest, dump = _split(sealed.opened(file, header, secret))
        for _ in dump:
            pass
    head = manifest["audit_head"]
    return Contents(
        made_at=datetime.fromisoformat(header.about["made_at"]),
        release=header.about["release"],
        demo=header.about["demo"],
        rows=manifest["rows"],
        audit_head=(head[0], head[1]) if head else None,
        secret_key=manifest["secret_key"],
    )


def _split(plain: Iterator[bytes]) -> tuple[dict[str, Any], Iterator[bytes]]:
    """The manifest, and the dump that follows it."""
    start = bytearray(next(plain))
    while len(start) < 4 or len(start) < 4 + struct.unpack(">I", start[:4])[0]:
        start += next(plain)
    size = 4 + struct.unpack(">I", start[:4])[0]

    def dump() -> Iterator[bytes]:
        yield bytes(start[size:])
        yield from plain

    return json.loads(start[4:size]), dump()


# --- restoring -------------------------------------------------------------------------------------------
def load(path: Path, secret: Secret, dsn: str) -> Contents:
    """Load a backup into the empty database at ``dsn`` (the owner's address) and compare the rows.

    The file is opened from end to end before the first byte is loaded. Raises SealError or BackupError.
    """
    contents = examine(path, secret)
    with psycopg.connect(dsn) as connection:
        if database_facts.tables(connection):
            raise BackupError("The database to restore into is not empty; nothing was changed.")
    with path.open("rb") as file:
        _, dump = _split(sealed.opened(file, sealed.read_header(file), secret))
        _feed(dump, dsn)
    with psycopg.connect(dsn) as connection:
        found = database_facts.gather(connection)
    if found.rows != contents.rows or found.audit_head != contents.audit_head:
        raise BackupError("What was restored differs from what was saved; do not use this database.")
    return contents


def _feed(dump: Iterator[bytes], dsn: str) -> None:
    """Hand the dump to pg_restore: all of it or nothing. Owners and rights are this database's own."""
    command = [
        _program("pg_restore"),
        "--exit-on-error",
        "--single-transaction",
        "--no-owner",
        "--no-privileges",
    ]
    command += ["--no-password", f"--dbname={conninfo_to_dict(dsn)['dbname']}"]
    process = subprocess.Popen(
        command, env=_client_environment(dsn), stdin=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdin is not None
    try:
        _pour(dump, process.stdin)
    finally:
        _, raw = process.communicate()
    if process.returncode != 0:
        raise BackupError(f"PostgreSQL could not load the backup: {raw.decode(errors='replace').strip()}")


def _pour(dump: Iterator[bytes], into: IO[bytes]) -> None:
    try:
        for data in dump:
            into.write(data)
    except BrokenPipeError:
        return  # pg_restore gave up, and says why


def _program(name: str) -> str:
    return str(postgres.binaries() / "bin" / name)


def _client_environment(dsn: str) -> dict[str, str]:
    """PostgreSQL's programs take the address from the environment, where other users cannot read it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    names = {
        "host": "PGHOST",
        "port": "PGPORT",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "dbname": "PGDATABASE",
    }
    names |= {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"}
    fields = conninfo_to_dict(dsn)
    return {**kept, **{names[key]: str(value) for key, value in fields.items() if key in names}}
