"""What every test stands on: a real PostgreSQL, reached as the application's role, and no network.

The database is migrated by the owner into a template once, kept, copied for each test process, and cloned. ``db``
rolls back. A test that needs real commits (``transactional_db``, ``live_server``) gets a clone of its own:
the application's role could not empty the tables, which is the point of it.

Nothing of Django is imported here before a test asks for it: the science tests run without.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from django.test import Client
    from tests.clinic.factories import Staff

    from euthymia.clinic.access.permissions import Role
    from euthymia.clinic.access.viewer import Viewer
    from euthymia.clinic.config.postgres import EmbeddedPostgres

os.environ.setdefault("EUTHYMIA_MODE", "test")
# The same examples every time: a run that fails fails again, and no machine remembers what another does not.
settings.register_profile("the-same", derandomize=True, database=None, deadline=None)
settings.load_profile("the-same")

_ROOT = Path(__file__).resolve().parents[1]
# Every process of a run compiles the same programs: what one compiled, the others and the next run read.
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(_ROOT / ".pytest_cache" / "d" / "compiled"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")
_TEMPLATE = "template_euthymia"
_DEMO = "template_demo"
_SIGN_INS = "sign-ins.json"
# A file is one process's; what takes longest begins first. The first process makes the tables and builds the demo; what
# the second has meanwhile waits for neither.
_IN_TURN = (
    "tests/browser/test_cases.py",
    "tests/boundary/test_science_alone.py",
    "tests/boundary/test_role_url_table.py",
    "tests/platform/test_server.py",
    "tests/browser/",
    "tests/platform/",
    "tests/boundary/",
    "tests/pharmacology/",
    "tests/clinic/visits/",
    "tests/",
)
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files of ``_IN_TURN``, so that no long one is left to one process at the end."""
    items.sort(key=lambda item: next(n for n, start in enumerate(_IN_TURN) if item.nodeid.startswith(start)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what this run did not ask, where its last lines are read."""
    if config.option.markexpr == "not long":
        terminalreporter.write_line(
            "The long tests were left out: ./run test --all runs them, as .ci/run does."
        )


# --- no network ------------------------------------------------------------------------------------------
@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """Only this machine answers in tests: a test that reaches out fails at once."""
    connect = socket.socket.connect

    def connect_here(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in _LOOPBACK:
            raise RuntimeError(f"A test tried to reach {address[0]}: tests have no network.")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect_here)
        yield


# --- the database ----------------------------------------------------------------------------------------
class Databases:
    """Makes databases in a PostgreSQL of this process's own, as clones of one template."""

    def __init__(self, server: EmbeddedPostgres, template: str = _TEMPLATE) -> None:
        self.server = server
        self.template = template

    def clone(self) -> str:
        """A fresh database with the tables and rows of the template; returns its name."""
        name = f"test_{uuid4().hex[:12]}"
        self._sql(f"CREATE DATABASE {name} TEMPLATE {self.template}")
        self._sql(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
        self._sql(f"GRANT CONNECT ON DATABASE {name} TO euthymia_app")
        return name

    def drop(self, name: str) -> None:
        """Remove a clone. A connection that was just closed may take the server a moment to end."""
        import psycopg

        for _ in range(100):
            try:
                return self._sql(f"DROP DATABASE {name} WITH (FORCE)")
            except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectInUse):
                time.sleep(0.1)  # the owner may not end the application's sessions, only wait for them
        raise AssertionError(f"Somebody is still connected to {name}.")

    @property
    def sign_ins(self) -> Path:
        """Who signs in to the demo and how, in its own words; only where the template is the demo."""
        return self.server.folder / _SIGN_INS

    def app_url(self, name: str) -> str:
        return self.server.dsn("app", name)

    def owner_url(self, name: str) -> str:
        return self.server.dsn("owner", name)

    def _sql(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.server.dsn("owner", "euthymia"), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]


def _migrate(owner_url: str, app_url: str) -> None:
    environment = os.environ | {
        "DATABASE_OWNER_URL": owner_url,
        "DATABASE_URL": app_url,
        "EUTHYMIA_DB_ROLE": "owner",
        "EUTHYMIA_MODE": "test",
    }
    _manage(environment, "migrate", "--verbosity", "0")


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Databases]:
    """The process's PostgreSQL, without fsync, with the migrated template in it."""
    from euthymia.clinic.config.postgres import EmbeddedPostgres

    folder = tmp_path_factory.mktemp("postgres")
    _copy_migrated(_kept(tmp_path_factory, pytestconfig), folder)
    with EmbeddedPostgres(folder, fsync=False) as server:
        yield Databases(server)


def _kept(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Path:
    return pytestconfig.cache.mkdir("migrated") if pytestconfig.cache else tmp_path_factory.mktemp("migrated")


def _copy_migrated(kept: Path, folder: Path) -> None:
    """Fill ``folder`` with a stopped server that has the template; it is made once for this code, and kept."""
    made = kept / _fingerprint()
    with (kept / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of several processes one migrates, and the others wait for it
        if not made.exists():
            for old in (entry for entry in kept.iterdir() if entry.is_dir()):
                shutil.rmtree(old)
            _make_migrated(kept / "partial")
            (kept / "partial").rename(made)
        shutil.copytree(made, folder, dirs_exist_ok=True)


def _make_migrated(folder: Path) -> None:
    import psycopg

    from euthymia.clinic.config.postgres import EmbeddedPostgres

    with EmbeddedPostgres(folder, fsync=False) as server:
        with psycopg.connect(server.dsn("owner", "euthymia"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {_TEMPLATE}")
        _migrate(server.dsn("owner", _TEMPLATE), server.dsn("app", _TEMPLATE))


def _fingerprint() -> str:
    """Changes with whatever may change a migrated database: the migrations, what they call, the lock."""
    clinic = _ROOT / "src" / "euthymia" / "clinic"
    files = {*clinic.rglob("migrations/*.py"), *clinic.rglob("models.py"), *clinic.rglob("models/*.py")}
    files |= {*(clinic / "audit").rglob("*.py"), *(clinic / "config").glob("*.py")}
    files |= {_ROOT / "requirements.lock"}
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(str(file.relative_to(_ROOT)).encode() + file.read_bytes())
    return digest.hexdigest()[:16]


@pytest.fixture(scope="session")
def django_db_setup(databases: Databases, django_db_blocker: Any) -> Iterator[None]:
    """In place of pytest-django's: connect as the application's role, and clone where it would TRUNCATE."""
    from django.db import connections
    from django.test import TransactionTestCase

    shared = databases.clone()
    _connect_to(databases.app_url(shared))

    def use_a_clone(case: TransactionTestCase) -> None:
        case.clone = databases.clone()  # type: ignore[attr-defined]
        _connect_to(databases.app_url(case.clone))  # type: ignore[attr-defined]

    def drop_the_clone(case: TransactionTestCase) -> None:
        _connect_to(databases.app_url(shared))
        databases.drop(case.clone)  # type: ignore[attr-defined]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_setup", classmethod(lambda cls: use_a_clone(cls)))
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: drop_the_clone(type(case)))
        yield
    with django_db_blocker.unblock():
        connections.close_all()


def _connect_to(url: str) -> None:
    """Point every connection of this process, whatever thread opens it, at another database."""
    from django.db import connections

    from euthymia.clinic.config.settings import database

    connections["default"].close()
    connections["default"].settings_dict.update(database(url), CONN_MAX_AGE=0)


@pytest.fixture(scope="session")
def demos(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Databases]:
    """Copies of the demo clinic as ``./run demo`` builds it. In a run the process that asks first builds it."""
    from euthymia.clinic.config.postgres import EmbeddedPostgres

    own = tmp_path_factory.getbasetemp()
    of_run = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    made, folder = of_run / "demo", tmp_path_factory.mktemp("demos")
    with (of_run / "demo.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            _copy_migrated(_kept(tmp_path_factory, pytestconfig), of_run / "demo-partial")
            _build_demo(of_run / "demo-partial")
            (of_run / "demo-partial").rename(made)
    shutil.copytree(made, folder, dirs_exist_ok=True)
    with EmbeddedPostgres(folder, fsync=False) as server:
        yield Databases(server, template=_DEMO)


def _build_demo(folder: Path) -> None:
    import psycopg

    from euthymia.clinic.config.postgres import EmbeddedPostgres

    with EmbeddedPostgres(folder, fsync=False) as server:
        with psycopg.connect(server.dsn("owner", "euthymia"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {_DEMO} TEMPLATE {_TEMPLATE}")
        environment = os.environ | {"DATABASE_URL": server.dsn("app", _DEMO), "EUTHYMIA_MODE": "test"}
        _manage(environment, "demo", "--refresh")
        (folder / _SIGN_INS).write_text(_manage(environment, "demo", "--sign-ins", "--json"))


def _manage(environment: Mapping[str, str], *arguments: str) -> str:
    command = [sys.executable, "-m", "euthymia.clinic.config.manage", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(arguments)} failed:\n{done.stdout}{done.stderr}"
    return done.stdout


# --- people ----------------------------------------------------------------------------------------------
@pytest.fixture
def viewer_of(db: None) -> Callable[..., Viewer]:
    """``viewer_of(Role.NURSE)``: somebody of that role, as actions and queries take them."""
    from tests.clinic import factories

    return factories.viewer


@pytest.fixture
def staff_of(db: None) -> Callable[..., Staff]:
    """``staff_of(Role.NURSE)``: somebody of that role with password and second factor."""
    from tests.clinic import factories

    return factories.staff


@pytest.fixture
def client_of(db: None) -> Callable[[Role], Client]:
    """``client_of(Role.NURSE)``: a browser in which somebody of that role is signed in."""
    from tests.clinic import factories

    return lambda role: factories.signed_in(factories.staff(role))
