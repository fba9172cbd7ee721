"""The pages: what they show, what they ask, what they refuse, and how many queries they take."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from tests.clinic import factories, patients
from tests.clinic.factories import Staff
from tests.clinic.visits import scenes

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.forecasts import actions as forecasts
from euthymia.clinic.forecasts import engine
from euthymia.clinic.people.models import Patient
from euthymia.clinic.visits import actions, models
from euthymia.clinic.visits.actions import Readings
from euthymia.clinic.visits.models.dose import InfusionStep
from euthymia.protocol import Product

pytestmark = pytest.mark.django_db
BOARD_QUERIES, VISIT_QUERIES, PAD_QUERIES, DAY_QUERIES = 26, 49, 11, 15
"""With session, person and rights; none grows with the number of chairs or readings. The day reads the house too."""


@pytest.fixture
def person() -> Staff:
    return factories.staff(Role.PRESCRIBER, Role.NURSE, clinic=factories.by_day())


@pytest.fixture
def client(person: Staff) -> Client:
    return factories.signed_in(person)


def ago(minutes: float) -> Any:
    return timezone.now() - timedelta(minutes=minutes)


def url(name: str, *args: Any) -> str:
    return reverse(f"visits:{name}", args=args)


def key() -> dict[str, str]:
    return {"idempotency_key": str(uuid4())}


def seen(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return str(response.content.decode())


class TestBoard:
    def test_it_shows_who_what_since_when_what_is_due_and_from_when_they_may_leave(
        self, person: Staff, client: Client
    ) -> None:
        visit_id = scenes.monitored(person.viewer, ago(62))
        scenes.observe(person.viewer, ago(40), visit_id, Readings(systolic=151, diastolic=92))
        html = seen(client, url("board"))
        for part in (
            "Imke",
            "Chair 1",
            "151/92",
            "rising",
            "Overdue",
            "May leave from",
            "This is not an alarm",
        ):
            assert part in html
        assert f'hx-get="{url("tiles")}"' in html
        assert 'hx-trigger="every 1500ms, wake"' in html
        assert "data-live" in html

    def test_an_alarm_is_on_the_board_until_it_is_answered(self, person: Staff, client: Client) -> None:
        visit_id = scenes.monitored(person.viewer, ago(30))
        scenes.observe(person.viewer, ago(1), visit_id, Readings(spo2=92))
        assert re.search(r"1 alarm not answered: Imke Test\d+, Chair 1", seen(client, url("tiles")))
        page = seen(client, url("acknowledge", visit_id))
        ids = re.search(r'name="alarm_ids" value="([^"]+)"', page)
        assert ids is not None
        said = {"alarm_ids": ids[1], "done": "positioned", "action": "roused, 97 % now"} | key()
        assert client.post(url("acknowledge", visit_id), said).status_code == 303
        assert "not answered" not in seen(client, url("tiles"))

    def test_the_front_desk_sees_who_and_where_and_nothing_clinical(self, person: Staff) -> None:
        visit_id = scenes.monitored(person.viewer, ago(62))
        scenes.pressure(person.viewer, ago(40), visit_id, 151, 92)
        html = seen(factories.signed_in(factories.staff(Role.FRONT_DESK)), url("board"))
        assert "Imke" in html
        assert "Chair 1" in html
        for part in ("151/92", "Esketamine", "May leave from", f"/visits/{visit_id}/", "Overdue"):
            assert part not in html

    def test_a_restricted_patient_takes_a_chair_without_a_name(self, person: Staff, client: Client) -> None:
        scenes.monitored(person.viewer, ago(62))
        Patient.objects.update(restricted=True)
        html = seen(client, url("board"))
        assert "Restricted chart" in html
        assert "Imke" not in html

    @pytest.mark.parametrize("chairs", [1, 3])
    def test_queries_do_not_grow_with_the_chairs(
        self,
        person: Staff,
        client: Client,
        chairs: int,
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for number in range(chairs):
            chair = scenes.chair(person.viewer, f"Chair {number}").pk
            visit_id = scenes.monitored(person.viewer, ago(62), chair_id=chair)
            scenes.observe(person.viewer, ago(40), visit_id)
        client.get(url("tiles"))
        with django_assert_max_num_queries(BOARD_QUERIES):
            client.get(url("tiles"))


class TestVisitPage:
    def test_each_stage_has_one_primary_action(self, person: Staff, client: Client) -> None:
        by = person.viewer
        stages = {
            "Check in": scenes.booked,
            "Finish check-in": scenes.checking_in,
            "Confirm at the bedside": partial(scenes.ordered, confirmed=False),
            "Device 1": lambda by, at, **more: scenes.ordered(by, ago(5), **more),
            "Record readings": scenes.monitored,
            "Ready to leave": lambda by, at, **more: scenes.recovered(by, at, **more),
        }
        for number, (label, made) in enumerate(stages.items()):
            begun = ago(135) if label == "Ready to leave" else ago(-60 if label == "Check in" else 20)
            visit_id = made(by, begun, chair_id=scenes.chair(by, f"Chair {number}").pk)
            html = seen(client, url("visit", visit_id))
            bar = html[html.index("action-bar") :]
            primary = re.findall(r"button-primary[^>]*>([^<]+)<", bar)
            assert primary == [label]

    def test_both_clocks_are_named_and_the_gate_explains_itself(self, person: Staff, client: Client) -> None:
        visit_id = scenes.monitored(person.viewer, ago(30))
        html = seen(client, url("visit", visit_id))
        assert "Programme: since the first device" in html
        assert "Protection: since the last device" in html
        assert "Suicide risk has not been judged again after the dose" in html
        assert "Not before" in html
        for way in ("Emergency", "Transfer", "Leaves against advice", "Death"):
            assert way in html

    def test_reading_it_is_logged(self, person: Staff, client: Client) -> None:
        from euthymia.clinic.audit.models import AuditEntry

        visit_id = scenes.monitored(person.viewer, ago(30))
        seen(client, url("visit", visit_id))
        assert AuditEntry.objects.filter(verb="read", subject=f"visit {visit_id}").count() == 1

    @pytest.mark.parametrize("sets", [1, 6])
    def test_queries_do_not_grow_with_the_readings(
        self,
        person: Staff,
        client: Client,
        sets: int,
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:
        visit_id = scenes.monitored(person.viewer, ago(100))
        for number in range(sets):
            scenes.observe(person.viewer, ago(60 - number), visit_id)
        client.get(url("visit", visit_id))
        with django_assert_max_num_queries(VISIT_QUERIES):
            client.get(url("visit", visit_id))

    def test_queries_of_pad_and_day(
        self, person: Staff, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        visit_id = scenes.monitored(person.viewer, ago(30))
        client.get(url("observe", visit_id))
        with django_assert_max_num_queries(PAD_QUERIES):
            client.get(url("observe", visit_id))
        with django_assert_max_num_queries(DAY_QUERIES):
            client.get(url("schedule"))


class TestForecastPanel:
    def test_it_is_pending_then_drawn_and_never_computed_by_a_page(
        self, person: Staff, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        visit_id = scenes.monitored(person.viewer, ago(30))
        assert "Being computed" in seen(client, url("visit", visit_id))
        forecasts.compute_next(timezone.now())
        monkeypatch.setattr(engine, "compute", lambda *a: pytest.fail("a page computed"))
        html = seen(client, url("visit", visit_id))
        for part in ("perez-ruixo-2021", "<svg", "<table"):
            assert part in html
        (beside,) = re.findall(r'<p class="small">(Predicted, not measured, by .*?)</p>', html, re.DOTALL)
        for part in ("Perez-Ruixo 2021", "venous plasma", "820 adults", "Clin Pharmacokinet"):
            assert part in beside  # in sight, without unfolding anything
        assert "Being computed" not in html

    def test_a_failure_says_so_and_the_visit_goes_on(
        self, person: Staff, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def breaks(content: object) -> engine.Computed:
            raise RuntimeError

        monkeypatch.setattr(engine, "_concentration", breaks)
        visit_id = scenes.monitored(person.viewer, ago(30))
        forecasts.compute_next(timezone.now())
        html = seen(client, url("visit", visit_id))
        assert "No prediction" in html
        assert "Record readings" in html

    def test_a_further_device_marks_the_curve_as_superseded(self, person: Staff, client: Client) -> None:
        visit_id = scenes.monitored(person.viewer, ago(30))
        forecasts.compute_next(timezone.now())
        scenes.device(person.viewer, ago(1), visit_id, 3)
        assert "Superseded" in seen(client, url("live", visit_id))


class TestWriting:
    def test_a_full_set_is_one_post_and_leads_back_to_the_board(self, person: Staff, client: Client) -> None:
        visit_id = scenes.monitored(person.viewer, ago(30))
        said = {
            "systolic": "131",
            "diastolic": "84",
            "heart_rate": "72",
            "spo2": "97",
            "respiratory_rate": "14",
            "sedation": "4",
            "dissociation": "1",
            "asked": "none",
        }
        response = client.post(f"{url('observe', visit_id)}?next={url('board')}", said | key())
        assert (response.status_code, response["Location"]) == (303, url("board"))
        assert models.Observation.objects.filter(visit=visit_id, recorded_at__gte=ago(1)).count() == 7

    def test_nothing_typed_is_lost_when_a_value_cannot_be(self, person: Staff, client: Client) -> None:
        visit_id = scenes.monitored(person.viewer, ago(30))
        said = {"systolic": "131", "diastolic": "84", "heart_rate": "7200", "note": "warm hands"} | key()
        response = client.post(url("observe", visit_id), said)
        assert response.status_code == 422
        html = response.content.decode()
        assert "cannot be" in html
        for typed in ('value="131"', 'value="7200"', "warm hands", said["idempotency_key"]):
            assert typed in html

    def test_an_unusual_value_is_confirmed_by_saving_again(self, person: Staff, client: Client) -> None:
        visit_id = scenes.monitored(person.viewer, ago(30))
        said = {"heart_rate": "160", "asked": "some", "symptoms": ["chest pain", "breathlessness"]} | key()
        response = client.post(url("observe", visit_id), said)
        assert response.status_code == 422
        html = response.content.decode()
        confirmed = re.search(r'name="confirmed" value="([^"]+)"', html)
        assert confirmed is not None
        assert html.count("checked") >= 3
        again = client.post(url("observe", visit_id), said | {"confirmed": confirmed[1]})
        assert again.status_code == 303
        assert models.Observation.objects.get(kind="symptoms", recorded_at__gte=ago(1)).symptoms == [
            "breathlessness",
            "chest pain",
        ]

    def test_a_form_from_an_older_screen_is_told(self, person: Staff, client: Client) -> None:
        visit_id = scenes.asked(person.viewer, ago(5))
        old = {"version": "2"} | key()
        assert client.post(url("finish_check_in", visit_id), old).status_code == 303
        response = client.post(url("reopen_check_in", visit_id), {"why": "x", "version": "2"} | key())
        assert response.status_code == 409
        assert "Meanwhile the visit went on" in response.content.decode()

    def test_check_in_that_is_not_complete_lists_what_is_missing(self, person: Staff, client: Client) -> None:
        visit_id = scenes.checking_in(person.viewer, ago(5))
        response = client.post(url("finish_check_in", visit_id), {"version": "2"} | key())
        assert response.status_code == 422
        assert "Blood pressure has not been measured today" in response.content.decode()

    def test_an_order_is_checked_then_signed(self, person: Staff, client: Client) -> None:
        visit_id = scenes.asked(person.viewer, ago(5))
        actions.finish_check_in(by=person.viewer, at=ago(4), visit_id=visit_id)
        said = {"dose_mg": "56", "devices": "2", "version": "3"} | key()
        checked = client.post(url("order", visit_id), said | {"step": "check"})
        assert checked.status_code == 200
        html = checked.content.decode()
        assert "2 × 28 mg" in html
        assert "I prescribe this dose" in html
        shown = re.search(r'name="seen" value="([^"]+)"', html)
        assert shown is not None
        said |= {"seen": shown[1]}
        unsigned = client.post(url("order", visit_id), said | {"step": "sign"})
        assert unsigned.status_code == 422
        signed = client.post(url("order", visit_id), said | {"step": "sign"} | factories.signing(person))
        assert signed.status_code == 303
        assert models.Order.objects.get().devices == 2

    def test_what_may_be_passed_is_signed_for_beside_the_order(self, person: Staff, client: Client) -> None:
        visit_id = scenes.asked(person.viewer, ago(5))
        actions.finish_check_in(by=person.viewer, at=ago(4), visit_id=visit_id)
        said = {"dose_mg": "84", "devices": "3", "version": "3"} | key()
        html = client.post(url("order", visit_id), said | {"step": "check"}).content.decode()
        mark = re.search(r'name="fingerprints" value="(\w+)"', html)
        assert mark is not None
        overridden = client.post(
            url("order", visit_id),
            said
            | {"step": "override", "fingerprints": mark[1], "why": "tolerated before"}
            | factories.signing(person),
        )
        assert overridden.status_code == 200
        assert "I prescribe this dose" in overridden.content.decode()

    def test_a_discharge_is_signed(self, person: Staff, client: Client) -> None:
        visit_id = scenes.recovered(person.viewer, ago(135))
        html = seen(client, url("discharge", visit_id))
        assert "only after a full night" in html.replace("&#x27;", "'")
        version = str(models.Visit.objects.get(pk=visit_id).version)
        said = {"version": version} | key()
        assert client.post(url("discharge", visit_id), said).status_code == 422
        done = client.post(url("discharge", visit_id), said | factories.signing(person))
        assert done.status_code == 303
        assert models.Visit.objects.get(pk=visit_id).state == "discharged"

    def test_the_front_desk_books_and_is_told_when_the_chair_is_taken(self, person: Staff) -> None:
        desk = factories.signed_in(factories.staff(Role.FRONT_DESK))
        course_id = patients.planned(person.viewer, timezone.now())
        chair = scenes.chair(person.viewer)
        start = timezone.localtime(timezone.now() + timedelta(days=2)).strftime("%Y-%m-%dT10:00")
        said = {"scheduled_at": start, "minutes": "180", "chair_id": str(chair.pk)}
        assert desk.post(url("book", course_id), said | key()).status_code == 303
        second = desk.post(url("book", course_id), said | key())
        assert second.status_code == 422
        assert "Chair 1 is taken from 10:00 to 13:00" in second.content.decode()


def test_a_device_given_early_is_recorded_from_the_page(person: Staff, client: Client) -> None:
    visit_id = scenes.ordered(person.viewer, ago(5))
    scenes.device(person.viewer, ago(2), visit_id, 1)
    html = seen(client, url("device", visit_id))
    assert "Rest before this device" in html
    said = {"number": "2", "first_nostril": "right", "lot": "L9", "expires_on": "2027-05-01"} | key()
    asked = client.post(url("device", visit_id), said)
    assert asked.status_code == 422
    assert "write why: it is kept as a deviation" in asked.content.decode()
    for _ in range(2):
        given = said | {"why_anyway": "the patient had sprayed before anybody could say wait"}
        assert client.post(url("device", visit_id), given).status_code == 303
    assert models.DeviceAdministration.objects.filter(visit=visit_id).count() == 2
    assert "before anybody could say wait" in seen(client, url("visit", visit_id))


def test_a_device_sent_again_is_saved_once_though_the_next_would_need_a_reason(
    person: Staff, client: Client
) -> None:
    visit_id = scenes.ordered(person.viewer, ago(5))
    said = {"number": "1", "first_nostril": "right", "lot": "L9", "expires_on": "2027-05-01"} | key()
    for _ in range(2):
        assert client.post(url("device", visit_id), said).status_code == 303
    assert models.DeviceAdministration.objects.filter(visit=visit_id).count() == 1
    colleague = factories.signed_in(factories.staff(Role.NURSE, clinic=person.user.clinic))
    assert colleague.post(url("device", visit_id), said).status_code == 422  # another's key opens nothing


def test_an_infusion_is_run_from_the_page(person: Staff, client: Client) -> None:
    visit_id = scenes.ordered(person.viewer, ago(5), product=Product.KETAMINE_IV)
    started = {"rate_ml_per_h": "52.5", "concentration_mg_per_ml": "1", "lot": "K1"}
    started |= {"expires_on": (timezone.localdate() + timedelta(days=200)).isoformat()} | key()
    assert client.post(url("infusion", visit_id, "started"), started).status_code == 303
    assert client.get(url("infusion", visit_id, "sideways")).status_code == 404
    ended = {"volume_given_ml": "35"} | key()
    assert client.post(url("infusion", visit_id, "ended"), ended).status_code == 303
    steps = models.InfusionEvent.objects.filter(visit=visit_id).values_list("step", flat=True)
    assert set(steps) == {InfusionStep.STARTED, InfusionStep.ENDED}


def test_a_step_of_an_infusion_is_put_right_from_the_page(person: Staff, client: Client) -> None:
    visit_id = scenes.ordered(person.viewer, ago(50), product=Product.KETAMINE_IV)
    scenes.infuse(person.viewer, ago(45), visit_id, InfusionStep.STARTED, rate_ml_per_h=Decimal("52.5"))
    wrong = scenes.infuse(person.viewer, ago(5), visit_id, InfusionStep.ENDED, volume_given_ml=Decimal("350"))
    page = url("correct_infusion", visit_id, wrong)
    html = seen(client, page)
    assert "350 mL given" in html
    assert "35 mL" in html, "the order stands beside what is entered"
    assert 'value="350' not in html
    clock = ago(5).astimezone(ZoneInfo(factories.clinic().time_zone)).strftime("%H:%M")
    right = {"reason": "one nought too many", "volume_given_ml": "35", "happened": clock}
    assert client.post(page, right | key()).status_code == 303
    html = seen(client, url("visit", visit_id))
    assert "corrected: one nought too many" in html
    assert client.get(page).status_code == 404


def test_a_name_leads_to_the_visit_only_for_who_may_open_it(person: Staff, client: Client) -> None:
    visit_id = scenes.booked(person.viewer)
    desk = factories.signed_in(factories.staff(Role.FRONT_DESK, clinic=person.user.clinic))
    link = f'href="{url("visit", visit_id)}"'
    assert link in seen(client, url("missed", visit_id))
    assert link not in seen(desk, url("missed", visit_id))


def test_an_infusion_without_an_end_says_until_when_its_curve_takes_it_as_going_in(
    person: Staff, client: Client
) -> None:
    running = scenes.ordered(person.viewer, ago(5), product=Product.KETAMINE_IV)
    started = {"rate_ml_per_h": "52.5", "concentration_mg_per_ml": "1", "lot": "K1"}
    started |= {"expires_on": (timezone.localdate() + timedelta(days=200)).isoformat()} | key()
    assert client.post(url("infusion", running, "started"), started).status_code == 303
    while forecasts.compute_next(timezone.now()):
        pass
    html = seen(client, url("visit", running))
    assert re.search(r"the curve takes it as going in until \d\d:\d\d, by the order", html)
    assert "how people differ in this model is not known" in html
    assert "between_people" not in html
