"""One synthetic patient's course, from the referral to where the story stands, through the rooms' actions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from random import Random
from uuid import UUID

from django.utils import timezone

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.config.demo import curves, follow_up, sittings
from euthymia.clinic.config.demo.cast import Person
from euthymia.clinic.config.demo.clockwork import Life
from euthymia.clinic.config.demo.curves import Arc
from euthymia.clinic.config.demo.doses import dose
from euthymia.clinic.config.demo.health import tell_health
from euthymia.clinic.config.demo.histories import history
from euthymia.clinic.config.demo.schedule import MINUTES, Chairs
from euthymia.clinic.config.demo.sitting import ARRIVES_BEFORE_MIN, Ending, Sitting
from euthymia.clinic.config.demo.stories import ENDED, Stage, Story, days_to_next
from euthymia.clinic.config.demo.team import Team, prove, soon
from euthymia.clinic.courses import actions as courses
from euthymia.clinic.courses import gates
from euthymia.clinic.courses import queries as course_queries
from euthymia.clinic.courses.actions import Ability, Consent, Judged, NewPlan, Reply, SaidBack
from euthymia.clinic.courses.models import Course, TreatedSession
from euthymia.clinic.people import actions as people
from euthymia.clinic.people.actions import Details
from euthymia.clinic.rulebook import queries as rulebook
from euthymia.clinic.visits import actions as visits
from euthymia.evidence import current_consent_text, regimen
from euthymia.protocol import Answer, Benefit, Condition, Product

LEAVES_AGAINST_ADVICE = 7  # one past session in so many ends so, counted by patient and session together
WEEK = 7
PLANNED_AHEAD_DAYS = 3
MISSES_ONE_IN = 3  # of those whose plan is signed, so many miss their first session
MISSED_DAYS_AGO = 4


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


def live(team: Team, seed: str, story: Story, person: Person, today: date, chairs: Chairs) -> Life:
    """Everything that happened to one patient before ``today``."""
    referred_on = today - timedelta(days=story.referred_days_ago)
    at = _local(team, referred_on, 9 * 60 + story.number % 50)
    yield at
    patient = _refer(team, seed, story, person, at)
    stage = story.part.stage
    if stage is Stage.REFERRED:
        return
    yield from _tell_history(patient, soon(at, 60 * 24))
    if stage is Stage.NEEDS_ANSWERS:
        return
    yield from _decide(patient, soon(at, 60 * 24 * 3))
    if stage in {Stage.NOT_ELIGIBLE, Stage.ELIGIBLE}:
        return
    yield from _consent(patient, soon(at, 60 * 24 * 5))
    if stage is Stage.CONSENTED:
        return
    ahead = story.number % PLANNED_AHEAD_DAYS
    if stage is Stage.PLANNED and story.number % MISSES_ONE_IN == 0:
        ahead = -MISSED_DAYS_AGO
    first_on = today + timedelta(days=-story.session_days[0] if story.session_days else ahead)
    yield from _plan(patient, soon(at, 60 * 24 * 6), first_on)
    if ahead < 0:
        yield from _miss(patient, first_on, chairs)
        return
    yield from _sessions(patient, today, chairs)
    if stage in ENDED:
        yield from _end(patient, today)
    else:
        yield from _book_next(patient, today, chairs)


# --- before the first dose -------------------------------------------------------------------------------
def _refer(team: Team, seed: str, story: Story, person: Person, at: datetime) -> Patient:
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


def _tell_history(patient: Patient, at: datetime) -> Life:
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


def _decide(patient: Patient, at: datetime) -> Life:
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


def _consent(patient: Patient, at: datetime) -> Life:
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


def _plan(patient: Patient, at: datetime, first_on: date) -> Life:
    yield at
    prescriber = patient.team.one(Role.PRESCRIBER, patient.person.number)
    new = _new_plan(patient, first_on, session=1)
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


def _new_plan(patient: Patient, first_on: date, session: int) -> NewPlan:
    given = _dose(patient, session)
    if patient.story.part.product is Product.ESKETAMINE_NASAL:
        return NewPlan(first_session_on=first_on, dose_mg=given.dose_mg)
    return NewPlan(
        first_session_on=first_on,
        mg_per_kg=given.mg_per_kg,
        minutes=given.minutes,
        weight_basis="actual",
        weight_why="Actual weight is usual here.",
    )


def _dose(patient: Patient, session: int):  # type: ignore[no-untyped-def]
    return dose(
        patient.story.part.product,
        rulebook.book(patient.team.clinic.id),
        session=session,
        weight_kg=patient.person.weight_kg,
        steps_up=patient.person.number % 2 == 0,
    )


# --- sessions --------------------------------------------------------------------------------------------
def _sessions(patient: Patient, today: date, chairs: Chairs) -> Life:
    for number, days_ago in enumerate(patient.story.session_days, start=1):
        on = today - timedelta(days=days_ago)
        t0 = _local(patient.team, on, patient.story.start_minute)
        yield from keep_going(patient, number, soon(t0, -60 * 20), on)
        booked_at = soon(t0, -60 * 18)
        yield booked_at
        sitting = book(patient, number, t0, chairs, booked_at)
        if sitting is not None:
            yield from treat(patient, sitting)


def _miss(patient: Patient, on: date, chairs: Chairs) -> Life:
    """The first session is booked and the patient does not come; every other time a prescriber has decided since."""
    t0 = _local(patient.team, on, patient.story.start_minute)
    yield soon(t0, -60 * 18)
    sitting = book(patient, 1, t0, chairs, soon(t0, -60 * 18))
    if sitting is None:
        return
    yield soon(t0, 60)
    visits.record_missed(
        by=patient.team.one(Role.FRONT_DESK),
        at=soon(t0, 60),
        visit_id=sitting.visit_id,
        reached="Reached by telephone an hour later: had mistaken the day.",
    )
    if patient.story.number % (2 * MISSES_ONE_IN) == 0:
        return
    at = soon(t0, 60 * 24 * 2)
    yield at
    prescriber = patient.team.one(Role.PRESCRIBER, patient.person.number)
    going_on = replace(
        _new_plan(patient, timezone.localtime(at).date() + timedelta(days=MISSED_DAYS_AGO), session=1),
        why="Mistook the day and wants to begin; nothing has changed.",
    )
    found = courses.judge_plan(prescriber, patient.course_id, going_on, timezone.localtime(at), "revise_plan")
    courses.decide_missed(
        by=prescriber,
        at=at,
        course_id=patient.course_id,
        worse="no",
        decision="continue",
        new=going_on,
        overrides={},
        seen={each.fingerprint for each in found},
        reauth=prove(prescriber, at),
    )


def keep_going(patient: Patient, session: int, at: datetime, on: date) -> Life:
    """Before the first session after induction: the decision that it is worth going on, with its plan."""
    part, here = patient.story.part, patient.team.clinic.jurisdiction
    induction = regimen(here, part.product.value).phase("induction").sessions.value
    if session != induction + 1:
        return
    yield at
    prescriber = patient.team.one(Role.PRESCRIBER, patient.person.number)
    new = _new_plan(patient, on, session)
    found = courses.judge_plan(prescriber, patient.course_id, new, timezone.localtime(at))
    courses.decide_benefit(
        by=prescriber,
        at=at,
        course_id=patient.course_id,
        decision=Benefit.CONTINUE,
        rationale="Better than before treatment; the patient wants to go on.",
        reauth=prove(prescriber, at),
        new=new,
        seen={each.fingerprint for each in found},
    )


def _book_next(patient: Patient, today: date, chairs: Chairs) -> Life:
    """A chair for the next session, where it is not due before tomorrow: today's are booked with the day."""
    story = patient.story
    next_on = today + timedelta(days=story.number % PLANNED_AHEAD_DAYS)
    if story.session_days:
        gap = days_to_next(story.part.product, story.part.sessions)
        next_on = today + timedelta(days=gap - story.session_days[-1])
    if next_on <= today:
        return
    booked_at = _local(patient.team, today - timedelta(days=1), 16 * 60 + story.number % 50)
    yield booked_at
    book(
        patient, story.part.sessions + 1, _local(patient.team, next_on, story.start_minute), chairs, booked_at
    )


