"""What a reading can be: impossible numbers are refused, unusual ones confirmed. The numbers lie in ``evidence``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import cast

from euthymia.evidence import read_sourced, units


@dataclass(frozen=True, slots=True)
class Limit:
    """The range a value can have at all, and the range taken without asking; both ends included."""

    lowest: int
    highest: int
    usual_lowest: int
    usual_highest: int
    unit: str

    def is_possible(self, value: int) -> bool:
        """Whether such a value can be."""
        return self.lowest <= value <= self.highest

    def is_usual(self, value: int) -> bool:
        """Whether such a value is taken without asking."""
        return self.usual_lowest <= value <= self.usual_highest


@cache
def limits() -> dict[str, Limit]:
    """Limits by what is measured: systolic, diastolic, heart_rate, respiratory_rate, spo2, sedation, dissociation."""
    table = read_sourced("limits/observations.toml")
    found = {}
    for name in table:
        possible, usual = table.table(name).sourced("possible"), table.table(name).sourced("plausible")
        lowest, highest = cast("tuple[int, int]", possible.value)
        usual_lowest, usual_highest = cast("tuple[int, int]", usual.value)
        found[name] = Limit(lowest, highest, usual_lowest, usual_highest, units()[possible.unit].printed)
    return found
