"""What a calibration may move and what is believed of it before, and the ensembles that came out."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from euthymia.evidence._loader import Table, content_hash, read_sourced
from euthymia.evidence._sourced import EvidenceError, Sourced

SCALES = ("log", "linear", "half-normal")
ACUTE_SCALES = ("log", "logit")
_WORDS = frozenset({"id", "version", "title"})


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed of one parameter: centre and spread on a scale; see the files of priors."""

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
    found = {name: _prior(name, table.table(name), SCALES) for name in table if name not in _WORDS}
    return Priors(table.word("id"), MappingProxyType(found), content_hash(table))


@cache
def acute_priors() -> Priors:
    """Return the priors of the acute effects, named as in the model: ``dissociation.slope``.

    Raises:
        EvidenceError: the file breaks a rule.
    """
    table = read_sourced("acute/priors.toml")
    groups = {group: table.table(group) for group in table if group not in _WORDS}
    names = {f"{group}.{name}": entries.table(name) for group, entries in groups.items() for name in entries}
    found = {name: _prior(name, entry, ACUTE_SCALES) for name, entry in names.items()}
    return Priors(table.word("id"), MappingProxyType(found), content_hash(table))


def _prior(name: str, entry: Table, scales: tuple[str, ...]) -> Prior:
    scale, centre, spread = entry.word("scale"), entry.number("centre"), entry.number("spread")
    if scale not in scales or spread.value <= 0 or (scale in ("log", "logit") and centre.value <= 0):
        raise EvidenceError(
            f"{entry.where}: a prior has a scale of {', '.join(scales)} and a spread above 0."
        )
    if scale == "logit" and centre.value >= 1:
        raise EvidenceError(f"{entry.where}: a prior on the logit has a centre between 0 and 1.")
    if scale == "half-normal" and centre.value != 0:
        raise EvidenceError(f"{entry.where}: a half-normal prior has centre 0.")
    return Prior(name, scale, centre, spread)
