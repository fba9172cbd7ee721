"""Bedside monitors: who is let in, whose their readings are, and what the rules and the board make of them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.clinic import factories, patients
from tests.clinic.visits import scenes
from tests.clinic.visits.scenes import NOW, minutes

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Denied, NotFound, Reauthenticated, Viewer
from euthymia.clinic.visits import actions, models, queries, wire
from euthymia.clinic.visits.actions import Conflict, Readings, Receipt, Refused

UNITS = {
    "systolic": "mmHg",
    "diastolic": "mmHg",
    "heart_rate": "/min",
    "respiratory_rate": "/min",
    "spo2": "%",
}

MESSAGE_QUERIES = 45
UNUSUAL = ("oxygen saturation 84 %", "oxygen saturation 83 %")


@pytest.fixture
def staff(db: None) -> Viewer:
    return patients.staff()


@pytest.fixture
def admin(staff: Viewer) -> Viewer:
    return factories.viewer(Role.ADMINISTRATOR)


def monitor(admin: Viewer, name: str = "Monitor 1") -> UUID:
    return actions.keep_monitor(by=admin, at=NOW, name=name)


def key(admin: Viewer, monitor_id: UUID, at: datetime = NOW) -> str:
    proof = Reauthenticated(admin.user_id, "passkey", at)
    return actions.issue_key(by=admin, at=at, monitor_id=monitor_id, reauth=proof)


def body(at: datetime, *, name: str = "", sent_at: datetime | None = None, **values: int) -> dict[str, Any]:
    quantities = {name: {"value": value, "unit": UNITS[name]} for name, value in values.items()}
    sent = (sent_at or at).isoformat()
    readings = [{"measured_at": at.isoformat(), **quantities}]
    return {"message_id": name or str(uuid4()), "sent_at": sent, "readings": readings}


class Bed:
    """A monitor at the chair of a visit, and the hand that sends for it."""

    def __init__(self, staff: Viewer, admin: Viewer, *, placed: bool = True) -> None:
        self.visit_id, self.staff = scenes.monitored(staff), staff
        self.monitor_id = monitor(admin)
        found = queries.credential(actions.hashed(key(admin, self.monitor_id)), NOW)
        assert found is not None
        self.credential = found
        if placed:
            chair_id = models.Visit.objects.get(pk=self.visit_id).chair_id
            actions.place_monitor(by=staff, at=NOW, monitor_id=self.monitor_id, chair_id=chair_id)

    def send(
        self, at: datetime, *, received: datetime | None = None, patient: str = "", **values: Any
    ) -> Receipt:
        given = body(at, sent_at=values.pop("sent_at", None) or received, **values) | {"patient": patient}
        message = wire.read_json(json.dumps(given).encode())
        return actions.receive(credential=self.credential, at=received or at, message=message)

    def values(self, kind: str) -> Sequence[tuple[int | None, str]]:
        rows = models.Observation.objects.filter(visit=self.visit_id, kind=kind).exclude(source="")
        return [(row.value, row.source) for row in rows.order_by("measured_at")]


@pytest.fixture
def bed(staff: Viewer, admin: Viewer) -> Bed:
    return Bed(staff, admin)


class TestLettingIn:
    def test_a_key_is_kept_as_its_hash_alone(self, admin: Viewer) -> None:
        secret = key(admin, monitor(admin))
        with connection.cursor() as cursor:
            cursor.execute("SELECT row_to_json(k)::text FROM visits_monitorkey k")
            kept = cursor.fetchone()[0]
            cursor.execute("SELECT row_to_json(k)::text FROM visits_monitorkeyevent k")
            history = cursor.fetchone()[0]
        assert secret not in kept + history
        assert actions.hashed(secret) in kept
        assert actions.hashed(secret) not in history

    def test_it_lets_in_until_it_runs_out_is_revoked_or_the_monitor_is_out_of_use(
        self, admin: Viewer
    ) -> None:
        monitor_id = monitor(admin)
        hashed = actions.hashed(key(admin, monitor_id))
        ends = NOW + wire.span("key", "lives")
        assert queries.credential(hashed, ends - timedelta(seconds=1)) is not None
        assert queries.credential(hashed, ends) is None
        actions.keep_monitor(by=admin, at=NOW, monitor_id=monitor_id, name="Monitor 1", is_active=False)
        assert queries.credential(hashed, NOW) is None
        actions.keep_monitor(by=admin, at=NOW, monitor_id=monitor_id, name="Monitor 1")
        (known,) = queries.monitor(admin, monitor_id, NOW).keys
        for _ in range(2):
            actions.revoke_key(by=admin, at=NOW, monitor_id=monitor_id, key_id=known.id)
        assert queries.credential(hashed, NOW) is None
        assert queries.monitor(admin, monitor_id, NOW).keys[0].state == "revoked"

    def test_a_nurse_issues_no_key_and_an_administrator_places_no_monitor(
        self, bed: Bed, admin: Viewer
    ) -> None:
        with pytest.raises(Denied):
            key(bed.staff, bed.monitor_id)
        with pytest.raises(Denied):
            actions.place_monitor(by=admin, at=NOW, monitor_id=bed.monitor_id)
        with pytest.raises(Refused, match="already"):
            monitor(admin)

    def test_another_clinic_sees_and_places_none_of_them(self, bed: Bed) -> None:
        elsewhere = patients.staff(factories.clinic("Birch Clinic"))
        with pytest.raises(NotFound):
            actions.place_monitor(by=elsewhere, at=NOW, monitor_id=bed.monitor_id)
        with pytest.raises(NotFound):
            actions.place_monitor(by=bed.staff, at=NOW, monitor_id=bed.monitor_id, visit_id=uuid4())
        assert queries.at_the_chairs(elsewhere) == ()
        assert queries.waiting(elsewhere) == ()


class TestTaking:
    def test_a_reading_is_in_the_chart_with_its_monitor_and_judged_at_once(self, bed: Bed) -> None:
        receipt = bed.send(minutes(50), systolic=196, diastolic=118, heart_rate=88, spo2=84)
        assert [each.fate for each in receipt.readings] == ["kept"]
        page = queries.visit_page(bed.staff, bed.visit_id, minutes(50))
        latest = page.sets[0]
        assert (latest.at, latest.by, latest.from_monitor) == (minutes(50), "Monitor 1", True)
        assert [cell.text for cell in latest.cells if cell] == ["196/118", "88", "84"]
        raised = {alarm.finding.rule for alarm in page.live.alarms}
        assert {"STOP-1", "STOP-4"} <= raised
        assert {alarm.raised_by for alarm in page.live.alarms} == {"a reading of Monitor 1"}
        assert any("from Monitor 1" in str(alarm.finding.inputs) for alarm in page.live.alarms)

    def test_what_is_unusual_is_judged_and_marked_to_be_looked_at(self, bed: Bed) -> None:
        bed.send(minutes(50), heart_rate=88, spo2=84)
        cells = [
            cell for cell in queries.visit_page(bed.staff, bed.visit_id, minutes(50)).sets[0].cells if cell
        ]
        assert [(cell.text, cell.to_confirm) for cell in cells] == [("88", False), ("84", True)]

    def test_what_a_monitor_sends_every_minute_is_folded_away_unless_it_is_odd(self, bed: Bed) -> None:
        for minute in range(46, 50):
            bed.send(minutes(minute), heart_rate=70 + minute - 46, spo2=97)
        bed.send(minutes(50), spo2=84)
        bed.send(minutes(51), systolic=131, diastolic=82)
        page = queries.visit_page(bed.staff, bed.visit_id, minutes(52))
        assert page.routine_sets == 4
        shown = [each.at for each in page.sets if not each.is_routine and each.from_monitor]
        assert shown == [minutes(51), minutes(50)]

    def test_it_calls_once_for_each_tier_until_it_is_answered_and_again_after_a_while(self, bed: Bed) -> None:
        for minute in range(50, 55):
            bed.send(minutes(minute), spo2=84)
        waits = queries.open_alarms(bed.staff, bed.visit_id)
        assert [(each.finding.rule, each.tier) for each in waits] == [
            ("STOP-4", "emergency"),
            ("STOP-4", "stop"),
        ]
        actions.acknowledge(
            by=bed.staff,
            at=minutes(55),
            visit_id=bed.visit_id,
            alarm_ids=[each.id for each in waits],
            action="air",
        )
        bed.send(minutes(59), spo2=84)
        assert queries.open_alarms(bed.staff, bed.visit_id) == ()
        bed.send(minutes(60), spo2=84)
        assert [each.tier for each in queries.open_alarms(bed.staff, bed.visit_id)] == ["emergency"]

    def test_a_person_is_never_kept_quiet(self, bed: Bed) -> None:
        bed.send(minutes(50), spo2=84)
        scenes.observe(bed.staff, minutes(51), bed.visit_id, Readings(spo2=84), confirmed=UNUSUAL)
        before = len(queries.open_alarms(bed.staff, bed.visit_id))
        scenes.observe(bed.staff, minutes(52), bed.visit_id, Readings(spo2=83), confirmed=UNUSUAL)
        assert len(queries.open_alarms(bed.staff, bed.visit_id)) == before + 1

    def test_the_hundredth_message_asks_the_database_no_more_than_the_second(self, bed: Bed) -> None:
        def asked(minute: float) -> int:
            with CaptureQueriesContext(connection) as queries_made:
                bed.send(minutes(minute), heart_rate=70, spo2=97)
            return len(queries_made)

        bed.send(minutes(46), heart_rate=70, spo2=97)
        second = asked(47)
        for number in range(10):
            bed.send(minutes(48 + number / 10), heart_rate=70, spo2=97)
        assert asked(50) == second <= MESSAGE_QUERIES

    def test_a_monitor_is_nobody_who_watches(self, bed: Bed) -> None:
        before = self.tile(bed, minutes(49))
        bed.send(minutes(50), systolic=131, diastolic=82)
        after = self.tile(bed, minutes(50))
        assert after.pressure is not None
        assert after.pressure.shown == "131/82"
        assert after.watch == before.watch
        assert after.watch is not None
        assert after.watch.wrong == "Nobody is watching."
        assert after.monitor is not None
        assert (after.monitor.name, after.monitor.heard_at) == ("Monitor 1", minutes(50))

    def test_a_monitor_that_falls_silent_or_tells_a_wrong_time_is_told_of(self, bed: Bed) -> None:
        bed.send(minutes(50), received=minutes(50), sent_at=minutes(54), spo2=97)
        told = self.tile(bed, minutes(51)).monitor
        assert told is not None
        assert (told.silent, told.clock_words) == (False, "its clock is 4 min ahead")
        silent = self.tile(bed, minutes(61)).monitor
        assert silent is not None
        assert silent.silent

    def tile(self, bed: Bed, at: datetime) -> queries.Tile:
        (tile,) = queries.board(bed.staff, at).watched
        return tile

    def test_the_same_message_twice_is_one_and_its_name_for_another_is_refused(self, bed: Bed) -> None:
        first = bed.send(minutes(50), name="m-1", spo2=97)
        again = bed.send(minutes(50), name="m-1", sent_at=minutes(52), received=minutes(52), spo2=97)
        assert (first.again, again.again, again.readings) == (False, True, first.readings)
        with pytest.raises(Conflict):
            bed.send(minutes(50), name="m-1", spo2=96)
        assert bed.values("spo2") == [(97, "Monitor 1")]

    def test_the_same_reading_under_a_new_name_is_known_and_what_is_new_in_it_is_taken(
        self, bed: Bed
    ) -> None:
        bed.send(minutes(50), spo2=97)
        assert bed.send(minutes(50), received=minutes(51), spo2=97).readings[0].fate == "again"
        assert bed.send(minutes(50), received=minutes(52), spo2=97, heart_rate=71).readings[0].fate == "kept"
        assert (bed.values("spo2"), bed.values("heart_rate")) == ([(97, "Monitor 1")], [(71, "Monitor 1")])

    def test_a_wrong_clock_is_recorded_and_put_right(self, bed: Bed) -> None:
        ahead = timedelta(minutes=7)
        receipt = bed.send(minutes(48) + ahead, sent_at=minutes(50) + ahead, received=minutes(50), spo2=97)
        assert receipt.ahead_s == 420
        assert receipt.readings[0].measured_at == minutes(48)
        kept = models.MonitorReading.objects.get()
        assert (kept.device_time, kept.measured_at) == (minutes(48) + ahead, minutes(48))
        assert models.Observation.objects.exclude(source="").get().measured_at == minutes(48)

    def test_a_late_reading_stands_in_its_place_and_what_was_missed_is_told(self, bed: Bed) -> None:
        bed.send(minutes(50), spo2=97, respiratory_rate=14)
        assert queries.open_alarms(bed.staff, bed.visit_id) == ()
        bed.send(minutes(46), received=minutes(51), spo2=82)
        page = queries.visit_page(bed.staff, bed.visit_id, minutes(51))
        assert [each.at for each in page.sets][:2] == [minutes(50), minutes(46)]
        spo2 = next(each for each in page.live.readings if each.name == "Oxygen saturation")
        assert spo2.value == "97"
        (missed,) = page.live.alarms
        assert (missed.finding.rule, "82" in missed.finding.sentence) == ("STOP-4", True)

    def test_what_cannot_be_is_left_out_and_told_and_alone_it_is_refused(self, bed: Bed) -> None:
        receipt = bed.send(minutes(50), systolic=131, diastolic=82, spo2=0)
        assert "cannot be" in receipt.readings[0].refused[0]["sentence"]
        assert (bed.values("pressure"), bed.values("spo2")) == ([(131, "Monitor 1")], [])
        assert bed.send(minutes(51), spo2=0).readings[0].fate == "refused"

    def test_an_artefact_keeps_the_monitors_value(self, bed: Bed) -> None:
        bed.send(minutes(50), spo2=84)
        wrong = models.Observation.objects.get(kind="spo2", source="Monitor 1")
        actions.correct_observation(
            by=bed.staff,
            at=minutes(51),
            visit_id=bed.visit_id,
            observation_id=wrong.id,
            artefact=True,
            why="clip",
        )
        sets = queries.visit_page(bed.staff, bed.visit_id, minutes(52)).sets
        cell = next(cell for cell in sets[0].cells if cell)
        assert (cell.text, cell.artefact, cell.reason) == ("84", True, "clip")

    def test_nothing_that_came_can_be_changed(self, bed: Bed) -> None:
        bed.send(minutes(50), spo2=97)
        for table in ("monitormessage", "monitorreading", "monitorplace"):
            with pytest.raises(Exception, match=r"never changed|permission denied"), transaction.atomic():
                connection.cursor().execute(f"UPDATE visits_{table} SET reason = 'x'")
        twice = models.MonitorMessage.objects.get()
        twice.pk, twice._state.adding = uuid4(), True
        with pytest.raises(IntegrityError), transaction.atomic():
            twice.save(force_insert=True)


class TestNeverGuessed:
    def waits(self, bed: Bed, at: datetime, said: str, **sent: Any) -> UUID:
        before = models.Observation.objects.count()
        assert [each.fate for each in bed.send(at, **sent).readings] == ["waiting"]
        assert models.Observation.objects.count() == before
        (waiting,) = queries.waiting(bed.staff)
        assert said in waiting.why
        return waiting.id

    def test_of_a_monitor_that_stands_nowhere(self, staff: Viewer, admin: Viewer) -> None:
        self.waits(Bed(staff, admin, placed=False), minutes(50), "where this monitor stands", spo2=97)

    def test_from_before_it_was_put_there(self, bed: Bed) -> None:
        chair_id = models.Visit.objects.get(pk=bed.visit_id).chair_id
        actions.place_monitor(by=bed.staff, at=minutes(40), monitor_id=bed.monitor_id)
        actions.place_monitor(by=bed.staff, at=minutes(49), monitor_id=bed.monitor_id, chair_id=chair_id)
        self.waits(bed, minutes(45), "where this monitor stands", received=minutes(50), spo2=97)

    def test_from_before_the_patient_came(self, bed: Bed) -> None:
        actions.place_monitor(
            by=bed.staff,
            at=minutes(-30),
            monitor_id=bed.monitor_id,
            chair_id=models.Visit.objects.get(pk=bed.visit_id).chair_id,
        )
        self.waits(bed, minutes(-10), "Nobody was in Chair 1", received=minutes(50), spo2=97)

    def test_at_a_chair_nobody_is_in(self, bed: Bed) -> None:
        empty = scenes.chair(bed.staff, "Chair 2")
        actions.place_monitor(by=bed.staff, at=minutes(1), monitor_id=bed.monitor_id, chair_id=empty.pk)
        self.waits(bed, minutes(50), "Nobody was in Chair 2", spo2=97)

    def test_after_the_patient_left(self, bed: Bed) -> None:
        actions.place_monitor(by=bed.staff, at=minutes(1), monitor_id=bed.monitor_id, visit_id=bed.visit_id)
        actions.leave_against_advice(
            by=bed.staff, at=minutes(55), visit_id=bed.visit_id, left_at=minutes(55), advice="told"
        )
        self.waits(bed, minutes(54), "was not going on", received=minutes(56), spo2=97)
        with pytest.raises(Refused, match="not here"):
            actions.place_monitor(
                by=bed.staff, at=minutes(57), monitor_id=bed.monitor_id, visit_id=bed.visit_id
            )

    def test_of_another_patient_by_the_monitors_own_word(self, bed: Bed) -> None:
        own = models.Visit.objects.get(pk=bed.visit_id).course.patient.medical_record_number
        assert bed.send(minutes(49), patient=own, spo2=97).readings[0].fate == "kept"
        self.waits(bed, minutes(50), "another patient", patient=f"{own}-9", spo2=96)

    def test_by_a_clock_an_hour_out(self, bed: Bed) -> None:
        hour = timedelta(hours=5)
        self.waits(
            bed, minutes(50) - hour, "hour wrong", received=minutes(50), sent_at=minutes(50) - hour, spo2=97
        )

    def test_a_person_decides_once_and_the_rules_look(self, bed: Bed) -> None:
        actions.place_monitor(by=bed.staff, at=minutes(1), monitor_id=bed.monitor_id)
        waiting = self.waits(bed, minutes(50), "where this monitor stands", spo2=82)
        with pytest.raises(Refused, match="how you know"):
            actions.decide_reading(
                by=bed.staff, at=minutes(52), reading_id=waiting, visit_id=bed.visit_id, why=" "
            )
        said: dict[str, Any] = {"reading_id": waiting, "visit_id": bed.visit_id, "why": "its clip was on her"}
        token = uuid4()
        for _ in range(2):
            actions.decide_reading(by=bed.staff, at=minutes(52), idempotency_key=token, **said)
        with pytest.raises(Conflict, match="clip was on her"):
            actions.decide_reading(by=bed.staff, at=minutes(53), **said)
        assert queries.waiting(bed.staff) == ()
        assert bed.values("spo2") == [(82, "Monitor 1")]
        assert {each.finding.rule for each in queries.open_alarms(bed.staff, bed.visit_id)} == {"STOP-4"}

    def test_what_is_set_aside_is_in_nobodys_chart(self, bed: Bed) -> None:
        actions.place_monitor(by=bed.staff, at=minutes(1), monitor_id=bed.monitor_id)
        waiting = self.waits(bed, minutes(50), "where this monitor stands", spo2=82)
        actions.decide_reading(by=bed.staff, at=minutes(52), reading_id=waiting, why="being tested")
        assert queries.waiting(bed.staff) == ()
        assert bed.values("spo2") == []
        elsewhere = patients.staff(factories.clinic("Birch Clinic"))
        with pytest.raises(NotFound):
            actions.decide_reading(by=elsewhere, at=minutes(52), reading_id=waiting, why="mine")


class Door:
    """The address that a monitor sends to, as one in a clinic of today does."""

    url, content_type = "/monitors/readings/", "application/json"

    def __init__(self) -> None:
        clinic = factories.by_day()
        self.staff = patients.staff(clinic)
        admin = factories.viewer(Role.ADMINISTRATOR, clinic=clinic)
        self.now = timezone.now()
        self.visit_id = scenes.monitored(self.staff, self.now - timedelta(minutes=58))
        self.monitor_id = monitor(admin)
        self.secret = key(admin, self.monitor_id, self.now)
        chair_id = models.Visit.objects.get(pk=self.visit_id).chair_id
        actions.place_monitor(by=self.staff, at=self.now, monitor_id=self.monitor_id, chair_id=chair_id)

    def post(self, data: Any, *, secret: str | None = None, url: str = "", **headers: str) -> HttpResponse:
        given = data if isinstance(data, bytes) else json.dumps(data).encode()
        shown = {"Authorization": f"Bearer {self.secret if secret is None else secret}", **headers}
        kind = headers.pop("kind", self.content_type)
        shown.pop("kind", None)
        return Client(enforce_csrf_checks=True).post(url or self.url, given, content_type=kind, headers=shown)


@pytest.fixture
def at_the_door(db: None) -> Door:
    return Door()


class TestDoor:
    def test_a_message_is_taken_and_shown_on_the_board(self, at_the_door: Door) -> None:
        now = timezone.now()
        sent = body(now, name="m-1", systolic=141, diastolic=87, spo2=96)
        answers = [at_the_door.post(sent) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 200]
        first, second = (json.loads(answer.content) for answer in answers)
        assert (first["readings"][0]["fate"], second["again"]) == ("kept", True)

    def test_the_board_asks_often_and_is_read_anew_when_something_was_written(
        self, at_the_door: Door
    ) -> None:
        clinic = models.Visit.objects.get(pk=at_the_door.visit_id).clinic
        nurse = factories.signed_in(factories.staff(Role.NURSE, clinic=clinic))
        shown = nurse.get("/board/").content.decode()
        found = re.search(r'id="board-seen" name="seen" value="([\d-]+)"', shown)
        assert found
        assert 'hx-trigger="every 1500ms, wake"' in shown
        refresh = {"HX-Request": "true"}
        assert nurse.get("/board/tiles/", {"seen": found[1]}, headers=refresh).status_code == 204
        at_the_door.post(body(timezone.now(), systolic=141, diastolic=87))
        answer = nurse.get("/board/tiles/", {"seen": found[1]}, headers=refresh)
        assert (answer.status_code, "141/87" in answer.content.decode()) == (200, True)
        assert "Monitor 1" in answer.content.decode()

    @pytest.mark.parametrize("secret", ["", "eum_wrong", "x" * 5000])
    def test_without_its_key_nothing_is_looked_at(self, at_the_door: Door, secret: str) -> None:
        answer = at_the_door.post(b"no json at all", secret=secret)
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert "Ask the administrator" in json.loads(answer.content)["sentence"]
        assert not models.MonitorMessage.objects.exists()

    @pytest.mark.parametrize(
        ("data", "headers", "status", "said"),
        [
            (b"{", {}, 422, "no JSON"),
            (b"{}", {"kind": "text/plain"}, 415, "application/json"),
            (b" " * 70_000, {}, 413, "at most"),
            ({"readings": [{"measured_at": "now"}]}, {"Idempotency-Key": "k"}, 422, "zone"),
        ],
    )
    def test_what_is_refused_says_what_to_do(
        self, at_the_door: Door, data: Any, headers: dict[str, str], status: int, said: str
    ) -> None:
        answer = at_the_door.post(data, **headers)
        assert (answer.status_code, said in answer.content.decode()) == (status, True), answer.content
        assert not models.MonitorMessage.objects.exists()

    def test_the_name_may_be_a_header_and_a_name_used_for_another_message_conflicts(
        self, at_the_door: Door
    ) -> None:
        now = timezone.now()
        sent = body(now, spo2=96)
        del sent["message_id"]
        assert at_the_door.post(sent, **{"Idempotency-Key": "k-1"}).status_code == 201
        assert at_the_door.post(body(now, spo2=95) | {"message_id": "k-1"}).status_code == 409

    def test_a_loop_is_slowed_down(self, at_the_door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(wire, "most", {"most_in_a_minute": 2, "most_bytes": 9999, "most_readings": 9}.get)
        codes = [at_the_door.post(b"{").status_code for _ in range(4)]
        assert codes[:2] == [422, 422]
        assert 429 in codes[2:]

    @pytest.mark.parametrize(
        ("said", "header"),
        [
            ({"sent_at": "2099-12-31T00:00:00Z"}, ""),
            ({}, "Fri, 31 Dec 9999 23:59:59 GMT"),
            ({}, "Mon, 01 Jan 0001 00:00:00 +2359"),
            ({"sent_at": "2026-11-20T15:00:00+23:59"}, ""),
        ],
    )
    def test_a_clock_that_was_never_set_fails_nothing(
        self, at_the_door: Door, said: dict[str, str], header: str
    ) -> None:
        sent = body(timezone.now(), spo2=96)
        del sent["sent_at"]
        answer = at_the_door.post(sent | said, **({"Date": header} if header else {}))
        assert answer.status_code in (201, 422), answer.content
        told = json.loads(answer.content)
        assert told["taken"] is False or told["clock_ahead_s"] is None or abs(told["clock_ahead_s"]) > 3600

    def test_a_monitor_with_an_old_key_shuts_out_none_behind_the_same_gateway(
        self, at_the_door: Door
    ) -> None:
        last = [at_the_door.post(b"{", secret="eum_old").content for _ in range(62)][-1]
        assert "Too many wrong keys" in last.decode()
        assert at_the_door.post(body(timezone.now(), spo2=96)).status_code == 201

    def test_only_sending_is_possible(self, at_the_door: Door) -> None:
        answer = Client().get(at_the_door.url)
        assert (answer.status_code, answer["Allow"]) == (405, "POST")


LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"


def coded(code: str, value: float | None = None, unit: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {"code": {"coding": [{"system": LOINC, "code": code}]}}
    if value is not None:
        found["valueQuantity"] = {"value": value, "unit": unit, "system": UCUM, "code": unit}
    return found


def fhir(at: datetime, **changed: Any) -> dict[str, Any]:
    parts = [coded("8480-6", 141, "mm[Hg]"), coded("8462-4", 87, "mm[Hg]")]
    return {
        "resourceType": "Observation",
        "status": "final",
        **coded("85354-9"),
        "effectiveDateTime": at.isoformat(),
        "component": parts,
        **changed,
    }


class TestFhir:
    URL, KIND = "/fhir/Observation", "application/fhir+json"

    def post(self, at_the_door: Door, data: Any, name: str = "f-1") -> HttpResponse:
        return at_the_door.post(
            data, url=self.URL, kind=self.KIND, **({"Idempotency-Key": name} if name else {})
        )

    def test_an_observation_is_taken_and_answered_as_fhir(self, at_the_door: Door) -> None:
        answer = self.post(at_the_door, fhir(timezone.now()))
        told = json.loads(answer.content)
        assert (answer.status_code, told["resourceType"]) == (201, "OperationOutcome")
        assert told["issue"][0]["diagnostics"] == "Taken."
        row = models.Observation.objects.get(source="Monitor 1")
        assert (row.value, row.diastolic) == (141, 87)

    def test_a_bundle_is_one_set_for_each_time(self, at_the_door: Door) -> None:
        now = timezone.now()
        spo2 = {**fhir(now), **coded("59408-5", 96, "%")} | {"component": []}
        del spo2["component"]
        entries = [{"resource": fhir(now)}, {"resource": spo2}]
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
        answer = at_the_door.post(bundle, url="/fhir", kind=self.KIND, **{"Idempotency-Key": "b-1"})
        assert answer.status_code == 201, answer.content
        assert models.MonitorReading.objects.get().values == {"systolic": 141, "diastolic": 87, "spo2": 96}

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"status": "preliminary"}, "when it is final"),
            ({"status": "entered-in-error"}, "when it is final"),
            ({"effectiveDateTime": "2026-11-21"}, "date, time and zone"),
            ({"modifierExtension": [{"url": "x", "valueBoolean": True}]}, "not understood"),
            ({"component": [coded("8310-5", 37.1, "Cel")]}, "No reading is known"),
            ({"component": [coded("8480-6")]}, "valueQuantity"),
            ({"component": [{**coded("8480-6", 1, "mmHg"), "valueQuantity": {"value": 141}}]}, UCUM),
            ({"frequency": 3}, "FHIR R4"),
            ({"subject": "Patient/1"}, "FHIR R4"),
        ],
    )
    def test_what_is_refused_says_where_and_what_to_do(
        self, at_the_door: Door, changed: dict[str, Any], said: str
    ) -> None:
        answer = self.post(at_the_door, fhir(timezone.now(), **changed))
        issues = json.loads(answer.content)["issue"]
        assert answer.status_code == 422
        assert any(said in each["diagnostics"] for each in issues), issues
        assert not models.MonitorMessage.objects.exists()

    def test_it_needs_a_name_and_waits_where_it_names_another_patient(self, at_the_door: Door) -> None:
        assert self.post(at_the_door, fhir(timezone.now()), name="").status_code == 422
        other = fhir(timezone.now(), subject={"identifier": {"value": "nobody"}})
        issue = json.loads(self.post(at_the_door, other).content)["issue"][0]
        assert (issue["severity"], "another patient" in issue["diagnostics"]) == ("warning", True)
        assert not models.Observation.objects.exclude(source="").exists()
