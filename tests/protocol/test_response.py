"""The rhythm that the scores speak for."""

import pytest
from tests.protocol.examples.response import scored
from tests.protocol.people import BOOK

from euthymia.protocol import response
from euthymia.protocol.missed import Rhythm


@pytest.mark.parametrize(
    ("totals", "present", "wanted"),
    [
        ((9, 4, 3), Rhythm.WEEKLY, Rhythm.EVERY_TWO_WEEKS),
        ((3, 3), Rhythm.EVERY_FOUR_WEEKS, Rhythm.EVERY_FOUR_WEEKS),
        ((3,), Rhythm.WEEKLY, Rhythm.WEEKLY),
        ((3, 9), Rhythm.WEEKLY, Rhythm.WEEKLY),
        ((3, 15), Rhythm.WEEKLY, Rhythm.TWICE_WEEKLY),
        ((), Rhythm.WEEKLY, None),
        ((3, 3), None, None),
    ],
)
def test_the_scores_speak_for_a_rhythm(totals, present, wanted):
    assert response.next_rhythm(scored(*totals, rhythm=present), BOOK) is wanted
