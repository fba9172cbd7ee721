"""What a nurse sees when a save fails: it says so, nothing typed is lost, and one press makes one entry."""

from __future__ import annotations

import time

from playwright.sync_api import Page, Route, expect
from tests.browser.gallery import gallery_address, page

__all__ = ["gallery_address", "page"]

_SAVE = "Save check-in"


def _fill(page: Page, systolic: str = "120") -> None:
    page.check("[name=identity_name]")
    page.check("[name=identity_born]")
    page.fill("#id_plain-systolic", systolic)
    page.fill("#id_plain-weight", "71.5")
    page.fill("#id_plain-measured", "14:05")
    for choice in ("aneurysm_1", "risk_0", "instructed"):
        page.check(f"#id_plain-{choice}")


def _save(page: Page) -> None:
    page.get_by_role("button", name=_SAVE).click()


def _answer_posts(page: Page, answer: dict[str, object] | None) -> None:
    """Answer every write with ``answer``, or as if the connection were lost; reads go through."""

    def handle(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
        elif answer is None:
            route.abort()
        else:
            route.fulfill(content_type="text/html", **answer)  # type: ignore[arg-type]

    page.route("**/gallery/", handle)


def _heal(page: Page) -> None:
    page.unroute("**/gallery/")


def test_a_lost_connection_loses_nothing_and_a_retry_saves(page: Page, gallery_address: str) -> None:
    page.goto(gallery_address)
    _fill(page)
    _answer_posts(page, None)
    _save(page)
    expect(page.locator("[data-save-status]")).to_contain_text("Not saved: the server cannot be reached.")
    assert page.input_value("#id_plain-systolic") == "120"
    expect(page.get_by_role("button", name=_SAVE)).to_be_enabled()
    _heal(page)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".messages")).to_contain_text("accepted")
    expect(page.locator("[data-save-status]")).to_be_hidden()


def test_a_refusal_is_said_in_its_own_words(page: Page, gallery_address: str) -> None:
    page.goto(gallery_address)
    _fill(page)
    _answer_posts(page, {"status": 403, "body": "<p data-problem>Your roles do not let you.</p>"})
    _save(page)
    expect(page.locator("[data-save-status]")).to_contain_text("Not saved. Your roles do not let you.")
    assert page.input_value("#id_plain-systolic") == "120"


def test_signed_out_meanwhile_keeps_what_was_typed(page: Page, gallery_address: str) -> None:
    page.goto(gallery_address)
    _fill(page)
    _answer_posts(page, {"status": 200, "body": "<main data-sign-in-page>Sign in</main>"})
    _save(page)
    expect(page.locator("[data-save-status]")).to_contain_text("you were signed out")
    assert page.input_value("#id_plain-systolic") == "120"


def test_errors_come_back_with_the_focus_and_the_text(page: Page, gallery_address: str) -> None:
    page.goto(gallery_address)
    _fill(page, systolic="1200")
    expect(page.locator("[data-unsaved-note=sample]")).to_be_visible()
    _save(page)
    summary = page.locator("[data-error-summary]")
    expect(summary).to_contain_text("Nobody has a pressure of 1200.")
    expect(summary).to_be_focused()
    assert page.input_value("#id_plain-systolic") == "1200"
    expect(page.locator("[data-unsaved-note=sample]")).to_be_visible()


def test_three_presses_send_once(page: Page, gallery_address: str) -> None:
    page.goto(gallery_address)
    _fill(page)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)

    def slow(route: Route) -> None:
        if route.request.method == "POST":
            time.sleep(0.4)
        route.continue_()

    page.route("**/gallery/", slow)
    page.evaluate(
        """() => {
            const button = document.querySelector('button[form="sample"]');
            button.click(); button.click(); setTimeout(() => button.click(), 100);
        }"""
    )
    expect(page.locator(".messages")).to_contain_text("accepted")
    assert len(sent) == 1


def test_nothing_of_a_page_is_kept_by_the_browser(page: Page, gallery_address: str) -> None:
    page.goto(gallery_address)
    _fill(page)
    _save(page)
    expect(page.locator(".messages")).to_contain_text("accepted")
    kept = page.evaluate("[...Object.values(localStorage), ...Object.values(sessionStorage)].join()")
    assert kept in ("", "/gallery/")  # htmx keeps the address; signing out clears it


def test_the_theme_is_kept_by_the_server(page: Page, gallery_address: str) -> None:
    page.goto(gallery_address)
    page.locator("main").get_by_role("button", name="Dim").click()
    assert page.get_attribute("html", "data-theme") == "dim"
    page.wait_for_timeout(300)
    page.reload()
    assert page.get_attribute("html", "data-theme") == "dim"
