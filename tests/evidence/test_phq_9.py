"""The PHQ-9: its wording, its credit, its scoring."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from euthymia.evidence import EvidenceError, _instruments, instrument, wording_hash

PHQ_9 = instrument("phq-9")
ITEMS = [str(number) for number in range(1, 10)]


def test_nine_items_and_the_difficulty_item_in_the_published_order():
    assert [item.code.code for item in PHQ_9.items] == [
        "44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8",
    ]  # fmt: skip
    assert PHQ_9.difficulty.code.code == "69722-7"
    assert [item.id for item in PHQ_9.items] == ITEMS


def test_each_question_is_worded_as_its_code_says():
    for item in PHQ_9.items:
        assert item.code.display.startswith(item.text)


def test_answers_score_nought_to_three_with_their_codes():
    for item in PHQ_9.items:
        assert [(option.code.code, option.score.value) for option in item.options] == [
            ("LA6568-5", 0), ("LA6569-3", 1), ("LA6570-1", 2), ("LA6571-9", 3),
        ]  # fmt: skip
        assert all(option.text == option.code.display for option in item.options)


def test_the_text_may_ship_and_keeps_its_credit():
    assert PHQ_9.text_shippable
    assert "Pfizer Inc." in PHQ_9.credit
    assert "Spitzer" in PHQ_9.credit
    assert "No permission required" in PHQ_9.licence


def test_the_recall_window_is_two_weeks():
    assert (PHQ_9.recall.value, PHQ_9.recall.unit) == (14, "d")
    assert "2 weeks" in PHQ_9.stem


@settings(deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 3), min_size=9, max_size=9))
def test_the_total_is_the_sum_and_falls_in_exactly_one_band(scores):
    total = PHQ_9.total(dict(zip(ITEMS, scores, strict=True)))
    assert total == sum(scores)
    assert sum(band.lowest.value <= total <= band.highest.value for band in PHQ_9.bands) == 1


@pytest.mark.parametrize("missing", ITEMS)
def test_one_missing_answer_leaves_no_total(missing):
    assert PHQ_9.total({item: 1 for item in ITEMS if item != missing}) is None


def test_the_bands():
    names = {total: PHQ_9.band(total).name for total in (0, 4, 5, 9, 10, 14, 15, 19, 20, 27)}
    assert list(names.values()) == [
        "minimal", "minimal", "mild", "mild", "moderate", "moderate",
        "moderately severe", "moderately severe", "severe", "severe",
    ]  # fmt: skip


@pytest.mark.parametrize("answers", [{"1": 4}, {"1": -1}, {"10": 1}])
def test_an_impossible_answer_is_refused(answers):
    with pytest.raises(ValueError, match="Patient Health Questionnaire"):
        PHQ_9.total(answers)


@pytest.mark.parametrize("total", [-1, 28])
def test_an_impossible_total_has_no_band(total):
    with pytest.raises(ValueError, match="no total can be"):
        PHQ_9.band(total)


def test_a_changed_word_is_noticed():
    changed = replace(PHQ_9, stem=PHQ_9.stem.replace("2 weeks", "two weeks"))
    assert wording_hash(PHQ_9) == PHQ_9.wording_sha256 != wording_hash(changed)
    with pytest.raises(EvidenceError, match="wording was changed"):
        _instruments._check(changed, "phq-9.toml")


def test_text_of_an_instrument_that_may_not_ship_is_refused():
    with pytest.raises(EvidenceError, match="does not let its text ship"):
        _instruments._check(replace(PHQ_9, text_shippable=False), "phq-9.toml")


def test_an_unknown_instrument_is_named():
    with pytest.raises(EvidenceError, match=r"instruments/madrs\.toml: there is no such data file"):
        instrument("madrs")
