"""Predictions of trials: the fast mood model is the slow one, and intervals say what they should."""

import json
from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from typer.testing import CliRunner

from euthymia import cli
from euthymia.evidence import Known, Sourced, TrialResult, mood_priors
from euthymia.pharmacology import Course, InvalidRequest, draw_people_for, infusion, mood
from euthymia.pharmacology._course import score
from euthymia.trials import parse_design, report
from euthymia.trials._cohort import Cohort, TrialEffects, baselines, cohorts, labile_of, scores
from euthymia.trials._design import Baseline, Relapse
from euthymia.trials._exposure import Exposure
from euthymia.trials._parameters import names, ours, prior_places, values_at
from euthymia.trials._relapse import follow
from euthymia.trials._summaries import Reported, predicted
from euthymia.trials.prediction import predict_trial

DESIGN = """\
[trial]
name = "A trial"
instrument = "MADRS"
baseline = { mean = 37.0, sd = 5.7, entry_minimum = 28 }
people = { age_years = [45.0, 12.0], weight_kg = [80.0, 18.0], female = 0.62, ancestry = { other = 1.0 } }
visits_h = [24, 168]

[[arm]]
name = "ketamine"
n = 40
product = "ketamine-iv"
dose_mg_per_kg = 0.5
minutes = 40
days = [1]

[[arm]]
name = "placebo"
n = 40
product = "placebo-iv"
days = [1]
control = true
"""


def test_the_fast_synapses_are_those_of_an_adaptive_solver():
    hours = np.unique(np.concatenate([np.linspace(0, 12, 60), np.linspace(12, 240, 120)]))
    site = 120 * np.exp(-hours / 3) * (1 - np.exp(-hours / 0.3))
    values, usual = {name: jnp.asarray(number) for name, number in mood.usual().items()}, mood.usual()
    fast = np.asarray(
        mood.labile(jnp.asarray(np.diff(hours))[:, None], jnp.asarray(site)[:, None, None], values)
    )

    def change(hour, state):
        now = max(np.interp(hour, hours, site), 1e-12) / usual["half_at"]
        trigger = now ** usual["hill"] / (1 + now ** usual["hill"])
        signal, filled = state
        return (
            usual["gain"] * trigger - signal / usual["signal_time"],
            usual["filling"] * signal * (1 - filled) - filled / (24 * usual["labile_time"]),
        )

    slow = solve_ivp(change, (0, 240), [0.0, 0.0], "LSODA", t_eval=hours, rtol=1e-8, atol=1e-10, max_step=0.2)
    assert np.max(np.abs(fast[:, 0, 0] - slow.y[1])) < 2e-3 * slow.y[1].max()


def test_the_score_is_that_of_the_course():
    times = (6.0, 24.0, 100.0, 400.0)
    course = Course("otto-2021", infusion(35.0, 40.0), times, oral_from_h=0.0)
    people = draw_people_for("otto-2021", 4, seed=3)
    slow = score(course, people, np.zeros((4, len(times))))
    values = {name: jnp.asarray(number) for name, number in mood.usual().items()}
    hours = jnp.asarray(times)
    from euthymia.pharmacology._draws import normals

    own = values["late"] + values["late_sd"] * normals(3, "mood late", [np.asarray(people.characters.index)])
    moved = (
        own[:, None] * mood.late_part(hours, values)
        + values["pulse"] * mood.fading(hours, values)
        + mood.oral_part(hours, values)
    )
    fast = mood.score(jnp.asarray(people.characters.baseline_madrs)[:, None], moved)
    assert np.allclose(fast, slow, atol=1e-9)


def test_the_priors_are_centred_on_the_model_as_it_stands():
    usual = mood.usual()
    for name, prior in mood_priors().parameters.items():
        if name in usual:
            assert prior.centre.value == usual[name], name


