"""Times as people type and read them, across midnight and both changes of the clock."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from tests.clinic import factories, patients
from tests.clinic.visits import scenes

from euthymia.clinic.access.models import Clinic
from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit.times import last_such_time
from euthymia.clinic.config import clock
from euthymia.clinic.visits import actions, models, queries
from euthymia.clinic.visits.forms import ObservationForm

BERLIN, NEW_YORK, SYDNEY = map(ZoneInfo, ("Europe/Berlin", "America/New_York", "Australia/Sydney"))


# --- a time of day that is typed -------------------------------------------------------------------------------
TYPED = {
    # zone, now in UTC, what is typed, what is meant in UTC
    "a moment ago": (BERLIN, (6, 10, 12, 0), "13:50", (6, 10, 11, 50)),
    "two minutes ahead": (BERLIN, (6, 10, 12, 0), "14:02", (6, 10, 12, 2)),
    "ahead: it was yesterday": (BERLIN, (6, 10, 12, 0), "14:10", (6, 9, 12, 10)),
    "before midnight": (SYDNEY, (6, 10, 14, 20), "23:50", (6, 10, 13, 50)),
    "just after midnight": (SYDNEY, (6, 10, 14, 20), "00:05", (6, 10, 14, 5)),
    "Berlin, the hour that comes twice, the first time": (BERLIN, (10, 25, 0, 50), "02:40", (10, 25, 0, 40)),
    "Berlin, again: still the first": (BERLIN, (10, 25, 1, 10), "02:40", (10, 25, 0, 40)),
    "Berlin, again: now the second": (BERLIN, (10, 25, 1, 45), "02:40", (10, 25, 1, 40)),
    "Berlin, an hour later the second is meant": (BERLIN, (10, 25, 2, 10), "02:50", (10, 25, 1, 50)),
    "New York back": (NEW_YORK, (11, 1, 6, 30), "01:50", (11, 1, 5, 50)),
    "Sydney back": (SYDNEY, (4, 4, 16, 20), "02:50", (4, 4, 15, 50)),
    "Berlin forward, before": (BERLIN, (3, 29, 1, 10), "01:55", (3, 29, 0, 55)),
    "Berlin forward, after": (BERLIN, (3, 29, 1, 10), "03:05", (3, 29, 1, 5)),
    "New York forward, before": (NEW_YORK, (3, 8, 7, 10), "01:55", (3, 8, 6, 55)),
    "Sydney forward, before": (SYDNEY, (10, 3, 16, 10), "01:55", (10, 3, 15, 55)),
    "yesterday the clocks left it out": (BERLIN, (3, 30, 0, 10), "02:30", None),
}
LEFT_OUT = {
    "Berlin": (BERLIN, (3, 29, 1, 10), "02:30"),
    "New York": (NEW_YORK, (3, 8, 7, 10), "02:30"),
    "Sydney": (SYDNEY, (10, 3, 16, 10), "02:30"),
}


@pytest.mark.parametrize(("zone", "now", "typed", "meant"), TYPED.values(), ids=TYPED)
def test_a_typed_time_is_the_last_time_the_clock_showed_it(zone, now, typed, meant):
    said = last_such_time(time.fromisoformat(typed), _utc(*now).astimezone(zone))
    assert said is None or said.tzinfo is zone
    # in UTC: Python holds two times of different zones for unequal in an hour that comes twice
    assert (said.astimezone(UTC) if said else None) == (_utc(*meant) if meant else None)


@pytest.mark.parametrize(("zone", "now", "typed"), LEFT_OUT.values(), ids=LEFT_OUT)
def test_a_time_that_the_clocks_left_out_is_refused_with_the_reason(zone, now, typed):
    with timezone.override(zone):
        form = ObservationForm({"systolic": "120", "diastolic": "80", "happened": typed}, now=_utc(*now))
        assert not form.is_valid()
    assert form.errors["happened"] == [
        f"There was no {typed} today: the clocks went forward. Enter the time they showed."
    ]


def test_a_reading_keeps_the_instant_and_the_offset_it_was_typed_in() -> None:
    for now, offset in ((_utc(10, 25, 0, 50), 120), (_utc(10, 25, 1, 45), 60)):
        with timezone.override(BERLIN):
            said = {"systolic": "120", "diastolic": "80", "happened": "02:40", "idempotency_key": uuid4()}
            form = ObservationForm(said, now=now)
            assert form.is_valid(), form.errors
            at = form.values()["measured_at"]
        assert at.utcoffset() == timedelta(minutes=offset)
        assert now - at.astimezone(UTC) < timedelta(minutes=11)


def _utc(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


# --- a whole visit -----------------------------------------------------------------------------------------------
TURN = _utc(10, 25, 1)
"""In Berlin it becomes 02:00 for the second time."""


@pytest.fixture
def night(db: None) -> Viewer:
    """Staff of a clinic in Berlin."""
    by = patients.staff()
    Clinic.objects.filter(pk=by.clinic_id).update(time_zone="Europe/Berlin")
    return by


def test_a_visit_through_midnight_and_the_change_of_clocks_counts_minutes(
    night: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Booked for 23:30, sprayed at 01:30 and 01:35, and the clocks go back at 03:00 to 02:00."""
    t0 = TURN - timedelta(minutes=90)
    visit_id = scenes.monitored(night, t0, scheduled_at=t0 - timedelta(hours=2), minutes=420)
    last = t0 + timedelta(minutes=5)
    for minutes, offset in ((45, 120), (95, 60)):
        at = last + timedelta(minutes=minutes)
        scenes.observe(night, at, visit_id, measured_at=at.astimezone(BERLIN))
        row = models.Observation.objects.filter(visit=visit_id, kind="pressure").latest("measured_at")
        assert (row.measured_at, row.entered_offset_min) == (at, offset)
    now = last + timedelta(minutes=100)
    live = queries.live(night, visit_id, now)
    assert live.leave is not None
    assert live.leave.at == last + timedelta(minutes=120)
    assert {each.key: each.due_at - last for each in live.due if each.key.startswith("last+")} == {
        each.key: timedelta(minutes=int(each.key[5:])) for each in live.due if each.key.startswith("last+")
    }
    page = queries.visit_page(night, visit_id, now)
    assert [each.clock for each in page.sets][:2] == ["95 min", "45 min"]
    with timezone.override(BERLIN):
        assert "Monday 26 October, 06:00" in page.driving_words
    _check_the_page(night, visit_id, now, t0, monkeypatch)
    tiles = queries.board(night, now).watched
    assert [tile.visit_id for tile in tiles] == [visit_id], "The visit of last evening is still on the board."


