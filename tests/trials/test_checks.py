"""Predictive checks set what was fitted beside what the ensemble makes of it, and say how many are at risk."""

from pathlib import Path

import numpy as np
import pytest
from tests.trials.test_calibration import DESIGN, row

from euthymia.evidence import kept_checks, trial_designs, trial_results
from euthymia.trials import _checks_figure, ensembles, parse_design, report, shipped_design
from euthymia.trials._parameters import ours
from euthymia.trials._relapse import Followed, hazard_ratios
from euthymia.trials.calibration import fitted_rows
from euthymia.trials.checks import Check, PredictiveChecks, predictive_checks
from euthymia.trials.prediction import predict_trial

FOLLOWED = """
[relapse]
among = "responders"
from_h = 168
score_at_least = 22
every_h = 168
follow_h = 1680
"""

ROWS = [
    row("ketamine", 24.0, "mean_change", -14.0, 11.0),
    row("ketamine", 168.0, "mean", 20.0, 9.0),
    row("ketamine", 168.0, "responders_pct", 30.0),
    row("placebo", 24.0, "mean_change", -5.0, 1.0, spread_kind="SE"),
    row("placebo", 168.0, "remitters_pct", 99.0, role="validate", use="predict"),
    row("ketamine", None, "relapse_pct", 40.0, use="predict"),
]


def found_of(**sizes):
    text = DESIGN + FOLLOWED + "".join(f"{key} = {value!r}\n" for key, value in sizes.items())
    return predictive_checks(
        ours(4, 7), sha256="x", rows=ROWS, designs=[parse_design(text, "x.toml")], draws=4
    )


@pytest.fixture(scope="module")
def found():
    return found_of()


def test_each_fitted_number_and_sd_is_checked_and_no_other(found):
    asked = [(each.arm, each.visit_h, each.quantity, each.found) for each in found.checks]
    assert asked == [
        ("ketamine", 24.0, "mean_change", -14.0),
        ("ketamine", 24.0, "sd_change", 11.0),
        ("ketamine", 168.0, "mean", 20.0),
        ("ketamine", 168.0, "sd_score", 9.0),
        ("ketamine", 168.0, "responders_pct", 30.0),
        ("placebo", 24.0, "mean_change", -5.0),
    ]
    for each in found.checks:
        assert list(each.quantiles) == sorted(each.quantiles)
    score = next(each for each in found.checks if each.quantity == "mean")
    assert 0 < score.quantiles[0] < score.quantiles[4] < 60


@pytest.mark.parametrize(
    ("value", "half", "most"),
    [(3.0, True, True), (1.5, False, True), (5.5, False, False), (0.5, False, False)],
)
def test_inside_is_between_the_ends(value, half, most):
    one = Check("A", "k", 24.0, "mean", value, (1.0, 2.0, 3.0, 4.0, 5.0))
    assert (one.within(50), one.within(90)) == (half, most)
    told = PredictiveChecks("e", "x", (one,), (), ()).counts
    assert told == (("mean", 1, int(half), int(most)),)


def test_a_share_is_inside_when_its_last_printed_digit_can_be():
    drawn = (9.1, 20.0, 30.0, 40.0, 50.0)
    assert Check("A", "k", 24.0, "responders_pct", 9.0, drawn).within(90)
    assert not Check("A", "k", 24.0, "responders_pct", 8.0, drawn).within(90)
    assert not Check("A", "k", 24.0, "mean", 9.0, drawn).within(90)


def test_those_followed_fall_away_and_the_trials_own_share_stands_beside(found):
    ketamine, placebo = found.free
    assert ketamine.found == ("40 % relapsed",)
    assert placebo.found == ()
    for each in found.free:
        assert np.all(np.diff(each.median) <= 0)
        numbers = [n for _, n in each.at_risk]
        assert numbers == sorted(numbers, reverse=True)
        assert numbers[0] < 200  # a part of the 200 who were enrolled