def test_draws_from_the_prior_have_its_centres_and_spreads():
    # 4,096 draws: each of 42 checks is 5 standard errors wide, so the whole fails falsely once in 40,000 seeds.
    places, priors = prior_places(4096, 5), list(mood_priors().parameters.values())
    for at, prior in enumerate(priors):
        x = places[:, at]
        if prior.scale == "half-normal":
            assert abs(np.mean(np.exp(2 * x)) - 1) < 5 * np.sqrt(2 / 4096)
        else:
            assert abs(x.mean()) < 5 / 64
            assert abs(x.std() - 1) < 5 / 64 / np.sqrt(2)


def test_baselines_have_the_mean_and_spread_that_are_given():
    drawn = np.asarray([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0])
    found = baselines(Baseline(35.0, 5.0, 28.0), drawn)
    assert found.mean() == pytest.approx(35)
    assert found.std() == pytest.approx(5)


def _placebo(n=20, people=2048):
    design = parse_design(DESIGN.replace("n = 40", f"n = {n}"), "x.toml")
    return cohorts(design, people=people, seed=1)[1]


def test_the_covariance_of_an_arms_summaries_is_that_of_many_simulated_arms():
    # 4,000 arms: a standard deviation is known to 1.1 %, and 8 % is 7 of its standard errors.
    cohort, n = _placebo(), 20
    values = values_at(jnp.zeros(len(names())))
    score_now = scores(cohort, None, values, TrialEffects())
    asked = tuple(
        Reported(1, kind, sd, 0.0, n) for kind, sd in (("mean_change", False), ("mean_change", True))
    )
    mean, covariance = predicted(score_now, cohort, asked)
    rng = np.random.default_rng(4)
    change = np.asarray(score_now[1]) - cohort.baseline
    arms = change[rng.integers(0, len(change), (4000, n))]
    assert float(mean[0]) == pytest.approx(arms.mean(), abs=0.1)
    assert np.sqrt(float(covariance[0, 0])) == pytest.approx(arms.mean(axis=1).std(), rel=0.08)
    assert np.sqrt(float(covariance[1, 1])) == pytest.approx(arms.std(axis=1).std(), rel=0.15)


def test_a_visit_on_a_day_of_dosing_comes_before_the_dose():
    text = DESIGN.replace('product = "placebo-iv"\ndays = [1]', 'product = "placebo-iv"\ndays = [1, 8]')
    placebo = cohorts(parse_design(text, "x.toml"), people=8, seed=1)[1]
    assert list(placebo.since_h) == [24.0, 168.0]


def test_relapse_is_so_many_high_scores_in_a_row_among_the_chosen():
    relapse = Relapse("remitters", 24.0, 22.0, 2, 168.0, 504.0)
    none = Exposure(np.zeros(1), np.zeros((1, 4)), np.zeros(4, dtype=np.int64))
    arm = _placebo(people=8).arm
    visits = np.asarray([24.0, 192.0, 360.0, 528.0])
    zeros = np.zeros(4)
    cohort = Cohort(arm, visits, none, zeros + 35, zeros, zeros, zeros, np.zeros((4, 4)), visits, 0.0, 12.0)
    rated = np.asarray([[10, 10, 10, 30], [25, 25, 8, 30], [25, 8, 8, 30], [8, 25, 8, 30]], dtype=float)
    everybody = (np.arange(4) + 0.5) / 4
    followed = follow(relapse, cohort, [rated], everybody[None])
    assert followed.chosen_pct[0] == 75
    assert followed.free_pct[0] == pytest.approx([100, 200 / 3, 200 / 3])
    assert np.isinf(followed.median_days[0])
    # Of an arm whose size counts those followed nobody is left out; chance that draws one person draws one curve.
    sized = replace(relapse, sizes_are="followed")
    assert follow(sized, cohort, [rated], np.full((1, 5), 0.1)).free_pct[0] == pytest.approx([100, 0, 0])
    assert follow(sized, cohort, [rated], np.full((1, 5), 0.9)).free_pct[0] == pytest.approx([100, 100, 100])
    # Of an arm that counts those enrolled chance may draw nobody who is followed: then there is no curve to count.
    assert follow(relapse, cohort, [rated, rated], np.asarray([[0.9] * 5, [0.1] * 5])).free_pct.shape == (
        1,
        3,
    )


