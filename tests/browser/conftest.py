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
_PATIENCE_MS = (
    20_000  # two browsers and their servers share two cores; what has to be quick says so where it is asked
)
# What a page asks of any other host fails, and the page's console says so.
_HOSTS = f"MAP {serving.HOST} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"


def _chromium() -> str:
    named = os.environ.get("EUTHYMIA_CHROMIUM", "")
    found = named or shutil.which("chromium") or shutil.which("chromium-browser") or ""
    if not found:
        pytest.skip("There is no Chromium on this machine (Debian: apt install chromium).")
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a module's tests: while it runs, Django's ORM refuses this thread."""
    from playwright.sync_api import expect, sync_playwright

    executable = _chromium()
    expect.set_options(timeout=_PATIENCE_MS)
    if node := shutil.which("node"):
        os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", node)
    # Without a graphics card Chromium would emulate one: a third more work for the same picture.
    arguments = ["--disable-gpu", f"--host-resolver-rules={_HOSTS}"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def clinic(demos: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedClinic]:
    """The demo clinic, served for one module on a copy of its own; no worker: nothing here waits for what it does."""
    name = demos.clone()
    folder = tmp_path_factory.mktemp("clinic")
    with serving.served(demos.app_url(name), folder, demos.sign_ins) as running:
        yield running
    demos.drop(name)


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
    """Where the pictures go that EUTHYMIA_PICTURES=1 asks for, beside those of windows that failed."""
    RESULTS.mkdir(exist_ok=True)
    return RESULTS
