"""Random numbers that belong to a person, not to a place in a batch.

Each number is made from the seed, what it is for and whom it is for, by the counter-based Threefry generator
of JAX. Nobody's numbers depend on who else is drawn, in which order, or on how many machines. The bits are
the same everywhere; they become normal numbers in SciPy.
"""

from collections.abc import Sequence
from typing import TypeAlias
from zlib import crc32

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import Array
from scipy.special import ndtri

from euthymia.pharmacology._alone import one_at_a_time

Floats: TypeAlias = npt.NDArray[np.float64]
Whole: TypeAlias = npt.NDArray[np.int64]

# The generator takes 32 bits of each number that a draw belongs to.
MOST_INDEX = 2**32 - 1
_LOT = 16_384
_BITS = 52


@one_at_a_time
def uniforms(seed: int, purpose: str, of: Sequence[Whole]) -> Floats:
    """Return (n,) numbers in (0, 1), one for each row of ``of``.

    Args:
        seed: of the whole study.
        purpose: what the number is for, such as ``person CL``; each purpose has numbers of its own.
        of: columns (n,) of whole numbers that say whose it is: the person, and perhaps the visit and the time.
    """
    columns = np.stack([np.asarray(column, dtype=np.uint32) for column in of], axis=1)
    count = len(columns)
    padded = np.concatenate([columns, np.zeros((-count % _LOT, columns.shape[1]), dtype=np.uint32)])
    named = np.uint32(crc32(purpose.encode()))
    high, low = np.uint32(seed >> 32 & MOST_INDEX), np.uint32(seed & MOST_INDEX)
    lots = [np.asarray(_bits(high, low, named, padded[at : at + _LOT])) for at in range(0, len(padded), _LOT)]
    whole = np.concatenate(lots)[:count] if lots else np.zeros(0, dtype=np.uint64)
    return ((whole >> np.uint64(64 - _BITS)).astype(np.float64) + 0.5) * 2.0**-_BITS


def normals(seed: int, purpose: str, of: Sequence[Whole]) -> Floats:
    """Return (n,) standard normal numbers, as ``uniforms`` returns uniform ones."""
    return np.asarray(ndtri(uniforms(seed, purpose, of)), dtype=np.float64)


@jax.jit
def _bits(high: Array, low: Array, named: Array, of: Array) -> Array:
    start = jax.random.key(0, impl="threefry2x32")
    for word in (high, low, named):
        start = jax.random.fold_in(start, word)

    def one(row: Array) -> Array:
        key = start
        for column in range(row.shape[0]):
            key = jax.random.fold_in(key, row[column])
        return jax.random.bits(key, (), jnp.uint64)

    return jax.vmap(one)(of)
