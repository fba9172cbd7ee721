"""A full set of readings from the board, with one thumb: counted, and timed at the pace of a slow hand."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.intake import CLICK_S, Hands
from tests.browser.tablet import PHONE, TABLET, Tablet
from tests.browser.walk import NURSE

TWENTY_SECONDS = 20
PAD_S = 0.5  # ours: a key of a pad that lies under the thumb
NUMBERS = "138" + "88" + "76" + "97" + "14" + "2" + "0"  # pressures, heart, oxygen, breaths, anxiety, pain


def pad(hands: Hands, keys: str) -> None:
    """Keys of the page's own pad."""
    for key in keys:
        hands.tablet.page.locator(f'[data-pad-key="{key}"]').click()
        hands.keys += 1


def test_a_full_set_takes_one_tap_to_open_and_less_than_twenty_seconds(
    tablet: Callable[..., Tablet], capsys: pytest.CaptureFixture[str], images: Path
) -> None:
    nurse = tablet(size=TABLET)
    nurse.sign_in(NURSE)
    nurse.open("/board/")
    hands, started = Hands(nurse), time.monotonic()
    hands.press(nurse.page.get_by_role("link", name="Record readings").first)
    pad(hands, NUMBERS)
    for name, value in (("sedation", "5"), ("dissociation", "1"), ("nausea", "0"), ("asked", "none")):
        hands.choose(name, value)
    entered = nurse.page.locator("input[data-pad-highest]").evaluate_all("all => all.map(each => each.value)")
    assert entered == ["138", "88", "76", "97", "14", "2", "0"]
    nurse.show(images / "readings-entry.png")
    nurse.publish("entry-pad")
    nurse.look()
    hands.button("Save readings")
    expect(nurse.page.locator("h1")).to_have_text("Board")
    expect(nurse.page.locator(".tile").filter(has_text="138/88").first).to_be_visible()
    scripted, by_hand = time.monotonic() - started, hands.clicks * CLICK_S + hands.keys * PAD_S
    with capsys.disabled():
        print(
            f"\na full set of readings from the board: {hands.clicks} presses and {hands.keys} keys of the pad, "
            f"{scripted:.0f} s scripted, {by_hand:.1f} s at {CLICK_S} s a press and {PAD_S} s a key"
        )
    assert by_hand < TWENTY_SECONDS
    assert scripted < TWENTY_SECONDS


def test_a_keyboard_keeps_to_tab_and_what_is_odd_is_asked_about(
    tablet: Callable[..., Tablet], images: Path
) -> None:
    nurse = tablet(size=PHONE)
    nurse.sign_in(NURSE)
    nurse.choose("dim")
    nurse.open("/board/")
    nurse.page.get_by_role("link", name="Record readings").first.click()
    expect(nurse.page.locator('[name="systolic"]')).to_be_focused()
    for digits in ("212", "96", "75"):
        nurse.page.keyboard.type(digits)
        nurse.page.keyboard.press("Tab")
    taken = nurse.page.locator("input[data-pad-highest]").evaluate_all("all => all.map(each => each.value)")
    assert taken == ["212", "96", "75", "", "", "", ""]
    assert nurse.overflow() <= 0
    nurse.page.get_by_role("button", name="Save readings").click()
    expect(nurse.page.locator("[data-error-summary]")).to_contain_text("Unusual: upper pressure 212 mmHg")
    assert nurse.page.locator('[name="systolic"]').input_value() == "212"
    assert nurse.axe() == []
    nurse.show(images / "readings-unusual.png")
