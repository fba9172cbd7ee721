"""What is owed to a patient who walked out unseen, and what of it is still to do."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Deed(StrEnum):
    """One thing that is done about it; each may be done more than once."""

    SEARCHED = "searched"
    CALLED_PATIENT = "called patient"
    CALLED_ESCORT = "called escort"
    TOLD_PRESCRIBER = "told prescriber"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class ElopementFacts:
    """``done`` is what was done since ``noticed_at``. ``escort_known`` says whether there is an escort to call."""

    noticed_at: datetime
    last_seen_at: datetime
    t0: datetime | None
    done: frozenset[Deed] = frozenset()
    escort_known: bool = False


@dataclass(frozen=True, slots=True)
class ToDo:
    """One thing that nobody has written down yet, as a sentence."""

    deed: Deed
    sentence: str


_SENTENCES = {
    Deed.SEARCHED: "Search the house and around it.",
    Deed.CALLED_PATIENT: "Call the patient.",
    Deed.CALLED_ESCORT: "Call the escort.",
    Deed.TOLD_PRESCRIBER: "Tell a prescriber.",
    Deed.DECIDED: "Decide about the police or a welfare check, and write why.",
}


def to_do(facts: ElopementFacts) -> tuple[ToDo, ...]:
    """Return what is still to do, the first thing first. Who had no dose is looked for in the same way."""
    wanted = [deed for deed in Deed if deed is not Deed.CALLED_ESCORT or facts.escort_known]
    return tuple(ToDo(deed, _SENTENCES[deed]) for deed in wanted if deed not in facts.done)
