"""Fits the acute effects to the figures that may be fitted. What may move and why is decision 12.

Every parameter is one unbounded number. The posterior's maximum is found by its exact gradient, its curvature gives a
Laplace approximation, and draws of a wider shape, which learns from those before, are weighed as its check.
"""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import Array
from scipy.optimize import minimize

from euthymia.evidence import (
    PRESSURES,
    AcuteTarget,
    acute_arms,
    acute_priors,
    acute_targets,
    effect_model,
    kinetic_model,
)
from euthymia.pharmacology import InvalidRequest
from euthymia.pharmacology._alone import one_at_a_time
from euthymia.pharmacology._draws import normals, uniforms
from euthymia.trials._acute_arms import Sessions, sessions_of
from euthymia.trials._acute_figures import MODEL, figures, names, values_at
from euthymia.trials._exposure import KINETICS
from euthymia.trials._weighing import quantile, weighed

Floats: TypeAlias = npt.NDArray[np.float64]
Said: TypeAlias = Callable[[str], None]

PEOPLE, SEED, STARTS, PROPOSALS, ROUNDS, DRAWS = 256, 20261122, 5, 4000, 6, 200
"""As decision 12 has them: people an arm, the seed, climbs, draws that are weighed in each of so many rounds, sets."""
ENOUGH = 100.0
"""Effective draws below which intervals are called rough."""
PRIOR_DRIVEN = 0.8
"""A posterior width above this part of the prior's is called prior-driven."""
_WIDEST, _LEAST_CURVATURE, _LOT = 6.0, 0.5, 50
RECOVERY_STARTS, RECOVERY_PROPOSALS = 2, PROPOSALS // 2
"""Climbs, and draws a round, with which a known truth is fitted: fewer than a fit of the figures has."""


@dataclass(frozen=True)
class Asked:
    """What is fitted or predicted: rows, and the people of the arms that they name."""

    rows: tuple[AcuteTarget, ...]
    arms: tuple[Sessions, ...]

    @property
    def found(self) -> Floats:
        """The figures, (m,)."""
        return np.asarray([row.value.value for row in self.rows])

    @property
    def widths(self) -> Floats:
        """The standard deviation of each row's Gaussian, (m,): half its tolerance, wider where rows weigh as one."""
        sizes = Counter(map(weighs_with, self.rows))
        return np.asarray([row.tolerance / 2 * math.sqrt(sizes[weighs_with(row)]) for row in self.rows])


def weighs_with(row: AcuteTarget) -> tuple[str, ...]:
    """Return what a row shares with those that it weighs as one with: sizes of one effect in the same people.

    Systolic and diastolic are one effect here. When an effect is highest and what is left stand alone.
    """
    if row.statistic in ("time_peak", "left", "attenuation", "first_of_all"):
        return (row.key,)
    effect = "pressure" if row.effect in PRESSURES else row.effect
    return row.arm, effect, row.use, "without drug" if row.statistic.endswith("_placebo") else "with drug"


def fitted_rows(rows: Sequence[AcuteTarget] | None = None) -> tuple[AcuteTarget, ...]:
    """Return the rows that are fitted, and no other: ``use = fit``, which only ``calibrate`` rows may have."""
    every = acute_targets() if rows is None else rows
    return tuple(row for row in every if row.use == "fit" and row.role == "calibrate")


@one_at_a_time
def asked(rows: Sequence[AcuteTarget], *, people: int = PEOPLE, seed: int = SEED) -> Asked:
    """Gather the people of the arms that ``rows`` name.

    Raises:
        InvalidRequest: there are no rows.
    """
    if not rows:
        raise InvalidRequest("None of the figures may be fitted.")
    named = {row.arm for row in rows}
    arms = [sessions_of(arm, people=people, seed=seed) for key, arm in acute_arms().items() if key in named]
    return Asked(tuple(rows), tuple(arms))


