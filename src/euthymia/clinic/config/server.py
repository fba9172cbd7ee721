"""The commands behind ``./run demo``, ``serve``, ``backup``, ``restore`` and ``manage``."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import psycopg

from euthymia.clinic.config import database_facts, launch, restoring, supervisor
from euthymia.clinic.config.backup import BackupError
from euthymia.clinic.config.launch import Address, Database, LaunchError
from euthymia.clinic.config.postgres import DatabaseError
from euthymia.clinic.config.sealed import SealError
from euthymia.clinic.config.state import State, StateError, home
from euthymia.clinic.config.supervisor import ChildFailed, Stopped, say


class StepFailed(Exception):
    """A step of the preparation failed, and has said why."""


# --- demo ------------------------------------------------------------------------------------------------
def demo(options: argparse.Namespace) -> None:
    """A clinic with synthetic patients, on loopback."""
    state = State(options.data or home() / "demo")
    state.make()
    if options.codes:
        with launch.embedded(state, running=False) as server:
            _step(launch.module("manage", "demo", "--sign-ins"), _demo_environment(state, server.dsn("app")))
        return
    address = launch.chosen_address("127.0.0.1", options.port, None, None)
    with state.held(f"the demo at {address.url}"):
        launch.check_port(address, "./run demo")
        if options.fresh:
            _empty(state)
        say("Starting the database …")
        with launch.embedded(state, running=True) as server:
            env = _demo_environment(state, server.dsn("app"), address)
            _step(launch.module("prepare"), launch.owner_environment(env, server.dsn("owner")))
            _step(launch.module("manage", "demo", "--refresh"), env)
            _run(address, env, Database(server.dsn("app"), server.dsn("owner"), server), _announce_demo)


def _demo_environment(state: State, app_url: str, address: Address | None = None) -> dict[str, str]:
    return launch.environment("demo", state, address, app_url)


def _empty(state: State) -> None:
    """Forget the whole demo, but for the lock that this process holds."""
    for entry in state.folder.iterdir():
        if entry.name != "running":
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    state.make()


def _announce_demo(address: Address) -> None:
    say(f"\nThe demo clinic is open at {address.url}")
    say("Every patient in it is made up. A code works once: ./run demo --codes prints new ones.")
    say("Ctrl-C stops it; the data stay. ./run demo --fresh begins again.\n")


# --- serve -----------------------------------------------------------------------------------------------
def serve(options: argparse.Namespace) -> None:
    """A real clinic."""
    address = launch.chosen_address(options.host, options.port, options.certificate, options.key)
    state = State(_clinic_folder(options))
    state.make()
    with state.held(f"the clinic at {address.url}"):
        launch.check_port(address, "./run serve")
        with launch.database(state, running=True) as database:
            _check_reachable(database)
            env = launch.environment("serve", state, address, database.app_url)
            _step(launch.module("prepare"), launch.owner_environment(env, database.owner_url))
            _step(launch.module("manage", "first_administrator", address.url), env)
            _run(address, env, database, _announce_clinic)


def _check_reachable(database: Database) -> None:
    for name, url in (("DATABASE_URL", database.app_url), ("DATABASE_OWNER_URL", database.owner_url)):
        try:
            with psycopg.connect(url, connect_timeout=10) as connection:
                mighty = connection.execute(
                    "SELECT rolsuper OR rolcreaterole OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
                ).fetchone()
        except psycopg.Error as error:
            raise LaunchError(f"The database in {name} does not answer: {error}") from error
        if name == "DATABASE_URL" and mighty != (False,):
            raise LaunchError(
                "The role in DATABASE_URL could undo the protection of the records: it must be no superuser "
                "and have neither CREATEROLE nor BYPASSRLS. Give the application a role of its own."
            )


def _announce_clinic(address: Address) -> None:
    say(f"\nThe clinic is open at {address.url}")
    say("This release is not for patient care: its rules are not complete. Every page says so.")
    say("Ctrl-C stops it. Save it daily: ./run backup --to FOLDER, on another disk.\n")


def _clinic_folder(options: argparse.Namespace) -> Path:
    """Where the clinic's state lies; EUTHYMIA_MODE=demo means the demo, for single commands."""
    if options.data:
        return Path(options.data).resolve()
    if os.environ.get("EUTHYMIA_STATE"):
        return Path(os.environ["EUTHYMIA_STATE"]).resolve()
    return home() / ("demo" if os.environ.get("EUTHYMIA_MODE") == "demo" else "clinic")


