"""The beginning of a synthetic patient's course: referral, history, decision, consent and plan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

from django.utils import timezone

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.config.demo import curves
from euthymia.clinic.config.demo.cast import Person
from euthymia.clinic.config.demo.clockwork import Life
from euthymia.clinic.config.demo.curves import Arc
from euthymia.clinic.config.demo.doses import dose
from euthymia.clinic.config.demo.health import tell_health
from euthymia.clinic.config.demo.histories import history
from euthymia.clinic.config.demo.stories import Stage, Story
from euthymia.clinic.config.demo.team import Team, prove
from euthymia.clinic.courses import actions as courses
from euthymia.clinic.courses import gates
from euthymia.clinic.courses import queries as course_queries
from euthymia.clinic.courses.actions import Ability, Consent, Judged, NewPlan, Reply, SaidBack
from euthymia.clinic.courses.models import Course
from euthymia.clinic.people import actions as people
from euthymia.clinic.people.actions import Details
from euthymia.clinic.rulebook import queries as rulebook
from euthymia.evidence import current_consent_text
from euthymia.protocol import Answer, Condition, Product


@dataclass
class Patient:
    """What a life knows of its patient. ``first_dose_on`` counts the days of the mood curve."""

    team: Team
    seed: str
    story: Story
    person: Person
    patient_id: UUID
    course_id: UUID
    first_dose_at: datetime | None = None

    def rng(self, what: str) -> Random:
        """A stream of chance of its own for each thing, so that nothing shifts when something is added."""
        return Random(f"{self.seed}/{self.person.number}/{what}")

    def total(self, at: datetime) -> int:
        """The PHQ-9 total at a time."""
        day = (at - self.first_dose_at) / timedelta(days=1) if self.first_dose_at else 0.0
        arc = self.story.part.arc or Arc.RESPONDER
        rng = self.rng(f"mood/{at:%Y-%m-%d}")
        return curves.phq9_total(rng, arc, self.story.baseline_phq9, day, self.story.turns_at_day)

    def answers(self, at: datetime) -> tuple[int, ...]:
        """The nine answers at a time."""
        return curves.phq9_items(self.rng(f"answers/{at:%Y-%m-%d}"), self.total(at))


def refer(team: Team, seed: str, story: Story, person: Person, at: datetime) -> Patient:
    """Register a person and refer them."""
    desk, nurse = team.one(Role.FRONT_DESK), team.one(Role.NURSE, story.number)
    patient_id = people.register(
        by=desk,
        at=at,
        details=Details(
            medical_record_number=person.medical_record_number,
            given_name=person.given_name,
            family_name=person.family_name,
            birth_date=person.birth_date,
            sex=person.sex,
            ancestry="other",
            phone=person.phone,
            emergency_contact_name=person.escort_name,
            emergency_contact_phone=person.escort_phone,
            emergency_contact_relation="friend",
        ),
    )
    course_id = courses.refer(
        by=nurse,
        at=at,
        patient_id=patient_id,
        product=story.part.product,
        referred_by="Dr Sampler, synthetic practice",
        referred_on=timezone.localtime(at).date(),
        referral_reason="Depression that did not get better on earlier treatment. Synthetic patient.",
        episode_started_on=timezone.localtime(at).date() - timedelta(days=400 + story.number),
    )
    return Patient(team, seed, story, person, patient_id, course_id)


def tell_history(patient: Patient, at: datetime) -> Life:
    """Ask what is asked before a decision, as far as the story has it answered."""
    yield at
    prescriber = patient.team.one(Role.PRESCRIBER, patient.person.number)
    people.record_allergies(by=prescriber, at=at, patient_id=patient.patient_id, allergies="none known")
    people.record_weight(
        by=prescriber,
        at=at,
        patient_id=patient.patient_id,
        weight_kg=patient.person.weight_kg,
        measured_at=timezone.localtime(at),
    )
    _tell_treatments(patient, prescriber, at)
    courses.answer_conditions(
        by=prescriber,
        at=at,
        course_id=patient.course_id,
        replies=_replies(patient),
        answered_at=timezone.localtime(at),
    )
    tell_health(prescriber, at, patient.patient_id, patient.person.height_cm)
    if patient.story.part.product is Product.ESKETAMINE_NASAL:
        courses.record_programme(
            by=prescriber,
            at=at,
            course_id=patient.course_id,
            active=True,
            enrolment_number=f"DEMO-{patient.person.number:04d}",
            checked_at=timezone.localtime(at),
            origin="Synthetic register",
            signed_by_patient=True,
            signed_by_prescriber=True,
            form_sent_on=timezone.localtime(at).date(),
        )


def _tell_treatments(patient: Patient, prescriber: Viewer, at: datetime) -> None:
    """What was tried before. Of those who still need answers, one drug's dose and length are not known."""
    told = history(
        patient.rng("trials"),
        timezone.localtime(at).date(),
        undertreated=_is_undertreated(patient),
        unproven=patient.story.part.stage is Stage.NEEDS_ANSWERS,
    )
    base = None
    for trial in (*told.beside, *told.failed):
        base = people.record_trial(by=prescriber, at=at, patient_id=patient.patient_id, trial=trial)
    for trial in told.added:
        added = replace(trial, augments=base)
        people.record_trial(by=prescriber, at=at, patient_id=patient.patient_id, trial=added)


