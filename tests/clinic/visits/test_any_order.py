"""Whatever happens, in whatever order: the open board tells what a fresh one tells, and the due list is recomputed.

A board on a tablet asks for what is new and keeps what it has when the server says that nothing is. Here bookings,
steps, doses, readings, corrections, waivers, answers, exits and the passing of time are drawn at random; each either
happens or is refused. After each the board that stayed open must tell, word for word, what a board opened now tells.
``EUTHYMIA_EXAMPLES=200`` draws more.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.clinic import factories, patients
from tests.clinic.visits import scenes

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Denied, NotFound, Viewer
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.config import clock
from euthymia.clinic.visits import actions, assess, facts, models, queries
from euthymia.clinic.visits.models.dose import InfusionStep
from euthymia.clinic.visits.queries import kept
from euthymia.clinic.visits.queries._common import AFTER_DOSE
from euthymia.clinic.visits.record import Record
from euthymia.protocol import DueState, Product, monitoring

_EXAMPLES = int(os.environ.get("EUTHYMIA_EXAMPLES", "5"))
_SEEN = re.compile(r'name="seen" value="([^"]*)"')


@dataclass
class Ward:
    """Four visits: one for the spray and one on the pump, both ordered, and two that are expected."""

    by: Viewer
    client: Client
    nasal: UUID
    infused: UUID
    expected: tuple[UUID, ...]
    course: UUID
    now: datetime = scenes.NOW
    shown: str = ""
    kept: int = 0

    @property
    def visits(self) -> tuple[UUID, ...]:
        return (self.nasal, self.infused, *self.expected)

    # --- the two boards ------------------------------------------------------------------------------------
    def look(self) -> None:
        """Refresh the open board as the page does."""
        seen = _SEEN.search(self.shown)
        answer = self._ask(f"?seen={seen.group(1)}" if seen else "")
        if answer.status_code == 200:
            self.shown = answer.content.decode()
        else:
            assert answer.status_code in (204, 304)
            self.kept += 1

    def fresh(self) -> list[str]:
        """A board that was opened just now, by a process that has read nothing before."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(kept, "_shelves", {})
            return _told(self._ask("").content.decode())

    def _ask(self, query: str) -> Any:
        session = self.client.session
        session["signed_in_at"] = session["seen_at"] = self.now.timestamp()
        session.save()
        return self.client.get(f"/board/tiles/{query}", headers={"HX-Request": "true"})


def _told(page: str) -> list[str]:
    lines = re.sub(r"<[^>]*>", "\n", page).splitlines()
    return [line.strip() for line in lines if line.strip()]


# --- events ----------------------------------------------------------------------------------------------------
def _wait(ward: Ward, draw: list[int]) -> None:
    ward.now += timedelta(minutes=draw[0] % 50, seconds=draw[1] % 60)


def _book(ward: Ward, draw: list[int]) -> None:
    at = ward.now + timedelta(minutes=5 + draw[0] % 200)
    scenes.booked(
        ward.by, at, course_id=ward.course, chair_id=scenes.chair(ward.by, f"Chair {draw[1] % 6}").pk
    )


def _step(ward: Ward, draw: list[int]) -> None:
    visit_id = ward.expected[draw[0] % len(ward.expected)]
    said: dict[str, Any] = {"by": ward.by, "at": ward.now, "visit_id": visit_id}
    match draw[1] % 3:
        case 0:
            actions.start_check_in(**said, first="name", second="birth date")
        case 1:
            actions.cancel(**said, why="The patient rang.")
        case _:
            actions.record_missed(**said, reached="nobody answered")


def _dose(ward: Ward, draw: list[int]) -> None:
    when = ward.now - timedelta(minutes=draw[0] % 6)
    if draw[1] % 2:
        number = 1 + models.DeviceAdministration.objects.filter(visit_id=ward.nasal).count()
        scenes.device(ward.by, ward.now, ward.nasal, number, measured_at=when)
        return
    events = list(InfusionStep)
    said = {"rate_ml_per_h": Decimal(20), "volume_given_ml": Decimal(30), "why": "pain", "lot": "L1"}
    actions.record_infusion(
        by=ward.by,
        at=ward.now,
        visit_id=ward.infused,
        event=events[draw[2] % len(events)],
        measured_at=when,
        **said,
    )


