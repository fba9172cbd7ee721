"""The words in FHIR's data types."""

from __future__ import annotations

from typing import Any


def concept_words(concept: Any) -> str:
    """What a CodeableConcept says: its text, or else the name of its first coding, or else the code."""
    if not isinstance(concept, dict):
        return ""
    if concept.get("text"):
        return str(concept["text"])
    codings = [each for each in concept.get("coding") or () if isinstance(each, dict)]
    named = [str(each["display"]) for each in codings if each.get("display")]
    coded = [str(each["code"]) for each in codings if each.get("code")]
    return next(iter(named + coded), "")


def texts(annotations: Any) -> list[str]:
    """The texts of notes."""
    return [str(each["text"]) for each in annotations or () if isinstance(each, dict) and each.get("text")]


def human_name(names: Any) -> tuple[int, str, str] | None:
    """The place, given and family name of the name to be used: the official one, the usual one, or the first."""
    found = [(number, each) for number, each in enumerate(names or ()) if isinstance(each, dict)]
    uses = {"official": 0, "usual": 1}
    found = [
        pair for pair in found if pair[1].get("use") not in ("old", "maiden", "nickname", "anonymous")
    ] or found
    if not found:
        return None
    number, name = min(found, key=lambda pair: uses.get(str(pair[1].get("use")), 2))
    given = " ".join(str(part) for part in name.get("given") or () if part)
    family = str(name.get("family") or "")
    if not given and not family and name.get("text"):
        given, _, family = str(name["text"]).rpartition(" ")
    return number, given, family


def contact(points: Any, system: str) -> tuple[int, str] | None:
    """The place and value of the telephone number or e-mail address to be used, not an old one."""
    ranked = [
        (number, each)
        for number, each in enumerate(points or ())
        if isinstance(each, dict)
        and each.get("system") == system
        and each.get("use") != "old"
        and each.get("value")
    ]
    if not ranked:
        return None
    number, point = min(ranked, key=lambda pair: pair[1].get("rank") or 99)
    return number, str(point["value"])


def address_lines(address: Any) -> str:
    """A postal address in lines."""
    if not isinstance(address, dict):
        return ""
    if address.get("text"):
        return str(address["text"])
    town = " ".join(str(address[part]) for part in ("postalCode", "city") if address.get(part))
    lines = [*(str(line) for line in address.get("line") or () if line), town]
    lines += [str(address[part]) for part in ("state", "country") if address.get(part)]
    return "\n".join(filter(None, lines))
