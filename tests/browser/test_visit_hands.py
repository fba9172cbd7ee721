"""A visit as hands take it: two people on one tablet, two tablets on one patient, a telephone, paper, and no scripts.

One clinic, and one sign-in for each person of it: each test is a stretch of the demo's day, with another patient.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect
from tests.browser.tablet import PHONE, TABLET, Tablet
from tests.browser.walk import NURSE, PRESCRIBER, SECOND, TIME

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser
    from tests.browser.serving import ServedClinic

People = Callable[[str], Tablet]


@pytest.fixture(scope="module")
def people(browser: Browser, clinic: ServedClinic) -> Iterator[People]:
    """``people(NURSE)``: the window of that person, signed in when it is first asked for; judged at the end."""
    windows: dict[str, Tablet] = {}

    def window(email: str) -> Tablet:
        if email not in windows:
            windows[email] = Tablet(browser, clinic, size=TABLET)
            windows[email].sign_in(email)
        return windows[email]

    yield window
    for each in windows.values():
        each.close()
    for each in windows.values():
        each.judge()


def without_scripts(browser: Browser, window: Tablet) -> Page:
    """The same person in a browser that runs no script."""
    context = browser.new_context(
        viewport=TABLET,  # type: ignore[arg-type]
        base_url=window.clinic.url,
        java_script_enabled=False,
        storage_state=window.context.storage_state(),
    )
    context.set_default_timeout(45_000)
    return context.new_page()


def on_a_phone(tablet: Callable[..., Tablet], address: str) -> Tablet:
    """The patient's own telephone, where nobody is signed in."""
    phone = tablet(size=PHONE)
    phone.page.goto(address)
    phone.look()
    return phone


def visit_of(window: Tablet, section: str, number: int = 0) -> tuple[str, str]:
    """The address and the patient of a visit on the board: after the dose (``watched``), ``here`` or ``expected``."""
    window.open("/board/")
    where = (
        "[data-tiles] .seat-name a" if section == "watched" else f"[aria-labelledby={section}] .seat-who a"
    )
    link = window.page.locator(where).nth(number)
    return str(link.get_attribute("href")), link.inner_text()


def refused(window: Tablet, sentence: str) -> None:
    """Press the button of the page, and be told why it does not go."""
    window.page.locator(".action-bar button.button-primary").last.click()
    expect(window.page.locator("[data-error-summary]")).to_contain_text(sentence)


def test_check_in_by_phone_and_a_second_nurse_at_the_bedside_and_at_the_waste(
    people: People, tablet: Callable[..., Tablet], browser: Browser, images: Path
) -> None:
    nell = people(NURSE)
    at, name = visit_of(nell, "here")

    # The patient answers on a telephone that knows nobody's name; the tablet hears of it.
    nell.open(f"{at}check-in/phq-9/phone/")
    nell.press("Make a code")
    address = nell.page.locator(".mono.break").inner_text()
    phone = on_a_phone(tablet, address)
    phone.fill_in({f"item_{item}": "1" if item < 9 else "0" for item in range(1, 10)}, "form")
    assert phone.axe() == []
    phone.press("Send my answers")
    phone.page.wait_for_url("**/q/sent/")
    assert name.split()[1] not in phone.page.content()
    phone.page.goto(address)
    expect(phone.page.locator("main")).not_to_contain_text("Little interest")  # answered once
    expect(nell.page.locator("#phone-state")).to_contain_text("Answered", timeout=15_000)

    # Without scripts: the pressure at rest, and the end of check-in.
    plain = without_scripts(browser, nell)
    plain.goto(f"{at}check-in/pressure/")
    for field, value in (("systolic", "122"), ("diastolic", "76"), ("spo2", "98"), ("heart_rate", "70")):
        plain.fill(f'[name="{field}"]', value)
    plain.locator("button[form=step]").click()
    expect(plain.locator("main")).to_contain_text("Total 8")
    plain.get_by_role("button", name="Finish check-in").click()
    expect(plain.locator("h1")).to_have_text("Ready for the order")

    vera = people(PRESCRIBER)
    vera.open(f"{at}order/")
    vera.fill_in({"dose_mg": "56", "devices": "2"})
    vera.send('button[value="check"]')
    vera.sign(PRESCRIBER)
    vera.send('button[value="sign"]')

    # Sam confirms on Nell's tablet: what is read wrong is told, and Nell stays signed in.
    nell.enter(f"{at}drug/taken-out/", {"amount": "3", "lot": "SYN-7", "expires_on": "2030-01-31"})
    nell.open(f"{at}bedside-check/")
    read = {"first": "name", "second": "birth date", "product": "esketamine-nasal", "devices": "2"}
    nell.fill_in(read | {"dose_mg": "84"})
    nell.witness(SECOND)
    refused(nell, "84")
    nell.fill_in({"dose_mg": "56"})
    nell.witness(SECOND)
    nell.send()
    expect(nell.page.locator("section[aria-labelledby=order]")).to_contain_text("Confirmed at the bedside")
    expect(nell.page.locator("section[aria-labelledby=order]")).to_contain_text("Sam Supposed")

    # One device too many is destroyed before both; Sam's proof is for Sam, and a wrong code signs nothing.
    nell.open(f"{at}drug/wasted/")
    nell.fill_in({"amount": "1", "lot": "SYN-7", "why": "Fell to the floor"})
    nell.sign(NURSE)
    nell.witness(SECOND)
    nell.fill_in({"witness_code": "000000"})
    refused(nell, "code")
    assert nell.page.locator('[name="why"]').input_value() == "Fell to the floor"
    nell.sign(NURSE)
    nell.witness(SECOND)
    nell.show(images / "waste.png")
    nell.send()
    expect(nell.page.locator("section[aria-labelledby=drug]")).to_contain_text("seen by Sam Supposed")
    expect(nell.page.locator(".user-name")).to_contain_text("Nell Notional")


