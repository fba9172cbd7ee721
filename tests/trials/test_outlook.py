"""Hours against weeks: one world a draw, words that follow the numbers, and an answer kept of today's ensemble."""

import json
import re
from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from docs import hours_against_weeks
from typer.testing import CliRunner

from euthymia import cli
from euthymia.evidence import EvidenceError, _outlooks, kept_outlook
from euthymia.pharmacology import InvalidRequest
from euthymia.trials import outlook
from euthymia.trials._checks_figure import data_of
from euthymia.trials._cohort import TrialEffects, cohorts, labile_of, scores
from euthymia.trials._outlook_figure import draw
from euthymia.trials._parameters import in_words, names, values_at
from euthymia.trials.ensembles import SHIPPED, hash_of, shipped_ensemble

FEW = 24


@pytest.fixture(scope="module")
def found():
    return outlook.mean_courses(shipped_ensemble(), sha256=hash_of(SHIPPED), draws=FEW, people=64)


def test_the_answer_that_is_kept_is_of_the_ensemble_at_hand_and_agrees_with_a_smaller_one(found):
    """64 people and 24 of 200 draws: medians agree within four points, two standard errors of such a median."""
    kept = kept_outlook()
    assert kept.ensemble_sha256 == hash_of(SHIPPED)
    assert list(kept.arms) == list(found.means)
    assert kept.warnings == found.warnings == shipped_ensemble().warnings[1:]  # the first is said in words
    assert kept.fitted == (*outlook.fitted(found.design, found.driven), *outlook.believed(found.driven))
    figure = Path(__file__).resolve().parents[2] / "docs/model-cards/figures/hours-against-weeks.svg"
    assert data_of(kept.ensemble_sha256) in figure.read_text("utf-8"), "euthymia outlook --figure again"
    for arm, points in kept.arms.items():
        assert [hour for hour, *_ in points] == list(found.design.visits_h)
        for hour, low, middle, high in points:
            assert low < middle < high
            assert middle == pytest.approx(found.quantiles(arm, hour)[1], abs=4.0)


def test_groups_of_one_draw_are_of_one_world(found):
    """Until the fifth week both spray groups are treated alike, so that only who is in them differs."""
    kept, stopped = outlook.KEPT, outlook.STOPPED
    before, after = found.design.visits_h.index(647.0), len(found.design.visits_h) - 1
    apart = found.means[kept] - found.means[stopped]
    assert np.abs(apart[:, before]).max() < 2.5
    assert np.median(apart[:, after]) < -1.0


def test_half_a_year_is_judged_over_a_whole_turn_of_maintenance(found):
    """Just before a session less is left than four days after it, and the mean over both lies between."""
    low_day, high_day = found.design.visits_h.index(24.0 * 182), len(found.design.visits_h) - 1
    gap = np.median(found.means[outlook.STOPPED] - found.means[outlook.KEPT], axis=0)
    assert gap[high_day] < found.over_the_last_turn(outlook.KEPT, outlook.STOPPED)[1] < gap[low_day]


def test_the_sentences_say_the_numbers(found):
    said = " ".join(outlook.sentences(found))
    start = found.design.arms[0].baseline.mean
    stopped, oral = outlook.STOPPED, outlook.ORAL
    assert f"fallen by {start - found.quantiles(stopped, 24.0)[1]:.0f} points" in said
    low, middle, high = found.less(stopped, oral, 24.0)
    assert f": {middle:.0f} points ({low:.0f} to {high:.0f}) between them" in said
    assert "0 points (0 to 0)" not in said
    assert [_without_digits(one) for one in kept_outlook().sentences] == [
        _without_digits(one) for one in outlook.sentences(found)
    ]


def _without_digits(sentence):
    return re.sub(r"\d+", "#", sentence)


def test_each_group_says_at_which_visits_trials_like_it_were_fitted(found):
    said = dict(zip(found.means, outlook.fitted(found.design, found.driven), strict=True))
    spray, infusion, placebo = (
        said[outlook.KEPT],
        said["ketamine infusions, four weeks"],
        said["placebo alone"],
    )
    assert (
        "(TRANSFORM-1+2_pooled_OPRM1 at 24 h; TRANSFORM-2 at day 15 and day 28; TRANSFORM-1 at day 28)"
        in spray
    )
    assert "sessions further apart and everything after are prior-driven" in spray
    assert "(Murrough2013_rep at 2 h and day 12; Wilkinson2018_IPD at 24 h, 48 h, 72 h and day 8)" in infusion
    assert "what comes after is prior-driven" in infusion
    assert "(Wilkinson2018_IPD at 24 h, 48 h, 72 h and day 8)" in placebo
    unseen = replace(found.design.arms[3], oral_antidepressant="new")  # infusions with a new one beside them
    (alone,) = outlook.fitted(replace(found.design, arms=(unseen,)), found.driven)
    assert "prior-driven: no trial like it was fitted" in alone