def question_hash() -> str:
    """Return the SHA-256 of what the fit depends on; quick, without kinetics.

    The rows that are fitted, their arms, the priors, what is held fixed, and the models that drive it.
    """
    rows, acute, mood = fitted_rows(), effect_model(MODEL), effect_model("antidepressant-1")
    arms = [arm for key, arm in acute_arms().items() if key in {row.arm for row in rows}]
    held = {f"{group}.{name}": number.value for (group, name), number in acute.numbers.items()}
    told = [
        sorted(str(replace(row, line=0)) for row in rows),
        sorted(map(str, arms)),
        acute_priors().content_hash,
        {name: value for name, value in sorted(held.items()) if name not in names()},
        [mood.value("trigger", name) for name in ("half_at", "hill")],
        [kinetic_model(model).parameters_hash for model in sorted({KINETICS[arm.product] for arm in arms})],
        [PEOPLE, SEED, STARTS, PROPOSALS, ROUNDS, DRAWS],
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


@dataclass(frozen=True)
class Posterior:
    """The density that is sampled, compiled, without its constant.

    Attributes:
        value_and_gradient: at a place (p,). curvature: its second derivative there, (p, p).
        values: of many places (n, p) at once, (n,).
        predicted: what the model gives for each row at a place, (m,).
    """

    value_and_gradient: Callable[[Floats], tuple[float, Floats]]
    curvature: Callable[[Floats], Floats]
    values: Callable[[Floats], Floats]
    predicted: Callable[[Floats], Floats]


def posterior(question: Asked, found: Floats | None = None) -> Posterior:
    """Return the posterior of ``question``; of other answers to it where ``found`` (m,) is given."""
    answers = question.found if found is None else found

    # Arrays are arguments: as constants they would be folded for minutes.
    def given(place: Array, arms: tuple[Sessions, ...]) -> Array:
        return figures(place, arms, question.rows)

    def density(place: Array, arms: tuple[Sessions, ...]) -> Array:
        away = (given(place, arms) - answers) / question.widths
        return -0.5 * (jnp.sum(away**2) + jnp.sum(place**2))

    both, predicted = jax.jit(jax.value_and_grad(density)), jax.jit(given)
    many = jax.jit(lambda places, arms: jax.lax.map(lambda place: density(place, arms), places))
    held = jax.tree.map(jnp.asarray, question.arms)

    @one_at_a_time
    def value_and_gradient(place: Floats) -> tuple[float, Floats]:
        value, gradient = both(jnp.asarray(place), held)
        return float(value), np.asarray(gradient)

    def curvature(place: Floats) -> Floats:
        """Central differences of the exact gradient, which is compiled already."""
        step = 1e-3
        rows = np.asarray(
            [
                (value_and_gradient(place + moved)[1] - value_and_gradient(place - moved)[1]) / (2 * step)
                for moved in step * np.eye(len(place))
            ]
        )
        return np.asarray((rows + rows.T) / 2)

    @one_at_a_time
    def values(places: Floats) -> Floats:
        lots = [
            np.asarray(many(jnp.asarray(places[at : at + _LOT]), held)) for at in range(0, len(places), _LOT)
        ]
        return np.concatenate(lots)

    @one_at_a_time
    def at(place: Floats) -> Floats:
        return np.asarray(predicted(jnp.asarray(place), held))

    return Posterior(value_and_gradient, curvature, values, at)


@dataclass(frozen=True)
class Fit:
    """What a fit found.

    Attributes:
        place: (p,) the maximum; ``log_density`` there, ``gradient`` the largest part of it that is left.
        laplace: (p,) standard deviations by the curvature; ``flat``: directions in which it was no maximum's.
        places: (draws, p) sets drawn by their weights.
        effective: effective number of the weighed draws; ``worst``: the largest weight.
        low, high: (p,) 5 and 95 in 100 of each parameter's weighed draws, as numbers of the model.
        widths: by parameter, the weighed draws' standard deviation over the prior's.
    """

    place: Floats
    log_density: float
    gradient: float
    laplace: Floats
    flat: int
    places: Floats
    effective: float
    worst: float
    low: Floats
    high: Floats
    widths: dict[str, float]

    @property
    def prior_driven(self) -> tuple[str, ...]:
        """The parameters that the figures say little of."""
        return tuple(name for name, width in self.widths.items() if width > PRIOR_DRIVEN)


def fit(
    target: Posterior,
    *,
    starts: int = STARTS,
    proposals: int = PROPOSALS,
    rounds: int = ROUNDS,
    draws: int = DRAWS,
    seed: int = SEED,
    say: Said = lambda told: None,
) -> Fit:
    """Climb to the maximum, take its curvature, and weigh draws of a Student t of that shape.

    Each further round draws around the weighed mean of all before, in their shape; all are weighed together.
    """
    place, value, gradient = _maximum(target, starts, seed, say)
    turned, turns = np.linalg.eigh(-target.curvature(place))
    root = turns / np.sqrt(np.maximum(turned, _LEAST_CURVATURE))
    drawn = weighed(target.values, place, root, proposals, rounds, seed, say)
    places, weights, effective = drawn.places, drawn.weights, drawn.effective
    begin = uniforms(seed, "acute resampling", [np.zeros(1, dtype=np.int64)])[0]
    ladder = np.minimum(
        np.searchsorted(np.cumsum(weights), (np.arange(draws) + begin) / draws), len(places) - 1
    )
    mean = weights @ places
    spread = np.sqrt(weights @ (places - mean) ** 2)
    low, high = (quantile(places, weights, part) for part in (0.05, 0.95))
    return Fit(
        place=place,
        log_density=value,
        gradient=gradient,
        laplace=np.sqrt(np.sum(root**2, axis=1)),
        flat=int(np.sum(turned < _LEAST_CURVATURE)),
        places=places[ladder],
        effective=effective,
        worst=float(weights.max()),
        low=_numbers(low),
        high=_numbers(high),
        widths=dict(zip(names(), map(float, spread), strict=True)),
    )


def _numbers(place: Floats) -> Floats:
    """Return (p,) the numbers of the model at a place."""
    return np.asarray([*values_at(jnp.asarray(place)).values()], dtype=np.float64)


def _maximum(target: Posterior, starts: int, seed: int, say: Said) -> tuple[Floats, float, float]:
    """Return the best of climbs from the priors' centres and from places around them, within six prior widths."""
    size = len(names())
    best = (np.zeros(size), -np.inf)

    def down(place: Floats) -> tuple[float, Floats]:
        value, gradient = target.value_and_gradient(place)
        if not np.isfinite(value) or not np.all(np.isfinite(gradient)):
            return 1e10, np.zeros_like(place)
        return -value, -gradient

    for start in range(starts):
        of = [np.full(size, start), np.arange(size)]
        begin = normals(seed, "acute start", of) / 2 if start else np.zeros(size)
        found = minimize(  # type: ignore[no-untyped-call]
            down,
            begin,
            jac=True,
            method="L-BFGS-B",
            bounds=[(-_WIDEST, _WIDEST)] * size,
            options={"maxiter": 1000, "maxcor": 30},
        )
        say(f"Climb {start + 1} of {starts}: log density {-found.fun:.3f}")
        if -found.fun > best[1]:
            best = np.asarray(found.x, dtype=np.float64), float(-found.fun)
    return best[0], best[1], float(np.abs(target.value_and_gradient(best[0])[1]).max())


def simulated(target: Posterior, question: Asked, truth: Floats, seed: int) -> Floats:
    """Return (m,) what studies of people like ``truth`` (p,) would find: its figures, and noise of their widths."""
    drawn = normals(seed, "acute simulated", [np.arange(len(question.rows))])
    return target.predicted(truth) + question.widths * drawn


@dataclass(frozen=True)
class Recovered:
    """How a known truth was found again: ``outside`` names the parameters outside their middle 90 in 100."""

    outside: tuple[str, ...]
    effective: float

    @property
    def covered(self) -> float:
        """The part of the parameters that lie inside."""
        return 1 - len(self.outside) / len(names())


def recover(
    question: Asked, count: int, *, seed: int = SEED, say: Said = lambda told: None
) -> tuple[Recovered, ...]:
    """Simulate the figures of ``count`` truths drawn from the prior, and fit each, with fewer climbs and draws."""
    simulates, found = posterior(question), []
    for number in range(count):
        of = [np.full(len(names()), number), np.arange(len(names()))]
        truth = normals(seed, "acute truth", of)
        answers = simulated(simulates, question, truth, seed + number)
        fitted = fit(
            posterior(question, answers), starts=RECOVERY_STARTS, proposals=RECOVERY_PROPOSALS, say=say
        )
        values = _numbers(truth)
        away = (values < fitted.low) | (values > fitted.high)
        found.append(Recovered(tuple(np.asarray(names())[away].tolist()), fitted.effective))
    return tuple(found)


def met(row: AcuteTarget, given: float) -> bool:
    """Whether a prediction is within a row's tolerance."""
    return abs(given - row.value.value) <= row.tolerance


def with_rows(question: Asked, rows: Sequence[AcuteTarget]) -> Asked:
    """Return the same people asked for other rows, all of their arms."""
    return replace(question, rows=tuple(rows))
