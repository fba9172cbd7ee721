"""What the clinic's tests share beside ``tests.conftest``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.clinic import again


@pytest.fixture(autouse=True)
def _scenes_again(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the scenes of a test be written again by the next one; not those of a world that was replaced."""
    if "settings" in request.fixturenames:
        yield
        return
    with again.begun(replaced=lambda: bool(monkeypatch._setattr or monkeypatch._setitem)):
        yield
