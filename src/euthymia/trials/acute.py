"""Fits the acute effects to the figures that may be fitted. What may move and why is decision 12.

Every parameter is one unbounded number. The posterior's maximum is found by its exact gradient, its curvature gives a
Laplace approximation, and draws of a wider shape, which learns from those before, are weighed as its check.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import Array
from scipy.optimize import minimize
from scipy.special import logsumexp

from euthymia.evidence import (
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
from euthymia.trials._acute_arms import KINETICS, Sessions, sessions_of
from euthymia.trials._acute_figures import MODEL, figures, names, values_at

Floats: TypeAlias = npt.NDArray[np.float64]
Said: TypeAlias = Callable[[str], None]

PEOPLE, SEED, STARTS, PROPOSALS, ROUNDS, DRAWS = 256, 20261122, 5, 4000, 6, 200
"""As decision 12 has them: people an arm, the seed, climbs, draws that are weighed in each of so many rounds, sets."""
ENOUGH = 100.0
"""Effective draws below which intervals are called rough."""
PRIOR_DRIVEN = 0.8
"""A posterior width above this part of the prior's is called prior-driven."""
_DEGREES, _WIDEST, _LEAST_CURVATURE, _LOT = 5.0, 6.0, 0.5, 50


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
        """The standard deviation of each row's Gaussian, (m,): half its tolerance."""
        return np.asarray([row.tolerance / 2 for row in self.rows])


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
    held = {f"{group}.{name}": number.value for (group, name), number in acute.numbers.items()}
    told = [
        [str(row) for row in rows],
        [str(arm) for key, arm in acute_arms().items() if key in {row.arm for row in rows}],
        acute_priors().content_hash,
        {name: value for name, value in sorted(held.items()) if name not in names()},
        [mood.value("trigger", name) for name in ("half_at", "hill")],
        [kinetic_model(model).parameters_hash for model in sorted(KINETICS.values())],
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
        low, middle, high: (p,) 5, 50 and 95 in 100 of each parameter's weighed draws, as numbers of the model.
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
    middle: Floats
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
    weighed = _weighed(target, place, root, proposals, rounds, seed, say)
    places, weights, effective = weighed.places, weighed.weights, weighed.effective
    begin = uniforms(seed, "acute resampling", [np.zeros(1, dtype=np.int64)])[0]
    ladder = np.minimum(
        np.searchsorted(np.cumsum(weights), (np.arange(draws) + begin) / draws), len(places) - 1
    )
    mean = weights @ places
    spread = np.sqrt(weights @ (places - mean) ** 2)
    low, middle, high = (_quantile(places, weights, part) for part in (0.05, 0.5, 0.95))
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
        middle=_numbers(middle),
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


@dataclass(frozen=True)
class _Weighed:
    """Draws (n, p) of the posterior with their weights (n,), which sum to 1."""

    places: Floats
    weights: Floats

    @property
    def effective(self) -> float:
        return float(1 / np.sum(self.weights**2))


def _weighed(
    target: Posterior, place: Floats, root: Floats, count: int, rounds: int, seed: int, say: Said
) -> _Weighed:
    """Draw ``count`` places in each round, and weigh all of them against the mixture of all rounds' proposals.

    A single round's weights hang on few draws where the posterior is wider than the proposal; the mixture's do not.
    """
    used, places, values = [(place, root)], np.zeros((0, len(place))), np.zeros(0)
    for turn in range(rounds):
        drawn = used[-1][0] + _standard(count, len(place), seed + turn) @ used[-1][1].T
        places, values = np.concatenate([places, drawn]), np.concatenate([values, target.values(drawn)])
        logs = values - logsumexp([_log_density(places, *one) for one in used], axis=0) + np.log(len(used))
        logs = np.where(np.isfinite(logs), logs, -np.inf)
        found = _Weighed(places, np.exp(logs - logsumexp(logs)))
        say(
            f"Round {turn + 1}: {found.effective:.0f} effective draws of {len(places)}, "
            f"largest weight {found.weights.max():.3f}"
        )
        used.append(_learnt(places, logs))
    return found


def _standard(count: int, size: int, seed: int) -> Floats:
    """Return (count, size) draws of a Student t around 0."""
    index, degrees = np.arange(count), int(_DEGREES)
    standard = normals(seed, "acute proposal", [np.repeat(index, size), np.tile(np.arange(size), count)])
    drawn = normals(seed, "acute radius", [np.repeat(index, degrees), np.tile(np.arange(degrees), count)])
    wide = np.sqrt(_DEGREES / np.sum(drawn.reshape(count, degrees) ** 2, axis=1))
    found: Floats = standard.reshape(count, size) * wide[:, None]
    return found


def _log_density(places: Floats, centre: Floats, root: Floats) -> Floats:
    """Return (n,) the logarithm of a Student t's density, without the constant that all share."""
    away = np.linalg.solve(root, (places - centre).T)
    squared = np.sum(away**2, axis=0) / _DEGREES
    found: Floats = -(_DEGREES + len(centre)) / 2 * np.log1p(squared) - float(np.linalg.slogdet(root)[1])
    return found


def _learnt(places: Floats, logs: Floats) -> tuple[Floats, Floats]:
    """Return the mean and a root of the covariance of weighed draws, (p,) and (p, p).

    Weights are softened until ten draws for each number of a place carry them: of fewer the shape would be noise.
    """
    wanted, low, high = 10.0 * places.shape[1], 0.0, 1.0
    for _ in range(40):
        power = (low + high) / 2
        weights = np.exp(power * logs - logsumexp(power * logs))
        low, high = (power, high) if 1 / np.sum(weights**2) > wanted else (low, power)
    weights = np.exp(low * logs - logsumexp(low * logs))
    centre = weights @ places
    away = places - centre
    return centre, np.linalg.cholesky((weights[:, None] * away).T @ away + 1e-9 * np.eye(len(centre)))


def _quantile(places: Floats, weights: Floats, part: float) -> Floats:
    """Return (p,) the weighted quantile of each column."""
    order = np.argsort(places, axis=0)
    ranked = np.cumsum(weights[order], axis=0)
    at = np.argmax(ranked >= part, axis=0)
    columns = np.arange(places.shape[1])
    found: Floats = places[order[at, columns], columns]
    return found


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
    """Simulate the figures of ``count`` truths drawn from the prior, and fit each."""
    simulates, found = posterior(question), []
    for number in range(count):
        of = [np.full(len(names()), number), np.arange(len(names()))]
        truth = normals(seed, "acute truth", of)
        answers = simulated(simulates, question, truth, seed + number)
        fitted = fit(posterior(question, answers), starts=2, proposals=PROPOSALS // 2, say=say)
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
