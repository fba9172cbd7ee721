"""Findings travel to JSON and back, and an override opens only what was signed for."""

import re
from dataclasses import replace
from datetime import UTC

import pytest
from tests.protocol.examples import EXAMPLES
from tests.protocol.people import BOOK, IV, NOW, ago, arrived, pressure

from euthymia.evidence import Known
from euthymia.protocol import Effect, Finding, Outcome, deviations, gate, may_override, readiness

RAISED = arrived(pressures=(pressure(150, 95, ago(minutes=5)),))


def _only(facts, rule):
    return next(found for found in readiness.assess(facts, BOOK, NOW) if found.rule == rule)


@pytest.mark.parametrize("example", EXAMPLES[::7], ids=lambda example: f"{example.rule}: {example.title}")
def test_a_finding_survives_json(example):
    found = example.finding()
    assert Finding.from_json(found.to_json()) == found


def test_a_finding_shows_each_limit_with_its_source_and_how_it_is_known():
    limits = {given.name: given for given in _only(RAISED, "PRE-2").inputs}
    assert limits["limit: systolic max"].value == "140"
    assert limits["limit: systolic max"].origin == "label-asia, secondary"


def test_nothing_is_verified_until_a_director_signs():
    assert {rule.verified_by for rule in BOOK.values()} == {None}
    assert _only(RAISED, "PRE-2").verified_by is None


def test_a_rule_carried_over_to_another_product_is_known_as_ours():
    assert _only(arrived(), "PRE-6").known is Known.SECONDARY
    assert _only(arrived(IV), "PRE-6").known is Known.OURS


def test_a_gate_is_open_when_everything_is_satisfied():
    assert gate(readiness.assess(arrived(), BOOK, NOW)).is_open


def test_a_signed_override_passes_the_breach_it_was_signed_for():
    found = readiness.assess(RAISED, BOOK, NOW)
    shut = gate(found)
    assert [one.rule for one in shut.blocked_by] == ["PRE-2"]
    assert shut.overridable == shut.blocked_by
    passed = gate(found, {shut.blocked_by[0].fingerprint})
    assert passed.is_open
    assert passed.overridden == shut.blocked_by


def test_an_override_does_not_cover_a_later_worse_reading():
    signed = _only(RAISED, "PRE-2").fingerprint
    worse = replace(RAISED, pressures=(*RAISED.pressures, pressure(175, 100)))
    assert not gate(readiness.assess(worse, BOOK, NOW), {signed}).is_open


def test_an_override_does_not_cover_a_changed_threshold():
    signed = _only(RAISED, "PRE-2").fingerprint
    tighter = BOOK.with_threshold("PRE-2", "systolic_max", 130)
    assert not gate(readiness.assess(RAISED, tighter, NOW), {signed}).is_open


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.rule}: {example.title}")
def test_unknown_never_passes_and_nobody_overrides_what_nobody_may(example):
    found = example.finding()
    result = gate([found], {found.fingerprint})
    if found.effect is not Effect.GATE:
        assert result.is_open
    elif found.outcome is Outcome.UNKNOWN:
        assert not result.is_open
    elif found.outcome is Outcome.VIOLATED:
        assert result.is_open is (found.override == "prescriber")
    assert may_override(found) is bool(result.overridden)


def test_a_fingerprint_does_not_depend_on_the_zone_a_time_was_written_in():
    found = _only(RAISED, "PRE-2")
    elsewhere = [replace(given, at=given.at and given.at.astimezone(UTC)) for given in found.inputs]
    assert replace(found, inputs=tuple(elsewhere)).fingerprint == found.fingerprint
    assert Finding.from_json(found.to_json()).fingerprint == found.fingerprint


def test_the_requirement_shows_the_threshold_in_force():
    tighter = BOOK.with_threshold("PRE-2", "systolic_max", 130)
    found = next(one for one in readiness.assess(RAISED, tighter, NOW) if one.rule == "PRE-2")
    assert "130/90 mmHg" in found.requirement
    assert "140" not in found.requirement


@pytest.mark.parametrize("example", [one for one in EXAMPLES if one.deviation], ids=lambda one: one.title)
def test_a_breach_is_told_in_the_same_words_on_a_later_day(example):
    told = re.sub(r"2026 \d\d:\d\d(:\d\d)?", "", example.finding().deviation)
    assert not re.search(r"\d\d:\d\d", told), "a time without its date would read differently tomorrow"


def test_deviations_are_the_findings_that_record_a_breach():
    found = [example.finding() for example in EXAMPLES]
    assert deviations(found) == tuple(one for one in found if one.deviation)
    assert deviations(found)


def test_every_sentence_reads_as_one():
    for example in EXAMPLES:
        sentence = example.finding().sentence
        assert sentence.endswith("."), sentence
        assert sentence[0].isupper() or sentence[0].isdigit(), sentence
        assert "None" not in sentence.split(), sentence
        assert "{" not in sentence, sentence
