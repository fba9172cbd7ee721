"""What a bedside monitor sends, read into sets of readings: strict about names, units and times.

Nothing here knows the database. What is wrong is told in sentences that whoever connects the monitor can act on.
A message of the wrong shape is refused whole; in one of the right shape a value that cannot be is left out alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache
from typing import Any

from euthymia.clinic.visits.limits import limits
from euthymia.evidence import read_sourced, units

NAMES = ("systolic", "diastolic", "heart_rate", "respiratory_rate", "spo2")
"""What a monitor may send. Sedation, dissociation and the rest are judged by a person."""
_TOP = ("message_id", "sent_at", "patient", "readings")
_MINUTES = {"min": 1.0, "h": 60.0, "d": 1440.0}
_YEARS = range(
    2020, 2090
)  # a clock never set says 1970 or 2000; how far one of 2099 is ahead no column holds
_LONGEST_ID = 120
_LONGEST_NUMBER = 60  # ours, in digits: a number that a program wrote may have twenty


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where, in one sentence that says what to do."""

    path: str
    sentence: str


class Unacceptable(Exception):
    """The message has the wrong shape and nothing of it is taken."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(f"{each.path}: {each.sentence}" for each in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as it was sent, with its unit."""

    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One set by the monitor's clock. ``values`` are in the units of the record; ``refused`` were left out."""

    device_time: datetime
    values: Mapping[str, int]
    refused: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """One message. ``patient`` is the record number the monitor was given, or empty: it is only compared."""

    form: str
    message_id: str
    sent_at: datetime | None
    patient: str
    readings: tuple[Reading, ...]
    payload: Any
    sha256: str


@dataclass(frozen=True, slots=True)
class InTime:
    """A reading's instant by the server's clock; ``hold`` says why a person must look at it first."""

    measured_at: datetime
    ahead_s: int | None
    hold: str = ""


@cache
def span(group: str, name: str) -> timedelta:
    """A stretch of time of ``limits/monitors.toml``."""
    found = read_sourced("limits/monitors.toml").table(group).number(name)
    return timedelta(minutes=found.value * _MINUTES[found.unit])


@cache
def most(name: str) -> int:
    """How much one message, or one minute, may hold."""
    return int(read_sourced("limits/monitors.toml").table("message").integer(name).value)


@cache
def _kpa_in_mmhg() -> Decimal:
    return Decimal(str(read_sourced("limits/monitors.toml").table("pressure").number("kpa_in_mmhg").value))


def read_json(data: bytes, *, key: str = "", date: datetime | None = None) -> Message:
    """Read our own form of message; ``key`` and ``date`` are the request's own idempotency key and clock.

    Raises Unacceptable with everything that is wrong.
    """
    tree = parse(data)
    if not isinstance(tree, dict):
        raise Unacceptable(Problem("message", "Send one JSON object with “readings”."))
    problems = [
        Problem(name, f"Leave it out: known are {', '.join(_TOP)}.") for name in tree.keys() - set(_TOP)
    ]
    given = tree.get("readings")
    if not isinstance(given, list) or not given:
        problems.append(Problem("readings", "Send a list with at least one set of readings."))
        given = []
    if len(given) > most("most_readings"):
        problems.append(Problem("readings", f"Send at most {most('most_readings')} sets in one message."))
        given = []
    found = [_reading(each, f"readings[{number}]", problems) for number, each in enumerate(given)]
    sent_at = time_of(tree["sent_at"], "sent_at", problems) if tree.get("sent_at") else date
    message_id = message_id_of(tree.get("message_id", ""), key, problems)
    patient = tree.get("patient", "")
    if not isinstance(patient, str):
        problems.append(Problem("patient", "Send the record number as text, or leave it out."))
    if problems:
        raise Unacceptable(*problems)
    readings = tuple(each for each in found if each is not None)
    payload = storable(tree)
    return Message("json", message_id, sent_at, patient.strip(), readings, payload, sha256(payload))


