"""Patients and courses for tests, made by the actions themselves and stopped at a named state."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone
from tests.clinic import factories
from tests.clinic.again import again

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Reauthenticated, Viewer
from euthymia.clinic.courses import actions as courses
from euthymia.clinic.courses import queries as course_queries
from euthymia.clinic.measures import actions as measures
from euthymia.clinic.people import actions as people
from euthymia.evidence import current_consent_text
from euthymia.protocol import Answer, Examination, LiverImpairment, Product, Substance

_numbers = itertools.count(1)
STAFF = (Role.PRESCRIBER, Role.NURSE)


def proof(by: Viewer, at: datetime) -> Reauthenticated:
    """That ``by`` just showed password and code."""
    return Reauthenticated(user_id=by.user_id, method="password+totp", at=at)


def details(**changed: Any) -> people.Details:
    """Details of somebody new, with ``changed`` in place of what is said here."""
    number = next(_numbers)
    said: dict[str, Any] = {
        "medical_record_number": f"T{number:05d}",
        "given_name": "Imke",
        "family_name": f"Test{number}",
        "birth_date": date(1980, 5, 1),
        "sex": "female",
        "phone": "+1 555 0100",
    }
    return people.Details(**(said | changed))


def patient(by: Viewer, at: datetime | None = None, **changed: Any) -> UUID:
    """A registered patient of the viewer's clinic."""
    return people.register(by=by, at=at or timezone.now(), details=details(**changed))


def failed_trial(drug: str = "sertraline", **changed: Any) -> people.Trial:
    """An adequate antidepressant trial that did not help."""
    said: dict[str, Any] = {
        "drug": drug,
        "drug_class": "ssri",
        "oral": True,
        "dose_mg": Decimal(150),
        "dose_adequate": True,
        "weeks": Decimal(10),
        "adherence": "yes",
        "result": "inadequate response",
        "improvement_percent": Decimal(10),
        "current_episode": True,
        "origin": "referral letter",
    }
    return people.Trial(**(said | changed))


@again
def referred(by: Viewer, at: datetime, product: Product = Product.ESKETAMINE_NASAL, **changed: Any) -> UUID:
    """A course of a new patient, just referred, with nothing answered."""
    return courses.refer(
        by=by,
        at=at,
        patient_id=patient(by, at, **changed),
        product=product,
        referred_by="Dr. A. Referrer",
        referred_on=at.date() - timedelta(days=7),
        referral_reason="Depression that did not respond",
    )


@again
def with_history(by: Viewer, at: datetime, product: Product = Product.ESKETAMINE_NASAL) -> UUID:
    """A course whose history makes the patient suitable."""
    course_id = referred(by, at, product)
    patient_id = course_queries.course(by, course_id).patient_id
    for drug in ("sertraline", "venlafaxine"):
        people.record_trial(by=by, at=at, patient_id=patient_id, trial=failed_trial(drug))
    answer_all(by, at, course_id)
    if product is Product.KETAMINE_IV:
        people.record_weight(by=by, at=at, patient_id=patient_id, weight_kg=Decimal("70.0"), measured_at=at)
        measures.record_height(
            by=by,
            at=at,
            patient_id=patient_id,
            height_cm=Decimal("170.0"),
            measured_at=at - timedelta(days=1),
        )
    return course_id


def answer_all(by: Viewer, at: datetime, course_id: UUID) -> None:
    """Major depression yes, every contraindication none known."""
    replies = {
        asked.condition: courses.Reply(
            answer=Answer.YES if asked.condition.name == "MAJOR_DEPRESSION" else Answer.NONE_KNOWN,
            basis="asked; nothing in the letters",
        )
        for asked in course_queries.conditions(by, course_id)
    }
    courses.answer_conditions(by=by, at=at, course_id=course_id, replies=replies, answered_at=at)
    healthy(by, at, course_queries.course(by, course_id).patient_id)


def healthy(by: Viewer, at: datetime, patient_id: UUID) -> None:
    """No medicine, no misuse, a sound liver: each asked, and none of it."""
    told: dict[str, Any] = {"by": by, "at": at, "patient_id": patient_id}
    measures.record_medicines(**told, medicines=(), basis="asked", taken_at=at)
    none = {substance: measures.Use(times_past_year=0) for substance in Substance}
    measures.record_substances(**told, uses=none, basis="asked", asked_at=at)
    measures.record_liver(**told, impairment=LiverImpairment.NONE, basis="asked")
    assessed = measures.Test(
        examination=Examination.ABUSE_RISK,
        done_on=timezone.localtime(at).date(),
        result="low: no misuse ever",
        abnormal=False,
        read_by="Dr. P. Test",
    )
    measures.record_tests(**told, tests=(assessed,))


