"""What counts as response and remission on a questionnaire."""

from dataclasses import dataclass
from functools import cache

from euthymia.evidence._loader import read_sourced
from euthymia.evidence._sourced import Sourced


@dataclass(frozen=True, slots=True)
class OutcomeDefinition:
    """The definitions for one instrument. A response is a fall of at least ``response_fall_percent`` from
    baseline, remission a total below ``remission_below``; a change under ``meaningful_change`` may be noise.
    """

    instrument: str
    response_fall_percent: Sourced[float]
    remission_below: Sourced[int]
    meaningful_change: Sourced[int]

    def is_response(self, baseline: int, total: int) -> bool:
        """Whether ``total`` is a response from ``baseline``; never from a baseline of nothing."""
        return baseline > 0 and (baseline - total) * 100 >= self.response_fall_percent.value * baseline

    def is_remission(self, total: int) -> bool:
        """Whether ``total`` is at the level of remission."""
        return total < self.remission_below.value


@cache
def outcome_definition(instrument_id: str) -> OutcomeDefinition:
    """Return the definitions for an instrument, for example ``outcome_definition("phq-9")``.

    Raises:
        EvidenceError: there are none.
    """
    table = read_sourced(f"outcomes/{instrument_id}.toml")
    return OutcomeDefinition(
        instrument=table.word("instrument"),
        response_fall_percent=table.table("response").number("fall_percent_min"),
        remission_below=table.table("remission").integer("total_below"),
        meaningful_change=table.table("change").integer("total_min"),
    )
