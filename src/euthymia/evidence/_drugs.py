"""The coded list of antidepressants, of what is added to them, and of the treatments that are no drugs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from euthymia.evidence._loader import Table, read_sourced
from euthymia.evidence._sourced import EvidenceError, Sourced


class Family(StrEnum):
    """Families of treatment, as the history of a patient names them."""

    SSRI = "ssri"
    SNRI = "snri"
    TRICYCLIC = "tricyclic"
    MAOI = "maoi"
    ATYPICAL = "atypical"
    AUGMENTATION = "augmentation"
    PSYCHOTHERAPY = "psychotherapy"
    ECT = "ect"
    TMS = "tms"
    OTHER = "other"

    @property
    def is_antidepressant(self) -> bool:
        """Whether a drug of this family is an antidepressant of its own."""
        return self in _ANTIDEPRESSANTS

    @property
    def in_sessions(self) -> bool:
        """Whether it is counted in sessions, not in doses."""
        return self in {Family.PSYCHOTHERAPY, Family.ECT, Family.TMS}


_ANTIDEPRESSANTS = frozenset({Family.SSRI, Family.SNRI, Family.TRICYCLIC, Family.MAOI, Family.ATYPICAL})


@dataclass(frozen=True, slots=True)
class Treatment:
    """One entry of the list. ``code`` is its ATC code, or ours where it is no drug; ``names`` finds it.

    ``least_dose`` is the least daily dose taken as adequate, in its unit; ``None`` where no source was found.
    """

    code: str
    name: str
    family: Family
    route: str
    also: tuple[str, ...] = ()
    atc: Sourced[str] | None = None
    rxnorm: Sourced[str] | None = None
    trade_names: Sourced[tuple[str, ...]] | None = None
    least_dose: Sourced[float] | None = None

    @property
    def sold_as(self) -> tuple[str, ...]:
        """The trade names."""
        return self.trade_names.value if self.trade_names else ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that finds it, the generic one first."""
        return (self.name, *self.also, *self.sold_as)


@dataclass(frozen=True, slots=True)
class MaudsleyScale:
    """The points of the Maudsley staging method: limits are the last value of their band."""

    attribution: str
    acute_months_max: int
    subacute_months_max: int
    duration_points: tuple[int, ...]
    severities: tuple[str, ...]
    severity_points: tuple[int, ...]
    drugs_max: tuple[int, ...]
    drug_points: tuple[int, ...]
    augmentation_point: int
    ect_point: int
    mild_max: int
    moderate_max: int
    highest: int


@cache
def treatments() -> Mapping[str, Treatment]:
    """Return every entry by its code, in the order of the files.

    Raises:
        EvidenceError: a code or a name stands twice, or a family is unknown.
    """
    listed = [_drug(table) for table in read_sourced("drugs/drugs.toml").tables("drugs")]
    listed += [_other(table) for table in read_sourced("drugs/other.toml").tables("treatments")]
    found = {entry.code: entry for entry in listed}
    if len(found) != len(listed):
        raise EvidenceError("drugs: a code stands twice.")
    return MappingProxyType(found)


def find_treatment(text: str) -> Treatment | None:
    """Return the entry that ``text`` names, by any of its names; salt, form and strength are read over.

    "Zoloft 50 mg", "SERTRALINE HCl" and "sertraline" are one. A misspelt name finds nothing: see
    ``near_treatments``.
    """
    return _by_name().get(_plain(text))


def near_treatments(text: str) -> tuple[Treatment, ...]:
    """Return up to three entries whose names look like ``text``, the most alike first."""
    close = get_close_matches(_plain(text), list(_by_name()), n=6, cutoff=_ALIKE)
    return tuple(dict.fromkeys(_by_name()[name] for name in close))[:3]


@cache
def least_course(family: Family) -> Sourced[float] | None:
    """Return the least sessions, or weeks, of a course of ``family`` that counts; ``None`` where none is stated."""
    least = read_sourced("drugs/other.toml").table("least")
    if family.value not in least:
        return None
    table = least.table(family.value)
    return table.number("sessions" if "sessions" in table else "weeks")


