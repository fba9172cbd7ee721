"""Chairs, hours, closures and the rota; free times; and two people who want the same chair."""

from __future__ import annotations

import threading
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.clinic import factories, patients
from tests.clinic.visits import scenes

from euthymia.clinic.access.models import Clinic
from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Denied, NotFound, Viewer
from euthymia.clinic.courses import actions as courses
from euthymia.clinic.visits import actions, models, queries
from euthymia.clinic.visits.actions import Refused
from euthymia.clinic.visits.house import open_house
from euthymia.protocol import Duty

NOW = scenes.NOW  # Friday 20 November 2026, 10:00 in New York
MONDAY = date(2026, 11, 23)


@pytest.fixture
def desk(db: None) -> Viewer:
    return factories.viewer(Role.FRONT_DESK)


@pytest.fixture
def director(db: None) -> Viewer:
    return factories.viewer(Role.MEDICAL_DIRECTOR)


def staffed(by: Viewer, on: date, begins: time = time(8), ends: time = time(18)) -> None:
    """A prescriber and an observer in the house."""
    clinic = Clinic.objects.get(pk=by.clinic_id)
    for duty, role in ((Duty.PRESCRIBER, Role.PRESCRIBER), (Duty.OBSERVER, Role.NURSE)):
        person = factories.staff(role, clinic=clinic).user.id
        actions.add_shift(by=by, at=NOW, person_id=person, duty=duty, on=on, begins=begins, ends=ends)


