"""Hamiltonian chains that choose their own length: No-U-Turn sampling, in a scale that a pilot chain has learnt.

Places are numbers in the scale's own units, in which the posterior is about as wide in every direction. Source of the
method: Hoffman & Gelman 2014 (doi:10.48550/arXiv.1111.4246) with the multinomial choice of Betancourt 2017
(doi:10.48550/arXiv.1701.02434).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from euthymia.trials.calibration import Maximum, Posterior

Floats: TypeAlias = npt.NDArray[np.float64]
Said: TypeAlias = Callable[[str], None]

_LOST = -1000.0
"""A change of energy beyond which a step has left the density: as Hoffman & Gelman have it."""
_ACCEPTED = 0.8
_PILOT = 2**31
_TOLD_EVERY = 20
_INWARDS = 32
"""A chain's first step is so many times shorter than the scale's: dual averaging aims at ten times what it is given."""


@dataclass(frozen=True)
class Scale:
    """What every chain steps by.

    Attributes:
        centre: (size,); ``root``: (size, size): a place is centre + root @ numbers of about unit width.
        length: of a step in those numbers.
    """

    centre: Floats
    root: Floats
    length: float


@dataclass(frozen=True, slots=True)
class _Point:
    at: Floats
    pushed: Floats
    value: float
    slope: Floats

    @property
    def energy(self) -> float:
        return self.value - float(self.pushed @ self.pushed) / 2


@dataclass(frozen=True, slots=True)
class _Path:
    """A stretch of the trajectory: its two ends, the point chosen from it, and whether it has turned back."""

    first: _Point
    last: _Point
    chosen: _Point
    log_weight: float
    pushed: Floats
    turned: bool
    likely: float
    steps: int


class _Walk:
    """One chain: where it is, and the random numbers it goes on with."""

    def __init__(self, target: Posterior, scale: Scale, seed: int, number: int, deepest: int) -> None:
        self._target, self.scale, self._deepest = target, scale, deepest
        self._drawn = np.random.default_rng([seed, number])
        self.steps = 0

    def begin(self, at: Floats) -> _Point:
        """The start, nearer to the centre where there is no density: no step would ever lead out of there."""
        value, slope = self._density(at)
        while not np.isfinite(value):
            at = at / 2
            value, slope = self._density(at)
        return _Point(at, np.zeros_like(at), value, slope)

    def drawn(self, size: int) -> Floats:
        return self._drawn.standard_normal(size)

    def step(self, here: _Point, length: float) -> tuple[_Point, float]:
        """One draw from ``here``: the point chosen, and how likely its steps were accepted on average."""
        start = _Point(here.at, self.drawn(len(here.at)), here.value, here.slope)
        path = _Path(start, start, start, 0.0, start.pushed, turned=False, likely=0.0, steps=0)
        likely, steps = 0.0, 0
        for depth in range(self._deepest):
            forward = bool(self._drawn.random() < 0.5)
            end = path.last if forward else path.first
            more = self._grown(end, start.energy, length if forward else -length, depth)
            likely, steps = likely + more.likely, steps + more.steps
            if more.turned:
                break
            taken = np.log(self._drawn.random()) < more.log_weight - path.log_weight
            path = _joined(path, more, more.chosen if taken else path.chosen, forward=forward)
            if path.turned:
                break
        self.steps += steps
        return path.chosen, likely / max(steps, 1)

    def _grown(self, end: _Point, energy: float, length: float, depth: int) -> _Path:
        """The stretch of 2 ** depth steps beyond ``end``; ``length`` is negative backwards."""
        if depth == 0:
            new = self._leapt(end, length)
            change = new.energy - energy
            lost = not np.isfinite(change) or change < _LOST
            likely = 0.0 if lost else float(np.exp(min(change, 0.0)))
            return _Path(new, new, new, change, new.pushed, turned=lost, likely=likely, steps=1)
        forward = length > 0
        near = self._grown(end, energy, length, depth - 1)
        if near.turned:
            return near
        far = self._grown(near.last if forward else near.first, energy, length, depth - 1)
        share = far.log_weight - float(np.logaddexp(near.log_weight, far.log_weight))
        taken = not far.turned and np.log(self._drawn.random()) < share
        return _joined(near, far, far.chosen if taken else near.chosen, forward=forward)

    def _leapt(self, here: _Point, length: float) -> _Point:
        pushed = here.pushed + length / 2 * here.slope
        at = here.at + length * pushed
        value, slope = self._density(at)
        return _Point(at, pushed + length / 2 * slope, value, slope)

    def _density(self, at: Floats) -> tuple[float, Floats]:
        value, gradient = self._target.value_and_gradient(self.scale.centre + self.scale.root @ at)
        if not np.isfinite(value) or not np.all(np.isfinite(gradient)):
            return -np.inf, np.zeros_like(at)
        return value, self.scale.root.T @ gradient


def _joined(near: _Path, far: _Path, chosen: _Point, *, forward: bool) -> _Path:
    """Two stretches that touch, as one; ``far`` lies beyond ``near`` in the direction of growth."""
    left, right = (near, far) if forward else (far, near)
    pushed = left.pushed + right.pushed
    turned = (
        far.turned
        or _turns(left.first, right.last, pushed)
        or _turns(left.first, right.first, left.pushed + right.first.pushed)
        or _turns(left.last, right.last, right.pushed + left.last.pushed)
    )
    weight = float(np.logaddexp(near.log_weight, far.log_weight))
    likely, steps = near.likely + far.likely, near.steps + far.steps
    return _Path(left.first, right.last, chosen, weight, pushed, turned, likely, steps)


def _turns(first: _Point, last: _Point, pushed: Floats) -> bool:
    return float(first.pushed @ pushed) <= 0 or float(last.pushed @ pushed) <= 0


class _Length:
    """Tunes the length of a step by dual averaging, as Hoffman & Gelman do with their numbers."""

    def __init__(self, length: float) -> None:
        self._far, self._short, self._mean, self._told = np.log(10 * length), 0.0, np.log(length), 0
        self.now = length

    def hear(self, likely: float) -> None:
        """Take note of how likely the last steps were accepted."""
        self._told += 1
        share = 1 / (self._told + 10)
        self._short = (1 - share) * self._short + share * (_ACCEPTED - likely)
        log = self._far - np.sqrt(self._told) / 0.05 * self._short
        weight = self._told**-0.75
        self._mean = weight * log + (1 - weight) * self._mean
        self.now = float(np.exp(log))

    @property
    def settled(self) -> float:
        return float(np.exp(self._mean))


def learnt(
    target: Posterior,
    top: Maximum,
    *,
    seed: int,
    windows: tuple[int, ...],
    deepest: int,
    say: Said = lambda told: None,
) -> Scale:
    """Learn the scale by a pilot chain from the maximum: after each window of draws its spread is the new unit."""
    scale, size = Scale(top.place, top.root, 0.1), len(top.place)
    walk = _Walk(target, scale, seed, _PILOT, deepest)
    here = walk.begin(walk.drawn(size) / 2)
    for number, window in enumerate(windows):
        length, places = _Length(scale.length), []
        for _ in range(window):
            here, likely = walk.step(here, length.now)
            length.hear(likely)
            places.append(here.at)
        say(
            f"Learning the scale: window {number + 1} of {len(windows)}, step length {length.settled:.2f}, "
            f"{walk.steps} steps so far"
        )
        own = np.linalg.cholesky(_spread(np.asarray(places)))
        scale = Scale(scale.centre, scale.root @ own, length.settled)
        walk.scale = scale
        here = walk.begin(np.linalg.solve(own, here.at))
    # The last unit changed what a step is: its length is found anew, by as many draws as the first window has.
    length = _Length(scale.length)
    for _ in range(windows[0]):
        here, likely = walk.step(here, length.now)
        length.hear(likely)
    say(f"Learning the scale: step length {length.settled:.2f} in the end, {walk.steps} steps")
    return Scale(scale.centre + scale.root @ here.at, scale.root, length.settled)


def _spread(places: Floats) -> Floats:
    """The covariance of (draws, size), drawn towards its own diagonal where the draws are few for so many numbers."""
    draws, size = places.shape
    if draws < 2:
        return np.eye(size)
    found = np.cov(places.T).reshape(size, size)
    share = draws / (draws + size)
    own = np.maximum(np.diag(found), 1e-3)
    return np.asarray(share * found + (1 - share) * np.diag(own) + 1e-3 * np.eye(size))


def chain(
    target: Posterior,
    scale: Scale,
    *,
    seed: int,
    number: int,
    burn_in: int,
    steps: int,
    deepest: int,
    say: Said = lambda told: None,
) -> Floats:
    """Return (steps, size): the draws of chain ``number``, which begins away from the others, after ``burn_in``.

    Out there the density may fall so steeply that no step of the scale's length is ever taken: the way in is gone in
    steps that find their own length, from short ones on.
    """
    walk = _Walk(target, scale, seed, number, deepest)
    here = walk.begin(1.5 * walk.drawn(len(scale.centre)))
    kept, accepted, inwards = [], 0.0, _Length(scale.length / _INWARDS)
    for step in range(burn_in + steps):
        here, likely = walk.step(here, scale.length if step >= burn_in else inwards.now)
        if step >= burn_in:
            kept.append(scale.centre + scale.root @ here.at)
            accepted += likely
        else:
            inwards.hear(likely)
        if (step + 1) % _TOLD_EVERY == 0:
            say(f"Chain {number + 1}: draw {step + 1} of {burn_in + steps}, {walk.steps} steps")
    say(f"Chain {number + 1}: {100 * accepted / max(steps, 1):.0f} of 100 steps accepted")
    return np.asarray(kept)