@cache
def maudsley_scale() -> MaudsleyScale:
    """Return the points of the Maudsley staging method."""
    table = read_sourced("drugs/staging.toml").table("maudsley")
    duration, total = table.table("duration"), table.table("total")
    return MaudsleyScale(
        attribution=table.text("attribution").value,
        acute_months_max=duration.integer("acute_months_max").value,
        subacute_months_max=duration.integer("subacute_months_max").value,
        duration_points=_whole(duration, "points"),
        severities=_words(table.table("severity"), "words"),
        severity_points=_whole(table.table("severity"), "points"),
        drugs_max=_whole(table.table("antidepressants"), "drugs_max"),
        drug_points=_whole(table.table("antidepressants"), "points"),
        augmentation_point=table.table("augmentation").integer("points").value,
        ect_point=table.table("ect").integer("points").value,
        mild_max=total.integer("mild_max").value,
        moderate_max=total.integer("moderate_max").value,
        highest=total.integer("highest").value,
    )


@cache
def thase_rush_stages() -> tuple[str, ...]:
    """Return what each stage of Thase and Rush adds, the first stage first."""
    return _words(read_sourced("drugs/staging.toml").table("thase-rush"), "stages")


_ALIKE = 0.75  # of difflib: two letters wrong in a name of eight
_FORMS = re.compile(
    r"\b(?:\d+(?:[.,]\d+)?\s*(?:mg|mcg|µg|ug|g)?|mg|x[lr]|[sc]r|er|mr|la|retard|depot|prolonged|extended|release|weekly"
    r"|tablets?|capsules?|hydrochloride|hcl|hydrobromide|hbr|oxalate|maleate|mesylate|succinate|sulfate|sulphate)\b"
)


def _plain(text: str) -> str:
    spaced = re.sub(r"[^\w.,µ]+", " ", text.casefold().replace("'", "").replace("’", ""))
    spaced = re.sub(r"(?<!\d)[.,]|[.,](?!\d)", " ", spaced)
    stripped = " ".join(_FORMS.sub(" ", spaced).split())
    return stripped or " ".join(spaced.split())


@cache
def _by_name() -> Mapping[str, Treatment]:
    found: dict[str, Treatment] = {}
    for entry in treatments().values():
        for name in map(_plain, entry.names):
            if found.setdefault(name, entry) is not entry:
                raise EvidenceError(
                    f"drugs: the name '{name}' stands for {found[name].code} and {entry.code}."
                )
    return MappingProxyType(found)


def _drug(table: Table) -> Treatment:
    return Treatment(
        code=table.text("atc").value,
        name=table.word("name"),
        family=_family(table),
        route=table.word("route"),
        also=table.words("also"),
        atc=table.text("atc"),
        rxnorm=table.text("rxnorm") if "rxnorm" in table else None,
        trade_names=_sourced_words(table, "trade_names"),
        least_dose=table.number("least_dose") if "least_dose" in table else None,
    )


def _other(table: Table) -> Treatment:
    return Treatment(
        code=table.word("code"),
        name=table.word("name"),
        family=_family(table),
        route="",
        also=table.words("also"),
    )


def _family(table: Table) -> Family:
    try:
        return Family(table.word("family"))
    except ValueError:
        raise EvidenceError(f"{table.where}: the family is none of {', '.join(Family)}.") from None


def _sourced_words(table: Table, key: str) -> Sourced[tuple[str, ...]]:
    found = table.sourced(key)
    return Sourced(_words(table, key), found.unit, found.source, found.known, found.note)


def _words(table: Table, key: str) -> tuple[str, ...]:
    value = table.sourced(key).value
    if not isinstance(value, tuple) or not all(isinstance(item, str) for item in value):
        raise EvidenceError(f"{table.where}.{key}: expected a list of words.")
    return tuple(str(item) for item in value)


def _whole(table: Table, key: str) -> tuple[int, ...]:
    value = table.sourced(key).value
    if not isinstance(value, tuple) or not all(isinstance(item, int) for item in value):
        raise EvidenceError(f"{table.where}.{key}: expected a list of whole numbers.")
    return tuple(int(str(item)) for item in value)
