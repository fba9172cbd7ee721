"""Who watches a patient, from what people pressed, and what is wrong with it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class WatchStep(StrEnum):
    """What somebody pressed."""

    TAKEN = "taken"
    OFFERED = "offered"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """One press: who, when, and of an offer to whom. ``who`` and ``to`` are ids; names are for reading."""

    step: WatchStep
    at: datetime
    who: str
    name: str
    to: str = ""
    to_name: str = ""


@dataclass(frozen=True, slots=True)
class Watch:
    """Who watches now. An offer moves nothing: who made it watches until the other one has taken it."""

    who: str = ""
    name: str = ""
    since: datetime | None = None
    offered_to: str = ""
    offered_name: str = ""
    offered_at: datetime | None = None

    @property
    def is_kept(self) -> bool:
        """Whether somebody watches."""
        return bool(self.who)


def watch_of(events: Iterable[WatchEvent]) -> Watch:
    """Who watches after these presses, in any order. Pure: what stands follows from the presses alone."""
    found = Watch()
    for event in sorted(events, key=lambda each: each.at):
        if event.step is WatchStep.TAKEN:
            if event.who != found.who or found.offered_to:
                since = found.since if event.who == found.who else event.at
                found = Watch(event.who, event.name, since)
        elif event.who != found.who:
            continue  # whoever does not watch can neither offer nor leave it
        elif event.step is WatchStep.OFFERED:
            found = Watch(found.who, found.name, found.since, event.to, event.to_name, event.at)
        else:
            found = Watch()
    return found


def nobody_watches(watch: Watch, *, dosed: bool, here: bool) -> str:
    """What is wrong with the watch, as a sentence; empty when nothing is.

    A dosed patient who is still here is watched by a named person, or the screen says that nobody does.
    """
    return "Nobody is watching." if dosed and here and not watch.is_kept else ""
