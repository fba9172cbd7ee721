"""What the environment says of the database must be what it is, and the way to it encrypted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from euthymia.clinic.config import database_facts, launch
from euthymia.clinic.config.launch import Database, LaunchError
from euthymia.clinic.config.server import _check_mode
from euthymia.clinic.config.state import State


@pytest.fixture
def database(databases: Any) -> Iterator[Database]:
    """A clinic's database."""
    name = databases.clone()
    yield Database(databases.app_url(name), databases.owner_url(name), None)
    databases.drop(name)


def test_a_clinic_takes_no_command_of_the_demo(database: Database) -> None:
    _check_mode("serve", database)
    with pytest.raises(LaunchError, match="clinic's database"):
        _check_mode("demo", database)


def test_the_demo_takes_no_command_of_a_clinic(database: Database) -> None:
    with psycopg.connect(database.owner_url) as connection:
        database_facts.mark_demo(connection)
    _check_mode("demo", database)
    with pytest.raises(LaunchError, match="demo's database"):
        _check_mode("serve", database)


@pytest.mark.parametrize("mode", ["test", "", "Demo"])
def test_no_command_runs_under_the_tests_key(database: Database, mode: str) -> None:
    with pytest.raises(LaunchError, match="demo or serve"):
        _check_mode(mode, database)


@pytest.mark.parametrize(
    ("address", "taken"),
    [
        ("postgresql://app:x@db.clinic.example/euthymia", False),
        ("postgresql://app:x@db.clinic.example/euthymia?sslmode=prefer", False),
        ("postgresql://app:x@10.0.0.5/euthymia?sslmode=disable", False),
        ("postgresql://app:x@localhost,10.0.0.5/euthymia", False),
        ("postgresql://app:x@/euthymia?host=10.0.0.5", False),
        ("postgresql://app:x@/euthymia?hostaddr=10.0.0.5", False),
        ("postgresql://app:x@db.clinic.example/euthymia?sslmode=verify-full", True),
        ("postgresql://app:x@10.0.0.5/euthymia?sslmode=require", True),
        ("postgresql://app:x@127.0.0.1:5432/euthymia", True),
        ("postgresql://app:x@[::1]/euthymia", True),
        ("postgresql://app:x@/euthymia?host=/var/run/postgresql", True),
    ],
)
def test_a_database_on_another_machine_is_reached_encrypted_or_not_at_all(
    address: str, taken: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    loopback = "postgresql://owner:x@127.0.0.1/euthymia"
    for app_url, owner_url in ((address, loopback), (loopback, address)):
        monkeypatch.setenv("DATABASE_URL", app_url)
        monkeypatch.setenv("DATABASE_OWNER_URL", owner_url)
        if taken:
            with launch.database(State(tmp_path), running=True) as found:
                assert (found.app_url, found.owner_url) == (app_url, owner_url)
        else:
            with (
                pytest.raises(LaunchError, match="never travel unencrypted"),
                launch.database(State(tmp_path), running=True),
            ):
                pass
