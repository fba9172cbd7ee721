"""Worked examples of response, remission, relapse, and of what measurement-based care makes of them."""

from dataclasses import replace
from datetime import date, timedelta

from tests.protocol.examples._example import Example, S, U, V
from tests.protocol.people import IV, NASAL, NOW, ago, datum

from euthymia.protocol import RiskLevel, response
from euthymia.protocol.facts import Indication
from euthymia.protocol.missed import Rhythm
from euthymia.protocol.response import MADRS, PHQ9, DayAfter, ResponseFacts


def scored(*totals, instrument=PHQ9, baseline=20, apart=7, product=NASAL, **changes):
    """Return scores so many days apart, the last of them today."""
    last = len(totals) - 1
    scores = tuple(datum(total, ago(days=apart * (last - at))) for at, total in enumerate(totals))
    return replace(
        ResponseFacts(product, Indication.TRD, instrument, datum(baseline, ago(days=100)), scores), **changes
    )


def _case(rule, title, outcome, facts, boundary=""):
    return Example(rule, title, outcome, lambda book: response.assess(facts, book, NOW), boundary)


def _response():
    def case(title, outcome, facts, boundary=""):
        return _case("RESP-1", title, outcome, facts, boundary)

    return (
        case("PHQ-9 from 20 to 10", S, scored(10), "phq9_fall_min"),
        case("PHQ-9 from 20 to 11", V, scored(11), "phq9_fall_min"),
        case("MADRS from 32 to 16", S, scored(16, instrument=MADRS, baseline=32), "madrs_fall_min"),
        case("MADRS from 32 to 17", V, scored(17, instrument=MADRS, baseline=32), "madrs_fall_min"),
        case("only the last score counts", V, scored(4, 18)),
        case("no score yet", U, scored()),
        case("no baseline", U, replace(scored(3), baseline=None)),
        case("a baseline of 0", U, scored(0, baseline=0)),
        case("a scale without a definition", U, scored(3, instrument="pcl-5")),
    )


def _remission():
    def case(title, outcome, facts, boundary=""):
        return _case("REM-1", title, outcome, facts, boundary)

    return (
        case("PHQ-9 of 4", S, scored(4), "phq9_max"),
        case("PHQ-9 of 5", V, scored(5), "phq9_max"),
        case("MADRS of 12", S, scored(12, instrument=MADRS), "madrs_max"),
        case("MADRS of 13", V, scored(13, instrument=MADRS), "madrs_max"),
        case("no score yet", U, scored()),
        case("a scale without a definition", U, scored(3, instrument="pcl-5")),
    )


def _relapse():
    def case(title, outcome, facts, boundary=""):
        return _case("REL-1", title, outcome, facts, boundary)

    def rated(*totals, apart=7):
        return scored(*totals, instrument=MADRS, baseline=34, apart=apart)

    return (
        case("MADRS of 22 twice, a week apart", V, rated(10, 22, 22), "madrs_max"),
        case("MADRS of 22, then 21", S, rated(10, 22, 21), "madrs_max"),
        case("MADRS of 22 once", S, rated(22)),
        case("high twice, 5 days apart", V, rated(30, 30, apart=5)),
        case("high twice, 4 days apart", U, rated(30, 30, apart=4)),
        case("high twice, 15 days apart", V, rated(30, 30, apart=15)),
        case("high twice, 16 days apart", U, rated(30, 30, apart=16)),
        case("an admission for depression", V, scored(3, relapse_event=datum("admitted", ago(days=2)))),
        case("PHQ-9: a response, lost twice", V, scored(8, 15, 16)),
        case("PHQ-9: a response, lost once", S, scored(8, 15)),
        case("PHQ-9: no response yet", U, scored(15, 16)),
        case("no score yet", U, scored()),
        case("no baseline", U, replace(scored(3, 4), baseline=None)),
    )


def _long_enough():
    def case(title, outcome, stop, boundary="", improved=date(2025, 9, 3)):
        return _case("MBC-2", title, outcome, scored(4, improved_on=improved, stop_on=stop), boundary)

    return (
        case("not meant to stop", S, None),
        case("to stop 6 months after improvement", S, date(2026, 3, 3), "months_min"),
        case("to stop a day earlier", V, date(2026, 3, 2), "months_min"),
        case(
            "improved on 31 August, to stop on 28 February", S, date(2026, 2, 28), improved=date(2025, 8, 31)
        ),
        case("since when it helped is not recorded", U, date(2026, 3, 3), improved=None),
    )


