"""Whether two descriptions may be of one person. Pure: it judges likeness and decides nothing.

It is written to find too much rather than too little: what it finds is looked at by a person, side by side.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher

NAMES_ALIKE = 0.8  # ours: of 1 for the same letters; finds "Jon" and "John", "Meyer" and "Meier"
NAMES_SAME = 0.95  # ours: where nothing but the name speaks for it
PHONE_DIGITS = 8  # ours: the last digits, which stay when the country's or the trunk's digits are left out
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"}
)


@dataclass(frozen=True, slots=True)
class Described:
    """A person as somebody described them. ``numbers`` are record numbers, here or elsewhere."""

    given_name: str
    family_name: str
    birth_date: date | None
    phone: str = ""
    email: str = ""
    numbers: tuple[str, ...] = ()


def plain(name: str) -> str:
    """A name without case, accents, hyphens and spaces: "Müller-Łoś" is "mullerlos"."""
    decomposed = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    return "".join(letter for letter in decomposed if letter.isalnum())


def last_digits(phone: str) -> str:
    """The end of a telephone number, or nothing where it is too short to tell people apart."""
    digits = re.sub(r"\D", "", phone)
    return digits[-PHONE_DIGITS:] if len(digits) >= PHONE_DIGITS else ""


def names_alike(one: Described, other: Described) -> float:
    """How alike the names are, from 0 to 1, whichever way round they were written."""
    given, family = plain(one.given_name), plain(one.family_name)
    theirs = plain(other.given_name), plain(other.family_name)
    straight = min(_alike(given, theirs[0]), _alike(family, theirs[1]))
    swapped = min(_alike(given, theirs[1]), _alike(family, theirs[0]))
    run_together = _alike(given + family, theirs[0] + theirs[1]) if not all((given, family, *theirs)) else 0.0
    return max(straight, swapped, run_together)


def swapped_day(day: date) -> date | None:
    """The date with day and month exchanged, where that is another date."""
    try:
        other = day.replace(month=day.day, day=day.month)
    except ValueError:
        return None
    return other if other != day else None


def reasons(one: Described, other: Described) -> tuple[str, ...]:
    """Why the two may be one person, in words; nothing where nothing speaks for it."""
    alike = names_alike(one, other)
    found = []
    if one.birth_date is not None and alike >= NAMES_ALIKE:
        if one.birth_date == other.birth_date:
            found.append(
                "the same birth date and " + ("the same name" if alike >= NAMES_SAME else "a similar name")
            )
        elif other.birth_date is not None and swapped_day(one.birth_date) == other.birth_date:
            found.append("a similar name, and a birth date with day and month exchanged")
    if alike >= NAMES_SAME and not found:
        found.append("the same name with another birth date")
    if last_digits(one.phone) and last_digits(one.phone) == last_digits(other.phone):
        found.append("the same telephone number")
    if (address := one.email.strip().casefold()) and address == other.email.strip().casefold():
        found.append("the same e-mail address")
    if {plain(number) for number in one.numbers if plain(number)} & {
        plain(number) for number in other.numbers
    }:
        found.append("the same record number")
    return tuple(found)


def _alike(one: str, other: str) -> float:
    if one == other:
        return 1.0 if one else 0.0
    first, second = sorted((one, other))  # the matcher depends on the order, and likeness must not
    return SequenceMatcher(None, first, second, autojunk=False).ratio()
