"""What a trial of a given design would find: predictive intervals by arm, visit and difference.

An interval holds three kinds of not knowing: the parameters (draws of an ensemble), how this trial would differ
from others (its effects on context and on the drug's effect, drawn anew for each), and which people happen to be
in an arm of that size. Given the control arm's results, draws are weighted by how well they foretell them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from euthymia.evidence import TrialResult
from euthymia.pharmacology import InvalidRequest
from euthymia.pharmacology._alone import one_at_a_time
from euthymia.pharmacology._draws import normals, uniforms
from euthymia.trials._cohort import Cohort, TrialEffects, cohorts, labile_of, scores
from euthymia.trials._design import Design
from euthymia.trials._parameters import Ensemble, values_at
from euthymia.trials._relapse import Followed, follow
from euthymia.trials._summaries import log_likelihood, reported
from euthymia.trials.comparisons import change_of, control_of

Floats: TypeAlias = npt.NDArray[np.float64]

QUANTILES = (0.05, 0.5, 0.95)
PEOPLE = 512
"""Virtual people behind each arm; a trial's people are drawn from them."""
_PRINTED = ("mean_change", "sd_change", "responders_pct", "remitters_pct")
_TRIALS_PER_DRAW, _GIVEN_PER_DRAW = 5, 50
_FEW = 50
"""Fewer effective draws than this and a conditional interval carries a warning."""


@dataclass(frozen=True)
class Forecast:
    """What a trial would find.

    Attributes:
        arms: by arm, visit (hours) and quantity: the simulated trials' numbers, each (trials,). Quantities are
            ``mean_change``, ``sd_change``, ``responders_pct``, ``remitters_pct``, and ``mean`` and ``sd_score`` of the
            score itself.
        differences: by arm and visit, mean change less the control's, (trials,).
        relapse: by arm, what became of those followed; empty without a [relapse] table.
        effective: how many equally weighted draws the trials are worth.
        warnings: sentences to show beside any number.
    """

    design: Design
    ensemble: str
    arms: Mapping[str, Mapping[float, Mapping[str, Floats]]]
    differences: Mapping[str, Mapping[float, Floats]]
    relapse: Mapping[str, Followed] = field(default_factory=dict)
    effective: float = 0.0
    warnings: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the answer as ``euthymia predict-trial --json`` prints it."""
        return {
            "arms": {
                arm: {
                    f"{visit:g}": {key: quantiles(found[key]) for key in _PRINTED}
                    for visit, found in visits.items()
                }
                for arm, visits in self.arms.items()
            },
            "differences": {
                arm: {f"{visit:g}": quantiles(drawn) for visit, drawn in visits.items()}
                for arm, visits in self.differences.items()
            },
            "relapse": {arm: followed.as_json() for arm, followed in self.relapse.items()},
            "model": "antidepressant-1",
            "ensemble": self.ensemble,
            "warnings": list(self.warnings),
        }


def quantiles(drawn: Floats) -> list[float]:
    """Return the 5th, 50th and 95th of 100."""
    return [round(float(one), 4) for one in np.quantile(drawn, QUANTILES)]


@one_at_a_time
def predict_trial(
    design: Design,
    ensemble: Ensemble,
    *,
    draws: int | None = None,
    seed: int = 7,
    given_control: Sequence[TrialResult] = (),
    people: int = PEOPLE,
    progress: Callable[[int], None] = lambda done: None,
) -> Forecast:
    """Predict a trial.

    Args:
        design: the trial.
        ensemble: sets of parameters; the first ``draws`` of them are taken, or all.
        draws: of parameters, 2 to as many as there are.
        seed: of the trial effects and of the people.
        given_control: results of the control arm that the answer is to be conditional on.
        people: virtual people behind each arm, a power of two.
        progress: called with the number of draws done.

    Raises:
        InvalidRequest: too few or too many draws, or results that are none of a control arm.
    """
    places = ensemble.taken(draws)
    per_draw = _GIVEN_PER_DRAW if given_control else _TRIALS_PER_DRAW
    index = np.arange(len(places) * per_draw)
    effects = trial_effects(seed, len(index))
    some = cohorts(design, people=people, seed=seed)
    labile = all_labile(some, places, progress)
    if given_control:
        weights = _weights(some, places, effects, per_draw, given_control)
        chosen = _systematic(weights, len(places) * _TRIALS_PER_DRAW, seed)
        draw_of, effects = chosen // per_draw, effects[:, chosen]
        # A control without ketamine says nothing of the drug's effect but through the parameters: were it kept with
        # the few draws that weigh most, chance would narrow it.
        effects[1] = normals(seed, "trial effect drug, given the control", [np.arange(len(chosen))])
        effective = float(1 / np.sum(weights**2))
    else:
        draw_of, effective = index // per_draw, float(len(places))
    arms = {
        cohort.arm.name: _sampled(cohort, labile[place], places, effects, draw_of, seed + place)
        for place, cohort in enumerate(some)
    }
    relapse = _relapses(design, places, effects, draw_of, seed, people) if design.relapse else {}
    return Forecast(
        design=design,
        ensemble=ensemble.id,
        arms=arms,
        differences=_differences(design, arms, given_control),
        relapse=relapse,
        effective=effective,
        warnings=(*ensemble.warnings, *design.warnings, *_said(design, effective, bool(given_control))),
    )


def trial_effects(seed: int, trials: int) -> Floats:
    """Return (2, trials) standard normal numbers: how each trial differs in its context and in its drug's effect."""
    index = np.arange(trials)
    return np.stack([normals(seed, f"trial effect {kind}", [index]) for kind in ("context", "drug")])


