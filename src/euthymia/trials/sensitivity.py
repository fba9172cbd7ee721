"""What moves a forecast: by how many points a parameter shifts it when it moves as far as it is unknown.

For mood a parameter moves by half a standard deviation of the ensemble to either side, the others staying where a
set of the ensemble has them; that is a derivative times how unknown the parameter is, averaged over sets. Parameters
go together in the ensemble, which this leaves out, so that shares do not make up a variance. For dissociation kinetic
parameters and a person's own answer move by what people differ in them, what was fitted by a standard deviation of the
acute effects' ensemble, and what was held fixed by a tenth.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import polars as pl

from euthymia.evidence import effect_model, kept_acute_fit, kinetic_model
from euthymia.pharmacology import Levels, characters_from_table, nasal_session
from euthymia.pharmacology._alone import one_at_a_time
from euthymia.pharmacology._people import People, draw_people
from euthymia.trials._cohort import Cohort, TrialEffects, cohorts, labile_of, scores
from euthymia.trials._parameters import Ensemble, names, values_at
from euthymia.trials.outlook import outlook_design

Floats: TypeAlias = npt.NDArray[np.float64]

OUTCOMES = ("fallen by day 28", "less than without spray on day 28", "lost in the four weeks after")
"""Points: of a group with spray for four weeks; against placebo spray; and once its sessions have ended."""

_DAY_28_H, _DAY_56_H = 647.0, 1344.0
_PEOPLE = 256
SETS = 24
"""Sets of the ensemble that are taken unless stated."""
_KINETICS, _DEVICES = "perez-ruixo-2021", 3
_FINE_H = np.arange(0.0, 2.5, 1 / 120)
_TENTH = 0.1


@dataclass(frozen=True)
class Sensitivity:
    """By how many points each parameter moves an outcome.

    Attributes:
        ensemble: of the mood model; ``ensemble_sha256`` is its file's.
        mood: by parameter, points for each of ``OUTCOMES``.
        dissociation: by parameter, points of the highest CADSS of a typical person in a first session of 84 mg.
        peak: that highest CADSS, points.
    """

    ensemble: str
    ensemble_sha256: str
    mood: Mapping[str, tuple[float, ...]]
    dissociation: Mapping[str, float]
    peak: float

    def as_json(self) -> dict[str, Any]:
        """Return what is kept for the model card, the largest first."""
        by_size = sorted(self.mood.items(), key=lambda item: -abs(item[1][0]))
        peak = sorted(self.dissociation.items(), key=lambda item: -abs(item[1]))
        return {
            "ensemble": self.ensemble,
            "ensemble_sha256": self.ensemble_sha256,
            "outcomes": list(OUTCOMES),
            "mood": {name: [round(one, 2) for one in points] for name, points in by_size},
            "peak_dissociation": round(self.peak, 2),
            "dissociation": {name: round(points, 2) for name, points in peak},
        }


@one_at_a_time
def sensitivity(
    ensemble: Ensemble,
    *,
    sha256: str = "",
    sets: int = SETS,
    progress: Callable[[int], None] = lambda done: None,
) -> Sensitivity:
    """Move every parameter and see what follows.

    Args:
        ensemble: of the mood model.
        sha256: of its file.
        sets: so many of its sets, evenly through it.
        progress: called with the number of sets done.
    """
    outcomes = _outcomes()
    spread = ensemble.places.std(axis=0)
    chosen = ensemble.places[:: max(len(ensemble.places) // sets, 1)][:sets]
    moved = np.zeros((len(names()), len(OUTCOMES)))
    for done, place in enumerate(chosen, start=1):
        for at, half in enumerate(spread / 2):
            step = np.eye(len(place))[at] * half
            moved[at] += np.asarray(outcomes(place + step) - outcomes(place - step)) / len(chosen)
        progress(done)
    peak, dissociation = _peaks()
    return Sensitivity(
        ensemble.id,
        sha256,
        {name: tuple(map(float, row)) for name, row in zip(names(), moved, strict=True)},
        dissociation,
        peak,
    )


def _outcomes() -> Callable[[Floats], jax.Array]:
    """Return a function of a place (p,) that gives the three outcomes, in points."""
    seen = cohorts(outlook_design(), people=_PEOPLE, seed=7, visits_h=(_DAY_28_H, _DAY_56_H))
    spray, placebo = seen[1:3]

    @jax.jit
    def found(place: jax.Array, spray: Cohort, placebo: Cohort) -> jax.Array:
        values = values_at(place)
        (labile,) = labile_of((spray,), values)
        with_it, without = (
            scores(one, own, values, TrialEffects()).mean(axis=1)
            for one, own in ((spray, labile), (placebo, None))
        )
        return jnp.stack(
            [spray.baseline.mean() - with_it[0], without[0] - with_it[0], with_it[1] - with_it[0]]
        )

    held = [jax.tree.map(jnp.asarray, one) for one in (spray, placebo)]
    return lambda place: found(jnp.asarray(place), *held)


def _peaks() -> tuple[float, dict[str, float]]:
    """Return a typical person's highest CADSS in a first session of 84 mg, and what each parameter moves it by."""
    model, acute, fitted = kinetic_model(_KINETICS), effect_model("acute-2"), kept_acute_fit()
    numbers = {
        (group, key): acute.value(group, key)
        for group, key in (
            ("effect_site", "rate"),
            ("effect_site", "adaptation_half_life"),
            ("effect_site", "adaptation_part"),
            ("dissociation", "slope"),
            ("dissociation", "most"),
        )
    }
    typical = pl.DataFrame(
        {"age_years": [model.typical["age"].value], "weight_kg": [model.typical["weight"].value]}
    )
    person = draw_people(
        _KINETICS, characters_from_table(typical), seed=1, levels=Levels(between_people=False)
    )
    plasma = _plasma(person)
    found: dict[str, float] = {}
    for key, given in model.variability.items():
        variance = given.variance or given.default
        if variance is None or not variance.value:
            continue
        step = np.sqrt(variance.value) / 2
        up, down = (
            _highest(_plasma(_with(person, key, sign * step, given.scale)), numbers) for sign in (1, -1)
        )
        found[f"{key}, between people"] = up - down
    slope, apart = ("dissociation", "slope"), acute.value("dissociation", "between_people")
    up, down = (
        _highest(plasma, numbers | {slope: numbers[slope] * np.exp(sign * apart / 2)}) for sign in (1, -1)
    )
    found["dissociation of one concentration, between people"] = up - down
    for place, value in numbers.items():
        spread = fitted.spreads.get(".".join(place))
        half = (value * _TENTH if spread is None else spread) / 2
        up, down = (_highest(plasma, numbers | {place: value + sign * half}) for sign in (1, -1))
        by = "a tenth" if spread is None else "as far as it is unknown"
        found[f"{place[1]} of {place[0].replace('_', ' ')}, {by}"] = up - down
    return _highest(plasma, numbers), found


