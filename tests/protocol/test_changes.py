"""What a clinic may change: which way it goes, who is bound by what, and the book that comes of it."""

from dataclasses import replace

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from euthymia.evidence import Jurisdiction, Known, Sourced, Stricter, rules, sources, stricter
from euthymia.protocol import Indication, InteractionClass, changes
from euthymia.protocol.changes import (
    Change,
    ChangeRefused,
    Direction,
    adopt,
    binding,
    direction,
    judge,
    judge_all,
)

BOOK = rules("US")
BOOKS = {jurisdiction: rules(jurisdiction) for jurisdiction in Jurisdiction}
LIMITS = [
    (jurisdiction, rule.id, name)
    for jurisdiction, book in BOOKS.items()
    for rule in book.values()
    for name in rule.thresholds
]


SSRI = InteractionClass.SSRI.value
LICENSED = (Indication.TRD.value, Indication.MDSI.value)


def _change(rule="PRE-2", threshold="systolic_max", value=130, reason="older patients", **more):
    return Change(rule, threshold, value, reason, **more)


@pytest.mark.parametrize(
    ("name", "before", "after", "way"),
    [
        ("systolic_max", 140, 139, Direction.TIGHTER),
        ("systolic_max", 140, 140, Direction.SAME),
        ("systolic_max", 140, 141, Direction.LOOSER),
        ("rest_min", 5, 6, Direction.TIGHTER),
        ("rest_min", 5, 4, Direction.LOOSER),
        ("rest_min", 5, 5.0, Direction.SAME),
        ("due_at", 40, 41, Direction.SIDEWAYS),
        ("later_mg", (56, 84), (56,), Direction.TIGHTER),
        ("later_mg", (56, 84), (28, 56, 84), Direction.LOOSER),
        ("later_mg", (56, 84), (28, 56), Direction.SIDEWAYS),
        ("later_mg", (56, 84), (84, 56), Direction.SAME),
        ("vitals_at", (20, 40), (20, 40, 60), Direction.TIGHTER),
        ("vitals_at", (20, 40), (20,), Direction.LOOSER),
        ("steps", (0.5, 1.0), (0.5,), Direction.SIDEWAYS),
        ("steps", (0.5, 1.0), (0.5, 1.0), Direction.SAME),
        ("remind_after", (3, 5), (3,), Direction.SIDEWAYS),
        ("accepted", ("a", "b"), ("a",), Direction.TIGHTER),
        ("required", ("a", "b"), ("a",), Direction.LOOSER),
        ("classes", ("a",), ("a", "b"), Direction.TIGHTER),
        ("systolic_max", 140, "high", Direction.SIDEWAYS),
        ("systolic_max", 1, True, Direction.SIDEWAYS),
    ],
)
def test_the_way_of_a_change(name, before, after, way):
    assert direction(name, before, after) is way


@pytest.mark.parametrize(
    ("change", "permitted", "says"),
    [
        (_change(value=130), True, "Stricter than delivered"),
        (_change(value=140), True, "as delivered"),
        (_change(value=150), False, "by nobody looser"),
        (_change(value=150, label_version="v18"), False, "by nobody looser"),
        (_change(value=130, reason=" "), False, "needs a reason"),
        (_change("PRE-1", "reading_age_max", 90), True, "Looser than delivered, and not bound"),
        (_change("PRE-1", "reading_age_max", 30), True, "Stricter than delivered"),
        (_change("MON-3", "due_at", 45), False, "by nobody looser"),
        (_change("MON-3", "opens_at", 30), True, "Neither stricter nor looser"),
        (_change("MON-3", "opens_at", 55), False, "must not fall in this order: opens at, due at, closes at"),
        (_change("IV-DOSE-3", "minutes_min", 101), False, "must not fall in this order"),
        (_change("DOSE-US-1", "first_mg", (56, 84)), False, "name the version of the label you read"),
        (_change("DOSE-US-1", "first_mg", (56, 84), label_version="v18"), True, "Looser than delivered"),
        (_change("DOSE-US-1", "first_mg", (28, 56), label_version="v18"), False, "by nobody looser"),
        (_change("DOSE-US-2", "later_mg", (56,)), True, "Stricter than delivered"),
        (_change("IND-US-1", "weeks_min", 4), True, "Looser than delivered, and not bound"),
        (_change("Z-9", "wings", 2), False, "have no threshold wings in Z-9"),
        (_change("PRE-2", "wings", 2), False, "have no threshold wings in PRE-2"),
        (_change(value="130"), False, "must be a number"),
        (_change(value=True), False, "must be a number"),
        (_change(value=float("nan")), False, "must be a number"),
        (_change(value=float("inf")), False, "must be a number"),
        (_change(value=-1), False, "must not be below zero"),
        (_change(value=130.5), False, "must be a whole number"),
        (_change("PRE-2", "readings_counted", 0), False, "must be above zero"),
        (_change("DOSE-US-2", "later_mg", 56), False, "must be a list"),
        (_change("DOSE-US-2", "later_mg", ()), False, "at least one entry"),
        (_change("DOSE-US-2", "later_mg", (84, 56)), False, "must rise"),
        (_change("DOSE-US-2", "later_mg", (56.5,)), False, "must be a whole number"),
        (_change("IV-DOSE-6", "steps", (0.5, 1.0)), True, "Neither stricter nor looser"),
        (_change("IV-DOSE-6", "steps", (0, 1.0)), False, "a number above zero"),
        (_change("COMB-2", "accepted", (SSRI,)), True, "Stricter than delivered"),
        (_change("COMB-2", "accepted", (SSRI, SSRI)), False, "there twice"),
        (_change("COMB-2", "accepted", ("herbs",)), False, "no word that the rules know"),
        (_change("IND-1", "licensed", (*LICENSED, Indication.PAIN.value)), False, "by nobody looser"),
    ],
)
def test_what_the_director_may_change(change, permitted, says):
    verdict = judge_all(BOOK, [change])[0]
    assert says in verdict.sentence
    assert verdict.permitted is permitted


