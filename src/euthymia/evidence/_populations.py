"""Whom virtual people are made after: how covariates are distributed, each number with its source."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from euthymia.evidence._loader import Table, content_hash, names, read_sourced
from euthymia.evidence._sourced import EvidenceError, Sourced

_RANGES = ("age", "weight", "baseline_madrs")
_CORRELATED = ("sex", "age", "weight", "baseline_madrs", "failed_antidepressants")
_PARTS = ("female", "asian", "japanese", "hepatic_moderate", "cyp2b6_inhibited")


@dataclass(frozen=True, slots=True)
class Spanned:
    """A covariate between two ends: its centre, and its spread on the scale its reader names."""

    centre: float
    spread: float
    lowest: float
    highest: float


@dataclass(frozen=True)
class Population:
    """People that virtual ones are drawn after.

    Attributes:
        spanned: ``age`` in years, ``weight`` in kg, ``baseline_madrs`` in points.
        parts: of the people, those who are ``female``, ``asian`` and so on.
        failed: how many antidepressants have failed, to the part of the people.
        correlations: of the normal numbers behind two of sex, age, weight, baseline_madrs, failed_antidepressants.
    """

    id: str
    version: str
    title: str
    spanned: Mapping[str, Spanned]
    parts: Mapping[str, float]
    failed: Mapping[int, float]
    correlations: Mapping[tuple[str, str], float]
    limits: tuple[str, ...]
    content_hash: str


@cache
def populations() -> tuple[str, ...]:
    """Return the ids of every population, sorted."""
    return names("populations")


@cache
def population(population_id: str) -> Population:
    """Return a population by its id.

    Raises:
        EvidenceError: there is none, or its parts do not add up.
    """
    if population_id not in populations():
        raise EvidenceError(
            f"There is no population '{population_id}'. There are: {', '.join(populations())}."
        )
    table = read_sourced(f"populations/{population_id}.toml")
    parts = {key: table.table(key).number("part").value for key in _PARTS}
    failed = _failed(table.table("failed_antidepressants").numbers(), table.where)
    if not all(0 <= part <= 1 for part in parts.values()):
        raise EvidenceError(f"{table.where}: a part of the people lies between 0 and 1.")
    return Population(
        id=table.word("id"),
        version=table.word("version"),
        title=table.word("title"),
        spanned=MappingProxyType({key: _spanned(table.table(key)) for key in _RANGES}),
        parts=MappingProxyType(parts),
        failed=MappingProxyType(failed),
        correlations=MappingProxyType(dict(map(_correlation, table.tables("correlation")))),
        limits=table.words("limits"),
        content_hash=content_hash(table),
    )


def _spanned(table: Table) -> Spanned:
    return Spanned(*(table.number(key).value for key in ("centre", "spread", "lowest", "highest")))


def _correlation(entry: Table) -> tuple[tuple[str, str], float]:
    between, found = entry.words("between"), entry.number("correlation").value
    if len(set(between)) != 2 or not set(between) <= set(_CORRELATED) or not -1 < found < 1:
        raise EvidenceError(
            f"{entry.where}: a correlation lies between -1 and 1, and is between two of {', '.join(_CORRELATED)}."
        )
    return (between[0], between[1]), found


def _failed(parts: Mapping[str, Sourced[float]], where: str) -> dict[int, float]:
    counts = {"two": 2, "three": 3, "four": 4, "five": 5}
    found = {counts[key]: part.value for key, part in parts.items()}
    if abs(sum(found.values()) - 1) > 1e-9:
        raise EvidenceError(f"{where}: the parts by failed antidepressants do not add up to 1.")
    return found
