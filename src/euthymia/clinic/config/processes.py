"""Child processes that never outlive their parent, and that run as the user they should.

Linux only. ``spawn`` starts a child in a session of its own, so that Ctrl-C at a terminal reaches the
supervisor alone, and asks the kernel to signal the child when the thread that spawned it dies, whatever
kills it: call it from the main thread.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from euthymia.clinic.config import launcher

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a child runs as. ``uid`` None keeps the caller's user.

    ``mapped`` keeps the caller's user too, but puts the child in a user namespace in which that user is
    called ``uid``: a program that refuses to be root then starts, and still reaches root's folders.
    """

    uid: int | None = None
    gid: int | None = None
    mapped: bool = False

    @property
    def file_uid(self) -> int:
        """The owner that files of such a child have, seen from outside."""
        return os.geteuid() if self.uid is None or self.mapped else self.uid

    @property
    def file_gid(self) -> int:
        """The group that files of such a child have, seen from outside."""
        return os.getegid() if self.gid is None or self.mapped else self.gid


CALLER = Identity()


def nobody() -> Identity:
    """The user without rights of its own."""
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return Identity(65534, 65534)
    return Identity(entry.pw_uid, entry.pw_gid)


def mapped_nobody() -> Identity:
    """Root under another name, in a namespace of its own."""
    return Identity(65534, 65534, mapped=True)


def _launched(
    command: Sequence[str | Path], identity: Identity, death_signal: signal.Signals | None
) -> list[str]:
    """The command by way of the launcher, which becomes ``command`` under the same process number."""
    asked = {
        "uid": identity.uid,
        "gid": identity.gid,
        "mapped": identity.mapped,
        "death_signal": death_signal,
        "parent": os.getpid(),
    }
    # isolated and without site-packages: it starts in a few milliseconds and loads nothing of a clinic
    start = [sys.executable, "-I", "-S", launcher.__file__, json.dumps(asked)]
    return [*start, *(str(part) for part in command)]


def spawn(
    command: Sequence[str | Path],
    *,
    identity: Identity = CALLER,
    death_signal: signal.Signals = signal.SIGTERM,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    output: IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    """Start ``command`` in a session of its own; it gets ``death_signal`` when the caller's thread dies.

    ``output`` receives standard output and standard error; without it both go where the caller's go.
    What cannot be started as ``identity`` says why there and ends with status 126.
    """
    return subprocess.Popen(
        _launched(command, identity, death_signal),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        env=None if env is None else dict(env),
        cwd=cwd,
        start_new_session=True,
    )


def run_as(
    identity: Identity, command: Sequence[str | Path], env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``command`` to its end as ``identity``, from the root folder; the caller judges its status.

    126 is the status of a command that could not be started as ``identity``; its reason is in ``stderr``.
    """
    return subprocess.run(
        _launched(command, identity, None),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env=None if env is None else dict(env),
    )


def stop(process: subprocess.Popen[bytes], *, steps: Sequence[tuple[signal.Signals, float]]) -> int:
    """Send each signal in turn and wait its seconds, until the process has ended; returns its exit status."""
    for step, seconds in steps:
        if process.poll() is not None:
            break
        process.send_signal(step)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
    return process.wait()


@contextmanager
def lock(path: Path) -> Iterator[bool]:
    """Hold ``path`` locked for the block. Yields False, at once, when another living process holds it.

    The kernel drops the lock with the process, so a killed holder leaves nothing stale behind.
    """
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def command_line(pid: int) -> list[str]:
    """The arguments a living process was started with; empty when there is none, or it is not ours to see."""
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return []
    return [part.decode(errors="replace") for part in raw.rstrip(b"\0").split(b"\0")] if raw else []


def processes_in(folder: Path) -> list[int]:
    """The living processes whose working folder is ``folder``, as far as the caller may see them."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if (entry / "cwd").readlink() == folder:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent dies, for children that somebody else spawned."""
    parent = os.getppid()
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
