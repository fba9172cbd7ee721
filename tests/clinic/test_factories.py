"""A clinic that lives in the real present has its day now, and whenever a scene with a present of its own begins."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.clinic import factories
from tests.clinic.visits import scenes

from euthymia.clinic.config.demo.team import zone_where_it_is


@pytest.mark.parametrize("hour", range(24))
def test_at_every_hour_it_is_day_at_the_clinic_now_and_in_the_scenes(hour: int) -> None:
    now = datetime(2026, 11, 22, hour, 59, tzinfo=UTC)
    zone = ZoneInfo(zone_where_it_is(factories.hour_of_day(now), now))
    assert scenes.NOW.hour == factories.FIXED_HOUR
    for at in (now, scenes.NOW):
        day = at.astimezone(zone).date()
        for hours in (-5, 4):
            assert (at + timedelta(hours=hours)).astimezone(zone).date() == day
