"""The demo clinic as it is built: every stage, a day in progress, records that keep the rules, and a next day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import Databases

    from euthymia.clinic.visits.models import Visit


@pytest.fixture(scope="module")
def demo(demos: Databases, django_db_setup: None, django_db_blocker: Any) -> Iterator[datetime]:
    """The demo on a copy of its own; the value is the moment up to which it was lived."""
    from django.db import connections

    from euthymia.clinic.audit.models import AuditEntry
    from euthymia.clinic.config.settings import database

    name = demos.clone()
    with django_db_blocker.unblock():
        before = dict(connections["default"].settings_dict)
        connections["default"].close()
        connections["default"].settings_dict.update(database(demos.app_url(name)), CONN_MAX_AGE=0)
        yield AuditEntry.objects.latest("at").at
        connections["default"].close()
        connections["default"].settings_dict.update(before)
    demos.drop(name)


def _board(now: datetime) -> Any:
    from django.utils import timezone

    from euthymia.clinic.access.permissions import Role
    from euthymia.clinic.config.demo.cast import MAIN_CLINIC
    from euthymia.clinic.config.demo.team import team
    from euthymia.clinic.visits.queries import board

    here = team(MAIN_CLINIC)
    with timezone.override(here.zone):
        return board(here.one(Role.NURSE), now)


def _left(product: str) -> list[Visit]:
    from euthymia.clinic.visits.models import Visit

    left = Visit.objects.filter(product=product, exits__kind="discharged").select_related("course__clinic")
    return list(left.distinct())


def test_sixty_patients_stand_in_every_stage(demo: datetime) -> None:
    from euthymia.clinic.courses.models import Course

    states = Counter(Course.objects.values_list("state", flat=True))
    assert sum(states.values()) == 60
    assert set(states) == {
        "referred", "not_eligible", "eligible", "consented", "planned", "induction", "maintenance", "completed",
        "stopped",
    }  # fmt: skip


def test_three_visits_run_and_one_reading_is_overdue(demo: datetime) -> None:
    shown = _board(demo)
    assert len(shown.watched) == 3
    assert shown.overdue == 1
    assert len({tile.t0 for tile in shown.watched}) == 3
    assert shown.here
    assert shown.expected
    assert shown.left


def test_devices_make_the_dose_and_rest_between(demo: datetime) -> None:
    for visit in _left("esketamine-nasal"):
        times = sorted(visit.deviceadministrations.values_list("measured_at", flat=True))
        assert len(times) == visit.orders.get().devices
        assert all(later - earlier >= timedelta(minutes=5) for earlier, later in pairwise(times))


def test_nobody_left_before_the_two_hours_or_without_the_forty_minute_pressure(demo: datetime) -> None:
    visits = _left("esketamine-nasal")
    assert len(visits) > 40
    for visit in visits:
        last = max(visit.deviceadministrations.values_list("measured_at", flat=True))
        way_out = visit.exits.get(kind="discharged")
        pressures = visit.observations.filter(kind="pressure").values_list("measured_at", flat=True)
        assert way_out.measured_at - last >= timedelta(minutes=120)
        assert any(timedelta(minutes=35) <= at - last <= timedelta(minutes=50) for at in pressures)
        assert way_out.measured_at > max(pressures)
        assert way_out.no_driving_before > way_out.measured_at


def test_nobody_left_within_an_hour_of_an_infusion(demo: datetime) -> None:
    for visit in _left("ketamine-iv"):
        ended = visit.infusionevents.get(step="ended").measured_at
        assert visit.exits.get(kind="discharged").measured_at - ended >= timedelta(minutes=60)


def test_no_ninth_session_without_a_decision_on_benefit(demo: datetime) -> None:
    from euthymia.clinic.courses.models import TreatedSession

    ninth = TreatedSession.objects.filter(number=9, course__product="esketamine-nasal")
    assert ninth
    for session in ninth:
        decided = session.course.benefit_decisions.get().recorded_at
        assert decided < session.started_at


def test_first_doses_are_those_of_the_regimen(demo: datetime) -> None:
    from euthymia.clinic.visits.models import Order

    first = Order.objects.filter(visit__session_number=1, product="esketamine-nasal")
    assert {int(order.dose_mg) for order in first} == {56}


def test_each_visit_was_written_in_order_and_the_chain_holds(demo: datetime) -> None:
    from euthymia.clinic.audit import chain
    from euthymia.clinic.audit.models import AuditEntry

    entries = (
        AuditEntry.objects.filter(verb__startswith="visits.").order_by("seq").values_list("subject", "at")
    )
    last: dict[str, datetime] = {}
    for subject, at in entries:
        assert at >= last.get(subject, at)
        last[subject] = at
    assert len(last) > 100
    assert chain.verify().holds


def test_the_second_clinic_sees_its_own_two_patients_only(demo: datetime) -> None:
    from euthymia.clinic.access.permissions import Role
    from euthymia.clinic.config.demo.cast import SMALL_CLINIC
    from euthymia.clinic.config.demo.team import team
    from euthymia.clinic.people import queries

    assert queries.visible(team(SMALL_CLINIC).one(Role.NURSE)).count() == 2


def test_a_second_start_within_the_day_changes_nothing(demo: datetime) -> None:
    from euthymia.clinic.audit.models import AuditEntry
    from euthymia.clinic.config.demo import building

    before = AuditEntry.objects.count()
    building.refresh(now=demo + timedelta(minutes=30))
    assert AuditEntry.objects.count() == before


def test_the_next_day_closes_yesterday_and_is_in_progress(demo: datetime) -> None:
    from euthymia.clinic.config.demo import building
    from euthymia.clinic.visits.models import Visit
    from euthymia.protocol import VISIT

    tomorrow = demo + timedelta(hours=26)
    building.refresh(now=tomorrow)
    still_open = Visit.objects.filter(
        state__in=[*VISIT.occupied, VISIT.initial], scheduled_at__lt=tomorrow - timedelta(hours=6)
    )
    assert not still_open
    shown = _board(tomorrow)
    assert len(shown.watched) == 3
    assert shown.overdue == 1
