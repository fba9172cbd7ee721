"""A bedside monitor from its first key to the board: added, let in, placed, heard; and what belongs to nobody."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import expect
from tests.browser.serving import ServedClinic
from tests.browser.tablet import PHONE, TABLET, Tablet
from tests.browser.walk import NURSE

ADMIN = "ada@demo.invalid"
TWO_SECONDS = 2.0
UNITS = {"systolic": "mmHg", "diastolic": "mmHg", "spo2": "%"}


def send(clinic: ServedClinic, key: str, **values: int) -> dict[str, Any]:
    """What the machine at the bedside does."""
    at = clinic.now
    given = {name: {"value": value, "unit": UNITS[name]} for name, value in values.items()}
    body = {
        "message_id": str(uuid4()),
        "sent_at": at.isoformat(),
        "readings": [{"measured_at": at.isoformat(), **given}],
    }
    request = urllib.request.Request(  # our own server
        f"{clinic.url}/monitors/readings/",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        told: dict[str, Any] = json.load(answer)
    return told


def looked_at(window: Tablet, address: str, image: Path) -> None:
    """The page in both themes and on a telephone."""
    for theme in ("light", "dim"):
        window.choose(theme)
        window.open(address)
        assert window.axe() == []
    window.show(image)
    window.resize(PHONE)
    assert window.overflow() <= 0
    window.resize(TABLET)


def test_a_monitor_is_let_in_placed_and_on_the_board_within_two_seconds(
    tablet: Callable[..., Tablet], capsys: pytest.CaptureFixture[str], images: Path
) -> None:
    admin, nurse = tablet(size=TABLET), tablet(size=TABLET)
    clinic = nurse.clinic
    admin.sign_in(ADMIN)
    admin.enter("/monitors/add/", {"name": "Monitor 7", "make": "Synthetic", "is_active": True})
    looked_at(admin, admin.page.url, images / "monitor.png")
    admin.page.get_by_role("link", name="New key").click()
    admin.sign(ADMIN)
    admin.page.get_by_role("button", name="Issue the key").click()
    key = admin.page.locator("code").first.inner_text()
    assert key.startswith("eum_")
    assert admin.axe() == []
    looked_at(admin, "/monitors/", images / "monitors.png")
    assert key not in admin.page.content()

    assert send(clinic, key, spo2=81)["readings"][0]["fate"] == "waiting"
    nurse.sign_in(NURSE)
    nurse.open("/board/")
    nurse.page.get_by_role("link", name="1 reading without a patient").click()
    looked_at(nurse, "/monitors/bedside/", images / "bedside.png")
    nurse.page.get_by_role("link", name="Monitor 7: Nowhere").click()
    looked_at(nurse, nurse.page.url, images / "place-monitor.png")
    nurse.page.get_by_label("With").first.check(force=True)
    who = nurse.page.locator("label:has(:checked)").inner_text().removeprefix("With ").split(" in ")[0]
    nurse.page.get_by_role("button", name="It stands there").click()
    nurse.page.get_by_role("link", name="SpO₂ 81").click()
    looked_at(nurse, nurse.page.url, images / "waiting-reading.png")
    nurse.fill_in({"whose": "nobody", "why": "It was being tested."})
    nurse.page.get_by_role("button", name="Save").click()
    expect(nurse.page.locator("main")).to_contain_text("Everything that came is in a chart")

    nurse.open("/board/")
    tile = nurse.page.locator(".tile").filter(has_text=who)
    took = []
    for number in range(3):
        upper, started = 141 + number, time.monotonic()
        assert send(clinic, key, systolic=upper, diastolic=87)["readings"][0]["fate"] == "kept"
        expect(tile).to_contain_text(f"{upper}/87")
        took.append(time.monotonic() - started)
    with capsys.disabled():
        print(f"\nfrom a monitor's message to the board: {', '.join(f'{each:.1f} s' for each in took)}")
    assert min(took) < TWO_SECONDS
    expect(tile).to_contain_text("Monitor 7 heard")

    send(clinic, key, spo2=81)
    expect(tile).to_contain_text("STOP-4")
    nurse.show(images / "board-with-monitor.png")
    tile.get_by_role("link", name=who, exact=True).click()
    expect(nurse.page.locator("#readings ~ *, section:has(#readings)").first).to_contain_text("look again")
    expect(nurse.page.locator("main")).to_contain_text("From a reading of Monitor 7")
    assert nurse.axe() == []
    nurse.show(images / "visit-with-monitor.png")
