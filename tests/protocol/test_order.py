"""An order joins every judgement: it opens when all hold, and each of them alone can shut it."""

from dataclasses import replace

import pytest
from tests.protocol.people import (
    BOOK,
    BOOKS,
    IV,
    NASAL,
    NOW,
    ago,
    answers,
    arrived,
    candidate,
    consented,
    datum,
    infusion,
    iv_plan,
    later_plan,
    nasal_plan,
    yes,
)

from euthymia.protocol import (
    Benefit,
    BenefitDecision,
    Condition,
    EligibilityFacts,
    OrderFacts,
    continuation,
    eligibility,
    gate,
    order,
    readiness,
)

NASAL_ORDER = OrderFacts(candidate(), consented(), arrived(), nasal_plan())
IV_ORDER = OrderFacts(candidate(IV), consented(IV), arrived(IV), iv_plan())


def shut_by(facts):
    return [found.rule for found in gate(order.assess(facts, BOOK, NOW)).blocked_by]


@pytest.mark.parametrize("facts", [NASAL_ORDER, IV_ORDER], ids=["nasal", "intravenous"])
def test_an_order_opens_when_everything_holds(facts):
    assert shut_by(facts) == []


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"eligibility": candidate(conditions=answers(yes(Condition.ANEURYSMAL_DISEASE)))}, "CI-1"),
        ({"consent": consented(withdrawn=datum("no more", ago(hours=1)))}, "CON-1"),
        ({"readiness": arrived(escort=None)}, "PRE-9"),
        ({"plan": nasal_plan(devices=3)}, "DEV-1"),
        ({"plan": later_plan(9, 31, 28, 24, 21, 17, 14, 10, 7)}, "MBC-1"),
    ],
)
def test_each_judgement_alone_shuts_the_order(changes, rule):
    assert shut_by(replace(NASAL_ORDER, **changes)) == [rule]


def test_a_decision_to_continue_opens_session_nine():
    decided = BenefitDecision(Benefit.CONTINUE, 8, ago(days=1), "Dr A. Lind")
    ninth = replace(NASAL_ORDER, plan=later_plan(9, 31, 28, 24, 21, 17, 14, 10, 7), benefit=decided)
    assert shut_by(ninth) == []


def test_a_dose_for_somebody_elses_weight_is_stopped():
    assert shut_by(replace(IV_ORDER, plan=iv_plan(infusion=infusion(weight="50")))) == ["IV-DOSE-4"]


@pytest.mark.parametrize("product", [NASAL, IV])
def test_the_conditions_to_ask_are_those_that_eligibility_judges(product):
    asked = eligibility.conditions_to_ask(product)
    assert len(set(asked)) == len(asked)
    kept = tuple(answer for answer in answers() if answer.condition in asked)
    facts = candidate(product, conditions=kept)
    assert gate(eligibility.assess(facts, BOOK, NOW)).is_open
    for condition in asked:
        fewer = tuple(answer for answer in kept if answer.condition is not condition)
        assert not gate(eligibility.assess(replace(facts, conditions=fewer), BOOK, NOW)).is_open


def test_nothing_known_about_a_patient_is_unknown_and_not_a_breach():
    found = eligibility.assess(EligibilityFacts(NASAL, None), BOOK, NOW)
    assert {one.outcome for one in found if one.rule != "IND-1"} == {"unknown"}


@pytest.mark.parametrize("jurisdiction", ["EU", "UK", "AU", "CA"])
def test_where_pregnancy_bars_the_spray_nobody_passes_a_positive_test(jurisdiction):
    facts = arrived(NASAL, pregnancy_test=datum(True))
    shut = gate(readiness.assess(facts, BOOKS[jurisdiction], NOW))
    assert "WP-9" in {one.rule for one in shut.blocked_by}
    assert "WP-9" not in {one.rule for one in shut.overridable}


def test_a_repeated_induction_asks_for_a_decision_of_its_own():
    decided = BenefitDecision(Benefit.CONTINUE, 8, NOW, "prescriber")
    again = replace(decided, sessions_before=20)
    assert continuation.since_round(decided, 0) == decided
    assert continuation.since_round(decided, 12) is None
    assert continuation.since_round(again, 12) == replace(again, sessions_before=8)
    stopped = replace(decided, decision=Benefit.STOP)
    assert continuation.since_round(stopped, 12) == replace(stopped, sessions_before=0)