def test_an_alarm_a_verbal_order_and_the_adverse_event_of_it(people: People, images: Path) -> None:
    nell = people(NURSE)
    at, _ = visit_of(nell, "watched")
    nell.open(f"{at}readings/?next=/board/")
    nell.fill_in({"systolic": "192", "diastolic": "112", "heart_rate": "88", "asked": "none"})
    nell.page.get_by_role("button", name="Save readings").click()
    if nell.page.locator("[data-error-summary]").count():  # unusual: asked once
        nell.page.get_by_role("button", name="Save readings").click()
    # Two rules speak of it, and the board says first what is too high, not by how much it rose.
    expect(nell.page.locator(".tile .is-alarm").first).to_contain_text("High pressure")
    nell.open(at)
    expect(nell.page.locator("section.alarm")).to_contain_text("STOP-1")

    # Vera says it on the telephone; who wrote it down read it back, and she signs for it afterwards.
    order = {"medicine": "labetalol", "dose": "20", "unit": "mg", "route": "vein", "why": "Pressure 192/112"}
    nell.open(f"{at}medicine-orders/verbal/")
    vera = nell.page.locator("label", has_text="Vera").first
    vera.click()
    nell.fill_in(order)
    nell.fill_in({"unit": "mL"})
    nell.page.locator(".action-bar button.button-primary").last.click()
    assert nell.page.url.endswith("/verbal/")  # the browser itself asks that it was read back
    nell.fill_in({"unit": "mg", "read_back": True})
    refused(nell, "What kind of medicine it is, is not recorded")  # told once; sent again, it is ordered
    assert nell.page.locator('[name="medicine"]').input_value() == "labetalol"
    nell.send()
    panel = nell.page.locator("section[aria-labelledby=medicines-given]")
    expect(panel).to_contain_text("Waits for the signature of Dr Vera")
    panel.get_by_role("link", name="Give labetalol").click()
    expect(nell.page.locator('[name="dose"]')).to_have_value(
        ""
    )  # from the label in the hand, not from the order
    nell.fill_in({name: order[name] for name in ("medicine", "dose", "unit", "route")})
    nell.send()
    expect(panel).to_contain_text("labetalol 20 mg")

    nell.open(at)
    nell.page.locator("section.alarm").get_by_role("link", name="Answer").click()
    for what in ("Went to the patient and looked", "Gave a medicine by order"):
        nell.page.get_by_label(what).check()
    nell.send()
    expect(nell.page.locator("section.alarm")).to_have_count(0)
    nell.page.locator("section.gate").scroll_into_view_if_needed()
    nell.publish("gate")
    nell.page.locator("summary", has_text="Answered alarms").click()
    nell.page.get_by_role("link", name=re.compile("Adverse event of STOP-1")).click()
    expect(nell.page.locator('[name="term"]')).not_to_have_value("")
    nell.fill_in({"severity": "moderate", "seriousness": "not-serious", "outcome": "resolving"})
    nell.show(images / "adverse-event.png")
    nell.page.locator("main form button[type=submit], .action-bar button[type=submit]").last.click()
    expect(nell.page.locator("main")).to_contain_text("The adverse event is recorded.")


def test_two_nurses_hand_the_room_over(people: People, images: Path) -> None:
    nell, sam = people(NURSE), people(SECOND)
    _, name = visit_of(nell, "watched", 1)
    nell.open("/handover/")
    nell.page.get_by_label(f"Concerns about {name}").fill("Anxious; wants the light low")
    nell.page.get_by_label("Sam Supposed").check(force=True)
    nell.send()

    sam.open("/handover/")
    sam.page.locator("section[aria-labelledby=lately] a").first.click()
    expect(sam.page.locator("main")).to_contain_text("Anxious; wants the light low")
    expect(sam.page.locator("main")).to_contain_text("Not taken over yet")
    sam.show(images / "handover.png")
    sam.fill_in({"confirmed": True, "question": "Which music?"})
    sam.send()
    expect(sam.page.locator("h1")).to_have_text("Board")
    nell.open("/handover/")
    expect(nell.page.locator("section[aria-labelledby=lately] li").first).to_contain_text("Taken over")
    nell.open("/board/")
    expect(nell.page.locator(".seat-watch")).to_have_count(nell.page.locator(".tile").count())
    for watcher in nell.page.locator(".seat-watch").all_inner_texts():
        assert "Sam" in watcher