def _readings(ward: Ward, draw: list[int]) -> None:
    calls = draw[0] % 3 == 0
    upper = 186 if calls else 110 + draw[1] % 30
    actions.record_observations(
        by=ward.by,
        at=ward.now,
        visit_id=ward.visits[draw[2] % 2],
        measured_at=ward.now - timedelta(minutes=draw[3] % 25),
        readings=replace(scenes.CALM, systolic=upper, diastolic=upper - 50, spo2=88 if calls else 97),
        confirmed=("upper pressure 186 mmHg", "lower pressure 136 mmHg", "oxygen saturation 88 %"),
    )


def _correct(ward: Ward, draw: list[int]) -> None:
    rows = list(models.Observation.objects.filter(visit__in=ward.visits[:2]).order_by("recorded_at", "id"))
    if not rows:
        return
    row = rows[draw[0] % len(rows)]
    actions.correct_observation(
        by=ward.by, at=ward.now, visit_id=row.visit_id, observation_id=row.id, why="typed wrong",
        value=120 if row.kind == "pressure" else row.value, diastolic=70 if row.kind == "pressure" else None,
        artefact=draw[1] % 2 == 0,
    )  # fmt: skip


def _waive(ward: Ward, draw: list[int]) -> None:
    visit_id = ward.visits[draw[0] % 2]
    due = queries.live(ward.by, visit_id, ward.now).due
    if due:
        key = due[draw[1] % len(due)].key
        actions.waive(by=ward.by, at=ward.now, visit_id=visit_id, due_key=key, why="asleep")


def _answer(ward: Ward, draw: list[int]) -> None:
    visit_id = ward.visits[draw[0] % 2]
    ids = [alarm.id for alarm in queries.open_alarms(ward.by, visit_id)]
    actions.acknowledge(by=ward.by, at=ward.now, visit_id=visit_id, alarm_ids=ids, action="stayed there")


def _leave(ward: Ward, draw: list[int]) -> None:
    visit_id = ward.visits[draw[0] % 2]
    said: dict[str, Any] = {"by": ward.by, "at": ward.now, "visit_id": visit_id}
    match draw[1] % 5:
        case 0:
            actions.leave_against_advice(
                **said, left_at=ward.now, advice="asked to stay", with_whom="Jo Field"
            )
        case 1:
            actions.transfer(**said, left_at=ward.now, destination="General hospital", why="chest pain")
        case 2:
            actions.declare_emergency(**said, happened_at=ward.now, seen="not breathing well")
        case 3:
            actions.stabilise(**said, happened_at=ward.now, done="oxygen; awake again")
        case _:
            actions.discharge(**said, reauth=patients.proof(ward.by, ward.now))


EVENTS: dict[str, Callable[[Ward, list[int]], None]] = {
    "wait": _wait,
    "book": _book,
    "step": _step,
    "dose": _dose,
    "readings": _readings,
    "correct": _correct,
    "waive": _waive,
    "answer": _answer,
    "leave": _leave,
}
_OFTEN = ("dose", "dose", "dose", "readings", "readings", "wait", "wait")
_event = st.tuples(st.sampled_from((*EVENTS, *_OFTEN)), st.lists(st.integers(0, 999), min_size=4, max_size=4))