def at(on: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(on, time(hour, minute), timezone.get_default_timezone()).replace(
        tzinfo=timezone.zoneinfo.ZoneInfo("America/New_York")  # type: ignore[attr-defined]
    )


def book(by: Viewer, course_id: UUID, chair_id: int, starts: datetime, **more: Any) -> UUID:
    said = {"minutes": 180, "scheduled_at": starts, "chair_id": chair_id}
    return actions.book(by=by, at=NOW, course_id=course_id, **(said | more))


class TestCover:
    def test_a_booking_without_a_prescriber_asks_for_its_reason_and_keeps_it(self, desk: Viewer) -> None:
        course, chair = patients.planned(patients.staff(), NOW), scenes.chair(desk)
        staffed(desk, MONDAY, ends=time(12))
        with pytest.raises(Refused, match="No prescriber is in the house from 12:00 to 13:00") as refused:
            book(desk, course, chair.pk, at(MONDAY, 10))
        assert refused.value.field == "why"  # type: ignore[attr-defined]
        visit = book(desk, course, chair.pk, at(MONDAY, 10), why="Dr. A. stays until one")
        kept = models.BookingJudgement.objects.get(visit=visit)
        assert kept.why == "Dr. A. stays until one"
        assert {each["rule"]: each["outcome"] for each in kept.findings}["PLAN-2"] == "violated"

    def test_a_booking_with_cover_asks_for_nothing_and_a_gap_that_opens_later_shows(
        self, desk: Viewer
    ) -> None:
        course, chair = patients.planned(patients.staff(), NOW), scenes.chair(desk)
        staffed(desk, MONDAY)
        book(desk, course, chair.pk, at(MONDAY, 10))
        assert queries.day(desk, MONDAY, NOW).bookings[0].gaps == ()
        for shift in models.RotaShift.objects.filter(duty="prescriber"):
            actions.call_off_shift(by=desk, at=NOW, shift_id=shift.id)
        (shown,) = queries.day(desk, MONDAY, NOW).bookings
        assert shown.gaps == ("No prescriber is in the house from 10:00 to 13:00.",)

    def test_a_day_without_a_rota_is_not_known_and_says_so(self, desk: Viewer) -> None:
        course, chair = patients.planned(patients.staff(), NOW), scenes.chair(desk)
        book(desk, course, chair.pk, at(MONDAY, 10))
        day = queries.day(desk, MONDAY, NOW)
        assert "No rota is written for that day." in day.unknown
        assert day.bookings[0].gaps == ()

    def test_a_closed_house_and_a_chair_for_something_else_stand_against_it(self, desk: Viewer) -> None:
        course = patients.planned(patients.staff(), NOW)
        actions.keep_hours(by=desk, at=NOW, hours={0: (time(8), time(12)), 6: None})
        drip = actions.keep_chair(by=desk, at=NOW, name="Drip", takes_spray=False, takes_infusion=True)
        actions.close_house(by=desk, at=NOW, starts_on=MONDAY, ends_on=MONDAY, why="painters")
        with pytest.raises(Refused) as refused:
            book(desk, course, drip, at(MONDAY, 10))
        for sentence in ("is not meant for the spray", "painters", "open from 08:00 to 12:00"):
            assert sentence in str(refused.value)

    def test_the_desk_is_not_told_what_the_patient_has(self, desk: Viewer, director: Viewer) -> None:
        course, chair = patients.planned(patients.staff(), NOW), scenes.chair(desk)
        site = courses.Site(setting="outpatient", origin="count", oximeters=0)
        courses.record_site(by=director, at=NOW, site=site)
        with pytest.raises(Refused) as refused:
            book(desk, course, chair.pk, at(MONDAY, 10))
        assert "0 oximeters for up to 1" in str(refused.value)
        assert "patient may need" not in str(refused.value)

    def test_only_who_holds_the_role_stands_on_the_rota(self, desk: Viewer) -> None:
        nurse = factories.staff(Role.NURSE).user.id
        said = {"by": desk, "at": NOW, "on": MONDAY, "begins": time(8), "ends": time(12)}
        with pytest.raises(Refused, match="is no prescriber"):
            actions.add_shift(person_id=nurse, duty=Duty.PRESCRIBER, **said)
        abroad = factories.staff(Role.NURSE, clinic=factories.clinic("Elsewhere")).user.id
        with pytest.raises(NotFound):
            actions.add_shift(person_id=abroad, duty=Duty.OBSERVER, **said)
        with pytest.raises(Denied):
            actions.keep_chair(
                by=factories.viewer(Role.NURSE), at=NOW, name="A", takes_spray=True, takes_infusion=False
            )


class TestFreeTimes:
    def test_they_lie_in_the_window_with_cover_and_a_free_chair(self, desk: Viewer) -> None:
        course, chair = patients.planned(patients.staff(), NOW), scenes.chair(desk)
        book(desk, course, chair.pk, at(NOW.date(), 13), why="today")  # session 1, on its day
        staffed(desk, MONDAY, ends=time(12))
        offered = queries.slots_for_course(desk, course, 120, NOW)
        assert offered.session is not None
        assert (offered.session.number, offered.session.target_on) == (2, MONDAY)
        here = [slot.starts_at for slot in offered.slots if timezone.localdate(slot.starts_at) == MONDAY]
        assert here
        assert max(here) == at(MONDAY, 10)  # the last that ends with the shift
        for slot in offered.slots:
            assert offered.earliest_on <= timezone.localdate(slot.starts_at) <= offered.latest_on

    def test_the_hour_that_is_left_out_is_never_offered_and_the_one_that_comes_twice_is(
        self, desk: Viewer
    ) -> None:
        scenes.chair(desk)
        actions.keep_hours(by=desk, at=NOW, hours={6: (time(0), time(6))})
        spring, autumn = date(2027, 3, 14), date(2026, 11, 1)
        house = open_house(desk.clinic_id, autumn, spring)
        local = [each.astimezone(house.zone) for each in house.starts(spring, 60)]
        assert not [each for each in local if each.hour == 2]
        assert len(list(house.starts(autumn, 60))) - len(local) == 4  # two hours more, every half hour

    def test_reading_them_asks_the_database_the_same_however_much_is_booked(self, desk: Viewer) -> None:
        course = patients.planned(patients.staff(), NOW)
        staffed(desk, MONDAY)

        def asked() -> int:
            with CaptureQueriesContext(
                connection,
            ) as captured:
                queries.slots_for_course(desk, course, 120, NOW)
            return len(captured)

        scenes.chair(desk)
        few = asked()
        for number in range(2, 6):
            other = patients.planned(patients.staff(), NOW)
            book(desk, other, scenes.chair(desk, f"Chair {number}").pk, at(MONDAY, 10), why="busy")
        assert asked() == few
        assert few <= 25, few


# --- two browsers ---------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_of_two_browsers_one_gets_the_chair_and_the_other_is_told_with_other_times() -> None:
    now = timezone.now()
    desk = factories.staff(Role.FRONT_DESK)
    chair = scenes.chair(desk.viewer)
    wanted = [patients.planned(patients.staff(), now) for _ in range(2)]
    on = timezone.localdate(now) + timedelta(days=1)
    starts = datetime.combine(on, time(10)).strftime("%Y-%m-%dT%H:%M")
    ready, answers = threading.Barrier(2), {}

    def press(course_id: UUID) -> None:
        from django.db import connections

        browser = Client()
        browser.force_login(desk.user, backend=factories.BACKEND)
        ready.wait(timeout=30)
        answers[course_id] = browser.post(
            reverse("visits:book", args=[course_id]),
            {
                "idempotency_key": str(uuid4()),
                "scheduled_at": starts,
                "chair_id": chair.pk,
                "minutes": 120,
                "why": f"typed for {course_id}",
            },
        )
        connections.close_all()

    threads = [threading.Thread(target=press, args=[course_id]) for course_id in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    statuses = sorted(answer.status_code for answer in answers.values())
    assert statuses == [303, 422]
    assert models.Visit.objects.filter(chair=chair).count() == 1
    loser = next(course_id for course_id, answer in answers.items() if answer.status_code == 422)
    page = answers[loser].content.decode()
    assert "is taken from 10:00 to 12:00" in page
    assert f"typed for {loser}" in page  # nothing typed is lost
    assert 'name="slot"' in page  # and the next free times are there
    assert models.Visit.objects.get(chair=chair).course_id != loser