def test_who_leaves_against_advice_goes_home_with_the_words_and_a_receipt(
    people: People, tablet: Callable[..., Tablet], browser: Browser, images: Path
) -> None:
    nell = people(NURSE)
    at, name = visit_of(nell, "watched", 1)

    plain = without_scripts(browser, nell)  # the board, a set of readings, and the way out
    plain.goto("/board/")
    plain.locator(f'a[href^="{at}readings/"]').click()
    for field, value in (("systolic", "131"), ("diastolic", "80"), ("heart_rate", "73")):
        plain.fill(f'[name="{field}"]', value)
    plain.get_by_role("button", name="Save readings").click()
    expect(plain.locator(".tile", has_text=name)).to_contain_text("131/80")
    plain.goto(at)
    plain.get_by_role("link", name="Leaves against advice").click()
    plain.fill('[name="advice"]', "Asked to stay an hour; wants to go.")
    plain.locator("button[form=step]").click()
    expect(plain.locator("h1")).to_have_text("Left against advice")

    nell.open(f"{at}take-home/")
    nell.press("Prepare the instructions")
    address = nell.page.locator(".mono.break").inner_text()
    assert nell.page.locator("img.qr").evaluate("image => image.naturalWidth") > 0
    nell.show(images / "take-home.png")
    phone = on_a_phone(tablet, address)
    expect(phone.page.locator("body")).to_contain_text("drive")
    assert name.split()[1] not in phone.page.content()
    assert phone.axe() == []
    assert phone.overflow() <= 0

    nell.page.get_by_role("link", name="Sign for them").click()
    nell.page.get_by_label("The adult who takes the patient home").check(force=True)
    refused(nell, "Write the name of who signed.")
    nell.page.get_by_label("Instructions on paper").check(force=True)
    nell.fill_in({"signed_name": "Robin Mockley"})
    pad = nell.page.locator("canvas.sign-canvas")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    nell.page.mouse.move(box["x"] + 40, box["y"] + 60)
    nell.page.mouse.down()
    for step in range(1, 8):
        nell.page.mouse.move(box["x"] + 40 + 30 * step, box["y"] + 60 + 25 * (-1) ** step)
    nell.page.mouse.up()
    nell.show(images / "receipt.png")
    nell.send()
    receipt = nell.page.locator("section[aria-labelledby=handing-over]")
    expect(receipt).to_contain_text("Robin Mockley")
    expect(receipt.locator("svg, img").first).to_be_visible()


def test_a_sheet_of_the_downtime_pack_is_printed_and_entered_afterwards(people: People, images: Path) -> None:
    nell = people(NURSE)
    at, name = visit_of(nell, "expected")
    nell.open("/downtime/")
    sheet = nell.page.locator("section, article").filter(has=nell.page.get_by_role("heading", name=name))
    expect(sheet.first).to_be_visible()
    link = nell.page.get_by_role("link", name="Print the pack (PDF)")
    pdf = nell.context.request.get(str(link.get_attribute("href")))
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.body().startswith(b"%PDF")

    def ago(minutes: int) -> str:
        return (nell.clinic.local - timedelta(minutes=minutes)).strftime(TIME)

    measured = {"measured_by": nell.page.locator("[data-viewer]").get_attribute("data-viewer") or ""}
    checked = {"came": ago(60), "first": "name", "second": "birth date", "weight_kg": "70.5"}
    nell.enter(f"{at}from-paper/check-in/?next={at}from-paper/", checked | measured)
    devices = {"clock_1": ago(50), "lot_1": "SYN-9", "clock_2": ago(44), "lot_2": "SYN-9", "whole": "yes"}
    nell.enter(f"{at}from-paper/devices/?next={at}from-paper/", devices | measured)
    nell.open(f"{at}from-paper/readings/?next={at}from-paper/")
    set_at = ago(20)
    nell.fill_in({"clock_1": set_at, "systolic_1": "high", "diastolic_1": "84", **measured})
    refused(nell, "Line 1: upper")
    nell.fill_in({"systolic_1": "138"})
    nell.send()
    expect(nell.page.locator(".piece.is-done")).to_have_count(3)
    nell.show(images / "from-paper.png")
    nell.open(at)
    row = nell.page.locator("section[aria-labelledby=readings] tbody tr", has_text="138/84")
    expect(row).to_contain_text(set_at)
    expect(row).to_contain_text("entered later from paper")
