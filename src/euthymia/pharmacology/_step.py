"""One step of the exponential Runge–Kutta method ETDRK4 in Krogstad's form.

For dy/dt = -r y + N(t, y) the decay is exact and N is integrated to fourth order, so that a step may be long
once N is calm. Krogstad S., Generalized integrating factor methods for stiff PDEs, J Comput Phys 2005;203:72.
"""

from collections.abc import Callable
from typing import TypeAlias

import jax.numpy as jnp
from jax import Array

Forcing: TypeAlias = Callable[[Array, Array], Array]

# Below this the phi functions are summed as series: dividing by a small z would cost digits.
_SERIES_BELOW = 0.5
_SERIES_TERMS = 11


def coefficients(relaxation: Array, length: Array) -> Array:
    """Return (8, …): the weights of one step of ``length`` hours at relaxation rates of the same shape."""
    whole, half = -relaxation * length, -relaxation * length / 2
    decay, one, two, three = _phi(whole)
    half_decay, half_one, half_two, _ = _phi(half)
    return jnp.stack(
        [
            decay,
            half_decay,
            length * half_one / 2,
            length * half_two,
            length * one,
            length * 2 * two,
            length * (one - 3 * two + 4 * three),
            length * (4 * three - two),
        ]
    )


def step(
    weights: Array, state: Array, drives: tuple[Array, Array, Array], force: Forcing
) -> tuple[Array, Array]:
    """Carry ``state`` (s, people) over one step.

    Args:
        weights: (8, s, people) from ``coefficients``.
        state: at the start.
        drives: what acts from outside at the start, the middle and the end, each (d, people).
        force: N of (state, drive).

    Returns:
        The state at the end, and N at the start.
    """
    decay, half_decay, half_one, half_two, one, two, at_start, at_end = weights
    first = force(state, drives[0])
    begun = half_decay * state + half_one * first
    second = force(begun, drives[1])
    middle = begun + half_two * (second - first)
    third = force(middle, drives[1])
    last = force(decay * state + one * first + two * (third - first), drives[2])
    between = (one - at_start - at_end) / 2
    ended = decay * state + at_start * first + between * (second + third) + at_end * last
    return ended, first


def _phi(z: Array) -> tuple[Array, Array, Array, Array]:
    """Return exp(z) and (exp(z) - 1)/z, and the next two of that family, for z up to 0."""
    small = z > -_SERIES_BELOW
    inside = jnp.where(small, z, 0.0)
    series = jnp.ones_like(z)
    for term in range(_SERIES_TERMS, 3, -1):
        series = 1 + inside / term * series
    three = series / 6
    two = 0.5 + inside * three
    one = 1 + inside * two
    decay, outside = jnp.exp(z), jnp.where(small, -1.0, z)
    far_one = (decay - 1) / outside
    far_two = (far_one - 1) / outside
    far_three = (far_two - 0.5) / outside
    return (
        jnp.where(small, 1 + inside * one, decay),
        jnp.where(small, one, far_one),
        jnp.where(small, two, far_two),
        jnp.where(small, three, far_three),
    )
