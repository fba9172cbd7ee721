"""Passkeys, and a tablet that passes from hand to hand, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from tests.browser.serving import ServedClinic
    from tests.browser.tablet import Tablet


@pytest.fixture
def nurse(clinic: ServedClinic) -> str:
    return next(email for email, person in clinic.sign_ins.items() if "nurse" in str(person["roles"]))


def leave(tablet: Tablet, way: str) -> None:
    """Press one of the two ways out in the person's menu."""
    tablet.page.locator("details.user-menu summary").click()
    tablet.page.get_by_role("button", name=way).click()
    tablet.page.wait_for_selector("main h1")


def kept_by_the_browser(tablet: Tablet) -> list[str]:
    """What script kept, but for htmx's note of the page that is open now."""
    kept = tablet.page.evaluate("[...Object.entries(localStorage), ...Object.entries(sessionStorage)].flat()")
    return [each for each in kept if each not in ("htmx-current-path-for-history", "/switch/")]


def test_switching_user_leaves_nothing_of_the_first(tablet: Callable[..., Tablet], nurse: str):
    ward = tablet()
    ward.sign_in_by_hand(nurse)
    ward.open("/board/")
    seen = ward.page.locator("main").inner_text()
    leave(ward, "Switch user")
    assert ward.page.url.endswith("/switch/")
    assert kept_by_the_browser(ward) == []
    ward.page.go_back()
    ward.page.wait_for_selector("main h1")
    assert "/sign-in/" in ward.page.url
    assert ward.page.locator("main").inner_text() != seen
    assert [cookie["name"] for cookie in ward.context.cookies() if "session" in cookie["name"]] == []


def test_whoever_is_next_picks_initials_and_proves_who_they_are(
    tablet: Callable[..., Tablet], nurse: str, clinic: ServedClinic
):
    ward = tablet()
    ward.sign_in_by_hand(nurse)
    leave(ward, "Switch user")
    person = clinic.sign_ins[nurse]
    initials = "".join(word[0] for word in (person["name"].split()[0], person["name"].split()[-1]))
    ward.page.get_by_role("link", name=initials, exact=True).click()
    assert person["name"] not in ward.page.content()
    assert nurse not in ward.page.content()
    ward.page.get_by_label("Password").fill(person["password"])
    ward.page.get_by_role("button", name="Sign in", exact=True).click()
    ward.page.get_by_label("code", exact=False).first.fill(clinic.code(nurse))
    ward.page.get_by_role("button", name="Continue").click()
    ward.page.wait_for_selector("details.user-menu")


def test_a_passkey_is_made_signs_in_and_signs(
    tablet: Callable[..., Tablet], nurse: str, clinic: ServedClinic
):
    ward = tablet()
    ward.sign_in_by_hand(nurse)
    ward.add_passkey_device()
    ward.open("/account/passkey/")
    ward.page.get_by_label("Name of this passkey").fill("the ward's tablet")
    ward.sign(nurse)
    ward.page.get_by_role("button", name="Make the passkey").click()
    ward.page.wait_for_url("**/account/")
    assert "the ward's tablet" in ward.page.content()

    leave(ward, "Sign out")
    ward.page.get_by_role("button", name="Sign in with a passkey").click()
    ward.page.wait_for_selector("details.user-menu")

    ward.open("/account/password/")
    password = "harbour lights at dusk"
    for name in ("password", "password_again"):
        ward.page.locator(f'[name="{name}"]').fill(password)
    ward.page.get_by_role("button", name="Sign with a passkey instead").click()
    ward.page.wait_for_url("**/account/")
    assert "Your password is changed" in ward.page.content()

    leave(ward, "Sign out")
    ward.page.get_by_label("E-mail address").fill(nurse)
    ward.page.get_by_label("Password").fill(password)
    ward.page.get_by_role("button", name="Sign in", exact=True).click()
    ward.page.get_by_role("button", name="Use a passkey instead").click()
    ward.page.wait_for_selector("details.user-menu")


def test_the_pages_before_sign_in_are_accessible(tablet: Callable[..., Tablet]):
    door = tablet()
    for path in ("/sign-in/", "/switch/"):
        door.open(path)
        assert door.axe() == []


@pytest.mark.parametrize(("who", "paths"), [
    ("administrator", ("/account/", "/account/passkey/", "/account/password/", "/staff/", "/staff/add/", "/system/",
                       "/access-log/")),
    ("medical director", ("/emergencies/",)),
])  # fmt: skip
def test_the_pages_of_accounts_are_accessible(
    tablet: Callable[..., Tablet], clinic: ServedClinic, who: str, paths: tuple[str, ...]
):
    desk = tablet()
    desk.sign_in_by_hand(
        next(email for email, person in clinic.sign_ins.items() if who in str(person["roles"]))
    )
    for path in paths:
        desk.open(path)
        assert desk.axe() == [], path
        assert desk.overflow() <= 0, path


def test_where_no_passkey_can_be_used_its_button_says_so(
    tablet: Callable[..., Tablet], browser: Browser, clinic: ServedClinic
):
    door = tablet()
    door.page.add_init_script("delete window.PublicKeyCredential")
    door.open("/sign-in/")
    door.page.get_by_role("button", name="Sign in with a passkey").click()
    door.page.get_by_text("No passkey can be used here").wait_for()
    with browser.new_context(base_url=clinic.url, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto("/sign-in/")
        page.get_by_role("button", name="Sign in", exact=True).wait_for()
        assert page.get_by_role("button", name="Sign in with a passkey").count() == 0
