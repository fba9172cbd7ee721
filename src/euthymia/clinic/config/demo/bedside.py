"""A simulated bedside monitor: what it would send through a visit, with everything that goes wrong in real ones.

Pure: the same seed gives the same stream. ``Stream.sent`` is what travels, in the order it arrives; ``Stream.truth``
is what was really measured and when, for tests to compare with.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from euthymia.clinic.config.demo import curves
from euthymia.evidence import Table, codes, read_sourced
from euthymia.protocol import Product

TROUBLES = ("gaps", "duplicates", "skew", "artefacts")
_UNITS = {
    "systolic": "mmHg",
    "diastolic": "mmHg",
    "heart_rate": "/min",
    "respiratory_rate": "/min",
    "spo2": "%",
}
_CODES = {"heart_rate": "heart-rate", "respiratory_rate": "respiratory-rate", "spo2": "oxygen-saturation"}
_SLIPPED = ({"spo2": 0}, {"spo2": 62}, {"heart_rate": 255}, {"systolic": 251, "diastolic": 249})
"""What a clip that slipped or a cuff that was moved shows: some of it cannot be, some only seldom is."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One message as it travels: when it arrives by the true clock, its name, and what it says."""

    arrives_at: datetime
    message_id: str
    body: dict[str, Any]
    why: str  # reading, again, renamed, late, artefact


@dataclass(slots=True)
class Stream:
    """Everything one monitor sends in a visit, and what is true."""

    sent: list[Sent] = field(default_factory=list)
    truth: dict[datetime, dict[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Clock:
    """The monitor's clock: ahead by so much at the start, and by a little more every minute."""

    begins: datetime
    ahead_min: float
    drift_min: float

    def shows(self, at: datetime) -> str:
        passed = (at - self.begins) / timedelta(minutes=1)
        shown = at + timedelta(minutes=self.ahead_min + self.drift_min * passed)
        return shown.replace(microsecond=0).isoformat()


def stream(
    seed: str,
    product: Product,
    *,
    t0: datetime,
    minutes: int,
    begins_min: int = -5,
    troubles: tuple[str, ...] = TROUBLES,
    step: timedelta = timedelta(minutes=1),
) -> Stream:
    """What a monitor sends from ``begins_min`` on for ``minutes``, with the ``troubles`` named.

    A ``step`` shorter than a minute lets the patient's minutes pass faster; every time sent stays true.
    """
    rng = Random(f"monitor {seed}")
    body, session = curves.draw_body(rng), curves.draw_session(rng, product)
    begins = t0 + begins_min * step
    table = read_sourced("demo/synthetic.toml").table("monitor")
    skewed = "skew" in troubles
    clock = _Clock(
        begins,
        _number(table, "clock_ahead") if skewed else 0.0,
        _number(table, "clock_drift") if skewed else 0.0,
    )
    made = Stream()
    held: list[tuple[datetime, dict[str, int]]] = []
    gap_left = 0
    for minute in range(begins_min, begins_min + minutes):
        at = t0 + minute * step
        values = _values(rng, body, session, minute, table)
        why = "reading"
        if "artefacts" in troubles and _happens(rng, table, "artefact_share"):
            values, why = values | rng.choice(_SLIPPED), "artefact"
        made.truth[at] = values
        if "gaps" in troubles and gap_left == 0 and _happens(rng, table, "gap_share"):
            gap_left = rng.randint(2, int(_number(table, "gap_longest")))
        if gap_left > 0:
            gap_left -= 1
            held.append((at, values))
            continue
        made.sent += _send(rng, clock, at, at, values, why)
        for number, (earlier, kept) in enumerate(reversed(held)):  # the newest first: out of order
            made.sent += _send(rng, clock, earlier, at + step * (number + 1) / 60, kept, "late")
        held.clear()
        made.sent += _repeat(rng, clock, at + step / 3, made.sent, table) if "duplicates" in troubles else []
    for earlier, kept in held:
        made.sent += _send(rng, clock, earlier, t0 + (begins_min + minutes) * step, kept, "late")
    return made


def as_fhir(body: dict[str, Any]) -> dict[str, Any]:
    """The same readings as a Bundle of FHIR R4 Observations. Its name travels in the request."""
    entries = [{"resource": resource} for reading in body["readings"] for resource in _observations(reading)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _values(
    rng: Random, body: curves.Body, session: curves.Session, minute: int, table: Table
) -> dict[str, int]:
    read = curves.read_after(rng, body, session, minute)
    values = {
        "heart_rate": read.heart_rate,
        "respiratory_rate": read.respiratory_rate,
        "spo2": read.saturation,
    }
    if minute % int(_number(table, "pressure_every")) == 0:
        values |= {"systolic": read.systolic, "diastolic": read.diastolic}
    return values


def _send(
    rng: Random, clock: _Clock, at: datetime, arrives: datetime, values: dict[str, int], why: str
) -> list[Sent]:
    quantities = {name: {"value": value, "unit": _UNITS[name]} for name, value in values.items()}
    body = {
        "message_id": _name(rng),
        "sent_at": clock.shows(arrives),
        "readings": [{"measured_at": clock.shows(at), **quantities}],
    }
    return [Sent(arrives, body["message_id"], body, why)]  # type: ignore[arg-type]


def _repeat(rng: Random, clock: _Clock, arrives: datetime, before: list[Sent], table: Table) -> list[Sent]:
    """One of the last messages once more: the same, or the same readings under a new name."""
    if not before:
        return []
    last = rng.choice(before[-3:])
    if _happens(rng, table, "again_share"):
        body = last.body | {"sent_at": clock.shows(arrives)}
        return [Sent(arrives, last.message_id, body, "again")]
    if _happens(rng, table, "renamed_share"):
        name = _name(rng)
        body = last.body | {"sent_at": clock.shows(arrives), "message_id": name}
        return [Sent(arrives, name, body, "renamed")]
    return []


def _observations(reading: dict[str, Any]) -> Iterator[dict[str, Any]]:
    at = reading["measured_at"]
    if "systolic" in reading:
        parts = [
            _coded("systolic", reading["systolic"]["value"], "mm[Hg]"),
            _coded("diastolic", reading["diastolic"]["value"], "mm[Hg]"),
        ]
        yield _observation(at, _coded("blood-pressure")) | {"component": parts}
    for name, code in _CODES.items():
        if name in reading:
            yield _observation(at, _coded(code, reading[name]["value"], _UNITS[name]))


def _observation(at: str, coded: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Observation", "status": "final", "effectiveDateTime": at, **coded}


def _coded(key: str, value: int | None = None, unit: str = "") -> dict[str, Any]:
    found = codes()[key]
    coded: dict[str, Any] = {
        "code": {"coding": [{"system": "http://loinc.org", "code": found.code, "display": found.display}]}
    }
    if value is not None:
        coded["valueQuantity"] = {
            "value": value,
            "unit": unit,
            "system": "http://unitsofmeasure.org",
            "code": unit,
        }
    return coded


def _name(rng: Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def _happens(rng: Random, table: Table, name: str) -> bool:
    return rng.uniform(0, 100) < _number(table, name)


def _number(table: Table, name: str) -> float:
    return table.number(name).value
