"""One synthetic patient's course, from the referral to where the story stands, through the rooms' actions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.utils import timezone

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.config.demo import curves, follow_up, sittings
from euthymia.clinic.config.demo.beginnings import (
    Patient,
    consent,
    decide,
    dose_of,
    new_plan,
    plan,
    refer,
    tell_history,
)
from euthymia.clinic.config.demo.cast import Person
from euthymia.clinic.config.demo.clockwork import Life
from euthymia.clinic.config.demo.schedule import MINUTES, Chairs
from euthymia.clinic.config.demo.sitting import ARRIVES_BEFORE_MIN, Ending, Sitting
from euthymia.clinic.config.demo.stories import ENDED, Stage, Story, days_to_next
from euthymia.clinic.config.demo.team import Team, prove, soon
from euthymia.clinic.courses import actions as courses
from euthymia.clinic.courses.models import TreatedSession
from euthymia.clinic.visits import actions as visits
from euthymia.evidence import regimen
from euthymia.protocol import Benefit

LEAVES_AGAINST_ADVICE = 7  # one past session in so many ends so, counted by patient and session together
WEEK = 7
PLANNED_AHEAD_DAYS = 3
MISSES_ONE_IN = 3  # of those whose plan is signed, so many miss their first session
MISSED_DAYS_AGO = 4


def live(team: Team, seed: str, story: Story, person: Person, today: date, chairs: Chairs) -> Life:
    """Everything that happened to one patient before ``today``."""
    referred_on = today - timedelta(days=story.referred_days_ago)
    at = _local(team, referred_on, 9 * 60 + story.number % 50)
    yield at
    patient = refer(team, seed, story, person, at)
    stage = story.part.stage
    if stage is Stage.REFERRED:
        return
    yield from tell_history(patient, soon(at, 60 * 24))
    if stage is Stage.NEEDS_ANSWERS:
        return
    yield from decide(patient, soon(at, 60 * 24 * 3))
    if stage in {Stage.NOT_ELIGIBLE, Stage.ELIGIBLE}:
        return
    yield from consent(patient, soon(at, 60 * 24 * 5))
    if stage is Stage.CONSENTED:
        return
    ahead = story.number % PLANNED_AHEAD_DAYS
    if stage is Stage.PLANNED and story.number % MISSES_ONE_IN == 0:
        ahead = -MISSED_DAYS_AGO
    first_on = today + timedelta(days=-story.session_days[0] if story.session_days else ahead)
    yield from plan(patient, soon(at, 60 * 24 * 6), first_on)
    if ahead < 0:
        yield from _miss(patient, first_on, chairs)
        return
    yield from _sessions(patient, today, chairs)
    if stage in ENDED:
        yield from _end(patient, today)
    else:
        yield from _book_next(patient, today, chairs)


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
        new_plan(patient, timezone.localtime(at).date() + timedelta(days=MISSED_DAYS_AGO), session=1),
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
    new = new_plan(patient, on, session)
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
        dose=dose_of(patient, session),
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
