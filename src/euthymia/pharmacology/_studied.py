"""Says where a question leaves what its model was studied in."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from euthymia.evidence import KineticModel, Known, Studied, units
from euthymia.pharmacology._regimen import DAY_H, Administration, Covariates


def outside_studied(
    model: KineticModel, person: Covariates, doses: tuple[Administration, ...]
) -> tuple[str, ...]:
    """Return a sentence for each covariate or dose outside the model's people and doses.

    A covariate that is not given is not judged.
    """
    sentences = []
    for name, value in (("age", person.age_years), ("weight", person.weight_kg)):
        if value is not None and name in model.studied:
            sentences += _outside(model, f"{name} {value:g}", value, model.studied[name])
    return (*sentences, *doses_outside(model, doses))


def doses_outside(model: KineticModel, doses: tuple[Administration, ...]) -> tuple[str, ...]:
    """Return a sentence for each dose outside what the model was studied in, or that nothing is known of that.

    Doses by one route that start within 24 hours count as one.
    """
    if not model.studied:
        return (f"The evidence does not say in whom or at which doses {model.id} was studied.",)
    sentences = []
    for route, total in sorted(_daily_totals(doses)):
        if f"{route}_dose" in model.studied:
            sentences += _outside(
                model, f"{route} dose of {total:g} mg", total, model.studied[f"{route}_dose"]
            )
    return (*sentences, *_part_used_devices(model, doses))


def count_outside(model: KineticModel, covariates: Mapping[str, npt.NDArray[np.float64]]) -> dict[str, int]:
    """Return how many people's covariates, arrays by name, lie outside what the model was studied in."""
    return {
        name: int(((values < model.studied[name].lowest) | (values > model.studied[name].highest)).sum())
        for name, values in covariates.items()
        if name in model.studied
    }


def people_outside(model: KineticModel, counts: Mapping[str, int], people: int) -> tuple[str, ...]:
    """Return a sentence for each covariate by which some of ``people`` were outside, as ``count_outside`` counts."""
    return tuple(
        f"The {name} of {count:,} of {people:,} people is outside what {model.id} was studied in "
        f"({_covered(model.studied[name])}); for them this is an extrapolation."
        for name, count in counts.items()
        if count
    )


def _outside(model: KineticModel, what: str, value: float, studied: Studied) -> list[str]:
    if studied.lowest <= value <= studied.highest:
        return []
    covered = _covered(studied)
    return [f"The {what} is outside what {model.id} was studied in ({covered}); this is an extrapolation."]


def _covered(studied: Studied) -> str:
    ends = (f"{end:g}" for end in sorted({studied.lowest, studied.highest}))
    ours = ", by our reading of its data" if studied.known is Known.OURS else ""
    return f"{' to '.join(ends)} {units()[studied.unit].printed}{ours}"


def _daily_totals(doses: tuple[Administration, ...]) -> set[tuple[str, float]]:
    """Return the distinct totals by route of doses that start within a day of the first of them."""
    totals: list[tuple[str, float, float]] = []
    for dose in doses:
        for place, (route, begun, total) in enumerate(totals):
            if route == dose.route and dose.time_h < begun + DAY_H:
                totals[place] = (route, begun, total + dose.amount_mg)
                break
        else:
            totals.append((dose.route.value, dose.time_h, dose.amount_mg))
    return {(route, total) for route, _, total in totals}


def _part_used_devices(model: KineticModel, doses: tuple[Administration, ...]) -> tuple[str, ...]:
    holds = model.constant("device", "amount")
    if holds is None or all(dose.amount_mg == holds for dose in doses if dose.device):
        return ()
    return (
        f"A device holds {holds:g} mg; {model.id} does not say how less than a whole device is absorbed.",
    )
