"""When an effect is expected to be highest and to have settled, as published: windows and not predictions."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from euthymia.evidence._loader import Table, names, read_sourced
from euthymia.evidence._sourced import EvidenceError, Sourced

_NUMBERS = ("highest_about", "highest_from", "highest_by", "settled_from", "settled_by")


@dataclass(frozen=True, slots=True)
class ExpectedCourse:
    """The expected course of one effect, in minutes. ``from`` counts from the first dose, ``by`` from the last.

    ``numbers`` holds the five with their sources: highest_about, highest_from, highest_by, settled_from, settled_by.
    """

    effect: str
    numbers: Mapping[str, Sourced[float]]

    def minutes(self, name: str) -> float:
        """One of the five."""
        return self.numbers[name].value


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected after one product. A longer administration than ``studied_minutes`` moves the later ends."""

    product: str
    studied_minutes: float
    courses: Mapping[str, ExpectedCourse]


@cache
def expected(product: str) -> Expected:
    """Return what is expected after a product, for example ``expected("esketamine-nasal")``.

    Raises:
        EvidenceError: nothing is kept about it.
    """
    if product not in names("expected"):
        raise EvidenceError(f"Nothing is kept of what to expect after '{product}'.")
    table = read_sourced(f"expected/{product}.toml")
    courses = {effect: _course(effect, table.table(effect)) for effect in ("dissociation", "pressure")}
    return Expected(table.word("product"), table.number("studied_minutes").value, MappingProxyType(courses))


def _course(effect: str, table: Table) -> ExpectedCourse:
    found = {name: table.number(name) for name in _NUMBERS}
    for earlier, later in (
        ("highest_from", "highest_by"),
        ("settled_from", "settled_by"),
        ("highest_by", "settled_by"),
    ):
        if found[earlier].value > found[later].value:
            raise EvidenceError(f"{table.where}: {earlier} lies after {later}.")
    return ExpectedCourse(effect, MappingProxyType(found))
