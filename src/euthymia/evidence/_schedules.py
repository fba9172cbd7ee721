"""The rhythm of sessions that a plan is made from.

Each file of ``schedules`` names the jurisdictions it speaks for. A regimen may be for one indication; without
one it is for every other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import cycle

from euthymia.evidence._loader import Table, Value, names, read_sourced
from euthymia.evidence._rulebooks import Jurisdiction
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
    """The phases of treatment with one product, in order. ``indication`` is empty where it fits any."""

    id: str
    product: str
    title: str
    phases: tuple[SchedulePhase, ...]
    indication: str = ""

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
    """Return the regimens of a jurisdiction, for example ``regimens("US")``.

    Raises:
        EvidenceError: there is no such jurisdiction, or two regimens have one identifier.
    """
    wanted = jurisdiction.upper()
    if wanted not in set(Jurisdiction):
        raise EvidenceError(f"There is no schedule for '{jurisdiction}'; it is no jurisdiction kept here.")
    found: dict[str, Regimen] = {}
    for name in names("schedules"):
        table = read_sourced(f"schedules/{name}.toml")
        for entry in table.tables("regimen"):
            if wanted not in (entry.words("jurisdictions") or table.words("jurisdictions")):
                continue
            if entry.word("id") in found:
                raise EvidenceError(f"{entry.where}: the regimen {entry.word('id')} is there twice.")
            found[entry.word("id")] = _regimen(entry)
    return tuple(found.values())


def regimen(jurisdiction: str, product: str, indication: str = "") -> Regimen:
    """Return the regimen of a product: that of ``indication`` where it has its own, else the one for any.

    Raises:
        EvidenceError: there is none.
    """
    fitting = [found for found in regimens(jurisdiction) if found.product == product]
    own = [found for found in fitting if indication and found.indication == indication]
    for found in own + [found for found in fitting if not found.indication]:
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
        indication=entry.word("indication", ""),
    )
