"""Reads the data files and refuses a value that does not say its unit, its source and how it is known.

A TOML file is a tree. A table with the key ``value`` is one sourced value::

    clearance = { value = 95.2, unit = "L/h", source = "otto-2021", known = "secondary", note = "optional" }

``source`` and ``known`` may be given once for a file in a table ``[defaults]``. Words, switches and dates may
stand bare because they name and order things (``id = "CI-1"``); a number never may.

A CSV file holds one sourced value a row, in the columns ``value, unit, source, known`` and, if wanted,
``note``; every other column says what the value belongs to.
"""

import csv
import hashlib
import io
import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any, TypeAlias, cast

from euthymia.evidence._sourced import BINDING_KINDS, EvidenceError, Known, Source, Sourced

Scalar: TypeAlias = str | bool | int | float | date | datetime | time
Value: TypeAlias = Scalar | tuple[Scalar, ...]
Node: TypeAlias = "Sourced[Value] | str | bool | date | tuple[str, ...] | Table | tuple[Table, ...]"

_FIELDS = frozenset({"value", "unit", "source", "known", "note"})
_DEFAULTS = frozenset({"source", "known"})


@dataclass(frozen=True)
class Table(Mapping[str, "Node"]):
    """A table of a data file: a read-only mapping whose typed readers raise sentences.

    ``where`` names the file and the path of keys to this table.
    """

    where: str
    nodes: Mapping[str, "Node"]

    def __getitem__(self, key: str) -> "Node":
        try:
            return self.nodes[key]
        except KeyError:
            raise EvidenceError(f"{self.where}: the key '{key}' is missing.") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    def __contains__(self, key: object) -> bool:
        return key in self.nodes

    def sourced(self, key: str) -> Sourced[Value]:
        """Return the sourced value at ``key``, whatever its type."""
        return cast(
            "Sourced[Value]", self._of(key, lambda node: isinstance(node, Sourced), "a sourced value")
        )

    def number(self, key: str) -> Sourced[float]:
        """Return the sourced number at ``key`` as a float."""
        found = self.sourced(key)
        if isinstance(found.value, bool) or not isinstance(found.value, (int, float)):
            raise EvidenceError(f"{_at(self.where, key)}: expected a number, found {found.value!r}.")
        return Sourced(float(found.value), found.unit, found.source, found.known, found.note)

    def integer(self, key: str) -> Sourced[int]:
        """Return the sourced whole number at ``key``."""
        found = self.sourced(key)
        if isinstance(found.value, bool) or not isinstance(found.value, int):
            raise EvidenceError(f"{_at(self.where, key)}: expected a whole number, found {found.value!r}.")
        return Sourced(found.value, found.unit, found.source, found.known, found.note)

    def text(self, key: str) -> Sourced[str]:
        """Return the sourced words at ``key``."""
        found = self.sourced(key)
        if not isinstance(found.value, str):
            raise EvidenceError(f"{_at(self.where, key)}: expected words, found {found.value!r}.")
        return Sourced(found.value, found.unit, found.source, found.known, found.note)

    def word(self, key: str, default: str | None = None) -> str:
        """Return the bare word at ``key``; ``default`` when it is absent and a default is given."""
        if default is not None and key not in self:
            return default
        return cast(str, self._of(key, lambda node: isinstance(node, str), "a bare word"))

    def words(self, key: str) -> tuple[str, ...]:
        """Return the bare list of words at ``key``; empty when it is absent."""
        if key not in self:
            return ()
        found = self._of(key, lambda node: isinstance(node, tuple), "a list of words")
        items = cast(tuple[object, ...], found)
        if not all(isinstance(item, str) for item in items):
            raise EvidenceError(f"{_at(self.where, key)}: expected a list of words.")
        return cast(tuple[str, ...], items)

    def switch(self, key: str) -> bool:
        """Return the bare ``true`` or ``false`` at ``key``."""
        return cast(bool, self._of(key, lambda node: isinstance(node, bool), "true or false"))

    def table(self, key: str) -> "Table":
        """Return the table at ``key``."""
        return cast(Table, self._of(key, lambda node: isinstance(node, Table), "a table"))

    def tables(self, key: str) -> tuple["Table", ...]:
        """Return the array of tables at ``key``; empty when it is absent."""
        if key not in self:
            return ()
        found = self._of(key, lambda node: isinstance(node, tuple), "an array of tables")
        items = cast(tuple[object, ...], found)
        if not all(isinstance(item, Table) for item in items):
            raise EvidenceError(f"{_at(self.where, key)}: expected an array of tables.")
        return cast(tuple[Table, ...], items)

    def numbers(self) -> Mapping[str, Sourced[float]]:
        """Return every key of this table as a sourced number; a key that is none is an error."""
        return MappingProxyType({key: self.number(key) for key in self})

    def _of(self, key: str, fits: Callable[[object], bool], expected: str) -> object:
        node = self[key]
        if not fits(node):
            raise EvidenceError(f"{_at(self.where, key)}: expected {expected}.")
        return node


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a CSV file: what it belongs to, and its sourced number."""

    keys: Mapping[str, str]
    value: Sourced[float]


def root() -> Traversable:
    """Return the folder of the data files, wherever the package is installed."""
    return files("euthymia.evidence")


@cache
def sources() -> Mapping[str, Source]:
    """Return every source by key, from ``sources.toml`` here and in each folder beside it."""
    found: dict[str, Source] = {}
    folders = [root(), *(entry for entry in root().iterdir() if entry.is_dir())]
    for folder in folders:
        file = folder / "sources.toml"
        if not file.is_file():
            continue
        for key, source in _parse_sources(file.read_text("utf-8"), f"{folder.name}/sources.toml").items():
            if key in found:
                raise EvidenceError(f"{folder.name}/sources.toml: the source '{key}' is declared twice.")
            found[key] = source
    return MappingProxyType(found)


def _parse_sources(text: str, where: str) -> dict[str, Source]:
    parsed: dict[str, Source] = {}
    for key, entry in _toml(text, where).items():
        if (
            not isinstance(entry, dict)
            or set(entry) - {"kind"} != {"title", "where"}
            or not all(entry.values())
        ):
            raise EvidenceError(f"{where}: the source '{key}' needs a title, a where, and at most a kind.")
        if (kind := entry.get("kind", "")) not in {"", *BINDING_KINDS}:
            allowed = ", ".join(sorted(BINDING_KINDS))
            raise EvidenceError(f"{where}: the kind '{kind}' of the source '{key}' is none of {allowed}.")
        parsed[key] = Source(key=key, title=entry["title"], where=entry["where"], kind=kind)
    return parsed


@cache
def read_sourced(path: str) -> Table:
    """Return the tree of one TOML file, for example ``read_sourced("kinetics/otto-2021.toml")``.

    Raises:
        EvidenceError: the file is missing, is no TOML, or holds a value without unit, source or ``known``.
    """
    return parse_sourced(read_text(path), path, sources())


@cache
def read_rows(path: str) -> tuple[Row, ...]:
    """Return the rows of one CSV file of sourced numbers.

    Raises:
        EvidenceError: the file is missing, or a row lacks value, unit, source or ``known``.
    """
    return parse_rows(read_text(path), path, sources())


def names(folder: str) -> tuple[str, ...]:
    """Return the sorted names, without ``.toml``, of the data files in ``folder``, less ``sources``."""
    entries = (entry.name for entry in (root() / folder).iterdir())
    return tuple(sorted(name[:-5] for name in entries if name.endswith(".toml") and name != "sources.toml"))


def parse_sourced(text: str, where: str, known_sources: Mapping[str, Source]) -> Table:
    """Parse TOML ``text``; ``where`` is the file named in errors."""
    data = _toml(text, where)
    defaults = _defaults(data.pop("defaults", {}), where)
    return _Reader(defaults, known_sources).table(data, where)


def parse_rows(text: str, where: str, known_sources: Mapping[str, Source]) -> tuple[Row, ...]:
    """Parse CSV ``text`` of one sourced number a row."""
    reader = _Reader({}, known_sources)
    rows = []
    for line, record in enumerate(csv.DictReader(io.StringIO(text)), start=2):
        at = f"{where} line {line}"
        if None in record or None in record.values():
            raise EvidenceError(f"{at}: the row has more or fewer cells than the header.")
        leaf: dict[str, object] = {key: cell for key, cell in record.items() if key in _FIELDS and cell}
        if "value" in leaf:
            leaf["value"] = _float(cast(str, leaf["value"]), at)
        keys = MappingProxyType({key: cell for key, cell in record.items() if key not in _FIELDS})
        rows.append(Row(keys, cast("Sourced[float]", reader.leaf(leaf, at))))
    return tuple(rows)


def content_hash(table: Table) -> str:
    """Return the SHA-256 of a table's content: the same for every layout, order and comment of its file."""
    canonical = json.dumps(_plain(table), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


class _Reader:
    """Turns parsed TOML into nodes, with the file's defaults and the sources that exist."""

    def __init__(self, defaults: Mapping[str, str], known_sources: Mapping[str, Source]) -> None:
        self.defaults = defaults
        self.sources = known_sources

    def node(self, item: object, where: str) -> Node:
        if isinstance(item, dict):
            return self.leaf(item, where) if "value" in item else self.table(item, where)
        if isinstance(item, list):
            return self._list(item, where)
        if isinstance(item, (str, bool, date)):
            return item
        raise EvidenceError(
            f"{where}: the bare number {item!r} has no source; write it as "
            f"{{ value = {item!r}, unit = …, source = …, known = … }}."
        )

    def table(self, item: Mapping[str, object], where: str) -> Table:
        if set(item) & {"unit", "known"}:
            raise EvidenceError(f"{where}: there is a unit or a 'known' but no value; add value = ….")
        return Table(
            where, MappingProxyType({key: self.node(child, _at(where, key)) for key, child in item.items()})
        )

    def leaf(self, item: Mapping[str, object], where: str) -> Sourced[Value]:
        given = {**self.defaults, **item}
        if extra := sorted(set(given) - _FIELDS):
            raise EvidenceError(f"{where}: a value may not carry {', '.join(extra)}.")
        for field in ("value", "unit", "source", "known"):
            if given.get(field) in (None, ""):
                raise EvidenceError(f"{where}: the value has no {field}; add {field} = ….")
        unit, source, known, note = (
            self._word(given, field, where) for field in ("unit", "source", "known", "note")
        )
        if source not in self.sources:
            raise EvidenceError(f"{where}: the source '{source}' is not in sources.toml; add it there.")
        if known not in set(Known):
            raise EvidenceError(f"{where}: known = '{known}' is none of {', '.join(Known)}.")
        return Sourced(_value(given["value"], where), unit, source, Known(known), note)

    def _list(self, items: list[object], where: str) -> Node:
        nodes = tuple(self.node(item, f"{where}[{index}]") for index, item in enumerate(items))
        if all(isinstance(node, str) for node in nodes) or all(isinstance(node, Table) for node in nodes):
            return cast("tuple[str, ...] | tuple[Table, ...]", nodes)
        raise EvidenceError(
            f"{where}: a list holds words only, or tables only; a list of numbers needs a source."
        )

    @staticmethod
    def _word(given: Mapping[str, object], field: str, where: str) -> str:
        word = given.get(field, "")
        if not isinstance(word, str):
            raise EvidenceError(f"{where}: {field} must be written as words in quotes, found {word!r}.")
        return word


def _at(where: str, key: str) -> str:
    """Name a key below ``where``: ``file.toml: table.key``."""
    return f"{where}.{key}" if ": " in where else f"{where}: {key}"


def _value(value: object, where: str) -> Value:
    if isinstance(value, list):
        items = tuple(_value(item, where) for item in value)
        if any(isinstance(item, tuple) for item in items):
            raise EvidenceError(f"{where}: a value may be a list, but not a list of lists.")
        return cast(tuple[Scalar, ...], items)
    if isinstance(value, (str, bool, int, float, date, time)):
        return value
    raise EvidenceError(f"{where}: a value may be a number, words, a switch, a date or a list of these.")


def _defaults(defaults: object, where: str) -> Mapping[str, str]:
    if not isinstance(defaults, dict) or set(defaults) - _DEFAULTS:
        raise EvidenceError(f"{where}: [defaults] may give source and known, nothing else.")
    return cast(Mapping[str, str], defaults)


def _toml(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise EvidenceError(f"{where}: this is not valid TOML ({error}).") from error


def read_text(path: str) -> str:
    """Return the text of one data file."""
    file = root() / path
    if not file.is_file():
        raise EvidenceError(f"{path}: there is no such data file.")
    return file.read_text("utf-8")


def _float(cell: str, where: str) -> float:
    try:
        return float(cell)
    except ValueError:
        raise EvidenceError(f"{where}: expected a number, found '{cell}'.") from None


def _plain(node: object) -> object:
    if isinstance(node, Table):
        return {key: _plain(child) for key, child in node.nodes.items()}
    if isinstance(node, Sourced):
        return {field: _plain(getattr(node, field)) for field in ("value", "unit", "source", "known", "note")}
    if isinstance(node, tuple):
        return [_plain(item) for item in node]
    if isinstance(node, (date, time)):
        return node.isoformat()
    return node
