"""An intake by hand: within five minutes, resumed elsewhere, never overwritten, and nothing typed is lost."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.browser.intake import CLICK_S, KEY_S, Hands, take_reference_case
from tests.browser.tablet import DESKTOP, PHONE, TABLET, Tablet
from tests.browser.walk import NURSE, PRESCRIBER

FIVE_MINUTES_S = 300
STEPS = ("contact", "episode", "conditions", "medicines", "substances", "body", "tests", "pregnancy")
TRD = "treatment-resistant-depression"
_numbers = iter(range(100))


def begin(nurse: Tablet) -> str:
    """A patient who was registered and referred; returns the course's address."""
    number, today = next(_numbers), nurse.clinic.local.date().isoformat()
    nurse.enter(
        "/patients/register/",
        {
            "given_name": "Ione",
            "family_name": f"Intake{'abcdefghij'[number % 10]}",
            "birth_date": "1984-04-12",
            "sex": "female",
            "medical_record_number": f"INTAKE-{number}",
            "ancestry": "other",
            "phone": "555-0142",
        },
    )
    patient = re.search(r"/patients/([0-9a-f-]{36})/", nurse.page.url)
    assert patient
    said = {
        "product": "esketamine-nasal",
        "indication": TRD,
        "referred_by": "Dr Sampler",
        "referred_on": today,
    }
    nurse.enter(f"/patients/{patient[1]}/refer/", {**said, "referral_reason": "Two drugs did not help"})
    course = re.search(r"/courses/[0-9a-f-]{36}/", nurse.page.url)
    assert course
    return course[0]


def kept(page: Page) -> None:
    """Wait until the page says that what was typed is kept."""
    expect(page.locator("[data-draft-status]")).to_have_text(re.compile(r"^Kept, \d\d:\d\d$"), timeout=15_000)


def status(page: Page, words: str) -> None:
    expect(page.locator("[data-draft-status]")).to_contain_text(words, timeout=15_000)


@contextmanager
def failing(tablet: Tablet) -> Iterator[None]:
    """Chromium notes every request that fails: here that is meant."""
    tablet.expects_failures = True
    yield
    tablet.page.wait_for_timeout(200)
    tablet.expects_failures = False


def test_the_reference_case_takes_a_nurse_less_than_five_minutes(
    tablet: Callable[..., Tablet], capsys: pytest.CaptureFixture[str], images: Path
) -> None:
    nurse = tablet(size=TABLET)
    nurse.sign_in(NURSE)
    course = begin(nurse)
    nurse.open(f"{course}intake/contact/")
    hands, started = Hands(nurse), time.monotonic()
    take_reference_case(hands, nurse.clinic.local.date().isoformat())
    scripted = time.monotonic() - started
    by_hand = hands.clicks * CLICK_S + hands.keys * KEY_S
    with capsys.disabled():
        print(
            f"\nintake of the reference case: {hands.clicks} clicks, {hands.keys} keystrokes, "
            f"{scripted:.0f} s scripted, {by_hand:.0f} s at {CLICK_S} s a click and {KEY_S} s a key"
        )
    assert by_hand < FIVE_MINUTES_S
    assert scripted < FIVE_MINUTES_S
    done = nurse.page.locator(".piece.is-done .piece-title").all_inner_texts()
    assert len(done) == len(STEPS), done
    nurse.show(images / "intake-overview.png")
    nurse.open(f"{course}suitability/")
    said = nurse.page.locator("main .message").first.inner_text()
    assert not said.startswith("Still needed"), said  # all that is asked was answered; the trials decide
    nurse.show(images / "intake-suitability.png")


def test_what_is_typed_is_resumed_by_somebody_else_on_another_device(tablet: Callable[..., Tablet]) -> None:
    nurse, prescriber = tablet(size=TABLET), tablet(size=DESKTOP)
    nurse.sign_in(NURSE)
    prescriber.sign_in(PRESCRIBER)
    course = begin(nurse)
    nurse.open(f"{course}intake/medicines/")
    nurse.page.locator('[name="name_0"]').press_sequentially("sertral")
    status(nurse.page, "Not kept yet")
    kept(nurse.page)
    prescriber.open(f"{course}intake/medicines/")
    expect(prescriber.page.locator('[name="name_0"]')).to_have_value("sertral")
    expect(prescriber.page.locator(".draft-origin")).to_contain_text("Typed by Nell")
    expect(prescriber.page.locator(".draft-origin")).to_contain_text("no fact yet")


