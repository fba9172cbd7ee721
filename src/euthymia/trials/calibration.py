"""Fits the mood model to the results that may be fitted. What may move and why is decision 11.

Every parameter and every trial's effects are one vector of unbounded numbers. The posterior's maximum is found by
its exact gradient, its curvature gives the shape of a proposal, and importance sampling corrects that shape; where
too few draws carry the weight, Hamiltonian steps scaled by the curvature take over.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import Array
from scipy.optimize import minimize

from euthymia.evidence import Priors, TrialResult, trial_designs, trial_results
from euthymia.pharmacology import InvalidRequest
from euthymia.pharmacology._alone import one_at_a_time
from euthymia.pharmacology._draws import normals
from euthymia.trials._cohort import Cohort, TrialEffects, cohorts, labile_of, scores
from euthymia.trials._design import Design
from euthymia.trials._parameters import log_prior, names, priors_with, values_at
from euthymia.trials._read import shipped_design
from euthymia.trials._summaries import Reported, found_of, log_likelihood, predicted, reported

Floats: TypeAlias = npt.NDArray[np.float64]
Said: TypeAlias = Callable[[str], None]

PEOPLE, SEED, DRAWS, STARTS = 256, 20261121, 200, 3
"""As decision 11 has them: people an arm, the study's seed, sets of parameters in an ensemble, climbs."""


@dataclass(frozen=True)
class Data:
    """What is fitted: arms, what was reported of each, and whose effects each has.

    Attributes:
        arms: the virtual people of each arm.
        asked: for each arm, what was found.
        groups: the trials that have effects of their own.
        shares: (arms, groups) the part each group's effects have in an arm's; rows make 1.
        trial_effects: by what the spreads of the priors on trial effects are multiplied.
    """

    arms: tuple[Cohort, ...]
    asked: tuple[tuple[Reported, ...], ...]
    groups: tuple[str, ...]
    shares: Floats
    trial_effects: float = 1.0

    @property
    def priors(self) -> Priors:
        """What is believed before."""
        return priors_with(self.trial_effects)

    @property
    def size(self) -> int:
        """How many numbers are sampled: parameters, then each group's effect on context, then on the drug."""
        return len(names()) + 2 * len(self.groups)

    @property
    def found(self) -> tuple[Array, ...]:
        """What was found, (m,) for each arm."""
        return tuple(found_of(asked) for asked in self.asked)

    @property
    def content_hash(self) -> str:
        """Return the SHA-256 of everything the posterior depends on: arms, results, priors, people."""
        told = [
            [
                str(arm.arm),
                arm.visits_h.tolist(),
                [vars(one) if hasattr(one, "__dict__") else str(one) for one in asked],
            ]
            for arm, asked in zip(self.arms, self.asked, strict=True)
        ]
        whole = json.dumps(
            [told, self.groups, self.shares.tolist(), self.priors.content_hash, len(self.arms[0].baseline)],
            default=str,
        )
        return hashlib.sha256(whole.encode()).hexdigest()


def fitted_rows(rows: Sequence[TrialResult] | None = None) -> tuple[TrialResult, ...]:
    """Return the rows that are fitted, and no other: ``use = fit``, which only ``calibrate`` rows may have."""
    return tuple(
        row
        for row in (trial_results() if rows is None else rows)
        if row.use == "fit" and row.role == "calibrate"
    )


def question_hash(trial_effects: float = 1.0) -> str:
    """Return the SHA-256 of the rows at hand that are fitted, their designs and the priors; quick, without kinetics."""
    rows = fitted_rows()
    trials = {row.trial for row in rows}
    designs = [str(each) for each in map(shipped_design, trial_designs()) if each.name in trials]
    told = [[str(row) for row in rows], designs, priors_with(trial_effects).content_hash, PEOPLE]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