@pytest.fixture(scope="module")
def forecast():
    return predict_trial(parse_design(DESIGN, "x.toml"), ours(6, 7), draws=6, people=64)


def test_a_forecast_has_every_arm_visit_and_difference(forecast):
    answer = json.loads(json.dumps(forecast.as_json()))
    assert set(answer) == {"arms", "differences", "relapse", "model", "ensemble", "warnings"}
    for visits in answer["arms"].values():
        for found in visits.values():
            assert set(found) == {"mean_change", "sd_change", "responders_pct", "remitters_pct"}
            assert all(low <= middle <= high for low, middle, high in found.values())
    assert list(answer["differences"]) == ["ketamine"]
    assert any("no trial has narrowed them" in said for said in answer["warnings"])


def test_the_same_seed_gives_the_same_answer(forecast):
    again = predict_trial(parse_design(DESIGN, "x.toml"), ours(6, 7), draws=6, people=64)
    assert again.as_json() == forecast.as_json()


def test_a_control_that_improved_more_moves_the_drug_arm_too():
    design = parse_design(DESIGN, "x.toml")
    means = []
    for found in (-3.0, -14.0):
        value = Sourced(found, "{score}", "euthymia", Known.OURS)
        row = TrialResult(
            2,
            "A trial",
            (),
            "context",
            "no",
            "test",
            "placebo",
            "MADRS",
            40,
            168.0,
            "mean_change",
            "",
            value,
            None,
            "",
        )
        given = predict_trial(design, ours(6, 7), draws=6, people=64, given_control=[row])
        means.append(np.median(given.arms["ketamine"][168.0]["mean_change"]))
        drawn = given.differences["ketamine"][168.0]
        assert np.allclose(drawn, given.arms["ketamine"][168.0]["mean_change"] - found)
    assert means[1] < means[0]


@pytest.mark.parametrize("draws", [1, 5])
def test_fewer_draws_than_two_and_more_than_there_are_are_refused(draws):
    with pytest.raises(InvalidRequest, match=f"Ask for 2 to 4 draws; it was {draws}"):
        predict_trial(parse_design(DESIGN, "x.toml"), ours(4, 7), draws=draws)
    with pytest.raises(InvalidRequest, match="Ask for 2 to 2,000 draws; it was 2,001"):
        ours(2001, 7)


def test_all_sets_of_an_ensemble_are_taken_unless_fewer_are_asked_for():
    sets = ours(6, 7)
    assert np.array_equal(sets.taken(None), sets.places)
    assert np.array_equal(sets.taken(4), sets.places[:4])


@pytest.mark.parametrize("command", ["checks", "outlook", "scorecard"])
def test_a_command_refuses_more_draws_than_the_ensemble_has(command):
    done = CliRunner().invoke(cli.app, [command, "--draws", "201"])
    assert done.exit_code == 2
    assert "'mood-1' has 200 sets of parameters. Ask for 2 to 200 draws; it was 201." in done.stderr


def test_more_synapses_lower_the_score():
    cohort = _placebo(people=8)
    values = values_at(jnp.zeros(len(names())))
    without = scores(cohort, None, values, TrialEffects())
    assert labile_of((cohort,), values) == (None,)
    with_some = scores(cohort, jnp.full(cohort.noise.shape, 0.4), values, TrialEffects())
    assert np.all(np.asarray(with_some) < np.asarray(without))


