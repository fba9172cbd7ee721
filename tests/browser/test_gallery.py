"""The components in a real browser: accessible within the page's policy, at every width, in both themes."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page
from tests.browser.gallery import gallery_address

from euthymia.clinic.config.bundles import joined

__all__ = ["gallery_address"]

_WIDTHS = (390, 820, 1180, 1440)
_TARGET_PX = 44


def _open(browser: Browser, address: str, *, width: int, theme: str) -> tuple[Page, list[str]]:
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.add_cookies([{"name": "theme", "value": theme, "url": address}])
    page = context.new_page()
    said: list[str] = []

    def keep(message: ConsoleMessage) -> None:
        if message.type == "error":
            said.append(message.text)

    page.on("console", keep)
    page.goto(address)
    return page, said


@pytest.mark.parametrize("theme", ["light", "dim"])
@pytest.mark.parametrize("width", _WIDTHS)
def test_the_gallery_is_accessible_and_fits(
    browser: Browser, gallery_address: str, width: int, theme: str
) -> None:
    page, said = _open(browser, gallery_address, width=width, theme=theme)
    assert page.get_attribute("html", "data-theme") == theme
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("details.more").evaluate_all("all => all.forEach(one => { one.open = true })")
    # By theme only the colours differ, which no width changes but by what it hides.
    found = Axe().run(page, options={"runOnly": ["color-contrast"]} if theme == "dim" else None)
    assert found.response["violations"] == [], found.generate_report()
    page.context.close()


def test_the_gallery_loads_from_its_own_host_alone(browser: Browser, gallery_address: str) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(gallery_address)
    host = gallery_address.rsplit("/gallery", 1)[0]
    assert asked
    assert all(url.startswith((host, "data:")) for url in asked)
    page.close()


def test_what_a_thumb_presses_is_large_enough(browser: Browser, gallery_address: str) -> None:
    """Links within a sentence are exempt, as in WCAG; buttons, fields and menus are not."""
    page, _ = _open(browser, gallery_address, width=390, theme="light")
    small = page.evaluate(
        """least => [...document.querySelectorAll("button, summary, select, textarea, input, a")]
            .filter(one => one.type !== "hidden")
            .filter(one => one.checkVisibility() && getComputedStyle(one).display !== "inline")
            .filter(one => !one.matches(".skip-link"))
            .map(one => [one.outerHTML.slice(0, 80), one.closest("label") ?? one])
            .map(([text, one]) => [text, one.getBoundingClientRect().height])
            .filter(([, height]) => height < least - 0.5)""",
        _TARGET_PX,
    )
    assert small == []
    page.context.close()


def test_nothing_moves_while_the_page_settles(browser: Browser, gallery_address: str) -> None:
    page = browser.new_page(viewport={"width": 820, "height": 1180})
    page.add_init_script(
        """window.shift = 0;
        new PerformanceObserver(list => list.getEntries().forEach(entry => { window.shift += entry.value; }))
            .observe({ type: "layout-shift", buffered: true });"""
    )
    page.goto(gallery_address, wait_until="networkidle")
    page.wait_for_timeout(1200)  # the clocks have ticked once
    assert page.evaluate("window.shift") < 0.01
    page.close()


def test_the_keyboard_reaches_the_main_action(browser: Browser, gallery_address: str) -> None:
    page, _ = _open(browser, gallery_address, width=820, theme="light")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.get_by_role("button", name="Save check-in").focus()
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.context.close()


def test_a_script_that_fails_is_told_and_does_not_stop_the_next(browser: Browser) -> None:
    page, told = browser.new_page(), list[str]()
    page.on("pageerror", lambda error: told.append(error.message))
    parts = [("bad.js", "missing.part();"), ("good.js", "window.good = 1; // no line follows")]
    page.evaluate(joined("all.js", parts))
    assert page.evaluate("window.good") == 1
    assert told == ["missing is not defined"]
    page.close()
