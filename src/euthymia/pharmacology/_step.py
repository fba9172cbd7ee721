"""One step of the exponential Runge–Kutta method ETDRK4 in Krogstad's form.

For dy/dt = -r y + N(t, y) the decay is exact and N is integrated to fourth order, so that a step may be long
once N is calm. Krogstad S., Generalized integrating factor methods for stiff PDEs, J Comput Phys 2005;203:72.
"""

from collections.abc import Callable
from typing import TypeAlias

import jax.numpy as jnp
from jax import Array

State: TypeAlias = tuple[Array, ...]
"""Each part of the state in an array of its own: stacked, a CPU would work out which row it is in for each number."""
Forcing: TypeAlias = Callable[[State, Array], State]

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
    weights: Array, state: State, drives: tuple[Array, Array, Array], force: Forcing
) -> tuple[State, State]:
    """Carry ``state``, s arrays (people,), over one step.

    Args:
        weights: (8, s, people) from ``coefficients``.
        state: at the start.
        drives: what acts from outside at the start, the middle and the end, each (d, people).
        force: N of (state, drive).

    Returns:
        The state at the end, and N at the start.
    """
    each = [tuple(weights[:, part]) for part in range(len(state))]
    first = force(state, drives[0])
    begun = tuple(w[1] * y + w[2] * f for w, y, f in zip(each, state, first, strict=True))
    second = force(begun, drives[1])
    middle = tuple(b + w[3] * (g - f) for w, b, f, g in zip(each, begun, first, second, strict=True))
    third = force(middle, drives[1])
    ahead = tuple(
        w[0] * y + w[4] * f + w[5] * (h - f) for w, y, f, h in zip(each, state, first, third, strict=True)
    )
    last = force(ahead, drives[2])
    return tuple(map(_end, each, state, first, second, third, last)), first


def _end(w: State, y: Array, first: Array, second: Array, third: Array, last: Array) -> Array:
    """Return one part at the end of the step, from the four forces on it."""
    decay, one, at_start, at_end = w[0], w[4], w[6], w[7]
    between = (one - at_start - at_end) / 2
    return decay * y + at_start * first + between * (second + third) + at_end * last


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
