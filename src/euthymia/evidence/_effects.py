"""What a concentration does, as data: receptor, acute effects, mood."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from euthymia.evidence._loader import Table, content_hash, names, read_sourced
from euthymia.evidence._sourced import EvidenceError, Sourced

_WORDS = frozenset({"id", "version", "title", "warns", "limits"})


@dataclass(frozen=True)
class EffectModel:
    """One model of effects.

    Attributes:
        numbers: by (group, name), such as ``("trigger", "half_at")``.
        warns: sentences that accompany every use.
        limits: what it does not know.
        parameters_hash: SHA-256 of the whole content of its file.
    """

    id: str
    version: str
    title: str
    numbers: Mapping[tuple[str, str], Sourced[float]]
    warns: tuple[str, ...]
    limits: tuple[str, ...]
    parameters_hash: str

    def value(self, group: str, name: str) -> float:
        """Return a number, in the unit of its file; EvidenceError where there is none."""
        try:
            return self.numbers[group, name].value
        except KeyError:
            raise EvidenceError(f"{self.id} has no number '{group}.{name}'.") from None


@cache
def effect_models() -> tuple[str, ...]:
    """Return the ids of every model of effects, sorted."""
    return names("effects")


@cache
def effect_model(model_id: str) -> EffectModel:
    """Return a model of effects by its id.

    Raises:
        EvidenceError: there is no such model, or its file breaks the rules of the loader.
    """
    if model_id not in effect_models():
        raise EvidenceError(
            f"There is no effect model '{model_id}'. There are: {', '.join(effect_models())}."
        )
    table = read_sourced(f"effects/{model_id}.toml")
    return EffectModel(
        id=table.word("id"),
        version=table.word("version"),
        title=table.word("title"),
        numbers=_numbers(table),
        warns=table.words("warns"),
        limits=table.words("limits"),
        parameters_hash=content_hash(table),
    )


def _numbers(table: Table) -> Mapping[tuple[str, str], Sourced[float]]:
    groups = [group for group in table if group not in _WORDS]
    return MappingProxyType(
        {(group, key): number for group in groups for key, number in table.table(group).numbers().items()}
    )
