"""Linear compartments for many people at once, as sums of exponentials.

Amounts obey dx/dt = A x. Compartments that exchange both ways form a block; blocks feed one another one way
only, so A is block triangular: a cascade. A block of reversible exchange is similar to a symmetric matrix by a
diagonal scaling, so its rates are real and Jacobi's rotations find them; the feeding terms follow by partial
fractions. Every step is arithmetic on arrays whose last axis is the people, which a CPU's vector lanes and a
GPU both like.

Partial fractions divide by differences of rates. ``modes`` is the fast form and says in ``growth`` how many
digits that cost each person. ``exponential`` is the careful one: exp(At) is an analytic function of a shift
that moves the blocks apart, hence equals its own mean over a small circle of shifts (the mean-value property;
Kassam and Trefethen 2005, SIAM J Sci Comput 26:1214, use it for the same cancellation). No two rates coincide
on the circle, so coincident and vanishing rates need no cases.

Derivatives are written out (Daleckii and Krein): they are divided differences of the exponential and never
differentiate an eigenvector, which has no derivative where two rates coincide.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import Array, lax
from scipy.sparse import csgraph, csr_array

Blocks: TypeAlias = tuple[tuple[int, ...], ...]
Parts: TypeAlias = dict[tuple[int, int], Array]

# Points and radius of the circle: the mean is exact up to radius^points / points!, and the rates of two blocks
# that coincide stand a radius apart, so that a chain of k of them loses k - 1 digits.
_POINTS, _RADIUS = 16, 0.1
# Jacobi converges quadratically; a block of up to six compartments is diagonal to rounding after this many.
_SWEEPS = 8


class NotReversible(ValueError):
    """Compartments drain in a circle, so their rates may be complex; use the matrix exponential."""


@dataclass(frozen=True, slots=True)
class Cascade:
    """Which compartments exchange with which, in the order in which they feed one another.

    Attributes:
        blocks: compartments of each block; a block is fed by earlier ones only. Hashable: one compilation.
        trees: for each block its exchanges as (nearer, farther) places in the block, from the first outward.
        feeds: (fed, feeding) pairs of blocks.
    """

    blocks: Blocks
    trees: tuple[tuple[tuple[int, int], ...], ...]
    feeds: frozenset[tuple[int, int]]


class Modes(NamedTuple):
    """A = shapes @ diag(-decay) @ weights, for each person.

    Attributes:
        decay: (n, people), 1/h.
        shapes: (n, n, people); column i is mode i.
        weights: (n, n, people); row i says how much of mode i each milligram starts.
        growth: (people,) largest product of a shape and a weight: digits lost are its logarithm.
    """

    decay: Array
    shapes: Array
    weights: Array
    growth: Array


def cascade(flows: npt.NDArray[Any]) -> Cascade:
    """Find the blocks of an (n, n) matrix of rates, of which only the zeros matter.

    Raises:
        NotReversible: within a block a flow has no flow back, or flows close a ring.
    """
    pattern = np.asarray(flows) != 0
    np.fill_diagonal(pattern, False)
    count, label = csgraph.connected_components(csr_array(pattern.T), directed=True, connection="strong")  # type: ignore[no-untyped-call]
    members = [tuple(int(c) for c in np.flatnonzero(label == block)) for block in range(count)]
    for block in members:
        inside = pattern[np.ix_(block, block)]
        if not np.array_equal(inside, inside.T) or inside.sum() != 2 * (len(block) - 1):
            raise NotReversible(
                f"Compartments {block} do not exchange along a tree; solve this model by matrix exponentials."
            )
    feeds = [{int(label[i]) for i in np.flatnonzero(pattern[list(block)].any(axis=0))} for block in members]
    ordered: list[int] = []
    while len(ordered) < count:
        ordered += [b for b in range(count) if b not in ordered and feeds[b] - {b} <= set(ordered)]
    blocks = tuple(members[block] for block in ordered)
    trees = tuple(_tree(pattern[np.ix_(block, block)]) for block in blocks)
    fed = frozenset((ordered.index(to), ordered.index(of)) for to in ordered for of in feeds[to] - {to})
    return Cascade(blocks, trees, fed)


def _tree(exchanges: npt.NDArray[np.bool_]) -> tuple[tuple[int, int], ...]:
    order, nearer = csgraph.breadth_first_order(csr_array(exchanges), 0, directed=False)  # type: ignore[no-untyped-call]
    return tuple((int(nearer[place]), int(place)) for place in order[1:])


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def modes(system: Cascade, rates: Array) -> Modes:
    """Return the modes of ``rates`` (n, n, people), by partial fractions; see ``growth`` before trusting."""
    blocks = _all_block_modes(system, rates)
    decay, shapes, weights = _join(system, rates, blocks, [mode.decay for mode in blocks])
    growth = jnp.max(jnp.abs(shapes[:, :, None] * weights[None]), axis=(0, 1, 2))
    return Modes(decay, shapes, weights, growth)


@modes.defjvp
def _modes_jvp(system: Cascade, primals: tuple[Array], tangents: tuple[Array]) -> tuple[Modes, Modes]:
    """Perturb rates and shapes; where two rates coincide the shapes are kept and only the rates move."""
    found = modes(system, *primals)
    turned = _product(_product(found.weights, tangents[0]), found.shapes)
    gap = found.decay[:, None] - found.decay[None]
    far = jnp.abs(gap) > 1e-9 * jnp.max(found.decay, axis=0)
    mixing = jnp.where(far, turned / jnp.where(far, gap, 1.0), 0.0)
    moved = Modes(
        -jnp.einsum("iip->ip", turned),
        _product(found.shapes, mixing),
        -_product(mixing, found.weights),
        jnp.zeros_like(found.growth),
    )
    return found, moved


def modes_of_copies(system: Cascade, rates: Array) -> Modes:
    """Return the modes of ``rates`` (b, n, n, people), b copies that exchange nothing.

    Returns:
        Decay (b·n, people), those of one copy after those of another; shapes and weights (b, n, n, people); the
        largest growth of a copy.
    """
    found: Modes
    if len(rates) == 1:
        found = modes(system, rates[0])
        return found._replace(shapes=found.shapes[None], weights=found.weights[None])
    found = lax.map(partial(modes, system), rates)
    return found._replace(
        decay=found.decay.reshape(-1, found.decay.shape[-1]), growth=jnp.max(found.growth, axis=0)
    )


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def exponential(system: Cascade, rates: Array, elapsed: Array) -> Array:
    """Return exp(A t), (n, n, people), exact to rounding wherever rates coincide or vanish.

    Args:
        system: the blocks of the rates.
        rates: (n, n, people), 1/h.
        elapsed: (people,) hours, not negative.
    """
    blocks = _all_block_modes(system, rates)

    def at(shift: Array) -> Array:
        decay, shapes, weights = _join(system, rates, blocks, _shifted(blocks, shift, elapsed))
        return _product(shapes * jnp.exp(-decay * elapsed)[None], weights)

    return _mean_on_circle(at)


@exponential.defjvp
def _exponential_jvp(
    system: Cascade, primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (rates, elapsed), (rates_dot, elapsed_dot) = primals, tangents
    blocks = _all_block_modes(system, rates)

    def at(shift: Array) -> Array:
        decay, shapes, weights = _join(system, rates, blocks, _shifted(blocks, shift, elapsed))
        turned = _product(_product(weights, rates_dot.astype(weights.dtype)), shapes)
        return _product(_product(shapes, turned * _divided_differences(decay, elapsed)), weights)

    value = exponential(system, rates, elapsed)
    return value, _mean_on_circle(at) + _product(rates, value) * elapsed_dot


def _mean_on_circle(at: Callable[[Array], Array]) -> Array:
    """Average ``at`` over the upper half of the circle; the lower half is its conjugate."""
    angles = (np.arange(_POINTS // 2) + 0.5) * (2 * np.pi / _POINTS)
    values = lax.map(at, jnp.asarray(_RADIUS * np.exp(1j * angles)))
    return jnp.mean(jnp.real(values), axis=0)


def _shifted(blocks: list[Modes], shift: Array, elapsed: Array) -> list[Array]:
    """Move each block's rates by its own multiple of ``shift``: by a part of themselves and of 1/t."""
    per_hour = 1.0 / jnp.where(elapsed > 0, elapsed, 1.0)
    middle = (len(blocks) - 1) / 2
    scale = 1.0 / max(middle, 1.0) * 2
    return [
        mode.decay + (place - middle) * scale * shift * (mode.decay + per_hour)
        for place, mode in enumerate(blocks)
    ]


