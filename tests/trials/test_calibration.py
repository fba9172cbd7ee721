"""The calibration finds what is there, reads no validate row, and makes the same ensemble from the same seed."""

import json
from dataclasses import replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from euthymia import evidence
from euthymia.evidence import Known, Sourced, TrialResult, mood_priors, trial_results
from euthymia.pharmacology import InvalidRequest
from euthymia.trials import _sampling as sampling
from euthymia.trials import calibration as fit
from euthymia.trials import ensembles, parse_design, recovery
from euthymia.trials._parameters import TRIAL_EFFECTS, log_prior, names, priors_with
from euthymia.trials.ensembles import calibrate, read_ensemble, shipped_ensemble
from euthymia.trials.recovery import recover

TRIAL = """\
[trial]
name = "A trial"
instrument = "MADRS"
baseline = { mean = 35.0, sd = 5.0, entry_minimum = 20 }
people = { age_years = [45.0, 12.0], weight_kg = [80.0, 18.0], female = 0.62, ancestry = { other = 1.0 } }
visits_h = [24, 168]
"""
DESIGN = f"""{TRIAL}
[[arm]]
name = "ketamine"
n = 200
product = "ketamine-iv"
dose_mg_per_kg = 0.5
minutes = 40
days = [1]

[[arm]]
name = "placebo"
n = 200
product = "placebo-iv"
days = [1]
control = true
"""


def row(arm, time_h, kind, value, spread=None, **other):
    told = {
        "line": 2, "trial": "A trial", "members": (), "role": "calibrate", "use": "fit", "reason": "", "arm": arm,
        "instrument": "MADRS", "n": 200, "time_h": time_h, "kind": kind, "estimand": "raw",
        "value": Sourced(value, "{score}", "euthymia", Known.OURS), "spread": spread,
        "spread_kind": "" if spread is None else "SD",
    }  # fmt: skip
    return TrialResult(**(told | other))


ROWS = [
    row("ketamine", 24.0, "mean_change", -14.0, 11.0),
    row("ketamine", 168.0, "mean_change", -10.0, 11.0),
    row("ketamine", 168.0, "responders_pct", 30.0),
    row("placebo", 24.0, "mean_change", -5.0, 8.0),
    row("placebo", 168.0, "mean_change", -5.0, 9.0),
]


@pytest.fixture(scope="module")
def fitted():
    return fit.data(ROWS, [parse_design(DESIGN, "x.toml")], people=64, seed=1)


@pytest.fixture(scope="module")
def target(fitted):
    return fit.posterior(fitted)


def test_only_rows_that_may_be_fitted_are(fitted):
    rows = trial_results()
    kept = fit.fitted_rows(rows)
    assert kept
    assert {each.role for each in kept} == {"calibrate"}
    # Whatever the validate rows say, the same rows are fitted.
    nonsense = [
        replace(each, value=replace(each.value, value=-59.0)) if each.role == "validate" else each
        for each in rows
    ]
    assert fit.fitted_rows(nonsense) == kept
    stolen = [replace(each, use="fit") if each.role == "validate" else each for each in rows]
    assert fit.fitted_rows(stolen) == kept


def test_validate_rows_change_nothing_in_what_is_fitted(fitted):
    more = row("placebo", 168.0, "remitters_pct", 99.0, role="validate", use="predict")
    again = fit.data([*ROWS, more], [parse_design(DESIGN, "x.toml")], people=64, seed=1)
    assert again.content_hash == fitted.content_hash
    moved = [replace(ROWS[0], value=replace(ROWS[0].value, value=-13.0)), *ROWS[1:]]
    other = fit.data(moved, [parse_design(DESIGN, "x.toml")], people=64, seed=1)
    assert other.content_hash != fitted.content_hash


def test_an_se_is_never_fitted_as_an_sd(fitted):
    of_se = [replace(each, spread_kind="SE") if each.spread else each for each in ROWS]
    data = fit.data(of_se, [parse_design(DESIGN, "x.toml")], people=64, seed=1)
    assert not any(one.sd for asked in data.asked for one in asked)
    assert sum(one.sd for asked in fitted.asked for one in asked) == 4


def test_nothing_to_fit_is_refused():
    with pytest.raises(InvalidRequest, match="None of the results"):
        fit.data([], [parse_design(DESIGN, "x.toml")], people=8)


def test_the_gradient_is_that_of_the_density(fitted, target):
    place = np.full(fitted.size, 0.1)
    _, gradient = target.value_and_gradient(place)
    for at in (0, names().index("drug"), names().index("pulse"), fitted.size - 1):
        step = np.zeros(fitted.size)
        step[at] = 1e-5
        above, below = (target.value_and_gradient(place + way * step)[0] for way in (1, -1))
        slope = (above - below) / 2e-5
        assert gradient[at] == pytest.approx(slope, rel=1e-4, abs=1e-6)