def all_labile(
    some: tuple[Cohort, ...], places: Floats, progress: Callable[[int], None]
) -> list[Floats | None]:
    """Return for each arm (draws, V, people); None where no ketamine is given."""
    once, held = (
        jax.jit(lambda place, some: labile_of(some, values_at(place))),
        jax.tree.map(jnp.asarray, some),
    )
    found: list[list[Any]] = [[] for _ in some]
    for done, place in enumerate(places, start=1):
        for arm, labile in zip(found, once(jnp.asarray(place), held), strict=True):
            arm.append(None if labile is None else np.asarray(labile))
        progress(done)
    return [None if arm[0] is None else np.stack(arm) for arm in found]


def _weights(
    some: tuple[Cohort, ...], places: Floats, effects: Floats, per_draw: int, given: Sequence[TrialResult]
) -> Floats:
    """Return the weight of each simulated trial, given what the control arms found; they make 1 together."""
    total, used = np.zeros(effects.shape[1]), 0
    for cohort in some:
        asked = reported(given, cohort)
        if not cohort.arm.control or not asked:
            continue
        used += len(asked)
        # A control that is itself active (a withdrawal's) would need its labile synapses here.
        if cohort.arm.active:
            raise InvalidRequest("Only a control arm without ketamine can be given.")

        def one(
            place: jax.Array, effect: jax.Array, cohort: Cohort = cohort, asked: Any = asked
        ) -> jax.Array:
            found = scores(cohort, None, values_at(place), TrialEffects(effect, 0.0))
            return log_likelihood(found, cohort, asked)

        per_trial = jax.jit(jax.vmap(one, (None, 0)))
        by_draw = effects[0].reshape(len(places), per_draw)
        total += np.concatenate(
            [
                np.asarray(per_trial(jnp.asarray(p), jnp.asarray(e)))
                for p, e in zip(places, by_draw, strict=True)
            ]
        )
    if not used:
        raise InvalidRequest("The results given hold nothing of a control arm of this design at its visits.")
    weights = np.exp(total - total.max())
    return np.asarray(weights / weights.sum())


def _systematic(weights: Floats, count: int, seed: int) -> npt.NDArray[np.int64]:
    """Return ``count`` places, each as often as its weight says."""
    start = uniforms(seed, "trial resampling", [np.zeros(1, dtype=np.int64)])[0]
    along = np.minimum(
        np.searchsorted(np.cumsum(weights), (np.arange(count) + start) / count), len(weights) - 1
    )
    return np.asarray(along, dtype=np.int64)


@jax.jit
def _scored(cohort: Cohort, labile: Any, place: jax.Array, effect: jax.Array) -> jax.Array:
    return scores(cohort, labile, values_at(place), TrialEffects(effect[0], effect[1]))


def simulated_scores(
    cohort: Cohort, labile: Floats | None, places: Floats, effects: Floats, draw_of: npt.NDArray[np.int64]
) -> Any:
    """Yield observed scores (V, people) for each trial: of the draw it is of, with its own effects (2, trials)."""
    held = jax.tree.map(jnp.asarray, cohort)
    for trial, draw in enumerate(draw_of):
        own = None if labile is None else jnp.asarray(labile[draw])
        yield np.asarray(_scored(held, own, jnp.asarray(places[draw]), jnp.asarray(effects[:, trial])))


