"""Who watches: one press each, kept as facts, on the board and on the visit; and what a poll of either costs."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from tests.clinic import factories, patients
from tests.clinic.factories import Staff
from tests.clinic.visits import scenes

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import NotFound
from euthymia.clinic.visits import actions, models, queries
from euthymia.clinic.visits.actions import Conflict, Readings, Refused

pytestmark = pytest.mark.django_db
IDLE_QUERIES = 4
"""A poll that finds nothing new: the session, its user, the person with rights, the newest entry of the log."""


@pytest.fixture
def nurse() -> Staff:
    return factories.staff(Role.PRESCRIBER, Role.NURSE, clinic=factories.by_day(), name="Nell Notional")


@pytest.fixture
def other(nurse: Staff) -> Staff:
    return factories.staff(Role.NURSE, clinic=nurse.user.clinic, name="Sam Supposed")


def tile(staff: Staff, at: datetime) -> queries.Tile:
    (found,) = queries.board(staff.viewer, at).watched
    return found


class TestPresses:
    def test_nobody_watching_a_dosed_patient_is_wrong_until_somebody_takes_it(self, nurse: Staff) -> None:
        visit_id = scenes.monitored(nurse.viewer)
        at = scenes.minutes(6)
        found = tile(nurse, at)
        assert found.watch is not None
        assert (found.watch.wrong, found.watch.may, found.kind) == ("Nobody is watching.", "take", "warn")
        assert queries.board(nurse.viewer, at).unwatched_words.startswith("Nobody watches: Imke")
        key = uuid4()
        for _ in range(2):
            actions.take_watch(by=nurse.viewer, at=at, visit_id=visit_id, idempotency_key=key)
        actions.take_watch(by=nurse.viewer, at=scenes.minutes(7), visit_id=visit_id)
        assert models.Watching.objects.count() == 1, "pressed again it is one fact"
        watch = tile(nurse, at).watch
        assert watch is not None
        assert (watch.name, watch.since, watch.is_mine, watch.wrong) == ("Nell Notional", at, True, "")

    def test_an_offer_moves_nothing_until_it_is_taken(self, nurse: Staff, other: Staff) -> None:
        visit_id = scenes.monitored(nurse.viewer)
        actions.take_watch(by=nurse.viewer, at=scenes.minutes(6), visit_id=visit_id)
        said: dict[str, Any] = {"visit_id": visit_id, "to_id": other.user.pk}
        actions.offer_watch(by=nurse.viewer, at=scenes.minutes(7), **said)
        watch = tile(other, scenes.minutes(8)).watch
        assert watch is not None
        assert (watch.name, watch.offered_to_me, watch.may) == ("Nell Notional", True, "take over")
        actions.take_watch(by=other.viewer, at=scenes.minutes(8), visit_id=visit_id)
        watch = tile(other, scenes.minutes(9)).watch
        assert watch is not None
        assert (watch.name, watch.is_mine, watch.offered_name) == ("Sam Supposed", True, "")
        with pytest.raises(Conflict, match="Sam Supposed is watching since"):
            actions.leave_watch(by=nurse.viewer, at=scenes.minutes(9), visit_id=visit_id)

    def test_stopping_is_never_refused_and_shows(self, nurse: Staff) -> None:
        visit_id = scenes.monitored(nurse.viewer)
        actions.take_watch(by=nurse.viewer, at=scenes.minutes(6), visit_id=visit_id)
        actions.leave_watch(by=nurse.viewer, at=scenes.minutes(7), visit_id=visit_id)
        watch = tile(nurse, scenes.minutes(8)).watch
        assert watch is not None
        assert watch.wrong

    def test_only_a_colleague_who_may_watch_is_offered_one(self, nurse: Staff) -> None:
        visit_id = scenes.monitored(nurse.viewer)
        actions.take_watch(by=nurse.viewer, at=scenes.minutes(6), visit_id=visit_id)
        desk = factories.staff(Role.FRONT_DESK, clinic=nurse.user.clinic)
        elsewhere = factories.staff(Role.NURSE, clinic=factories.clinic("Birch Clinic"))
        assert {desk.user.pk, elsewhere.user.pk}.isdisjoint(dict(queries.colleagues(nurse.viewer)))
        for stranger in (desk, elsewhere):
            with pytest.raises(NotFound):
                actions.offer_watch(
                    by=nurse.viewer, at=scenes.minutes(7), visit_id=visit_id, to_id=stranger.user.pk
                )
        with pytest.raises(Refused, match="already"):
            actions.offer_watch(by=nurse.viewer, at=scenes.minutes(7), visit_id=visit_id, to_id=nurse.user.pk)

    def test_nobody_is_watched_who_is_not_here(self, nurse: Staff) -> None:
        visit_id = scenes.booked(nurse.viewer)
        with pytest.raises(Refused, match="not here"):
            actions.take_watch(by=nurse.viewer, at=scenes.NOW, visit_id=visit_id)

    def test_the_database_keeps_each_press_for_good(self, nurse: Staff) -> None:
        visit_id = scenes.monitored(nurse.viewer)
        actions.take_watch(by=nurse.viewer, at=scenes.minutes(6), visit_id=visit_id)
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            models.Watching.objects.update(step="left")
        row = models.Watching.objects.get()
        with pytest.raises(IntegrityError, match="offered_to_somebody"), transaction.atomic():
            models.Watching.objects.create(
                clinic_id=row.clinic_id, visit_id=visit_id, recorded_at=row.recorded_at,
                recorded_by_id=row.recorded_by_id, step="offered",
            )  # fmt: skip


class TestOrder:
    def test_what_is_wrong_comes_first_then_the_chairs_as_people_count_them(self, nurse: Staff) -> None:
        by = nurse.viewer
        visits: dict[str, UUID] = {}
        for number in (2, 10, 1):
            chair = scenes.chair(by, f"Room {number}").pk
            visits[f"Room {number}"] = visit_id = scenes.monitored(by, chair_id=chair)
            actions.take_watch(by=by, at=scenes.minutes(6), visit_id=visit_id)
        at = scenes.minutes(8)
        assert [each.chair for each in queries.board(by, at).watched] == ["Room 1", "Room 2", "Room 10"]
        actions.leave_watch(by=by, at=at, visit_id=visits["Room 2"])
        scenes.observe(by, at, visits["Room 10"], Readings(spo2=90))
        assert [each.chair for each in queries.board(by, at).watched] == ["Room 10", "Room 2", "Room 1"]


class TestPages:
    def test_the_board_says_each_of_the_seven_things(self, nurse: Staff) -> None:
        client = factories.signed_in(nurse)
        begun = timezone.now() - timedelta(minutes=62)
        visit_id = scenes.monitored(nurse.viewer, begun)
        for minutes, upper in ((40, 131), (20, 151)):
            at = timezone.now() - timedelta(minutes=minutes)
            scenes.observe(nurse.viewer, at, visit_id, Readings(systolic=upper, diastolic=92))
        html = client.get(reverse("visits:board")).content.decode()
        assert "Nobody watches" in html
        take = reverse("visits:take_watch", args=[visit_id])
        assert client.post(take, {"idempotency_key": str(uuid4())}).status_code == 303
        html = client.get(reverse("visits:tiles")).content.decode()
        shown = re.sub(r"<[^>]+>|\s+", " ", html)
        told = (
            "Imke",
            "Chair 1",
            "151/92",
            "↑",
            "rising",
            "Overdue",
            "Watched by Nell Notional",
            "May leave from",
        )
        assert [each for each in told if each not in shown] == []
        since = re.search(r'data-minutes-since="([^"]+)"', html)
        assert since is not None
        assert datetime.fromisoformat(since[1]) == begun

    def test_handing_over_is_one_press_on_a_name(self, nurse: Staff, other: Staff) -> None:
        client = factories.signed_in(nurse)
        visit_id = scenes.monitored(nurse.viewer, timezone.now() - timedelta(minutes=10))
        actions.take_watch(by=nurse.viewer, at=timezone.now(), visit_id=visit_id)
        address = reverse("visits:hand_over", args=[visit_id])
        assert f'name="to_id" value="{other.user.pk}"' in client.get(address).content.decode()
        said = {"to_id": str(other.user.pk), "idempotency_key": str(uuid4())}
        assert client.post(f"{address}?next=/board/", said)["Location"] == "/board/"
        assert "Offered to Sam Supposed" in client.get(reverse("visits:tiles")).content.decode()
        theirs = factories.signed_in(other).get(reverse("visits:tiles")).content.decode()
        assert "offers you this watch" in theirs


class TestCost:
    def test_a_poll_that_finds_nothing_new_is_cheap_and_a_write_anywhere_is_found(
        self,
        nurse: Staff,
        django_assert_max_num_queries: DjangoAssertNumQueries,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # While a prediction is awaited the visit's page looks for it every few seconds; here none is asked for.
        monkeypatch.setattr("euthymia.clinic.visits.questions.forecasts", lambda record: ())
        client = factories.signed_in(nurse)
        visit_id = scenes.monitored(nurse.viewer, timezone.now() - timedelta(minutes=20, seconds=30))
        polls = {"visits:tiles": (), "visits:live": (visit_id,)}
        for name, args in polls.items():
            address = reverse(name, args=args)
            seen = self.seen(client, address)
            with django_assert_max_num_queries(IDLE_QUERIES):
                assert client.get(address, {"seen": seen}, headers={"HX-Request": "true"}).status_code == 204
        before = {name: self.seen(client, reverse(name, args=args)) for name, args in polls.items()}
        actions.take_watch(by=nurse.viewer, at=timezone.now(), visit_id=visit_id)
        for name, args in polls.items():
            answer = client.get(reverse(name, args=args), {"seen": before[name]})
            assert answer.status_code == 200
            assert "Nell Notional" in answer.content.decode()

    @pytest.mark.parametrize("seen", ["", "x", "1-2", "1-2-3-4", "9" * 40, "-1--2--3"])
    def test_a_poll_that_makes_no_sense_is_answered_in_full(self, nurse: Staff, seen: str) -> None:
        answer = factories.signed_in(nurse).get(reverse("visits:tiles"), {"seen": seen})
        assert answer.status_code == 200

    def test_what_falls_due_is_drawn_anew_without_a_write(self, nurse: Staff) -> None:
        visit_id = scenes.monitored(nurse.viewer)
        actions.take_watch(by=nurse.viewer, at=scenes.minutes(6), visit_id=visit_id)
        shown = queries.board(nurse.viewer, scenes.minutes(6))
        (due,) = [each.next_due for each in shown.watched]
        assert due is not None
        early = due.due_at - timedelta(seconds=3)
        assert queries.board(nurse.viewer, early).good_until == due.due_at

    @staticmethod
    def seen(client: Client, address: str) -> str:
        found = re.search(r'name="seen" value="(\d+-\d+-\d+)"', client.get(address).content.decode())
        assert found is not None
        return found[1]


def test_no_table_of_presses_can_be_emptied(nurse: Staff) -> None:
    patients.planned(nurse.viewer, scenes.NOW)
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM visits_watching")
