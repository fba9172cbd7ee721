"""Reads the cells of an event table's row: words and numbers, or why there is none."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from euthymia.evidence import entry_limit

Cells: TypeAlias = Mapping[str, str]

_MISSING = frozenset({"", ".", "NA", "NaN", "null", "None"})


class Fault(Exception):
    """What is wrong with one row: a sentence each."""


def word_in(cells: Cells, column: str) -> str | None:
    """Return what stands in a cell, None where nothing does."""
    value = cells.get(column, "").strip()
    return None if value in _MISSING else value


def number_in(cells: Cells, column: str) -> float | None:
    """Return a finite number; ``Fault`` where something else stands."""
    return _read(cells, column, float, "a number")


def whole_in(cells: Cells, column: str) -> int | None:
    """Return a whole number; ``Fault`` where something else stands."""
    value = _read(cells, column, float, "a whole number")
    if value is None:
        return None
    if value != int(value):
        raise Fault(f"{column} is '{cells[column].strip()}'; it is a whole number.")
    return int(value)


def _read(cells: Cells, column: str, reader: Callable[[str], float], what: str) -> float | None:
    text = word_in(cells, column)
    if text is None:
        return None
    try:
        value = reader(text)
    except ValueError:
        raise Fault(f"{column} is '{text}'; it is {what}.") from None
    if value != value or value in (float("inf"), float("-inf")):
        raise Fault(f"{column} is '{text}'; it is {what}.")
    return value


def limited_in(cells: Cells, column: str, name: str) -> float | None:
    """Return a number that is possible by the entry limit ``name``; ``Fault`` where it is not."""
    value = number_in(cells, column)
    if value is None:
        return None
    low, high = entry_limit(name).possible
    if not float(low) <= value <= float(high):
        raise Fault(f"{column} is {value:g}; it lies between {low} and {high}.")
    return value