def test_parameters_are_recovered_from_simulated_trials(fitted, target):
    # The level of a truth drawn from the prior is about uniform: below 1e-4 for one seed in 10,000. Of 23 numbers
    # fewer than 14 lie inside their 90 % intervals for fewer than one seed in 10,000, were they independent.
    (found,) = recover(fitted, 1, seed=31, like=target, starts=1)
    assert found.level > 1e-4
    assert len(found.away) == fitted.size
    assert found.covered(90) >= 0.6
    assert set(found.spreads) == {"unblinding", "context_sd", "drug_sd"}


def test_a_half_normal_number_has_the_interval_of_its_density_and_not_of_a_gaussian():
    # exp(x) is half-normal, of which 5 in 100 lie below 0.0627 and 95 below 1.96; y is the narrower the larger it is.
    def both(place):
        x, y = place
        wide = np.exp(2 * x)
        value = x - wide / 2 + np.log1p(wide) / 2 - y**2 * (1 + wide) / 2
        return float(value), np.asarray([1 - wide + wide / (1 + wide) - y**2 * wide, -y * (1 + wide)])

    def curvature(place):
        return -np.diag([1.0, 1 + np.exp(2 * place[0])])

    target = fit.Posterior(None, lambda place: both(place)[0], both, curvature, None)
    places, below = recovery.marginal(target, np.zeros(2), 0)
    ends = np.exp(np.interp((0.05, 0.5, 0.95), below, places))
    assert ends == pytest.approx((0.0627, 0.6745, 1.96), rel=0.04)


PLACEBO = f"""{TRIAL}
[[arm]]
name = "placebo"
n = 400
product = "placebo-iv"
days = [1]
control = true
"""


@pytest.fixture(scope="module")
def many():
    usual = parse_design(PLACEBO, "x.toml")
    trials = [replace(usual, name=f"trial {at}") for at in range(8)]
    told = [replace(each, trial=one.name, n=400) for one in trials for each in ROWS if each.arm == "placebo"]
    return fit.data(told, trials, people=64, seed=1)


@pytest.mark.parametrize(("planted", "other"), [(1.0, 0.05), (0.05, 1.0)])
def test_how_much_trials_were_made_to_differ_is_found_and_nothing_else(many, planted, other):
    # Eight trials of 400 people each, made to differ as eight normal numbers in their usual order do.
    at, prior = names().index("context_sd"), many.priors.parameters["context_sd"]
    truth = np.zeros(many.size)
    truth[at] = np.log(planted / prior.spread.value)
    truth[len(names()) : len(names()) + 8] = np.asarray([-1.4, -0.9, -0.5, -0.2, 0.2, 0.5, 0.9, 1.4])
    target = fit.posterior(recovery._answers(many, truth, 3))
    found = recovery._compared(truth, fit.maximise(target, starts=1), target)
    spread = found.spreads["context_sd"]
    assert spread.truth == pytest.approx(planted)
    assert spread.low < planted < spread.high
    assert not spread.low < other < spread.high
    assert abs(found.away[at]) < 1.6449


def test_an_ensemble_is_made_again_from_its_seed_and_a_changed_one_is_refused(fitted, target, tmp_path):
    told = []
    first = calibrate(
        tmp_path / "a", fitted=fitted, target=target, draws=8, hamiltonian=True, steps=8, say=told.append
    )
    calibrate(tmp_path / "b", fitted=fitted, target=target, draws=8, hamiltonian=True, steps=8)
    assert (tmp_path / "a/ensemble.csv").read_bytes() == (tmp_path / "b/ensemble.csv").read_bytes()
    again = []
    calibrate(
        tmp_path / "a", fitted=fitted, target=target, draws=8, hamiltonian=True, steps=8, say=again.append
    )
    assert sum("earlier run" in said for said in again) == 6
    assert first.places.shape == (8, len(names()))
    about = json.loads((tmp_path / "a/ensemble.json").read_text())
    assert set(about["width_over_prior"]) == set(names())
    assert set(about["prior_driven"]) == {
        name for name, width in about["width_over_prior"].items() if width > sampling.PRIOR_DRIVEN
    }
    table = tmp_path / "a/ensemble.csv"
    table.write_text(table.read_text().replace("0", "1", 1))
    with pytest.raises(InvalidRequest, match="its hash differs"):
        read_ensemble(tmp_path / "a")


def test_the_ensemble_at_hand_is_of_the_rows_designs_and_priors_at_hand():
    folder = Path(evidence.__file__).parent / "calibration"
    about = json.loads((folder / "ensemble.json").read_text())
    assert about["question_sha256"] == fit.question_hash(), "calibrate again: euthymia calibrate"
    assert about["agreed"]
    found = shipped_ensemble()
    assert found.places.shape == (fit.DRAWS, len(names()))
    assert set(found.prior_driven) == {
        name for name, width in found.widths.items() if width > sampling.PRIOR_DRIVEN
    }
    assert all(name in " ".join(found.warnings) for name in found.prior_driven)


