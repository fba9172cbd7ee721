"""Every rule comes out as its worked examples say, and every threshold acts from the data."""

import pytest
from tests.protocol.examples import EXAMPLES
from tests.protocol.people import BOOK, IV, LAST_DOSE, NASAL, NOW, T0

from euthymia.evidence import Stricter, stricter
from euthymia.protocol import MonitoringFacts, Outcome, discharge, follow_up, monitoring

SCHEDULES = {"OBS-ESK-1", "OBS-IV-1"}
"""Rules that make the due list and no finding; test_monitoring.py judges them."""


def _name(example):
    return f"{example.rule}: {example.title}"


@pytest.mark.parametrize("example", EXAMPLES, ids=_name)
def test_the_example_comes_out_as_stated(example):
    found = example.finding()
    assert found.outcome is example.outcome, found.sentence
    assert bool(found.deviation) is example.deviation


def test_every_rule_has_examples_of_each_outcome():
    shown = {(example.rule, example.outcome) for example in EXAMPLES}
    wanted = {(rule, outcome) for rule in BOOK for outcome in Outcome if rule not in SCHEDULES}
    assert wanted - shown == set()


def test_every_limit_has_an_example_on_each_side():
    shown = {(example.rule, example.boundary) for example in EXAMPLES if example.boundary}
    limits = {
        (rule.id, name)
        for rule in BOOK.values()
        for name in rule.thresholds
        if rule.id not in SCHEDULES and stricter(name) is not Stricter.NEITHER
    }
    assert limits - shown == set()


def _others(value):
    if isinstance(value, tuple):
        return ((1,), (28, 84), (0.75, 1.0))
    return (value - 1, value + 1, value * 0.9, value * 1.1, value / 2, value * 2)


def _outcomes(rule, book):
    found = [example.finding(book) for example in EXAMPLES if example.rule == rule]
    return [(one.outcome, one.tier) for one in found]


def _sentences(rule, book):
    return [example.finding(book).sentence for example in EXAMPLES if example.rule == rule]


def _due(book):
    nasal = MonitoringFacts(NASAL, T0, LAST_DOSE)
    infused = MonitoringFacts(IV, T0, T0.replace(minute=40))
    return [monitoring.due_list(facts, book, NOW) for facts in (nasal, infused)]


ALSO = {
    "MON-3": _due,
    "OBS-ESK-1": _due,
    "OBS-IV-1": _due,
    "FU-1": lambda book: follow_up.due(T0, book),
    "FU-2": lambda book: follow_up.due(T0, book),
    "MON-8": lambda book: [discharge.no_driving_before(product, T0, book, NOW) for product in (NASAL, IV)],
    "STOP-1": lambda book: _sentences("STOP-1", book),
    "SUI-6": lambda book: _sentences("SUI-6", book),
}
"""What a rule makes besides outcomes: due times, the end of the driving ban, what a sentence tells."""


@pytest.mark.parametrize(
    ("rule", "name"), [(rule.id, name) for rule in BOOK.values() for name in rule.thresholds]
)
def test_a_threshold_changed_in_the_data_changes_what_the_rule_says(rule, name):
    def made(book):
        return _outcomes(rule, book), ALSO[rule](book) if rule in ALSO else ()

    before = made(BOOK)
    changed = (BOOK.with_threshold(rule, name, value) for value in _others(BOOK[rule].thresholds[name].value))
    assert any(made(book) != before for book in changed)