@again
def eligible(by: Viewer, at: datetime, product: Product = Product.ESKETAMINE_NASAL) -> UUID:
    """A course that a prescriber found suitable."""
    course_id = with_history(by, at, product)
    decide(by, at, course_id)
    return course_id


def decide(by: Viewer, at: datetime, course_id: UUID, *, suitable: bool = True, **changed: Any) -> UUID:
    """Sign a decision over the findings as they stand."""
    found = course_queries.assessment(by, course_id, timezone.localtime(at)).findings
    said: dict[str, Any] = {
        "rationale": "" if suitable else "Another treatment comes first",
        "overrides": {},
        "seen": {each.fingerprint for each in found},
        "reauth": proof(by, at),
    }
    return courses.decide_eligibility(
        by=by, at=at, course_id=course_id, suitable=suitable, **(said | changed)
    )


def consent(course: course_queries.CourseView, at: datetime, **changed: Any) -> courses.Consent:
    """Consent with capacity to the current text, every question said back and understood."""
    text = current_consent_text(course.jurisdiction, course.product, course.indication)
    said: dict[str, Any] = {
        "text_version": text.version,
        "abilities": tuple(courses.Ability(each.key, True, "Says it back") for each in text.abilities),
        "answers": tuple(
            courses.SaidBack(each.key, "I stay, and do not drive until tomorrow", courses.Judged.UNDERSTOOD)
            for each in text.questions
        ),
        "patient_name": course.patient_name,
        "signed_at": at,
    }
    return courses.Consent(**(said | changed))


@again
def consented(by: Viewer, at: datetime, product: Product = Product.ESKETAMINE_NASAL) -> UUID:
    """A course with consent and, for esketamine, enrolment in the safety programme."""
    course_id = eligible(by, at, product)
    course = course_queries.course(by, course_id)
    courses.record_consent(
        by=by, at=at, course_id=course_id, consent=consent(course, at), reauth=proof(by, at)
    )
    if course.is_nasal:
        courses.record_programme(
            by=by,
            at=at,
            course_id=course_id,
            active=True,
            enrolment_number="R-1",
            checked_at=at,
            origin="programme portal",
            signed_by_patient=True,
            signed_by_prescriber=True,
            form_sent_on=timezone.localtime(at).date(),
        )
    return course_id


def new_plan(course: course_queries.CourseView, at: datetime, **changed: Any) -> courses.NewPlan:
    """The usual first plan, from the day of ``at`` on."""
    said: dict[str, Any] = {"first_session_on": timezone.localtime(at).date()}
    said |= (
        {"dose_mg": Decimal(56)} if course.is_nasal else {"mg_per_kg": Decimal("0.5"), "minutes": Decimal(40)}
    )
    return courses.NewPlan(**(said | changed))


@again
def planned(by: Viewer, at: datetime, product: Product = Product.ESKETAMINE_NASAL) -> UUID:
    """A course with a signed plan."""
    course_id = consented(by, at, product)
    new = new_plan(course_queries.course(by, course_id), at)
    found = courses.judge_plan(by, course_id, new, timezone.localtime(at))
    courses.sign_plan(
        by=by,
        at=at,
        course_id=course_id,
        new=new,
        overrides={},
        seen={each.fingerprint for each in found},
        reauth=proof(by, at),
    )
    return course_id


@again
def treated(by: Viewer, at: datetime, sessions: int) -> UUID:
    """An esketamine course in induction, with that many sessions given, the last one today."""
    start = at - timedelta(days=28)
    course_id = planned(by, start)
    for number in range(sessions):
        when = start + timedelta(days=3.5 * number)
        courses.record_treated_session(
            by=by, at=when, course_id=course_id, visit_id=uuid4(), started_at=when, on=when.date()
        )
    return course_id


@again
def staff(clinic: Any = None) -> Viewer:
    """Somebody who is prescriber and nurse in one, to set a scene with."""
    return factories.viewer(*STAFF, clinic=clinic)
