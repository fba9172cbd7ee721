"""Runs the database, the server and the worker as one: starts them, brings back what dies, stops all."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType

from euthymia.clinic.config import processes
from euthymia.clinic.config.postgres import EmbeddedPostgres

_LOOK_EVERY_S = 0.2
_SETTLED_AFTER_S = 60.0  # alive for so long, a child's earlier deaths are forgotten
_LONGEST_PAUSE_S = 30.0


class Stopped(BaseException):
    """Somebody asked for the end: Ctrl-C, SIGTERM or a closed terminal."""


class ChildFailed(Exception):
    """A child cannot be kept alive; the message is a sentence for the operator."""


def say(text: str) -> None:
    """One line for the operator."""
    print(text, flush=True)


@contextmanager
def stoppable() -> Iterator[None]:
    """Within the block the first signal to stop raises Stopped; later ones are ignored, so stopping ends."""
    asked = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def stop(_number: int, _frame: FrameType | None) -> None:
        for number in asked:
            signal.signal(number, signal.SIG_IGN)
        raise Stopped

    before = {number: signal.signal(number, stop) for number in asked}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_step(command: Sequence[str], env: Mapping[str, str]) -> int:
    """Run one step of the preparation to its end; it is stopped with us."""
    process = processes.spawn(command, env=env)
    try:
        return process.wait()
    finally:
        _end(process, grace_s=5.0)


@dataclass
class Child:
    """One process to keep alive. ``patience`` deaths in a row end everything; None means: try for ever."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    grace_s: float
    patience: int | None
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    next_start: float = 0.0
    started: float = field(default=0.0)

    def look(self, now: float) -> None:
        """Start it when it is due; note its death and set when to try again."""
        if self.process is None:
            if now >= self.next_start:
                # without a supervisor it must not hold the port: the kernel ends it at once
                self.process = processes.spawn(self.command, env=self.env, death_signal=signal.SIGKILL)
                self.started = now
        elif self.process.poll() is not None:
            self._note_death(now)

    def _note_death(self, now: float) -> None:
        assert self.process is not None
        status = self.process.returncode
        _end(self.process, grace_s=0.0)  # what it started may have outlived it
        self.process = None
        self.deaths = 1 if now - self.started > _SETTLED_AFTER_S else self.deaths + 1
        if self.patience is not None and self.deaths > self.patience:
            raise ChildFailed(
                f"The {self.name} ended {self.deaths} times in a row (status {status}). "
                "The reason stands above; put it right and start again."
            )
        pause = min(_LONGEST_PAUSE_S, 0.5 * 2 ** (self.deaths - 1))
        self.next_start = now + pause
        say(f"The {self.name} ended unexpectedly (status {status}); starting it again in {pause:.1f} s.")

    def ask_to_stop(self) -> None:
        """Let it finish what it has in hand."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def stop(self) -> None:
        """End it and everything it started."""
        if self.process is not None:
            _end(self.process, grace_s=self.grace_s)
            self.process = None


def supervise(
    children: Sequence[Child],
    database: EmbeddedPostgres | None,
    *,
    is_ready: Callable[[], bool],
    announce: Callable[[], None],
) -> None:
    """Keep children and database alive until Stopped; then stop the children.

    ``announce`` is called once, when ``is_ready`` first says so. The database is the caller's to stop.
    Raises ChildFailed or DatabaseError when something stays dead.
    """
    announced = False
    try:
        while True:
            if database is not None and database.pid is None:
                say("The database ended unexpectedly; starting it again.")
                database.recover()
            for child in children:
                child.look(time.monotonic())
            if not announced and is_ready():
                announce()
                announced = True
            time.sleep(_LOOK_EVERY_S)
    finally:
        for child in children:  # all asked at once, so that the slowest alone is waited for
            child.ask_to_stop()
        for child in children:
            child.stop()


def _end(process: subprocess.Popen[bytes], *, grace_s: float) -> None:
    """End a process, kindly first, and then whatever is left of its session."""
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(grace_s)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
