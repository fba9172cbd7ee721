"""Chains that choose their own length know densities of which all is known."""

import numpy as np
import pytest

from euthymia.trials import _chains as chains
from euthymia.trials import _sampling as sampling
from euthymia.trials import calibration as fit


def target_of(both):
    return fit.Posterior(None, lambda place: both(place)[0], both, None, None)


def gaussian(covariance):
    precision = np.linalg.inv(covariance)
    return target_of(lambda place: (-0.5 * float(place @ precision @ place), -precision @ place))


def uneven(size):
    """A covariance whose directions differ a hundredfold in width and hang together."""
    drawn = np.random.default_rng(5).standard_normal((size, size))
    turns, _ = np.linalg.qr(drawn)
    return turns @ np.diag(np.geomspace(0.05, 5.0, size) ** 2) @ turns.T


def test_a_scale_that_is_wrong_a_hundredfold_is_learnt_and_the_chains_agree():
    # 20 directions, 4 chains of 160 draws; by their effective numbers six standard errors are allowed.
    covariance = uneven(20)
    top = fit.Maximum(np.zeros(20), 0.0, 0.0, np.eye(20), 0)
    found = sampling.hamiltonian(gaussian(covariance), top, draws=640, seed=4)
    assert found.worst < 1.05
    assert found.effective > 200
    error = 6 / np.sqrt(found.effective)
    widths = np.sqrt(np.diag(covariance))
    assert np.abs(found.places.mean(axis=0) / widths).max() < error
    assert np.abs(found.places.std(axis=0) / widths - 1).max() < error


def test_a_bent_density_is_sampled_to_its_ends():
    # The second number is normal around the square of the first: its mean is 1 and its variance 2.25.
    def both(place):
        away = place[1] - place[0] ** 2
        value = -0.5 * place[0] ** 2 - 2.0 * away**2
        return float(value), np.asarray([-place[0] + 8.0 * away * place[0], -4.0 * away])

    top = fit.Maximum(np.zeros(2), 0.0, 0.0, np.eye(2), 0)
    found = sampling.hamiltonian(target_of(both), top, draws=1600, seed=9, steps=400)
    error = 6 / np.sqrt(found.effective)
    assert found.worst < 1.1
    assert found.places[:, 1].mean() == pytest.approx(1.0, abs=1.5 * error)
    assert found.places[:, 0].std() == pytest.approx(1.0, abs=error)


def test_a_chain_that_begins_where_the_density_falls_steeply_comes_in():
    """The fourth power: from 30 widths out a step of the usual length leaps beyond, and is never taken."""

    def both(place):
        return -0.25 * float(np.sum(place**4)), -(place**3)

    scale = chains.Scale(np.zeros(4), 20 * np.eye(4), 0.04)
    found = chains.chain(target_of(both), scale, seed=3, number=1, burn_in=60, steps=40, deepest=6)
    assert np.abs(found).max() < 4
    assert len(np.unique(found[:, 0])) > 15


def test_steps_out_of_the_density_are_never_taken():
    """Beyond 1 there is no density at all, as where kinetics end in no number."""

    def both(place):
        if place[0] > 1:
            return np.nan, np.full(1, np.nan)
        return -0.5 * float(place[0] ** 2), -place

    top = fit.Maximum(np.zeros(1), 0.0, 0.0, np.eye(1), 0)
    found = sampling.hamiltonian(target_of(both), top, draws=200, seed=2, steps=200)
    assert found.places.max() <= 1
    # The mean of a normal below 1 is -0.288; 800 draws.
    assert found.places.mean() == pytest.approx(-0.288, abs=0.3)


def test_a_chain_is_the_same_from_its_seed_and_another_from_another():
    scale = chains.Scale(np.zeros(3), np.eye(3), 0.5)

    def walked(seed, number):
        return chains.chain(
            gaussian(np.eye(3)), scale, seed=seed, number=number, burn_in=2, steps=5, deepest=5
        )

    assert np.array_equal(walked(1, 0), walked(1, 0))
    assert not np.array_equal(walked(1, 0), walked(1, 1))
    assert not np.array_equal(walked(1, 0), walked(2, 0))
