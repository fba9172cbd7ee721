"""Places the steps that all people share: each carries the same error, as a pilot of some people finds it.

The pilot walks a graded grid, finer than needed, and compares each step with two of half its length, from the
same state. The method is of order four, so the error of a step grows with the fifth power of its length, that
of the interpolation between its ends with the fourth; this gives at every time the step that costs the
tolerance, and steps are laid so. A calendar's grid is kept: most regimens share theirs.
"""

from itertools import pairwise
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import Array

from euthymia.pharmacology._calendar import Calendar, Floats, Grid, grid_of
from euthymia.pharmacology._engine import Problem, Walked, march, prepare

# The pilot's steps begin at _GRADE * _FIRST_H after an event and grow with the time since it.
_GRADE, _FIRST_H, _LONGEST_H = 0.15, 0.1, 6.0
# They begin so much shorter where a drive leaves rest with a slope, as after a bolus into the blood: what saturates in
# it then rises by a broken power of time, whose error falls more slowly with a step's length than order five has it.
_FIRST_STEEP_H = 0.001
# Step lengths are taken from a geometric ladder, so that their coefficients are computed once.
_LADDER = 2**0.25
# What an output that lies inside a step may cost where the step began before it was near, in steps' tolerances.
_FROM_ABOVE = 8.0
# Of the pilot's people, the part whose errors are to be within the tolerance.
_MOST = 0.97


class Density(NamedTuple):
    """The pilot's finding: at ``times`` (P,), lasting ``lengths`` hours, what a step would cost.

    Attributes:
        local: (P, people) relative error of a step of one hour, if of order five.
        between: (P, people) that of interpolation, if of order four.
    """

    times: Floats
    lengths: Floats
    local: Floats
    between: Floats


def pilot(problem: Problem, parameters: Array, calendar: Calendar) -> Density:
    """Measure errors along the way for the people in ``parameters`` (p, people)."""
    nodes = _graded(calendar, _steep(problem, parameters))
    whole = np.diff(nodes)
    fine = grid_of(nodes, calendar, block=1)
    walked = march(problem, parameters, prepare(problem, parameters, fine), fine)
    local, between = _compare(walked, whole)
    return Density(nodes[:-1], whole, local / whole[:, None] ** 5, between / whole[:, None] ** 4)


def _compare(walked: Walked, whole: Floats) -> tuple[Floats, Floats]:
    """Return (P, people) relative differences of one step from two halves: at its end, and at its middle."""
    local, between = [], []
    for y, slope, middle, halved in zip(*(map(np.asarray, part) for part in walked), strict=True):
        size = np.maximum(np.max(np.abs(y), axis=0), 1e-300)
        first, last, begun, ended = y[:-1], y[1:], slope[:-1], slope[1:]
        steps = slice(len(whole))
        curve = (first + last)[steps] / 2 + whole[:, None] / 8 * (begun - ended)[steps]
        local.append(np.abs(last - halved[:-1])[steps] / _scale(halved[steps], size))
        between.append(np.abs(curve - middle[steps]) / _scale(middle[steps], size))
    return np.max(local, axis=0), np.max(between, axis=0)


def _scale(state: Floats, size: Floats) -> Floats:
    """A state near zero is compared with a thousandth of its own largest value."""
    return np.maximum(np.abs(state), 1e-3 * size)


def place(density: Density, calendar: Calendar, tolerance: float) -> Grid:
    """Lay steps whose error is ``tolerance`` each, as far as the pilot saw, from event to event."""
    local = np.quantile(density.local, _MOST, axis=1)
    between = np.quantile(density.between, _MOST, axis=1)
    longest = (tolerance / np.maximum(local, 1e-300)) ** (1 / 5)
    ends = density.times + density.lengths
    read = np.searchsorted(calendar.outputs, ends) > np.searchsorted(calendar.outputs, density.times, "right")
    for_reading = (3 * tolerance / np.maximum(between, 1e-300)) ** (1 / 4)
    longest = np.minimum(np.where(read, np.minimum(longest, for_reading), longest), _LONGEST_H * 4)
    at = np.clip(np.searchsorted(density.times, calendar.outputs, "right") - 1, 0, None)
    readable = (_FROM_ABOVE * tolerance / np.maximum(between[at], 1e-300)) ** (1 / 4)
    return grid_of(_laid(density, longest, readable, calendar), calendar)


def _laid(density: Density, longest: Floats, readable: Floats, calendar: Calendar) -> Floats:
    """March from event to event by steps of the ladder no longer than ``longest`` there.

    A step that would reach from afar over an output, and be too long to read it inside, ends at it.
    """
    nodes = [float(calendar.events[0])]
    for begin, end in pairwise([*calendar.events, density.times[-1] + density.lengths[-1]]):
        inside = (density.times >= begin - 1e-9) & (density.times < end - 1e-9)
        times, wanted = density.times[inside], longest[inside]
        now = begin
        while end - now > 1e-9:
            length = float(np.interp(now, times, wanted))
            length = _LADDER ** np.floor(np.log(length) / np.log(_LADDER))
            rest = end - now
            length = rest if rest <= 1.1 * length else rest / 2 if rest < 2 * length else length
            first, last = np.searchsorted(calendar.outputs, [now + 1e-9, now + length - 1e-9])
            over = np.flatnonzero(readable[first:last] < length)
            length = float(calendar.outputs[first + over[0]] - now) if len(over) else length
            now = end if rest <= length * (1 + 1e-9) else now + length
            nodes.append(float(now))
    return np.asarray(nodes)


def _steep(problem: Problem, parameters: Array) -> npt.NDArray[np.bool_]:
    """Return (events,) after which the slope of a drive jumps in somebody."""
    linear = problem.linear(parameters)
    copies, each = linear.rates.shape[:2]
    entered = linear.bolus.reshape(len(linear.bolus), copies, each, -1)
    slopes = jnp.einsum("bijp,ebjp->ebip", linear.rates, entered).reshape(linear.bolus.shape)
    rising = np.asarray(jnp.einsum("dnp,enp->edp", linear.drives, slopes))
    return np.asarray(np.any(rising != 0, axis=(1, 2)))


def _graded(calendar: Calendar, steep: npt.NDArray[np.bool_]) -> Floats:
    """Return nodes that are dense after each event, denser after a steep one; steps grow with the time since it."""
    nodes = [float(calendar.events[0])]
    ends = (*calendar.events[1:], max(calendar.outputs[-1], calendar.events[-1] + 1e-3))
    for begin, end, jumps in zip(calendar.events, ends, steep, strict=True):
        first = _FIRST_STEEP_H if jumps else _FIRST_H
        while end - nodes[-1] > 1e-9:
            length = min(_LONGEST_H, _GRADE * (nodes[-1] - begin + first))
            rest = end - nodes[-1]
            nodes.append(float(end) if rest <= 1.5 * length else nodes[-1] + length)
    return np.asarray(nodes)
