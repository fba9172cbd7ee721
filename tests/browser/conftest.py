"""A real browser on a real server. Skipped, with the reason, where there is no Chromium."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.browser import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from tests.browser.serving import ServedClinic
    from tests.browser.tablet import Tablet
    from tests.conftest import Databases

RESULTS = serving.ROOT / "test-results"


def _chromium() -> str:
    named = os.environ.get("EUTHYMIA_CHROMIUM", "")
    found = named or shutil.which("chromium") or shutil.which("chromium-browser") or ""
    if not found:
        pytest.skip("There is no Chromium on this machine (Debian: apt install chromium).")
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a module's tests: while it runs, Django's ORM refuses this thread."""
    from playwright.sync_api import sync_playwright

    executable = _chromium()
    if node := shutil.which("node"):
        os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", node)
    arguments = [f"--host-resolver-rules=MAP {serving.HOST} 127.0.0.1"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def clinic(
    demo_database: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServedClinic]:
    """The demo clinic, served for one module on a copy of its own."""
    name = databases.clone(demo_database)
    with serving.served(databases.app_url(name), tmp_path_factory.mktemp("clinic"), worker=True) as running:
        yield running
    databases.drop(name)


@pytest.fixture
def tablet(
    browser: Browser, clinic: ServedClinic, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Tablet]]:
    """``tablet()``: a fresh browser window at the clinic's address; it is watched, and judged at the end."""
    from playwright.sync_api import Error
    from tests.browser.tablet import Tablet

    opened: list[Tablet] = []

    def open_one(**options: object) -> Tablet:
        opened.append(Tablet(browser, clinic, **options))  # type: ignore[arg-type]
        return opened[-1]

    yield open_one
    failed = getattr(request.node, "failed", False)
    for number, each in enumerate(opened):
        with suppress(Error):  # the browser that failed the test may show and close nothing any more
            if failed:
                each.photograph(RESULTS / f"{request.node.name}-{number}.png")
        with suppress(Error):
            each.close()
    if not failed:
        for each in opened:
            each.judge()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):  # type: ignore[no-untyped-def]
    """Leave a note on the test that its body failed, so that its windows are photographed."""
    report = yield
    if report.when == "call" and report.failed:
        item.failed = True  # type: ignore[attr-defined]
    return report


@pytest.fixture(scope="session")
def images() -> Path:
    """Where the pictures go: test-results, and the documents when EUTHYMIA_WRITE_IMAGES=1."""
    RESULTS.mkdir(exist_ok=True)
    return RESULTS
