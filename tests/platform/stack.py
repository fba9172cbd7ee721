"""A clinic as ``serve`` runs it, with a hand on each of its processes."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

from euthymia.clinic.config import processes
from euthymia.clinic.config.postgres import EmbeddedPostgres
from euthymia.clinic.config.state import State

UP_WITHIN_S = 900.0


class Stack:
    """``serve`` on a folder: started, killed in parts or whole, started again."""

    def __init__(self, folder: Path, output: Path, *, port: int = 0) -> None:
        self.folder, self.output = folder, output
        self.port = port or free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def postgres(self) -> EmbeddedPostgres:
        """Its database, for addresses alone."""
        return EmbeddedPostgres(State(self.folder).postgres)

    @property
    def dsn(self) -> str:
        """The database as the application's role."""
        return self.postgres.dsn("app")

    @property
    def environment(self) -> dict[str, str]:
        """For a process that works on the clinic beside the server."""
        return {
            **clean_environment(),
            "EUTHYMIA_MODE": "serve",
            "EUTHYMIA_STATE": str(self.folder),
            "DATABASE_URL": self.dsn,
            "DJANGO_SETTINGS_MODULE": "euthymia.clinic.config.settings",
        }

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "euthymia.clinic.config.server", "serve"]
        command += ["--data", str(self.folder), "--port", str(self.port)]
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                env=clean_environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + UP_WITHIN_S
        while not self.answers():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.2)

    def stop(self) -> None:
        """End it and all it started."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(120)

    def look(self) -> None:
        """Bring back a supervisor that was killed: somebody at the clinic does that by hand."""
        if self.process is not None and self.process.poll() is not None:
            self.start()

    def said(self) -> str:
        """What it printed."""
        return self.output.read_text(errors="replace") if self.output.exists() else ""

    def answers(self) -> bool:
        """Whether it serves pages."""
        try:
            urllib.request.urlopen(f"http://localhost:{self.port}/sign-in/", timeout=20).close()
        except urllib.error.HTTPError as error:
            return error.code < 500
        except OSError:
            return False
        return True

    def kill(self, target: str, rng: random.Random) -> None:
        """SIGKILL to one part, or to the supervisor, with which everything goes."""
        assert self.process is not None
        if target == "supervisor":
            self.process.kill()
            self.process.wait()
            return
        found: list[int] = []
        deadline = time.monotonic() + 60
        while not found and time.monotonic() < deadline:
            found = self.pids(target)
            time.sleep(0 if found else 0.1)
        assert found, f"There is no {target} to kill."
        with suppress(ProcessLookupError):
            os.kill(rng.choice(found), signal.SIGKILL)

    def pids(self, target: str) -> list[int]:
        """The processes of one part: ``server``, ``server process``, ``worker``, ``database``, ``connection``."""
        assert self.process is not None
        children = children_of()
        mine = children.get(self.process.pid, [])
        lines = {pid: " ".join(processes.command_line(pid)) for pid in mine}
        words = {"worker": "config.worker", "server": "granian", "database": "bin/postgres -D"}
        if target in words:
            return [pid for pid, line in lines.items() if words[target] in line]
        above, wanted = {"server process": ("server", ""), "connection": ("database", "euthymia_app")}[target]
        under = [child for pid in self.pids(above) for child in children.get(pid, [])]
        return [pid for pid in under if wanted in " ".join(processes.command_line(pid))]


def children_of() -> dict[int, list[int]]:
    """The living processes by their parent."""
    found: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ValueError):
                continue
            found.setdefault(parent, []).append(int(entry.name))
    return found


def clean_environment() -> dict[str, str]:
    """The caller's environment without what would name another clinic; this repository's code is found."""
    dropped = ("DATABASE_", "EUTHYMIA_", "DJANGO_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    root = Path(__file__).resolve().parents[2]
    return {**kept, "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}"}


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
