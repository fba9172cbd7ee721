"""A restricted chart tells nobody what is in it; that somebody waits behind it, it does not hide."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags
from tests.clinic import factories, patients
from tests.clinic.factories import Staff
from tests.clinic.visits import scenes

from euthymia.clinic.access import actions as access
from euthymia.clinic.access.permissions import Role
from euthymia.clinic.measures import actions as measures
from euthymia.clinic.people.models import Patient
from euthymia.clinic.safety import queries as safety
from euthymia.clinic.visits.actions import Readings
from euthymia.clinic.visits.models import Visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> Staff:
    return factories.staff(Role.PRESCRIBER, Role.NURSE, clinic=factories.by_day())


@pytest.fixture
def client(person: Staff) -> Client:
    return factories.signed_in(person)


def ago(minutes: float) -> Any:
    return timezone.now() - timedelta(minutes=minutes)


def open_chart(person: Staff, patient_id: UUID) -> None:
    access.break_glass(by=person.viewer, patient_id=patient_id, why="the only nurse here", at=timezone.now())


class TestBoard:
    @pytest.fixture
    def patient(self, person: Staff) -> UUID:
        """A watched patient with an alarm that nobody has answered, whose chart is then restricted."""
        visit_id = scenes.monitored(person.viewer, ago(30))
        scenes.observe(person.viewer, ago(1), visit_id, Readings(spo2=88))
        patient_id: UUID = Patient.objects.get(courses__visits=visit_id).id
        Patient.objects.update(restricted=True)
        return patient_id

    def test_an_alarm_behind_it_is_counted_and_not_told(self, patient: UUID, client: Client) -> None:
        html = client.get(reverse("visits:board")).content.decode()
        assert "1 alarm not answered: Restricted chart, Chair 1" in html
        assert "Nothing overdue" not in html
        assert reverse("access:break_glass", args=[patient]) in html
        for secret in ("Imke", "SpO", "88 %", "STOP-", "Esketamine", "Since t0"):
            assert secret not in html

    def test_with_emergency_access_it_is_told(self, patient: UUID, person: Staff, client: Client) -> None:
        open_chart(person, patient)
        html = client.get(reverse("visits:board")).content.decode()
        assert "1 alarm not answered" in html
        assert "Imke" in html

    def test_the_front_desk_is_told_neither_that_something_waits_nor_that_nothing_does(
        self, patient: UUID
    ) -> None:
        desk = factories.signed_in(factories.staff(Role.FRONT_DESK))
        html = desk.get(reverse("visits:board")).content.decode()
        assert "Restricted chart" in html
        for told in ("not answered", "Nothing overdue", "/emergency/", "is-stop"):
            assert told not in html


class TestFrontDesk:
    """Who is expected, here or gone: nothing of what was done, or how it ended."""

    @pytest.mark.parametrize(
        ("state", "told"),
        [
            ("scheduled", "Expected"),
            ("checking_in", "Here"),
            ("administering", "Here"),
            ("emergency", "Here"),
            ("ready_to_leave", "Here"),
            ("left_against_advice", "Left"),
            ("withheld", "Left"),
            ("died", "Left"),
            ("cancelled", "Cancelled"),
        ],
    )
    def test_no_page_tells_what_was_done(self, person: Staff, state: str, told: str) -> None:
        visit_id = scenes.booked(person.viewer, timezone.now())
        Visit.objects.update(state=state)
        patient_id = Patient.objects.get(courses__visits=visit_id).id
        desk = factories.signed_in(factories.staff(Role.FRONT_DESK))
        words = {
            "Dosing",
            "Emergency",
            "Monitoring",
            "Watched",
            "advice",
            "dose",
            "Died",
            "Check-in",
            "leave",
        }
        for address in (
            reverse("visits:board"),
            reverse("visits:schedule"),
            reverse("people:details", args=[patient_id]),
            reverse("visits:cancel", args=[visit_id]),
        ):
            html = strip_tags(desk.get(address).content.decode().split("<main")[1].split("<footer")[0])
            assert told in html or "cancel" in address
            assert [word for word in words if word in html] == [], address


class TestQueue:
    @pytest.fixture
    def patient(self, person: Staff) -> UUID:
        """A restricted patient who answered the item on suicidal thoughts."""
        patient_id = patients.patient(person.viewer, family_name="Quillfeather")
        answers = {str(item): 3 for item in range(1, 10)}
        measures.record_answers(
            by=person.viewer,
            at=ago(5),
            patient_id=patient_id,
            answers=answers,
            taken_at=ago(5),
            mode="device",
        )
        Patient.objects.update(restricted=True)
        return patient_id

    def test_an_answer_about_suicidal_thoughts_still_reaches_the_queue(
        self, patient: UUID, person: Staff, client: Client
    ) -> None:
        (task,) = safety.queue(person.viewer, timezone.now()).open
        assert task.locked
        assert safety.open_count(person.viewer, timezone.now()) == 1
        html = client.get(reverse("safety:tasks")).content.decode()
        assert reverse("access:break_glass", args=[patient]) in html
        for secret in ("Quillfeather", "Imke", "suicidal", "item 9", f"/tasks/{task.id}/"):
            assert secret not in html

    def test_the_task_itself_stays_closed(self, patient: UUID, person: Staff, client: Client) -> None:
        (task,) = safety.queue(person.viewer, timezone.now()).open
        for name in ("safety:task", "safety:complete"):
            response = client.get(reverse(name, args=[task.id]))
            assert response.status_code == 404
            assert b"Quillfeather" not in response.content

    def test_with_emergency_access_it_is_told(self, patient: UUID, person: Staff, client: Client) -> None:
        open_chart(person, patient)
        (task,) = safety.queue(person.viewer, timezone.now()).open
        assert not task.locked
        assert "Quillfeather" in client.get(reverse("safety:tasks")).content.decode()

    def test_another_clinic_sees_nothing_of_it(self, patient: UUID) -> None:
        stranger = factories.viewer(Role.PRESCRIBER, clinic=factories.clinic("Another"))
        assert safety.queue(stranger, timezone.now()).open == ()
        assert safety.open_count(stranger, timezone.now()) == 0
