"""Every rule comes out as its worked examples say, and every threshold acts from the data."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.protocol.examples import EXAMPLES
from tests.protocol.people import BOOKS, IV, LAST_DOSE, NASAL, NOW, T0

from euthymia.evidence import Stricter, stricter
from euthymia.protocol import MonitoringFacts, Outcome, WatchRisk, discharge, follow_up, monitoring, programme
from euthymia.protocol.route import Route

SCHEDULES = {"OBS-ESK-1", "OBS-IV-1", "OBS-RISK-1", "ROUTE-8"}
"""Rules that make the due list and no finding; test_monitoring.py judges them."""


def _name(example):
    return f"{example.rule}: {example.title}"


STATED = {
    *("IND-US-3", "DEV-2", "DEV-4", "DEV-5", "DEV-6", "CMP-1", "CMP-3", "CMP-5"),
    *(f"DEA-{number}" for number in range(1, 11)),
    *("KAP-2", "KAP-3", "KAP-4", "KAP-8"),
    *("UK-1", "UK-2", "UK-3", "AU-1", "AU-2", "CA-1", "CA-2", "CA-3"),
}
"""Rules that the manual and the director's desk state and that no function judges: texts to say, stock to keep."""

EACH_BOOK = pytest.mark.parametrize("book", BOOKS.values(), ids=BOOKS)


def _judged(book):
    return [rule for rule in book.values() if rule.id not in SCHEDULES | STATED]


@pytest.mark.parametrize("example", EXAMPLES, ids=_name)
def test_the_example_comes_out_as_stated_in_every_book_that_has_its_rule(example):
    books = [book for book in BOOKS.values() if example.holds_in(book)]
    assert books, f"no book has {example.rule}"
    for book in books:
        found = example.finding(book)
        assert found.outcome is example.outcome, (book.jurisdiction, found.sentence)
        assert bool(found.deviation) is example.deviation


@EACH_BOOK
def test_every_rule_has_examples_of_each_outcome(book):
    shown = {(example.rule, example.outcome) for example in EXAMPLES if example.holds_in(book)}
    wanted = {(rule.id, outcome) for rule in _judged(book) for outcome in Outcome}
    assert wanted - shown - NEVER == set()


NEVER = {("IND-1", Outcome.UNKNOWN)}
"""Outcomes a rule cannot have: what a course is meant for is always known."""


@EACH_BOOK
def test_every_limit_has_an_example_on_each_side(book):
    shown = {(example.rule, example.boundary) for example in EXAMPLES if example.boundary}
    limits = {
        (rule.id, name)
        for rule in _judged(book)
        for name in rule.thresholds
        if stricter(name) is not Stricter.NEITHER
    }
    assert limits - shown == set()


def _others(value):
    if isinstance(value, bool):
        return (not value,)
    if isinstance(value, tuple):
        return ((1,), (28, 84), (0.75, 1.0))
    return (value - 1, value + 1, value * 0.9, value * 1.1, value / 2, value * 2)


def _outcomes(rule, book):
    found = [example.finding(book) for example in EXAMPLES if example.rule == rule and example.holds_in(book)]
    return [(one.outcome, one.tier) for one in found]


def _sentences(rule, book):
    return [
        example.finding(book).sentence
        for example in EXAMPLES
        if example.rule == rule and example.holds_in(book)
    ]


def _due(book):
    late = NOW + timedelta(days=1)
    nasal = MonitoringFacts(NASAL, T0, LAST_DOSE)
    infused = MonitoringFacts(IV, T0, T0.replace(minute=40))
    injected = MonitoringFacts(IV, T0, T0, route=Route.INTRAMUSCULAR)
    usual = (nasal, infused, injected)
    at_risk = [replace(facts, risks=frozenset(WatchRisk)) for facts in usual]
    return [monitoring.due_list(facts, book, at) for facts in (*usual, *at_risk) for at in (NOW, late)]


def _told(rule):
    return lambda book: _sentences(rule, book)


ALSO = {
    "MON-3": _due,
    "OBS-ESK-1": _due,
    "OBS-IV-1": _due,
    "OBS-RISK-1": _due,
    "ROUTE-8": _due,
    "FU-1": lambda book: follow_up.due(T0, book),
    "FU-2": lambda book: follow_up.due(T0, book),
    "MON-8": lambda book: [
        discharge.no_driving_before(product, T0, book, leaves)
        for product in (NASAL, IV)
        for leaves in (NOW, NOW.replace(hour=22, minute=0))
    ],
    **{f"STOP-{number}": _told(f"STOP-{number}") for number in ("1", "3", "4", "5", "6", "7", "7b", "8")},
    "IV-DOSE-8": lambda book: _sentences("IV-DOSE-8", book),
    "REMS-7": lambda book: programme.reminders(NOW.date(), book) if "REMS-7" in book else (),
    "SUI-6": lambda book: _sentences("SUI-6", book),
}
"""What a rule makes besides outcomes: due times, the end of the driving ban, what a sentence tells."""


def _distinct_limits():
    """Return each threshold once where several books have the same."""
    found = {}
    for jurisdiction, book in BOOKS.items():
        for rule in book.values():
            for name, limit in rule.thresholds.items():
                if rule.id not in STATED:
                    found.setdefault((rule.id, name, limit), (jurisdiction, rule.id, name))
    return list(found.values())


@pytest.mark.parametrize(("jurisdiction", "rule", "name"), _distinct_limits())
def test_a_threshold_changed_in_the_data_changes_what_the_rule_says(jurisdiction, rule, name):
    book = BOOKS[jurisdiction]

    def made(one):
        return _outcomes(rule, one), ALSO[rule](one) if rule in ALSO else ()

    before = made(book)
    value = book[rule].thresholds[name].value
    assert any(made(book.with_threshold(rule, name, other)) != before for other in _others(value))
