"""The way of one patient through the clinic, as the people of each role take it with their own hands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.browser.intake import tell_the_rest

from euthymia.evidence import instrument, rules

if TYPE_CHECKING:
    from tests.browser.tablet import Tablet

DESK, NURSE, PRESCRIBER = "finn@demo.invalid", "nell@demo.invalid", "vera@demo.invalid"
SECOND = "sam@demo.invalid"
MOMENT, TIME = "%Y-%m-%dT%H:%M", "%H:%M"


@dataclass
class Walk:
    """One patient and the three windows in which they are looked after."""

    desk: Tablet
    nurse: Tablet
    prescriber: Tablet
    name: str
    record_number: str
    product: str
    patient: str = ""
    course: str = ""
    visit: str = ""

    @property
    def clinic(self):  # type: ignore[no-untyped-def]
        """The clinic they are in."""
        return self.nurse.clinic

    def sign_in(self) -> None:
        """Everybody signs in, with password and second factor."""
        self.desk.sign_in_by_hand(DESK)
        self.nurse.sign_in_by_hand(NURSE)
        self.prescriber.sign_in_by_hand(PRESCRIBER)

    # --- before the first visit --------------------------------------------------------------------------
    def register(self) -> None:
        """The front desk registers the patient."""
        given, family = self.name.split()
        self.desk.enter(
            "/patients/register/",
            {
                "given_name": given,
                "family_name": family,
                "birth_date": "1984-04-12",
                "sex": "male",
                "medical_record_number": self.record_number,
                "ancestry": "other",
                "phone": "555-0142",
            },
        )
        self.patient = _id(r"/patients/([0-9a-f-]{36})/", self.desk.page.url)

    def refer(self) -> None:
        """The nurse opens the course; the prescriber takes the history."""
        today = self.clinic.local.date().isoformat()
        self.nurse.enter(
            f"/patients/{self.patient}/refer/",
            {
                "product": self.product,
                "indication": "treatment-resistant-depression",
                "referred_by": "Dr Sampler, synthetic practice",
                "referred_on": today,
                "referral_reason": "No better after two antidepressants",
            },
        )
        self.course = _id(r"/courses/([0-9a-f-]{36})/", self.nurse.page.url)
        for drug, family, dose in (("sertraline", "ssri", "150"), ("venlafaxine", "snri", "225")):
            self.prescriber.enter(
                f"/patients/{self.patient}/antidepressants/add/",
                {
                    "drug": drug,
                    "drug_class": family,
                    "oral": "yes",
                    "current_episode": "yes",
                    "dose_amount": dose,
                    "dose_unit": "mg/d",
                    "dose_adequate": "yes",
                    "weeks": "10",
                    "adherence": "yes",
                    "result": "inadequate response",
                    "improvement_percent": "10",
                    "origin_kind": "letter",
                    "origin": "Referral letter",
                },
            )
        self.prescriber.enter(
            f"/patients/{self.patient}/weights/",
            {"weight_kg": "76", "measured_at": self.clinic.local.strftime(MOMENT)},
        )
        self._tell_history()

    def _tell_history(self) -> None:
        """Answer every question the page asks: none known, but for the depression itself."""
        page = self.prescriber
        page.open(f"/courses/{self.course}/history/")
        names = page.page.locator('[name^="answer_"]').evaluate_all("all => all.map(one => one.name)")
        answers = dict.fromkeys(names, "none known") | {"answer_major_depression": "yes"}
        bases = {name.replace("answer_", "basis_"): "Asked; referral letter read" for name in names}
        page.fill_in({"answered_at": self.clinic.local.strftime(MOMENT), **answers, **bases})
        page.send()
        tell_the_rest(page, self.course)

    def agree(self) -> None:
        """Programme, suitability, consent and plan, each signed by who answers for it."""
        now = self.clinic.local.strftime(MOMENT)
        if self.product == "esketamine-nasal":
            self.prescriber.enter(
                f"/courses/{self.course}/programme/",
                {
                    "active": "yes",
                    "enrolment_number": "SYN-1",
                    "origin": "The portal",
                    "checked_at": now,
                    "signed_by_patient": "yes",
                    "signed_by_prescriber": "yes",
                    "form_sent_on": self.clinic.local.date().isoformat(),
                },
            )
        self.prescriber.enter(
            f"/courses/{self.course}/suitability/decide/",
            {"suitable": "yes", "rationale": "Two adequate trials failed."},
            signer=PRESCRIBER,
        )
        self._consent(now)
        dose = "dose_mg=56" if self.product == "esketamine-nasal" else "mg_per_kg=0.5&minutes=40"
        today = self.clinic.local.date().isoformat()
        self.prescriber.open(f"/courses/{self.course}/plan/?first_session_on={today}&{dose}")
        self.prescriber.sign(PRESCRIBER)
        self.prescriber.send()

    def _consent(self, now: str) -> None:
        """The nurse asks back what the text asks back, judges each ability, and the patient signs."""
        path = f"/courses/{self.course}/consent/"
        said = {"answer": "I stay and do not drive until tomorrow.", "judged": "understood"}
        said |= {"able": "yes", "basis": "Says it back"}
        self.nurse.open(path)
        names = self.nurse.page.locator("main form [name]").evaluate_all("all => all.map(one => one.name)")
        asked = {name: said[name.partition("_")[0]] for name in names if name.partition("_")[0] in said}
        self.nurse.enter(path, {**asked, "patient_name": self.name, "signed_at": now}, signer=NURSE)

    def book(self) -> None:
        """The front desk books a chair that is free."""
        path = f"/courses/{self.course}/book-visit/"
        starts = (self.clinic.local + timedelta(minutes=2)).strftime(MOMENT)
        self.desk.open(path)
        chairs = self.desk.page.locator('[name="chair_id"]').evaluate_all("all => all.map(one => one.value)")
        for chair in reversed(chairs):
            self.desk.open(path)
            self.desk.page.locator("summary", has_text="Another time").click()
            why = "A walk through the pages"
            self.desk.fill_in({"scheduled_at": starts, "minutes": "200", "chair_id": chair, "why": why})
            try:
                self.desk.send()
            except AssertionError:
                continue
            break
        self.nurse.open(f"/schedule/{self.clinic.local.date().isoformat()}/")
        link = self.nurse.page.locator('main a[href^="/visits/"]', has_text=self.name).first
        self.visit = _id(r"/visits/([0-9a-f-]{36})/", link.get_attribute("href") or "")

    # --- the visit ---------------------------------------------------------------------------------------
    def at(self, step: str) -> str:
        """The address of a page of the visit."""
        return f"/visits/{self.visit}/{step}"

    def check_in(self) -> None:
        """Everything that is asked and measured before a dose."""
        nurse, local = self.nurse, self.clinic.local
        nurse.enter(self.at("check-in/"), {"first": "name", "second": "birth date"})
        nurse.enter(
            self.at("check-in/fasting/"),
            {
                "last_food_at": (local - timedelta(hours=4)).strftime(MOMENT),
                "last_liquid_at": (local - timedelta(hours=1)).strftime(MOMENT),
            },
        )
        if self.product == "esketamine-nasal":
            nurse.enter(self.at("check-in/nasal-product/"), {"used": "no"})
            said = {"site_certified": "yes", "prescriber_on_site": "yes", "oximeter_available": "yes"}
            nurse.enter(self.at("check-in/programme/"), said)
        nurse.enter(self.at("check-in/medicines/"), {"new": "no"})
        sober = {"alcohol": "no", "any_sedative": "no", "illicit": "no"}
        nurse.enter(self.at("check-in/substances/"), sober)
        nurse.enter(self.at("check-in/interval/"), {"happened": "no"})
        nurse.enter(self.at("check-in/pressure-risk/"), {"answer": "none known", "basis": "Asked today"})
        nurse.enter(self.at("check-in/pregnancy/"), {"answer": "not possible", "basis": "Male"})
        escort = {"name": "Robin Mockley", "phone": "555-0177"}
        expected = (local + timedelta(hours=3)).strftime(TIME)
        nurse.enter(self.at("check-in/escort/"), {**escort, "expected": expected})
        nurse.enter(self.at("check-in/weight/"), {"weight_kg": "76"})
        nurse.enter(self.at("check-in/phq-9/"), {"mode": "device", **_phq9("2")})
        nurse.enter(self.at("check-in/risk/"), {"level": "low", "basis": "Talked it through; no plan."})
        nurse.enter(self.at("check-in/instructions/"), {"read": True, "signed_name": self.name})
        nurse.enter(
            self.at("check-in/pressure/"),
            {"systolic": "124", "diastolic": "78", "spo2": "98", "heart_rate": "72"},
        )
        nurse.open(self.at(""))
        nurse.send()

    def order(self, values: dict[str, str]) -> None:
        """The prescriber checks the dose, then signs the order."""
        prescriber = self.prescriber
        prescriber.open(self.at("order/"))
        prescriber.fill_in(values)
        prescriber.send('button[value="check"]')
        assert prescriber.page.locator('button[value="sign"]').count(), prescriber.page.inner_text("main")
        prescriber.sign(PRESCRIBER)
        prescriber.send('button[value="sign"]')

    def confirm(self, values: dict[str, str]) -> None:
        """A second nurse confirms on the first one's tablet, whose session goes on."""
        nurse = self.nurse
        nurse.open(self.at("bedside-check/"))
        nurse.fill_in({"first": "name", "second": "birth date", "product": self.product, **values})
        nurse.witness(SECOND)
        nurse.send()

    def take_out(self, amount: str) -> None:
        """Drug leaves the store for this visit."""
        self.nurse.enter(
            self.at("drug/taken-out/"), {"amount": amount, "lot": "SYN-LOT", "expires_on": "2030-01-31"}
        )

    def waste(self, amount: str) -> None:
        """Drug is destroyed, signed by both nurses on one tablet."""
        nurse = self.nurse
        nurse.open(self.at("drug/wasted/"))
        nurse.fill_in({"amount": amount, "lot": "SYN-LOT", "why": "Rest of the vial, into the drug waste"})
        nurse.witness(SECOND)
        nurse.sign(NURSE)
        nurse.send()

    def give_device(self) -> None:
        """One device, as the nurse sees it used."""
        self.nurse.enter(
            self.at("device/"), {"first_nostril": "left", "lot": "SYN-LOT", "expires_on": "2030-01-31"}
        )

    def read(self, systolic: int, *, sedation: int = 5, dissociation: int = 0) -> None:
        """One whole set of readings."""
        self.nurse.enter(
            self.at("readings/"),
            {
                "systolic": str(systolic),
                "diastolic": "78",
                "heart_rate": "74",
                "respiratory_rate": "14",
                "spo2": "98",
                "sedation": str(sedation),
                "dissociation": str(dissociation),
                "asked": "none",
            },
        )

    def go_home(self) -> None:
        """The second look, the judgement, the escort, and the signed discharge."""
        nurse = self.nurse
        nurse.enter(
            self.at("check-in/risk/"), {"level": "low", "basis": "As before; looking forward to tea."}
        )
        nurse.enter(self.at("stable/"), {"stable": "yes", "basis": "Awake, walks steadily"})
        nurse.enter(self.at("escort-here/"), {"here": "yes", "name": "Robin Mockley"})
        nurse.enter(self.at("discharge/"), {}, signer=NURSE)

    def close(self) -> None:
        """The visit is closed and signed."""
        self.nurse.enter(self.at("close/"), {"adverse_events": "None"}, signer=NURSE)

    # --- afterwards --------------------------------------------------------------------------------------
    def call(self) -> None:
        """The call after a day, from the queue of tasks."""
        self.nurse.open(f"/patients/{self.patient}/safety/")
        link = self.nurse.page.locator('main a[href*="/tasks/"]').first.get_attribute("href") or ""
        task = _id(r"/tasks/([0-9a-f-]{36})/", link)
        self.nurse.enter(
            f"/tasks/{task}/call/",
            {
                "called_at": self.clinic.local.strftime(MOMENT),
                "reached": "yes",
                "mood": "6",
                "level": "low",
                "basis": "No plan, no intent",
                "adverse": "no",
            },
        )

    def answer_again(self, score: str) -> None:
        """The questionnaire after a week."""
        self.nurse.enter(f"/patients/{self.patient}/phq-9/", {"mode": "device", **_phq9(score)})


def _phq9(score: str) -> dict[str, str]:
    """The same answer to every item but the ninth."""
    return {f"item_{item.id}": score if item.id != "9" else "0" for item in instrument("phq-9").items}


def minutes(rule: str, threshold: str) -> float:
    """A time the rules set, in minutes."""
    return rules("US")[rule].duration(threshold) / timedelta(minutes=1)


def _id(pattern: str, address: str) -> str:
    found = re.search(pattern, address)
    assert found is not None, f"{address} names no {pattern}"
    return found.group(1)
