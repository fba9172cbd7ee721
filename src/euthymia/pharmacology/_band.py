"""How far people like this one differ: a band around the typical prediction, from virtual people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from euthymia.evidence import kinetic_model
from euthymia.pharmacology._alone import one_at_a_time
from euthymia.pharmacology._characters import Characters
from euthymia.pharmacology._people import draw_people
from euthymia.pharmacology._prediction import as_entering
from euthymia.pharmacology._regimen import Administration, Covariates


@dataclass(frozen=True, slots=True)
class Band:
    """Between which concentrations most people of one age, weight and ancestry lie, at each time asked for.

    Attributes:
        people: how many were drawn; ``seed`` draws the same ones again.
        low_percent, high_percent: the parts of them that lie below each end.
        low, high: by analyte key, ng/mL, one for each time.
        assumptions: a sentence for each default that was taken.
    """

    people: int
    seed: int
    low_percent: float
    high_percent: float
    low: Mapping[str, tuple[float, ...]]
    high: Mapping[str, tuple[float, ...]]
    assumptions: tuple[str, ...]


@one_at_a_time
def between_people(
    model_id: str,
    covariates: Covariates,
    administrations: Sequence[Administration],
    times_h: Sequence[float],
    *,
    people: int,
    percent: tuple[float, float],
    seed: int,
    drug: str | None = None,
) -> Band:
    """Solve the model exactly for ``people`` who share the covariates and differ as the model says people do.

    Some milliseconds a person, after the drawing has compiled: for one patient, in a worker.

    Raises:
        InvalidRequest: the model does not say how people differ, or needs a covariate that is missing.
    """
    model = kinetic_model(model_id)
    doses = as_entering(
        model, drug or model.drugs[0], tuple(sorted(administrations, key=lambda each: each.time_h))
    )
    drawn = draw_people(model_id, _alike(covariates, people), seed=seed)
    solved = np.stack(
        [np.asarray(drawn.solution(row, doses).concentrations(times_h)) for row in range(people)]
    )
    low, high = np.percentile(np.maximum(solved, 0.0), percent, axis=0)
    keys = [analyte.key for analyte in model.analytes]
    return Band(
        people=people,
        seed=seed,
        low_percent=percent[0],
        high_percent=percent[1],
        low={key: tuple(map(float, low[:, place])) for place, key in enumerate(keys)},
        high={key: tuple(map(float, high[:, place])) for place, key in enumerate(keys)},
        assumptions=drawn.assumptions,
    )


def _alike(person: Covariates, count: int) -> Characters:
    """People with one person's covariates; what is not known of the person is not known of them."""

    def all_have(value: float | None) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
        return np.full(count, np.nan if value is None else float(value))

    nobody = np.zeros(count, dtype=np.bool_)
    return Characters(
        index=np.arange(count),
        age_years=all_have(person.age_years),
        weight_kg=all_have(person.weight_kg),
        female=nobody,
        asian=np.full(count, bool(person.asian)),
        japanese=np.full(count, bool(person.japanese)),
        hepatic_moderate=nobody,
        cyp2b6_inhibited=nobody,
        liver_clearance=all_have(person.liver_clearance),
        gut_clearance=all_have(person.gut_clearance),
        failed_antidepressants=np.zeros(count, dtype=np.int64),
        baseline_madrs=all_have(None),
        assumptions=(),
    )
