"""A rule as plain JSON and back, and the hash of what a director signs.

What is hashed is what acts on a patient or is read as the rule: wording, effect, override, products, thresholds with
unit and source, label. How well the program knows a figure, and its remarks, are not: they change when somebody
reads a source again. A field the program adds to rules later changes no hash, so no signature is lost by it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from datetime import date
from enum import Enum
from functools import cache
from types import MappingProxyType
from typing import Any, get_args, get_origin, get_type_hints

from euthymia.evidence import Known, Rule, RuleBook, Sourced

_SIGNED = (
    "id",
    "jurisdiction",
    "products",
    "by_analogy",
    "requirement",
    "effect",
    "override",
    "thresholds",
    "label_version",
)
_NOT_KEPT = frozenset({"verified_by"})


def sha256(rule: Rule) -> str:
    """The hash of what a signature under ``rule`` binds."""
    return _hash({name: _signed(_plain(getattr(rule, name))) for name in _SIGNED})


def sha256_of_book(book: RuleBook) -> str:
    """The hash of all rules of a book: equal for two books that judge alike."""
    return _hash({key: to_json(rule) for key, rule in book.items()} | {"": book.jurisdiction})


def to_json(rule: Rule) -> dict[str, Any]:
    """Every field of a rule as JSON takes it; who verified it is not part of the rule."""
    return {
        each.name: _plain(getattr(rule, each.name)) for each in fields(rule) if each.name not in _NOT_KEPT
    }


def from_json(kept: Iterable[Mapping[str, Any]], base: RuleBook) -> dict[str, Rule]:
    """The rules that ``to_json`` wrote, by identifier.

    A field or threshold that the program has added since comes from today's rule in ``base``, and so does a rule
    that was not there then: the program's code may ask for it.
    """
    found = {row["id"]: _rule(row, base.by_id.get(row["id"])) for row in kept}
    return {**base.by_id, **found}


def _rule(row: Mapping[str, Any], today: Rule | None) -> Rule:
    given: dict[str, Any] = {}
    for each in fields(Rule):
        if each.name in row:
            given[each.name] = _typed(_hints()[each.name], row[each.name])
        elif each.name in _NOT_KEPT:
            given[each.name] = None
        elif today is not None:
            given[each.name] = getattr(today, each.name)
        elif each.default is MISSING and each.default_factory is MISSING:
            raise ValueError(f"The kept rule {row['id']} has no {each.name}.")
    if today is not None:
        given["thresholds"] = MappingProxyType({**today.thresholds, **given["thresholds"]})
    return Rule(**given)


def _signed(plain: Any) -> Any:
    """Without what is no part of a rule but of our knowledge of it."""
    if not isinstance(plain, dict):
        return plain
    return {key: _signed(item) for key, item in plain.items() if key not in ("known", "note")}


@cache
def _hints() -> Mapping[str, Any]:
    return get_type_hints(Rule)


def _plain(value: Any) -> Any:
    match value:
        case Sourced():
            return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
        case Enum():
            return value.value
        case None | bool() | int() | float() | str():
            return value
        case date():
            return value.isoformat()
        case Mapping():
            return {key: _plain(item) for key, item in value.items()}
        case frozenset():
            return sorted(_plain(item) for item in value)
        case tuple():
            return [_plain(item) for item in value]
    raise TypeError(f"A rule cannot be kept with a {type(value).__name__} in it.")


def _typed(hint: Any, raw: Any) -> Any:
    if raw is None:
        return None
    if type(None) in get_args(hint):
        (hint,) = [each for each in get_args(hint) if each is not type(None)]
    kind = get_origin(hint) or hint
    if kind is Sourced:
        return _sourced(raw)
    if kind is frozenset:
        return frozenset(raw)
    if kind is tuple:
        return tuple(raw)
    if kind is date:
        return date.fromisoformat(raw)
    if isinstance(raw, dict):
        return MappingProxyType(
            {key: _sourced(item) if isinstance(item, dict) else item for key, item in raw.items()}
        )
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(raw)
    return raw


def _sourced(raw: Mapping[str, Any]) -> Sourced[Any]:
    value = tuple(raw["value"]) if isinstance(raw["value"], list) else raw["value"]
    return Sourced(**{**raw, "value": value, "known": Known(raw["known"])})


def _hash(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
