"""The scorecard counts as it says, and the simple forecasts know what was put into their rows."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.trials.test_calibration import DESIGN, row

from euthymia.evidence import trial_results
from euthymia.trials import baselines, ensembles, parse_design, scorecard
from euthymia.trials._parameters import ours
from euthymia.trials._scorecard_page import page
from euthymia.trials.comparisons import comparisons
from euthymia.trials.scorecard import Scored

FOUND = parse_design(DESIGN, "x.toml")


def validated(*told, **other):
    return row(*told, role="validate", use="predict", **other)


def scored(found, quantiles=(-10.0, -8.0, -6.0, -4.0, -2.0), **other):
    told = {"trial": "A", "arm": "k", "visit_h": 24.0, "se": 2.0, "given": True}
    return Scored(found=found, quantiles=quantiles, **(told | other))


def test_changes_of_both_arms_make_a_comparison_and_a_difference_does_where_there_is_no_control():
    rows = [
        row("ketamine", 24.0, "mean_change", -14.0, 10.0),
        row("placebo", 24.0, "mean_change", -5.0, 10.0),
        row("ketamine", 24.0, "mean_diff_vs_control", -8.0, 1.5, spread_kind="SE"),
        row("ketamine", 168.0, "mean_diff_vs_control", -4.0, 1.5, spread_kind="SE"),
    ]
    first, second = comparisons(FOUND, rows)
    assert (first.visit_h, first.difference, first.given) == (24.0, -9.0, True)
    assert first.se == pytest.approx(math.sqrt(2 * 100 / 200))
    assert (second.visit_h, second.difference, second.se, second.given) == (168.0, -4.0, 1.5, False)


def test_a_score_counts_as_a_change_from_the_arms_own_mean_at_entry():
    rows = [row("ketamine", 24.0, "mean", 20.0, 10.0), row("placebo", 24.0, "mean", 30.0, 10.0)]
    (one,) = comparisons(FOUND, rows)
    assert one.difference == pytest.approx(-10.0)
    assert one.own_se == pytest.approx(10 / math.sqrt(200))


def test_of_several_controls_an_arm_has_that_of_its_own_stratum():
    named = replace(FOUND, arms=tuple(
        replace(arm, name=f"{arm.name} {kind}") for kind in ("AA", "GG") for arm in FOUND.arms
    ))  # fmt: skip
    rows = [
        row(f"{arm} {kind}", 24.0, "mean_change", value, 10.0)
        for kind, arm, value in (
            ("AA", "ketamine", -10.0), ("AA", "placebo", -6.0), ("GG", "ketamine", -12.0), ("GG", "placebo", -3.0),
        )
    ]  # fmt: skip
    assert [one.difference for one in comparisons(named, rows)] == [-4.0, -9.0]


@pytest.mark.parametrize(
    ("found", "half", "most", "value"),
    [
        (-6.0, True, True, 8.0),
        (-9.0, False, True, 8.0),
        (-11.0, False, False, 28.0),
        (1.0, False, False, 68.0),
    ],
)
def test_the_interval_score_is_the_width_and_twenty_times_what_was_missed(found, half, most, value):
    one = scored(found)
    assert (one.within(50), one.within(90)) == (half, most)
    assert one.interval_score == pytest.approx(value)


def test_each_trial_weighs_one_and_the_floor_is_of_those_whose_error_is_known():
    found = [scored(-6.0), scored(-6.0, se=None), scored(-10.0, trial="B", se=5.0)]
    line = scorecard._line("x", found)
    assert (line.values, line.trials) == (3, 2)
    assert line.error == pytest.approx(2.0)  # 0 in A and 4 in B
    assert line.noise_floor == pytest.approx(0.8 * (2 + 5) / 2)
    assert line.bias == {"A": pytest.approx(0.0), "B": pytest.approx(4.0)}
    # The exact interval of 3 of 3: the lower end is 0.025 to the power of a third.
    assert line.coverage[90] == (1.0, pytest.approx(0.025 ** (1 / 3)), 1.0)


def test_simple_forecasts_find_what_was_put_in():
    # 12 trials that differ by 1 point around -5, each read with an error of 0.5: the mean is known to 0.32, and
    # 1.5 is beyond four times that.
    drawn = np.random.default_rng(8).standard_normal((12, 2))
    found = []
    for at, (own, chance) in enumerate(drawn):
        rows = [
            row("ketamine", 24.0, "mean_change", -10.0 + own + 0.5 * chance, 0.35, spread_kind="SE"),
            row("placebo", 24.0, "mean_change", -5.0, 0.35, spread_kind="SE"),
        ]
        found += comparisons(replace(FOUND, name=f"trial {at}"), rows)
    constant, waves = baselines.fit_baselines(found, 10.0)
    assert constant.place[0] == pytest.approx(-5.0, abs=1.5)
    low, _, middle, _, high = constant.quantiles(found[0], scorecard.SHARES)
    assert middle == pytest.approx(constant.place[0])
    # A new trial differs by its own effect, and by the chance of its own size: at least 1.645 SDs of the latter.
    assert high - low > 2 * 1.645 * 10 * math.sqrt(2 / 200)
    assert waves.response(waves.place, found[0].arm, 24.0) == pytest.approx(-5.0, abs=1.5)


def test_sessions_add_up_and_fade():
    one, three = FOUND.arms[0], replace(FOUND.arms[0], days=(1.0, 3.0, 5.0))
    place = np.asarray([-8.0, np.log(4.0), np.log(80.0), 0.0])
    alone = [baselines._two_exponentials(place, one, hour) for hour in (4.0, 24.0, 96.0, 2000.0)]
    assert alone[1] < alone[0] < 0
    assert alone[3] == pytest.approx(0.0, abs=1e-6)
    assert baselines._two_exponentials(place, three, 97.0) < alone[2]
    assert baselines._two_exponentials(place, three, 0.0) == 0.0


def test_a_scorecard_predicts_validate_rows_alone_and_says_what_it_leaves_out():
    rows = [
        row("ketamine", 24.0, "mean_change", -14.0, 11.0, trial="Fitted"),
        row("placebo", 24.0, "mean_change", -5.0, 8.0, trial="Fitted"),
        validated("ketamine", 24.0, "mean_change", -13.0, 11.0),
        validated("placebo", 24.0, "mean_change", -6.0, 8.0),
        validated("ketamine", 24.0, "mean_change", -9.0, 11.0, trial="Unknown"),
        row("ketamine", 24.0, "mean", 20.0, role="validate", use="no", reason="said twice"),
        validated("ketamine", 24.0, "responders_pct", 31.0),
        validated("placebo", 168.0, "remitters_pct", 99.0),
        validated("placebo", 96.0, "remitters_pct", 10.0),
    ]
    known = [FOUND, replace(FOUND, name="Fitted")]
    other = {"half the usual spread of trials": ours(4, 8)}
    card = scorecard.score(ours(4, 7), beside=other, rows=rows, designs=known, draws=4)
    (one,) = card.values[scorecard.MODEL]
    assert (one.trial, one.found, one.given) == ("A trial", -7.0, True)
    assert [line.name for line in card.lines] == [
        "mood model", "constant effect", "two exponentials a session",
    ]  # fmt: skip
    assert len(card.alone) == 2
    assert set(card.not_predicted) == {
        ("Unknown, ketamine, mean_change", "no design of this trial is at hand"),
        ("A trial, ketamine, mean", "said twice"),
        ("A trial, placebo, remitters_pct", "the design has no visit at its hour"),
    }
    # Shares are foretold, and count in no line.
    response, remission = card.shares
    assert (response.arm, response.visit_h, response.quantity, response.found) == (
        "ketamine", 24.0, "responders_pct", 31.0,
    )  # fmt: skip
    assert 0 <= response.quantiles[0] < response.quantiles[4] <= 100
    assert not remission.within(90)
    assert "| A trial | placebo | 168 | remission | 99 | " in page(card)
    told = card.as_json()
    assert [each["inside_90"] for each in told["shares"]] == [response.within(90), False]
    assert set(told["goals"].values()) <= {True, False}
    # What other beliefs foretold stands beside and counts for no goal.
    (beside,) = card.beside
    assert (beside.name, beside.line.values) == ("half the usual spread of trials", 1)
    assert beside.values != card.values[scorecard.MODEL]
    assert set(beside.goals) == set(card.goals)
    assert beside.name in page(card)
    assert told["beside"][0]["goals"] == beside.goals


def test_what_validate_rows_say_moves_no_simple_forecast():
    rows = trial_results()
    nonsense = [
        replace(each, value=replace(each.value, value=-59.0)) if each.role == "validate" else each
        for each in rows
    ]
    from euthymia.evidence import trial_designs
    from euthymia.trials._read import shipped_design

    known = [shipped_design(each) for each in trial_designs()]
    kept = [scorecard._fitted_comparisons(scorecard.fitted_rows(each), known) for each in (rows, nonsense)]
    assert kept[0] == kept[1]
    assert kept[0]


def test_a_verdict_goes_with_the_ensemble_it_is_of_and_with_no_other(tmp_path, monkeypatch):
    for name in ("ensemble.csv", "ensemble.json"):
        (tmp_path / name).write_bytes((ensembles.SHIPPED / name).read_bytes())
    monkeypatch.setattr(ensembles, "SHIPPED", tmp_path)
    plain = ensembles.shipped_ensemble().warnings
    ensembles.record_verdict(tmp_path, "It missed.")
    assert ensembles.shipped_ensemble().warnings == (*plain, "It missed.")
    kept = json.loads((tmp_path / "scorecard.json").read_text())
    (tmp_path / "scorecard.json").write_text(json.dumps(kept | {"sha256": "another's"}))
    assert ensembles.shipped_ensemble().warnings == plain


def test_the_page_and_every_forecast_say_the_verdict_of_the_ensemble_at_hand():
    kept = json.loads((ensembles.SHIPPED / "scorecard.json").read_text())
    page = (Path(__file__).resolve().parents[2] / "docs/reference/scorecard.md").read_text()
    assert kept["verdict"] in page
    assert kept["verdict"] in ensembles.shipped_ensemble().warnings
    assert "**Missed**" in page
    assert (
        "- ASPIRE-II, baseline: more severe than in other trials; the trial's own were only recalled." in page
    )
    shares = [row for row in trial_results() if row.role == "validate" and row.kind in scorecard._SHARES]
    assert shares
    for one in shares:
        name = {"responders_pct": "response", "remitters_pct": "remission"}[one.kind]
        assert f"| {one.trial} | {one.arm} | {one.time_h:g} | {name} | {one.value.value:g} |" in page
