"""A form's key makes one thing, of the patient it was shown for, and answers “saved” for no other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.clinic import factories, patients
from tests.clinic.visits import scenes

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit.facts import Refused, keep_said, sweep_said
from euthymia.clinic.courses import actions as courses
from euthymia.clinic.courses import queries as course_queries
from euthymia.clinic.courses.models import ConsentRecord, Course, EligibilityDecision
from euthymia.clinic.safety import actions as safety
from euthymia.clinic.safety.models import Task
from euthymia.clinic.visits import actions
from euthymia.clinic.visits.models import Observation, Visit
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


def test_a_consent_of_one_course_is_none_of_another(staff: Viewer) -> None:
    one, other = patients.eligible(staff, NOW), patients.eligible(staff, NOW)
    said: dict[str, Any] = {"by": staff, "at": NOW, "idempotency_key": uuid4()}
    for course_id in (one, one, other):
        consent = patients.consent(course_queries.course(staff, course_id), NOW)
        reauth = patients.proof(staff, NOW)
        if course_id == other:
            with pytest.raises(Refused, match="used before, for another record"):
                courses.record_consent(course_id=course_id, consent=consent, reauth=reauth, **said)
        else:
            courses.record_consent(course_id=course_id, consent=consent, reauth=reauth, **said)
    assert ConsentRecord.objects.count() == 1


def test_a_decision_on_suitability_of_one_course_is_none_of_another(staff: Viewer) -> None:
    one, other, key = patients.with_history(staff, NOW), patients.with_history(staff, NOW), uuid4()
    made = patients.decide(staff, NOW, one, idempotency_key=key)
    with pytest.raises(Refused, match="used before"):
        patients.decide(staff, NOW, other, idempotency_key=key)
    assert EligibilityDecision.objects.get().id == made


def test_moving_one_course_moves_no_other(staff: Viewer) -> None:
    one, other = patients.referred(staff, NOW), patients.referred(staff, NOW)
    said: dict[str, Any] = {"by": staff, "at": NOW, "event": "stop", "idempotency_key": uuid4()}
    assert courses.advance(course_id=one, **said) == courses.advance(course_id=one, **said)
    with pytest.raises(Refused, match="used before"):
        courses.advance(course_id=other, **said)
    assert Course.objects.get(pk=other).state == "referred"


def test_signing_one_plan_signs_no_other(staff: Viewer) -> None:
    one, other, key = patients.consented(staff, NOW), patients.consented(staff, NOW), uuid4()

    def sign(course_id: UUID) -> UUID:
        new = patients.new_plan(course_queries.course(staff, course_id), NOW)
        found = courses.judge_plan(staff, course_id, new, timezone.localtime(NOW))
        return courses.sign_plan(
            by=staff,
            at=NOW,
            course_id=course_id,
            new=new,
            overrides={},
            seen={each.fingerprint for each in found},
            reauth=patients.proof(staff, NOW),
            idempotency_key=key,
        )

    assert sign(one) == sign(one)
    with pytest.raises(Refused, match="used before"):
        sign(other)


def test_doing_one_task_does_no_other(staff: Viewer) -> None:
    patient_id, key = patients.patient(staff, NOW), uuid4()
    safety.record_risk(
        by=staff, at=NOW, patient_id=patient_id, level="moderate", basis="interview", assessed_at=NOW
    )
    one, other = Task.objects.filter(patient=patient_id, closed_at__isnull=True)[:2]
    said: dict[str, Any] = {"by": staff, "at": NOW, "outcome": "done", "done_at": NOW, "idempotency_key": key}
    assert safety.complete(task_id=one.id, **said) == safety.complete(task_id=one.id, **said)
    with pytest.raises(Refused, match="used before"):
        safety.complete(task_id=other.id, **said)


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2026-02-30", "tomorrow"])
def test_a_day_that_the_calendar_does_not_hold_is_not_found(db: None, day: str) -> None:
    desk = factories.signed_in(factories.staff(Role.FRONT_DESK))
    assert desk.get(reverse("visits:schedule_of", args=[day])).status_code == 404


class TestSentAgain:
    """A form whose answer was lost is sent again: the same words are saved once, other words are never called saved."""

    def test_other_words_under_a_spent_key_are_refused_and_the_same_are_taken_once(self, db: None) -> None:
        nurse = factories.staff(*patients.STAFF, clinic=factories.by_day())
        now = timezone.now()
        visit = scenes.monitored(nurse.viewer, now - timedelta(minutes=60))
        client, key = factories.signed_in(nurse), str(uuid4())
        pad = reverse("visits:observe", args=[visit])
        said = {"heart_rate": "72", "note": "calm\nwarm", "idempotency_key": key}
        late = {
            "late_entered_at": now.isoformat(),
            "late_ahead_s": "0",
            "late_tablet_ms": str(int(timezone.now().timestamp() * 1000)),
            "late_author": client.get(reverse("visits:pulse")).json()["proof"],
        }
        assert client.post(pad, said).status_code == 303
        assert client.post(pad, said | {"note": "calm\r\nwarm"}).status_code == 303
        assert client.post(pad, said | late).json() == {"saved": True, "again": True}
        for other in (
            client.post(pad, said | {"heart_rate": "172"}),
            client.post(pad, said | late | {"note": ""}),
        ):
            assert other.status_code == 422
            assert "what is in it now was not saved" in other.content.decode()
        made = Observation.objects.filter(visit=visit, kind="heart_rate")
        assert list(made.values_list("value", flat=True)) == [72]

    def test_what_was_said_is_forgotten_after_a_week(self, db: None) -> None:
        key = uuid4()
        keep_said(key, "a", NOW)
        sweep_said(NOW + timedelta(days=6))
        with pytest.raises(Refused, match="something else in it"):
            keep_said(key, "b", NOW)
        sweep_said(NOW + timedelta(days=8))
        keep_said(key, "b", NOW + timedelta(days=8))
