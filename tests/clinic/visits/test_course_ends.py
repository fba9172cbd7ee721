"""A course that ends asks about the visits that are booked, and takes them off the board with its reason."""

from __future__ import annotations

import threading
from datetime import timedelta
from time import monotonic
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.utils import timezone
from tests.clinic import factories, patients
from tests.clinic.visits import scenes

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.courses import actions as courses
from euthymia.clinic.courses.models import Course
from euthymia.clinic.visits import actions, models
from euthymia.clinic.visits.actions import Refused


@pytest.fixture
def staff(db: None) -> Viewer:
    return patients.staff(factories.by_day())


@pytest.fixture
def course_id(staff: Viewer) -> UUID:
    """A course with a visit tomorrow and one the day after."""
    now = timezone.now()
    course = patients.planned(staff, now)
    for days in (1, 2):
        scenes.booked(staff, now + timedelta(days=days), course_id=course)
    return course


def stopping(**more: str) -> dict[str, str]:
    zone = ZoneInfo(models.Visit.objects.select_related("clinic")[0].clinic.time_zone)
    when = timezone.localtime(timezone=zone).strftime("%Y-%m-%dT%H:%M")
    said = {"idempotency_key": str(uuid4()), "happened_at": when}
    return said | {"capture_0": "no benefit", "capture_1": "back to the referrer"} | more


def director() -> Client:
    """Somebody who may end a course and books no visit."""
    return factories.signed_in(factories.staff(Role.MEDICAL_DIRECTOR))


def test_ending_asks_about_the_visits_and_cancels_them_with_the_reason(
    staff: Viewer, course_id: UUID
) -> None:
    client, page = director(), f"/courses/{course_id}/move/stop/"
    html = client.get(page).content.decode()
    assert "2 visits are booked" in html
    assert "off the board" in html
    assert client.post(page, stopping()).status_code == 422  # the question is not passed over
    assert Course.objects.get(pk=course_id).state == "planned"
    assert client.post(page, stopping(visits="cancel")).status_code in (302, 303)
    assert Course.objects.get(pk=course_id).state == "stopped"
    assert set(models.Visit.objects.values_list("state", flat=True)) == {"cancelled"}
    assert {row.detail for row in models.Exit.objects.all()} == {"The course is over (stopped). no benefit"}
    assert AuditEntry.objects.filter(verb="visits.cancel").count() == 2


def test_they_may_stay_booked(staff: Viewer, course_id: UUID) -> None:
    director().post(f"/courses/{course_id}/move/stop/", stopping(visits="keep"))
    assert Course.objects.get(pk=course_id).state == "stopped"
    assert set(models.Visit.objects.values_list("state", flat=True)) == {"scheduled"}


def test_a_visit_that_began_is_not_touched_and_a_going_course_cancels_nothing(
    staff: Viewer, course_id: UUID
) -> None:
    with pytest.raises(Refused, match="only when it is over"):
        actions.cancel_of_course(staff, timezone.now(), course_id, "slip")
    first = models.Visit.objects.order_by("scheduled_at")[0]
    models.Visit.objects.filter(pk=first.pk).update(state="checking_in")
    director().post(f"/courses/{course_id}/move/stop/", stopping(visits="cancel"))
    assert sorted(models.Visit.objects.values_list("state", flat=True)) == ["cancelled", "checking_in"]


@pytest.mark.django_db(transaction=True)
def test_the_end_of_a_course_and_a_first_dose_on_its_booked_visit_wait_for_each_other() -> None:
    staff, now = patients.staff(factories.by_day()), timezone.now()
    ending = factories.viewer(Role.MEDICAL_DIRECTOR, Role.PRESCRIBER)
    course_id = patients.planned(staff, now)
    visit_id = scenes.booked(staff, now, course_id=course_id)
    failed: list[Exception] = []

    def end() -> None:
        try:
            courses.advance(
                by=ending,
                at=now,
                course_id=course_id,
                event="stop",
                captured={"reason": "no benefit", "plan afterwards": "back to the referrer"},
                cancel_visits=True,
            )
        except Exception as problem:  # of another thread: told below
            failed.append(problem)
        finally:
            connections.close_all()

    other = threading.Thread(target=end)
    with transaction.atomic():
        models.Visit.objects.select_for_update().get(pk=visit_id)  # a dose begins with its visit
        other.start()
        _until_somebody_waits()
        scenes.device(staff, now, visit_id, 1)  # and goes on to the course
    other.join(timeout=60)
    assert failed == []
    assert Course.objects.get(pk=course_id).state == "stopped"
    assert models.Visit.objects.get(pk=visit_id).state == "administering"
    assert models.DeviceAdministration.objects.get().visit_id == visit_id


def _until_somebody_waits() -> None:
    """Until another connection waits for a row that this one holds."""
    waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()"
    until = monotonic() + 30
    with connection.cursor() as cursor:
        while monotonic() < until:
            cursor.execute(waits)
            if cursor.fetchone()[0]:
                return
    raise AssertionError("Nobody waited.")