def of_hazards(hazards, draw_of):
    """Curves of constant hazards a day, seen every tenth of one, over ten days."""
    hours = np.arange(1, 101) * 2.4
    free = 100 * np.exp(-np.asarray(hazards)[:, None] * hours / 24)
    return Followed(hours, free, np.full(len(free), 50.0), np.asarray(draw_of))


def test_a_hazard_ratio_is_that_of_constant_hazards_draw_by_draw():
    one, other = of_hazards([0.1, 0.06, 0.2], [0, 2, 3]), of_hazards([0.2, 0.1, 0.3], [0, 1, 2])
    # Draws 0 and 2 have both arms. A visit of a tenth of a day makes the hazards discrete: less than 2 % off.
    assert hazard_ratios(one, other) == pytest.approx([0.5, 0.2], rel=0.02)


def test_a_draw_in_which_nobody_relapses_has_no_hazard_ratio():
    one, other = of_hazards([0.1, 0.0, 0.0], [0, 1, 2]), of_hazards([0.0, 0.0, 0.1], [0, 1, 2])
    assert list(hazard_ratios(one, other)) == [np.inf, 0.0]


def test_a_hazard_ratio_stands_beside_the_one_that_was_found():
    # Followed from the eighth week, by when care and time have made responders of some without the drug too.
    text = (DESIGN + FOLLOWED).replace("[24, 168]", "[24, 1344]").replace("from_h = 168", "from_h = 1344")
    rows = [row("ketamine", None, "hazard_ratio", 0.5, use="predict")]
    ketamine, placebo = predictive_checks(
        ours(4, 7), sha256="x", rows=rows, designs=[parse_design(text, "x.toml")], draws=4
    ).free
    assert ketamine.found == ("hazard 0.5 of the other arm's",)
    assert len(ketamine.hazard_ratio) == 3
    finite = [
        one for one in ketamine.hazard_ratio if one is not None
    ]  # None: nobody of the other arm relapses
    assert finite
    assert finite == sorted(finite)
    assert finite[0] >= 0
    assert placebo.hazard_ratio == ()


def test_a_forecast_s_report_draws_the_curves_of_the_checks(found):
    design = parse_design(DESIGN + FOLLOWED, "x.toml")
    drawn = report.draw(predict_trial(design, ours(4, 7), draws=4)).to_json()
    for each in found.free:
        for day, n in each.at_risk:
            assert f'"day": {day}' in drawn
            assert f'"n": "{n:.0f}"' in drawn


def test_a_size_that_counts_those_followed_is_where_those_at_risk_begin():
    ketamine, _ = found_of(sizes_are="followed").free
    assert ketamine.at_risk[0][1] == pytest.approx(200 * ketamine.median[0] / 100, abs=0.1)


def test_the_figure_holds_every_check_and_curve_and_says_what_it_was_drawn_from(found):
    drawn = _checks_figure.draw(found).to_json()
    for said in ("of file x.", "Expected at risk", "40 % relapsed", "A trial · ketamine · 24 h", "day 7"):
        assert said in drawn


def test_the_checks_that_are_kept_are_of_the_ensemble_and_the_rows_at_hand():
    kept = kept_checks()
    figure = Path(__file__).resolve().parents[2] / "docs/model-cards/figures/mood-1-checks.svg"
    assert _checks_figure.data_of(kept.ensemble_sha256) in figure.read_text("utf-8")
    assert kept.ensemble_sha256 == ensembles.hash_of(ensembles.SHIPPED), "euthymia checks --record again"
    told = {
        (each["trial"], each["arm"], each["visit_h"], each["quantity"]): each["found"] for each in kept.checks
    }
    rows = fitted_rows(trial_results())
    assert rows
    for each in rows:
        assert told[each.trial, each.arm, each.time_h, each.kind] == each.value.value
    followed = {name for name in map(shipped_design, trial_designs()) if name.relapse}
    assert {each["trial"] for each in kept.free} == {design.name for design in followed}
