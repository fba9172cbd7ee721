"""Earlier treatments of an illness other than depression: what is entered is what the rule of that illness judges."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.clinic import factories, patients

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.courses import actions, facts, queries
from euthymia.clinic.courses.actions import Tried
from euthymia.clinic.courses.models import Indication
from euthymia.clinic.measures import actions as measures
from euthymia.clinic.rulebook import queries as rulebook
from euthymia.protocol import Answer, Condition, Product
from euthymia.protocol.eligibility import assess

pytestmark = pytest.mark.django_db

NOW = timezone.now()
FAILED = {"first_line": True, "adequate": True, "outcome": "inadequate response"}


@pytest.fixture
def staff(db: None) -> factories.Staff:
    return factories.staff(Role.PRESCRIBER, Role.NURSE)


@pytest.fixture
def prescriber(staff: factories.Staff) -> Viewer:
    return staff.viewer


def course_for(by: Viewer, indication: Indication) -> UUID:
    return actions.refer(
        by=by,
        at=NOW - timedelta(hours=1),
        patient_id=patients.patient(by, NOW - timedelta(hours=2)),
        product=Product.KETAMINE_IV,
        indication=indication.value,
        referred_by="Dr. A. Referrer",
        referred_on=NOW.date() - timedelta(days=7),
        referral_reason="Two treatments did not help",
    )


def tried(by: Viewer, course: UUID, treatment: str, **said: Any) -> UUID:
    told = Tried(kind="drug", treatment=treatment, basis="Letter of the practice", **said)
    return actions.record_treatment(by=by, at=NOW, course_id=course, tried=told)


def outcome(by: Viewer, course: UUID, rule: str) -> str:
    book = rulebook.book(by.clinic_id)
    found = assess(facts.eligibility_facts(by, course), book, timezone.localtime(NOW))
    return {each.rule: each for each in found}[rule].outcome


def test_a_course_for_post_traumatic_stress_can_be_found_suitable(prescriber: Viewer) -> None:
    course = course_for(prescriber, Indication.PTSD)
    patient = queries.course(prescriber, course).patient_id
    patients.answer_all(prescriber, NOW, course)
    reply = actions.Reply(answer=Answer.YES, basis="Interview", reason="Asked")
    actions.answer_conditions(
        by=prescriber,
        at=NOW,
        course_id=course,
        replies={Condition.POST_TRAUMATIC_STRESS: reply},
        answered_at=NOW,
    )
    measures.record_scale_score(
        by=prescriber,
        at=NOW,
        patient_id=patient,
        scale="pcl-5",
        total=Decimal(52),
        scored_at=NOW,
        scored_by="Dr. A. Scorer",
    )
    tried(prescriber, course, "Sertraline", **FAILED)
    assert outcome(prescriber, course, "IV-IND-2") == "violated"  # one of two

    second = tried(prescriber, course, "Exposure therapy", first_line=True, adequate=None, outcome="")
    assert outcome(prescriber, course, "IV-IND-2") == "unknown"

    told = Tried(kind="psychotherapy", treatment="Exposure therapy", basis="Therapist's letter", **FAILED)
    actions.record_treatment(
        by=prescriber, at=NOW, course_id=course, tried=told, corrects=second, reason="The letter came"
    )
    assert outcome(prescriber, course, "IV-IND-2") == "satisfied"
    standing = queries.earlier_treatments(prescriber, course)
    assert {each.treatment for each in standing} == {"Sertraline", "Exposure therapy"}
    assert len(standing) == 2


def test_what_was_tried_for_one_illness_counts_for_no_other(prescriber: Viewer) -> None:
    course = course_for(prescriber, Indication.PTSD)
    tried(prescriber, course, "Sertraline", **FAILED)
    patient = queries.course(prescriber, course).patient_id
    other = course_for(prescriber, Indication.PAIN)
    assert queries.earlier_treatments(prescriber, other) == ()
    assert queries.course(prescriber, other).patient_id != patient


@pytest.mark.parametrize(
    ("treatment", "basis", "field"), [(" ", "Letter", "treatment"), ("Sertraline", " ", "basis")]
)
def test_a_treatment_has_a_name_and_a_basis(
    prescriber: Viewer, treatment: str, basis: str, field: str
) -> None:
    course = course_for(prescriber, Indication.OCD)
    with pytest.raises(Refused) as refused:
        actions.record_treatment(
            by=prescriber,
            at=NOW,
            course_id=course,
            tried=Tried(kind="drug", treatment=treatment, basis=basis),
        )
    assert refused.value.field == field


def test_the_intake_leads_to_the_treatments_of_the_illness_itself(
    staff: factories.Staff, prescriber: Viewer
) -> None:
    course = course_for(prescriber, Indication.PTSD)
    page = factories.signed_in(staff).get(reverse("courses:intake", args=[course])).content.decode()
    assert reverse("courses:treatments", args=[course]) in page
    assert "Antidepressant history" not in page
    assert "Its own scale is not scored yet" in page


def test_it_is_entered_and_corrected_on_its_pages(staff: factories.Staff, prescriber: Viewer) -> None:
    course = course_for(prescriber, Indication.PAIN)
    browser = factories.signed_in(staff)
    path = reverse("courses:treatments", args=[course])
    said = {
        "treatment": "Duloxetine",
        "kind": "drug",
        "first_line": "yes",
        "adequate": "unknown",
        "outcome": "unknown",
        "basis": "Letter",
    }
    assert browser.post(path, said | {"kind": "", "idempotency_key": str(uuid4())}).status_code == 422
    assert browser.post(path, said | {"idempotency_key": str(uuid4())}).status_code == 303
    (found,) = queries.earlier_treatments(prescriber, course)
    assert (found.first_line, found.adequate, found.outcome) == (True, None, "")
    correct = reverse("courses:correct_treatment", args=[course, found.id])
    assert "Duloxetine" in browser.get(correct).content.decode()
    changed = said | {"adequate": "yes", "reason": "Asked again", "idempotency_key": str(uuid4())}
    assert browser.post(correct, changed).status_code == 303
    (after,) = queries.earlier_treatments(prescriber, course)
    assert after.adequate is True
    assert browser.get(correct).status_code == 404  # it was corrected before