def _check_the_page(
    night: Viewer, visit_id: object, now: datetime, t0: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clocks that the tablet counts on name the instant with its offset, so that no zone is guessed."""
    monkeypatch.setattr(clock, "now", lambda: now)
    nurse = factories.staff(Role.NURSE, clinic=Clinic.objects.get(pk=night.clinic_id))
    client = factories.signed_in(nurse)
    session = client.session
    session["signed_in_at"] = session["seen_at"] = now.timestamp()
    session.save()
    page = client.get(f"/visits/{visit_id}/").content.decode()
    since = {datetime.fromisoformat(each) for each in re.findall(r'data-elapsed-since="([^"]+)"', page)}
    assert t0 in since
    (server,) = {datetime.fromisoformat(each) for each in re.findall(r'data-server-time="([^"]+)"', page)}
    assert abs(server - now) < timedelta(seconds=1)
    assert server.utcoffset() == timedelta(hours=1)


def test_a_booking_lasts_its_minutes_and_belongs_to_its_evening(night: Viewer) -> None:
    """The days around the change have 25 and 23 hours, and each visit stands in the day on whose clock it begins."""
    course_id = patients.planned(night, TURN - timedelta(days=2))
    begins = datetime(2026, 10, 25, 0, 30, tzinfo=BERLIN)
    visit_id = scenes.booked(night, TURN, course_id=course_id, scheduled_at=begins, minutes=240)
    visit = models.Visit.objects.get(pk=visit_id)
    assert visit.planned_end_at - visit.scheduled_at == timedelta(minutes=240)
    late = datetime(2026, 10, 25, 23, 30, tzinfo=BERLIN)
    actions.move(
        by=night, at=TURN - timedelta(days=1), visit_id=visit_id, chair_id=visit.chair_id, scheduled_at=late,
        minutes=60, why="agreed",
    )  # fmt: skip
    for on, there in ((date(2026, 10, 24), 0), (date(2026, 10, 25), 1), (date(2026, 10, 26), 0)):
        assert len(queries.day(night, on, TURN).bookings) == there, on
