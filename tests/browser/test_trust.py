"""What a browser must show for a shared tablet to be safe: one user leaves nothing, keys work, saving is honest."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect
from tests.browser import serving
from tests.browser.serving import ServedClinic
from tests.browser.tablet import TABLET, Tablet
from tests.browser.walk import DESK, NURSE, SECOND
from tests.conftest import Databases


@pytest.fixture(scope="module")
def secure_clinic(demos: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedClinic]:
    """The demo over TLS, under a host name of its own."""
    name = demos.clone()
    folder = tmp_path_factory.mktemp("secure")
    with serving.served(demos.app_url(name), folder, demos.sign_ins, tls=True) as running:
        yield running
    demos.drop(name)


def _running_visit(window: Tablet) -> str:
    """The address of a visit in which somebody is being watched."""
    window.open("/board/")
    link = window.page.locator('main a[href*="/readings/"]').first.get_attribute("href") or ""
    return link.partition("readings/")[0]


def test_over_tls_cookies_are_bound_to_the_host_and_a_passkey_signs_in(
    browser: Browser, secure_clinic: ServedClinic
) -> None:
    window = Tablet(browser, secure_clinic, size=TABLET)
    window.add_passkey_device()
    window.sign_in_by_hand(NURSE)
    cookies = {cookie["name"]: cookie for cookie in window.context.cookies()}
    session = cookies["__Host-session"]
    assert session["secure"]
    assert session["httpOnly"]
    assert session["sameSite"] == "Strict"
    assert session["path"] == "/"
    answer = window.page.goto("/board/")
    assert answer is not None
    assert "max-age=" in answer.headers["strict-transport-security"]
    window.open("/account/passkey/")
    window.page.locator('[name="name"]').fill("ward key")
    window.page.locator('[name="signature_password"]').fill(secure_clinic.sign_ins[NURSE]["password"])
    window.page.locator('[name="signature_code"]').fill(secure_clinic.code(NURSE))
    window.press("Make the passkey")
    expect(window.page.locator("main")).to_contain_text("ward key")
    window.page.goto("about:blank")  # an open page asks for its pulse: the answer would bring a cookie back
    window.page.context.clear_cookies()
    window.page.goto("/sign-in/")
    window.press("Sign in with a passkey")
    expect(window.page.locator(".user-menu")).to_contain_text("Nell Notional")
    window.close()
    window.judge()


def test_switching_user_leaves_nothing_of_the_first(tablet: Callable[..., Tablet]) -> None:
    window = tablet(size=TABLET)
    window.sign_in_by_hand(NURSE)
    visit = _running_visit(window)
    window.open(visit)
    name = window.page.locator(".patient-name").first.inner_text().split("\n")[0]
    window.page.locator(".user-menu summary").click()
    window.press("Switch user")
    window.page.wait_for_url(re.compile("/switch/|/sign-in/"))
    window.page.go_back()
    expect(window.page.locator("body")).not_to_contain_text(name)
    window.page.goto(visit)
    expect(window.page.locator("body")).not_to_contain_text(name)
    kept = window.page.evaluate("Object.entries(localStorage).concat(Object.entries(sessionStorage))")
    assert not [entry for entry in kept if name in str(entry) or "<" in str(entry)], kept
    window.sign_in_by_hand(DESK)
    window.expects_failures = True
    answer = window.page.goto(visit)
    assert answer is not None
    assert answer.status in {403, 404}
    expect(window.page.locator("body")).not_to_contain_text(name)


def test_what_was_typed_and_not_saved_is_nowhere_for_the_next_person(tablet: Callable[..., Tablet]) -> None:
    typed = "asks for her sister, 4711"
    window = tablet(size=TABLET)
    window.sign_in_by_hand(NURSE)
    visit = _running_visit(window)
    window.open(visit + "readings/")
    window.page.locator('details:has([name="note"]) > summary').click()
    window.fill_in({"systolic": "137", "note": typed})
    window.page.locator(".user-menu summary").click()
    window.press("Switch user")
    window.page.wait_for_url(re.compile("/switch/|/sign-in/"))
    assert typed not in str(window.page.evaluate(_EVERYTHING_KEPT))
    window.page.go_back()
    expect(window.page.locator("body")).not_to_contain_text(typed)
    window.page.goto("/sign-in/")
    window.sign_in_by_hand(SECOND)
    window.open(visit + "readings/")
    assert window.page.locator('[name="systolic"]').input_value() == ""
    assert window.page.locator('[name="note"]').input_value() == ""
    assert typed not in window.page.content()


_EVERYTHING_KEPT = """async () => {
  const answered = (asked) => new Promise((done) => { asked.onsuccess = () => done(asked.result); });
  const plain = (key, value) => (value instanceof ArrayBuffer ? new TextDecoder().decode(value) : value);
  const found = [...Object.entries(localStorage), ...Object.entries(sessionStorage)];
  for (const { name } of await indexedDB.databases()) {
    const base = await answered(indexedDB.open(name));
    for (const store of base.objectStoreNames) {
      const rows = await answered(base.transaction(store).objectStore(store).getAll());
      found.push(...rows.map((row) => JSON.stringify(row, plain)));
    }
    base.close();
  }
  for (const name of await caches.keys()) {
    for (const request of await (await caches.open(name)).keys()) {
      found.push(request.url, await (await caches.match(request)).text());
    }
  }
  return found;
}"""


def test_a_double_click_saves_one_set_of_readings(tablet: Callable[..., Tablet]) -> None:
    window = tablet(size=TABLET)
    window.sign_in_by_hand(NURSE)
    visit = _running_visit(window)
    window.open(visit + "readings/")
    window.fill_in({"systolic": "123", "diastolic": "71"})
    window.page.locator(".action-bar button.button-primary").last.dblclick()
    window.page.wait_for_url(re.compile(r"/visits/[0-9a-f-]{36}/(#.*)?$"))
    window.open(visit)
    corrections = window.page.locator('main a[href*="/correct/"]', has_text="123/71")
    assert len(set(corrections.evaluate_all("all => all.map(one => one.href)"))) == 1


def test_signing_in_and_recording_readings_needs_no_mouse(tablet: Callable[..., Tablet]) -> None:
    window = tablet(size=TABLET)
    page = window.page
    page.goto("/sign-in/")
    _tab_to(window, '[name="login"]')
    page.keyboard.type(NURSE)
    page.keyboard.press("Tab")
    page.keyboard.type(window.clinic.sign_ins[NURSE]["password"])
    page.keyboard.press("Enter")
    page.locator('[name="code"]').wait_for()
    _tab_to(window, '[name="code"]')
    page.keyboard.type(window.clinic.code(NURSE))
    page.keyboard.press("Enter")
    page.locator(".user-menu").wait_for()
    window.email = NURSE
    visit = _running_visit(window)
    window.open(visit + "readings/")
    _tab_to(window, '[name="systolic"]')
    page.keyboard.type("121")
    page.keyboard.press("Tab")
    page.keyboard.type("72")
    _tab_to(window, ".action-bar button.button-primary")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/visits/[0-9a-f-]{36}/(#.*)?$"))
    expect(page.locator("main")).to_contain_text("121/72")


def _tab_to(window: Tablet, selector: str) -> None:
    """Press Tab until the element has the focus; fails when it cannot be reached."""
    target = window.page.locator(selector).last
    for _ in range(120):
        if target.evaluate("element => element === document.activeElement"):
            return
        window.page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached by keyboard on {window.page.url}")
