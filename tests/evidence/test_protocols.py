"""The rule book holds every rule it must, each part with its source, and a broken rule is refused."""

import re
from datetime import date

import pytest

from euthymia.evidence import (
    EvidenceError,
    Known,
    Stricter,
    parse_rules,
    parse_sourced,
    rules,
    sources,
    stricter,
)
from euthymia.evidence._rulebooks import compose

NAMED = """
IND-US-1 IND-US-4 CI-1 CI-2 CI-3 CI-4 PRE-1 PRE-2 PRE-4 PRE-6 PRE-9 PRE-10 PRE-12 PRE-13 DEV-1 DEV-3
MON-1 MON-3 MON-4 MON-5 MON-6 MON-8 STOP-1 STOP-2 STOP-3 STOP-4 STOP-5 SUI-4 SUI-9 SUI-10 MBC-1
IV-CI-1 IV-CI-2 IV-CI-3 IV-CI-4 IV-CI-5 IV-CI-9 IV-CI-12 IV-CI-18
"""

WHOLE = """
jurisdictions = ["US"]
version = "1"
label_version = "v1"
effective_from = 2025-01-21
[defaults]
source = "euthymia"
known = "ours"
[[rules]]
id = "X-1"
title = "A rule"
products = ["esketamine-nasal"]
requirement = { value = "It holds", unit = "text" }
effect = { value = "gate", unit = "text" }
override = { value = "nobody", unit = "text" }
[rules.thresholds]
minutes_min = { value = 5, unit = "min" }
"""


def test_the_united_states_book_holds_every_rule_it_must():
    assert set(rules("US")) >= set(NAMED.split())


def test_every_part_of_every_rule_says_its_source_and_how_it_is_known():
    for rule in rules("US").values():
        for part in (rule.requirement, rule.effect, rule.override, *rule.thresholds.values()):
            assert part.source in sources()
            assert part.known in set(Known)
        assert rule.label_version
        assert rule.effective_from


def test_what_is_ours_names_no_outside_source_and_what_is_not_names_one():
    for rule in rules("US").values():
        for part in (rule.requirement, *rule.thresholds.values()):
            assert (part.known is Known.OURS) is (part.source == "euthymia"), rule.id


def test_a_rule_only_claims_an_analogy_for_its_own_products():
    for rule in rules("US").values():
        assert rule.by_analogy <= rule.products


def test_figures_are_exact_and_spans_are_times():
    book = rules("US")
    assert str(book["IV-DOSE-2"].number("mg_per_kg_min")) == "0.1"
    assert book["PRE-6"].duration("food_min").total_seconds() == 2 * 3600
    assert book["FU-2"].duration("due_at").days == 7


def test_a_changed_threshold_is_known_as_ours_and_leaves_the_book_as_it_was():
    book = rules("US")
    tighter = book.with_threshold("PRE-2", "systolic_max", 130)
    assert tighter["PRE-2"].thresholds["systolic_max"].known is Known.OURS
    assert tighter["PRE-2"].number("systolic_max") == 130
    assert book["PRE-2"].number("systolic_max") == 140


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("age_min", Stricter.HIGHER),
        ("alert_above", Stricter.HIGHER),
        ("systolic_max", Stricter.LOWER),
        ("systolic_below", Stricter.LOWER),
        ("steps", Stricter.NEITHER),
    ],
)
def test_the_name_of_a_threshold_says_which_way_it_tightens(name, way):
    assert stricter(name) is way


def test_a_whole_rule_is_read():
    assert parse_rules(WHOLE, "test.toml")["X-1"].integer("minutes_min") == 5


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('value = "gate"', 'value = "wall"', "'wall' is none of"),
        ('value = "nobody"', 'value = "everybody"', "'everybody' is none of"),
        ('products = ["esketamine-nasal"]', "products = []", "names no products"),
        ('title = "A rule"\n', "", "the key 'title' is missing"),
        ('unit = "min"', 'unit = ""', "has no unit"),
        ("effective_from = 2025-01-21", 'effective_from = "soon"', "must be a date"),
        ('jurisdictions = ["US"]\n', "", "names no jurisdictions"),
        ('jurisdictions = ["US"]', 'jurisdictions = ["US", "FR"]', "'FR' is none of AU, CA, EU, UK, US"),
        ('id = "X-1"', 'id = "X-1"\njurisdictions = ["EU"]', "names EU, which its file does not"),
        ('id = "X-1"', 'id = "X-1"\neffective_until = 2024-01-01', "effective_until is before"),
        (
            "[rules.thresholds]",
            '[rules.alternatives]\nhours_min = { value = 5, unit = "h" }\n[rules.thresholds]',
            "'hours_min' is an alternative to no threshold",
        ),
    ],
)
def test_a_broken_rule_is_refused_with_a_sentence(old, new, message):
    with pytest.raises(EvidenceError, match=message):
        parse_rules(WHOLE.replace(old, new), "test.toml")


def test_no_requirement_writes_down_a_figure_that_a_threshold_holds():
    for rule in rules("US").values():
        template = re.sub(r"\{[^}]*\}|PHQ-9|GAD-7|item 9", "", rule.requirement.value)
        assert not re.search(r"\d", template), rule.id
        assert "{" not in rule.wording


