"""A page asks the database as often for many patients, visits and readings as for one of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import pytest
from benchmarks.clinic_volume import Copies, chairs, named, one_of
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.clinic import factories
from tests.clinic.visits import scenes

from euthymia.clinic.access.models import Clinic
from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses.models import TreatedSession
from euthymia.clinic.people.models import Patient
from euthymia.clinic.visits import actions, models, queries

_MORE = 4
_PAST = 100  # copies of a visit are numbered from here: a number is an id once


@dataclass(frozen=True)
class House:
    """One patient on watch, one expected, one treated weeks ago."""

    by: Viewer
    client: Client
    watched: UUID
    booked: UUID

    @property
    def visit(self) -> models.Visit:
        return models.Visit.objects.select_related("course").get(pk=self.watched)


PAGES: dict[str, Callable[[House], str]] = {
    "board": lambda house: reverse("visits:board"),
    "board, its part": lambda house: reverse("visits:tiles"),
    "schedule": lambda house: reverse("visits:schedule"),
    "visit": lambda house: reverse("visits:visit", args=[house.watched]),
    "visit, its part": lambda house: reverse("visits:live", args=[house.watched]),
    "visit before it begins": lambda house: reverse("visits:visit", args=[house.booked]),
    "entry pad": lambda house: reverse("visits:observe", args=[house.watched]),
    "alarms": lambda house: reverse("visits:acknowledge", args=[house.watched]),
    "discharge": lambda house: reverse("visits:discharge", args=[house.watched]),
    "monitors": lambda house: reverse("visits:bedside"),
    "rota": lambda house: reverse("visits:rota"),
    "patients": lambda house: reverse("people:directory"),
    "chart": lambda house: reverse("people:chart", args=[house.visit.course.patient_id]),
    "weights": lambda house: reverse("people:weights", args=[house.visit.course.patient_id]),
    "who read": lambda house: reverse("access:readings", args=[house.visit.course.patient_id]),
    "course": lambda house: reverse("courses:course", args=[house.visit.course_id]),
    "courses": lambda house: reverse("courses:courses"),
    "referrals": lambda house: reverse("courses:inbox"),
    "tasks": lambda house: reverse("safety:tasks"),
}


@pytest.fixture
def house(db: None) -> House:
    """Of everything that pages list there is one at least, so that no page is short for want of it."""
    clinic = factories.by_day()
    by = factories.viewer(Role.PRESCRIBER, Role.NURSE, clinic=clinic)
    now = timezone.now()
    watched = scenes.monitored(by, now - timedelta(minutes=50))
    alarming = replace(scenes.CALM, systolic=190, diastolic=110)
    for minutes in (44, 30):
        at = now - timedelta(minutes=minutes)
        scenes.observe(
            by, at, watched, alarming, confirmed=("upper pressure 190 mmHg", "lower pressure 110 mmHg")
        )
        if minutes == 44:
            ids = [alarm.id for alarm in queries.open_alarms(by, watched)]
            actions.acknowledge(by=by, at=at, visit_id=watched, alarm_ids=ids, action="lay down")
    row = models.Observation.objects.filter(visit=watched, kind="heart_rate").latest("measured_at")
    actions.correct_observation(
        by=by, at=now, visit_id=watched, observation_id=row.id, value=71, why="typed wrong"
    )
    booked = scenes.booked(by, now + timedelta(minutes=30), chair_id=scenes.chair(by, "Chair 2").pk)
    person = factories.staff(Role.PRESCRIBER, Role.NURSE, clinic=clinic)
    return House(by, factories.signed_in(person), watched, booked)


def test_no_page_asks_more_often_the_more_there_is(house: House) -> None:
    few = {name: _count(house, name) for name in PAGES}
    _grow(house)
    many = {name: _count(house, name) for name in PAGES}
    grown = {name: f"{few[name]} then {many[name]}" for name in PAGES if many[name] > few[name]}
    assert grown == {}
    assert models.Visit.objects.count() > 3 * _MORE
    _check_the_copies(house)


def _count(house: House, name: str) -> int:
    page = PAGES[name](house)
    house.client.get(page)  # what is read once for each process, and the note that it was read
    with CaptureQueriesContext(connection) as asked:
        answer = house.client.get(page)
    assert answer.status_code == 200, name
    return len(asked)


def _grow(house: House) -> None:
    """More patients in more chairs, more visits in the past, more expected, more readings of this visit."""
    clinic = Clinic.objects.get(pk=house.by.clinic_id)
    now = timezone.now()
    for minutes in (20, 12, 5):
        scenes.observe(house.by, now - timedelta(minutes=minutes), house.watched)
    for visit_id, prefix in ((house.watched, "W"), (house.booked, "B")):
        patient_id = models.Visit.objects.get(pk=visit_id).course.patient_id
        own = chairs(clinic, [f"{prefix} {number}" for number in range(_MORE)])
        columns = named(prefix) | {("visits_visit", "chair_id"): one_of(own, "n")}
        _copy(Copies(roots={Patient: [patient_id]}, columns=columns))
    (chair,) = chairs(clinic, ["Then"])
    session = TreatedSession.objects.filter(visit=house.watched).values_list("pk", flat=True)
    before = Copies(
        roots={models.Visit: [house.watched], TreatedSession: session},
        shift=f"make_interval(days => -3 * (n - {_PAST} + 1))",
        columns={
            ("visits_visit", "chair_id"): str(chair),
            ("visits_visit", "state"): "'closed'",
            ("courses_treatedsession", "number"): f"n - {_PAST} + 2",
        },
        kept=frozenset({"courses_course", "people_patient"}),
    )
    _copy(before, start=_PAST)


def _copy(copies: Copies, start: int = 0) -> None:
    connection.ensure_connection()
    copies.make(connection.connection, range(start, start + _MORE))


def _check_the_copies(house: House) -> None:
    """A copied patient has every row that the first one has, and reads alike."""
    copied = Patient.objects.filter(medical_record_number__startswith="W").latest("medical_record_number")
    visit = models.Visit.objects.get(course__patient=copied)
    live, mine = (queries.live(house.by, each, timezone.now()) for each in (house.watched, visit.id))
    assert [alarm.finding for alarm in live.alarms] == [alarm.finding for alarm in mine.alarms] != []
    assert (live.state, live.t0, live.due) == (mine.state, mine.t0, mine.due)
    assert copied.weights.count() == house.visit.course.patient.weights.count() - _MORE > 0
