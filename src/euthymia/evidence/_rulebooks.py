"""Puts the rule book of a jurisdiction together out of the files of ``protocols``.

Each file names the jurisdictions it speaks for::

    jurisdictions = ["EU", "UK"]
    version = "2026.2"
    effective_from = 2025-01-01
    [label_version]              # or one word for all of them
    EU = "…"
    UK = "…"

A rule belongs to every jurisdiction of its file, or to those of them it names itself. Where a rule differs
between jurisdictions each has its own entry of the same identifier; two entries for one are refused.
"""

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from euthymia.evidence._loader import (
    Table,
    Value,
    content_hash,
    names,
    parse_sourced,
    read_sourced,
    read_text,
    sources,
)
from euthymia.evidence._protocols import Rule, RuleBook
from euthymia.evidence._sourced import EvidenceError, Sourced

_EFFECTS = frozenset({"gate", "alarm", "task", "capture", "notice"})
_OVERRIDES = frozenset({"nobody", "prescriber"})
_WORDS = ("requirement", "effect", "override")


class Jurisdiction(StrEnum):
    """Where a clinic stands, and so whose label, law and safety programme bind it."""

    US = "US"
    EU = "EU"
    UK = "UK"
    AU = "AU"
    CA = "CA"

    @property
    def country(self) -> str:
        """The name to show."""
        return _COUNTRIES[self]


_COUNTRIES = {
    Jurisdiction.US: "United States",
    Jurisdiction.EU: "European Union",
    Jurisdiction.UK: "United Kingdom",
    Jurisdiction.AU: "Australia",
    Jurisdiction.CA: "Canada",
}


@cache
def rules(jurisdiction: str) -> RuleBook:
    """Return the rule book of a jurisdiction, for example ``rules("US")``.

    Raises:
        EvidenceError: there is no such book, a rule in it lacks a part, or two files state the same rule.
    """
    return compose((read_sourced(f"protocols/{name}.toml") for name in names("protocols")), jurisdiction)


def parse_rules(text: str, where: str, jurisdiction: str = "US") -> RuleBook:
    """Parse the text of one file of rules; ``where`` is the file named in errors."""
    return compose([parse_sourced(text, where, sources())], jurisdiction)


def compose(files: Iterable[Table], jurisdiction: str) -> RuleBook:
    """Return the book of all rules in ``files`` that hold in ``jurisdiction``, in the order of the files."""
    wanted = jurisdiction.upper()
    if wanted not in set(Jurisdiction):
        raise EvidenceError(
            f"There is no rule book for '{jurisdiction}'; there is one for {', '.join(sorted(Jurisdiction))}."
        )
    found: dict[str, Rule] = {}
    stated_in: dict[str, str] = {}
    versions, digest = {""}, hashlib.sha256()
    for file in files:
        covered = _jurisdictions(file)
        for entry in file.tables("rules"):
            if wanted not in _jurisdictions(entry, within=covered):
                continue
            rule = _rule(entry, file, wanted)
            if rule.id in found:
                raise EvidenceError(
                    f"{entry.where}: the rule {rule.id} is there twice for {wanted}; "
                    f"the other is {stated_in[rule.id]}."
                )
            found[rule.id], stated_in[rule.id] = rule, entry.where
            versions.add(file.word("version"))
            digest.update(f"{content_hash(entry)} {rule.label_version} {rule.effective_from}".encode())
    version = f"{max(versions)}-{digest.hexdigest()[:8]}"
    return RuleBook(wanted, version, MappingProxyType(found))


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """What became of one identifier of the rules we read: in a book, or listed with the reason why it is in none.

    ``where`` names, for an implemented one, the files that state it, ``in X`` for the rule it became part of, or
    ``regimen X``; for a listed one it is the reason.
    """

    id: str
    implemented: bool
    where: str


@cache
def rule_index() -> Mapping[str, IndexEntry]:
    """Return every identifier of the rules we read and of those we added.

    Raises:
        EvidenceError: a row is incomplete, there twice, or has another status.
    """
    found: dict[str, IndexEntry] = {}
    for line, row in enumerate(csv.DictReader(io.StringIO(read_text("protocols/index.csv"))), start=2):
        name, status, where = (row.get(key) or "" for key in ("id", "status", "where_or_reason"))
        if not (name and where) or status not in ("implemented", "listed") or name in found:
            raise EvidenceError(
                f"protocols/index.csv line {line}: the row needs an identifier not named before, the status "
                "implemented or listed, and where it is or why not."
            )
        found[name] = IndexEntry(name, status == "implemented", where)
    return MappingProxyType(found)


def _jurisdictions(table: Table, *, within: frozenset[str] | None = None) -> frozenset[str]:
    """Return the jurisdictions a file, or with ``within`` a rule of it, names."""
    named = frozenset(table.words("jurisdictions"))
    if within is not None and not named:
        return within
    if not named:
        raise EvidenceError(f'{table.where}: the file names no jurisdictions; add jurisdictions = ["US", …].')
    if unknown := sorted(named - set(Jurisdiction)):
        raise EvidenceError(f"{table.where}: '{unknown[0]}' is none of {', '.join(sorted(Jurisdiction))}.")
    if within is not None and (outside := sorted(named - within)):
        raise EvidenceError(f"{table.where}: the rule names {outside[0]}, which its file does not.")
    return named


def _rule(entry: Table, file: Table, jurisdiction: str) -> Rule:
    requirement, effect, override = (entry.text(word) for word in _WORDS)
    for field, allowed in ((effect, _EFFECTS), (override, _OVERRIDES)):
        if field.value not in allowed:
            raise EvidenceError(f"{entry.where}: '{field.value}' is none of {', '.join(sorted(allowed))}.")
    if not entry.words("products"):
        raise EvidenceError(f"{entry.where}: the rule names no products.")
    thresholds, alternatives = _sourced(entry, "thresholds"), _sourced(entry, "alternatives")
    if stray := sorted(set(alternatives) - set(thresholds)):
        raise EvidenceError(f"{entry.where}: '{stray[0]}' is an alternative to no threshold of the rule.")
    since = _date(entry if "effective_from" in entry else file, "effective_from", entry.where)
    until = _date(entry, "effective_until", entry.where) if "effective_until" in entry else None
    if until is not None and until < since:
        raise EvidenceError(f"{entry.where}: effective_until is before effective_from.")
    return Rule(
        id=entry.word("id"),
        title=entry.word("title"),
        jurisdiction=jurisdiction,
        products=frozenset(entry.words("products")),
        by_analogy=frozenset(entry.words("by_analogy")),
        requirement=requirement,
        effect=effect,
        override=override,
        thresholds=thresholds,
        label_version=_label(entry if "label_version" in entry else file, jurisdiction),
        effective_from=since,
        effective_until=until,
        carried_over=jurisdiction in entry.words("carried_over_to"),
        alternatives=alternatives,
    )


def _sourced(entry: Table, key: str) -> Mapping[str, Sourced[Value]]:
    if key not in entry:
        return MappingProxyType({})
    table = entry.table(key)
    return MappingProxyType({name: table.sourced(name) for name in table})


def _label(table: Table, jurisdiction: str) -> str:
    """Return the label's version: one word for all jurisdictions, or a table with one for each."""
    if isinstance(table["label_version"], Table):
        return table.table("label_version").word(jurisdiction)
    return table.word("label_version")


def _date(table: Table, key: str, where: str) -> date:
    found = table[key]
    if not isinstance(found, date):
        raise EvidenceError(f"{where}: {key} must be a date.")
    return found
