"""The readings before a dose: which comes next, and how long the rest before it is."""

from datetime import timedelta

import pytest
from tests.protocol.people import BOOKS, IV, NASAL, NOW, ago, arrived, pressure

from euthymia.evidence import Jurisdiction
from euthymia.protocol.rest import next_pressure

US = BOOKS[Jurisdiction.US]


def after(*readings, product=NASAL):
    """What comes next after readings given as systolic and minutes ago."""
    taken = tuple(pressure(systolic, 80, ago(minutes=minutes)) for systolic, minutes in readings)
    return next_pressure(arrived(product, pressures=taken), US, NOW)


def test_the_first_reading_waits_for_nothing():
    found = after()
    assert (found.number, found.counted, found.raised, found.opens_at) == (1, 3, False, None)


@pytest.mark.parametrize(
    ("product", "rule", "closes"), [(NASAL, "PRE-5", "repeat_by"), (IV, "IV-CI-4", None)]
)
def test_a_raised_reading_is_repeated_after_the_rest_the_rule_states(product, rule, closes):
    found = after((150, 2), product=product)
    rest = US[rule].duration("repeat_from" if closes else "repeat_after")
    assert (found.number, found.raised) == (2, True)
    assert found.opens_at == ago(minutes=2) + rest
    assert found.closes_at == (ago(minutes=2) + US[rule].duration(closes) if closes else None)


def test_a_reading_within_the_limit_is_not_repeated():
    assert not after((150, 20), (138, 5)).raised


def test_after_the_last_that_counts_no_rest_is_asked():
    found = after((150, 25), (150, 15), (150, 5))
    assert (found.are_all_taken, found.raised, found.opens_at) == (True, True, None)


def test_a_reading_of_yesterday_counts_for_nothing():
    found = next_pressure(arrived(pressures=(pressure(180, 110, NOW - timedelta(days=1)),)), US, NOW)
    assert found.number == 1