def test_the_command_says_what_is_wrong_with_a_design_or_results(tmp_path):
    def run(*words):
        return CliRunner().invoke(cli.app, ["predict-trial", *map(str, words)], env={"COLUMNS": "200"})

    bad = tmp_path / "bad.toml"
    bad.write_text(DESIGN.replace("n = 40", "n = -1", 1))
    refused = run(bad)
    assert refused.exit_code == 2
    assert "bad.toml line 10: n lies from 2 up to 1,000,000" in refused.stderr
    good, results = tmp_path / "good.toml", tmp_path / "found.csv"
    good.write_text(DESIGN)
    for row, sentence in (
        ("nobody,24,mean_change,-5", "line 2: there is no arm 'nobody'"),
        ("placebo,25,mean_change,-5", "has no visit at 25 h"),
        ("placebo,24,mean_change,x", "value must be a number"),
        ("placebo,24,sleep,1", "kind is one of"),
        ("ketamine,24,mean_change,-5", "nothing of a control arm"),
    ):
        results.write_text(f"arm,time_h,kind,value\n{row}\n")
        refused = run(good, "--given-control", results)
        assert refused.exit_code == 2
        assert sentence in refused.stderr
    assert run(tmp_path / "absent.toml").exit_code == 2
    for ensemble in (tmp_path, results, tmp_path / "absent"):
        refused = run(good, "--ensemble", ensemble)
        assert refused.exit_code == 2
        assert f"{ensemble} holds no ensemble: name a folder that" in " ".join(refused.stderr.split())


def test_a_report_is_one_file_that_loads_nothing_and_says_what_to_mistrust(forecast, tmp_path):
    value = Sourced(-14.0, "{score}", "euthymia", Known.OURS)
    found = TrialResult(
        2,
        "A trial",
        (),
        "context",
        "no",
        "test",
        "ketamine",
        "MADRS",
        40,
        24.0,
        "mean_change",
        "",
        value,
        None,
        "",
    )
    report.save(report.draw(forecast, [found]), tmp_path / "out.html")
    page = (tmp_path / "out.html").read_text()
    assert "no trial has narrowed them" in page
    assert '"found": -14.0' in page
    assert 'src="http' not in page


def _predicted(text, **other):
    return predict_trial(parse_design(text, "x.toml"), ours(6, 7), draws=6, people=64, **other)


def _width(drawn):
    low, high = np.quantile(drawn, (0.05, 0.95))
    return float(high - low)


def test_smaller_arms_have_wider_intervals():
    # One set of parameters and trials that hardly differ: what is left is chance, whose standard deviation is six
    # times as large in arms of 10 as in arms of 400. Of 30 trials each: twice as large but for one seed in 10^9.
    near = np.zeros((6, len(names())))
    near[:, [names().index(name) for name in ("context_sd", "drug_sd")]] = -6
    ensemble = replace(ours(6, 7), places=near)
    small, large = (
        predict_trial(
            parse_design(DESIGN.replace("n = 40", f"n = {n}"), "x.toml"), ensemble, draws=6, people=64
        )
        for n in (10, 400)
    )
    for arm in ("ketamine", "placebo"):
        few, many = (each.arms[arm][24.0]["mean_change"] for each in (small, large))
        assert np.std(few) > 2 * np.std(many)


