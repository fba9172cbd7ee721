"""How other drugs and a diseased liver act on the clearance of gut wall and liver, and the ratios behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from euthymia.evidence._loader import Row, Table, read_rows, read_sourced
from euthymia.evidence._sourced import EvidenceError, Sourced


@dataclass(frozen=True, slots=True)
class Influence:
    """What one condition does in one model: two factors, or the name of a mechanism in the model's file."""

    liver: Sourced[float] | None
    gut: Sourced[float] | None
    mechanism: str


@dataclass(frozen=True, slots=True)
class Interaction:
    """A drug taken beside, or a state of the liver; ``models`` by the id of the model it is known for."""

    id: str
    name: str
    models: Mapping[str, Influence]


@cache
def interactions() -> Mapping[str, Interaction]:
    """Return every interaction by its id, such as ``ticlopidine``."""
    table = read_sourced("interactions/factors.toml")
    return MappingProxyType({key: _interaction(key, table.table(key)) for key in table})


def interaction_ratios() -> tuple[Row, ...]:
    """Return the observed ratios, each ``fitted``, ``predicted`` or ``missed`` by the factors.

    One that is only remembered is ``unverified``: it proves nothing, and what was fitted to it says so.
    """
    return read_rows("interactions/ratios.csv")


def rests_on_memory(condition: str, model_id: str) -> bool:
    """Whether nothing but recalled ratios stands behind what a condition does in a model."""
    roles = {
        row.keys["role"]
        for row in interaction_ratios()
        if (row.keys["condition"], row.keys["model"]) == (condition, model_id)
    }
    return roles == {"unverified"}


def _interaction(key: str, table: Table) -> Interaction:
    models = {model: _influence(table.table(model)) for model in table if model != "name"}
    return Interaction(key, table.word("name"), MappingProxyType(models))


def _influence(table: Table) -> Influence:
    if "mechanism" in table:
        return Influence(None, None, table.word("mechanism"))
    found = Influence(table.number("liver"), table.number("gut"), "")
    if found.liver and found.gut and (found.liver.value <= 0 or found.gut.value < 0):
        raise EvidenceError(
            f"{table.where}: a factor of the liver is above zero, one of the gut not below it."
        )
    return found