@one_at_a_time
def data(
    rows: Sequence[TrialResult] | None = None,
    designs: Sequence[Design] | None = None,
    *,
    people: int = PEOPLE,
    seed: int = SEED,
    trial_effects: float = 1.0,
) -> Data:
    """Gather what is fitted: the rows at hand and the designs at hand, unless others are given.

    ``trial_effects`` multiplies the spreads of the priors on how trials differ.

    Raises:
        InvalidRequest: nothing is left to be fitted.
    """
    kept = fitted_rows(rows)
    known = [shipped_design(each) for each in trial_designs()] if designs is None else designs
    arms: list[Cohort] = []
    asked: list[tuple[Reported, ...]] = []
    whose: list[tuple[str, ...]] = []
    for design in known:
        theirs = [row for row in kept if row.trial == design.name]
        if not theirs:
            continue
        of = design.members or ((design.rerandomised.of,) if design.rerandomised else (design.name,))
        visits = tuple(visit for visit in design.visits_h if visit in {row.time_h for row in theirs})
        for cohort in cohorts(design, people=people, seed=seed, visits_h=visits):
            found = reported(theirs, cohort)
            if found:
                arms.append(cohort)
                asked.append(found)
                whose.append(of)
    if not arms:
        raise InvalidRequest("None of the results may be fitted.")
    groups = tuple(dict.fromkeys(group for of in whose for group in of))
    shares = np.asarray([[(group in of) / len(of) for group in groups] for of in whose])
    return Data(tuple(arms), tuple(asked), groups, shares, trial_effects)


def log_posterior(
    place: Array,
    fitted: Data,
    arms: tuple[Cohort, ...] | None = None,
    found: tuple[Array, ...] | None = None,
) -> Array:
    """Return the logarithm of the posterior's density at ``place`` (size,), without its constant.

    ``arms`` and ``found`` are those of ``fitted``, given apart where they are arguments of compiled code.
    """
    moved, arms = len(names()), fitted.arms if arms is None else arms
    effects = place[moved:].reshape(2, len(fitted.groups))
    total = log_prior(place[:moved]) - 0.5 * jnp.sum(effects**2)
    values = fitted.found if found is None else found
    for at, score in enumerate(_scores(place, fitted, arms)):
        total = total + log_likelihood(score, arms[at], fitted.asked[at], values[at])
    return total


def _scores(place: Array, fitted: Data, arms: tuple[Cohort, ...]) -> list[Array]:
    moved = len(names())
    values = values_at(place[:moved], fitted.priors)
    effects = place[moved:].reshape(2, len(fitted.groups)) @ fitted.shares.T
    labile = labile_of(arms, values)
    return [
        scores(arm, labile[at], values, TrialEffects(effects[0, at], effects[1, at]))
        for at, arm in enumerate(arms)
    ]


@dataclass(frozen=True)
class Posterior:
    """The density that is sampled, compiled, by the place (size,).

    Attributes:
        compiled: (place, arms, found) to density and gradient: serves any results of the same arms.
    """

    fitted: Data
    value: Callable[[Floats], float]
    value_and_gradient: Callable[[Floats], tuple[float, Floats]]
    curvature: Callable[[Floats], Floats]
    compiled: Callable[..., tuple[Array, Array]]


def posterior(fitted: Data, like: Posterior | None = None) -> Posterior:
    """Return the posterior of ``fitted``, its gradient and its curvature, compiled at first use.

    ``like`` is one of the same arms and questions with other answers: its compiled code is taken.
    """

    def density(place: Array, arms: tuple[Cohort, ...], found: tuple[Array, ...]) -> Array:
        return log_posterior(place, fitted, arms, found)

    # Arrays are arguments: as constants they would be folded for minutes.
    both = jax.jit(jax.value_and_grad(density)) if like is None else like.compiled
    alone = jax.jit(density)
    held, found = jax.tree.map(jnp.asarray, fitted.arms), fitted.found

    @one_at_a_time
    def value(place: Floats) -> float:
        return float(alone(jnp.asarray(place), held, found))

    @one_at_a_time
    def value_and_gradient(place: Floats) -> tuple[float, Floats]:
        value, gradient = both(jnp.asarray(place), held, found)
        return float(value), np.asarray(gradient)

    def curvature(place: Floats) -> Floats:
        """Central differences of the exact gradient: as many gradients as compile already."""
        step, size = 1e-3, len(place)
        rows = []
        for at in range(size):
            moved = np.zeros(size)
            moved[at] = step
            rows.append(
                (value_and_gradient(place + moved)[1] - value_and_gradient(place - moved)[1]) / (2 * step)
            )
        found = np.asarray(rows)
        return (found + found.T) / 2

    return Posterior(fitted, value, value_and_gradient, curvature, both)


