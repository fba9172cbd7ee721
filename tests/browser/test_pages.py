"""Every page of the demo, for every role, by what it must never be: hard to read, too wide, jumping, or leaking."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Error
from tests.browser.tablet import PHONE, TABLET, Tablet

ROLES = ("vera", "nell", "thea", "finn", "mira", "ada")
STARTS = ("/board/", "/patients/", "/courses/", "/tasks/", "/account/", "/schedule/")
MOST = 120  # pages, so that a crawl that does not end fails instead of running on
_VARIABLE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d{2}-\d{2}|(?<=/)\d+(?=/)|(?<=^/rules/)[A-Z][^/]*(?=/)|(?<=^/about/)[a-z-]+(?=/)"
)


def kind_of(address: str) -> str:
    """An address without what names one row: pages of one kind are looked at once."""
    return _VARIABLE.sub("…", address.split("?")[0])


def crawl(window: Tablet, seen: set[str]) -> Iterator[str]:
    """Follow links from the starting pages to one page of every kind not seen yet, and stop at each of them.

    Each role begins at the starting pages, whoever saw them before: they lead on to pages of its own.
    """
    waiting, found = list(STARTS), 0
    while waiting:
        address = waiting.pop(0)
        known = kind_of(address) in seen
        if known and address not in STARTS:
            continue
        seen.add(kind_of(address))
        try:
            answer = window.page.goto(address)
        except Error as problem:  # a document, which this browser saves instead of showing it
            if "Download is starting" not in problem.message:
                raise
            continue
        if answer is None or answer.status != 200 or "text/html" not in answer.headers["content-type"]:
            continue
        window.look()
        waiting += [link for link in window.links() if kind_of(link) not in seen]
        if not known:
            found += 1
            assert found < MOST
            yield address


@pytest.fixture(scope="module")
def seen() -> set[str]:
    """Kinds of page that an earlier role's round looked at."""
    return set()


@pytest.mark.long
@pytest.mark.parametrize("who", ROLES)
def test_every_page_is_accessible_steady_and_narrow(
    tablet: Callable[..., Tablet], seen: set[str], who: str
) -> None:
    window = tablet(size=TABLET)
    window.sign_in(f"{who}@demo.invalid")
    window.choose("light")
    problems: list[str] = []
    for address in crawl(window, seen):
        problems += window.axe()
        window.resize(PHONE)
        if (excess := window.overflow()) > 0:
            problems.append(f"{address}: {excess} px wider than a telephone")
        window.resize(TABLET)
        window.dim()
        problems += [f"dim: {problem}" for problem in window.axe("color-contrast")]
    assert not problems, "\n".join(problems)


def test_the_pages_before_sign_in_are_accessible(tablet: Callable[..., Tablet]) -> None:
    window = tablet(size=PHONE)
    for theme in ("light", "dim"):
        window.choose(theme)
        for address in ("/sign-in/", "/no-such-page/", "/about/", "/about/us-ketamine-iv-trd/"):
            window.open(address)
            assert window.axe() == []
            assert window.overflow() <= 0