def test_importance_sampling_and_chains_know_a_gaussian():
    # A target of which all is known: normal with correlation 0.8. 2,000 weighted draws, 400 steps: six standard errors.
    covariance = np.asarray([[1.0, 0.8], [0.8, 1.0]])
    precision = np.linalg.inv(covariance)

    def both(place):
        return -0.5 * float(place @ precision @ place), -precision @ place

    target = fit.Posterior(None, lambda place: both(place)[0], both, lambda place: -precision, None)
    top = fit.Maximum(np.zeros(2), 0.0, 0.0, np.linalg.cholesky(covariance), 0)
    weighed = sampling.importance(target, top, draws=500, seed=3)
    assert weighed.effective > 1000
    assert np.cov(weighed.places.T)[0, 1] == pytest.approx(0.8, abs=0.3)
    walked = sampling.hamiltonian(target, top, draws=400, seed=3, steps=100)
    assert walked.worst < 1.2
    assert np.abs(walked.places.mean(axis=0)).max() < 0.5
    assert np.cov(walked.places.T)[0, 1] == pytest.approx(0.8, abs=0.4)


def test_half_and_double_beliefs_of_how_trials_differ_move_those_two_spreads_alone():
    usual, half = mood_priors(), priors_with(0.5)
    assert priors_with(1.0) is usual
    for name, prior in usual.parameters.items():
        factor = 0.5 if name in TRIAL_EFFECTS else 1.0
        assert half.parameters[name].spread.value == prior.spread.value * factor
        assert half.parameters[name].centre == prior.centre
    assert len({fit.question_hash(factor) for factor in (0.5, 1.0, 2.0)}) == 3


def test_the_same_spreads_of_trials_are_as_likely_whatever_was_believed_of_them(fitted):
    place = np.full(fitted.size, 0.1)
    elsewhere = place.copy()
    for name in TRIAL_EFFECTS:  # the same value, counted in halves of the usual spread
        elsewhere[names().index(name)] += np.log(2)
    half = replace(fitted, trial_effects=0.5)
    moved = len(names())
    likely = float(fit.log_posterior(jnp.asarray(place), fitted) - log_prior(jnp.asarray(place[:moved])))
    again = float(fit.log_posterior(jnp.asarray(elsewhere), half) - log_prior(jnp.asarray(elsewhere[:moved])))
    assert again == pytest.approx(likely, rel=1e-9)
    assert half.content_hash != fitted.content_hash


def test_an_ensemble_of_other_beliefs_is_read_with_the_usual_ones(fitted, tmp_path):
    sampled = sampling.Sampled(
        np.random.default_rng(1).normal(size=(4, fitted.size)), "importance", 4.0, 0.25
    )
    top = fit.Maximum(np.zeros(fitted.size), 0.0, 0.0, np.eye(fitted.size), 0)
    found = ensembles._written(tmp_path, replace(fitted, trial_effects=2.0), top, sampled, 1, None, None)
    away = found.places - sampled.places[:, : len(names())]
    for at, name in enumerate(names()):
        assert away[:, at] == pytest.approx(np.log(2) if name in TRIAL_EFFECTS else 0.0, abs=1e-5)
    assert found.id == "mood-1, trial effects times 2"


def test_a_stage_is_not_taken_up_for_other_people(fitted):
    heavier, usual = (
        fit.data(ROWS, [parse_design(text, "x.toml")], people=64, seed=1)
        for text in (DESIGN.replace("80.0, 18.0", "110.0, 9.0"), DESIGN)
    )
    assert ensembles._told(heavier) != ensembles._told(fitted)
    assert ensembles._told(usual) == ensembles._told(fitted)


@pytest.mark.parametrize("way", [1.0, -1.0])
def test_what_was_planted_is_found_on_its_side_and_more_narrowly_than_believed(fitted, target, way):
    # Found within four widths: were it Gaussian, missed for one of 8,000 seeds. A fit that ignored its data would stay
    # at the priors' centres, two to six widths from either truth, with the priors' width.
    planted = [names().index(name) for name in ("residual_sd", "drug_log_sd")]
    truth = np.zeros(fitted.size)
    truth[planted] = way
    simulated = recovery._answers(fitted, truth, 5)
    top = fit.maximise(fit.posterior(simulated, target), starts=1)
    widths = np.sqrt(np.sum(top.root**2, axis=1))
    for at in planted:
        assert widths[at] < 0.6
        assert way * top.place[at] > 0.4
        assert abs(top.place[at] - way) < 4 * widths[at]


@pytest.mark.parametrize(("name", "factor"), ensembles.BESIDE.items())
def test_the_ensembles_beside_the_one_at_hand_are_of_the_same_question(name, factor):
    folder = Path(evidence.__file__).parent / "calibration" / name
    about = json.loads((folder / "ensemble.json").read_text())
    assert about["question_sha256"] == fit.question_hash(factor), "euthymia calibrate --trial-effects again"
    found = read_ensemble(folder)
    assert found.places.shape == (fit.DRAWS, len(names()))
    # Chains that do not agree are said wherever their ensemble is shown.
    assert about["agreed"] != any("do not agree yet" in said for said in found.warnings)
