"""Worked examples of missed sessions, long gaps and starting again."""

from dataclasses import replace
from datetime import timedelta

from tests.protocol.examples._example import Example, S, U, V
from tests.protocol.people import NASAL, NOW, ago, datum

from euthymia.protocol import missed
from euthymia.protocol.missed import MissedFacts, Rhythm

TODAY = NOW.date()


def day(before):
    """Return the local date so many days before today; negative days lie ahead."""
    return TODAY - timedelta(days=before)


def course(**changes):
    """Return a course begun 70 days ago, last treated a week ago, next today."""
    good = MissedFacts(
        NASAL,
        treated=(day(70), day(14), day(7)),
        next_on=TODAY,
        rhythm=Rhythm.WEEKLY,
        worse=datum(False),
    )
    return replace(good, **changes)


def _case(rule, title, outcome, facts, boundary=""):
    return Example(rule, title, outcome, lambda book: missed.assess(facts, book, NOW), boundary)


LATE = (day(20),)
STOPPED = {"stopped_on": day(60), "relapsed": datum(True)}

EXAMPLES = (
    _case("MISS-1", "none missed", S, course()),
    _case("MISS-1", "missed on the last day of the four weeks", V, course(missed=(day(43),))),
    _case("MISS-1", "missed a day later", S, course(missed=(day(42),))),
    _case("MISS-1", "the first session of all was missed", U, course(treated=(), missed=(day(3),))),
    _case("MISS-2", "none missed", S, course(worse=datum(True))),
    _case("MISS-2", "missed in induction only", S, course(missed=(day(43),), worse=datum(True))),
    _case(
        "MISS-2", "missed just after induction, and worse", V, course(missed=(day(42),), worse=datum(True))
    ),
    _case("MISS-2", "missed, not worse", S, course(missed=LATE)),
    _case(
        "MISS-2", "asked on the day it was missed", S, course(missed=LATE, worse=datum(False, ago(days=20)))
    ),
    _case(
        "MISS-2",
        "whether it is worse was asked before it was missed",
        U,
        course(missed=LATE, worse=datum(False, ago(days=21))),
    ),
    _case("MISS-2", "missed, nobody said whether it is worse", U, course(missed=LATE, worse=None)),
    _case(
        "MISS-2",
        "missed and worse, decided afterwards",
        S,
        course(
            missed=LATE, worse=datum(True), step_decision=datum("twice a week for two weeks", ago(days=1))
        ),
    ),
    _case(
        "MISS-2",
        "missed and worse, decided before it",
        V,
        course(missed=LATE, worse=datum(True), step_decision=datum("stay weekly", ago(days=30))),
    ),
    _case("MISS-3", "28 days", S, course(treated=(day(28),)), "gap_max"),
    _case("MISS-3", "29 days, no review", V, course(treated=(day(29),)), "gap_max"),
    _case(
        "MISS-3",
        "29 days, reviewed since",
        S,
        course(treated=(day(29),), gap_review=datum("well, go on", ago(days=2))),
    ),
    _case(
        "MISS-3",
        "the review was before the last session",
        V,
        course(treated=(day(29),), gap_review=datum("well", ago(days=29))),
    ),
    _case(
        "MISS-3",
        "60 days, reviewed exactly 28 days before the next session",
        S,
        course(treated=(day(60),), gap_review=datum("well, go on", ago(days=28))),
    ),
    _case(
        "MISS-3",
        "60 days, reviewed when the gap was not long yet",
        V,
        course(treated=(day(60),), gap_review=datum("well, go on", ago(days=29))),
    ),
    _case("MISS-3", "the next day is not known", U, course(next_on=None)),
    _case("MISS-3", "no session yet", S, course(treated=())),
    _case("MISS-4", "never stopped", S, course()),
    _case("MISS-4", "stopped, no relapse", S, course(stopped_on=day(60), relapsed=datum(False))),
    _case("MISS-4", "stopped, whether it came back is not known", U, course(stopped_on=day(60))),
    _case("MISS-4", "relapsed, starts with induction", S, course(**STOPPED, induction_again=datum(True))),
    _case("MISS-4", "relapsed, starts in maintenance", V, course(**STOPPED, induction_again=datum(False))),
    _case("MISS-4", "relapsed, not planned", U, course(**STOPPED)),
)
