"""A clinician takes a patient from the directory to a signed plan through the pages alone."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.clinic import factories, patients

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.courses import queries
from euthymia.clinic.courses.models import ConsentWithdrawal, Course
from euthymia.clinic.people.models import Patient
from euthymia.evidence import consent_text


@pytest.fixture
def prescriber(db: None) -> factories.Staff:
    return factories.staff(Role.PRESCRIBER, Role.NURSE)


@pytest.fixture
def browser(prescriber: factories.Staff) -> Client:
    return factories.signed_in(prescriber)


def now_typed() -> str:
    return timezone.localtime(timezone=timezone.get_fixed_timezone(-300)).strftime("%Y-%m-%dT%H:%M")


def post(browser: Client, url: str, data: dict[str, Any], status: int = 303) -> Any:
    response = browser.post(url, {"idempotency_key": str(uuid4())} | data)
    assert response.status_code == status, response.content.decode()[-3000:]
    return response


def sign(staff: factories.Staff) -> dict[str, str]:
    return factories.signing(staff)


def test_from_the_directory_to_a_signed_plan(browser: Client, prescriber: factories.Staff) -> None:
    post(
        browser,
        reverse("people:register"),
        {
            "given_name": "Maren",
            "family_name": "Okonkwo",
            "birth_date": "1984-02-29",
            "sex": "female",
            "medical_record_number": "M-1",
        },
    )
    patient = Patient.objects.get()
    found = post(
        browser,
        reverse("courses:refer", args=[patient.id]),
        {
            "product": "esketamine-nasal",
            "indication": "treatment-resistant-depression",
            "referred_by": "Dr. A. Referrer",
            "referred_on": "2026-01-02",
            "referral_reason": "Depression that did not respond",
        },
    )
    course = Course.objects.get()
    assert found["Location"] == reverse("courses:course", args=[course.id])
    for drug in ("sertraline", "venlafaxine"):
        post(
            browser,
            reverse("people:add_trial", args=[patient.id]),
            {
                "drug": drug,
                "drug_class": "ssri",
                "oral": "yes",
                "current_episode": "yes",
                "dose_amount": "150",
                "dose_unit": "mg/d",
                "dose_adequate": "yes",
                "weeks": "10",
                "adherence": "yes",
                "result": "inadequate response",
                "origin_kind": "letter",
            },
        )
    asked = queries.conditions(prescriber.viewer, course.id)
    answers: dict[str, Any] = {"answered_at": now_typed()}
    for each in asked:
        key = each.condition.name.lower()
        answers[f"answer_{key}"] = "yes" if key == "major_depression" else "none known"
        answers[f"basis_{key}"] = "asked today"
    post(browser, reverse("courses:history", args=[course.id]), answers)
    patients.healthy(prescriber.viewer, timezone.now(), course.patient_id)

    findings = queries.assessment(prescriber.viewer, course.id, timezone.localtime()).findings
    page = browser.get(reverse("courses:decide", args=[course.id])).content.decode()
    assert "Every requirement is met." in page
    post(
        browser,
        reverse("courses:decide", args=[course.id]),
        {"suitable": "yes", "seen": [each.fingerprint for each in findings], **sign(prescriber)},
    )
    text = consent_text("us-esketamine-trd-3")
    consent: dict[str, Any] = {
        "text_version": text.version,
        **{f"answer_{each.key}": "I stay two hours" for each in text.questions},
        **{f"judged_{each.key}": "understood" for each in text.questions},
        **{f"able_{each.key}": "yes" for each in text.abilities},
        **{f"basis_{each.key}": "Weighs it well" for each in text.abilities},
        "patient_name": "Maren Okonkwo",
        "signed_at": now_typed(),
    }
    again(prescriber)
    post(browser, reverse("courses:consent", args=[course.id]), consent | sign(prescriber))
    post(
        browser,
        reverse("courses:programme", args=[course.id]),
        {
            "active": "yes",
            "enrolment_number": "R-9",
            "origin": "portal",
            "checked_at": now_typed(),
            "signed_by_patient": "yes",
            "signed_by_prescriber": "yes",
        },
    )
    plan_url = reverse("courses:plan", args=[course.id]) + "?first_session_on=2040-01-02&dose_mg=56"
    judged = browser.get(plan_url)
    again(prescriber)
    seen = [each.fingerprint for each in judged.context["findings"]]
    post(browser, plan_url, {"seen": seen, **sign(prescriber)})
    course.refresh_from_db()
    assert course.state == "planned"
    done = browser.get(reverse("courses:course", args=[course.id])).content.decode()
    assert "56 mg" in done
    assert "Signed by" in done


def again(staff: factories.Staff) -> None:
    """Let the code of now be used again: the next half-minute has come."""
    from euthymia.clinic.access.models import SpentCode

    SpentCode.objects.filter(user=staff.user).delete()


class TestDoubts:
    DETAILS = {
        "given_name": "Maren",
        "family_name": "Okonkwo",
        "birth_date": "1984-02-29",
        "sex": "female",
    }

    def test_the_same_person_is_registered_twice_only_when_confirmed(self, browser: Client) -> None:
        url = reverse("people:register")
        post(browser, url, self.DETAILS | {"medical_record_number": "M-1"})
        second = self.DETAILS | {"medical_record_number": "M-2"}
        asked = post(browser, url, second, 422)
        (doubt,) = asked.context["form"].doubts
        assert "registered as M-1" in doubt.sentence
        post(browser, url, second | {"confirmed": doubt.code})
        assert Patient.objects.count() == 2

    def test_an_unusual_weight_is_kept_in_the_field_and_asked_about(self, browser: Client) -> None:
        patient = patients.patient(patients.staff())
        url = reverse("people:weights", args=[patient])
        asked = post(browser, url, {"weight_kg": "250", "measured_at": now_typed()}, 422)
        assert 'value="250"' in asked.content.decode()
        (doubt,) = asked.context["form"].doubts
        other = post(
            browser, url, {"weight_kg": "251", "measured_at": now_typed(), "confirmed": doubt.code}, 422
        )
        assert other.context["form"].doubts
        post(browser, url, {"weight_kg": "250", "measured_at": now_typed(), "confirmed": doubt.code})

    def test_an_impossible_weight_cannot_be_confirmed(self, browser: Client) -> None:
        patient = patients.patient(patients.staff())
        url = reverse("people:weights", args=[patient])
        data = {"weight_kg": "700", "measured_at": now_typed(), "confirmed": "weight_kg=700"}
        assert "lies between 1 and 650" in post(browser, url, data, 422).content.decode()


def test_a_wrong_password_signs_nothing_and_loses_nothing(
    browser: Client, prescriber: factories.Staff
) -> None:
    course = patients.with_history(prescriber.viewer, timezone.now())
    url = reverse("courses:decide", args=[course])
    data = {
        "suitable": "no",
        "rationale": "Another way first",
        **sign(prescriber),
        "signature_password": "no",
    }
    answer = post(browser, url, data, 422).content.decode()
    assert "Nothing was signed" in answer
    assert "Another way first" in answer
    assert queries.course(prescriber.viewer, course).state == "referred"


def test_a_plan_that_was_not_checked_is_not_signed(browser: Client, prescriber: factories.Staff) -> None:
    course = patients.consented(prescriber.viewer, timezone.now())
    answer = post(browser, reverse("courses:plan", args=[course]), sign(prescriber), 422)
    assert "Check the plan first" in answer.content.decode()


def test_the_chart_is_logged_when_opened(browser: Client, prescriber: factories.Staff) -> None:
    from euthymia.clinic.audit import queries as audit

    patient = patients.patient(prescriber.viewer)
    browser.get(reverse("people:chart", args=[patient]))
    assert [entry.subject for entry in audit.readings(prescriber.viewer, patient)] == ["chart"]


def test_the_front_desk_records_a_withdrawal_without_seeing_the_chart(prescriber: factories.Staff) -> None:
    course = patients.consented(prescriber.viewer, timezone.now())
    patient = queries.course(prescriber.viewer, course).patient_id
    desk = factories.signed_in(factories.staff(Role.FRONT_DESK))
    assert desk.get(reverse("people:chart", args=[patient])).status_code == 403
    assert "The patient withdraws" in desk.get(reverse("people:details", args=[patient])).content.decode()
    post(desk, reverse("courses:withdraw", args=[patient]), {"words": "", "withdrawn_at": now_typed()})
    assert queries.course(prescriber.viewer, course).state == "consented"
    assert ConsentWithdrawal.objects.filter(course=course).exists()


@pytest.mark.parametrize("event", ["sign_plan", "find_eligible", "cure"])
def test_an_event_with_its_own_page_is_not_on_the_general_one(
    browser: Client, prescriber: factories.Staff, event: str
) -> None:
    course = patients.consented(prescriber.viewer, timezone.now())
    assert browser.get(reverse("courses:move", args=[course, event])).status_code == 404


@pytest.mark.parametrize(
    ("page", "most"),
    [("people:chart", 55), ("courses:course", 52), ("safety:tasks", 10), ("people:directory", 10)],
)
def test_pages_ask_the_database_little(
    browser: Client, prescriber: factories.Staff, page: str, most: int, django_assert_max_num_queries: Any
) -> None:
    course = patients.treated(prescriber.viewer, timezone.now(), 8)
    patient = queries.course(prescriber.viewer, course).patient_id
    args = {"people:chart": [patient], "courses:course": [course]}.get(page, [])
    with django_assert_max_num_queries(most):
        assert browser.get(reverse(page, args=args)).status_code == 200