def book(
    patient: Patient, session: int, t0: datetime, chairs: Chairs, booked_at: datetime, **special: object
) -> Sitting | None:
    """Book a chair for one session and say what the visit is made of; None when no chair is free."""
    starts_at = soon(t0, -ARRIVES_BEFORE_MIN)
    chair = chairs.take(starts_at)
    if chair is None:
        return None
    desk = patient.team.one(Role.FRONT_DESK)
    visit_id = visits.book(
        by=desk,
        at=booked_at,
        course_id=patient.course_id,
        chair_id=chair,
        scheduled_at=starts_at,
        minutes=MINUTES,
        why="Agreed with the patient by telephone",
    )
    return sitting_of(patient, visit_id, session, t0, **special)


def sitting_of(patient: Patient, visit_id: UUID, session: int, t0: datetime, **special: object) -> Sitting:
    """What one visit of this patient is made of."""
    rng = patient.rng(f"session/{session}")
    drawn = curves.draw_session(rng, patient.story.part.product)
    leaves = session > 1 and (patient.person.number + session) % (LEAVES_AGAINST_ADVICE * WEEK) == 0
    return Sitting(
        visit_id=visit_id,
        patient_id=patient.patient_id,
        person=patient.person,
        product=patient.story.part.product,
        dose=_dose(patient, session),
        session=drawn,
        answers=patient.answers(t0),
        t0=t0,
        nurse=patient.team.one(Role.NURSE, patient.person.number + session),
        rng=rng,
        ending=Ending.AGAINST_ADVICE if leaves else Ending.HOME,
        adverse_events="Felt detached for a while; gone before leaving." if drawn.dissociated else "None.",
        **special,  # type: ignore[arg-type]
    )


def treat(patient: Patient, sitting: Sitting) -> Life:
    """One visit with what follows it."""
    yield from sittings.attend(patient.team, sitting)
    if patient.first_dose_at is None:
        first = TreatedSession.objects.filter(course_id=patient.course_id).order_by("number").first()
        patient.first_dose_at = first.started_at if first else None
    yield follow_up.form(patient, sitting.visit_id)
    yield follow_up.after(patient, sitting.visit_id)


def _end(patient: Patient, today: date) -> Life:
    last_on = today - timedelta(days=patient.story.session_days[-1] - WEEK - 2)
    at = _local(patient.team, last_on, 15 * 60)
    yield at
    done = patient.story.part.stage is Stage.COMPLETED
    courses.advance(
        by=patient.team.one(Role.PRESCRIBER, patient.person.number),
        at=at,
        course_id=patient.course_id,
        event="complete" if done else "stop",
        captured={
            "reason": "Well for weeks" if done else "No lasting benefit",
            "plan afterwards": "Back to the referring psychiatrist, with a letter",
        },
    )


def _local(team: Team, on: date, minute: int) -> datetime:
    """A minute of a day by the clinic's clock."""
    return datetime.combine(on, time(), team.zone) + timedelta(minutes=minute)