def test_a_wording_that_names_a_threshold_the_rule_lacks_is_refused():
    broken = parse_rules(WHOLE.replace("It holds", "At least {hours_min}"), "test.toml")
    with pytest.raises(EvidenceError, match="names a threshold it does not have"):
        _ = broken["X-1"].wording


def test_a_rule_may_stand_only_once():
    twice = WHOLE + WHOLE[WHOLE.index("[[rules]]") :]
    with pytest.raises(EvidenceError, match="X-1 is there twice"):
        parse_rules(twice, "test.toml")


def test_a_book_is_put_together_from_every_file_that_names_its_jurisdiction():
    shared = WHOLE.replace('["US"]', '["US", "EU"]')
    narrowed = shared[shared.index("[[rules]]") :].replace('id = "X-1"', 'id = "X-2"\njurisdictions = ["US"]')
    file = parse_sourced(shared + narrowed, "shared.toml", sources())
    other = parse_sourced(WHOLE.replace('"X-1"', '"X-3"').replace('"US"', '"EU"'), "eu.toml", sources())
    assert list(compose([file, other], "US")) == ["X-1", "X-2"]
    assert list(compose([file, other], "EU")) == ["X-1", "X-3"]
    assert compose([file], "EU")["X-1"].jurisdiction == "EU"
    assert compose([file], "EU").version != compose([file, other], "EU").version


def test_two_files_may_not_state_one_rule_for_the_same_jurisdiction():
    one = parse_sourced(WHOLE, "one.toml", sources())
    two = parse_sourced(WHOLE.replace("5", "6"), "two.toml", sources())
    with pytest.raises(EvidenceError, match=r"two.toml.*X-1 is there twice for US; the other is one.toml"):
        compose([one, two], "US")
    elsewhere = parse_sourced(WHOLE.replace('["US"]', '["CA"]'), "ca.toml", sources())
    assert compose([one, elsewhere], "CA")["X-1"].integer("minutes_min") == 5


def test_a_file_gives_one_label_for_all_or_one_for_each_jurisdiction():
    each = WHOLE.replace('["US"]', '["US", "EU"]').replace('label_version = "v1"\n', "")
    each += '[label_version]\nUS = "v18"\nEU = "2025"\n'
    assert parse_rules(each, "test.toml", "US")["X-1"].label_version == "v18"
    assert parse_rules(each, "test.toml", "EU")["X-1"].label_version == "2025"
    with pytest.raises(EvidenceError, match="the key 'EU' is missing"):
        parse_rules(each.replace('EU = "2025"', ""), "test.toml", "EU")


def test_a_rule_carried_over_to_another_jurisdiction_is_ours_there():
    text = WHOLE.replace('["US"]', '["US", "AU"]').replace('known = "ours"', 'known = "secondary"')
    text = text.replace('id = "X-1"', 'id = "X-1"\ncarried_over_to = ["AU"]')
    assert parse_rules(text, "test.toml", "US")["X-1"].known_for("esketamine-nasal") is Known.SECONDARY
    assert parse_rules(text, "test.toml", "AU")["X-1"].known_for("esketamine-nasal") is Known.OURS


def test_a_rule_holds_from_its_first_day_to_its_last():
    text = WHOLE.replace('id = "X-1"', 'id = "X-1"\neffective_until = 2025-12-31')
    rule = parse_rules(text, "test.toml")["X-1"]
    days = (date(2025, 1, 20), date(2025, 1, 21), date(2025, 12, 31), date(2026, 1, 1))
    assert [rule.holds_on(day) for day in days] == [False, True, True, False]
    assert parse_rules(WHOLE, "test.toml")["X-1"].holds_on(date(2099, 1, 1))


def test_asking_for_what_is_not_there_says_so():
    book = rules("US")
    with pytest.raises(EvidenceError, match="no rule book for 'FR'"):
        rules("FR")
    with pytest.raises(EvidenceError, match="has no rule Z-9"):
        book["Z-9"]
    with pytest.raises(EvidenceError, match="has no threshold wings"):
        book["PRE-2"].number("wings")
    with pytest.raises(EvidenceError, match="is not a list"):
        book["PRE-2"].numbers("systolic_max")
    with pytest.raises(EvidenceError, match="is not a number"):
        book["IV-DOSE-6"].number("steps")
    with pytest.raises(EvidenceError, match="which is no time"):
        book["PRE-2"].duration("systolic_max")


UNITED_STATES = ("us-", "fda-", "rems-", "jnj-", "dea-", "federal-")


@pytest.mark.parametrize("jurisdiction", ["EU", "UK", "AU", "CA"])
def test_nothing_read_in_the_united_states_is_known_as_read_elsewhere(jurisdiction):
    for rule in rules(jurisdiction).values():
        for product in rule.products:
            if rule.known_for(product) is Known.READ:
                assert not rule.requirement.source.startswith(UNITED_STATES), rule.id


def test_a_copy_is_not_known_as_read():
    """The Federal Register was read at federal.elaws.us, which does not issue it."""
    assert rules("US")["DEA-6"].requirement.known is Known.SECONDARY
