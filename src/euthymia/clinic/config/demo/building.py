"""Builds the demo clinic and brings it to the present: yesterday closed, and a day in progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from euthymia.clinic.access.models import Clinic
from euthymia.clinic.access.permissions import Role
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.config.demo import arrivals, clockwork, houses, leftovers, lives, today
from euthymia.clinic.config.demo.beginnings import Patient
from euthymia.clinic.config.demo.cast import MAIN_CLINIC, SMALL_CLINIC, draw_person
from euthymia.clinic.config.demo.schedule import Chairs
from euthymia.clinic.config.demo.stories import Story, stories
from euthymia.clinic.config.demo.team import MIDDAY, Team, make_staff, team, zone_where_it_is
from euthymia.clinic.courses.models import Course, TreatedSession
from euthymia.clinic.people import actions as people
from euthymia.clinic.visits.models import Chair, Visit, VisitTransition
from euthymia.protocol import Product

SEED = "euthymia"
CHAIRS = 8
BORN_BEFORE = date(2026, 1, 1)  # the ages are counted from here, so that a person stays the same person
WORKING_HOURS = range(9, 16)
FRESH = timedelta(hours=3)  # a day in progress that began less long ago is still one
NEVER = "9999"  # sorts after every date
TREATING = ("planned", "induction", "maintenance")

Tell = Callable[[float], None]


@transaction.atomic  # all of it or nothing: a demo that was interrupted is built again
def refresh(*, now: datetime, seed: str = SEED, tell: Tell = lambda share: None) -> None:
    """Build the demo where there is none; otherwise close what was left open and begin a new day.

    ``tell`` hears how much is done, from 0 to 1. A second call within three hours changes nothing.
    """
    building = not Clinic.objects.exists()
    if building:
        make_staff(now=now)
        _make_chairs()
        for name in (MAIN_CLINIC, SMALL_CLINIC):
            houses.furnish(team(name), now)
    here = team(MAIN_CLINIC)
    with timezone.override(here.zone):
        if building:
            _build_past(here, seed, now, tell)
        elif _is_in_progress(here, now):
            return tell(1.0)
        else:
            leftovers.close(here, _patients(here, seed), now)
            _set_the_clock(here, now)
            here = team(MAIN_CLINIC)
    for name in (MAIN_CLINIC, SMALL_CLINIC):
        houses.fill_rota(team(name), now)
    with timezone.override(here.zone):
        _open_day(here, seed, now)
    return tell(1.0)


def _make_chairs() -> None:
    for clinic in Clinic.objects.all():
        count = CHAIRS if clinic.name == MAIN_CLINIC else 1
        for number in range(1, count + 1):
            Chair.objects.create(clinic=clinic, name=f"Room {number}")


def _build_past(here: Team, seed: str, now: datetime, tell: Tell) -> None:
    """Live every story up to last night, all together, in the order of time."""
    on = timezone.localtime(now).date()
    chairs = _chairs(here)
    cast = [(story, draw_person(seed, story.number, BORN_BEFORE)) for story in stories(seed)]
    begins = now - timedelta(days=max(story.referred_days_ago for story, _ in cast))
    clockwork.run(
        (lives.live(here, seed, story, person, on, chairs) for story, person in cast),
        now,
        tick=lambda at: tell(0.95 * ((at - begins) / (now - begins)) ** 2),
    )
    arrivals.send(here, now)
    _register_elsewhere(seed, now)


def _register_elsewhere(seed: str, now: datetime) -> None:
    """Two patients of the second clinic: to see that nobody of the first one sees them."""
    elsewhere = team(SMALL_CLINIC)
    for number in (901, 902):
        person = draw_person(seed, number, BORN_BEFORE)
        people.register(
            by=elsewhere.one(Role.NURSE),
            at=now,
            details=people.Details(
                medical_record_number=person.medical_record_number,
                given_name=person.given_name,
                family_name="Elsewhere",
                birth_date=person.birth_date,
                sex=person.sex,
            ),
        )


def _open_day(here: Team, seed: str, now: datetime) -> None:
    chairs = _chairs(here)
    for visit in Visit.objects.filter(clinic=here.clinic, planned_end_at__gt=now - timedelta(days=1)):
        chairs.note(visit.chair_id, visit.scheduled_at, visit.planned_end_at)
    clockwork.run(today.days_work(_patients(here, seed), chairs, now), now)


def _is_in_progress(here: Team, now: datetime) -> bool:
    """Whether somebody got a first dose a short while ago."""
    doses = VisitTransition.objects.filter(clinic=here.clinic, event="record_first_dose")
    return doses.filter(measured_at__gt=now - FRESH).exists()


def _set_the_clock(here: Team, now: datetime) -> None:
    """Keep the demo in its working hours, at whatever hour somebody opens it."""
    if now.astimezone(here.zone).hour in WORKING_HOURS:
        return
    with transaction.atomic():
        zone = zone_where_it_is(MIDDAY, now)
        Clinic.objects.filter(id=here.clinic.id).update(time_zone=zone)
        audit.record(by=None, verb="config.move_demo_clock", at=now, subject=zone, clinic_id=here.clinic.id)


def _chairs(here: Team) -> Chairs:
    return Chairs(tuple(Chair.objects.filter(clinic=here.clinic).order_by("id").values_list("id", flat=True)))


def _patients(here: Team, seed: str) -> list[Patient]:
    """Everybody in treatment, the longest untreated first, as the lives know them."""
    told = {story.number: story for story in stories(seed)}
    courses = Course.objects.filter(clinic=here.clinic, state__in=TREATING).select_related("patient")
    known = [_patient(here, seed, course, told) for course in courses]
    return sorted((each for each in known if each), key=lambda each: _last_session(each))


def _patient(here: Team, seed: str, course: Course, told: dict[int, Story]) -> Patient | None:
    """The life's view of a course; None for a patient that somebody entered by hand."""
    number = course.patient.medical_record_number.removeprefix("DEMO-")
    if not number.isdigit() or int(number) not in told:
        return None
    story = told[int(number)]  # an older demo may have been built from other stories: the record decides
    story = replace(story, part=replace(story.part, product=Product(course.product)))
    first = TreatedSession.objects.filter(course=course).order_by("number").first()
    return Patient(
        team=here,
        seed=seed,
        story=story,
        person=draw_person(seed, int(number), BORN_BEFORE),
        patient_id=course.patient_id,
        course_id=course.id,
        first_dose_at=first.started_at if first else None,
    )


def _last_session(patient: Patient) -> tuple[str, int]:
    last = TreatedSession.objects.filter(course_id=patient.course_id).order_by("-number").first()
    return (last.on.isoformat() if last else NEVER, patient.person.number)
