"""Scales that are recorded as a total: which belongs to what is treated, its range, and what its licence allows."""

from dataclasses import dataclass
from functools import cache

from euthymia.evidence._loader import read_sourced
from euthymia.evidence._sourced import EvidenceError, Sourced


@dataclass(frozen=True, slots=True)
class Scale:
    """One scale. ``indications`` are those it follows; ``text_may_ship`` is what its licence allows."""

    id: str
    title: str
    indications: tuple[str, ...]
    text_may_ship: bool
    licence: Sourced[str]
    lowest: Sourced[int]
    highest: Sourced[int]


@cache
def scales() -> tuple[Scale, ...]:
    """Return every scale that is recorded as a total."""
    return tuple(
        Scale(
            id=entry.word("id"),
            title=entry.word("title"),
            indications=entry.words("indications"),
            text_may_ship=entry.switch("text_may_ship"),
            licence=entry.text("licence"),
            lowest=entry.integer("lowest"),
            highest=entry.integer("highest"),
        )
        for entry in read_sourced("scales/scales.toml").tables("scale")
    )


def scale(scale_id: str) -> Scale:
    """Return one scale, for example ``scale("y-bocs")``.

    Raises:
        EvidenceError: there is none.
    """
    found = next((each for each in scales() if each.id == scale_id), None)
    if found is None:
        raise EvidenceError(f"scales: there is no scale {scale_id}.")
    return found
