"""The going-home instructions a patient signs before the dose, in numbered versions that never change."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

CURRENT = "going-home-1"
"""The version shown now. A new wording is a new file and a new name: old ones stay, because they were signed."""


@dataclass(frozen=True, slots=True)
class Text:
    """One version of the instructions, word for word."""

    version: str
    text: str


@cache
def current() -> Text:
    """The version a patient is shown today."""
    return Text(
        CURRENT, (files("euthymia.clinic.visits") / "texts" / f"{CURRENT}.txt").read_text("utf-8").strip()
    )
