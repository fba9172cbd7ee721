"""Who may be the same person: what is found, and what is not."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from euthymia.clinic.people.likeness import Described, last_digits, names_alike, reasons, swapped_day

BORN = date(1980, 5, 3)
MIA = Described("Mia", "Łoś-Müller", BORN, "+1 (555) 010-0123", "mia@example.org", ("H-4711",))


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (Described("MIA", "Los Muller", BORN), "the same birth date and the same name"),
        (Described("Łoś-Müller", "Mia", BORN), "the same birth date and the same name"),
        (Described("Mila", "Losmueller", BORN), "the same birth date and a similar name"),
        (Described("Mia", "Łoś-Müller", date(1980, 3, 5)), "day and month exchanged"),
        (Described("Mia", "Łoś-Müller", date(1999, 1, 1)), "the same name with another birth date"),
        (Described("Zoe", "Quine", date(1999, 1, 1), "5550100123"), "the same telephone number"),
        (Described("Zoe", "Quine", None, "", "MIA@example.org"), "the same e-mail address"),
        (Described("Zoe", "Quine", None, numbers=("h4711",)), "the same record number"),
    ],
)
def test_what_speaks_for_one_person_is_said(other: Described, said: str):
    assert any(said in why for why in reasons(MIA, other)), reasons(MIA, other)
    assert any(said in why for why in reasons(other, MIA))


@pytest.mark.parametrize(
    "other",
    [
        Described("Zoe", "Quine", BORN),
        Described("Mia", "Quine", BORN),
        Described("", "", BORN),
        Described("Zoe", "Quine", date(1999, 1, 1), "0123"),
        Described("Zoe", "Quine", date(1999, 1, 1), "", "", ("",)),
    ],
)
def test_what_many_people_share_speaks_for_nothing(other: Described):
    assert reasons(MIA, other) == ()


names = st.text(max_size=12)
people = st.builds(Described, names, names, st.dates() | st.none(), names, names, st.tuples(names))


@given(people, people)
def test_likeness_goes_both_ways_and_is_never_raised(one: Described, other: Described):
    assert 0 <= names_alike(one, other) <= 1
    assert names_alike(one, other) == names_alike(other, one)
    assert reasons(one, other) == reasons(other, one)


@given(st.dates())
def test_exchanging_day_and_month_twice_is_the_same_day(day: date):
    other = swapped_day(day)
    assert other is None or swapped_day(other) == day


def test_a_short_number_tells_nobody_apart():
    assert last_digits("0123") == ""
    assert last_digits("+49 (0)30 1234567") == last_digits("030 1234567")
