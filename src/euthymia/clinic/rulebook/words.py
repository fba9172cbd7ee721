"""The rules' names, groups and values as a person reads and types them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from euthymia.evidence import Value

# The first pattern that fits an identifier names its group; the groups are shown in this order.
_GROUPS: tuple[tuple[str, str], ...] = (
    (r"(IV-)?IND-", "Who may be treated"),
    (r"(IV-)?CI-", "Contraindications"),
    (r"WP-", "Warnings, and patients who need care"),
    (r"WU-", "Work-up"),
    (r"CON-", "Consent"),
    (r"(REMS|PMF)-", "Safety programme"),
    (r"PRE-", "Before the dose"),
    (r"(IV-)?DOSE-|(PLAN|COMB)-", "Dose and schedule"),
    (r"MISS-", "Missed sessions"),
    (r"(DEV|ADM)-", "Giving the dose"),
    (r"(MON|OBS)-", "Watching after the dose"),
    (r"(STOP|ST)-", "Alarms and when to stop"),
    (r"IV-REC-|(DIS|REC)-", "Going home"),
    (r"SUI-", "Suicide risk"),
    (r"(MBC|FU|PSY)-", "Follow-up, response and relapse"),
    (r"(MIS|DEA|CMP|KAP)-", "Misuse, controlled drugs, compounding"),
    (r"(SAE|AE)-", "Adverse events"),
    (r"(US|EU|UK|AU|CA)-", "The jurisdiction's own"),
)
OTHER = "Other rules"
GROUPS: tuple[str, ...] = (*(name for _, name in _GROUPS), OTHER)

PRODUCTS: Mapping[str, str] = MappingProxyType(
    {"esketamine-nasal": "Esketamine nasal spray", "ketamine-iv": "Ketamine, intravenous"}
)
EFFECTS: Mapping[str, str] = MappingProxyType(
    {
        "gate": "Gate: holds the step back",
        "alarm": "Alarm: calls somebody",
        "task": "Task: must be done by a time",
        "capture": "Capture: must be recorded",
        "notice": "Notice: is said",
    }
)
OVERRIDES: Mapping[str, str] = MappingProxyType(
    {"nobody": "nobody may override", "prescriber": "a prescriber may override with a reason"}
)
_UNITS: Mapping[str, str] = MappingProxyType(
    {"1": "", "text": "", "{score}": "points", "a": "years", "wk": "weeks", "d": "days", "mm[Hg]": "mmHg"}
)


def group_of(rule: str) -> str:
    """The group a rule is shown in."""
    return next((name for pattern, name in _GROUPS if re.match(pattern, rule)), OTHER)


def product(key: str) -> str:
    """A product's name."""
    return PRODUCTS.get(key, key.replace("-", " "))


def threshold(name: str) -> str:
    """A threshold's name in words: ``systolic_max`` is “Systolic, at most”."""
    for end, word in (
        ("_max", ", at most"),
        ("_min", ", at least"),
        ("_above", ", above"),
        ("_below", ", below"),
    ):
        if name.endswith(end):
            return name.removesuffix(end).replace("_", " ").capitalize() + word
    return name.replace("_", " ").capitalize()


def unit(key: str) -> str:
    """A unit as it is read."""
    return _UNITS.get(key, key)


def shown(value: Value) -> str:
    """A threshold's value as text: a list with commas, yes or no for a switch."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(str(each) for each in value) if isinstance(value, tuple) else str(value)


def read(text: str, like: Value) -> Value:
    """What was typed, as a value of the same kind as ``like``. Raises ValueError with a sentence."""
    typed = text.strip()
    if isinstance(like, tuple):
        parts = [part for part in re.split(r"[,;\s]+" if _numeric(like) else r"[,;]", typed) if part.strip()]
        if not parts:
            raise ValueError("Enter at least one value, with commas between them.")
        return tuple(_one(part.strip(), like[0]) for part in parts)
    return _one(typed, like)


def _numeric(values: tuple[object, ...]) -> bool:
    return all(isinstance(each, (int, float)) and not isinstance(each, bool) for each in values)


def _one(text: str, like: object) -> bool | int | float | str:
    if isinstance(like, bool):
        if text.lower() not in {"yes", "no"}:
            raise ValueError("Write yes or no.")
        return text.lower() == "yes"
    if isinstance(like, int):
        if not re.fullmatch(r"\d{1,6}", text):
            raise ValueError("Enter a whole number in digits.")
        return int(text)
    if isinstance(like, float):
        if not re.fullmatch(r"\d{1,6}([.,]\d{1,6})?", text):
            raise ValueError("Enter a number in digits, such as 0.5.")
        return float(text.replace(",", "."))
    if not text:
        raise ValueError("Enter a value.")
    return text
