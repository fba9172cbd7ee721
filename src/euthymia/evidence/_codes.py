"""Codes that travel: LOINC terms with their official displays, and units with their UCUM spelling."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from euthymia.evidence._loader import read_sourced
from euthymia.evidence._sourced import EvidenceError, Known

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"

NOT_UNITS = frozenset({"text", "date"})
"""What a value of words, or of a date, writes in the place of a unit."""


@dataclass(frozen=True, slots=True)
class Code:
    """A term of a code system. ``unit`` is the key of the unit its numbers are measured in, or empty."""

    key: str
    system: str
    code: str
    display: str
    unit: str
    source: str
    known: Known


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: ``key`` as evidence files write it, ``ucum`` as it travels, ``printed`` as people read it."""

    key: str
    ucum: str
    printed: str
    meaning: str


@cache
def codes() -> Mapping[str, Code]:
    """Return every LOINC term by our key, for example ``codes()["heart-rate"].code == "8867-4"``.

    Raises:
        EvidenceError: a code has a wrong check digit, or two keys carry one code.
    """
    found: dict[str, Code] = {}
    for key, code in ((key, _code(key)) for key in read_sourced("codes/loinc.toml")):
        if not has_check_digit(code.code):
            raise EvidenceError(f"codes/loinc.toml: {key}: the check digit of {code.code} is wrong.")
        if code.code in {other.code for other in found.values()}:
            raise EvidenceError(f"codes/loinc.toml: {key}: the code {code.code} is there twice.")
        found[key] = code
    return MappingProxyType(found)


@cache
def units() -> Mapping[str, Unit]:
    """Return every unit by the key that evidence files write."""
    table = read_sourced("codes/ucum.toml")
    return MappingProxyType(
        {
            key: Unit(
                key,
                table.table(key).text("ucum").value,
                table.table(key).word("printed"),
                table.table(key).word("meaning"),
            )
            for key in table
        }
    )


def has_check_digit(code: str) -> bool:
    """Tell whether a LOINC code (``8867-4``) or answer code (``LA6568-5``) ends in its mod-10 digit.

    Every second character from the right is doubled and the digits of that product are added; with the check
    digit the sum is a multiple of ten. A letter counts as its place after the character "0".
    """
    body, dash, check = code.rpartition("-")
    if not (dash and body.removeprefix("LA").isdigit() and len(check) == 1 and check.isdigit()):
        return False
    places = [ord(character) - ord("0") for character in reversed(body)]
    total = sum(sum(divmod(2 * value, 10)) if place % 2 == 0 else value for place, value in enumerate(places))
    return (total + int(check)) % 10 == 0


def _code(key: str) -> Code:
    table = read_sourced("codes/loinc.toml").table(key)
    code, display = table.text("code"), table.text("display")
    unit = table.word("measured_in", "")
    if unit and unit not in units():
        raise EvidenceError(
            f"codes/loinc.toml: {key}: the unit '{unit}' is not in codes/ucum.toml; add it there."
        )
    return Code(key, LOINC, code.value, display.value, unit, code.source, code.known)