# --- the property ------------------------------------------------------------------------------------------------
@pytest.fixture
def ward(db: None) -> Ward:
    """The ward before anything was given."""
    by = patients.staff()
    nurse = factories.staff(Role.NURSE)
    chairs = [scenes.chair(by, f"Chair {number}").pk for number in range(4)]
    at = scenes.NOW
    courses = [patients.planned(by, at - timedelta(days=1)) for _ in range(3)]
    return Ward(
        by=by,
        client=factories.signed_in(nurse),
        nasal=scenes.ordered(by, at, chair_id=chairs[0]),
        infused=scenes.ordered(by, at, Product.KETAMINE_IV, chair_id=chairs[1]),
        expected=tuple(
            scenes.booked(by, at + timedelta(minutes=20), course_id=course, chair_id=chair)
            for course, chair in zip(courses, chairs[2:], strict=False)
        ),
        course=courses[2],
    )


@pytest.fixture
def present(monkeypatch: pytest.MonkeyPatch, ward: Ward) -> Iterator[None]:
    """The server's present is the ward's."""
    monkeypatch.setattr(clock, "now", lambda: ward.now)
    return


def test_the_open_board_tells_what_a_fresh_one_tells_and_the_due_list_is_recomputed(
    ward: Ward, present: None
) -> None:
    happened: set[str] = set()

    @settings(
        max_examples=_EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(_event, min_size=5, max_size=9))
    def whatever_happens(events: list[tuple[str, list[int]]]) -> None:
        begins = ward.now
        with suppress(_Undo), transaction.atomic():
            _first_doses(ward)
            ward.look()
            for name, draw in events:
                with suppress(Refused, Denied, NotFound), transaction.atomic():
                    EVENTS[name](ward, draw)
                    happened.add(name)
                ward.look()
                assert _told(ward.shown) == ward.fresh(), f"after {name} {draw}"
            _check_due(ward)
            raise _Undo
        ward.now, ward.shown = begins, ""

    whatever_happens()
    assert happened >= {"wait", "dose", "readings"}
    assert ward.kept > 0, "The server never said that nothing was new, so nothing was tried."


class _Undo(Exception):
    """Ends an example and takes back all it wrote."""


def _first_doses(ward: Ward) -> None:
    """Both patients have begun: most of what can happen happens after that."""
    scenes.device(ward.by, ward.now, ward.nasal, 1)
    rate = {"rate_ml_per_h": scenes.INFUSION.rate_ml_per_h, "lot": "L1"}
    scenes.infuse(ward.by, ward.now, ward.infused, InfusionStep.STARTED, **rate)
    ward.now += timedelta(minutes=6)


def _check_due(ward: Ward) -> None:
    """The board's due list and the visit's, against one worked out from the rows as they lie in the database."""
    tiles = {tile.visit_id: tile for tile in queries.board(ward.by, ward.now).watched}
    for visit in models.Visit.objects.filter(id__in=ward.visits, state__in=sorted(AFTER_DOSE)):
        record = Record(visit)
        known = facts.observed(record, ended_at=None)
        assert known is not None
        anew = replace(known, observations=_sets(visit.id, known.t0), waivers=known.waivers)
        due = monitoring.due_list(anew, record.rules, record.local(ward.now))
        shown = queries.live(ward.by, visit.id, ward.now).due
        assert [(each.key, each.state.value) for each in due] == [(each.key, each.status) for each in shown]
        tile, upcoming = tiles[visit.id], monitoring.next_due(due)
        assert tile.overdue == sum(each.state is DueState.OVERDUE for each in due)
        assert (tile.next_due.key if tile.next_due else None) == (upcoming.key if upcoming else None)
        assert assess.due_list(record, ward.now) == due


def _sets(visit_id: UUID, t0: datetime) -> tuple[Any, ...]:
    """The readings after the first dose that stand: found by hand, not by the query that the product uses."""
    rows = list(models.Observation.objects.filter(visit_id=visit_id).select_related("recorded_by"))
    replaced = {row.corrects_id for row in rows}
    grouped: dict[Any, list[models.Observation]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row.measured_at, row.recorded_at)):
        if row.id not in replaced and not row.artefact and row.measured_at >= t0:
            grouped[row.set_id, row.measured_at].append(row)
    return tuple(found for group in grouped.values() for found in facts.sets(group))