# --- running ---------------------------------------------------------------------------------------------
def _step(command: Sequence[str], env: dict[str, str]) -> None:
    if supervisor.run_step(command, env) != 0:
        raise StepFailed


def _run(
    address: Address, env: dict[str, str], database: Database, announce: Callable[[Address], None]
) -> None:
    supervisor.supervise(
        launch.children(address, env),
        database.embedded,
        is_ready=lambda: launch.answers(address),
        announce=lambda: announce(address),
    )


# --- single commands -------------------------------------------------------------------------------------
def save(options: argparse.Namespace) -> None:
    """Make a backup, of a running clinic too."""
    state = State(_clinic_folder(options))
    restoring.save(state, to=options.to, with_passphrase=options.passphrase)


def restore(options: argparse.Namespace) -> None:
    """Put a backup back."""
    state = State(_clinic_folder(options))
    state.make()
    restoring.restore(state, options.file, key=options.key, replace=options.replace)


def manage(options: argparse.Namespace) -> None:
    """One of Django's management commands, as the application's role unless EUTHYMIA_DB_ROLE=owner."""
    state = State(_clinic_folder(options))
    state.make()
    mode = os.environ.get("EUTHYMIA_MODE", "serve")
    with launch.database(state, running=False) as database:
        _check_mode(mode, database)
        env = launch.environment(mode, state, None, database.app_url)
        if os.environ.get("EUTHYMIA_DB_ROLE") == "owner":
            env = launch.owner_environment(env, database.owner_url)
        _step(launch.module("manage", *options.arguments), env)


def _check_mode(mode: str, database: Database) -> None:
    """The environment says what this is, and the database knows: a clinic must get no demo staff, whose
    passwords everybody can read. Raises LaunchError when the two differ."""
    if mode not in ("demo", "serve"):
        raise LaunchError(f"EUTHYMIA_MODE is demo or serve, not {mode!r}. Leave it out for a clinic.")
    with psycopg.connect(database.app_url) as connection:
        is_empty, is_demo = not database_facts.tables(connection), database_facts.is_demo(connection)
    if mode == "demo" and not is_demo and not is_empty:
        raise LaunchError("This is a clinic's database, and EUTHYMIA_MODE=demo was set. Leave it out.")
    if mode == "serve" and is_demo:
        raise LaunchError("This is the demo's database. Set EUTHYMIA_MODE=demo to work on it.")


# --- command line ----------------------------------------------------------------------------------------
def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)

    one = commands.add_parser("demo", help="a clinic with made-up patients, on this machine only")
    one.add_argument("--port", type=int, default=8000)
    one.add_argument("--fresh", action="store_true", help="forget the demo there is, and make it anew")
    one.add_argument("--codes", action="store_true", help="print the sign-ins with fresh codes, and end")
    one.set_defaults(do=demo)

    two = commands.add_parser("serve", help="a real clinic")
    two.add_argument("--port", type=int, default=8000)
    two.add_argument("--host", default="127.0.0.1")
    two.add_argument("--certificate", type=Path, help="PEM, with the whole chain")
    two.add_argument("--key", type=Path, help="PEM (PKCS#8), without a passphrase")
    two.set_defaults(do=serve)

    three = commands.add_parser("backup", help="an encrypted copy of the clinic's database")
    three.add_argument("--to", type=Path, help="the folder for it (default: backups in the state folder)")
    three.add_argument(
        "--passphrase", action="store_true", help="seal it with a passphrase, not the key file"
    )
    three.set_defaults(do=save)

    four = commands.add_parser("restore", help="put a backup back and verify it")
    four.add_argument("file", type=Path)
    four.add_argument("--key", type=Path, help="the key file, when it is not in the state folder")
    four.add_argument("--replace", action="store_true", help="set the present database aside first")
    four.set_defaults(do=restore)

    five = commands.add_parser("manage", help="Django's management commands, on the clinic")
    five.add_argument("arguments", nargs=argparse.REMAINDER)
    five.set_defaults(do=manage)

    for each in (one, two, three, four, five):
        each.add_argument("--data", type=Path, help="the state folder (default: in .euthymia)")
    return parser


def main() -> int:
    """Do it; what goes wrong is one sentence on standard error and status 1."""
    options = _parser().parse_args()
    try:
        with supervisor.stoppable():
            options.do(options)
    except Stopped:
        say("Stopped.")
    except StepFailed:
        return 1
    except (LaunchError, DatabaseError, StateError, ChildFailed, BackupError, SealError) as error:
        print(f"euthymia: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
