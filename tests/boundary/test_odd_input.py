"""What no page sends: years without days, numbers without end, broken characters. Each is answered with a page."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.clinic import factories, patients
from tests.clinic.visits import scenes

from euthymia.clinic.courses import queries as courses
from euthymia.clinic.courses.models import IntakeDraft
from euthymia.clinic.measures import actions as measures
from euthymia.clinic.visits.forms import ReceiptForm
from euthymia.clinic.visits.forms.paper import PaperOrderForm
from euthymia.protocol import Product
from euthymia.protocol.route import Route

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> factories.Staff:
    return factories.staff(*patients.STAFF, factories.Role.MEDICAL_DIRECTOR, clinic=factories.by_day())


@pytest.fixture
def client(person: factories.Staff) -> Client:
    return factories.signed_in(person)


@pytest.mark.parametrize("name", ["people:directory", "courses:courses", "courses:inbox"])
@pytest.mark.parametrize("number", ["9" * 5000, "9" * 30, "-1", "٣", "x"])
def test_a_page_of_a_list_that_there_cannot_be(client: Client, name: str, number: str):
    assert client.get(reverse(name), {"page": number}).status_code == 200


def test_a_record_number_with_a_broken_character(person: factories.Staff, client: Client):
    patient_id = patients.patient(person.viewer)
    address = reverse("people:join", args=[patient_id])
    assert client.get(address, {"record": "x\x00y"}).status_code == 404


@pytest.mark.parametrize("year", ["0001", "1066", "9999"])
class TestYears:
    def test_in_an_answer(self, person: factories.Staff, client: Client, year: str):
        address = reverse("measures:phq_9", args=[patients.patient(person.viewer)])
        page = client.post(address, {"taken_at": f"{year}-01-01T00:00", "item_1": "0"})
        assert page.status_code == 422
        assert "Check the year." in page.content.decode()

    def test_in_a_plan(self, person: factories.Staff, client: Client, year: str):
        course = patients.consented(person.viewer, timezone.now() - timedelta(days=1))
        page = client.get(
            reverse("courses:plan", args=[course]),
            {"first_session_on": f"{year}-12-31", "dose_mg": "56", "escort_name": "A"},
        )
        assert page.status_code == 200
        assert "Check the year." in page.content.decode()

    def test_in_a_free_time(self, person: factories.Staff, client: Client, year: str):
        course = patients.planned(person.viewer, timezone.now() - timedelta(days=1))
        chair = scenes.chair(person.viewer, "1").pk
        sent = {"slot": f"{year}-12-31T23:59+00:00|{chair}", "idempotency_key": str(uuid4())}
        page = client.post(reverse("visits:book", args=[course]), sent)
        assert page.status_code == 422
        assert "no time of this page" in page.content.decode()


def test_a_dose_for_weight_that_nobody_can_reckon_with(person: factories.Staff, client: Client):
    now = timezone.now() - timedelta(days=1)
    course = patients.consented(person.viewer, now, Product.KETAMINE_IV)
    measures.record_height(
        by=person.viewer,
        at=now,
        patient_id=courses.course(person.viewer, course).patient_id,
        height_cm=Decimal(150),
        measured_at=now,
    )
    for dose in ("1e999999", "-1e999999", "1e-999999", "sNaN", "9" * 40):
        asked = {"mg_per_kg": dose, "first_session_on": timezone.now().date().isoformat(), "minutes": "40"}
        assert client.get(reverse("courses:plan", args=[course]), asked).status_code == 200, dose


class TestDrafts:
    @pytest.fixture
    def course(self, person: factories.Staff) -> UUID:
        return patients.referred(person.viewer, timezone.now())

    def kept(self, client: Client, course: UUID, step: str, **sent: str) -> Any:
        return client.post(reverse("courses:intake_draft", args=[course, step]), {"version": "0", **sent})

    def test_a_broken_character_is_kept_as_one(self, client: Client, course: UUID):
        answer = self.kept(client, course, "medicines", name_0="a\x00b", idempotency_key=str(uuid4()))
        assert answer.status_code == 200
        assert IntakeDraft.objects.get(course=course).texts["name_0"] == ["a�b"]

    def test_rows_without_end_are_no_rows(self, client: Client, course: UUID):
        for number in ("9" * 5000, "999999999"):
            sent = urlencode({f"name_{number}": "x", "version": "0"})
            address = reverse("courses:intake_draft", args=[course, "medicines"])
            kept = client.post(address, sent, content_type="application/x-www-form-urlencoded")
            assert kept.status_code == 200
        assert client.get(reverse("courses:intake_step", args=[course, "medicines"])).status_code == 200


def test_a_number_that_no_page_carries(person: factories.Staff, client: Client):
    visit_id = scenes.checking_in(person.viewer, timezone.now() - timedelta(minutes=5))
    for name in ("read_up_to", "version"):
        for number in ("²", "9" * 5000, "9" * 30, "-1", "x"):
            sent = {name: number, "weight_kg": "", "idempotency_key": str(uuid4())}
            assert client.post(reverse("visits:weight", args=[visit_id]), sent).status_code == 422, number[:9]


@pytest.mark.parametrize("strokes", ["[[[Infinity, 1]]]", "[[[NaN, 1]]]", "[" * 200_000, "[[[-1, 2]]]", "x"])
def test_a_drawing_that_no_hand_made(strokes: str):
    form = ReceiptForm({"strokes": strokes}, now=timezone.now())
    assert "did not arrive whole" in str(form.errors["strokes"])


def test_more_devices_on_paper_than_any_order_names():
    form = PaperOrderForm(
        {"devices": "99999"}, now=timezone.now(), staff=(), prescribers=(), usual=Route.NASAL, direct=()
    )
    assert "devices" in form.errors


@pytest.mark.parametrize("after", ["/board/\r\nSet-Cookie: a=b", "/board/\n"])
def test_a_way_back_of_two_lines_comes_after_the_write_and_fails_nothing(
    person: factories.Staff, client: Client, after: str
):
    visit_id = scenes.checking_in(person.viewer, timezone.now() - timedelta(minutes=5))
    address = reverse("visits:weight", args=[visit_id])
    sent = {"weight_kg": "70", "idempotency_key": str(uuid4())}
    answer = client.post(f"{address}?next={quote(after)}", sent)
    assert answer.status_code == 303
    assert answer["Location"].startswith("/board/%0")
