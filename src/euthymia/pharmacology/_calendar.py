"""What all people share: when something happens, and the steps that everybody takes between these times."""

from typing import NamedTuple, TypeAlias

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import Array

Floats: TypeAlias = npt.NDArray[np.float64]
Whole: TypeAlias = npt.NDArray[np.int64]

# How far apart two events or a step's end and an event may be and still be the same time, in hours.
_SAME_TIME = 1e-9
# Steps and lengths are padded to whole lots, so that grids of about one size share what was compiled.
_LOT = 16
_LENGTHS_LOT = 8
BLOCK = 16
"""One step in so many is taken a second time in two halves."""


class Calendar(NamedTuple):
    """When something is given and when something is read, the same for all people; hours, sorted."""

    events: Floats
    outputs: Floats


class Grid(NamedTuple):
    """The steps all people take, each between two events, in blocks; filled up at the end by steps of no length.

    Attributes:
        nodes: (J + 1,) where the steps begin and end, hours.
        lengths: (K,) the distinct lengths of steps, hours; the first is 0.
        kind: (B, block) which length each step has.
        since: (B, block) the event before each step.
        first: (B, block) whether a step begins at that event.
        ahead: (B, block) hours from that event to where the step begins.
        halves: (B,) which length is half of the first step's of each block; that step is also taken in two halves.
        gaps: (E,) hours from each event to the next or the end.
        place: (T,) the step in which each output lies.
        hermite: (4, T) weights of the state and its slope at both ends of that step.
        hops: (D,) the distinct times from one output, or the event before it, to the next, hours.
        hop: (T,) which of them leads to each output.
        output_since: (T,) the event before each output.
        output_first: (T,) whether it is the first after that event.
        output_ahead: (T,) hours from that event to the output.
    """

    nodes: Array
    lengths: Array
    kind: Array
    since: Array
    first: Array
    ahead: Array
    halves: Array
    gaps: Array
    place: Array
    hermite: Array
    hops: Array
    hop: Array
    output_since: Array
    output_first: Array
    output_ahead: Array


def grid_of(nodes: Floats, calendar: Calendar, block: int = BLOCK) -> Grid:
    """Describe the steps between ``nodes`` (sorted; every event is one) for ``trace``.

    One step in each ``block`` is taken a second time in two halves, to see its error.
    """
    starts = np.searchsorted(nodes, calendar.events - _SAME_TIME)
    real = len(nodes) - 1
    # One step at least has no length, so that the last state is where a step begins, like any other.
    padded = np.pad(nodes, (0, _rounded_up(real + 1, max(block, _LOT)) - real), mode="edge")
    begin, steps = padded[:-1], np.diff(padded)
    first_of_block = steps[::block]
    lengths, kind = np.unique(
        np.round(np.concatenate([[0.0], steps, first_of_block / 2]), 9), return_inverse=True
    )
    since = np.searchsorted(starts, np.arange(len(steps)), side="right") - 1
    place = np.clip(np.searchsorted(begin[:real], calendar.outputs + _SAME_TIME) - 1, 0, None)
    h, x = steps[place], (calendar.outputs - begin[place]) / steps[place]
    hops, hop, output_since, output_first = _hops(calendar)
    described = {
        "nodes": nodes,
        "lengths": np.pad(lengths, (0, _rounded_up(len(lengths), _LENGTHS_LOT) - len(lengths))),
        "kind": kind[1 : 1 + len(steps)].reshape(-1, block),
        "since": since.reshape(-1, block),
        "first": np.isin(np.arange(len(steps)), starts).reshape(-1, block),
        "ahead": (begin - calendar.events[since]).reshape(-1, block),
        "halves": kind[1 + len(steps) :],
        "gaps": np.diff(calendar.events, append=nodes[-1]),
        "place": place,
        "hermite": np.stack(
            [(1 + 2 * x) * (1 - x) ** 2, x**2 * (3 - 2 * x), x * (1 - x) ** 2 * h, x**2 * (x - 1) * h]
        ),
        "hops": hops,
        "hop": hop,
        "output_since": output_since,
        "output_first": output_first,
        "output_ahead": calendar.outputs - calendar.events[output_since],
    }
    # Handed over once, and not at each use.
    return Grid(**{name: jnp.asarray(values) for name, values in described.items()})


def _hops(calendar: Calendar) -> tuple[Floats, Whole, Whole, npt.NDArray[np.bool_]]:
    """Return how each output is reached from the one before it, or from the event between them."""
    since = np.searchsorted(calendar.events, calendar.outputs + _SAME_TIME) - 1
    first = np.diff(since, prepend=-1) != 0
    before = np.where(first, calendar.events[since], np.roll(calendar.outputs, 1))
    far = np.maximum(np.round(calendar.outputs - before, 9), 0.0)
    hops, hop = np.unique(far, return_inverse=True)
    return np.pad(hops, (0, _rounded_up(len(hops), _LOT) - len(hops))), hop, since, first


def _rounded_up(count: int, lot: int) -> int:
    return -(-count // lot) * lot
