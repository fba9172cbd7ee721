"""The medical director finds rules as they type, signs two at once, and adopts a threshold."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect
from tests.browser.tablet import DESKTOP, Tablet

DIRECTOR = "mira@demo.invalid"
LABEL = "US label, version 18 of 13 March 2026"


def test_the_directors_desk(tablet: Callable[..., Tablet]) -> None:
    desk = tablet(size=DESKTOP)
    desk.sign_in(DIRECTOR)
    page = desk.page

    desk.open("/rules/")
    page.locator("#id_q").press_sequentially("aneurysmal")
    expect(page.locator("#rule-MON-1")).to_have_count(0)
    expect(page.locator("#rule-CI-1")).to_be_visible()
    page.locator("#id_q").fill("")
    expect(page.locator("#rule-MON-1")).to_be_visible()
    for rule in ("CI-1", "MON-1"):
        page.locator(f"#rule-{rule} input").check()
    desk.press("Sign the ticked rules")
    desk.fill_in({"label_version": LABEL})
    desk.sign(DIRECTOR)
    desk.send()
    expect(page.locator(".messages")).to_contain_text("Signed: 2 rules.")
    expect(page.locator("#rule-MON-1")).to_contain_text("Signed")

    desk.open("/rules/PRE-6/change/")
    desk.fill_in({"t_food_min": "400", "reason": "Our patients fast longer"})
    desk.press("Show what it changes")
    expect(page.locator("#impact-visits").locator("..")).to_contain_text("go and look")
    assert desk.axe() == []
    desk.sign(DIRECTOR)
    desk.send()
    expect(page.locator(".messages")).to_contain_text("of the rule book acts from now on")
    desk.open("/rules/?state=changed")
    expect(page.locator("#rule-PRE-6")).to_contain_text("unverified")
    desk.look()
