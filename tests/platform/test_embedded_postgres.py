"""The embedded database: it starts, stops, dies and comes back, and keeps every row it acknowledged."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from euthymia.clinic.config import launcher, postgres_binaries, processes
from euthymia.clinic.config.postgres import AlreadyRunning, DatabaseError, EmbeddedPostgres

_KILLS = 5


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A server of the test's own, with real fsync."""
    server = EmbeddedPostgres(tmp_path / "postgres")
    server.start()
    yield server
    server.stop()


def _ask(server: EmbeddedPostgres, statement: str, role: str = "owner") -> list[tuple]:
    with psycopg.connect(server.dsn(role)) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def _kill(server: EmbeddedPostgres) -> None:
    """kill -9 of the postmaster, and wait until the supervisor would notice."""
    pid = server.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while server.pid is not None:
        time.sleep(0.01)


def test_the_application_has_no_rights_beyond_its_own(server: EmbeddedPostgres) -> None:
    rights = _ask(
        server,
        "SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls FROM pg_roles"
        " WHERE rolname = current_user",
        "app",
    )
    assert rights == [(False, False, False, False, False)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        _ask(server, "CREATE TABLE mine (a int)", "app")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        _ask(server, "CREATE TEMP TABLE mine (a int)", "app")


def test_it_listens_on_its_socket_alone_and_asks_for_a_password(server: EmbeddedPostgres) -> None:
    assert _ask(server, "SHOW listen_addresses") == [("",)]
    assert stat.S_IMODE(server.socket_folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((server.folder / "passwords.json").stat().st_mode) == 0o600
    wrong = server.dsn("app").replace("euthymia_app:", "euthymia_app:not-")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


def test_parent_folders_keep_their_modes(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with EmbeddedPostgres(tmp_path / "postgres") as server:
        assert _ask(server, "SELECT 1") == [(1,)]
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_a_folder_with_a_long_path_gets_a_socket_elsewhere(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / ("long" * 20) / "postgres") as server:
        place = server.socket_folder
        assert not place.is_relative_to(tmp_path)
        _kill(server)
        server.recover()
        assert server.socket_folder == place
        assert _ask(server, "SELECT 1") == [(1,)]
    assert not place.exists()


def test_one_folder_has_one_server_and_others_may_use_it(server: EmbeddedPostgres) -> None:
    second = EmbeddedPostgres(server.folder)
    with pytest.raises(AlreadyRunning, match="running already"):
        second.start()
    with second.available():
        assert _ask(second, "SELECT 1") == [(1,)]
    assert _ask(server, "SELECT 1") == [(1,)]


def test_nothing_acknowledged_is_lost_when_the_server_is_killed(server: EmbeddedPostgres) -> None:
    """A writer goes on through several kills; each row whose commit returned must be there at the end."""
    _ask(server, "CREATE TABLE written (n int PRIMARY KEY)")
    acknowledged: list[int] = []
    done = threading.Event()

    def write_for_ever() -> None:
        number = 0
        while not done.is_set():
            try:
                with psycopg.connect(server.dsn("owner"), autocommit=True) as connection:
                    while not done.is_set():
                        number += 1
                        connection.execute("INSERT INTO written VALUES (%s)", [number])
                        acknowledged.append(number)
            except psycopg.Error:
                time.sleep(0.02)

    writer = threading.Thread(target=write_for_ever)
    writer.start()
    try:
        for _ in range(_KILLS):
            before = len(acknowledged)
            while len(acknowledged) < before + 50:
                time.sleep(0.01)
            _kill(server)
            server.recover()
    finally:
        done.set()
        writer.join()
    kept = {n for (n,) in _ask(server, "SELECT n FROM written")}
    assert len(acknowledged) >= 50 * _KILLS
    assert set(acknowledged) <= kept


def test_a_stale_pid_file_that_names_a_living_stranger_is_seen_through(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "postgres")
    with server:
        _ask(server, "CREATE TABLE kept (a int)")
        lines = (server.data / "postmaster.pid").read_text().splitlines()
        _kill(server)
    stranger = processes.spawn(["/bin/sleep", "60"])
    try:
        (server.data / "postmaster.pid").write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        with server:
            assert _ask(server, "SELECT count(*) FROM kept") == [(0,)]
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_it_dies_with_the_process_that_started_it_and_comes_back(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys, pathlib\n"
        "from euthymia.clinic.config.postgres import EmbeddedPostgres\n"
        "server = EmbeddedPostgres(pathlib.Path(sys.argv[1]))\n"
        "server.start()\n"
        "print(server.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    folder = tmp_path / "postgres"
    child = subprocess.run(
        [sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=False
    )
    assert child.returncode == -signal.SIGKILL, child.stderr
    with EmbeddedPostgres(folder) as server:  # waits for the old one, if it is still writing
        assert _ask(server, "SELECT 1") == [(1,)]
        assert not [pid for pid in processes.processes_in(server.data) if pid == int(child.stdout)]


_as_root = pytest.mark.skipif(os.geteuid() != 0, reason="says what root does")


@_as_root
def test_an_ordinary_user_needs_none_of_roots_ways(tmp_path: Path) -> None:
    program = (
        "import os, pathlib, sys, psycopg\n"
        "from euthymia.clinic.config.postgres import EmbeddedPostgres\n"
        "with EmbeddedPostgres(pathlib.Path(sys.argv[1])) as server:\n"
        "    print(os.geteuid(), psycopg.connect(server.dsn('app')).execute('SELECT 1').fetchone())\n"
    )
    somebody = processes.Identity(1000, 1000, mapped=True)
    done = processes.run_as(somebody, [sys.executable, "-c", program, tmp_path / "postgres"])
    if done.returncode == launcher.CANNOT:
        pytest.skip("this system gives root no user namespace to play an ordinary user in")
    assert done.stdout == "1000 (1,)\n", done.stderr
    with EmbeddedPostgres(tmp_path / "postgres") as server:  # and root takes over what was made
        assert _ask(server, "SELECT 1") == [(1,)]


@_as_root
def test_without_namespaces_binaries_out_of_reach_are_copied(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As in a container whose Python lies in /root: only the data folder can be reached by nobody."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o711)
    works = postgres_binaries.works

    def no_namespaces(identity: processes.Identity, *command: str | Path) -> bool:
        hidden = "site-packages" in str(command[0])
        return not identity.mapped and not hidden and works(identity, *command)

    monkeypatch.setattr(postgres_binaries, "works", no_namespaces)
    try:
        with EmbeddedPostgres(folder / "postgres") as server:
            assert _ask(server, "SELECT 1") == [(1,)]
            assert processes.command_line(server.pid or 0)[0].startswith(str(folder))
    finally:
        shutil.rmtree(folder)


@_as_root
def test_without_namespaces_a_folder_out_of_reach_gets_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_binaries, "works", lambda *_: False)
    with pytest.raises(DatabaseError, match="ordinary user, or name with --data a folder"):
        EmbeddedPostgres(tmp_path / "postgres").start()


def test_an_attempt_cut_short_is_begun_again(tmp_path: Path) -> None:
    half_made = tmp_path / "postgres" / "data.new"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(tmp_path / "postgres") as server:
        assert _ask(server, "SELECT 1") == [(1,)]


def test_sentences_say_what_to_do(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    with EmbeddedPostgres(folder):
        pass
    (folder / "data" / "PG_VERSION").write_text("14\n")
    with pytest.raises(DatabaseError, match=r"PostgreSQL 14.*Make a backup"):
        EmbeddedPostgres(folder).start()
    (folder / "passwords.json").unlink()
    with pytest.raises(DatabaseError, match="put it back"):
        EmbeddedPostgres(folder).start()
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseError, match="choose another folder with --data"):
        EmbeddedPostgres(tmp_path / "file" / "postgres").start()


def test_the_log_holds_no_value_of_any_row(server: EmbeddedPostgres) -> None:
    _ask(server, "CREATE TABLE people (name text UNIQUE)")
    _ask(server, "INSERT INTO people VALUES ('Ada Nobody')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        _ask(server, "INSERT INTO people VALUES ('Ada Nobody')")
    log = server.log.read_text()
    assert "duplicate key" in log
    assert "Ada" not in log
