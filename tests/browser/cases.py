"""The hands that take one of the twelve cases through the pages, from the referral to a signed plan or a refusal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.protocol.cases import Case

from euthymia.protocol import Answer, Condition, Examination, ExaminationResult, Product

if TYPE_CHECKING:
    from tests.browser.tablet import Tablet

NURSE, PRESCRIBER, DIRECTOR = "nell@demo.invalid", "vera@demo.invalid", "mira@demo.invalid"
CONFIRM = 'button[value="confirm"]'
MOMENT = "%Y-%m-%dT%H:%M"
RECORDS = "CASE"
ROWS = 16  # of the step on tests

# What a page says of each rule: the findings in sight, and those that are met and take a line.
_FINDINGS = """
all => Object.fromEntries(all.map(one => [
  one.id.replace("finding-", ""),
  one.matches(".is-stop") ? "violated" : one.matches(".is-warn") ? "unknown" : "satisfied",
]))
"""
# Fills the fields of the page's form at one go, as its own scripts hear it; what is not there fails by its name.
_FILL = """
values => {
  for (const [name, value] of Object.entries(values)) {
    const all = [...document.querySelectorAll(`main form [name="${name}"]`)];
    const field = all.find(one => one.type !== "radio" || one.value === value);
    if (!field) throw new Error(`no field ${name} takes ${value}`);
    if (field.type === "radio") field.click();
    else field.value = value;
    if (field.value !== value) throw new Error(`the field ${name} does not take ${value}`);
    for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
  }
}
"""
_NONE_OF_ALL = "all => all.forEach(one => one.click())"
# The days a plan makes: the number of each session and its day, from the list below the calendar.
_DAYS = "all => all.map(one => [...one.children].map(cell => cell.textContent.trim()))"


@dataclass
class Hands:
    """The people of the clinic, each at a window, and the case they are busy with."""

    nurse: Tablet
    prescriber: Tablet
    director: Tablet
    jurisdiction: str = "US"

    def sign_in(self) -> None:
        """Everybody signs in."""
        self.nurse.sign_in(NURSE)
        self.prescriber.sign_in(PRESCRIBER)
        self.director.sign_in(DIRECTOR)

    def work_by(self, jurisdiction: str) -> None:
        """The director lets the clinic work by another country's rules, if it does not yet."""
        if jurisdiction == self.jurisdiction:
            return
        why = "The clinic moves with its patients"
        self.director.open(f"/rules/jurisdiction/?jurisdiction={jurisdiction}&reason={why.replace(' ', '+')}")
        self.director.sign(DIRECTOR)
        self.director.send()
        self.jurisdiction = jurisdiction

    # --- from the referral to the history --------------------------------------------------------------------
    def refer(self, case: Case) -> tuple[str, str]:
        """The nurse enters the referral and accepts it; the patient's and the course's identifiers."""
        given, family = case.name.split()
        about = case.suitability.eligibility
        assert about.birth_date is not None
        assert case.suitability.sex is not None
        self._enter(
            "/referrals/enter/",
            {
                "referrer_name": "Dr Sampler",
                "referred_on": case.judged_at.date().isoformat(),
                "given_name": given,
                "family_name": family,
                "birth_date": about.birth_date.value.isoformat(),
                "sex": case.suitability.sex.value.value,
                "reason": case.title,
                "urgency": "soon",
                "suicidal_thoughts": "not said",
            },
        )
        course = self._accept(case, _id(r"/referrals/([0-9a-f-]{36})/", self.nurse.page.url))
        patient = self._patient_here()
        if case.japanese_ancestry is not None:
            ancestry = "japanese" if case.japanese_ancestry.value else "other"
            self._enter(f"/patients/{patient}/details/change/", {"ancestry": ancestry, "phone": "555-0100"})
        return patient, course

    def _accept(self, case: Case, referral: str) -> str:
        """Accept the referral as a new patient's, for what the case is treated for; the course's identifier."""
        self.nurse.open(f"/referrals/{referral}/accept/")
        said = {
            "medical_record_number": f"{RECORDS}-{case.id[:2]}",
            "product": case.product.value,
            "indication": case.indication.value,
        }
        if self.nurse.page.locator('[name="who"][type="radio"]').count():
            said |= {"who": "another"}
        self._fill(said)
        self.nurse.send()
        return _id(r"/courses/([0-9a-f-]{36})/", self.nurse.page.url)

    def _patient_here(self) -> str:
        """The identifier of the patient whose page it is, by the first link that leads to one."""
        found = (re.match(r"/patients/([0-9a-f-]{36})/", address) for address in self.nurse.links())
        return next(each.group(1) for each in found if each)

    def tell_treatments(self, case: Case, patient: str) -> None:
        """Every earlier treatment, as the letter says."""
        for trial in case.suitability.eligibility.trials:
            assert trial.outcome is not None
            self._enter(
                f"/patients/{patient}/antidepressants/add/",
                {
                    "drug": trial.drug,
                    "current_episode": "yes" if trial.current_episode else "no",
                    "dose_amount": str(trial.dose_amount),
                    "dose_unit": trial.dose_unit,
                    "weeks": str(trial.weeks),
                    "adherence": "yes" if trial.adherent else "no",
                    "result": trial.outcome.value,
                    "improvement_percent": str(trial.improvement_percent),
                    "origin_kind": "letter",
                    "origin": "Referral letter",
                },
            )

    def take_intake(self, case: Case, course: str) -> None:
        """The steps one after the other, each confirmed; the page of the next one follows."""
        nurse = self.nurse
        nurse.open(f"/courses/{course}/intake/episode/")
        self._episode(case)
        self._questions(case)
        self._medicines(case)
        self._substances(case)
        self._body(case)
        self._tests(case)
        self._pregnancy(case)

    def _enter(self, path: str, values: Mapping[str, str]) -> None:
        """Open a page of the nurse's, fill in its form and send it."""
        self.nurse.open(path)
        self._fill(values)
        self.nurse.send()

    def _fill(self, values: Mapping[str, str]) -> None:
        self.nurse.page.evaluate(_FILL, dict(values))

    def _confirm(self) -> None:
        self.nurse.send(CONFIRM)

    def _none_of_all(self) -> None:
        """Press "none of these: asked the patient" of every group."""
        self.nurse.page.locator("button[data-none-of][value$=':asked']").evaluate_all(_NONE_OF_ALL)

    def _on_page(self, name: str) -> bool:
        return self.nurse.page.locator(f'main form [name="{name}"]').count() > 0

    def _say_yes(self, case: Case) -> None:
        """Correct the answers of this page that are yes."""
        yes = {f"answer_{each.name.lower()}": "yes" for each in _yes(case)}
        self._fill({name: said for name, said in yes.items() if self._on_page(name)})
        when = {f"when_{each.condition.name.lower()}": each.latest for each in case.suitability.events}
        self._fill({name: day.isoformat() for name, day in when.items() if self._on_page(name)})

    def _episode(self, case: Case) -> None:
        began = case.judged_at.date() - timedelta(weeks=48)
        said = {"answer_major_depression": "yes", "basis_diagnosis": "letter", "began": f"{began:%Y-%m}"}
        if case.psychiatrist is not None:
            said |= {"psychiatrist_decided": "yes", "psychiatrist": "Dr Vera Vance"}
        self._fill(said)
        self._confirm()

    def _questions(self, case: Case) -> None:
        self._none_of_all()
        self._say_yes(case)
        self._confirm()

    def _medicines(self, case: Case) -> None:
        listed = case.suitability.medicines
        taken = listed.value if listed else ()
        said = {"taken": "yes" if taken else "none", "basis": "asked"}
        for row, each in enumerate(taken):
            (kind,) = each.classes or ()
            said |= {f"name_{row}": each.name, f"dose_{row}": each.dose, f"class_{row}": kind.name.lower()}
            if each.lorazepam_mg_per_day is not None:
                said[f"lorazepam_{row}"] = str(each.lorazepam_mg_per_day)
        self._fill(said)
        self._confirm()

    def _substances(self, case: Case) -> None:
        self._none_of_all()
        self._say_yes(case)
        for use in case.suitability.substances:
            if use.times_past_year:
                name = use.substance.name.lower()
                self._fill({f"use_{name}": "yes", f"times_{name}": str(use.times_past_year)})
        self._confirm()

    def _body(self, case: Case) -> None:
        found = case.suitability
        assert found.weight_kg is not None
        assert found.height_cm is not None
        pressure = found.pressures[-1].value
        self._fill(
            {
                "systolic": str(pressure.systolic),
                "diastolic": str(pressure.diastolic),
                "weight_kg": str(found.weight_kg.value),
                "height_cm": str(found.height_cm.value),
            }
        )
        self._confirm()

    def _tests(self, case: Case) -> None:
        """As many rows as the step has, then once more for the rest."""
        made = [
            each for each in case.suitability.results if each.examination is not Examination.PREGNANCY_TEST
        ]
        liver = case.suitability.liver
        assert liver is not None
        said = {"liver": liver.value.name.lower(), "liver_basis": "record"}
        more, made = made[ROWS:], made[:ROWS]
        here = self.nurse.page.url
        self._fill_rows(said, made)
        self._confirm()
        if more:
            onwards = self.nurse.page.url
            self.nurse.page.goto(here)
            self._fill_rows(said, more)
            self._confirm()
            self.nurse.page.goto(onwards)

    def _fill_rows(self, said: Mapping[str, str], made: list[ExaminationResult]) -> None:
        rows = dict(said)
        for row, each in enumerate(made):
            rows |= {
                f"exam_{row}": each.examination.name.lower(),
                f"done_{row}": each.done_on.isoformat(),
                f"result_{row}": each.result,
                f"reading_{row}": "abnormal" if each.abnormal else "normal",
                f"reader_{row}": "Dr Reader",
            }
        self._fill(rows)

    def _pregnancy(self, case: Case) -> None:
        self._none_of_all()
        self._say_yes(case)
        for each in case.suitability.results:
            if each.examination is Examination.PREGNANCY_TEST:
                self._fill({"test": "negative", "tested_on": each.done_on.isoformat()})
        self._confirm()

    # --- what is judged, and what is agreed ------------------------------------------------------------------
    def findings(self) -> dict[str, str]:
        """What the prescriber's page says of each rule."""
        found: dict[str, str] = self.prescriber.page.locator('main [id^="finding-"]').evaluate_all(_FINDINGS)
        return found

    def treatments(self) -> dict[str, str]:
        """Whether each earlier treatment counts, by the table of the evidence."""
        rows = self.prescriber.page.locator('section[aria-labelledby="trials"] tbody tr')
        return {
            row.locator("th").inner_text(): row.locator("td").last.locator(".chip").first.inner_text()
            for row in rows.all()
        }

    def letter(self, course: str) -> bytes:
        """The nurse prepares the letter from the record; the document itself."""
        self._enter(f"/courses/{course}/letters/new/", {"addressee": "The insurer", "statement": ""})
        made = _id(r"/letters/([0-9a-f-]{36})/", self.nurse.page.url)
        return self.nurse.context.request.get(f"/letters/{made}/letter.pdf").body()

    def decide(self, course: str, *, suitable: bool) -> None:
        """The prescriber signs the decision."""
        self.prescriber.enter(
            f"/courses/{course}/suitability/decide/",
            {"suitable": "yes" if suitable else "no", "rationale": "As the findings say."},
            signer=PRESCRIBER,
        )

    def enrol(self, course: str, case: Case) -> None:
        """The enrolment in the safety programme, as looked up."""
        self.prescriber.enter(
            f"/courses/{course}/programme/",
            {
                "active": "yes",
                "enrolment_number": f"SYN-{case.id[:2]}",
                "origin": "The portal",
                "checked_at": self.nurse.clinic.local.strftime(MOMENT),
                "signed_by_patient": "yes",
                "signed_by_prescriber": "yes",
                "form_sent_on": self.nurse.clinic.local.date().isoformat(),
            },
        )

    def consent(self, course: str, case: Case) -> str:
        """The nurse goes through the text and asks back; the patient signs. The text that was on the page."""
        path = f"/courses/{course}/consent/"
        said = {"answer": "I stay here and do not drive until tomorrow.", "judged": "understood"}
        said |= {"able": "yes", "basis": "Says it back"}
        self.nurse.open(path)
        shown = self.nurse.page.locator("main article.sheet").inner_text()
        names = self.nurse.page.locator("main form [name]").evaluate_all("all => all.map(one => one.name)")
        asked = {name: said[name.partition("_")[0]] for name in names if name.partition("_")[0] in said}
        signed_at = self.nurse.clinic.local.strftime(MOMENT)
        self._fill({**asked, "patient_name": case.name, "signed_at": signed_at})
        self.nurse.sign(NURSE)
        self.nurse.send()
        return shown

    def check_plan(self, course: str, case: Case) -> None:
        """The prescriber has the plan judged; nothing is written."""
        assert case.plan is not None
        facts = case.plan.facts
        asked = {"first_session_on": facts.session_on.isoformat()}
        if facts.product is Product.ESKETAMINE_NASAL:
            asked |= {"dose_mg": str(facts.dose_mg)}
        else:
            assert facts.infusion is not None
            asked |= {"mg_per_kg": str(facts.infusion.mg_per_kg), "minutes": str(facts.infusion.minutes)}
        if case.plan.weight is not None and case.plan.weight.chosen is not None:
            asked |= {"weight_basis": case.plan.weight.chosen.value.name.lower(), "weight_why": "Frail+heart"}
        query = "&".join(f"{name}={value}" for name, value in asked.items())
        self.prescriber.open(f"/courses/{course}/plan/?{query}")

    def days(self) -> list[list[str]]:
        """The rows of the plan's days: number, day, room to move, phase, state."""
        found: list[list[str]] = self.prescriber.page.locator("main .table-rows tbody tr").evaluate_all(_DAYS)
        return found

    def sign_plan(self) -> None:
        """The prescriber signs what is on the page."""
        self.prescriber.sign(PRESCRIBER)
        self.prescriber.send()


def _yes(case: Case) -> list[Condition]:
    """The questions that are answered yes, the diagnosis left out."""
    answers = case.suitability.eligibility.conditions
    return [
        each.condition
        for each in answers
        if each.answer is Answer.YES and each.condition is not Condition.MAJOR_DEPRESSION
    ]


def _id(pattern: str, address: str) -> str:
    found = re.search(pattern, address)
    assert found is not None, f"{address} names no {pattern}"
    return found.group(1)
