"""Schedules, consent texts, definitions of outcome and limits of entries."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from euthymia.evidence import (
    EvidenceError,
    consent_text,
    current_consent_text,
    days,
    entry_limit,
    outcome_definition,
    regimen,
    regimens,
    rules,
    sources,
    task_delay,
)


def test_induction_is_two_a_week_for_four_weeks() -> None:
    phase = regimen("US", "esketamine-nasal").phase("induction")
    planned = list(days(date(2026, 11, 23), phase.gap_days, phase.sessions.value))
    assert len(planned) == 8
    assert {day.strftime("%a") for day in planned} == {"Mon", "Thu"}
    assert planned[-1] - planned[0] < timedelta(weeks=4)


def test_induction_agrees_with_the_rule_on_how_often() -> None:
    rule = rules("US")["DOSE-US-4"]
    phase = regimen("US", "esketamine-nasal").phase("induction")
    assert phase.sessions.value == rule.integer("induction_sessions")


@pytest.mark.parametrize("jurisdiction", ["EU", "UK", "AU", "CA"])
def test_induction_elsewhere_agrees_with_its_rule_too(jurisdiction: str) -> None:
    rule = rules(jurisdiction)["DOSE-EU-4"]
    phase = regimen(jurisdiction, "esketamine-nasal").phase("induction")
    assert phase.sessions.value == rule.integer("induction_sessions")
    assert regimen(jurisdiction, "ketamine-iv").phase("maintenance").gap_days


def test_an_acute_suicidal_state_has_its_own_regimen_where_it_is_licensed() -> None:
    acute = "depression-with-acute-suicidal-ideation"
    assert regimen("US", "esketamine-nasal", acute).id == "us-mdsi-esketamine"
    assert regimen("UK", "esketamine-nasal", acute).id == "eu-emergency-esketamine"
    assert regimen("AU", "esketamine-nasal", acute).id == "eu-trd-esketamine"
    assert regimen("US", "ketamine-iv", "chronic-pain").id == "us-iv-ketamine"


def test_no_schedule_where_no_book_is_kept() -> None:
    with pytest.raises(EvidenceError, match="no schedule for 'FR'"):
        regimens("FR")


def test_no_schedule_for_another_product() -> None:
    with pytest.raises(EvidenceError, match="no schedule for psilocybin"):
        regimen("US", "psilocybin")


@pytest.mark.parametrize("product", ["esketamine-nasal", "ketamine-iv"])
def test_each_product_has_a_current_consent_text_that_names_its_sources(product: str) -> None:
    text = current_consent_text("US", product)
    assert text.product == product
    for section in text.sections:
        for paragraph in section.paragraphs:
            assert sources()[paragraph.source].title in text.text


@pytest.mark.parametrize(
    ("version", "sha256"),
    [
        ("us-esketamine-1", "a1a3d401932a52b0c619646a174e570e5f71c10b74f58241ba1ac0a459c1de27"),
        ("us-ketamine-iv-1", "caf30970288aa2509678a21c25d7e2e9766a226b871f89c7d7013794f3a946dd"),
        ("us-esketamine-2", "89033958cb07e90ee2fc592eadd8935e8e8dc3f4ebdd37f029c1eedd8375335f"),
        ("us-ketamine-iv-2", "c4fec240c6daddc2a5ff55f9a58c6bae998ef117655a3f3784b8f5ce3d66ece5"),
    ],
)
def test_a_consent_text_is_never_changed_in_place(version: str, sha256: str) -> None:
    """A patient signed these words. Whoever changes one writes a new version beside this one."""
    assert consent_text(version).sha256 == sha256


@pytest.mark.parametrize("product", ["esketamine-nasal", "ketamine-iv"])
def test_a_current_consent_text_tells_what_the_rules_forbid(product: str) -> None:
    words = current_consent_text("US", product).text
    for told in (
        "allergy",
        "blood vessel",
        "artery and vein",
        "bleed in the brain",
        "breast-feed",
        "pregnant",
    ):
        assert told in words, told


def test_response_is_a_fall_by_half_and_remission_a_low_total() -> None:
    phq_9 = outcome_definition("phq-9")
    assert phq_9.is_response(20, 10)
    assert not phq_9.is_response(20, 11)
    assert not phq_9.is_response(0, 0)
    assert phq_9.is_remission(4)
    assert not phq_9.is_remission(5)


def test_limits_of_an_entry_include_both_ends() -> None:
    weight = entry_limit("weight")
    assert weight.is_possible(Decimal(1))
    assert not weight.is_possible(Decimal("0.9"))
    assert weight.is_plausible(Decimal(200))
    assert not weight.is_plausible(Decimal("200.1"))


def test_an_escalation_comes_before_the_deadline() -> None:
    assert task_delay("item_nine", "acknowledge_within") < task_delay("item_nine", "due_within")
