"""What a calibration may move and what is believed of it before, and the ensembles that came out."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from euthymia.evidence._loader import content_hash, read_sourced
from euthymia.evidence._sourced import EvidenceError, Sourced

SCALES = ("log", "linear", "half-normal")
_WORDS = frozenset({"id", "version", "title"})


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed of one parameter: centre and spread on a scale; see ``mood-priors.toml``."""

    name: str
    scale: str
    centre: Sourced[float]
    spread: Sourced[float]


@dataclass(frozen=True)
class Priors:
    """Every parameter that a calibration moves, in the order of its file, and the hash of that file."""

    id: str
    parameters: Mapping[str, Prior]
    content_hash: str


@cache
def mood_priors() -> Priors:
    """Return the priors of the mood model.

    Raises:
        EvidenceError: the file breaks a rule.
    """
    table = read_sourced("calibration/mood-priors.toml")
    found = {}
    for name in table:
        if name in _WORDS:
            continue
        entry = table.table(name)
        scale, centre, spread = entry.word("scale"), entry.number("centre"), entry.number("spread")
        if scale not in SCALES or spread.value <= 0 or (scale == "log" and centre.value <= 0):
            raise EvidenceError(
                f"{entry.where}: a prior has a scale of {', '.join(SCALES)} and a spread above 0."
            )
        if scale == "half-normal" and centre.value != 0:
            raise EvidenceError(f"{entry.where}: a half-normal prior has centre 0.")
        found[name] = Prior(name, scale, centre, spread)
    return Priors(table.word("id"), MappingProxyType(found), content_hash(table))
