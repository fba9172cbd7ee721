"""What an entry can be, and how long a task may wait: our own defaults, kept as data like every number."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cache

from euthymia.evidence._loader import read_sourced
from euthymia.evidence._sourced import EvidenceError

_MINUTES = {"min": 1, "h": 60, "d": 1440}


@dataclass(frozen=True, slots=True)
class EntryLimit:
    """``possible`` is accepted at all, ``plausible`` without asking; both ends included, in ``unit``."""

    possible: tuple[Decimal, Decimal]
    plausible: tuple[Decimal, Decimal]
    unit: str

    def is_possible(self, value: Decimal) -> bool:
        """Whether the record accepts ``value``."""
        return self.possible[0] <= value <= self.possible[1]

    def is_plausible(self, value: Decimal) -> bool:
        """Whether ``value`` is taken without asking."""
        return self.plausible[0] <= value <= self.plausible[1]


@cache
def entry_limit(name: str, of: str = "people") -> EntryLimit:
    """Return the limits of one entry about a person, for example ``entry_limit("weight")``.

    ``of="observations"`` asks for those of a reading, for example ``systolic``.
    """
    table = read_sourced(f"limits/{of}.toml").table(name)
    return EntryLimit(
        _pair(table.sourced("possible").value, table.where),
        _pair(table.sourced("plausible").value, table.where),
        table.sourced("possible").unit,
    )


@cache
def task_delay(task: str, name: str) -> timedelta:
    """Return how long a task may wait, for example ``task_delay("item_nine", "due_within")``."""
    found = read_sourced("limits/tasks.toml").table(task).number(name)
    return timedelta(minutes=found.value * _MINUTES[found.unit])


def _pair(value: object, where: str) -> tuple[Decimal, Decimal]:
    if not isinstance(value, tuple) or len(value) != 2:
        raise EvidenceError(f"{where}: a limit is a list of the lowest and the highest value.")
    low, high = (Decimal(str(item)) for item in value)
    return low, high