def parse(data: bytes) -> Any:
    """The JSON tree, its numbers as exact decimals. Raises Unacceptable."""
    try:
        text = data.decode("utf-8-sig")
        tree = json.loads(
            text,
            parse_float=_decimal,
            parse_int=_whole,
            parse_constant=_no_number,
            object_pairs_hook=_each_name_once,
        )
        storable(tree)
    except (ValueError, RecursionError):
        raise Unacceptable(
            Problem("message", "This is no JSON in UTF-8 that can be read and kept.")
        ) from None
    return tree


def storable(tree: Any) -> Any:
    """The message as the database keeps it: decimals as text. Raises ValueError for what it cannot hold."""
    text = json.dumps(tree, default=str, ensure_ascii=False)
    text.encode()
    if "\\u0000" in text:
        raise ValueError("a nought character")
    return json.loads(text)


def sha256(payload: Any) -> str:
    """The fingerprint of what a message says, by which the same one is known again: but for when it was sent."""
    said = {name: value for name, value in payload.items() if name != "sent_at"}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def take(given: Mapping[str, Quantity], path: str) -> tuple[dict[str, int], tuple[Problem, ...]]:
    """Numbers in the units of the record, and what was left out of them and why."""
    values: dict[str, int] = {}
    refused = []
    for name, quantity in given.items():
        number = _in_our_unit(name, quantity)
        if isinstance(number, str):
            refused.append(Problem(f"{path}.{name}", number))
        elif not limits()[name].is_possible(number):
            limit = limits()[name]
            told = f"{quantity.value:f} {quantity.unit} cannot be: {limit.lowest} to {limit.highest} {limit.unit} can."
            refused.append(Problem(f"{path}.{name}", f"{told} Check the sensor and the unit."))
        else:
            values[name] = number
    refused += _check_pressure(values, path)
    return values, tuple(refused)


def in_time(device_time: datetime, *, sent_at: datetime | None, received_at: datetime) -> InTime:
    """When a reading was taken by the server's clock, from what the monitor's clock said when it sent."""
    slack = span("clock", "equal_within")
    if sent_at is None:
        return _unchecked(device_time, received_at, slack)
    ahead = sent_at - received_at
    measured = device_time if abs(ahead) <= slack else device_time - ahead
    seconds, hold = round(ahead.total_seconds()), ""
    if device_time > sent_at + slack:
        hold = "It says that it was taken after it was sent."
    elif abs(ahead) > span("clock", "trusted_to"):
        hold = "The monitor's clock is more than an hour wrong. Set it."
    elif received_at - measured > span("reading", "taken_to"):
        hold = "It is older than a day."
    return InTime(min(measured, received_at), seconds, hold)


def _unchecked(device_time: datetime, received_at: datetime, slack: timedelta) -> InTime:
    hold = ""
    if device_time > received_at + slack:
        hold = "The monitor's clock runs ahead, and it did not say when it sent."
    elif received_at - device_time > span("clock", "unchecked_to"):
        hold = "It did not say when it sent, so its clock cannot be checked."
    return InTime(min(device_time, received_at), None, hold)


def _reading(given: Any, path: str, problems: list[Problem]) -> Reading | None:
    if not isinstance(given, dict):
        problems.append(Problem(path, "Each set of readings is an object with “measured_at”."))
        return None
    for name in given.keys() - {"measured_at", *NAMES}:
        sentence = f"A monitor may send {', '.join(NAMES)}. Leave the rest out: a person judges it."
        problems.append(Problem(f"{path}.{name}", sentence))
    at = time_of(given.get("measured_at"), f"{path}.measured_at", problems)
    quantities = {}
    for name in NAMES:
        if name in given and (found := _quantity(given[name], f"{path}.{name}", problems)) is not None:
            quantities[name] = found
    if not given.keys() & set(NAMES):
        problems.append(Problem(path, f"It holds no value. Send at least one of {', '.join(NAMES)}."))
    if at is None:
        return None
    values, refused = take(quantities, path)
    return Reading(at, values, refused)


