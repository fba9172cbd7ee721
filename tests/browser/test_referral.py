"""From a referrer's telephone to an open course: a link, a page filled in, the inbox, the acceptance."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import Route, expect
from tests.browser.tablet import PHONE, TABLET, Tablet

NURSE = "nell@demo.invalid"
SAID = {
    "referrer_phone": "+1 555 0177",
    "given_name": "Ylva",
    "family_name": "Walkthrough",
    "birth_date": "1984-02-29",
    "sex": "female",
    "phone": "+1 555 0199",
    "urgency": "urgent",
    "suicidal_thoughts": "yes",
    "reason": "Two drugs did not help.",
    "past_antidepressants": "venlafaxine 225 mg for 10 weeks",
}


def test_a_referral_comes_by_a_link_and_becomes_a_course(tablet: Callable[..., Tablet]) -> None:
    desk, phone = tablet(size=TABLET), tablet(size=PHONE)
    desk.sign_in(NURSE)
    desk.enter("/referrals/links/", {"referrer_name": "Dr Ada Walk", "days": "7", "uses": "1"})
    address = urlsplit(desk.page.locator("main a.mono, main .mono a").first.get_attribute("href") or "").path

    number = _refer(phone, address)
    phone.page.goto(address)
    expect(phone.page.locator("h1")).to_have_text("This link does not work")
    phone.page.goto("/referrals/")
    assert urlsplit(phone.page.url).path == "/sign-in/"

    desk.open("/referrals/")
    assert not desk.axe()
    first = desk.page.locator("tbody tr", has_text=number)
    expect(first).to_contain_text("Suicidal thoughts named")
    first.get_by_role("link").click()
    desk.page.get_by_role("link", name="Accept").click()
    assert not desk.axe()
    desk.fill_in(
        {
            "medical_record_number": "WALK-1",
            "product": "esketamine-nasal",
            "indication": "treatment-resistant-depression",
        }
    )
    desk.send()
    assert urlsplit(desk.page.url).path.startswith("/courses/")
    expect(desk.page.locator("main")).to_contain_text("Ylva Walkthrough")
    desk.judge()


def _refer(phone: Tablet, address: str) -> str:
    """Fill the page in where the connection is lost at first: nothing typed is, and it arrives once."""
    phone.page.goto(address)
    assert not phone.axe()
    assert phone.overflow() <= 0
    expect(phone.page.locator('[name="referrer_name"]')).to_have_value("Dr Ada Walk")
    phone.fill_in(SAID)
    phone.expects_failures = True
    phone.page.route("**/refer/**", _lose)
    phone.page.get_by_role("button", name="Send the referral").click()
    expect(phone.page.locator("[data-save-status]")).to_contain_text("Not saved")
    expect(phone.page.locator('[name="reason"]')).to_have_value(SAID["reason"])
    phone.page.unroute("**/refer/**")
    phone.page.get_by_role("button", name="Try again").click()
    expect(phone.page.locator("h1")).to_have_text("The referral has arrived")
    assert not phone.axe()
    shown = phone.page.locator("main").inner_text()
    assert "Walkthrough" not in shown
    return phone.page.locator("main .lead strong").inner_text()


def _lose(route: Route) -> None:
    if route.request.method == "POST":
        route.abort()
    else:
        route.continue_()