def test_a_group_names_the_beliefs_that_act_in_it_and_no_other(found):
    driven = dict.fromkeys(("half_at", "oral_time", "open_label"), 0.9)
    said = dict(zip(found.means, outlook.fitted(found.design, driven), strict=True))
    assert "the prior speaks in half_at, oral_time;" in said[outlook.KEPT]
    assert "the prior speaks in half_at;" in said["ketamine infusions, four weeks"]
    assert "the prior speaks in oral_time;" in said[outlook.ORAL]
    assert "the prior speaks" not in said["placebo alone"]


@pytest.mark.parametrize("arm", [0, 2, 3, 5])
def test_a_parameter_that_acts_in_a_group_moves_it_and_another_does_not(found, arm):
    (cohort,) = cohorts(
        replace(found.design, arms=(found.design.arms[arm],)), people=64, seed=1, visits_h=(24.0, 647.0)
    )

    def mean(place):
        values = values_at(place)
        (labile,) = labile_of((cohort,), values)
        return jnp.sum(scores(cohort, labile, values, TrialEffects(0.5, 0.5)))

    slope = np.asarray(jax.grad(mean)(jnp.zeros(len(names()))))
    moving = {name for name, one in zip(names(), slope, strict=True) if abs(one) > 1e-12}
    assert moving == {name for name in names() if outlook.acts_in(name, cohort.arm)}


def test_the_figure_says_of_each_group_what_is_fitted_and_draws_it_heavy_as_far(found):
    drawn = draw(found).to_dict()
    told = re.sub(r"\s+", "", " ".join(drawn["title"]["subtitle"]))
    for sentence in (*outlook.believed(found.driven), *found.warnings):
        assert re.sub(r"\s+", "", sentence) in told
    values = [one for panel in drawn["vconcat"] for one in drawn["datasets"][panel["data"]["name"]]]
    labels = {one["group"] for one in values}
    assert {label.partition(":")[0] for label in labels} == set(found.means)
    for name, first, last in ((outlook.KEPT, 24.0, 647.0), ("placebo alone", 24.0, 167.0)):
        (label,) = (each for each in labels if each.startswith(f"{name}: fitted at 24 h"))
        own = [one for one in values if one["group"] == label]
        heavy = [one["hour"] for one in own if one["known"].startswith("fitted")]
        assert (min(heavy), max(heavy)) == (first, last)
        assert 4.0 not in heavy  # where the largest fall is drawn, nobody of this kind was seen
        arm = next(each for each in found.design.arms if each.name == name)
        visits = {hour for its in outlook.fitted_visits(arm).values() for hour in its}
        marked = {one["hour"] for one in own if one.get("at_visit")}
        assert len(marked) == len(visits)
        assert all(min(abs(hour - visit) for visit in visits) <= 12 for hour in marked)


def test_every_parameter_has_words_and_the_prior_driven_ones_are_named():
    assert all(in_words(name) for name in names())
    (said,) = outlook.believed({"oral_time": 0.98})
    assert said.endswith(": how fast a new oral antidepressant acts (oral_time, 0.98).")
    assert outlook.believed({}) == ()


def test_the_page_shows_what_was_fitted_after_a_day_too():
    page = hours_against_weeks.page()
    assert "| a day | Daly2018_P1 | 56 mg | -10 | 3.27 | fitted, arm less arm |" in page
    assert "(../model-cards/figures/hours-against-weeks.svg)" in page


def test_too_few_draws_are_refused():
    with pytest.raises(InvalidRequest, match="2 to 200 draws; it was 1"):
        outlook.mean_courses(shipped_ensemble(), draws=1)


def test_an_answer_that_was_changed_by_hand_is_refused(monkeypatch):
    monkeypatch.setattr(_outlooks, "read_text", lambda _: json.dumps({"arms": {}}))
    with pytest.raises(EvidenceError, match="not what `euthymia outlook --record` writes"):
        _outlooks.kept_outlook.__wrapped__()


def test_the_command_refuses_a_figure_it_cannot_draw(tmp_path):
    done = CliRunner().invoke(cli.app, ["outlook", "--figure", str(tmp_path / "x.png")])
    assert done.exit_code == 2
    assert ".svg" in done.stderr
