"""What the sheets for an outage rest on: how long a printed pack serves, and the emergency number."""

from datetime import timedelta

from euthymia.evidence._loader import read_sourced
from euthymia.evidence._sourced import Sourced

_HOURS = {"h": 1, "d": 24}


def pack_ages_after() -> timedelta:
    """How long after it was made a pack may still be relied on."""
    found = read_sourced("limits/outage.toml").table("pack").number("ages_after")
    return timedelta(hours=found.value * _HOURS[found.unit])


def emergency_number(jurisdiction: str) -> Sourced[str] | None:
    """Whom to call where life is in danger, or None where none is known for the jurisdiction."""
    numbers = read_sourced("limits/outage.toml").table("emergency")
    return numbers.table(jurisdiction).text("number") if jurisdiction in numbers else None