def _reviewed():
    def case(title, outcome, days, boundary="", maintenance=True):
        review = None if days is None else datum("weekly holds", ago(days=days))
        facts = scored(4, in_maintenance=maintenance, rhythm_review=review)
        return _case("MBC-3", title, outcome, facts, boundary)

    return (
        case("not in maintenance", S, None, maintenance=False),
        case("reviewed 28 days ago", S, 28, "review_age_max"),
        case("reviewed 29 days ago", V, 29, "review_age_max"),
        case("never reviewed", U, None),
    )


def _infused():
    better, same, unasked = DayAfter

    def asked(title, outcome, *day_after):
        return _case("MBC-4", title, outcome, scored(15, product=IV, day_after=day_after))

    def given(title, outcome, facts, boundary=""):
        return _case("MBC-5", title, outcome, replace(facts, product=IV), boundary)

    return (
        asked("better after the first", S, better),
        asked("two in a row not better, then better", S, same, same, better, better),
        asked("not better after each of the first three", V, same, same, same),
        asked("not better after the fourth", V, better, better, better, same),
        asked("the third was not asked about", U, same, same, unasked),
        given("5 infusions without a response", S, scored(15, sessions_given=5), "infusions_max"),
        given("6 infusions without a response", V, scored(15, sessions_given=6), "infusions_max"),
        given("6 infusions and a response", S, scored(15, 9, sessions_given=6)),
        given("6 infusions, no score", U, scored(sessions_given=6)),
    )


def _stepped():
    def case(title, outcome, planned, *totals, boundary="", present=Rhythm.WEEKLY):
        return _case(
            "MBC-6", title, outcome, scored(*totals, rhythm=present, planned_rhythm=planned), boundary
        )

    wider, closer = Rhythm.EVERY_TWO_WEEKS, Rhythm.TWICE_WEEKLY
    return (
        case("one step wider after two scores in remission", S, wider, 9, 4, 3, boundary="in_a_row_min"),
        case("one step wider after one", U, wider, 4, boundary="in_a_row_min"),
        case("one step wider, the score before was no remission", V, wider, 6, 3),
        case("two steps wider", V, Rhythm.EVERY_THREE_WEEKS, 3, 3),
        case("one step closer when the response is lost", S, closer, 3, 15),
        case("the same when the response is lost", V, Rhythm.WEEKLY, 3, 15),
        case("twice a week is as close as can be", S, closer, 15, present=closer),
        case("the same, the response holds", S, Rhythm.WEEKLY, 9),
        case("nothing planned", U, None, 3, 3),
    )


def _acute():
    def case(title, outcome, days, taken, indication=Indication.MDSI):
        facts = scored(
            8,
            indication=indication,
            first_on=None if days is None else NOW.date() - timedelta(days=days),
            oral_antidepressant=None if taken is None else datum(taken),
        )
        return _case("MBC-7", title, outcome, facts)

    return (
        case("another indication", S, 40, False, Indication.TRD),
        case("the last of the 28 days", S, 27, False),
        case("after 28 days, it goes on", S, 28, True),
        case("after 28 days, it was stopped", V, 28, False),
        case("after 28 days, nobody asked", U, 28, None),
        case("the first day is not known", U, None, True),
    )


def _judged():
    low, moderate, high = RiskLevel

    def case(title, outcome, *levels, decided=None):
        last = len(levels) - 1
        risk = tuple(datum(level, ago(days=last - at)) for at, level in enumerate(levels))
        decision = None if decided is None else datum("weekly again", ago(days=decided))
        return _case("MBC-8", title, outcome, scored(8, risk=risk, regimen_decision=decision))

    return (
        case("low, and low again", S, low, low),
        case("from high to low", S, high, low),
        case("from low to moderate", V, low, moderate),
        case("from low to high, decided since", S, low, high, decided=0),
        case("from low to high, decided before", V, low, high, decided=1),
        case("from low to high, judged high again", V, low, high, high),
        case("from low to high, now moderate", V, low, high, moderate),
        case("from low to high, and low again", S, low, high, low),
        case("from low over moderate to high, now moderate", V, low, moderate, high, moderate),
        case("from low to high, decided, judged high again", S, low, high, high, decided=1),
        case("from low to moderate, decided, then high", V, low, moderate, high, decided=1),
        case("never judged", U),
    )


EXAMPLES = (
    *_response(),
    *_remission(),
    *_relapse(),
    *_long_enough(),
    *_reviewed(),
    *_infused(),
    *_stepped(),
    *_acute(),
    *_judged(),
)
