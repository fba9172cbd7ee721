"""A form's key makes one thing, of the patient it was shown for, and answers “saved” for no other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from tests.clinic import factories, patients
from tests.clinic.visits import scenes

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.courses import actions as courses
from euthymia.clinic.courses.models import Course
from euthymia.clinic.visits import actions
from euthymia.clinic.visits.models import Visit
from euthymia.protocol import Product

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


@pytest.fixture
def staff(db: None) -> Viewer:
    return factories.viewer(*patients.STAFF)


def test_a_referral_of_one_patient_opens_no_course_of_another(staff: Viewer) -> None:
    said = {
        "by": staff,
        "at": NOW,
        "product": Product.ESKETAMINE_NASAL,
        "referred_by": "Dr. A. Referrer",
        "referred_on": NOW.date(),
        "referral_reason": "Depression that did not respond",
        "idempotency_key": uuid4(),
    }
    one, other = patients.patient(staff, NOW), patients.patient(staff, NOW)
    course_id = courses.refer(patient_id=one, **said)
    assert courses.refer(patient_id=one, **said) == course_id
    with pytest.raises(Refused, match="another patient"):
        courses.refer(patient_id=other, **said)
    assert Course.objects.count() == 1


def test_a_booking_for_one_course_books_nothing_for_another(staff: Viewer) -> None:
    one, other = patients.planned(staff, NOW), patients.planned(staff, NOW)
    said = {
        "by": staff,
        "at": NOW,
        "chair_id": scenes.chair(staff).pk,
        "scheduled_at": NOW + timedelta(days=1),
        "minutes": 150,
        "idempotency_key": uuid4(),
    }
    visit_id = actions.book(course_id=one, **said)
    assert actions.book(course_id=one, **said) == visit_id
    with pytest.raises(Refused, match="another course"):
        actions.book(course_id=other, **said)
    stranger = factories.viewer(*patients.STAFF, clinic=factories.clinic("Another"))
    theirs = patients.planned(stranger, NOW)
    with pytest.raises(Refused, match="another course"):
        actions.book(
            course_id=theirs, **(said | {"by": stranger, "chair_id": scenes.chair(stranger, "X").pk})
        )
    assert Visit.objects.count() == 1


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2026-02-30", "tomorrow"])
def test_a_day_that_the_calendar_does_not_hold_is_not_found(db: None, day: str) -> None:
    desk = factories.signed_in(factories.staff(Role.FRONT_DESK))
    assert desk.get(reverse("visits:schedule_of", args=[day])).status_code == 404
