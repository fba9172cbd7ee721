"""Reads JSON text into a tree whose elements have paths, and keeps account of which of them were made use of."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from euthymia.clinic.courses.incoming import Unmapped

DEEPEST = 40  # ours: FHIR of a referral needs a dozen levels; a file made to exhaust us has thousands


class Unreadable(Exception):
    """The text is no tree that can be read. The message is a sentence for the person who chose the file."""


@dataclass(slots=True)
class Used:
    """The paths that were made use of. What is beneath a used path counts as used."""

    paths: set[str] = field(default_factory=set)

    def add(self, *paths: str) -> None:
        """Note that these were made use of."""
        self.paths.update(paths)


def parse(data: bytes) -> Any:
    """Read UTF-8 JSON.

    Raises:
        Unreadable: it is XML, no JSON, not UTF-8, nested without end, or names one thing twice.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("This file is not UTF-8 text, as FHIR JSON must be.") from None
    if text.lstrip().startswith("<"):
        raise Unreadable("This looks like XML. Only FHIR in JSON is read: ask the sender for JSON.")
    try:
        tree = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant, parse_int=_integer)
    except RecursionError:
        raise Unreadable("This file is nested too deeply to be a referral.") from None
    except json.JSONDecodeError as error:
        raise Unreadable(
            f"This is not JSON: line {error.lineno}, column {error.colno} cannot be read."
        ) from None
    if _depth(tree) > DEEPEST:
        raise Unreadable("This file is nested too deeply to be a referral.")
    return tree


def leaves(tree: Any, path: str, used: Used) -> Iterator[Unmapped]:
    """Every value that was not made use of, with its path, in the order of the file."""
    waiting: list[tuple[Any, str]] = [(tree, path)]
    while waiting:
        node, here = waiting.pop()
        if here in used.paths:
            continue
        if isinstance(node, dict):
            waiting += reversed([(value, f"{here}.{key}") for key, value in node.items()])
        elif isinstance(node, list):
            waiting += reversed([(value, f"{here}[{number}]") for number, value in enumerate(node)])
        else:
            yield Unmapped(writable(here), writable("" if node is None else str(node)))


def writable(text: str) -> str:
    """The text without what no database holds: a broken character is shown as one."""
    return text.replace("\x00", "�").encode("utf-8", "replace").decode()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        raise Unreadable(f"The element “{writable(twice)[:60]}” stands twice in one place. Ask the sender.")
    return found


def _no_constant(word: str) -> Any:
    raise Unreadable(f"{word} is no value in JSON.")


def _integer(digits: str) -> int:
    if len(digits) > 30:
        raise Unreadable("A number in this file is longer than any in a referral.")
    return int(digits)


def _depth(tree: Any) -> int:
    deepest, waiting = 0, [(tree, 1)]
    while waiting:
        node, level = waiting.pop()
        deepest = max(deepest, level)
        if level > DEEPEST:
            return level
        inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
        waiting += [(each, level + 1) for each in inner]
    return deepest