def _divided_differences(decay: Array, elapsed: Array) -> Array:
    """Return exp[-a t, -b t] t for each pair of rates: t exp(-(a+b) t/2) sinh(d)/d, d = (a-b) t/2."""
    half = (decay[:, None] - decay[None]) * elapsed / 2
    middle = (decay[:, None] + decay[None]) * elapsed / 2
    small = jnp.abs(half) < 1e-3
    safe = jnp.where(small, 1.0, half)
    spread = (jnp.exp(-middle + safe) - jnp.exp(-middle - safe)) / (2 * safe)
    series = jnp.exp(-middle) * (1 + half**2 / 6 * (1 + half**2 / 20))
    return elapsed * jnp.where(small, series, spread)


def _all_block_modes(system: Cascade, rates: Array) -> list[Modes]:
    return [_block_modes(block, tree, rates) for block, tree in zip(system.blocks, system.trees, strict=True)]


def _block_modes(block: tuple[int, ...], tree: tuple[tuple[int, int], ...], rates: Array) -> Modes:
    """Symmetrise one block along its tree of exchanges and rotate it diagonal."""
    inside = rates[np.ix_(block, block)]
    one = jnp.ones_like(inside[0, 0])
    scale = [one] * len(block)
    for near, far in tree:
        there, back = inside[far, near], inside[near, far]
        both = (there > 0) & (back > 0)
        scale[far] = scale[near] * jnp.sqrt(jnp.where(both, there / jnp.where(both, back, 1.0), 1.0))
    root = jnp.stack(scale)
    symmetric = inside * root[None] / root[:, None]
    decay, turns = _jacobi(-symmetric)
    return Modes(decay, turns * root[:, None], jnp.swapaxes(turns / root[:, None], 0, 1), one)


