"""The rhythm of sessions that a plan is made from."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import cycle

from euthymia.evidence._loader import Table, Value, read_sourced
from euthymia.evidence._sourced import EvidenceError, Sourced


@dataclass(frozen=True, slots=True)
class SchedulePhase:
    """A run of sessions. ``gaps`` are days between sessions, used in turn; in maintenance, one of them."""

    name: str
    title: str
    sessions: Sourced[int]
    gaps: Sourced[Value]

    @property
    def gap_days(self) -> tuple[int, ...]:
        """The gaps as whole days."""
        values = self.gaps.value if isinstance(self.gaps.value, tuple) else (self.gaps.value,)
        return tuple(int(str(value)) for value in values)


@dataclass(frozen=True, slots=True)
class Regimen:
    """The phases of treatment with one product, in order."""

    id: str
    product: str
    title: str
    phases: tuple[SchedulePhase, ...]

    def phase(self, name: str) -> SchedulePhase:
        """Return a phase by its name.

        Raises:
            EvidenceError: the regimen has none of that name.
        """
        for phase in self.phases:
            if phase.name == name:
                return phase
        raise EvidenceError(f"The regimen {self.id} has no phase '{name}'.")


@cache
def regimens(jurisdiction: str) -> tuple[Regimen, ...]:
    """Return the regimens of a jurisdiction, for example ``regimens("US")``."""
    table = read_sourced(f"schedules/{jurisdiction.lower()}.toml")
    return tuple(_regimen(entry) for entry in table.tables("regimen"))


def regimen(jurisdiction: str, product: str) -> Regimen:
    """Return the regimen of a product.

    Raises:
        EvidenceError: there is none.
    """
    for found in regimens(jurisdiction):
        if found.product == product:
            return found
    raise EvidenceError(f"There is no schedule for {product} in {jurisdiction}.")


def days(first: date, gaps: tuple[int, ...], count: int) -> Iterator[date]:
    """Yield ``count`` days from ``first`` on, ``gaps`` days apart in turn."""
    day = first
    for _, gap in zip(range(count), cycle(gaps), strict=False):
        yield day
        day += timedelta(days=gap)


def _regimen(entry: Table) -> Regimen:
    return Regimen(
        id=entry.word("id"),
        product=entry.word("product"),
        title=entry.word("title"),
        phases=tuple(
            SchedulePhase(
                phase.word("name"), phase.word("title"), phase.integer("sessions"), phase.sourced("gaps")
            )
            for phase in entry.tables("phase")
        ),
    )