def test_changes_of_one_rule_are_judged_together():
    both = [_change("MON-3", "opens_at", 52), _change("MON-3", "closes_at", 60)]
    assert not any(verdict.permitted for verdict in judge_all(BOOK, both[:1]))
    later = [_change("IV-DOSE-3", "minutes_min", 110), _change("IV-DOSE-3", "minutes_max", 120)]
    assert [verdict.permitted for verdict in judge_all(BOOK, later)] == [True, True]


def test_one_threshold_is_not_changed_twice():
    first, second = judge_all(BOOK, [_change(value=130), _change(value=120)])
    assert first.permitted
    assert not second.permitted
    assert "changed twice" in second.sentence


def test_an_adopted_book_carries_the_value_its_source_and_the_version_and_leaves_the_delivered_one():
    book = adopt(BOOK, [_change(value=130)], "3")
    limit = book["PRE-2"].thresholds["systolic_max"]
    assert (limit.value, limit.known, limit.source, limit.note) == (
        130,
        Known.OURS,
        "clinic",
        "older patients",
    )
    assert limit.source in sources()
    assert book.version == "3"
    assert BOOK["PRE-2"].number("systolic_max") == 140
    assert changes.differences(BOOK, book) == (("PRE-2", "systolic_max", Direction.TIGHTER),)
    assert changes.differences(book, BOOK) == (("PRE-2", "systolic_max", Direction.LOOSER),)


def test_one_refused_change_adopts_nothing():
    with pytest.raises(ChangeRefused, match="PRE-2, systolic max: This rests on"):
        adopt(BOOK, [_change("PRE-1", "reading_age_max", 30), _change(value=150)], "3")


def test_a_clinic_that_tightened_may_go_back_to_the_label():
    tightened = adopt(BOOK, [_change(value=130)], "2")
    assert tightened["PRE-2"].number("systolic_max") == 130
    assert adopt(BOOK, [_change(value=140)], "3")["PRE-2"] == BOOK["PRE-2"]


def test_only_a_label_a_law_or_a_programme_binds():
    assert binding(Sourced(1, "1", "us-label-2019", Known.RECALLED))
    assert binding(Sourced(1, "1", "fda-rems", Known.READ))
    assert not binding(Sourced(1, "1", "trd4005", Known.READ))
    assert not binding(Sourced(1, "1", "euthymia", Known.OURS))
    assert not binding(Sourced(1, "1", "us-label-2019", Known.OURS))


NUMBERS = st.integers(-5, 400) | st.floats(allow_nan=True, allow_infinity=True)
ANYTHING = NUMBERS | st.booleans() | st.text(max_size=5) | st.lists(NUMBERS, max_size=4).map(tuple)


@seed(20260303)
@settings(max_examples=300, deadline=None)
@given(limit=st.sampled_from(LIMITS), value=ANYTHING, reason=st.sampled_from(["", "because"]))
def test_every_change_is_answered_and_what_binds_is_never_loosened(limit, value, reason):
    jurisdiction, rule, name = limit
    delivered = BOOKS[jurisdiction]
    change = Change(rule, name, value, reason)
    verdict = judge_all(delivered, [change])[0]
    assert verdict.sentence.endswith(".")
    if not verdict.permitted:
        with pytest.raises(ChangeRefused):
            adopt(delivered, [change], "2")
        return
    book = adopt(delivered, [change], "2")
    assert direction(name, delivered[rule].thresholds[name].value, book[rule].thresholds[name].value) is (
        verdict.direction
    )
    assert book[rule].wording
    if binding(delivered[rule].thresholds[name]):
        assert verdict.direction in (Direction.SAME, Direction.TIGHTER)


@seed(20260303)
@settings(max_examples=200, deadline=None)
@given(limit=st.sampled_from(LIMITS), step=st.integers(1, 40))
def test_a_step_towards_stricter_is_tighter_and_back_again_looser(limit, step):
    jurisdiction, rule, name = limit
    value = BOOKS[jurisdiction][rule].thresholds[name].value
    if stricter(name) is Stricter.NEITHER or isinstance(value, tuple):
        return
    moved = value + step if stricter(name) is Stricter.HIGHER else value - step
    assert direction(name, value, moved) is Direction.TIGHTER
    assert direction(name, moved, value) is Direction.LOOSER


def test_judging_one_change_alone_says_what_it_says_among_others():
    change = _change(value=150)
    assert judge(BOOK, change) == judge_all(BOOK, [change])[0]
    assert judge(BOOK, replace(change, value=130)).permitted


@pytest.mark.parametrize("rule", ["SUI-4", "SUI-5"])
def test_no_clinic_leaves_a_thought_of_death_unanswered(rule):
    verdict = changes.judge(BOOK, changes.Change(rule, "item9_max", 2, "too many of them"))
    assert not verdict.permitted
    assert "followed up" in verdict.sentence
