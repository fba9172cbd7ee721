"""The crash test in little: a few kills while nurses write. The full one: ``python -m tests.platform.crash``."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from benchmarks.hands import Hands
from tests.platform import crash_scene, stack
from tests.platform.crashing import Nurse, Scene, Told, Watcher, check

from euthymia.clinic.config import launch
from euthymia.clinic.config.postgres import EmbeddedPostgres
from euthymia.clinic.config.supervisor import Child

_NURSES = 3
_BACK_WITHIN_S = 120.0


class _Running:
    """Server and database under the eye of the test, which brings back what dies as the supervisor does."""

    def __init__(self, database: EmbeddedPostgres, server: Child, port: int) -> None:
        self.database, self.server, self.port = database, server, port

    def until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _BACK_WITHIN_S
        while not condition():
            assert time.monotonic() < deadline, "Nothing is saved any more."
            if self.database.pid is None:
                self.database.recover()
            self.server.look(time.monotonic())
            time.sleep(0.02)

    def kill(self, target: str, rng: random.Random) -> None:
        assert self.server.process is not None
        assert self.database.pid is not None
        under = stack.children_of()
        found = {
            "server": [self.server.process.pid],
            "database": [self.database.pid],
            "connection": [
                pid
                for pid in under.get(self.database.pid, [])
                if "euthymia_app" in " ".join(stack.processes.command_line(pid))
            ],
        }[target]
        os.kill(rng.choice(found), signal.SIGKILL)


@pytest.fixture
def running(tmp_path: Path, pytestconfig: pytest.Config) -> Iterator[_Running]:
    """The migrated database with fsync on, and the server on it."""
    from tests.conftest import _copy_migrated

    assert pytestconfig.cache is not None
    folder = tmp_path / "clinic"
    folder.mkdir(mode=0o711)
    _copy_migrated(pytestconfig.cache.mkdir("migrated"), folder / "postgres")
    database = EmbeddedPostgres(folder / "postgres")
    with database:
        with psycopg.connect(database.dsn("owner", "postgres"), autocommit=True) as connection:
            connection.execute("DROP DATABASE euthymia")
            connection.execute("ALTER DATABASE template_euthymia RENAME TO euthymia")
        address = launch.Address("127.0.0.1", stack.free_port())
        environment = stack.clean_environment() | {
            "EUTHYMIA_MODE": "test",
            "EUTHYMIA_STATE": str(folder),
            "DATABASE_URL": database.dsn("app"),
        }
        server = launch.children(address, environment)[0]
        try:
            yield _Running(database, server, address.port)
        finally:
            server.stop()


@pytest.fixture
def scene(running: _Running, django_db_blocker: Any) -> Scene:
    """Nurses and their patients, in the database that will be killed."""
    from django.db import connections
    from django.test import override_settings
    from django.utils import timezone
    from tests.conftest import _connect_to

    running.server.look(time.monotonic())  # it loads meanwhile
    before = dict(connections["default"].settings_dict)
    servers_key = override_settings(SECRET_KEY="the tests' key, which protects nothing")
    with django_db_blocker.unblock(), servers_key:
        try:
            _connect_to(running.database.dsn("app"))
            return Scene(**crash_scene.make(timezone.now(), nurses=_NURSES + 1, nasal=1, infused=1))
        finally:
            connections["default"].close()
            connections["default"].settings_dict.update(before)


def test_nothing_acknowledged_is_lost_when_server_or_database_are_killed(
    running: _Running, scene: Scene
) -> None:
    rng = random.Random(7)
    running.until(lambda: _answers(running.port))
    nurses = [Nurse(running.port, email, scene, f"7/{email}") for email in scene.emails]
    for nurse in nurses:
        nurse.hands.sign_in()
    watcher = Watcher(nurses.pop().hands)
    for nurse in nurses:
        nurse.start()
    for target in ("connection", "server", "database"):
        kept = sum(nurse.kept for nurse in nurses)
        running.until(lambda kept=kept: sum(nurse.kept for nurse in nurses) > kept + 3)
        time.sleep(rng.uniform(0, 0.1))
        running.kill(target, rng)
    kept = sum(nurse.kept for nurse in nurses)
    running.until(lambda: sum(nurse.kept for nurse in nurses) > kept + 3)
    for nurse in nurses:
        nurse.ended.set()
    for nurse in nurses:
        nurse.join(60)
        nurse.hands.close()
    writes = [write for nurse in nurses for write in nurse.writes]
    assert [fault for nurse in nurses for fault in nurse.faults] == []
    report = check(running.database.dsn("app"), writes)
    assert report.problems == []
    assert report.kept == sum(write.told is Told.KEPT for write in writes) > 9
    assert watcher.differs() == ""
    watcher.hands.close()
    _the_check_sees_what_is_missing(running.database, writes[0], scene)


def _the_check_sees_what_is_missing(database: EmbeddedPostgres, write: Any, scene: Scene) -> None:
    """A write that was never sent, and said to be kept, is found to be lost: the check can fail."""
    write.key, write.told = type(write.key)(int=1), Told.KEPT
    assert check(database.dsn("app"), [write]).problems != []


def _answers(port: int) -> bool:
    hands = Hands(port, "", "", "")
    try:
        return hands.get("/sign-in/").status == 200
    except OSError:
        return False
    finally:
        hands.close()
