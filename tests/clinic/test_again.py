"""A scene that is written again is the scene that was built, and is built wherever that could not be said."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from tests.clinic import again, factories, patients
from tests.clinic.visits import scenes

from euthymia.clinic.access.models import Clinic
from euthymia.clinic.access.permissions import Role
from euthymia.clinic.audit import chain
from euthymia.clinic.visits.models import Chair
from euthymia.protocol import Product

SCENES: tuple[Callable[[], UUID], ...] = (
    lambda: scenes.recovered(patients.staff()),
    lambda: scenes.ordered(patients.staff(), product=Product.KETAMINE_IV),
    lambda: patients.treated(patients.staff(), scenes.NOW, 3),
    lambda: scenes.booked(patients.staff(), chair_id=scenes.chair(patients.staff(), "Bay 2").pk),
)


@pytest.fixture(autouse=True)
def _scenes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of every test's: each of these begins and ends what it takes for a test, with nothing kept."""
    monkeypatch.setattr(again, "_shelf", again._Shelf())


@contextmanager
def a_test(replaced: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """What begins with the database as it was, and ends so."""
    with transaction.atomic():
        with again.begun(replaced):
            yield
        transaction.set_rollback(True)


@pytest.fixture
def built(db: None) -> list[str]:
    """The names that ``made`` was built for, in their order."""
    return []


@pytest.fixture
def made(built: list[str]) -> Callable[..., Clinic]:
    @again.again
    def a_clinic(name: str, then: Any = None) -> Clinic:
        built.append(name)
        clinic = Clinic.objects.create(name=name, time_zone="America/New_York")
        if then:
            then()
        return clinic

    return a_clinic


def all_rows() -> dict[str, list[str]]:
    """Every row of every table, without what no scene says: the database's clock, and numbers from a sequence."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind = 'r' AND has_table_privilege(oid, 'SELECT')"
        )
        names = [name for (name,) in cursor.fetchall()]
        rows = {}
        for name in names:
            left = ["created_at", "pgh_created_at", "pgh_id"] + ["id"] * (name == "mfa_authenticator")
            cursor.execute(f'SELECT (to_jsonb(row) - %s::text[])::text FROM "{name}" row ORDER BY 1', [left])
            rows[name] = [row for (row,) in cursor.fetchall()]
    return rows


@pytest.mark.parametrize("scene", SCENES)
def test_what_is_written_again_is_what_was_built(scene: Callable[[], UUID], db: None) -> None:
    with a_test():
        first, as_built = scene(), all_rows()
    with a_test(), CaptureQueriesContext(connection) as asked:
        second = scene()
        assert (len(asked), second) == (0, first)
        assert all_rows() == as_built
        assert chain.verify().problems == ()
    assert sum(map(len, as_built.values())) > 50


def test_a_scene_goes_on_from_one_that_is_written_again(db: None) -> None:
    with a_test():
        scenes.ordered(patients.staff())
    with a_test():
        by = patients.staff()
        visit_id = scenes.ordered(by)
        scenes.device(by, scenes.NOW, visit_id, 1)
        assert scenes.state(visit_id) == "administering"
        assert chain.verify().problems == ()


def test_a_longer_scene_takes_what_a_shorter_one_wrote(db: None) -> None:
    with a_test():
        scenes.asked(patients.staff())
    with a_test():
        scenes.ordered(patients.staff())
        as_built = all_rows()
    with a_test(), CaptureQueriesContext(connection) as asked:
        scenes.ordered(patients.staff())
        assert len(asked) == 0
        assert all_rows() == as_built


def test_the_same_calls_are_made_once(made: Callable[..., Clinic], built: list[str]) -> None:
    for _ in range(3):
        with a_test():
            assert [made("One").name, made("Two").name] == ["One", "Two"]
            assert Clinic.objects.count() == 2
    assert built == ["One", "Two"]


def test_another_argument_another_order_and_another_time_zone_are_other_calls(
    made: Callable[..., Clinic], built: list[str]
) -> None:
    for names in (("One", "Two"), ("Two", "One")):
        with a_test():
            for name in names:
                made(name)
    assert built == ["One", "Two", "Two", "One"]
    with a_test(), timezone.override("Asia/Tokyo"):
        made("One")
    assert built[4:] == ["One"]


def test_after_a_write_a_refusal_or_a_rollback_it_is_built(
    made: Callable[..., Clinic], built: list[str]
) -> None:
    def write() -> None:
        Clinic.objects.create(name="Zero", time_zone="America/New_York")

    def refusal() -> None:
        with pytest.raises(ZeroDivisionError):
            made("Zero", then=fail)

    def rollback() -> None:
        with transaction.atomic():
            made("One")
            transaction.set_rollback(True)

    with a_test():
        made("One")
    for before in (write, refusal, rollback):
        with a_test():
            before()
            built.clear()
            made("One")
            assert built == ["One"], before
            assert Clinic.objects.filter(name="One").exists()


def fail() -> None:
    raise ZeroDivisionError


def wait_for_commit() -> None:
    transaction.on_commit(fail)


def number_a_row() -> None:
    Chair.objects.create(clinic=Clinic.objects.get(), name="Bay 1")


def roll_back() -> None:
    with transaction.atomic():
        Clinic.objects.create(name="Zero", time_zone="America/New_York")
        transaction.set_rollback(True)


@pytest.mark.parametrize("then", [wait_for_commit, number_a_row, roll_back, threading.Lock().locked])
def test_what_cannot_be_told_again_is_built_each_time(
    then: Any, made: Callable[..., Clinic], built: list[str]
) -> None:
    for _ in range(2):
        with a_test():
            made("One", then=then)
    assert built == ["One", "One"]


def test_where_something_was_replaced_it_is_built(made: Callable[..., Clinic], built: list[str]) -> None:
    with a_test():
        made("One")
    with a_test(replaced=lambda: True):
        made("One")
    assert built == ["One", "One"]


def test_the_switch_builds_everything(
    made: Callable[..., Clinic], built: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EUTHYMIA_SCENES_AGAIN", "0")
    for _ in range(2):
        with a_test():
            made("One")
    assert built == ["One", "One"]


def test_hypothesis_has_its_scenes_built(made: Callable[..., Clinic], built: list[str]) -> None:
    @given(st.just("One"))
    def example(name: str) -> None:
        with a_test():
            made(name)

    with a_test():
        made("One")
    example()
    example()
    assert built == ["One"] * 3


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_is_built() -> None:
    for _ in range(2):
        with again.begun(lambda: False):
            clinic = factories.clinic("Willow Clinic")
            person = factories.staff(Role.NURSE, clinic=clinic)
    assert person.user.clinic_id == clinic.pk
    assert again._shelf.get(b"") is None
    assert not again._shelf._calls


def test_what_was_not_asked_for_longest_goes_first(
    made: Callable[..., Clinic], built: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_test():
        made("One")
    monkeypatch.setattr(again, "_MOST_BYTES", again._shelf._bytes * 5 // 2)
    for name in ("Two", "Six", "Six", "One"):
        with a_test():
            made(name)
    assert built == ["One", "Two", "Six", "One"]


def test_the_times_of_a_scene_are_those_it_was_asked_for(db: None) -> None:
    with a_test():
        scenes.checking_in(patients.staff())
    with a_test():
        by = patients.staff()
        visit_id = scenes.checking_in(by, scenes.NOW + timedelta(days=1))
        assert scenes.state(visit_id) == "checking_in"
        assert scenes.models.Visit.objects.get(pk=visit_id).scheduled_at == scenes.NOW + timedelta(days=1)
