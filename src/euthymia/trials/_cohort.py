"""The virtual people of an arm, all random numbers drawn: what is left is a smooth function of parameters.

The same numbers serve every parameter (common random numbers), drawn evenly by a scrambled Sobol sequence, so
that a few hundred people have the means and spreads of many thousand.
"""

from dataclasses import dataclass, field
from typing import TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import Array
from scipy.special import ndtr, ndtri
from scipy.stats import qmc

from euthymia.pharmacology import mood
from euthymia.trials._design import MOST_SCORE, Arm, Baseline, Design
from euthymia.trials._exposure import Exposure, exposure

Floats: TypeAlias = npt.NDArray[np.float64]

_OWN = 4  # numbers of a person besides one for each visit: baseline, drug, late, pulse
TYPICAL_N = 100.0
"""The arm size at which a trial's size changes nothing."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Cohort:
    """One arm's people: for JAX a tree, whose arrays can be arguments of compiled code.

    Attributes:
        arm: whose they are.
        visits_h: (V,) hours since the first dose.
        exposure: what drives the model; its ``at`` are the visits.
        baseline: (people,) points.
        drug, late, pulse: (people,) standard normal numbers.
        noise: (V, people) standard normal numbers, one for each visit.
        since_h: (V,) hours since the last session began.
        begun_h: hours of care before the first dose of this design.
        remission_at_most: points.
    """

    arm: Arm = field(metadata={"static": True})
    visits_h: Floats
    exposure: Exposure
    baseline: Floats
    drug: Floats
    late: Floats
    pulse: Floats
    noise: Floats
    since_h: Floats
    begun_h: float = field(metadata={"static": True})
    remission_at_most: float = field(metadata={"static": True})


def cohorts(
    design: Design, *, people: int, seed: int, visits_h: tuple[float, ...] | None = None
) -> tuple[Cohort, ...]:
    """Return a cohort for each arm of a design, seen at its visits unless others are given.

    Args:
        design: the trial.
        people: in each arm, a power of two.
        seed: of the whole study.
        visits_h: when they are seen.
    """
    times = design.visits_h if visits_h is None else visits_h
    begun = 0.0 if design.rerandomised is None else design.rerandomised.after_h
    found = []
    for place, arm in enumerate(design.arms):
        own = seed if design.same_people else seed + 7919 * (place + 1)
        drawn = evenly(_OWN + len(times), people, own)
        # A visit at the hour of a session comes before its dose.
        since = [t - max(s for s in arm.sessions_h if s < t) for t in times]
        found.append(
            Cohort(
                arm=arm,
                visits_h=np.asarray(times),
                exposure=exposure(arm, design.who, times, people=people, seed=seed),
                baseline=baselines(arm.baseline, drawn[0]),
                drug=drawn[1],
                late=drawn[2],
                pulse=drawn[3],
                noise=drawn[_OWN:],
                since_h=np.asarray(since),
                begun_h=begun,
                remission_at_most=design.remission_at_most,
            )
        )
    return tuple(found)


def baselines(given: Baseline, drawn: Floats) -> Floats:
    """Return scores at entry: normal, cut below at the least score at entry, with the mean and SD that are given."""
    if given.sd == 0:
        return np.full(len(drawn), given.mean)
    low, high = (ndtr((end - given.mean) / given.sd) for end in (given.entry_minimum, MOST_SCORE))
    cut = ndtri(np.clip(low + ndtr(drawn) * (high - low), 1e-12, 1 - 1e-12))
    return np.asarray(np.clip(given.mean + given.sd * (cut - cut.mean()) / cut.std(), 1, MOST_SCORE - 1))


def evenly(dimensions: int, people: int, seed: int) -> Floats:
    """Return (dimensions, people) standard normal numbers, evenly spread in all dimensions together."""
    drawn = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(seed)).random(people)
    return np.asarray(ndtri(np.clip(drawn, 1e-12, 1 - 1e-12)).T)


@dataclass(frozen=True)
class TrialEffects:
    """How one trial differs from the usual: standard normal numbers for its context and its drug's effect."""

    context: Array | float = 0.0
    drug: Array | float = 0.0


def labile_of(some: tuple[Cohort, ...], values: mood.Values) -> tuple[Array | None, ...]:
    """Return the labile synapses at the visits, (V, people), for each cohort; None where no ketamine is given.

    Arms with grids of about one length are carried in one pass, filled up by repeating the last node.
    """
    found: list[Array | None] = [None] * len(some)
    batches: dict[bool, list[int]] = {}
    for place, cohort in enumerate(some):
        if cohort.arm.active:
            batches.setdefault(len(cohort.exposure.nodes_h) > _LONG, []).append(place)
    for batch in batches.values():
        most = max(len(some[place].exposure.nodes_h) for place in batch)
        nodes, sites = zip(*(_filled(some[place].exposure, most) for place in batch), strict=True)
        along = mood.labile(jnp.diff(jnp.stack(nodes, axis=1), axis=0), jnp.stack(sites, axis=1), values)
        for at, place in enumerate(batch):
            found[place] = along[jnp.asarray(some[place].exposure.at), at]
    return tuple(found)


_LONG = 90
# Nodes of a grid that is carried apart from the short ones.


def _filled(one: Exposure, most: int) -> tuple[Array, Array]:
    more = most - len(one.nodes_h)
    return (
        jnp.pad(jnp.asarray(one.nodes_h), (0, more), mode="edge"),
        jnp.pad(jnp.asarray(one.site), ((0, more), (0, 0)), mode="edge"),
    )


def scores(cohort: Cohort, labile: Array | None, values: mood.Values, effects: TrialEffects) -> Array:
    """Return observed scores (V, people), points: the model's with the trial's effects and the visit's noise."""
    arm, since = cohort.arm, jnp.asarray(cohort.since_h)[:, None]
    hours = jnp.asarray(cohort.visits_h)[:, None]
    context = jnp.exp(values["context_sd"] * effects.context)
    pulse = values["pulse"] + values["pulse_sd"] * jnp.asarray(cohort.pulse)
    if arm.setting == "open-label":
        pulse = pulse * jnp.exp(values["open_label"])
    if arm.active and arm.setting != "anaesthesia":
        pulse = pulse + values["unblinding"]
    late = values["late"] + values["late_sd"] * cohort.late
    moved = context * (
        pulse * mood.fading(since, values) + late * mood.late_part(hours, values, cohort.begun_h)
    )
    if arm.oral_antidepressant == "new":
        moved = moved + mood.oral_part(hours, values)
    if labile is not None:
        small = 1 / np.sqrt(arm.n) - 1 / np.sqrt(TYPICAL_N)
        trial = jnp.exp(values["drug_sd"] * effects.drug + values["small_trial"] * small)
        moved = moved + trial * values["drug"] * jnp.exp(values["drug_log_sd"] * cohort.drug) * labile
    return mood.score(jnp.asarray(cohort.baseline), moved + values["residual_sd"] * cohort.noise)
