"""Backup and restore as an operator asks for them: which database, which key, and what is said about it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql

from euthymia.clinic.config import backup, database_facts, launch, postgres
from euthymia.clinic.config.backup import BackupError, Contents
from euthymia.clinic.config.postgres import EmbeddedPostgres
from euthymia.clinic.config.sealed import Secret
from euthymia.clinic.config.state import State, append_line, write_private
from euthymia.clinic.config.supervisor import run_step, say

_INCOMING = "euthymia_incoming"


def save(state: State, *, to: Path | None, with_passphrase: bool) -> None:
    """Make one backup and say where it is and what opens it."""
    if not (state.folder / "secret-key").exists():
        raise BackupError(f"There is no clinic in {state.folder} to save. Name its folder with --data.")
    secret = backup.passphrase(again=True) if with_passphrase else backup.key_file(state)
    with launch.database(state, running=False) as database:
        made = backup.make(
            database.owner_url,
            state,
            to=(to or state.backups).resolve(),
            secret=secret,
            now=datetime.now(UTC),
        )
    say(f"Saved {made.rows} rows in {made.file} ({made.size_bytes / 1e6:.1f} MB), and read it back.")
    if with_passphrase:
        say("Only the passphrase opens it. Nobody can recover it.")
    else:
        say(f"The key {state.folder / 'backup-key'} opens it. Keep a copy away from this machine and")
        say("away from the backups: without it nobody can open them, and with it anybody can.")


def restore(state: State, file: Path, *, key: Path | None, replace: bool) -> None:
    """Put a backup back: opened to its end, loaded beside what is there, compared, and only then used."""
    secret = _secret_for(state, file, key)
    say(f"Opening {file} to its end …")
    contents = backup.examine(file, secret)
    say(f"It is whole: {sum(contents.rows.values())} rows, saved {contents.made_at:%Y-%m-%d %H:%M} UTC.")
    with state.held("a restore"), launch.database(state, running=True) as database:
        if database.embedded is not None:
            with _incoming(database.embedded, replace=replace) as incoming_url:
                _load(state, file, secret, incoming_url, database.app_url)
        else:
            _load(state, file, secret, database.owner_url, database.app_url)
        _adopt(state, contents)
        env = launch.environment("demo" if contents.demo else "serve", state, None, database.app_url)
        if run_step(launch.module("prepare"), launch.owner_environment(env, database.owner_url)) != 0:
            raise BackupError(
                "The backup is restored, and could not be brought up to this release; see above."
            )
    say("Restored: every table has the rows that were saved, and the audit chain holds.")


def _secret_for(state: State, file: Path, key: Path | None) -> Secret:
    if not file.is_file():
        raise BackupError(f"There is no file {file}.")
    if backup.kind_of_key(file) == "passphrase":
        return backup.passphrase(again=False)
    return backup.read_key(key or state.folder / "backup-key")


def _load(state: State, file: Path, secret: Secret, owner_url: str, app_url: str) -> None:
    say("Loading it …")
    backup.load(file, secret, owner_url)
    env = launch.owner_environment(launch.environment("test", state, None, app_url), owner_url)
    if run_step(launch.module("prepare", "--verify"), env) != 0:
        raise BackupError("The audit chain in the backup is broken; the database in use was not changed.")


@contextmanager
def _incoming(server: EmbeddedPostgres, *, replace: bool) -> Iterator[str]:
    """An empty database to load into, which takes the place of the present one when the block succeeds."""
    with psycopg.connect(server.dsn("owner")) as connection:
        in_use = bool(database_facts.tables(connection))
    if in_use and not replace:
        raise BackupError(
            "There is a clinic here already, and nothing was changed. With --replace its database is set "
            "aside under another name, and the backup takes its place."
        )
    with psycopg.connect(server.dsn("superuser", "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(_INCOMING)))
        postgres.create_database(connection, _INCOMING)
        yield server.dsn("owner", _INCOMING)
        aside = f"euthymia_before_{datetime.now(UTC):%Y%m%d_%H%M%S}"
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        present, incoming = sql.Identifier(postgres.DATABASE), sql.Identifier(_INCOMING)
        connection.execute(rename.format(present, sql.Identifier(aside)))
        connection.execute(rename.format(incoming, present))
        if in_use:
            say(f"The database that was here is kept as {aside}.")
        else:
            connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(aside)))


def _adopt(state: State, contents: Contents) -> None:
    """What belongs to the restored database: its secret key, and anchors no newer than its audit chain."""
    write_private(state.folder / "secret-key", contents.secret_key.encode())
    now = datetime.now(UTC)
    anchors = state.folder / "anchors"
    if anchors.exists():  # they may name entries made after the backup; kept, for whoever asks
        os.replace(anchors, anchors.with_name(f"anchors-before-restore-{now:%Y%m%d-%H%M%S}"))
    record = {"event": "restore", "at": now.isoformat(), "saved_at": contents.made_at.isoformat()}
    append_line(state.folder / "backups.log", record)