def test_two_windows_are_shown_to_each_other_and_the_person_chooses(
    tablet: Callable[..., Tablet], images: Path
) -> None:
    nurse, prescriber = tablet(size=TABLET), tablet(size=TABLET)
    nurse.sign_in(NURSE)
    prescriber.sign_in(PRESCRIBER)
    course = begin(nurse)
    for each in (nurse, prescriber):
        each.open(f"{course}intake/body/")
    nurse.page.locator('[name="systolic"]').press_sequentially("120")
    kept(nurse.page)
    prescriber.page.locator('[name="systolic"]').press_sequentially("180")
    prescriber.page.locator('[name="weight_kg"]').press_sequentially("70")
    panel = prescriber.page.locator("[data-conflict]")
    expect(panel).to_contain_text("Nell")
    expect(panel).to_contain_text("120")
    expect(panel).to_contain_text("180")
    assert prescriber.page.input_value('[name="systolic"]') == "180"
    assert not prescriber.axe()
    prescriber.show(images / "intake-conflict.png")
    nurse.open(f"{course}intake/body/")
    assert nurse.page.input_value('[name="systolic"]') == "120"  # nothing was overwritten

    prescriber.page.locator('[name="choose-systolic"][value="theirs"]').check(force=True)
    prescriber.page.locator('[name="choose-weight_kg"][value="mine"]').check(force=True)
    for moment in prescriber.page.locator('[name="choose-measured_at"][value="mine"]').all():
        moment.check(force=True)
    prescriber.press("Use what is chosen")
    expect(prescriber.page.locator(".messages")).to_contain_text("Kept as typed")
    assert prescriber.page.input_value('[name="systolic"]') == "120"
    assert prescriber.page.input_value('[name="weight_kg"]') == "70"


def test_a_lost_connection_is_said_and_what_was_typed_is_sent_when_it_is_back(
    tablet: Callable[..., Tablet],
) -> None:
    nurse = tablet(size=TABLET)
    nurse.sign_in(NURSE)
    course = begin(nurse)
    nurse.open(f"{course}intake/medicines/")
    with failing(nurse):
        nurse.context.set_offline(True)
        nurse.page.locator('[name="name_0"]').press_sequentially("lithium")
        status(nurse.page, "Not kept: no connection")
        held = nurse.page.evaluate(
            "[...Object.values(localStorage), ...Object.values(sessionStorage)].join()"
        )
        assert "lithium" not in held
        nurse.context.set_offline(False)
        kept(nurse.page)
    nurse.open(f"{course}intake/medicines/")
    assert nurse.page.input_value('[name="name_0"]') == "lithium"


def test_a_session_that_runs_out_mid_step_loses_nothing(tablet: Callable[..., Tablet]) -> None:
    nurse = tablet(size=TABLET)
    nurse.sign_in(NURSE)
    course = begin(nurse)
    nurse.open(f"{course}intake/medicines/")
    nurse.page.locator('[name="name_0"]').press_sequentially("bupro")
    kept(nurse.page)
    nurse.clinic.advance(minutes=30)
    with failing(nurse):
        nurse.page.locator('[name="name_0"]').press_sequentially("pion")
        status(nurse.page, "you were signed out")
        assert nurse.page.input_value('[name="name_0"]') == "bupropion"
        first, nurse.page = nurse.page, nurse.context.new_page()
        nurse.sign_in(NURSE)
        first.bring_to_front()
        nurse.page.close()
        nurse.page = first
        kept(nurse.page)
    nurse.open(f"{course}intake/medicines/")
    assert nurse.page.input_value('[name="name_0"]') == "bupropion"


def test_every_step_stands_on_every_screen(tablet: Callable[..., Tablet], images: Path) -> None:
    nurse = tablet(size=TABLET)
    nurse.sign_in(NURSE)
    course = begin(nurse)
    for step in ("", *STEPS):
        nurse.open(f"{course}intake/{step + '/' if step else ''}")
        for size in (TABLET, PHONE, DESKTOP):
            nurse.resize(size)
            assert nurse.overflow() <= 0, (step, size)
            nurse.show(images / f"intake-{step or 'overview'}-{size['width']}.png")
            if size is not TABLET:  # which is laid out as one of the others is
                assert not nurse.axe(), (step, size)
        nurse.dim()
        assert not nurse.axe("color-contrast"), step
        nurse.show(images / f"intake-{step or 'overview'}-dim.png")
