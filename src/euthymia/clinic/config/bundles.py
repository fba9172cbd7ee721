"""The styles and scripts of a page, joined: forty files of a few kilobytes cost a tablet more than the page itself."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.files.storage import FileSystemStorage

STYLES = (
    "tokens", "base", "layout", "components", "forms", "clinical", "visits", "board", "planning", "rulebook",
    "intake", "figures", "unsent", "print",
)  # fmt: skip
SCRIPTS = (
    "vault", "tablet", "unsent", "saving", "waiting", "unsent_view", "takeover", "offline", "typed", "unsaved",
    "drafts", "stale", "still", "clocks", "focus", "confirm", "pad", "signature", "print", "menus", "theme",
    "passkey",
)  # fmt: skip
BUNDLES = {
    "euthymia/all.css": tuple(f"euthymia/css/{name}.css" for name in STYLES),
    "euthymia/all.js": ("django_htmx/htmx-2.min.js", *(f"euthymia/js/{name}.js" for name in SCRIPTS)),
}
"""The address of each bundle below ``/static/``, and its parts in the order in which they count."""


def joined(name: str, parts: Iterable[tuple[str, str]]) -> str:
    """One text of many: ``parts`` are (file, text). A script that fails says so and does not stop those after it."""
    if name.endswith(".js"):
        return "".join(
            f"// {file}\ntry {{\n{text}\n}} catch (problem) {{ reportError(problem); }}\n"
            for file, text in parts
        )
    return "".join(f"/* {file} */\n{text}\n" for file, text in parts)


class BundleFinder(finders.BaseFinder):
    """Finds the bundles for Django's static files; they are written into the state folder when first asked for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._folder = Path(settings.STATE_FOLDER) / "bundles"
        self._written = False
        super().__init__(*args, **kwargs)

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """The file of a bundle, as Django asks: an empty list for what is none."""
        if path not in BUNDLES:
            return []
        self._write()
        found = str(self._folder / path)
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        """Every bundle, and the storage it lies in."""
        self._write()
        storage = FileSystemStorage(location=self._folder)
        yield from ((name, storage) for name in BUNDLES)

    def _write(self) -> None:
        if self._written:
            return
        for name, files in BUNDLES.items():
            text = joined(name, ((file, _read(file)) for file in files))
            place = self._folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            # Several processes of one clinic start together, each with the same text: none reads another's half.
            partial = place.with_name(f"{place.name}.{os.getpid()}.{threading.get_ident()}")
            partial.write_text(text, "utf-8")
            partial.replace(place)
        self._written = True


def _read(file: str) -> str:
    found = finders.find(file)
    if not isinstance(found, str):
        raise FileNotFoundError(f"{file} is part of a bundle and is in no folder of static files.")
    return Path(found).read_text("utf-8")
