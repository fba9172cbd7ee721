"""Virtual people: covariates, and parameters that differ between people and between visits.

Person 17 of seed 7 is the same person in any batch, in any order and on any machine, because every number
that makes a person is drawn for that person alone (``_draws``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType, SimpleNamespace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from euthymia.evidence import KineticModel, Spread, kinetic_model, kinetic_models
from euthymia.pharmacology._characters import MOST_PEOPLE, Characters, draw_characters
from euthymia.pharmacology._draws import MOST_INDEX, normals
from euthymia.pharmacology._individual import typical_values
from euthymia.pharmacology._regimen import Administration, InvalidRequest
from euthymia.pharmacology._structures import structure
from euthymia.pharmacology._system import Solution, solve

Floats: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Levels:
    """Which differences are drawn. Switched off, everybody has the typical value there.

    Args:
        uncertainty: of the published estimates: one draw for a whole study.
        between_people: persons differ.
        between_visits: the visits of one person differ: in kinetics where a model knows by how much, and, where people
            differ, in dissociation.
    """

    uncertainty: bool = False
    between_people: bool = True
    between_visits: bool = True


@dataclass(frozen=True)
class People:
    """A batch of virtual people.

    Attributes:
        model: the model whose parameters they have.
        characters: their covariates.
        parameters: by name, (people, visits), in h, L and mg: what ``_structures`` builds systems from.
        assumptions: a sentence for each default that was taken, to be shown beside any result.
        levels: which differences were drawn.
    """

    model: str
    seed: int
    characters: Characters
    parameters: Mapping[str, Floats]
    visits: int
    assumptions: tuple[str, ...]
    levels: Levels = Levels()

    def __len__(self) -> int:
        return len(self.characters.index)

    def solution(self, row: int, doses: Sequence[Administration], visit: int = 0) -> Solution:
        """Solve the model for one of them: slow and exact, for a few people."""
        model = kinetic_model(self.model)
        own = {key: float(values[row, visit]) for key, values in self.parameters.items()}
        inflows = [part for dose in doses for part in structure(model).inflows(model, own, dose)]
        return solve(structure(model).system(model, own), inflows)


def draw_people(
    model_id: str,
    characters: Characters,
    *,
    seed: int,
    levels: Levels | None = None,
    visits: int = 1,
    study: int = 0,
) -> People:
    """Draw the parameters of people whose covariates are given.

    Args:
        model_id: the model they are to be asked with.
        characters: from ``draw_characters`` or ``characters_from_table``.
        seed: of the whole study; people of one seed and index are the same everywhere.
        levels: which differences are drawn; between people and visits unless stated.
        visits: how many visits each person makes.
        study: which repetition of the study this is: the published estimates are drawn anew for each.

    Raises:
        InvalidRequest: the model says nothing of how people differ, needs a covariate that is missing, or
            more people are asked for than a batch holds.
    """
    if model_id not in kinetic_models():
        raise InvalidRequest(f"There is no model '{model_id}'. There are: {', '.join(kinetic_models())}.")
    model, chosen = kinetic_model(model_id), levels or Levels()
    _check(model, characters, chosen, visits)
    whose = np.asarray(characters.index)
    typical = _estimates(model, seed, study) if chosen.uncertainty else typical_values(model)
    between = _between_people(model, seed, whose) if chosen.between_people else {}
    starting = {
        key: expit(logit(value) + between[key])
        if key in between and model.variability[key].scale == "logit"
        else np.full(len(whose), value)
        for key, value in typical.items()
    }
    own = structure(model).adapt(model, SimpleNamespace(**characters.for_model(model_id)), starting)
    parameters = {}
    for key, values in own.items():
        spread = np.broadcast_to(np.asarray(values, dtype=np.float64), (len(whose),))[:, None]
        if key in between and model.variability[key].scale == "log":
            spread = spread * np.exp(between[key])[:, None]
        parameters[key] = spread * _between_visits(model, key, seed, whose, visits, chosen)
    return People(
        model=model_id,
        seed=seed,
        characters=characters,
        parameters=MappingProxyType(parameters),
        visits=visits,
        assumptions=(*characters.assumptions, *characters.remembered(model_id), *_assumptions(model, chosen)),
        levels=chosen,
    )


def draw_people_for(model_id: str, count: int, *, seed: int, first: int = 0, visits: int = 1) -> People:
    """Draw people from the usual population with the parameters of a kinetic model."""
    return draw_people(model_id, draw_characters(count, seed=seed, first=first), seed=seed, visits=visits)


def measured(people: People, concentrations: npt.ArrayLike) -> Floats:
    """Return concentrations as a laboratory would report them: with the model's residual error, never below 0.

    Args:
        people: whose they are.
        concentrations: (people, times, analytes) in ng/mL.

    Returns:
        The same shape and unit.

    Raises:
        InvalidRequest: the residual error of an analyte is not known.
    """
    true, model = np.asarray(concentrations, dtype=np.float64), kinetic_model(people.model)
    if true.shape[::2] != (len(people), len(model.analytes)):
        raise InvalidRequest(
            f"Concentrations of {len(people)} people and {len(model.analytes)} analytes were expected; "
            f"their shape was {true.shape}."
        )
    times = true.shape[1]
    whose, when = np.repeat(people.characters.index, times), np.tile(np.arange(times), len(people))
    found = np.empty_like(true)
    for place, analyte in enumerate(model.analytes):
        residual = model.residuals[analyte.key]
        if residual.variance is None:
            raise InvalidRequest(f"{model.id} gives no residual error for {analyte.name}: {residual.missing}")
        drawn = normals(people.seed, f"residual {analyte.key}", [whose, when]).reshape(-1, times)
        error = np.sqrt(residual.variance.value) * drawn
        values = true[:, :, place]
        found[:, :, place] = values * (np.exp(error) if residual.scale == "log" else 1 + error)
        if residual.additive is not None:
            more = normals(people.seed, f"additive {analyte.key}", [whose, when]).reshape(-1, times)
            molar_mass = model.constants["molar_mass", analyte.key].value
            found[:, :, place] += residual.additive.value * molar_mass * more
    return np.maximum(found, 0.0)


def _check(model: KineticModel, characters: Characters, levels: Levels, visits: int) -> None:
    if len(characters.index) > MOST_PEOPLE:
        raise InvalidRequest(
            f"One batch holds up to {MOST_PEOPLE:,} people; {len(characters.index):,} were asked for. "
            "Draw them in several, each with its own `first`: people are the same in any batch."
        )
    if visits < 1 or visits > MOST_INDEX:
        raise InvalidRequest(f"People make at least one visit; {visits} were asked for.")
    for name in structure(model).needs:
        if not np.all(np.isfinite(getattr(characters, name))):
            raise InvalidRequest(f"{model.id} needs everybody's {name.replace('_', ' in ')}.")
    if levels.between_people:
        unknown = _unknown(model)
        if unknown:
            raise InvalidRequest(
                f"{model.id} cannot make virtual people: how people differ in it is not known "
                f"({model.variability[unknown[0]].missing}) Take another model, or switch "
                "`between_people` off (--no-between-people on the command line)."
            )
    if levels.uncertainty and not model.standard_errors:
        raise InvalidRequest(
            f"{model.id} gives no standard errors: the uncertainty of its estimates is unknown."
        )


def how_people_differ_is_known(model: KineticModel) -> bool:
    """Whether the model, or a named default, says how people differ; if not, only typical people can be asked about."""
    return not _unknown(model)


def _unknown(model: KineticModel) -> list[str]:
    return [key for key, spread in model.variability.items() if _variance(spread) is None]


def _variance(spread: Spread) -> float | None:
    given = spread.variance or spread.default
    return None if given is None else given.value


def _assumptions(model: KineticModel, levels: Levels) -> tuple[str, ...]:
    said = []
    if levels.between_people:
        said += [
            f"How people differ in {key} of {model.id} is missing; a variance of {spread.default.value:g} is taken "
            f"({spread.default.known}). {spread.missing}"
            for key, spread in model.variability.items()
            if spread.default is not None
        ]
    if levels.between_visits and not model.occasions:
        said.append(
            f"{model.id} does not say how the visits of one person differ; their kinetics are the same. "
            "Dissociation differs from session to session all the same."
        )
    if levels.uncertainty and (fixed := sorted(set(model.parameters) - set(model.standard_errors))):
        said.append(
            f"{model.id} gives no standard error for {', '.join(fixed)}; their estimates are taken as sure."
        )
    return tuple(said)


def _estimates(model: KineticModel, seed: int, study: int) -> dict[str, float]:
    """Return the estimates as another study of the same size might have found them, log-normal about these."""
    typical = typical_values(model)
    for key, error in model.standard_errors.items():
        drawn = normals(seed, f"estimate {key}", [np.asarray([study])])[0]
        typical[key] *= float(np.exp(error.value / 100 * drawn))
    return typical


def _between_people(model: KineticModel, seed: int, whose: npt.NDArray[np.int64]) -> dict[str, Floats]:
    """Return each person's deviations, correlated as the model has them, on the scale of each parameter."""
    variances = {key: _variance(spread) for key, spread in model.variability.items()}
    varying = [key for key, variance in variances.items() if variance]
    at = {key: place for place, key in enumerate(varying)}
    together = np.diag([variances[key] or 0.0 for key in varying])
    for (one, other), covariance in model.covariances.items():
        together[at[one], at[other]] = together[at[other], at[one]] = covariance.value
    drawn = np.stack([normals(seed, f"person {key}", [whose]) for key in varying], axis=1)
    deviations = drawn @ np.linalg.cholesky(together).T
    return {key: deviations[:, place] for key, place in at.items()}


def _between_visits(
    model: KineticModel,
    key: str,
    seed: int,
    whose: npt.NDArray[np.int64],
    visits: int,
    levels: Levels,
) -> Floats:
    """Return (people, visits) factors; ones where the visits of one person do not differ."""
    spread = model.occasions.get(key)
    variance = None if spread is None else _variance(spread)
    if not (levels.between_visits and variance):
        return np.ones((len(whose), visits))
    of = [np.repeat(whose, visits), np.tile(np.arange(visits), len(whose))]
    factors: Floats = np.exp(np.sqrt(variance) * normals(seed, f"visit {key}", of))
    return factors.reshape(-1, visits)
