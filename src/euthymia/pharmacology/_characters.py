"""Who virtual people are: covariates drawn after a population, or read from a table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import ndtr, ndtri

from euthymia.evidence import (
    Population,
    Spanned,
    entry_limit,
    interactions,
    kinetic_model,
    population,
    populations,
    rests_on_memory,
)
from euthymia.pharmacology._draws import MOST_INDEX, normals, uniforms
from euthymia.pharmacology._interactions import under
from euthymia.pharmacology._regimen import Ancestry, Covariates, InvalidRequest
from euthymia.pharmacology._structures import structure

Floats: TypeAlias = npt.NDArray[np.float64]
Whole: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Characters:
    """The covariates of some people, each an array (people,).

    Attributes:
        index: the number of each person: with a seed it names the person for good.
        age_years, weight_kg: NaN where not known.
        female, asian, japanese: an Asian person may be Japanese.
        hepatic_moderate, cyp2b6_inhibited: conditions that act as ``under`` has them.
        liver_clearance, gut_clearance: what the organs clear, as parts of healthy ones, without the conditions.
        failed_antidepressants: in this episode; ``baseline_madrs``: points.
        assumptions: sentences to show beside any result.
    """

    index: Whole
    age_years: Floats
    weight_kg: Floats
    female: Flags
    asian: Flags
    japanese: Flags
    hepatic_moderate: Flags
    cyp2b6_inhibited: Flags
    liver_clearance: Floats
    gut_clearance: Floats
    failed_antidepressants: Whole
    baseline_madrs: Floats
    assumptions: tuple[str, ...]

    def for_model(self, model_id: str) -> Mapping[str, Any]:
        """Return what a model's equations ask of a person, the conditions worked into the organs.

        Raises:
            InvalidRequest: somebody has a condition, or a changed organ, that the model cannot know.
        """
        liver, gut = self.liver_clearance.copy(), self.gut_clearance.copy()
        for condition, has in _CONDITIONS.items():
            if (they := has(self)).any():
                changed = under(model_id, _typical(model_id), condition)
                liver[they] *= changed.liver_clearance
                gut[they] *= changed.gut_clearance
        if not structure(kinetic_model(model_id)).has_organs and np.any((liver != 1) | (gut != 1)):
            raise InvalidRequest(
                f"{model_id} has neither liver nor gut wall of its own: it cannot say what a change of theirs does."
            )
        return MappingProxyType(
            {
                "age_years": self.age_years,
                "weight_kg": self.weight_kg,
                "asian": self.asian.astype(np.float64),
                "japanese": self.japanese.astype(np.float64),
                "liver_clearance": liver,
                "gut_clearance": gut,
            }
        )

    def part(self, begin: int, end: int) -> "Characters":
        """Return the people in the rows from ``begin`` to before ``end``."""
        arrays = {name: each[begin:end] for name, each in vars(self).items() if name != "assumptions"}
        return replace(self, **arrays)

    def remembered(self, model_id: str) -> tuple[str, ...]:
        """Return a sentence for each condition of theirs whose size in a model nobody has looked up."""
        return tuple(
            f"What {interactions()[condition].name} does in {model_id} is set by a ratio that was recalled and not "
            "verified."
            for condition, having in _CONDITIONS.items()
            if np.any(having(self)) and rests_on_memory(condition, model_id)
        )

    def table(self) -> pl.DataFrame:
        """Return the covariates as a table that ``characters_from_table`` reads back."""
        ancestry = np.where(self.japanese, "japanese", np.where(self.asian, "asian", "other"))
        return pl.DataFrame(
            {
                "person": self.index,
                "sex": np.where(self.female, "female", "male"),
                "ancestry": ancestry,
                **{name: getattr(self, name) for name in (*_NUMBERS, *_SWITCHES, "failed_antidepressants")},
            }
        )


_CONDITIONS: Mapping[str, Callable[[Characters], Flags]] = {
    "ticlopidine": lambda people: people.cyp2b6_inhibited,
    "hepatic-moderate": lambda people: people.hepatic_moderate,
}
USUAL = "adults-with-trd"
"""The population that people are drawn after unless another is named."""

MOST_PEOPLE = 5_000_000
"""How many people one batch may hold; more are drawn in several, by ``first``."""

# Covariates that may go together, and what their draws are called.
_DRAWN = {
    "sex": "female",
    "age": "age",
    "weight": "weight",
    "baseline_madrs": "madrs",
    "failed_antidepressants": "failed",
}
# What a table may hold at all: beyond these an entry is a slip, not a person.
_LEAST_LIVER, _MOST_CLEARANCE, _MOST_FAILED = 1e-3, 1e3, 100
_NUMBERS = ("age_years", "weight_kg", "liver_clearance", "gut_clearance", "baseline_madrs")
_SWITCHES = ("hepatic_moderate", "cyp2b6_inhibited")
_COLUMNS = ("person", "sex", "ancestry", *_NUMBERS, *_SWITCHES, "failed_antidepressants")


def draw_characters(count: int, *, seed: int, first: int = 0, population_id: str = USUAL) -> Characters:
    """Draw the covariates of ``count`` people, numbered from ``first``.

    Raises:
        InvalidRequest: there is no such population, or no such people.
    """
    if population_id not in populations():
        raise InvalidRequest(
            f"There is no population '{population_id}'. There are: {', '.join(populations())}."
        )
    if count < 1 or first < 0 or first + count - 1 > MOST_INDEX:
        raise InvalidRequest(f"People are numbered from 0 to {MOST_INDEX}; {count} from {first} are none.")
    check_seed(seed)
    if count > MOST_PEOPLE:
        raise InvalidRequest(
            f"One batch holds up to {MOST_PEOPLE:,} people; {count:,} were asked for. Draw them in several, each with "
            "its own `first`: person i is the same in any batch."
        )
    source, index = population(population_id), np.arange(first, first + count, dtype=np.int64)
    behind = _correlated(source, seed, index)

    def has(part: str) -> Flags:
        return uniforms(seed, f"character {part}", [index]) < source.parts[part]

    japanese = has("japanese")
    return Characters(
        index=index,
        age_years=_within(behind["age"], source.spanned["age"]),
        weight_kg=_log_within(behind["weight"], source.spanned["weight"]),
        female=behind["sex"] < ndtri(source.parts["female"]),
        asian=has("asian") | japanese,
        japanese=japanese,
        hepatic_moderate=has("hepatic_moderate"),
        cyp2b6_inhibited=has("cyp2b6_inhibited"),
        liver_clearance=np.ones(count),
        gut_clearance=np.ones(count),
        failed_antidepressants=_failed(ndtr(behind["failed_antidepressants"]), source),
        baseline_madrs=_within(behind["baseline_madrs"], source.spanned["baseline_madrs"]),
        assumptions=tuple(f"{source.title}: {limit}" for limit in source.limits),
    )


def characters_from_table(table: pl.DataFrame) -> Characters:
    """Read the covariates of people from a table, one row each.

    Columns, all optional: ``person`` (its number; the row's place unless given), ``age_years``, ``weight_kg``,
    ``sex`` (female, male), ``ancestry`` (other, asian, japanese), ``liver_clearance``, ``gut_clearance``,
    ``hepatic_moderate``, ``cyp2b6_inhibited`` (true, false), ``failed_antidepressants``, ``baseline_madrs``.

    Raises:
        InvalidRequest: a column is not known, a value is none, or two rows have one number.
    """
    if unknown := sorted(set(table.columns) - set(_COLUMNS)):
        raise InvalidRequest(
            f"The table has a column '{unknown[0]}', which is not known. Known: {', '.join(_COLUMNS)}."
        )
    if table.is_empty():
        raise InvalidRequest("The table of people has no rows.")
    ancestry = _words(table, "ancestry", "other", tuple(Ancestry))
    index = _whole(table, "person", np.arange(len(table)), 0, MOST_INDEX)
    if len(np.unique(index)) < len(index):
        raise InvalidRequest("Two rows of the table have the same number in 'person'.")
    usual = population(USUAL)
    madrs = usual.spanned["baseline_madrs"]
    left_out = sorted(set(_COLUMNS) - set(table.columns) - {"person", "age_years", "weight_kg"})
    return Characters(
        index=index,
        age_years=_number(table, "age_years", np.nan, *_possible("age")),
        weight_kg=_number(table, "weight_kg", np.nan, *_possible("weight")),
        female=_words(table, "sex", "female", ("female", "male")) == "female",
        asian=np.isin(ancestry, ["asian", "japanese"]),
        japanese=ancestry == "japanese",
        hepatic_moderate=_switch(table, "hepatic_moderate"),
        cyp2b6_inhibited=_switch(table, "cyp2b6_inhibited"),
        liver_clearance=_number(table, "liver_clearance", 1.0, _LEAST_LIVER, _MOST_CLEARANCE),
        gut_clearance=_number(table, "gut_clearance", 1.0, 0.0, _MOST_CLEARANCE),
        failed_antidepressants=_whole(
            table, "failed_antidepressants", np.full(len(table), min(usual.failed)), 0, _MOST_FAILED
        ),
        baseline_madrs=_number(table, "baseline_madrs", madrs.centre, 0.0, madrs.highest),
        assumptions=(f"Not in the table, so taken as usual: {', '.join(left_out)}.",) if left_out else (),
    )


def check_seed(seed: int) -> None:
    """Refuse a seed that is no whole number of 64 bits."""
    if not 0 <= seed < 2**64:
        raise InvalidRequest(f"A seed is a whole number from 0 to 2^64 - 1; it was {seed}.")


def _typical(model_id: str) -> Covariates:
    typical = {key: number.value for key, number in kinetic_model(model_id).typical.items()}
    return Covariates(typical.get("age"), typical.get("weight"))


def _correlated(source: Population, seed: int, index: Whole) -> dict[str, Floats]:
    """Return a standard normal number for each person and covariate, correlated as the population has them."""
    at = {name: place for place, name in enumerate(_DRAWN)}
    together = np.eye(len(at))
    for (one, other), correlation in source.correlations.items():
        together[at[one], at[other]] = together[at[other], at[one]] = correlation
    alone = np.stack([normals(seed, f"character {purpose}", [index]) for purpose in _DRAWN.values()], axis=1)
    return dict(zip(at, (alone @ np.linalg.cholesky(together).T).T, strict=True))


def _within(standard: Floats, of: Spanned) -> Floats:
    """Return normal numbers cut at both ends: the same quantile of what lies between them."""
    low, high = (ndtr((end - of.centre) / of.spread) for end in (of.lowest, of.highest))
    cut = of.centre + of.spread * ndtri(low + ndtr(standard) * (high - low))
    return np.asarray(np.clip(cut, of.lowest, of.highest), dtype=np.float64)


def _log_within(standard: Floats, of: Spanned) -> Floats:
    logs = Spanned(np.log(of.centre), of.spread, np.log(of.lowest), np.log(of.highest))
    return np.clip(np.exp(_within(standard, logs)), of.lowest, of.highest)


def _failed(uniform: Floats, source: Population) -> Whole:
    counts, parts = np.asarray(list(source.failed)), np.cumsum(list(source.failed.values()))
    return counts[np.minimum(np.searchsorted(parts, uniform, side="right"), len(counts) - 1)].astype(np.int64)


def _possible(name: str) -> tuple[float, float]:
    low, high = entry_limit(name).possible
    return float(low), float(high)


def _number(table: pl.DataFrame, name: str, missing: float, low: float, high: float) -> Floats:
    if name not in table.columns:
        return np.full(len(table), missing)
    try:
        values = table[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
    except pl.exceptions.PolarsError:
        raise InvalidRequest(f"The column '{name}' holds something that is no number.") from None
    wrong = np.flatnonzero(~((values >= low) & (values <= high)))
    if len(wrong):
        raise InvalidRequest(
            f"Row {wrong[0] + 1} of the table: {name} is {values[wrong[0]]:g}; it lies between {low:g} and {high:g}."
        )
    return np.asarray(values, dtype=np.float64)


def _whole(table: pl.DataFrame, name: str, missing: npt.NDArray[Any], low: int, high: int) -> Whole:
    if name not in table.columns:
        return missing.astype(np.int64)
    values = _number(table, name, np.nan, low, high)
    if np.any(values != np.round(values)):
        raise InvalidRequest(f"The column '{name}' holds whole numbers.")
    return values.astype(np.int64)


def _words(table: pl.DataFrame, name: str, missing: str, known: tuple[str, ...]) -> npt.NDArray[np.str_]:
    if name not in table.columns:
        return np.full(len(table), missing)
    values = [str(value) for value in table[name].to_list()]
    for row, value in enumerate(values, start=1):
        if value not in known:
            raise InvalidRequest(f"Row {row} of the table: {name} is '{value}'; it is {' or '.join(known)}.")
    return np.asarray(values)


def _switch(table: pl.DataFrame, name: str) -> Flags:
    if name not in table.columns:
        return np.zeros(len(table), dtype=np.bool_)
    if table[name].dtype != pl.Boolean or table[name].null_count():
        raise InvalidRequest(f"The column '{name}' holds true or false in every row.")
    return table[name].to_numpy().astype(np.bool_)
