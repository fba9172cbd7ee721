"""The pump's steps in any order of entry, and accounts of drug that balance exactly when nothing is missing."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.protocol.examples.giving import after
from tests.protocol.people import NOW

from euthymia.protocol import drug_account, pump
from euthymia.protocol.drug_account import Moved, Movement
from euthymia.protocol.pump import PumpStep, Step


def step(word, minute, volume=None):
    return PumpStep(Step(word), after(minute), volume_ml=None if volume is None else Decimal(volume))


RUN = (step("started", 0), step("paused", 10), step("resumed", 15), step("ended", 45, 35))


@pytest.mark.parametrize("order", list(itertools.permutations(RUN[1:])))
def test_steps_are_taken_in_whatever_order_they_are_entered(order):
    """A pause entered after the end is taken; a resumption needs its pause, whenever it comes."""
    entered = [RUN[0]]
    for new in order:
        if new.step is Step.RESUMED and RUN[1] not in entered:
            assert "Record the pause first" in pump.hindrance(entered, new, NOW)
        else:
            assert pump.hindrance(entered, new, NOW) == ""
            entered.append(new)


@pytest.mark.parametrize(
    ("before", "new", "sentence"),
    [
        ((), step("ended", 1, 1), "start of the infusion first"),
        (RUN, step("rate changed", -1), "start of the infusion first"),
        (RUN, step("started", 5), "started on"),
        (RUN, step("paused", 12), "paused on"),
        (RUN, step("resumed", 5), "was running"),
        (RUN, step("rate changed", 46), "was over"),
        (RUN, step("ended", 50, 36), "was over"),
        ((RUN[0],), step("ended", 40, 35), ""),
        (RUN[:3], step("stopped", 20, 12), ""),
        ((RUN[0], step("rate changed", 10, 9)), step("ended", 40, 8), "never falls"),
    ],
)
def test_only_what_cannot_be_is_refused(before, new, sentence):
    found = pump.hindrance(before, new, NOW)
    assert sentence in found
    assert bool(sentence) is bool(found)


@given(st.lists(st.integers(1, 60), min_size=1, max_size=6))
def test_the_volume_expected_is_the_sum_of_what_ran(minutes):
    """At 60 mL/h every minute that runs is a millilitre, however the infusion is cut up by pauses."""
    steps, clock, running = [PumpStep(Step.STARTED, after(0), Decimal(60))], 0, 0
    for number, length in enumerate(minutes):
        clock += length
        running += length if number % 2 == 0 else 0
        steps.append(step("paused" if number % 2 == 0 else "resumed", clock))
    steps.append(step("ended", clock, running))
    assert pump.volume_expected(reversed(steps)) == running


amounts = st.decimals(Decimal("0.01"), Decimal("999.99"), places=2)
movements = st.lists(
    st.builds(Moved, st.sampled_from(Movement), amounts, st.sampled_from(["L1", "L2"])), max_size=12
)


@given(movements)
def test_an_account_balances_exactly_when_nothing_is_missing_and_adding_the_missing_balances_it(some):
    total = drug_account.balance(some)
    kind = Movement.WASTED if total.missing > 0 else Movement.DRAWN
    made_good = [*some, Moved(kind, abs(total.missing))] if total.missing else some
    assert drug_account.balance(made_good).missing == 0
    assert sum((each.missing for each in drug_account.by_lot(some).values()), Decimal(0)) == total.missing