def _jacobi(symmetric: Array) -> tuple[Array, Array]:
    """Return eigenvalues (n, people) and eigenvectors (n, n, people) of ``symmetric`` (n, n, people)."""
    size = len(symmetric)
    if size == 1:
        return symmetric[0], jnp.ones_like(symmetric)
    pairs = jnp.asarray([(p, q) for p in range(size) for q in range(p + 1, size)])
    identity = jnp.broadcast_to(jnp.eye(size)[:, :, None], symmetric.shape)

    def rotate(count: Array, state: tuple[Array, Array]) -> tuple[Array, Array]:
        p, q = pairs[count % len(pairs)]
        return _rotate(*state, p, q)

    rotations = len(pairs) * (1 if size == 2 else _SWEEPS)
    turned, turns = lax.fori_loop(0, rotations, rotate, (symmetric, identity))
    return jnp.einsum("iip->ip", turned), turns


def _rotate(a: Array, turns: Array, p: Array, q: Array) -> tuple[Array, Array]:
    """Turn the plane (p, q) so that a[p, q] vanishes."""
    apart, twice = a[q, q] - a[p, p], 2 * a[p, q]
    length = jnp.abs(apart) + jnp.sqrt(apart**2 + twice**2)
    tangent = jnp.where(apart >= 0, 1.0, -1.0) * twice / jnp.where(length > 0, length, 1.0)
    cosine = 1 / jnp.sqrt(1 + tangent**2)
    sine = tangent * cosine

    def turn(m: Array, axis: int) -> Array:
        first, second = (lax.dynamic_index_in_dim(m, at, axis, keepdims=False) for at in (p, q))
        m = lax.dynamic_update_index_in_dim(m, cosine * first - sine * second, p, axis)
        turned: Array = lax.dynamic_update_index_in_dim(m, sine * first + cosine * second, q, axis)
        return turned

    return turn(turn(a, 1), 0), turn(turns, 1)


def _join(
    system: Cascade, rates: Array, blocks: list[Modes], decays: list[Array]
) -> tuple[Array, Array, Array]:
    """Add to each block's own modes what they feed and are fed by: back substitution, block by block."""
    feed = {
        (to, of): _product(
            _product(blocks[to].weights, rates[np.ix_(system.blocks[to], system.blocks[of])]),
            blocks[of].shapes,
        )
        for to, of in sorted(system.feeds)
    }
    pairs = [(to, of) for of in range(len(blocks)) for to in range(of + 1, len(blocks))]
    forward: Parts = {}
    inverse: Parts = {}
    for to, of in pairs:
        terms = [feed[to, of]] if (to, of) in feed else []
        terms += [_product(feed[to, via], forward[via, of]) for via in _between(feed, forward, to, of)]
        if terms:
            forward[to, of] = sum(terms[1:], start=terms[0]) / (decays[to][:, None] - decays[of][None])
    for to, of in pairs:
        terms = [forward[to, of]] if (to, of) in forward else []
        terms += [_product(forward[to, via], inverse[via, of]) for via in _between(forward, inverse, to, of)]
        if terms:
            inverse[to, of] = -sum(terms[1:], start=terms[0])
    shapes = _laid_out(blocks, forward, lambda to, of, part: _product(blocks[to].shapes, part), "shapes")
    weights = _laid_out(blocks, inverse, lambda to, of, part: _product(part, blocks[of].weights), "weights")
    place = np.argsort(np.concatenate([np.asarray(block) for block in system.blocks]))
    return jnp.concatenate(decays), shapes[place], weights[:, place]


def _between(to_via: Parts, via_of: Parts, to: int, of: int) -> list[int]:
    """Return the blocks through which ``of`` reaches ``to``."""
    return [via for via in range(of + 1, to) if (to, via) in to_via and (via, of) in via_of]


def _laid_out(
    blocks: list[Modes], parts: Parts, finish: Callable[[int, int, Array], Array], own: str
) -> Array:
    """Assemble a block matrix from its diagonal blocks and the parts below them."""

    def part(to: int, of: int) -> Array:
        if to == of:
            diagonal: Array = getattr(blocks[to], own)
            return diagonal
        if (to, of) in parts:
            return finish(to, of, parts[to, of])
        rows, columns = blocks[to].decay, blocks[of].decay
        return jnp.zeros((len(rows), *columns.shape))

    everyone = range(len(blocks))
    return jnp.concatenate([jnp.concatenate([part(to, of) for of in everyone], axis=1) for to in everyone])


def _product(a: Array, b: Array) -> Array:
    """Multiply (i, j, people) by (j, k, people); unrolled, because the matrices are tiny."""
    total: Array = a[:, 0, None] * b[None, 0]
    for j in range(1, a.shape[1]):
        total += a[:, j, None] * b[None, j]
    return total