def _sampled(
    cohort: Cohort,
    labile: Floats | None,
    places: Floats,
    effects: Floats,
    draw_of: npt.NDArray[np.int64],
    seed: int,
) -> dict[float, dict[str, Floats]]:
    """Return by visit what each trial finds in an arm of its size, less those who have left."""
    people, size = len(cohort.baseline), cohort.arm.n
    who = np.minimum((_lots(len(draw_of), size, seed) * people).astype(np.int64), people - 1)
    left = 1 - cohort.arm.dropout_by_end * cohort.visits_h / cohort.visits_h[-1]
    found: dict[float, dict[str, list[float]]] = {
        float(visit): {kind: [] for kind in (*_PRINTED, "mean", "sd_score")} for visit in cohort.visits_h
    }
    runs = simulated_scores(cohort, labile, places, effects, draw_of)
    for trial, score in enumerate(runs):
        for place, visit in enumerate(cohort.visits_h):
            seen = who[trial, : max(round(size * left[place]), 2)]
            # Raters give whole points.
            rated, base = np.round(score[place, seen]), cohort.baseline[seen]
            into, change = found[float(visit)], rated - base
            into["mean_change"].append(float(change.mean()))
            into["sd_change"].append(float(change.std(ddof=1)))
            into["responders_pct"].append(100 * float(np.mean(rated <= base / 2)))
            into["mean"].append(float(rated.mean()))
            into["sd_score"].append(float(rated.std(ddof=1)))
            into["remitters_pct"].append(100 * float(np.mean(rated <= cohort.remission_at_most)))
    return {visit: {key: np.asarray(drawn) for key, drawn in kinds.items()} for visit, kinds in found.items()}


def _lots(trials: int, size: int, seed: int) -> Floats:
    """Return (trials, size) numbers from 0 to 1, by which chance draws an arm's people."""
    index = np.arange(trials)
    drawn = uniforms(seed, "trial people", [np.repeat(index, size), np.tile(np.arange(size), trials)])
    return drawn.reshape(trials, size)


def _differences(
    design: Design,
    arms: Mapping[str, Mapping[float, Mapping[str, Floats]]],
    given: Sequence[TrialResult],
) -> dict[str, dict[float, Floats]]:
    """Return arm less control: the control that was found where it is given, else the simulated one."""
    if not design.controls:
        return {}
    found = {}
    for arm in design.arms:
        if arm.control:
            continue
        control = control_of(arm, design)
        observed = {visit: change_of(control, visit, given) for visit in design.visits_h}
        found[arm.name] = {
            visit: arms[arm.name][visit]["mean_change"]
            - (arms[control.name][visit]["mean_change"] if change is None else change[0])
            for visit, change in observed.items()
        }
    return found


def _relapses(
    design: Design,
    places: Floats,
    effects: Floats,
    draw_of: npt.NDArray[np.int64],
    seed: int,
    people: int,
) -> dict[str, Followed]:
    """Follow each arm's chosen people after the end of the first phase, in arms of the design's sizes."""
    assert design.relapse is not None
    some = cohorts(design, people=people, seed=seed, visits_h=design.relapse.visits_h)
    labile = all_labile(some, places, lambda done: None)
    return {
        cohort.arm.name: follow(
            design.relapse,
            cohort,
            simulated_scores(cohort, labile[place], places, effects, draw_of),
            _lots(len(draw_of), cohort.arm.n, seed + place),
        )
        for place, cohort in enumerate(some)
    }


def _said(design: Design, effective: float, given: bool) -> list[str]:
    said = []
    if given and effective < _FEW:
        said.append(
            f"Only about {effective:.0f} of the simulated trials agree with the control arm that was given: "
            "the intervals are rough."
        )
    if any(arm.setting == "anaesthesia" for arm in design.arms):
        said.append(
            "What anaesthesia itself does to mood is not modelled; only noticing the drug is taken away."
        )
    if any(arm.product == "midazolam-iv" for arm in design.arms):
        said.append("Midazolam is taken as saline: that it hides better who got the drug is not modelled.")
    if any(arm.product == "esketamine-iv" for arm in design.arms):
        said.append(
            "No trial of esketamine by vein was fitted: what its concentration does was learnt from spray and racemate."
        )
    if design.rerandomised is not None:
        said.append(
            f"That these people were chosen as {design.rerandomised.who} of {design.rerandomised.of} acts through "
            "their scores at entry alone."
        )
    if design.same_people:
        said.append(
            "Nothing is carried over from one period of the crossover to the next, and chance draws people for each "
            "period anew: differences are predicted as wide as between two groups."
        )
    if design.relapse is not None:
        said.append("Relapse is read off simulated scores; stopping the drug adds nothing else.")
    return said