def _quantity(given: Any, path: str, problems: list[Problem]) -> Quantity | None:
    value = given.get("value") if isinstance(given, dict) else None
    unit = given.get("unit") if isinstance(given, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        problems.append(Problem(path, 'Send a number with its unit: {"value": 97, "unit": "%"}.'))
        return None
    if not isinstance(unit, str) or not unit:
        problems.append(Problem(path, "A number without its unit is not taken. Add “unit”."))
        return None
    return Quantity(Decimal(value), unit)


def time_of(given: Any, path: str, problems: list[Problem]) -> datetime | None:
    """An instant with its zone; adds what is wrong with it to ``problems``."""
    try:
        found = datetime.fromisoformat(given)
    except (TypeError, ValueError):
        found = None
    if found is None or found.tzinfo is None:
        problems.append(Problem(path, "Send date, time and zone, such as 2026-11-21T14:05:00-05:00."))
        return None
    if not is_a_year(found):
        problems.append(Problem(path, f"The clock says {found.year}: set the monitor's clock."))
        return None
    return found.astimezone(UTC)  # a zone of 23 hours is one to Python and none to the database


def is_a_year(moment: datetime) -> bool:
    """Whether a clock that says so was ever set."""
    return moment.year in _YEARS


def message_id_of(given: Any, key: str, problems: list[Problem]) -> str:
    """The name of a message, from its body or its request; adds what is wrong with it to ``problems``."""
    if given and key and given != key:
        problems.append(
            Problem("message_id", "It differs from the request's Idempotency-Key. Send one of them.")
        )
    found = given or key
    if not isinstance(found, str) or not 0 < len(found) <= _LONGEST_ID or not found.isprintable():
        sentence = (
            f"Name each message once, in 1 to {_LONGEST_ID} characters, and repeat it under the same name."
        )
        problems.append(Problem("message_id", sentence))
        return ""
    return found


def _in_our_unit(name: str, quantity: Quantity) -> int | str:
    """The number as the record keeps it, or a sentence about its unit."""
    value, ours = quantity.value, limits()[name].unit
    if quantity.unit == "kPa" and ours == "mmHg":
        value = value / _kpa_in_mmhg()
    elif quantity.unit not in _known(ours):
        return f"“{quantity.unit[:20]}” is not taken here. Send it in {' or '.join(_known(ours))}."
    try:
        return int(value.quantize(Decimal(1), ROUND_HALF_UP))
    except InvalidOperation:
        return "This number is longer than any reading."


def _known(unit: str) -> tuple[str, ...]:
    codes = tuple(each.ucum for each in units().values() if each.printed == unit)
    return tuple(
        dict.fromkeys((unit, *codes, *(("1/min", "{beats}/min", "{breaths}/min") if unit == "/min" else ())))
    )


def _check_pressure(values: dict[str, int], path: str) -> list[Problem]:
    """A pressure has two numbers, the lower below the upper: else neither is taken."""
    both = [values.get("systolic"), values.get("diastolic")]
    if both == [None, None]:
        return []
    if None not in both and values["diastolic"] < values["systolic"]:
        return []
    alone = None in both
    for name in ("systolic", "diastolic"):
        values.pop(name, None)
    sentence = "It has one number. Send both." if alone else "The lower number is not below the upper one."
    return [Problem(f"{path}.pressure", sentence)]


def _decimal(digits: str) -> Decimal:
    """An exact number of a length that can be reckoned with and written out: 1e-999999999 would fill the memory."""
    if len(digits) > _LONGEST_NUMBER:
        raise ValueError(digits[:_LONGEST_NUMBER])
    try:
        number = Decimal(digits)
    except InvalidOperation:
        raise ValueError(digits) from None
    if not -_LONGEST_NUMBER < number.adjusted() < _LONGEST_NUMBER:
        raise ValueError(digits)
    return number


def _whole(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise ValueError(digits[:_LONGEST_NUMBER])
    return int(digits)


def _no_number(word: str) -> Any:
    raise ValueError(word)


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found
