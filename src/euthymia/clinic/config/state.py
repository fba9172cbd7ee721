"""The state folder: what a demo or a clinic keeps beside its database.

``secret-key``    signs sessions and links; made once
``backup-key``    opens the backups; made with the first one
``backups.log``   one line of JSON for each backup
``backups``       the backups themselves, unless they are sent elsewhere
``anchors``       heads of the audit chain
``postgres``      the embedded database
``running``       locked while a demo or a clinic runs, with its process and address inside

Files are readable by their owner alone. The folder may be passed through, and not listed, because the
embedded database may run as another user. Standard library only: no Django, no database.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from euthymia.clinic.config import processes


class StateError(Exception):
    """The folder cannot be used as asked; the message is a sentence for the operator."""


def home() -> Path:
    """Where ``.euthymia`` lies: the repository, or the working folder for an installed package."""
    return Path(os.environ.get("EUTHYMIA_HOME", ".")).resolve() / ".euthymia"


@dataclass(frozen=True, slots=True)
class State:
    """One state folder."""

    folder: Path

    @property
    def postgres(self) -> Path:
        """The folder of the embedded database."""
        return self.folder / "postgres"

    @property
    def backups(self) -> Path:
        """Where backups go unless told otherwise."""
        return self.folder / "backups"

    def make(self) -> None:
        """Make the folder and its secret key where they are missing. Raises StateError when it cannot."""
        try:
            self.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
            if not (self.folder / "secret-key").exists():
                write_private(self.folder / "secret-key", secrets.token_urlsafe(64).encode())
        except OSError as error:
            raise StateError(
                f"Cannot write in {self.folder} ({error.strerror}). "
                "Make it writable, or choose another folder with --data."
            ) from error

    @contextmanager
    def held(self, note: str) -> Iterator[None]:
        """Hold the folder for one demo, clinic or restore. Raises StateError when another process has it."""
        path = self.folder / "running"
        path.touch(mode=0o600)
        with processes.lock(path) as free:
            if not free:
                raise StateError(f"{self.folder} is in use: {path.read_text().strip()}. Stop that first.")
            path.write_text(f"{note} (process {os.getpid()})\n")
            yield


def write_private(path: Path, contents: bytes) -> None:
    """Write a file that only its owner may read: wholly, on disk, or not at all."""
    partial = path.with_name(f"{path.name}.new")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(contents)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have a new name in ``folder`` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def append_line(path: Path, record: Mapping[str, object]) -> None:
    """Append one line of JSON to a private log, and never to a line that a loss of power cut off."""
    torn = path.exists() and not path.read_bytes().endswith(b"\n")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        file.write("\n" * torn + json.dumps(record) + "\n")
        file.flush()
        os.fsync(file.fileno())
