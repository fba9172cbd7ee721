"""Inflows that last in each person for a time of their own, between the events that all people share.

Until its end such an inflow holds the modes, as any constant one does; from then on what it held fades.
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import Array


class Drips(NamedTuple):
    """Inflows that end when each person's do, in modes.

    Attributes:
        held: (E, lanes, n, people) where a lane would in the end hold the modes.
        lasting: (E, lanes, people) hours after each event, at most to the next.
    """

    held: Array
    lasting: Array

    def at(self, since: Array, ahead: Array, decay: Array, used: Any = slice(None)) -> Array:
        """Return (modes, people): what the lanes still hold ``ahead`` hours after an event; it fades once they end."""
        over = jnp.maximum(ahead - self.lasting[since], 0.0)
        return jnp.sum(self.held[since][:, used] * jnp.exp(-decay[None] * over[:, None]), axis=0)


def in_modes(
    dripping: Array | None, lasting: Array | None, into_modes: Array, decay: Array, gaps: Array
) -> Drips | None:
    """Turn what drips into compartments (see ``Linear``) into what it holds of the modes; None where nothing does."""
    if dripping is None or lasting is None:
        return None
    events, lanes, *rest = dripping.shape
    held = rows(dripping.reshape(events * lanes, *rest), into_modes) / decay
    return Drips(held.reshape(events, lanes, *decay.shape), jnp.minimum(lasting, gaps[:, None, None]))


def rows(read: Array, shapes: Array) -> Array:
    """Turn rows over compartments (k, b·n, people) into rows over modes, by shapes (b, n, modes of a copy, people)."""
    copies, compartments = shapes.shape[:2]
    by_copy = read.reshape(len(read), copies, compartments, -1)
    total: Array = by_copy[:, :, 0, None] * shapes[None, :, 0]
    for compartment in range(1, compartments):
        total += by_copy[:, :, compartment, None] * shapes[None, :, compartment]
    return total.reshape(len(read), -1, total.shape[-1])
