"""Worked examples of the rules about a booked time: its window, who is in the house, what the house has."""

from dataclasses import replace
from datetime import timedelta

from tests.protocol.examples._example import Example, S, U, V
from tests.protocol.people import IV, NASAL, NOW, datum

from euthymia.protocol import booking
from euthymia.protocol._booking_facts import BookingFacts, Duty, Occupied, Shift, SiteFacts
from euthymia.protocol.schedule import INDUCTION, MAINTENANCE, PlannedDay

_START, _END = NOW, NOW + timedelta(hours=3)


def _session(days_away, phase=INDUCTION):
    on = NOW.date() - timedelta(days=days_away)
    return PlannedDay(3, phase, on, on, on)


def _shift(duty, hours=3.0, after=0.0):
    return Shift(duty, NOW + timedelta(hours=after), NOW + timedelta(hours=after + hours))


PRESCRIBER, OBSERVER = _shift(Duty.PRESCRIBER), _shift(Duty.OBSERVER)


def _others(count, product=NASAL):
    return (Occupied(product, _START, _END),) * count


def booked(**changes):
    """Return a booked time with nothing against it."""
    good = BookingFacts(
        wanted=Occupied(NASAL, _START, _END),
        session=_session(0),
        rota=(PRESCRIBER, OBSERVER),
        site=SiteFacts(datum(4), datum(True)),
        resuscitation_needed=datum(False),
    )
    return replace(good, **changes)


def _example(rule, title, outcome, facts, boundary=""):
    return Example(rule, title, outcome, lambda book: booking.assess(facts, book, NOW), boundary)


_INFUSION = Occupied(IV, _START, _END)

EXAMPLES = (
    _example("PLAN-1", "a day late in induction", S, booked(session=_session(1)), "induction_days_max"),
    _example("PLAN-1", "two days late in induction", V, booked(session=_session(2)), "induction_days_max"),
    _example(
        "PLAN-1", "two days early, weekly", S, booked(session=_session(-2, "optimisation")), "weekly_days_max"
    ),
    _example(
        "PLAN-1",
        "three days early, weekly",
        V,
        booked(session=_session(-3, "optimisation")),
        "weekly_days_max",
    ),
    _example(
        "PLAN-1",
        "three days late in maintenance",
        S,
        booked(session=_session(3, MAINTENANCE)),
        "maintenance_days_max",
    ),
    _example(
        "PLAN-1",
        "four days late in maintenance",
        V,
        booked(session=_session(4, MAINTENANCE)),
        "maintenance_days_max",
    ),
    _example("PLAN-1", "no session left in the plan", U, booked(session=None)),
    _example("PLAN-2", "a prescriber throughout", S, booked()),
    _example(
        "PLAN-2",
        "the prescriber leaves an hour early",
        V,
        booked(rota=(_shift(Duty.PRESCRIBER, 2), OBSERVER)),
    ),
    _example(
        "PLAN-2",
        "one prescriber hands over to the next",
        S,
        booked(rota=(_shift(Duty.PRESCRIBER, 2), _shift(Duty.PRESCRIBER, 1, 2), OBSERVER)),
    ),
    _example("PLAN-2", "no rota for the day", U, booked(rota=None)),
    _example(
        "PLAN-3", "three sprays for one observer", S, booked(others=_others(2)), "patients_per_observer_max"
    ),
    _example(
        "PLAN-3", "four sprays for one observer", V, booked(others=_others(3)), "patients_per_observer_max"
    ),
    _example(
        "PLAN-3",
        "an infusion with an observer of its own",
        S,
        booked(wanted=_INFUSION),
        "infusions_per_observer_max",
    ),
    _example(
        "PLAN-3",
        "two infusions for one observer",
        V,
        booked(wanted=_INFUSION, others=_others(1, IV)),
        "infusions_per_observer_max",
    ),
    _example(
        "PLAN-3",
        "an infusion beside a spray for one observer",
        V,
        booked(wanted=_INFUSION, others=_others(1)),
    ),
    _example("PLAN-3", "no rota for the day", U, booked(rota=None)),
    _example("PLAN-4", "as many oximeters as patients", S, booked(others=_others(3))),
    _example("PLAN-4", "one oximeter too few", V, booked(others=_others(4))),
    _example("PLAN-4", "the site never counted them", U, booked(site=SiteFacts())),
    _example("PLAN-5", "needed, and there", S, booked(resuscitation_needed=datum(True))),
    _example("PLAN-5", "not needed, and not there", S, booked(site=SiteFacts(datum(4), datum(False)))),
    _example(
        "PLAN-5",
        "needed, and not there",
        V,
        booked(resuscitation_needed=datum(True), site=SiteFacts(datum(4), datum(False))),
    ),
    _example(
        "PLAN-5",
        "needed, and not known whether there",
        U,
        booked(resuscitation_needed=datum(True), site=SiteFacts(datum(4))),
    ),
    _example(
        "PLAN-5",
        "nobody asked whether it is needed",
        U,
        booked(resuscitation_needed=None, site=SiteFacts(datum(4))),
    ),
)
