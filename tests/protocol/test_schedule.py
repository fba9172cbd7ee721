"""The days of a course: what the regimen says, whatever day it begins, whatever was missed or moved."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.protocol.examples.planning import booked
from tests.protocol.people import BOOK, NOW, ZONE
from tests.protocol.people import datum as known

from euthymia.evidence import Jurisdiction, regimens, rules
from euthymia.protocol import Finding, Product, booking, schedule
from euthymia.protocol._booking_facts import BookingFacts, Duty, Occupied, Shift, SiteFacts
from euthymia.protocol.schedule import Given, PlannedDay

REGIMENS = [(rules(place), regimen) for place in Jurisdiction for regimen in regimens(place)]
EACH = pytest.mark.parametrize(("book", "regimen"), REGIMENS, ids=lambda each: getattr(each, "id", ""))
WEEK = timedelta(weeks=1)
starts = st.dates(date(2026, 1, 1), date(2027, 12, 31))


@st.composite
def pasts(draw, first_on):
    """Sessions given on days before ``first_on``, some of them since induction began last."""
    days = draw(st.lists(st.integers(1, 120), unique=True, max_size=20))
    given_on = tuple(sorted(first_on - timedelta(days=back) for back in days))
    return Given(given_on, draw(st.integers(0, len(given_on))))


def _holds(planned, earlier, per_week):
    """Whether each session but the first, which the prescriber puts, leaves every week it touches intact."""
    before = list(earlier)
    for place, each in enumerate(planned):
        assert place == 0 or not schedule.breaks_week(each.target_on, before, per_week[each.phase])
        before.append(each.target_on)


@EACH
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_schedule_breaks_the_regimen(book, regimen, data):
    first_on = data.draw(starts)
    before = data.draw(pasts(first_on))
    per_week = {phase.name: schedule.per_week(phase) for phase in regimen.phases}
    planned = schedule.induction(regimen, book, first_on, before)
    ahead = max(regimen.phases[0].sessions.value - before.in_round, 0)
    assert len(planned) == ahead
    _holds(planned, before.days, per_week)
    if regimen.phases[1:]:
        gap = data.draw(st.sampled_from(regimen.phases[-1].gap_days))
        planned = schedule.afterwards(regimen, book, first_on, before, gap)
        _holds(planned, before.days, per_week)
        maintained = [each.target_on for each in planned if each.phase == schedule.MAINTENANCE]
        assert all((later - one).days >= gap for one, later in pairwise(maintained))


@EACH
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_sessions_keep_their_number_their_order_and_windows_that_never_meet(book, regimen, data):
    first_on = data.draw(starts)
    before = data.draw(pasts(first_on))
    planned = schedule.induction(regimen, book, first_on, before)
    numbers = [each.number for each in planned]
    assert numbers == list(range(len(before.days) + 1, len(before.days) + 1 + len(planned)))
    assert all(each.earliest_on <= each.target_on <= each.latest_on for each in planned)
    assert all(one.latest_on < later.earliest_on for one, later in pairwise(planned))


@EACH
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_moving_never_loses_a_session(book, regimen, data):
    """However often the rest is made again from a later day, all of induction is given in the end."""
    wanted = regimen.phases[0].sessions.value
    on, days = data.draw(starts), []
    for done in range(wanted):
        planned = schedule.induction(regimen, book, on, Given(tuple(days), done))
        assert len(planned) == wanted - done
        days.append(planned[0].target_on + timedelta(days=data.draw(st.integers(0, 10))))  # moved, or missed
        on = days[-1] + timedelta(days=data.draw(st.integers(1, 10)))
    assert schedule.induction(regimen, book, on, Given(tuple(days), wanted)) == ()


@EACH
def test_what_would_follow_begins_a_week_after_the_last_of_induction(book, regimen):
    first_on = date(2026, 3, 2)
    planned = schedule.induction(regimen, book, first_on)
    ahead = schedule.outlook(regimen, book, planned, Given(), regimen.phases[-1].gap_days[0])
    assert schedule.outlook(regimen, book, (), Given(), regimen.phases[-1].gap_days[0]) == ()
    if regimen.phases[1:]:
        assert ahead[0].target_on >= planned[-1].target_on + WEEK
        assert ahead[0].number == len(planned) + 1


def test_twice_a_week_is_monday_and_thursday_through_the_change_of_clocks():
    """Days are calendar days: the night of 8 March 2026, an hour short in New York, moves nothing."""
    (regimen,) = [each for each in regimens("US") if each.id == "us-trd-esketamine"]
    planned = schedule.induction(regimen, BOOK, date(2026, 3, 2))
    assert [f"{each.target_on:%a %d}" for each in planned] == [
        "Mon 02", "Thu 05", "Mon 09", "Thu 12", "Mon 16", "Thu 19", "Mon 23", "Thu 26",
    ]  # fmt: skip
    assert (planned[1].earliest_on, planned[1].latest_on) == (date(2026, 3, 4), date(2026, 3, 6))


def test_after_a_late_session_the_rest_waits_until_its_week_has_room():
    """Sessions on 2 and 5 March, the third put on 6 March: the fourth may not make it three in seven days."""
    (regimen,) = [each for each in regimens("US") if each.id == "us-trd-esketamine"]
    past = Given((date(2026, 3, 2), date(2026, 3, 5)), 2)
    planned = schedule.induction(regimen, BOOK, date(2026, 3, 6), past)
    assert [(each.number, each.target_on.day) for each in planned[:3]] == [(3, 6), (4, 12), (5, 16)]


# --- a booked time ---------------------------------------------------------------------------------------------
def _at(day, hour, minute=0):
    return datetime(2026, 3, day, hour, minute, tzinfo=ZONE)


def _judged(facts, rule):
    return next(each for each in booking.assess(facts, BOOK, NOW) if each.rule == rule)


def test_a_visit_over_midnight_needs_the_next_day_s_rota_too():
    late = Occupied(Product.ESKETAMINE_NASAL, _at(3, 22), _at(4, 1))
    evening = Shift(Duty.PRESCRIBER, _at(3, 12), _at(4, 0))
    night = Shift(Duty.PRESCRIBER, _at(4, 0), _at(4, 8))
    found = _judged(booked(wanted=late, rota=(evening,)), "PLAN-2")
    assert found.sentence == "No prescriber is in the house from 00:00 to 01:00."
    assert _judged(booked(wanted=late, rota=(evening, night)), "PLAN-2").outcome == "satisfied"


def test_the_hour_that_comes_twice_is_covered_twice():
    """On 1 November 2026 New York has 01:30 twice; a shift of clock hours covers both."""
    zone_day = lambda hour, fold=0: datetime(2026, 11, 1, hour, tzinfo=ZONE, fold=fold)  # noqa: E731
    wanted = Occupied(Product.ESKETAMINE_NASAL, zone_day(0), zone_day(3))
    assert (
        _judged(
            booked(wanted=wanted, rota=(Shift(Duty.PRESCRIBER, zone_day(0), zone_day(3)),)), "PLAN-2"
        ).outcome
        == "satisfied"
    )
    short = (
        Shift(Duty.PRESCRIBER, zone_day(0), zone_day(1, 0)),
        Shift(Duty.PRESCRIBER, zone_day(1, 1), zone_day(3)),
    )
    found = _judged(booked(wanted=wanted, rota=short), "PLAN-2")
    assert found.outcome == "violated", found.sentence


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_more_staff_never_takes_cover_away(data):
    hours = st.integers(0, 12)

    def stretch(made, kind):
        start = data.draw(hours)
        begins = NOW + timedelta(hours=start)
        return made(kind, begins, begins + timedelta(hours=data.draw(st.integers(1, 8))))

    duties, products = st.sampled_from(Duty), st.sampled_from(Product)
    rota = tuple(stretch(Shift, data.draw(duties)) for _ in range(data.draw(st.integers(0, 5))))
    others = tuple(stretch(Occupied, data.draw(products)) for _ in range(data.draw(st.integers(0, 6))))
    session = data.draw(
        st.sampled_from([None, PlannedDay(2, "induction", NOW.date(), NOW.date(), NOW.date())])
    )
    site = SiteFacts(data.draw(st.sampled_from([None, known(0), known(5)])))
    facts = BookingFacts(stretch(Occupied, data.draw(products)), session, rota, others, site)
    found = {each.rule: each for each in booking.assess(facts, BOOK, NOW)}
    assert all(Finding.from_json(each.to_json()) == each for each in found.values())
    more = (*rota, stretch(Shift, data.draw(duties)))
    again = booking.assess(BookingFacts(facts.wanted, session, more, others, site), BOOK, NOW)
    assert all(each.outcome == "satisfied" for each in again if found[each.rule].outcome == "satisfied")
