"""Who watches, from what was pressed: an offer moves nothing, and nobody watching a dosed patient is wrong."""

from datetime import UTC, datetime, timedelta

import pytest

from euthymia.protocol import WatchEvent, WatchStep
from euthymia.protocol.watching import nobody_watches, watch_of

T0 = datetime(2026, 11, 20, 15, tzinfo=UTC)
NAMES = {"n": "Nell", "s": "Sam"}


def press(step, who, minute, to=""):
    return WatchEvent(step, T0 + timedelta(minutes=minute), who, NAMES[who], to, NAMES.get(to, ""))


def taken(who, minute):
    return press(WatchStep.TAKEN, who, minute)


@pytest.mark.parametrize(
    ("events", "who", "offered_to"),
    [
        ((), "", ""),
        ((taken("n", 0),), "n", ""),
        ((taken("n", 0), taken("s", 5)), "s", ""),
        ((taken("n", 0), press(WatchStep.OFFERED, "n", 5, "s")), "n", "s"),
        ((taken("n", 0), press(WatchStep.OFFERED, "n", 5, "s"), taken("s", 6)), "s", ""),
        ((taken("n", 0), press(WatchStep.OFFERED, "n", 5, "s"), taken("n", 6)), "n", ""),
        ((taken("n", 0), press(WatchStep.LEFT, "n", 5)), "", ""),
        ((taken("n", 0), press(WatchStep.LEFT, "s", 5)), "n", ""),
        ((taken("n", 0), press(WatchStep.OFFERED, "s", 5, "n")), "n", ""),
    ],
)
def test_who_watches_follows_from_the_presses_in_any_order(events, who, offered_to):
    for told in (events, tuple(reversed(events))):
        watch = watch_of(told)
        assert (watch.who, watch.offered_to) == (who, offered_to)


def test_taking_back_an_offer_does_not_begin_the_watch_anew():
    watch = watch_of((taken("n", 0), press(WatchStep.OFFERED, "n", 5, "s"), taken("n", 6)))
    assert watch.since == T0


@pytest.mark.parametrize(
    ("events", "dosed", "here", "is_wrong"),
    [
        ((), True, True, True),
        ((taken("n", 0),), True, True, False),
        ((taken("n", 0), press(WatchStep.LEFT, "n", 5)), True, True, True),
        ((), False, True, False),
        ((), True, False, False),
    ],
)
def test_a_dosed_patient_who_is_here_is_watched_or_it_is_wrong(events, dosed, here, is_wrong):
    assert bool(nobody_watches(watch_of(events), dosed=dosed, here=here)) is is_wrong
