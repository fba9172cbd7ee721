"""What was judged before leaving counts only while nothing happened since: a later reading, an emergency, a return."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.protocol.people import BOOK, BOOKS, IV, NASAL, NOW, ago, datum, leaving, reading

from euthymia.evidence import Jurisdiction
from euthymia.protocol import Outcome, RiskAssessment, RiskLevel, Symptom, discharge, gate

PAIN = frozenset({Symptom.CHEST_PAIN})


def found(facts, rule, book=BOOK):
    return next(each for each in discharge.assess(facts, book, NOW) if each.rule == rule)


def opens(facts, book=BOOK):
    return gate(discharge.assess(facts, book, NOW)).is_open


def with_readings(*observations, product=NASAL, **changes):
    facts = leaving(product, **changes)
    return replace(facts, observations=(*facts.observations, *observations))


CALLS = {
    "a crisis symptom": [reading(172, symptoms=PAIN)],
    "a crisis symptom that passed": [reading(171, symptoms=PAIN), reading(173, symptoms=frozenset())],
    "a crisis symptom in the minute of the judgement": [reading(170, symptoms=PAIN)],
    "a fast pulse twice": [
        reading(171, heart_rate_per_min=140),
        reading(173, heart_rate_per_min=141),
    ],
}


@pytest.mark.parametrize("readings", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize(
    ("product", "rule", "book"),
    [(NASAL, "MON-1", BOOK), (NASAL, "MON-2", BOOKS[Jurisdiction.EU]), (IV, "IV-REC-1", BOOK)],
)
def test_what_calls_somebody_after_the_judgement_asks_for_another_one(readings, product, rule, book):
    assert opens(leaving(product), book)
    facts = with_readings(*readings, product=product)
    judged = found(facts, rule, book)
    assert judged.outcome is Outcome.UNKNOWN
    assert "Judge again." in judged.sentence
    again = replace(facts, stable=datum(True, NOW))
    assert found(again, rule, book).outcome is Outcome.SATISFIED


def test_what_was_read_before_the_judgement_was_known_to_who_judged():
    assert opens(with_readings(reading(168, symptoms=PAIN)))
    assert opens(with_readings(reading(171, heart_rate_per_min=140)))  # once: it is to be counted again


def test_nothing_judged_before_watching_began_again_opens_the_gate():
    resumed = ago(minutes=7)
    facts = leaving(
        resumed_at=resumed,
        rescreen=datum(RiskAssessment(RiskLevel.LOW, "interview"), resumed - timedelta(minutes=1)),
        escort_present=datum(True, resumed - timedelta(minutes=30)),
        observations=(reading(40), reading(174)),
    )
    assert {each.rule for each in gate(discharge.assess(facts, BOOK, NOW)).blocked_by} == {"SUI-10", "PRE-9"}
    for rule in ("SUI-10", "PRE-9"):
        assert found(facts, rule).outcome is Outcome.UNKNOWN
        assert "before watching began again" in found(facts, rule).sentence
    again = replace(
        facts,
        rescreen=datum(RiskAssessment(RiskLevel.LOW, "interview"), resumed),
        escort_present=datum(True, resumed),
    )
    assert opens(again)
