"""What must hold of times, doses and licences, jurisdiction by jurisdiction: one line each of the rule source."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from tests.protocol.examples.europe import EXACTLY_65
from tests.protocol.examples.licence import licensed
from tests.protocol.people import (
    BOOKS,
    NASAL,
    NOW,
    SECOND_TRIAL,
    TRIAL,
    arrived,
    candidate,
    consented,
    later_plan,
    leaving,
    nasal_plan,
    sprayed,
)

from euthymia.evidence import Jurisdiction
from euthymia.protocol import (
    Indication,
    OrderFacts,
    SafetyProgrammeFacts,
    administration,
    discharge,
    eligibility,
    gate,
    licensed_use,
    order,
    plan,
)

EVERYWHERE = pytest.mark.parametrize("book", BOOKS.values(), ids=BOOKS)
US, EU, UK, AU, CA = (BOOKS[place] for place in Jurisdiction)


def _shut(findings):
    return {one.rule for one in gate(findings).blocked_by}


def _ordered(**changes):
    good = OrderFacts(candidate(NASAL), consented(NASAL), arrived(), nasal_plan())
    return replace(good, **changes)


@EVERYWHERE
def test_a_suitable_patient_may_have_a_first_dose(book):
    assert _shut(order.assess(_ordered(), book, NOW)) == set()


@EVERYWHERE
def test_no_session_nine_without_a_decision_on_benefit(book):
    ninth = _ordered(plan=later_plan(9, 31, 28, 24, 21, 17, 14, 10, 7))
    assert _shut(order.assess(ninth, book, NOW)) == {"MBC-1"}


@EVERYWHERE
def test_devices_make_the_dose_and_rest_lies_between_them(book):
    found = {one.rule: one.outcome for one in administration.assess(sprayed(0, 4), book, NOW)}
    assert (found["DEV-1"], found["DEV-3"]) == ("satisfied", "violated")
    assert book["DEV-3"].duration("rest_min") == timedelta(seconds=300)
    assert _shut(plan.assess(nasal_plan(devices=3), book, NOW)) == {"DEV-1"}


def test_the_first_dose_by_age():
    def allowed(book, dose, **changes):
        facts = nasal_plan(dose_mg=Decimal(dose), devices=dose // 28, **changes)
        return not _shut(plan.assess(facts, book, NOW))

    for book in (EU, UK, AU, CA):
        assert allowed(book, 28, birth_date=EXACTLY_65)
        assert not allowed(book, 56, birth_date=EXACTLY_65)
    assert allowed(US, 56, birth_date=EXACTLY_65)
    assert not allowed(US, 28, birth_date=EXACTLY_65)
    assert not allowed(US, 84)


def test_a_fixed_time_of_watching_is_asked_for_in_the_united_states_only():
    just_stable = leaving(last_dose_at=NOW - timedelta(minutes=100))
    assert {one.rule for one in discharge.assess(just_stable, US, NOW) if one.rule.startswith("MON-1")}
    assert "MON-1" in _shut(discharge.assess(just_stable, US, NOW))
    for book in (EU, UK, AU, CA):
        assert "MON-2" not in _shut(discharge.assess(just_stable, book, NOW))
        assert discharge.earliest_leave(just_stable, book, NOW).at is not None
    locally = EU.with_threshold("MON-2", "minutes_min", 120)
    assert "MON-2" in _shut(discharge.assess(just_stable, locally, NOW))


@EVERYWHERE
def test_nobody_drives_before_the_next_morning(book):
    until = discharge.no_driving_before(NASAL, NOW, book, NOW)
    assert until.date() == NOW.date() + timedelta(days=1)


def test_only_the_united_states_ask_for_their_safety_programme():
    nowhere = _ordered(readiness=arrived(programme=SafetyProgrammeFacts()))
    assert _shut(order.assess(nowhere, US, NOW)) == {"PRE-10"}
    for book in (EU, UK, AU, CA):
        assert _shut(order.assess(nowhere, book, NOW)) == set()


def test_what_must_be_taken_beside_esketamine():
    alone = licensed(medicines=())
    acute = licensed(medicines=(), indication=Indication.MDSI)
    shut = {place: _shut(licensed_use.assess(alone, book, NOW)) for place, book in BOOKS.items()}
    assert shut == {"US": set(), "EU": {"COMB-1"}, "UK": {"COMB-1"}, "AU": {"COMB-1"}, "CA": {"COMB-1"}}
    for book in (US, EU, UK):
        assert _shut(licensed_use.assess(acute, book, NOW)) == {"COMB-2"}


def test_an_acute_suicidal_state_is_no_licensed_use_in_australia_and_canada():
    acute = candidate(NASAL, indication=Indication.MDSI, trials=())
    shut = {place: _shut(eligibility.assess(acute, book, NOW)) for place, book in BOOKS.items()}
    assert shut == {"US": set(), "EU": set(), "UK": set(), "AU": {"IND-1"}, "CA": {"IND-1"}}


def test_earlier_episodes_count_except_in_europe():
    earlier = candidate(NASAL, trials=(TRIAL, replace(SECOND_TRIAL, current_episode=False)))
    shut = {place: _shut(eligibility.assess(earlier, book, NOW)) for place, book in BOOKS.items()}
    assert shut == {"US": set(), "EU": {"IND-EU-1"}, "UK": {"IND-EU-1"}, "AU": set(), "CA": set()}
