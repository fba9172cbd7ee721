"""The closed form of linear compartments against SciPy's matrix exponential, coincident rates included."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.linalg import expm

from euthymia.evidence import kinetic_model
from euthymia.pharmacology import Covariates, _modal
from euthymia.pharmacology._structures import structure

PEOPLE = 24
NAMED = {"depots and metabolite at one rate": 0, "a depot at a mode's rate": 1, "a depot that keeps": 2}


@pytest.fixture(scope="module")
def rates():
    """Perez-Ruixo's matrix with rates varied tenfold, and people whose rates coincide or vanish."""
    model = kinetic_model("perez-ruixo-2021")
    typical = structure(model).system(model, structure(model).individual(model, Covariates(45, 74)))
    one = np.asarray(typical.rates)
    varied = one[:, :, None] * np.exp(np.random.default_rng(4).normal(0, 0.6, (9, 9, PEOPLE)))
    places = np.arange(9)
    varied[places, places] = 0
    lost = np.zeros((9, PEOPLE))
    lost[[6, 7]] = 1.1
    varied[places, places] = -varied.sum(axis=0) - lost
    varied[0, 0, 0] = varied[1, 1, 0] = varied[2, 2, 0] = varied[7, 7, 0]
    mode = np.linalg.eigvals(varied[:, :, 1]).real.min()
    for person, depot, rate in ((0, 0, None), (0, 1, None), (0, 2, None), (1, 0, mode), (2, 1, 0.0)):
        varied[depot, depot, person] = varied[depot, depot, person] if rate is None else rate
        varied[3 if depot == 0 else 6, depot, person] = -varied[depot, depot, person]
    return varied


@pytest.fixture(scope="module")
def system(rates):
    return _modal.cascade(rates[:, :, 3])


@pytest.fixture(scope="module")
def hours():
    return np.random.default_rng(5).uniform(0, 80, PEOPLE)


def test_compartments_fall_into_blocks_that_feed_one_way(system):
    assert system.blocks == ((0,), (1,), (2,), (3, 4, 5, 6), (7, 8))
    assert (3, 0) in system.feeds
    assert (4, 3) in system.feeds


def test_the_careful_form_equals_the_matrix_exponential_wherever_rates_coincide_or_vanish(
    rates, system, hours
):
    found = np.asarray(jax.jit(_modal.exponential, static_argnums=0)(system, rates, hours))
    expected = np.stack([expm(rates[:, :, person] * hours[person]) for person in range(PEOPLE)], axis=-1)
    assert np.abs(found - expected).max() < 1e-10


def test_the_fast_form_does_too_and_says_where_it_does_not(rates, system, hours):
    found = jax.jit(_modal.modes, static_argnums=0)(system, jnp.asarray(rates))
    rebuilt = np.einsum("ijp,jp,jkp->ikp", found.shapes, np.exp(-found.decay * hours), found.weights)
    expected = np.stack([expm(rates[:, :, person] * hours[person]) for person in range(PEOPLE)], axis=-1)
    trusted = np.asarray(found.growth) < 1e4
    assert trusted[3:].sum() > PEOPLE - 8
    assert not trusted[1], "a depot at a rate of what it feeds"
    assert np.abs(rebuilt - expected)[..., trusted].max() < 1e-10


@pytest.mark.parametrize("person", [0, 1, 2, 5], ids=[*NAMED, "rates apart"])
def test_derivatives_agree_with_differences_wherever_rates_coincide(rates, system, person):
    direction = np.where(rates[:, :, person] != 0, np.random.default_rng(6).normal(size=(9, 9)), 0.0)
    base, hour = rates[:, :, person], jnp.asarray([3.0])

    def along(by):
        moved = jnp.asarray(base)[:, :, None] + by * direction[:, :, None]
        return _modal.exponential(system, moved, hour)[:, :, 0]

    slope = np.asarray(jax.jit(jax.jacfwd(along))(0.0))
    step = 1e-5
    expected = (expm(3 * (base + step * direction)) - expm(3 * (base - step * direction))) / (2 * step)
    assert np.isfinite(slope).all()
    assert np.abs(slope - expected).max() < 1e-7 * max(1.0, np.abs(expected).max())


def test_modes_move_with_the_rates(rates, system):
    @jax.jit
    def reading(by):
        found = _modal.modes(system, jnp.asarray(rates[:, :, 5:6]) * (1 + by))
        return (found.shapes[3, :, 0] * jnp.exp(-2.0 * found.decay[:, 0]) * found.weights[:, 0, 0]).sum()

    expected = float((reading(1e-6) - reading(-1e-6)) / 2e-6)
    assert float(jax.jit(jax.grad(reading))(0.0)) == pytest.approx(expected, rel=1e-6)


def test_a_ring_of_compartments_is_refused():
    ring = np.array([[-1.0, 0, 1], [1, -1, 0], [0, 1, -1]])
    with pytest.raises(_modal.NotReversible, match="tree"):
        _modal.cascade(ring)
