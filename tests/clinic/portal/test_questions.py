"""PHQ-9 on the patient's own phone: opened by whoever holds the link, answered once, before the dose."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.clinic import factories
from tests.clinic.factories import Staff
from tests.clinic.visits import scenes

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.measures.models import QuestionnaireResponse
from euthymia.clinic.people.models import Patient
from euthymia.clinic.safety.models import Task, TaskKind
from euthymia.clinic.visits import actions, models, own_phone

ANSWERS = {f"item_{item}": "1" for item in range(1, 10)}


@pytest.fixture
def nurse(db: None) -> Staff:
    factories.by_day()
    return factories.staff(Role.NURSE, Role.PRESCRIBER)


@pytest.fixture
def visit_id(nurse: Staff) -> UUID:
    return scenes.checking_in(nurse.viewer, timezone.now())


def given(nurse: Staff, visit_id: UUID) -> str:
    token = actions.give_phone_link(by=nurse.viewer, at=timezone.now(), visit_id=visit_id)
    return f"/q/{token}/"


def key() -> dict[str, str]:
    return {"idempotency_key": str(uuid4())}


def test_the_tablet_shows_a_code_and_the_phone_answers_it_once(nurse: Staff, visit_id: UUID) -> None:
    tablet, phone, page = factories.signed_in(nurse), Client(), f"/visits/{visit_id}/check-in/phq-9/phone/"
    html = tablet.post(page, key()).content.decode()
    address = re.search(r"http://testserver(/q/[\w-]+/)", html)
    assert address is not None
    shown = phone.get(address[1])
    assert shown.status_code == 200
    patient = Patient.objects.get(courses__visits=visit_id)
    for private in (patient.family_name, patient.medical_record_number, str(visit_id), nurse.user.name):
        assert private not in shown.content.decode()
    assert "Opened on a phone" in tablet.get(f"{page}state/").content.decode()
    sent = ANSWERS | key()
    assert phone.post(address[1], sent).status_code == 303
    assert (
        phone.post(address[1], sent).status_code == 303
    )  # the answer was lost on the way, the form sent again
    found = QuestionnaireResponse.objects.get()
    assert (found.mode, found.total, found.patient_id) == ("phone", 9, patient.id)
    assert models.QuestionnaireLink.objects.get().visit_id == visit_id
    assert AuditEntry.objects.filter(verb="visits.answer_on_phone").count() == 1
    assert phone.get(address[1]).status_code == 404
    assert phone.post(address[1], ANSWERS | key()).status_code == 409
    assert "Answered" in tablet.get(f"{page}state/").content.decode()


def test_what_is_left_out_is_asked_about_once(nurse: Staff, visit_id: UUID) -> None:
    address, phone = given(nurse, visit_id), Client()
    some = {name: value for name, value in ANSWERS.items() if name != "item_9"} | key()
    first = phone.post(address, some)
    assert first.status_code == 422
    asked = re.search(r'name="asked_about" value="([^"]+)"', first.content.decode())
    assert asked is not None
    assert phone.post(address, some | {"asked_about": asked[1]}).status_code == 303
    assert QuestionnaireResponse.objects.get().total is None


def test_a_link_ends_with_its_time_with_another_and_with_the_dose(nurse: Staff, visit_id: UUID) -> None:
    phone, first = Client(), given(nurse, visit_id)
    second = given(nurse, visit_id)
    assert phone.get(first).status_code == 404
    assert phone.get(second).status_code == 200
    models.PhoneLink.objects.filter(ended_at__isnull=True).update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )
    assert phone.post(second, ANSWERS | key()).status_code == 409
    third = given(nurse, visit_id)
    actions.end_phone_link(by=nurse.viewer, at=timezone.now(), visit_id=visit_id)
    assert phone.get(third).status_code == 404
    fourth = given(nurse, visit_id)
    models.Visit.objects.filter(pk=visit_id).update(state="monitoring")
    assert phone.get(fourth).status_code == 404
    with pytest.raises(actions.Refused, match="between the patient"):
        given(nurse, visit_id)
    assert not QuestionnaireResponse.objects.exists()


def test_guessing_is_slowed_down(nurse: Staff, visit_id: UUID) -> None:
    phone, address = Client(REMOTE_ADDR="203.0.113.9"), given(nurse, visit_id)
    for _ in range(own_phone.most("wrong_tries")):
        assert phone.get(f"/q/{uuid4()}/").status_code == 404
    assert phone.get(f"/q/{uuid4()}/").status_code == 429
    assert phone.get(address).status_code == 429  # from there not even a right one
    assert Client(REMOTE_ADDR="203.0.113.10").get(address).status_code == 200


def test_a_link_of_somebody_who_left_the_clinic_takes_nothing(nurse: Staff, visit_id: UUID) -> None:
    leaver = factories.staff(Role.NURSE)
    address = given(leaver, visit_id)
    leaver.user.is_active = False
    leaver.user.save()
    assert Client().post(address, ANSWERS | key()).status_code == 409


def test_a_thought_of_suicide_told_by_phone_asks_a_person(nurse: Staff, visit_id: UUID) -> None:
    assert Client().post(given(nurse, visit_id), ANSWERS | key()).status_code == 303
    assert Task.objects.filter(kind=TaskKind.ITEM_NINE).count() == 1


def test_the_visit_is_held_before_its_link_by_the_phone_as_by_the_tablet(
    nurse: Staff, visit_id: UUID
) -> None:
    """The other way round a patient who sends, and a nurse who makes a new code, would each wait for the other."""
    address = given(nurse, visit_id)
    tablet = {"by": nurse.viewer, "at": timezone.now(), "visit_id": visit_id}
    for act in (
        lambda: Client().post(address, ANSWERS | key()),
        lambda: actions.give_phone_link(**tablet),
        lambda: actions.end_phone_link(**tablet),
    ):
        with CaptureQueriesContext(connection) as asked:
            act()
        held = [each["sql"].split('"')[1] for each in asked if "FOR UPDATE" in each["sql"]]
        held = [table for table in held if table in ("visits_visit", "visits_phonelink")]
        assert held == ["visits_visit", "visits_phonelink"]