def _is_undertreated(patient: Patient) -> bool:
    return patient.story.part.stage is Stage.NOT_ELIGIBLE and patient.story.number % 2 == 0


def _replies(patient: Patient) -> dict[Condition, Reply]:
    """The answers of a person without contraindications; the story changes or leaves out some."""
    none = Reply(answer=Answer.NONE_KNOWN, basis="Asked; referral letter and problem list read")
    replies = dict.fromkeys(Condition, none)
    replies[Condition.MAJOR_DEPRESSION] = Reply(
        answer=Answer.YES, basis="Diagnosed by the referring psychiatrist"
    )
    if patient.story.part.stage is Stage.NEEDS_ANSWERS:
        del replies[Condition.ANEURYSMAL_DISEASE], replies[Condition.HYPERSENSITIVITY]
    if patient.story.part.stage is Stage.NOT_ELIGIBLE and not _is_undertreated(patient):
        found = Reply(answer=Answer.YES, basis="Aortic aneurysm in the referral letter")
        replies[Condition.ANEURYSMAL_DISEASE] = found
    return replies


def decide(patient: Patient, at: datetime) -> Life:
    """Decide whether the treatment suits this person, with the reasons that the rules ask for."""
    yield at
    prescriber = patient.team.one(Role.PRESCRIBER, patient.person.number)
    course = Course.objects.select_related("clinic", "patient").get(id=patient.course_id)
    found = gates.findings("eligibility", prescriber, course, timezone.localtime(at))
    suitable = patient.story.part.stage is not Stage.NOT_ELIGIBLE
    courses.decide_eligibility(
        by=prescriber,
        at=at,
        course_id=patient.course_id,
        suitable=suitable,
        rationale="Suitable; benefit expected to outweigh risk."
        if suitable
        else "Not suitable as the rules stand.",
        overrides={},
        seen={each.fingerprint for each in found},
        reauth=prove(prescriber, at),
    )


def consent(patient: Patient, at: datetime) -> Life:
    """Go through the text in force, and have it signed."""
    yield at
    nurse, person = patient.team.one(Role.NURSE, patient.person.number), patient.person
    course = course_queries.course(nurse, patient.course_id)
    text = current_consent_text(course.jurisdiction, course.product, course.indication)
    courses.record_consent(
        by=nurse,
        at=at,
        course_id=patient.course_id,
        consent=Consent(
            text_version=text.version,
            abilities=tuple(Ability(each.key, True, each.expects) for each in text.abilities),
            answers=tuple(SaidBack(each.key, each.expects, Judged.UNDERSTOOD) for each in text.questions),
            patient_name=f"{person.given_name} {person.family_name}",
            signed_at=timezone.localtime(at),
        ),
        reauth=prove(nurse, at),
    )


def plan(patient: Patient, at: datetime, first_on: date) -> Life:
    """Plan the sessions from ``first_on`` on."""
    yield at
    prescriber = patient.team.one(Role.PRESCRIBER, patient.person.number)
    new = new_plan(patient, first_on, session=1)
    found = courses.judge_plan(prescriber, patient.course_id, new, timezone.localtime(at))
    courses.sign_plan(
        by=prescriber,
        at=at,
        course_id=patient.course_id,
        new=new,
        overrides={},
        seen={each.fingerprint for each in found},
        reauth=prove(prescriber, at),
    )


def new_plan(patient: Patient, first_on: date, session: int) -> NewPlan:
    """Return a plan from ``session`` on, with the dose the book gives for it."""
    given = dose_of(patient, session)
    if patient.story.part.product is Product.ESKETAMINE_NASAL:
        return NewPlan(first_session_on=first_on, dose_mg=given.dose_mg)
    return NewPlan(
        first_session_on=first_on,
        mg_per_kg=given.mg_per_kg,
        minutes=given.minutes,
        weight_basis="actual",
        weight_why="Actual weight is usual here.",
    )


def dose_of(patient: Patient, session: int):  # type: ignore[no-untyped-def]
    """Return what the rule book has this person given at a session."""
    return dose(
        patient.story.part.product,
        rulebook.book(patient.team.clinic.id),
        session=session,
        weight_kg=patient.person.weight_kg,
        steps_up=patient.person.number % 2 == 0,
    )