def _with(person: People, key: str, step: float, scale: str) -> People:
    """The same person with one parameter moved on the scale on which people differ in it."""
    value = person.parameters[key]
    if scale == "logit":
        part = value / (1 - value)
        moved = part * np.exp(step) / (1 + part * np.exp(step))
    else:
        moved = value * np.exp(step)
    return replace(person, parameters={**person.parameters, key: moved})


def _plasma(person: People) -> Floats:
    given = nasal_session(_DEVICES, device_mg=28, interval_h=5 / 60)
    return np.asarray(person.solution(0, given).concentrations(_FINE_H))[:, 0]


def _highest(plasma: Floats, numbers: Mapping[tuple[str, str], float]) -> float:
    """Return the highest CADSS: plasma to the effect site and what adapts, exact for plasma linear between times.

    What attenuates over sessions is at its beginning.
    """
    site = _following(plasma, numbers["effect_site", "rate"] * 60)
    adapted = _following(site, np.log(2) / numbers["effect_site", "adaptation_half_life"])
    acting = np.maximum(site - numbers["effect_site", "adaptation_part"] * adapted, 0.0)
    linear, most = numbers["dissociation", "slope"] * acting, numbers["dissociation", "most"]
    return float(np.max(most * linear / (most + linear)))


def _following(driven_by: Floats, rate: float) -> Floats:
    """Return what follows at an hourly rate, from nothing at first."""
    hours = np.diff(_FINE_H)
    fade = np.exp(-rate * hours)
    early = (1 - fade) / (rate * hours) - fade
    late = 1 - (1 - fade) / (rate * hours)
    found = np.zeros_like(driven_by)
    for at in range(len(hours)):
        found[at + 1] = found[at] * fade[at] + driven_by[at] * early[at] + driven_by[at + 1] * late[at]
    return found
