"""What boards share in a process: nothing is read twice, and nothing is shown that was written over."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.clinic import factories, patients
from tests.clinic.factories import Staff
from tests.clinic.visits import scenes

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit import queries as log
from euthymia.clinic.people.models import Patient
from euthymia.clinic.visits import actions, models, queries
from euthymia.clinic.visits.queries import Tile, kept

FIRST_QUERIES, AGAIN_QUERIES = 28, 5


@pytest.fixture
def nurse(db: None, monkeypatch: pytest.MonkeyPatch) -> Staff:
    monkeypatch.setattr(kept, "_shelves", {})  # a process that has read nothing
    return factories.staff(Role.NURSE, clinic=factories.by_day())


def asked(nurse: Staff, now: datetime) -> tuple[queries.Board, int]:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        board = queries.board(nurse.viewer, now)
    return board, len(captured)


def test_the_second_screen_reads_next_to_nothing(nurse: Staff) -> None:
    now = timezone.now()
    scenes.monitored(patients.staff(nurse.user.clinic), now - timedelta(minutes=20, seconds=30))
    first, many = asked(nurse, now)
    colleague = factories.staff(Role.NURSE, clinic=nurse.user.clinic)
    asked(colleague, now)  # making somebody was an entry about nobody in particular
    again, few = asked(nurse, now + timedelta(seconds=2))
    assert (many <= FIRST_QUERIES, few <= AGAIN_QUERIES) == (True, True), (many, few)
    assert again.watched == first.watched
    assert again.watched[0] is first.watched[0]


def test_a_write_about_one_patient_lets_go_of_that_patient_alone(nurse: Staff) -> None:
    staff, now = patients.staff(nurse.user.clinic), timezone.now()
    begun = now - timedelta(minutes=20, seconds=30)
    both = [
        scenes.monitored(staff, begun, chair_id=scenes.chair(staff, f"Chair {number}").pk)
        for number in (1, 2)
    ]
    before = {tile.visit_id: tile for tile in queries.board(nurse.viewer, now).watched}
    scenes.pressure(staff, now, both[0], 171, 88)
    after = {tile.visit_id: tile for tile in queries.board(nurse.viewer, now + timedelta(seconds=1)).watched}
    assert after[both[1]] is before[both[1]]
    assert after[both[0]].pressure != before[both[0]].pressure


def test_a_name_that_changed_and_an_entry_about_nobody_are_seen_at_once(nurse: Staff) -> None:
    staff, now = patients.staff(nurse.user.clinic), timezone.now()
    visit_id = scenes.monitored(staff, now - timedelta(minutes=20, seconds=30))
    (shown,) = queries.board(nurse.viewer, now).watched
    patient = models.Visit.objects.select_related("course__patient").get(pk=visit_id).course.patient
    Patient.objects.filter(pk=patient.pk).update(given_name="Renamed")
    audit.record(by=staff, verb="people.correct", at=now, patient_id=patient.pk)
    (shown,) = queries.board(nurse.viewer, now).watched
    assert shown.name.startswith("Renamed")
    models.Chair.objects.update(name="Bay 7")
    audit.record(by=staff, verb="visits.keep_chair", at=now)
    (shown,) = queries.board(nurse.viewer, now).watched
    assert shown.chair == "Bay 7"


def test_a_log_that_is_another_one_is_noticed(nurse: Staff) -> None:
    audit.record(by=nurse.viewer, verb="visits.keep_chair", at=timezone.now())
    mark, written = log.since(None)
    assert mark is not None
    assert written is None
    assert log.since(mark) == (mark, ())
    assert log.since(log.Mark(mark.seq, "another hash"))[1] is None
    assert log.since(log.Mark(mark.seq + 1, mark.hash))[1] is None
    audit.record(by=nurse.viewer, verb="read", at=timezone.now())
    audit.record(by=nurse.viewer, verb="visits.record", at=timezone.now())
    _, written = log.since(mark)
    assert written is not None
    assert [entry.verb for entry in written] == ["visits.record"]


def test_colleagues_are_shown_the_same_piece_and_whoever_watches_or_is_asked_to_another(nurse: Staff) -> None:
    now = timezone.now()
    visit_id = scenes.monitored(patients.staff(nurse.user.clinic), now - timedelta(minutes=20, seconds=30))
    clinic = nurse.user.clinic
    colleague, asked_for, desk = (
        factories.staff(role, clinic=clinic) for role in (Role.NURSE, Role.NURSE, Role.FRONT_DESK)
    )
    actions.take_watch(by=nurse.viewer, at=now - timedelta(seconds=2), visit_id=visit_id)
    actions.offer_watch(
        by=nurse.viewer, at=now - timedelta(seconds=1), visit_id=visit_id, to_id=asked_for.user.pk
    )

    def tile(of: Staff) -> Tile:
        found = queries.board(of.viewer, now)
        return next(each for each in (*found.watched, *found.here) if each.visit_id == visit_id)

    another = factories.viewer(Role.NURSE, clinic=clinic)
    (of_another,) = queries.board(another, now).watched
    assert of_another is tile(colleague)
    assert tile(colleague).watch is not None
    assert [(tile(who).watch.is_mine, tile(who).watch.offered_to_me) for who in (nurse, colleague, asked_for)] == [  # type: ignore[union-attr]
        (True, False), (False, False), (False, True),
    ]  # fmt: skip
    assert tile(desk).watch is None
    assert tile(desk).pressure is None


def test_an_emergency_access_opens_a_tile_to_who_has_it_and_to_nobody_else(nurse: Staff) -> None:
    now = timezone.now()
    visit_id = scenes.monitored(patients.staff(nurse.user.clinic), now - timedelta(minutes=20, seconds=30))
    patient = models.Visit.objects.get(pk=visit_id).course.patient_id
    Patient.objects.filter(pk=patient).update(restricted=True)
    audit.record(by=nurse.viewer, verb="people.restrict", at=now, patient_id=patient)
    opened = replace(nurse.viewer, break_glass=frozenset({patient}))
    for _ in range(2):
        (shut,) = queries.board(nurse.viewer, now).watched
        (open_,) = queries.board(opened, now).watched
        assert (shut.name, shut.pressure, shut.may_open) == ("Restricted chart", None, False)
        assert open_.may_open
        assert open_.pressure is not None
