"""What is proposed after a missed session is the weightiest of what the rules ask."""

import pytest
from tests.protocol.examples.missed import LATE, STOPPED, course, day
from tests.protocol.people import BOOK, NOW, datum

from euthymia.protocol import missed
from euthymia.protocol.missed import Advice, Rhythm


@pytest.mark.parametrize(
    ("facts", "advice", "rule", "rhythm"),
    [
        (course(), Advice.NOTHING, "MISS-1", None),
        (course(missed=(day(50),)), Advice.KEEP, "MISS-1", None),
        (course(missed=LATE), Advice.KEEP, "MISS-2", None),
        (course(missed=LATE, worse=datum(True)), Advice.STEP_BACK, "MISS-2", Rhythm.TWICE_WEEKLY),
        (
            course(missed=LATE, worse=datum(True), rhythm=Rhythm.EVERY_TWO_WEEKS),
            Advice.STEP_BACK,
            "MISS-2",
            Rhythm.WEEKLY,
        ),
        (course(treated=(day(100), day(40)), missed=LATE, worse=datum(True)), Advice.REVIEW, "MISS-3", None),
        (course(**STOPPED, induction_again=datum(False)), Advice.INDUCTION, "MISS-4", None),
    ],
)
def test_the_weightiest_rule_is_proposed(facts, advice, rule, rhythm):
    found = missed.proposal(facts, BOOK, NOW)
    assert (found.advice, found.rule, found.rhythm) == (advice, rule, rhythm)


def test_the_ends_of_the_rhythm_stay():
    assert Rhythm.TWICE_WEEKLY.closer is Rhythm.TWICE_WEEKLY
    assert Rhythm.EVERY_FOUR_WEEKS.wider is Rhythm.EVERY_FOUR_WEEKS
