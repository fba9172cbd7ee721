"""Change of shift: what is told is kept, taken over by name, and whom one watched the other watches."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.clinic import factories, patients
from tests.clinic.visits import scenes

from euthymia.clinic.access.models import User
from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.people.models import Patient
from euthymia.clinic.visits import actions, models, queries
from euthymia.clinic.visits.actions import Conflict, Readings, Refused
from euthymia.clinic.visits.queries.handover import watch_now
from euthymia.clinic.visits.record import Record

WHEN = scenes.minutes(60)


@pytest.fixture
def ada(db: None) -> Viewer:
    return factories.viewer(*patients.STAFF, name="Ada Day")


@pytest.fixture
def bo(db: None) -> Viewer:
    return factories.viewer(Role.NURSE, name="Bo Night")


@pytest.fixture
def visit_id(ada: Viewer) -> UUID:
    visit_id = scenes.monitored(ada)
    scenes.pressure(ada, scenes.minutes(44), visit_id, 188, 112)
    return visit_id


def hand_over(ada: Viewer, bo: Viewer, visit_id: UUID, **changed: object) -> UUID:
    said = {
        "note": "",
        "concerns": {visit_id: "Frightened of the dark"},
        "idempotency_key": uuid4(),
    } | changed
    return actions.hand_over(by=ada, at=WHEN, to_id=bo.user_id, **said)  # type: ignore[arg-type]


def test_the_summary_says_what_the_next_nurse_must_know_and_stays_as_told(
    ada: Viewer, bo: Viewer, visit_id: UUID
) -> None:
    handover_id = hand_over(ada, bo, visit_id)
    scenes.observe(ada, scenes.minutes(61), visit_id, Readings(systolic=120, diastolic=70))
    (told,) = queries.handover(bo, handover_id).patients
    summary = told.summary
    assert told.concerns == "Frightened of the dark"
    assert (summary["t0"], summary["last_dose"]) == ("10:00", "10:05")
    assert "56 mg given" in summary["dose"]
    assert any("188/112" in each for each in summary["readings"])
    assert any(each.startswith("STOP-1") for each in summary["alarms"])
    assert summary["risk"].startswith("low")
    assert summary["escort"].startswith("Jo Field")
    assert summary["due"] or summary["overdue"]
    assert summary["leave"].startswith("not before")


def test_only_whom_it_was_handed_to_takes_over_and_the_watch_passes(
    ada: Viewer, bo: Viewer, visit_id: UUID
) -> None:
    record = Record(models.Visit.objects.get(pk=visit_id))
    models.Watching.objects.create(
        clinic_id=ada.clinic_id,
        visit=record.visit,
        recorded_at=WHEN,
        recorded_by_id=ada.user_id,
        step="taken",
    )
    handover_id, key = hand_over(ada, bo, visit_id), uuid4()
    with pytest.raises(Refused, match="that person takes over"):
        actions.accept_handover(by=ada, at=WHEN, handover_id=handover_id)
    for _ in range(2):
        actions.accept_handover(by=bo, at=scenes.minutes(62), handover_id=handover_id, idempotency_key=key)
    assert watch_now(record).name == "Bo Night"
    assert queries.handover(bo, handover_id).is_accepted
    with pytest.raises(Conflict):
        actions.accept_handover(
            by=bo, at=scenes.minutes(63), handover_id=handover_id, idempotency_key=uuid4()
        )


def test_nobody_changes_a_handover(ada: Viewer, bo: Viewer, visit_id: UUID) -> None:
    handover_id = hand_over(ada, bo, visit_id)
    for table in (models.Handover, models.HandedOver):
        with pytest.raises(DatabaseError), transaction.atomic():
            table.objects.filter(clinic_id=ada.clinic_id).update(reason="x")
    assert queries.handover(bo, handover_id).patients


def test_who_came_meanwhile_is_looked_at_first(ada: Viewer, bo: Viewer, visit_id: UUID) -> None:
    scenes.checking_in(ada, chair_id=scenes.chair(ada, "Chair 2").pk)
    with pytest.raises(Conflict, match="came or left"):
        hand_over(ada, bo, visit_id)
    assert not models.Handover.objects.exists()


def test_another_clinic_and_a_restricted_chart_are_not_told(ada: Viewer, bo: Viewer, visit_id: UUID) -> None:
    handover_id = hand_over(ada, bo, visit_id)
    stranger = factories.viewer(Role.NURSE, clinic=factories.clinic("Another"))
    with pytest.raises(NotFound):
        queries.handover(stranger, handover_id)
    Patient.objects.filter(courses__visits=visit_id).update(restricted=True)
    (told,) = queries.handover(bo, handover_id).patients
    assert told.locked
    assert "188" not in str(told)
    assert queries.room(bo, WHEN).locked == 1


def test_the_pages_hand_over_and_take_over(ada: Viewer, bo: Viewer, visit_id: UUID) -> None:
    first, second = (factories.signed_in(User.objects.get(pk=each.user_id)) for each in (ada, bo))
    url = reverse("visits:handover")
    form = first.get(url).context["form"]
    sent = {"idempotency_key": str(uuid4()), "shown": form["shown"].value(), "to": str(bo.user_id)}
    sent[f"concerns_{visit_id}"] = "Watch the pressure"
    answer = first.post(url, sent)
    assert answer.status_code == 303
    page = second.get(answer["Location"]).content.decode()
    assert "Watch the pressure" in page
    assert "I take over" in page
    taken = second.post(answer["Location"], {"idempotency_key": str(uuid4()), "confirmed": "on"})
    assert taken.status_code == 303
    assert "Taken over" in first.get(url).content.decode()


def test_every_chair_is_held_before_the_first_is_written(ada: Viewer, bo: Viewer, visit_id: UUID) -> None:
    """Audited writes wait for each other until they end: one that then waits for a chair stops whoever holds it."""
    other = scenes.monitored(ada, chair_id=scenes.chair(ada, "Chair 2").pk)
    with CaptureQueriesContext(connection) as given:
        handover_id = hand_over(ada, bo, visit_id, concerns={visit_id: "", other: ""})
    with CaptureQueriesContext(connection) as taken:
        actions.accept_handover(by=bo, at=WHEN, handover_id=handover_id)
    for asked in (given, taken):
        told = [each["sql"] for each in asked]
        held = [n for n, sql in enumerate(told) if 'FROM "visits_visit"' in sql and "FOR UPDATE" in sql]
        audited = [n for n, sql in enumerate(told) if 'INSERT INTO "audit_auditentry"' in sql]
        assert len(held) == 2
        assert held[-1] < audited[0]
    assert models.Watching.objects.filter(recorded_by_id=bo.user_id).count() == 2
