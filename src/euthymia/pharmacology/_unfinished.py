"""What stands half written on disk, so that whoever ends the process at once can take it away."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

_PATHS: set[Path] = set()


@contextlib.contextmanager
def unfinished(path: Path) -> Iterator[Path]:
    """Say that ``path``, a file or a folder that is about to be made, is not to stay; gone when this ends."""
    _PATHS.add(path)
    try:
        yield path
    finally:
        _remove(path)
        _PATHS.discard(path)


def remove_all() -> None:
    """Take away everything that is unfinished now."""
    for path in tuple(_PATHS):
        _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
