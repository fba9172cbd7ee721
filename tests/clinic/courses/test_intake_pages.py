"""The pages of an intake through their addresses, without JavaScript: keep, choose, confirm, and what it becomes."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.clinic import factories, patients

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses import facts, queries
from euthymia.clinic.courses.models import Course, IntakeConfirmation
from euthymia.protocol import Condition, Examination, InteractionClass, LiverImpairment, Product, Substance

pytestmark = pytest.mark.django_db


class At:
    """A nurse at the intake of one course."""

    def __init__(self, product: Product = Product.ESKETAMINE_NASAL) -> None:
        self.staff = factories.staff(Role.NURSE, name="Nell Nurse")
        self.viewer: Viewer = self.staff.viewer
        self.course_id: UUID = patients.referred(self.viewer, timezone.now() - timedelta(hours=1), product)
        self.client: Client = factories.signed_in(self.staff)
        self.version = 0

    def get(self, step: str) -> str:
        return self.client.get(self.url(step)).content.decode()

    def url(self, step: str, name: str = "intake_step") -> str:
        return reverse(f"courses:{name}", args=[self.course_id, step])

    def post(self, step: str, do: str = "confirm", **said: Any) -> HttpResponse:
        sent = {"do": do, "version": str(self.version), "idempotency_key": str(uuid4()), **said}
        return self.client.post(self.url(step), sent)  # type: ignore[return-value]

    def suitability(self) -> Any:
        return facts.suitability_facts(self.viewer, self.course_id)


@pytest.fixture
def nurse(db: None) -> At:
    return At()


def test_confirmed_medicines_are_judged_with_their_classes(nurse: At) -> None:
    answer = nurse.post(
        "medicines",
        taken="yes",
        basis="asked",
        name_0="lorazepam",
        dose_0="1 mg at night",
        class_0="benzodiazepine",
        lorazepam_0="1",
        name_1="phenelzine",
        class_1="maoi",
        class2_1="pressor",
    )
    assert answer.status_code == 303
    found = nurse.suitability().medicines
    assert {each.name: each.classes for each in found.value} == {
        "lorazepam": frozenset({InteractionClass.BENZODIAZEPINE}),
        "phenelzine": frozenset({InteractionClass.MAOI, InteractionClass.PRESSOR}),
    }
    assert found.value[0].lorazepam_mg_per_day == Decimal(1)
    assert "asked the patient" in found.origin


def test_none_taken_is_an_answer_and_nobody_asked_is_none(nurse: At) -> None:
    assert nurse.suitability().medicines is None
    nurse.post("medicines", taken="none", basis="record")
    assert nurse.suitability().medicines.value == ()


def test_a_medicine_without_its_class_is_kept_and_not_confirmed(nurse: At) -> None:
    answer = nurse.post("medicines", taken="yes", basis="asked", name_0="lithium")
    assert answer.status_code == 422
    assert nurse.suitability().medicines is None
    draft = queries.draft(nurse.viewer, nurse.course_id, "medicines")
    assert draft is not None
    assert draft.texts["name_0"] == ("lithium",)
    assert "lithium" in nurse.get("medicines")


def test_the_body_the_tests_and_the_substances_become_facts(nurse: At) -> None:
    now = timezone.localtime(timezone=ZoneInfo("America/New_York")) - timedelta(minutes=5)  # the clinic's
    today = now.date()
    nurse.post(
        "body",
        systolic="150",
        diastolic="85",
        systolic_2="138",
        diastolic_2="84",
        weight_kg="71.5",
        height_cm="172",
        measured_at=now.strftime("%Y-%m-%dT%H:%M"),
    )
    nurse.post(
        "tests",
        liver="child_pugh_b",
        liver_basis="letter",
        exam_0="ecg",
        done_0=today.isoformat(),
        value_0="64",
        unit_0="/min",
        reading_0="normal",
        reader_0="Dr Reader",
    )
    uses = {f"use_{each.name.lower()}": "none" for each in Substance} | {"use_ketamine": "yes"}
    asked = {f"answer_{each}": "none known" for each in ("substance_misuse", "substance_use_disorder")}
    nurse.post("substances", **uses, **asked, times_ketamine="3", basis="asked", basis_misuse="asked")
    found = nurse.suitability()
    assert {str(each.value) for each in found.pressures} == {"150/85", "138/84"}
    assert found.height_cm.value == Decimal("172.0")
    assert found.weight_kg.value == Decimal("71.5")
    assert found.liver.value is LiverImpairment.CHILD_PUGH_B
    (ecg,) = [each for each in found.results if each.examination is Examination.ECG]
    assert (ecg.done_on, ecg.result, ecg.abnormal) == (today, "64 /min", False)
    assert "Dr Reader" in ecg.origin
    assert {each.substance: each.times_past_year for each in found.substances}[Substance.KETAMINE] == 3


def test_when_something_happened_is_kept_as_exactly_as_it_is_known(nurse: At) -> None:
    nurse.post(
        "conditions",
        answer_intracerebral_haemorrhage="yes",
        when_intracerebral_haemorrhage="2019-03",
        details_intracerebral_haemorrhage="CT report",
    )
    (event,) = nurse.suitability().events
    assert event.condition is Condition.INTRACEREBRAL_HAEMORRHAGE
    assert (event.earliest.isoformat(), event.latest.isoformat()) == ("2019-03-01", "2019-03-31")


def test_one_press_answers_the_rest_of_a_group_and_nothing_else(nurse: At) -> None:
    nurse.post("conditions", do="none:g0:asked", answer_aneurysmal_disease="yes")
    draft = queries.draft(nurse.viewer, nurse.course_id, "conditions")
    assert draft is not None
    assert draft.texts["answer_aneurysmal_disease"] == ("yes",)
    assert draft.texts["answer_arteriovenous_malformation"] == ("none known",)
    assert draft.texts["basis_g0"] == ("asked",)
    assert "answer_hypersensitivity" not in draft.texts
    assert not facts.condition_answers(nurse.viewer, nurse.course_id)  # a press is no fact


def test_two_versions_are_shown_and_the_chosen_one_stands(nurse: At) -> None:
    nurse.post("medicines", do="draft", name_0="sertraline")
    answer = nurse.post("medicines", do="draft", name_0="lithium", dose_0="300 mg")
    assert answer.status_code == 409
    shown = answer.content.decode()
    assert "Two versions of this step" in shown
    assert "sertraline" in shown
    assert "lithium" in shown
    nurse.version = 1
    unanswered = nurse.post("medicines", do="choose", name_0="lithium", dose_0="300 mg")
    assert unanswered.status_code == 409
    nurse.post(
        "medicines",
        do="choose",
        name_0="lithium",
        dose_0="300 mg",
        **{"choose-name_0": "theirs", "choose-dose_0": "mine"},
    )
    draft = queries.draft(nurse.viewer, nurse.course_id, "medicines")
    assert draft is not None
    assert (draft.texts["name_0"], draft.texts["dose_0"]) == (("sertraline",), ("300 mg",))


def test_the_script_is_told_of_a_conflict_and_nothing_is_written(nurse: At) -> None:
    first = nurse.client.post(
        nurse.url("body", "intake_draft"), {"version": "0", "systolic": "120", "idempotency_key": uuid4()}
    )
    assert first.json()["version"] == 1
    second = nurse.client.post(
        nurse.url("body", "intake_draft"), {"version": "0", "systolic": "180", "idempotency_key": uuid4()}
    )
    assert second.status_code == 409
    assert "120" in second.json()["conflict"]
    draft = queries.draft(nurse.viewer, nurse.course_id, "body")
    assert draft is not None
    assert draft.texts["systolic"] == ("120",)


def test_details_changed_meanwhile_are_not_overwritten(nurse: At) -> None:
    course = queries.course(nurse.viewer, nurse.course_id)
    said = {
        "phone": "555-0199",
        "emergency_contact_name": "Jo",
        "emergency_contact_phone": "555-0143",
        "has_allergies": "none",
    }
    refused = nurse.post("contact", **said, revision="0")
    assert refused.status_code == 422
    assert not IntakeConfirmation.objects.filter(course_id=nurse.course_id).exists()
    nurse.version = 1
    page = nurse.get("contact")
    assert 'name="revision" value="1"' in page
    nurse.post("contact", **said, revision="1")
    assert Course.objects.get(pk=nurse.course_id).patient.phone == "555-0199"
    assert course.patient_id == Course.objects.get(pk=nurse.course_id).patient_id


def test_what_is_still_needed_is_named(nurse: At) -> None:
    found = queries.assessment(nurse.viewer, nurse.course_id, timezone.localtime())
    assert found.answer.startswith("Still needed: ")
    assert "liver" in found.answer
    assert "aneurysmal vascular disease" in found.answer


def test_what_stands_on_its_own_basis_is_not_said_anew_by_the_groups(nurse: At) -> None:
    told = ("substance_misuse", "substance_use_disorder")
    asked = {f"answer_{each}": "none known" for each in told} | {f"details_{each}": "Letter" for each in told}
    uses = {f"use_{each.name.lower()}": "none" for each in Substance}
    assert nurse.post("substances", **asked, **uses, basis="record").status_code == 303
    before = facts.condition_answers(nurse.viewer, nurse.course_id)
    nurse.version = 1

    answer = nurse.post("substances", **asked, **uses, basis="record", basis_misuse="asked")

    assert answer.status_code == 303, "an answer that did not change asked why it changed"
    assert facts.condition_answers(nurse.viewer, nurse.course_id) == before


def test_a_press_that_answers_nothing_leaves_the_basis_alone(nurse: At) -> None:
    told = {f"answer_{each}": "none known" for each in ("substance_misuse", "substance_use_disorder")}
    nurse.post("substances", do="none:misuse:asked", **told)
    draft = queries.draft(nurse.viewer, nurse.course_id, "substances")
    assert draft is not None
    assert "basis_misuse" not in draft.texts
