"""What waited on a tablet: entered once, with its own time, by its author or by name for them; and what is refused."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.clinic import factories, patients
from tests.clinic.factories import Staff
from tests.clinic.visits import scenes
from tests.clinic.visits.scenes import CALM

from euthymia.clinic.access.models import Clinic
from euthymia.clinic.access.permissions import Role
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.visits import actions, models, queries
from euthymia.clinic.visits.actions import Readings

pytestmark = pytest.mark.django_db
SET = {"systolic": "131", "diastolic": "79", "heart_rate": "74", "sedation": "5"}


@pytest.fixture
def clinic(db: None) -> Clinic:
    return factories.by_day()


@pytest.fixture
def nurse(clinic: Clinic) -> Staff:
    return factories.staff(Role.PRESCRIBER, Role.NURSE, clinic=clinic)


@pytest.fixture
def other(clinic: Clinic) -> Staff:
    return factories.staff(Role.NURSE, clinic=clinic)


@pytest.fixture
def visit(nurse: Staff) -> UUID:
    return scenes.monitored(nurse.viewer, ago(60))


def ago(minutes: float) -> datetime:
    return timezone.now() - timedelta(minutes=minutes)


def pulse(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get(reverse("visits:pulse")).json()
    return found


def late(client: Client, entered: datetime, *, author: str = "", **more: Any) -> dict[str, str]:
    """What the tablet adds to a form it kept; its own clock runs ten minutes ahead unless said otherwise."""
    now = timezone.now() + timedelta(seconds=more.pop("ahead_s", 600))
    told = {
        "late_entered_at": entered.isoformat(),
        "late_ahead_s": "600",
        "late_tablet_ms": str(int(now.timestamp() * 1000)),
        "late_author": author or pulse(client)["proof"],
        "idempotency_key": str(uuid4()),
    }
    return told | {name: str(value) for name, value in more.items()}


def send(
    client: Client, name: str, visit: UUID, data: dict[str, str], *args: object
) -> tuple[int, dict[str, Any]]:
    answer = client.post(reverse(f"visits:{name}", args=[visit, *args]), data)
    return answer.status_code, answer.json()


def test_a_set_keeps_its_time_its_author_and_the_clock_and_a_lost_answer_makes_no_second(
    nurse: Staff, visit: UUID
) -> None:
    client, entered = factories.signed_in(nurse), ago(12)
    data = {**SET, **late(client, entered)}
    assert send(client, "observe", visit, data) == (200, {"saved": True, "again": False})
    assert send(client, "observe", visit, data) == (200, {"saved": True, "again": True})
    rows = models.Observation.objects.filter(visit=visit, measured_at=entered)
    assert rows.count() == 3
    assert {row.recorded_at > entered + timedelta(minutes=11) for row in rows} == {True}
    kept = models.LateEntry.objects.get(visit=visit)
    assert (kept.author_id, kept.entered_at, kept.tablet_ahead_s) == (nurse.user.id, entered, 600)
    page = client.get(reverse("visits:visit", args=[visit])).content.decode()
    assert "131/79" in page
    assert "entered" in page


def test_another_person_sends_it_only_by_name_and_the_entry_and_the_audit_say_for_whom(
    nurse: Staff, other: Staff, visit: UUID
) -> None:
    proof = pulse(factories.signed_in(nurse))["proof"]
    client = factories.signed_in(other)
    data = {**SET, **late(client, ago(5), author=proof)}
    status, told = send(client, "observe", visit, data)
    assert status == 422
    assert "Somebody else entered this" in told["refused"]
    assert send(client, "observe", visit, data | {"late_taken_over": "yes"})[0] == 200
    row = models.Observation.objects.filter(visit=visit).latest("recorded_at")
    assert row.recorded_by_id == other.user.id
    page = client.get(reverse("visits:visit", args=[visit])).content.decode()
    assert f"{other.user.name} for {nurse.user.name}" in page
    entry = AuditEntry.objects.get(verb="visits.enter_late")
    assert entry.actor_id == other.user.id
    assert entry.detail["author"] == str(nurse.user.id)
    assert entry.detail["taken_over"] is True


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"late_author": signing.dumps(str(uuid4()), salt="another")}, "not understood"),
        ({"late_author": ""}, "before it had heard from the server who was signed in"),
        ({"late_tablet_ms": "x"}, "not understood"),
        ({"late_entered_at": "2026-01-01T10:00:00"}, "not understood"),
        ({"ahead_s": 1800}, "clock was changed by 20 minutes"),
        ({"systolic": "900"}, "cannot be"),
        ({"late_entered_at": (timezone.now() + timedelta(days=1)).isoformat()}, "still to come"),
        ({"late_entered_at": "0001-01-01T00:00:00+00:00"}, "not understood"),
        ({"late_entered_at": "9999-12-31T23:59:59+00:00", "happened": "23:59"}, "not understood"),
        ({"late_entered_at": "1970-01-01T00:00:00+00:00"}, "before the patient came"),
    ],
)
def test_what_cannot_be_trusted_is_refused_with_its_reason(
    nurse: Staff, visit: UUID, change: dict[str, Any], words: str
) -> None:
    client = factories.signed_in(nurse)
    before = models.Observation.objects.count()
    ahead = {"ahead_s": change.pop("ahead_s")} if "ahead_s" in change else {}
    status, told = send(client, "observe", visit, {**SET, **late(client, ago(3), **ahead), **change})
    assert (status, words in told["refused"]) == (422, True), told
    assert models.Observation.objects.count() == before


def test_what_is_unusual_is_asked_once_and_a_yes_is_enough(nurse: Staff, visit: UUID) -> None:
    client = factories.signed_in(nurse)
    data = {**late(client, ago(3)), "systolic": "212", "diastolic": "96"}
    status, told = send(client, "observe", visit, data)
    assert status == 422
    assert told["asks"] == {"confirmed": "upper pressure 212 mmHg"}
    assert send(client, "observe", visit, data | told["asks"])[0] == 200


def test_the_fields_tell_the_tablet_what_the_server_calls_unusual(nurse: Staff, visit: UUID) -> None:
    page = factories.signed_in(nurse).get(reverse("visits:blank_forms")).content.decode()
    field = re.search(r'<input[^>]*name="systolic"[^>]*>', page)
    assert field is not None
    assert 'data-said="upper pressure # mmHg"' in field[0]
    assert 'data-usual="' in field[0]
    assert re.search(r'name="idempotency_key"(?![^>]*value)', page)  # the key is made on the tablet


def test_an_alarm_that_is_over_is_raised_and_said_to_be_late(nurse: Staff, visit: UUID) -> None:
    client = factories.signed_in(nurse)
    scenes.observe(nurse.viewer, ago(2), visit, CALM)
    data = {
        **late(client, ago(20)),
        "systolic": "124",
        "diastolic": "78",
        "spo2": "84",
        "confirmed": "oxygen saturation 84 %",
    }
    status, told = send(client, "observe", visit, data)
    if told.get("asks"):
        status, told = send(client, "observe", visit, data | told["asks"])
    assert status == 200, told
    alarms = queries.open_alarms(nurse.viewer, visit)
    assert [alarm.is_late for alarm in alarms if "84" in alarm.finding.sentence] == [True]
    assert "became known at" in client.get(reverse("visits:live", args=[visit])).content.decode()


def test_a_device_and_an_answer_keep_when_they_were(nurse: Staff) -> None:
    visit = scenes.ordered(nurse.viewer, ago(30))
    client, given = factories.signed_in(nurse), ago(20)
    device = {"number": "1", "first_nostril": "left", "lot": "L1", "expires_on": "2031-01-31"}
    data = {**device, **late(client, given)}
    assert send(client, "device", visit, data)[0] == 200
    assert send(client, "device", visit, data)[1]["again"] is True
    assert models.DeviceAdministration.objects.get(visit=visit).measured_at == given
    twice = {**device, **late(client, given)}
    status, told = send(client, "device", visit, twice)
    assert status == 409
    assert "recorded already" in told["refused"]
    scenes.observe(nurse.viewer, ago(10), visit, Readings(spo2=84), confirmed=("oxygen saturation 84 %",))
    alarm = queries.open_alarms(nurse.viewer, visit)[0]
    seen = ago(8)
    answer = {**late(client, seen), "alarm_ids": str(alarm.id), "done": "seen", "action": "Woke and breathed"}
    assert send(client, "acknowledge", visit, answer)[0] == 200
    assert models.Acknowledgement.objects.get(alarm=alarm.id).measured_at == seen


def test_an_emergency_can_wait_and_a_judgement_cannot(nurse: Staff, visit: UUID) -> None:
    client = factories.signed_in(nurse)
    status, told = send(
        client, "judge_stability", visit, {**late(client, ago(3)), "stable": "yes", "basis": "walks"}
    )
    assert (status, "cannot wait" in told["refused"]) == (422, True)
    assert send(client, "emergency", visit, late(client, ago(3)))[0] == 200
    assert scenes.state(visit) == "emergency"
    assert send(client, "emergency", visit, late(client, ago(2)))[0] == 200  # once more makes nothing more
    assert models.LateEntry.objects.filter(visit=visit).count() == 1


def test_a_medicine_given_keeps_when_it_was_and_is_held_to_its_order(nurse: Staff, visit: UUID) -> None:
    by, at = nurse.viewer, ago(30)
    examplin = actions.Dosed(medicine="Examplin", dose=Decimal(4), unit="mg", route="oral")
    actions.order_medicine(
        by=by, at=at, visit_id=visit, dosed=examplin, why="retches", reauth=patients.proof(by, at)
    )
    client, given = factories.signed_in(nurse), ago(12)
    assert pulse(client)["seats"][0]["medicines"] == "Ordered and not given: Examplin, 4 mg, by mouth."
    said = {"medicine": "examplin", "dose": "4", "unit": "mg", "route": "oral", "note": "no connection"}
    data = {**said, **late(client, given)}
    assert send(client, "give_unordered", visit, data) == (200, {"saved": True, "again": False})
    assert send(client, "give_unordered", visit, data) == (200, {"saved": True, "again": True})
    row = models.MedicineGiven.objects.get(visit=visit)
    assert (row.measured_at, row.order is not None, row.note) == (given, True, "no connection")
    assert not models.Deviation.objects.filter(rule="MED-2").exists()
    assert pulse(client)["seats"][0]["medicines"] == "No medicine is ordered."
    assert (
        send(client, "give_unordered", visit, {**said, **late(client, ago(5))})[0] == 200
    )  # ordered once, given twice
    assert models.Deviation.objects.filter(rule="MED-2").count() == 1


def test_what_was_refused_is_given_up_with_a_reason_that_stays(nurse: Staff, visit: UUID) -> None:
    client = factories.signed_in(nurse)
    data = late(client, ago(3), what="device")
    assert send(client, "drop_late", visit, data)[1]["refused"] == "Say why it is given up."
    for _ in range(2):
        assert send(client, "drop_late", visit, data | {"why": "Entered twice by mistake"})[0] == 200
    kept = models.LateEntry.objects.get(visit=visit)
    assert (kept.subjects, kept.reason) == ([], "Entered twice by mistake")
    assert "Entered twice by mistake" in client.get(reverse("visits:visit", args=[visit])).content.decode()
    device = {"number": "3", "first_nostril": "left", "lot": "L1", "expires_on": "2031-01-31"}
    assert "given up before" in send(client, "device", visit, device | data)[1]["refused"]
    saved = {**SET, **late(client, ago(3))}
    send(client, "observe", visit, saved)
    gone = send(client, "drop_late", visit, saved | {"what": "readings", "why": "x"})[1]["refused"]
    assert "saved after all" in gone


def test_the_pulse_tells_who_sits_where_and_keeps_nobody_signed_in(
    nurse: Staff, visit: UUID, clinic: Clinic
) -> None:
    client = factories.signed_in(nurse)
    told = pulse(client)
    seat = next(each for each in told["seats"] if each["visit"] == str(visit))
    assert seat["forms"] == ["readings", "medicine", "emergency"]
    assert seat["medicines"] == "No medicine is ordered."
    assert seat["ordered"] == "Ordered: 56 mg = 2 devices."
    therapist = factories.signed_in(factories.staff(Role.THERAPIST, clinic=clinic))
    assert pulse(therapist)["seats"] == []
    session = client.session
    session["seen_at"] = session["seen_at"] - 600
    session.save()
    client.get(reverse("visits:pulse"), headers={"HX-Request": "true"})
    assert client.session["seen_at"] == session["seen_at"]
    stranger = factories.staff(Role.NURSE, clinic=factories.clinic("Elsewhere"))
    assert pulse(factories.signed_in(stranger))["seats"] == []