@pytest.mark.parametrize("sizes_are", ["enrolled", "followed"])
def test_smaller_arms_have_wider_intervals_of_relapse(sizes_are):
    # 64 people of whom half are followed and half of those relapse: 60 runs, sizes of 10 and 400, as above.
    relapse = Relapse("remitters", 24.0, 22.0, 1, 168.0, 168.0, sizes_are)
    none = Exposure(np.zeros(1), np.zeros((1, 64)), np.zeros(2, dtype=np.int64))
    visits, zeros = np.asarray([24.0, 192.0]), np.zeros(64)
    arm = _placebo(people=8).arm
    cohort = Cohort(arm, visits, none, zeros + 35, zeros, zeros, zeros, np.zeros((2, 64)), visits, 0.0, 12.0)
    rated = np.asarray([[10, 10, 30, 30] * 16, [25, 8, 25, 8] * 16], dtype=float)
    rng = np.random.default_rng(3)
    few, many = (
        follow(relapse, cohort, [rated] * 60, rng.uniform(size=(60, n))).free_pct[:, -1] for n in (10, 400)
    )
    assert np.std(few) > 2 * np.std(many)
    assert np.mean(many) == pytest.approx(50, abs=5)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('product = "placebo-iv"', 'product = "midazolam-iv"', "Midazolam is taken as saline"),
        ('product = "ketamine-iv"', 'product = "esketamine-iv"', "No trial of esketamine by vein"),
        ("days = [1]\n\n", 'days = [1]\nsetting = "anaesthesia"\n\n', "anaesthesia itself"),
        ("[[arm]]", "[crossover]\nwashout_h = 336\n\n[[arm]]", "differences are predicted as wide"),
        ("[[arm]]", '[rerandomised]\nof = "B"\narm = "b"\nafter_h = 336\n\n[[arm]]', "chosen as all of B"),
    ],
)
def test_what_a_design_asks_beyond_the_model_is_said(old, new, said):
    assert old in DESIGN
    assert any(said in one for one in _predicted(DESIGN.replace(old, new, 1)).warnings)


def test_what_a_design_changes_moves_the_forecast_its_way():
    def change(old, new, hour=168.0):
        assert old in spray
        return float(np.median(_predicted(spray.replace(old, new, 1)).arms["ketamine"][hour]["mean_change"]))

    spray = DESIGN.replace(
        '"ketamine-iv"\ndose_mg_per_kg = 0.5\nminutes = 40', '"esketamine-nasal"\ndose_mg = 28'
    )
    spray = spray.replace("days = [1]", "days = [1, 4]")
    usual = change("n = 40", "n = 40")
    assert change("dose_mg = 28", "dose_mg = [28, 84]") < usual
    up = "dose_mg = 28\nflexible = { to_mg = 84, share = 1.0, from_session = 2 }"
    assert change("dose_mg = 28", up) == pytest.approx(change("dose_mg = 28", "dose_mg = [28, 84]"))
    known = 'dose_mg = 28\nsetting = "open-label"'
    assert change("dose_mg = 28", known, hour=24.0) < change("n = 40", "n = 40", hour=24.0)
    assert change("dose_mg = 28", 'dose_mg = 28\noral_antidepressant = "new"') < usual
    worse = "dose_mg = 28\nbaseline = { mean = 45.0, sd = 4.0 }"
    assert change("dose_mg = 28", worse) != usual
    left = _predicted(spray.replace("dose_mg = 28", "dose_mg = 28\ndropout_by_end = 0.9"))
    whole = _predicted(spray)
    assert _width(left.arms["ketamine"][168.0]["sd_change"]) > _width(
        whole.arms["ketamine"][168.0]["sd_change"]
    )


def test_the_command_answers_with_what_was_given(tmp_path):
    design, results, report = tmp_path / "good.toml", tmp_path / "found.csv", tmp_path / "out.svg"
    design.write_text(DESIGN)
    # As a spreadsheet saves it: with a mark of the encoding, and with lines left empty.
    results.write_text("arm,time_h,kind,value\n\nplacebo,24,mean_change,-9\n", "utf-8-sig")
    asked = ["predict-trial", str(design), "--prior", "--draws", "4", "--json"]
    done = CliRunner().invoke(
        cli.app, [*asked, "--given-control", str(results), "--report", str(report)], env={"COLUMNS": "200"}
    )
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    assert set(answer["arms"]) == {"ketamine", "placebo"}
    assert set(answer["differences"]["ketamine"]) == {"24", "168"}
    assert "<svg" in report.read_text("utf-8")
    results.write_text("arm,time_h,kind,value\n\n\nplacebo,24,responders_pct,-400\n")
    refused = CliRunner().invoke(cli.app, [*asked, "--given-control", str(results)])
    assert refused.exit_code == 2
    assert "found.csv line 4: a share lies from 0 to 100 %" in refused.stderr
