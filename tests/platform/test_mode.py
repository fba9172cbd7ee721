"""Single commands: what the environment says the database is must be what it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from euthymia.clinic.config import database_facts
from euthymia.clinic.config.launch import Database, LaunchError
from euthymia.clinic.config.server import _check_mode


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