@dataclass(frozen=True)
class Maximum:
    """The posterior's maximum and the shape around it.

    Attributes:
        place: (size,); ``log_density`` there; ``gradient``: the largest part of it that is left.
        root: (size, size) of the covariance by the curvature: covariance = root @ root.T.
        flat: directions in which the curvature was no maximum's and was set to the prior's.
    """

    place: Floats
    log_density: float
    gradient: float
    root: Floats
    flat: int


def maximise(target: Posterior, say: Said = lambda told: None, starts: int = STARTS) -> Maximum:
    """Climb from the priors' centres and from ``starts`` - 1 places around them; take the best and its curvature."""
    size = target.fitted.size
    column, best = np.arange(size), (-np.inf, np.zeros(size))
    for start in range(starts):
        around = (
            normals(SEED, "calibration start", [np.full(size, start), column]) if start else np.zeros(size)
        )
        place = climbed(target, around / 2)
        value = target.value_and_gradient(place)[0]
        say(f"Climb {start + 1} of {starts}: log density {value:.2f}")
        if value > best[0]:
            best = value, place
    value, gradient = target.value_and_gradient(best[1])
    widths, turns = np.linalg.eigh(-target.curvature(best[1]))
    # No direction is wider than a prior, whose curvature is 1: less is a flaw of differences or no maximum.
    flat = int(np.sum(widths < LEAST_CURVATURE))
    root = turns / np.sqrt(np.maximum(widths, LEAST_CURVATURE))
    return Maximum(best[1], value, float(np.abs(gradient).max()), root, flat)


def climbed(target: Posterior, start: Floats, held: int | None = None) -> Floats:
    """Return where L-BFGS ends, within six prior widths; the number at ``held`` stays as ``start`` has it."""

    def down(place: Floats) -> tuple[float, Floats]:
        value, gradient = target.value_and_gradient(place)
        if not np.isfinite(value) or not np.all(np.isfinite(gradient)):
            return 1e10, np.zeros_like(place)
        return -value, -gradient

    bounds = [
        (value, value) if at == held else (-_WIDEST, _WIDEST) for at, value in enumerate(start.tolist())
    ]
    found = minimize(  # type: ignore[no-untyped-call]
        down,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": 500, "maxcor": 30},
    )
    return np.asarray(found.x, dtype=np.float64)


_WIDEST = 6.0
LEAST_CURVATURE = 0.5
"""No direction is wider than a prior, whose curvature is 1."""


def simulate_found(place: Array, fitted: Data, seed: int) -> tuple[Floats, ...]:
    """Return what trials from ``place`` would have found in each arm, (m,): means, and noise of the arms' sizes."""
    answers = []
    for at, score in enumerate(_scores(place, fitted, fitted.arms)):
        mean, covariance = predicted(score, fitted.arms[at], fitted.asked[at])
        drawn = normals(seed, "simulated results", [np.full(len(mean), at), np.arange(len(mean))])
        answers.append(np.asarray(mean) + np.linalg.cholesky(np.asarray(covariance)) @ drawn)
    return tuple(answers)


def checks(place: Floats, fitted: Data) -> list[dict[str, Any]]:
    """Return what was found beside what is predicted at ``place``, row by row, with the standardised difference."""
    rows = []
    for arm, score, asked in zip(
        fitted.arms, _scores(jnp.asarray(place), fitted, fitted.arms), fitted.asked, strict=True
    ):
        mean, covariance = predicted(score, arm, asked)
        for at, one in enumerate(asked):
            width = float(jnp.sqrt(covariance[at, at]))
            rows.append(
                {
                    "arm": arm.arm.name,
                    "time_h": float(arm.visits_h[one.visit]),
                    "kind": f"{one.kind}{' SD' if one.sd else ''}",
                    "n": one.n,
                    "found": one.value,
                    "predicted": float(mean[at]),
                    "away": (one.value - float(mean[at])) / width,
                }
            )
    return rows
