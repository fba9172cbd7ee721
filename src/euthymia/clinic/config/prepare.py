"""Brings a database up to this release, as its owner: tables, rights, mark. Run by the supervisor as a step.

``python -m euthymia.clinic.config.prepare``            migrate, apply the rights, gather static files
``python -m euthymia.clinic.config.prepare --verify``   check the audit chain against itself, change nothing
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import django
import psycopg

from euthymia.clinic.config import backup, database_facts
from euthymia.clinic.config.state import State


class PrepareError(Exception):
    """The database cannot be used as it is; the message is a sentence for the operator."""


def prepare(mode: str, state: State, owner_url: str) -> None:
    """Make the database what this release expects. A clinic's data are saved before they are migrated."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor
    from django.db.migrations.recorder import MigrationRecorder

    from euthymia.clinic.audit.privileges import PrivilegesError

    with psycopg.connect(owner_url) as direct:
        empty, demo = not database_facts.tables(direct), database_facts.is_demo(direct)
    if not empty and demo != (mode == "demo"):
        raise PrepareError(
            "This database was made by the demo, and a clinic never runs on one. Give it one of its own."
            if demo
            else "This database belongs to a clinic; the demo does not touch it."
        )
    if mode == "demo":  # before the first table of ours, so that no half-made demo looks like a clinic
        MigrationRecorder(connection).ensure_schema()
        with psycopg.connect(owner_url) as direct:
            database_facts.mark_demo(direct)
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan and not empty and mode == "serve":
        made = backup.make(
            owner_url, state, to=state.backups, secret=backup.key_file(state), now=datetime.now(UTC)
        )
        print(f"Saved {made.rows} rows in {made.file} before the tables change.", flush=True)
    if plan:
        print("Making the tables …" if empty else "Bringing the tables up to this release …", flush=True)
    try:
        call_command("migrate", interactive=False, verbosity=0)  # the rights follow, also when nothing is new
    except PrivilegesError as error:
        raise PrepareError(str(error)) from error
    (state.folder / "static").mkdir(exist_ok=True)
    if mode == "serve":
        call_command("collectstatic", interactive=False, verbosity=0, clear=True)


def verify_audit_chain() -> None:
    """Compute the whole chain again. Raises PrepareError when it does not hold."""
    from euthymia.clinic.audit import chain

    report = chain.verify()
    if not report.holds:
        raise PrepareError(report.sentence())
    print(report.sentence(), flush=True)


def main() -> int:
    """Do what the arguments ask with the database that the environment names; 1 when it failed."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "euthymia.clinic.config.settings")
    django.setup()
    try:
        if "--verify" in sys.argv:
            verify_audit_chain()
        else:
            state = State(Path(os.environ["EUTHYMIA_STATE"]))
            prepare(os.environ["EUTHYMIA_MODE"], state, os.environ["DATABASE_OWNER_URL"])
    except (PrepareError, backup.BackupError) as error:
        print(f"euthymia: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
