"""A synthetic patient is received and asked. Each yields the time of what comes next, then does it."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from euthymia.clinic.config.demo import curves
from euthymia.clinic.config.demo.clockwork import Life
from euthymia.clinic.config.demo.kept_safe import WITHOUT_A_PLAN, has_a_plan, have_a_plan, keep_safe
from euthymia.clinic.config.demo.looking_after import take
from euthymia.clinic.config.demo.sitting import ARRIVES_BEFORE_MIN, Sitting
from euthymia.clinic.config.demo.team import Team, soon
from euthymia.clinic.courses import actions as courses
from euthymia.clinic.courses import facts as course_facts
from euthymia.clinic.visits import actions, models
from euthymia.protocol import (
    Condition,
    Product,
    RiskLevel,
)


def check_in(team: Team, sitting: Sitting) -> Life:
    nurse, visit_id, person = sitting.nurse, sitting.visit_id, sitting.person
    at = soon(sitting.t0, -ARRIVES_BEFORE_MIN)
    yield at
    actions.start_check_in(by=nurse, at=at, visit_id=visit_id, first="name", second="birth date")
    at = soon(at, 2)
    yield at
    _ask(sitting, at)
    _see_to_the_form(sitting, at)
    at = soon(at, 6)
    yield at
    actions.record_weight(by=nurse, at=at, visit_id=visit_id, weight_kg=person.weight_kg)
    actions.record_questionnaire(
        by=nurse,
        at=at,
        visit_id=visit_id,
        answers={str(item): score for item, score in enumerate(sitting.answers, start=1)},
        difficulty="",
        mode="device",
    )
    at = soon(at, 4)
    yield at
    judge_risk(sitting, at)
    actions.sign_instructions(
        by=nurse, at=at, visit_id=visit_id, signed_name=f"{person.given_name} {person.family_name}"
    )
    at = soon(at, 6)
    yield at
    take(sitting, at, curves.read_before(sitting.rng, person.body))


def _ask(sitting: Sitting, at: datetime) -> None:
    """What check-in asks, answered as a patient who kept to what was agreed."""
    nurse, visit_id, person = sitting.nurse, sitting.visit_id, sitting.person
    actions.record_fasting(
        by=nurse, at=at, visit_id=visit_id, last_food_at=soon(at, -200), last_liquid_at=soon(at, -75)
    )
    actions.record_nasal_product(by=nurse, at=at, visit_id=visit_id, used=False)
    actions.record_escort(
        by=nurse,
        at=at,
        visit_id=visit_id,
        name=person.escort_name,
        phone=person.escort_phone,
        expected_at=soon(sitting.last_dose_at, 120),
    )
    actions.record_medicines(by=nurse, at=at, visit_id=visit_id, changed=False)
    actions.record_substances(by=nurse, at=at, visit_id=visit_id, alcohol_at=None)
    actions.record_interval(by=nurse, at=at, visit_id=visit_id, happened=False)
    if models.Visit.objects.get(pk=visit_id).course.state == "maintenance":
        actions.record_maintenance(by=nurse, at=at, visit_id=visit_id, bladder=(), signals=())
    actions.record_pregnancy(
        by=nurse, at=at, visit_id=visit_id, answer="not possible", basis="Said by the synthetic patient"
    )
    actions.record_day_answer(
        by=nurse,
        at=at,
        visit_id=visit_id,
        condition=Condition.PRESSURE_RISK.name.lower(),
        answer="none known",
        basis="Asked at check-in",
    )
    actions.record_programme(
        by=nurse,
        at=at,
        visit_id=visit_id,
        site_certified=True,
        prescriber_on_site=True,
        oximeter_available=True,
    )


def _see_to_the_form(sitting: Sitting, at: datetime) -> None:
    """A demo of an earlier version kept no enrolment form: whoever looks now finds it."""
    course_id = models.Visit.objects.get(pk=sitting.visit_id).course_id
    if sitting.product is not Product.ESKETAMINE_NASAL or course_facts.enrolment_form(
        sitting.nurse, course_id
    ):
        return
    courses.record_programme(
        by=sitting.nurse,
        at=at,
        course_id=course_id,
        active=True,
        enrolment_number=f"DEMO-{sitting.person.number:04d}",
        checked_at=timezone.localtime(at),
        origin="Synthetic register",
        signed_by_patient=True,
        signed_by_prescriber=True,
        form_sent_on=timezone.localtime(at).date(),
    )


def judge_risk(sitting: Sitting, at: datetime) -> None:
    thoughts = sitting.answers[8] > 0
    if sitting.person.number % WITHOUT_A_PLAN:
        have_a_plan(sitting.nurse, sitting.patient_id, at)
    plan = (
        "safety plan gone through"
        if has_a_plan(sitting.nurse, sitting.patient_id, at)
        else "no safety plan yet"
    )
    actions.record_risk(
        by=sitting.nurse,
        at=at,
        visit_id=sitting.visit_id,
        level=RiskLevel.LOW,
        basis=f"Talked through at the chair; no plan to die, no intent; {plan}.",
        instrument="Structured interview" if thoughts else "",
        thoughts_found=thoughts,
    )
    if thoughts:
        keep_safe(sitting.nurse, sitting.patient_id, at)
