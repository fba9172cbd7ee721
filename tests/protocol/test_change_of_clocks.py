"""Minutes are minutes: across midnight and both changes of the clock, in three zones, nothing of a visit moves."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.protocol.people import BOOK, BOOKS, IV, NASAL, leaving, reading

from euthymia.evidence import Jurisdiction
from euthymia.protocol import MonitoringFacts, discharge, monitoring

PLAIN = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
TURNS = {
    "Berlin forward": ("Europe/Berlin", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    "Berlin back": ("Europe/Berlin", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    "Berlin midnight": ("Europe/Berlin", datetime(2026, 6, 10, 22, tzinfo=UTC)),
    "New York forward": ("America/New_York", datetime(2026, 3, 8, 7, tzinfo=UTC)),
    "New York back": ("America/New_York", datetime(2026, 11, 1, 6, tzinfo=UTC)),
    "New York midnight": ("America/New_York", datetime(2026, 6, 10, 4, tzinfo=UTC)),
    "Sydney forward": ("Australia/Sydney", datetime(2026, 10, 3, 16, tzinfo=UTC)),
    "Sydney back": ("Australia/Sydney", datetime(2026, 4, 4, 16, tzinfo=UTC)),
    "Sydney midnight": ("Australia/Sydney", datetime(2026, 6, 10, 14, tzinfo=UTC)),
}
"""The instant at which the clock on the wall jumps, or shows 00:00."""
turns = pytest.mark.parametrize(("name", "turn"), TURNS.values(), ids=TURNS)


@pytest.mark.parametrize("product", [NASAL, IV])
@turns
def test_the_due_list_is_that_of_any_other_day(name, turn, product):
    zone, begun = ZoneInfo(name), turn - timedelta(minutes=70)
    for minutes in (0, 12, 45, 71, 100, 130, 260):
        there = _due(product, begun, begun + timedelta(minutes=minutes), zone)
        assert there == _due(product, PLAIN, PLAIN + timedelta(minutes=minutes), ZoneInfo("UTC"))


def _due(product, t0, now, zone):
    """The due list as minutes since t0, asked for by the clinic's clock."""
    taken = [t0 + timedelta(minutes=each) for each in (20, 46) if t0 + timedelta(minutes=each) <= now]
    facts = MonitoringFacts(
        product, t0, t0 + timedelta(minutes=5), tuple(replace(reading(0), measured_at=at) for at in taken)
    )
    return [
        (each.key, each.due_at - t0, each.opens_at - t0, each.closes_at - t0, each.state, each.late)
        for each in monitoring.due_list(facts, BOOK, now.astimezone(zone))
    ]


@pytest.mark.parametrize("product", [NASAL, IV])
@turns
def test_the_earliest_time_to_leave_counts_minutes(name, turn, product):
    zone, last = ZoneInfo(name), turn - timedelta(minutes=65)
    facts = leaving(product, t0=last - timedelta(minutes=5), last_dose_at=last, observations=(), stable=None)
    plain = replace(facts, t0=PLAIN - timedelta(minutes=5), last_dose_at=PLAIN)
    there = discharge.earliest_leave(facts, BOOK, (last + timedelta(minutes=10)).astimezone(zone))
    usual = discharge.earliest_leave(plain, BOOK, PLAIN + timedelta(minutes=10))
    assert there.at - last == usual.at - PLAIN >= timedelta(minutes=60)
    assert [(each.rule, each.until and each.until - last) for each in there.waits_for] == [
        (each.rule, each.until and each.until - PLAIN) for each in usual.waits_for
    ]


@pytest.mark.parametrize("jurisdiction", list(Jurisdiction))
@turns
def test_driving_waits_for_an_hour_on_the_next_days_clock(name, turn, jurisdiction):
    zone, book = ZoneInfo(name), BOOKS[jurisdiction]
    hour, night = book["MON-8"].integer("next_day_hour"), book["MON-8"].duration("sleep_min")
    for hours in (-30, -12, -8, -7, -6, -1, 1):
        last = turn + timedelta(hours=hours)
        leaves = (last + timedelta(hours=2)).astimezone(zone)
        said = discharge.no_driving_before(NASAL, last, book, leaves)
        assert said.time() == time(hour)
        dosed_on = last.astimezone(zone).date()
        assert said.date() > dosed_on
        assert said.astimezone(UTC) - leaves.astimezone(UTC) >= night
        before = datetime.combine(said.date() - timedelta(days=1), time(hour), zone)
        too_soon = before.astimezone(UTC) - leaves.astimezone(UTC) < night
        assert before.date() <= dosed_on or too_soon, "no morning that would do is passed over"
        assert said.utcoffset() == said.astimezone(UTC).astimezone(zone).utcoffset()


@turns
def test_after_an_infusion_whole_hours_pass_whatever_the_clock_shows(name, turn):
    zone, whole = ZoneInfo(name), BOOK["MON-8"].duration("infusion_hours_min")
    for hours in (-23, -12, -2, 1):
        end = turn + timedelta(hours=hours)
        said = discharge.no_driving_before(IV, end, BOOK, end.astimezone(zone))
        assert said.astimezone(UTC) - end >= whole
        assert said.date() > end.astimezone(zone).date()
