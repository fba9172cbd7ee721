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

# Below this the phi functions are summed as series: dividing by a small number would cost digits.
_SERIES_BELOW = 0.5
_LAST_TERM = {4: 8, 8: 13}  # of the series, by the bytes of a number


def coefficients(relaxation: Array, length: Array) -> Array:
    """Return (6, …): the weights of one step of ``length`` hours at relaxation rates of the same shape."""
    half = relaxation * length / 2
    at_half = _phi(half)
    _, one, two, three = _doubled(*at_half)
    return length * jnp.stack(
        [at_half[1] / 2, at_half[2], one, 2 * two, 2 * two - 4 * three, 4 * three - two]
    )


def step(
    weights: Array, relaxation: State, state: State, drives: tuple[Array, Array, Array], force: Forcing
) -> tuple[State, State]:
    """Carry ``state``, s arrays (people,), over one step.

    Written in what changes: where nothing does, rounding adds nothing, however many the steps.

    Args:
        weights: (6, s, people) from ``coefficients``.
        relaxation: s arrays (people,), 1/h.
        state: at the start.
        drives: what acts from outside at the start, the middle and the end, each (d, people).
        force: N of (state, drive).

    Returns:
        The state at the end, and its derivative at the start.
    """
    each = [tuple(weights[:, part]) for part in range(len(state))]
    first = force(state, drives[0])
    slope = tuple(f - r * y for f, r, y in zip(first, relaxation, state, strict=True))
    begun = tuple(y + w[0] * d for w, y, d in zip(each, state, slope, strict=True))
    second = _less(force(begun, drives[1]), first)
    middle = tuple(b + w[1] * g for w, b, g in zip(each, begun, second, strict=True))
    third = _less(force(middle, drives[1]), first)
    leapt = tuple(y + w[2] * d for w, y, d in zip(each, state, slope, strict=True))
    ahead = tuple(y + w[3] * h for w, y, h in zip(each, leapt, third, strict=True))
    last = _less(force(ahead, drives[2]), first)
    ended = tuple(
        y + w[4] * (g + h) + w[5] * k for w, y, g, h, k in zip(each, leapt, second, third, last, strict=True)
    )
    return ended, slope


def _less(forces: State, first: State) -> State:
    return tuple(one - other for one, other in zip(forces, first, strict=True))


def _phi(x: Array) -> tuple[Array, Array, Array, Array]:
    """Return exp(-x) and (1 - exp(-x))/x, and the next two of that family, for x not negative."""
    small = x < _SERIES_BELOW
    inside = jnp.where(small, -x, 0.0)
    series = jnp.ones_like(x)
    for term in range(_LAST_TERM[x.dtype.itemsize], 3, -1):
        series = 1 + inside / term * series
    three = series / 6
    two = 0.5 + inside * three
    one = 1 + inside * two
    decay, inverse = jnp.exp(-x), 1 / jnp.where(small, 1.0, x)
    far_one = (1 - decay) * inverse
    far_two = (1 - far_one) * inverse
    return (
        jnp.where(small, 1 + inside * one, decay),
        jnp.where(small, one, far_one),
        jnp.where(small, two, far_two),
        jnp.where(small, three, (0.5 - far_two) * inverse),
    )


def _doubled(decay: Array, one: Array, two: Array, three: Array) -> tuple[Array, Array, Array, Array]:
    """Return the same at twice the argument: sums of what is positive, so that no digits are lost."""
    return decay**2, (1 + decay) * one / 2, (one**2 + 2 * two) / 4, (one * two + two + 2 * three) / 8
