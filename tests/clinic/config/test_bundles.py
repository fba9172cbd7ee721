"""The joined styles and scripts: whole, in their order, and served."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from euthymia.clinic.config import bundles

_STATIC = Path(bundles.__file__).parent / "static" / "euthymia"
_PORTAL = "euthymia/css/portal.css"  # of the patient's own pages, which load little


def test_every_style_and_script_of_the_pages_is_in_a_bundle_once() -> None:
    parts = [part for files in bundles.BUNDLES.values() for part in files]
    written = {f"euthymia/{file.parent.name}/{file.name}" for file in _STATIC.rglob("*.*s") if file.is_file()}
    assert len(parts) == len(set(parts))
    assert {part for part in parts if part.startswith("euthymia/")} == written - {_PORTAL}


@pytest.mark.parametrize("name", bundles.BUNDLES)
def test_a_bundle_holds_its_parts_in_their_order(name: str) -> None:
    found = finders.find(name)
    assert isinstance(found, str)
    text, places = Path(found).read_text(), []
    for part in bundles.BUNDLES[name]:
        source = finders.find(part)
        assert isinstance(source, str)
        places.append(text.index(Path(source).read_text()))
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("name", "kind"), [("euthymia/all.css", "text/css"), ("euthymia/all.js", "text/javascript")]
)
def test_a_bundle_is_served(db: None, client: Client, name: str, kind: str) -> None:
    answer = client.get(f"/static/{name}")
    answer.close()
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith(kind)


def test_a_part_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings) -> None:
    settings.STATE_FOLDER = tmp_path
    monkeypatch.setattr(bundles, "BUNDLES", {"euthymia/all.js": ("euthymia/js/no-such.js",)})
    with pytest.raises(FileNotFoundError, match=r"euthymia/js/no-such\.js is part of a bundle"):
        bundles.BundleFinder().find("euthymia/all.js")
