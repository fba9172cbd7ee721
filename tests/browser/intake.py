"""A nurse's hands at an intake: every press and every key counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from playwright.sync_api import Locator, expect

if TYPE_CHECKING:
    from tests.browser.tablet import Tablet

CONFIRM = "Confirm, next step"
CLICK_S, KEY_S = 1.5, 0.3  # ours: a slow hand, to say how long the counted presses and keys would take it


@dataclass
class Hands:
    """Works one window as a person does: presses what is in sight, types letter by letter."""

    tablet: Tablet
    clicks: int = 0
    keys: int = 0

    def press(self, target: Locator) -> None:
        """One press."""
        target.click()
        self.clicks += 1

    def button(self, words: str, *, nth: int = 0) -> None:
        """Press a button by its words."""
        self.press(self.tablet.page.get_by_role("button", name=words).nth(nth))

    def choose(self, name: str, value: str) -> None:
        """Press one of a few choices, on its words."""
        field = self.tablet.page.locator(f'[name="{name}"][value="{value}"]')
        self.press(self.tablet.page.locator("main form label").filter(has=field).first)

    def write(self, name: str, text: str) -> None:
        """Press a field and type into it."""
        field = self.tablet.page.locator(f'main form [name="{name}"]')
        self.press(field)
        field.press_sequentially(text)
        self.keys += len(text)

    def pick(self, name: str, value: str) -> None:
        """Choose from a long list: a press to open it, a press on the line."""
        self.tablet.page.locator(f'main form [name="{name}"]').select_option(value)
        self.clicks += 2

    def day(self, name: str, day: str) -> None:
        """Type a day into its field: eight digits."""
        self.tablet.page.locator(f'main form [name="{name}"]').fill(day)
        self.clicks += 1
        self.keys += 8

    def confirm(self, *, then: str) -> None:
        """Confirm the step and see the next one."""
        self.button(CONFIRM)
        expect(self.tablet.page.locator("h1")).to_have_text(then)


def take_reference_case(hands: Hands, today: str) -> None:
    """The reference case: two medicines, no contraindication, an ECG that was read, nothing misused.

    The patient is registered and referred, and the nurse knows them. Begins on the first step.
    """
    if hands.tablet.page.locator('[name="emergency_contact_name"]').input_value() == "":
        hands.write("emergency_contact_name", "Jo Sample")
        hands.write("emergency_contact_phone", "5550143")
    hands.choose("has_allergies", "none")
    hands.confirm(then="Diagnosis and episode")
    hands.choose("answer_major_depression", "yes")
    hands.choose("basis_diagnosis", "letter")
    hands.write("began", "2025-03")
    hands.confirm(then="History")
    groups = hands.tablet.page.locator("button[data-none-of][value$=':asked']")
    for number in range(groups.count()):
        hands.press(groups.nth(number))
    hands.confirm(then="Medicines")
    hands.choose("taken", "yes")
    hands.choose("basis", "asked")
    hands.write("name_0", "sertraline")
    hands.write("dose_0", "150 mg daily")
    hands.pick("class_0", "ssri")
    hands.write("name_1", "lorazepam")
    hands.write("dose_1", "1 mg at night")
    hands.pick("class_1", "benzodiazepine")
    hands.write("lorazepam_1", "1")
    hands.confirm(then="Substance use")
    groups = hands.tablet.page.locator("button[data-none-of][value$=':asked']")
    for number in range(groups.count()):
        hands.press(groups.nth(number))
    hands.confirm(then="Measurements")
    for name, text in (("systolic", "124"), ("diastolic", "78"), ("weight_kg", "71.5"), ("height_cm", "172")):
        hands.write(name, text)
    hands.confirm(then="ECG and laboratory")
    hands.choose("liver", "none")
    hands.choose("liver_basis", "record")
    hands.pick("exam_0", "ecg")
    hands.day("done_0", today)
    hands.write("result_0", "sinus rhythm, 64/min")
    hands.pick("reading_0", "normal")
    hands.write("reader_0", "Dr Reader")
    hands.confirm(then="Pregnancy")
    groups = hands.tablet.page.locator("button[data-none-of][value$=':asked']")
    if groups.count():
        hands.press(groups.first)
    hands.confirm(then="Intake")


def tell_the_rest(tablet: Tablet, course: str) -> None:
    """Beside the history: no medicine, nothing misused, the body, a sound liver and the risk of abuse."""
    at = f"/courses/{course}/intake"
    tablet.enter(f"{at}/medicines/", {"taken": "none", "basis": "asked"})
    tablet.open(f"{at}/substances/")
    for button in tablet.page.locator("button[data-none-of][value$=':asked']").all():
        button.click()
    tablet.send()
    body = {"systolic": "124", "diastolic": "78", "weight_kg": "76", "height_cm": "178"}
    tablet.enter(f"{at}/body/", body)
    today = tablet.clinic.local.date().isoformat()
    judged = {"exam_0": "abuse_risk", "done_0": today, "result_0": "low", "reading_0": "normal"}
    judged["reader_0"] = "Dr Reader"
    tablet.enter(f"{at}/tests/", {"liver": "none", "liver_basis": "record", **judged})
