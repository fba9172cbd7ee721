"""What a trial reports of an arm, predicted with the covariance it has at the arm's size.

Mean, SD, response and remission are summaries of the same people. Each is an average, in large samples, of its
influence on each person; their covariance is the covariance of these influences in the simulated people,
divided by the number of people seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jax import Array

from euthymia.evidence import TrialResult
from euthymia.trials._cohort import Cohort

_SMOOTH = 0.5
# Points over which a threshold is crossed, so that a share has a derivative.
_HALF_POINT = 0.5
# Scores are whole: one of at most 12 is a score below 12.5.
_ROUNDED = {"%": 0.5, "{score}": 0.05}
# Half of the last digit that is printed.
KINDS = ("mean_change", "mean", "responders_pct", "remitters_pct")


@dataclass(frozen=True)
class Reported:
    """One number reported of an arm.

    Attributes:
        visit: its place among the cohort's visits.
        kind: one of ``KINDS``.
        sd: whether it is the SD of that number among people, and not the number.
        value: what was found; ``n``: in how many people.
    """

    visit: int
    kind: str
    sd: bool
    value: float
    n: int


def reported(rows: Sequence[TrialResult], cohort: Cohort) -> tuple[Reported, ...]:
    """Return what ``rows`` say of the cohort's arm: each mean and share, and each SD; an SE is no SD."""
    found = []
    visits = list(cohort.visits_h)
    for row in rows:
        if row.arm != cohort.arm.name or row.kind not in KINDS or row.time_h not in visits:
            continue
        visit = visits.index(row.time_h)
        # Where sizes differ between rows of one visit, the smallest is those seen.
        sizes = [r.n for r in rows if r.arm == row.arm and r.time_h == row.time_h and r.n is not None]
        n = min([*sizes, cohort.arm.n])
        found.append(Reported(visit, row.kind, False, row.value.value, n))
        if row.spread is not None and row.spread_kind == "SD" and row.kind in ("mean_change", "mean"):
            found.append(Reported(visit, row.kind, True, row.spread, n))
    return tuple(found)


def predicted(scores: Array, cohort: Cohort, asked: Sequence[Reported]) -> tuple[Array, Array]:
    """Return the means (m,) and covariance (m, m) of what is asked, from simulated scores (V, people)."""
    means, influences, floors = [], [], []
    for one in asked:
        values = _of_people(scores[one.visit], cohort, one.kind)
        mean = jnp.mean(values)
        if one.sd:
            variance = jnp.mean((values - mean) ** 2)
            means.append(jnp.sqrt(variance))
            influences.append(((values - mean) ** 2 - variance) / (2 * jnp.sqrt(variance)))
            floors.append(_ROUNDED["{score}"])
        else:
            means.append(mean)
            influences.append(values - mean)
            share = one.kind.endswith("_pct")
            # A share of few people moves in steps of one of them; a Gaussian needs half a step of room.
            floors.append(max(_ROUNDED["%"], 50.0 / one.n) if share else _ROUNDED["{score}"])
    stacked = jnp.stack(influences)
    people = np.asarray([one.n for one in asked], dtype=np.float64)
    covariance = stacked @ stacked.T / stacked.shape[1] / np.maximum(people[:, None], people[None])
    return jnp.stack(means), covariance + jnp.diag(jnp.asarray(floors) ** 2)


def log_likelihood(
    scores: Array, cohort: Cohort, asked: Sequence[Reported], found: Array | None = None
) -> Array:
    """Return the log of the Gaussian density of what was found in an arm: ``found`` (m,), or as ``asked`` says."""
    mean, covariance = predicted(scores, cohort, asked)
    root = jnp.linalg.cholesky(covariance)
    away = jnp.linalg.solve(root, (found_of(asked) if found is None else found) - mean)
    return -0.5 * jnp.sum(away**2) - jnp.sum(jnp.log(jnp.diag(root)))


def found_of(asked: Sequence[Reported]) -> Array:
    """Return (m,) what was found."""
    return jnp.asarray([one.value for one in asked])


def _of_people(score: Array, cohort: Cohort, kind: str) -> Array:
    baseline = jnp.asarray(cohort.baseline)
    if kind == "mean":
        return score
    if kind == "mean_change":
        return score - baseline
    most = baseline / 2 if kind == "responders_pct" else cohort.remission_at_most + _HALF_POINT
    return 100 / (1 + jnp.exp(jnp.clip((score - most) / _SMOOTH, -50, 50)))
