"""FHIR R4 Observations of a bedside monitor, read into the message the visits room takes: strict, nothing guessed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from euthymia.clinic.visits import wire
from euthymia.clinic.visits.wire import Message, Problem, Quantity, Unacceptable
from euthymia.evidence import codes

LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"
_NAMES = {
    "systolic": ("systolic",),
    "diastolic": ("diastolic",),
    "heart_rate": ("heart-rate",),
    "respiratory_rate": ("respiratory-rate",),
    "spo2": ("oxygen-saturation", "oxygen-saturation-pulse-oximetry"),
}
_BUNDLES = ("collection", "batch", "transaction")


def read(data: bytes, *, key: str = "", date: datetime | None = None) -> Message:
    """Read one Observation, or a Bundle of them. ``key`` names the message, ``date`` is the sender's clock.

    Raises Unacceptable with everything that is wrong.
    """
    tree = wire.parse(data)
    problems: list[Problem] = []
    nodes = list(_observations(tree, problems))
    if not nodes and not problems:
        problems.append(Problem("message", "Send an Observation, or a Bundle of them."))
    if len(nodes) > wire.most("most_readings"):
        raise Unacceptable(
            Problem("Bundle.entry", f"Send at most {wire.most('most_readings')} Observations.")
        )
    gathered: dict[datetime, dict[str, Quantity]] = {}
    for node, path in nodes:
        _gather(node, path, gathered, problems)
    patients = {_patient(node) for node, _ in nodes} - {""}
    if len(patients) > 1:
        problems.append(Problem("subject", "One message is about one patient. Send one for each."))
    message_id = wire.message_id_of("" if key else _identifier(tree), key, problems)
    if problems:
        raise Unacceptable(*problems)
    readings = []
    for at, quantities in gathered.items():
        values, refused = wire.take(quantities, at.isoformat())
        readings.append(wire.Reading(at, values, refused))
    payload = wire.storable(tree)
    patient = next(iter(patients), "")
    return Message("fhir", message_id, date, patient, tuple(readings), payload, wire.sha256(payload))


def _observations(tree: Any, problems: list[Problem]) -> Iterator[tuple[dict[str, Any], str]]:
    kind = tree.get("resourceType") if isinstance(tree, dict) else None
    if kind == "Observation":
        yield tree, "Observation"
    if kind != "Bundle":
        return
    if tree.get("type") not in _BUNDLES:
        problems.append(Problem("Bundle.type", f"Send a Bundle of type {', '.join(_BUNDLES)}."))
    entries = tree.get("entry")
    for number, entry in enumerate(entries if isinstance(entries, list) else ()):
        node, path = (
            entry.get("resource") if isinstance(entry, dict) else None,
            f"Bundle.entry[{number}].resource",
        )
        if isinstance(node, dict) and node.get("resourceType") == "Observation":
            yield node, path
        else:
            problems.append(Problem(path, "Only Observations are taken here."))


def _gather(
    node: dict[str, Any],
    path: str,
    gathered: dict[datetime, dict[str, Quantity]],
    problems: list[Problem],
) -> None:
    """The values of one Observation, beside the others of its time."""
    before = len(problems)
    _check(node, path, problems)
    if len(problems) > before:
        return
    effective = node.get("effectiveDateTime") or node.get("effectiveInstant")
    at = wire.time_of(effective, f"{path}.effectiveDateTime", problems)
    if at is None:
        return
    known = False
    for part, where in _parts(node, path):
        name = _name(part.get("code"))
        if name is None:
            continue
        known = True
        quantity = _quantity(part, where, problems)
        if quantity is None:
            continue
        values = gathered.setdefault(at, {})
        if values.setdefault(name, quantity) != quantity:
            problems.append(Problem(where, "Another value of the same kind and time is in this message."))
    if not known:
        told = ", ".join(codes()[each[0]].code for each in _NAMES.values())
        problems.append(
            Problem(f"{path}.code", f"No reading is known by this code. Known to LOINC as {told}.")
        )


def _check(node: dict[str, Any], path: str, problems: list[Problem]) -> None:
    if node.get("status") != "final":
        sentence = "Send it when it is final. What was wrong is put right by a person, in the chart."
        problems.append(Problem(f"{path}.status", sentence))
    problems += [
        Problem(f"{path}.{name}", "This changes what it means, and is not understood here.")
        for name in ("modifierExtension", "implicitRules")
        if node.get(name)
    ]
    from fhir.resources.R4B.observation import Observation  # here: not every server process is sent FHIR

    try:
        Observation.model_validate(node)
    except ValidationError as error:
        for found in error.errors(include_url=False, include_context=False, include_input=False)[:10]:
            where = ".".join(str(each) for each in found["loc"])
            problems.append(Problem(f"{path}.{where}", f"This does not fit FHIR R4: {found['msg']}."))
    except Exception:  # the library raises what it happens to meet
        problems.append(Problem(path, "This does not have the structure of a FHIR R4 Observation."))


def _parts(node: dict[str, Any], path: str) -> Iterator[tuple[dict[str, Any], str]]:
    yield node, path
    for number, part in enumerate(node.get("component") or ()):
        yield part, f"{path}.component[{number}]"


def _name(concept: Any) -> str | None:
    """What a code means to us, by LOINC alone."""
    codings = concept.get("coding") if isinstance(concept, dict) else None
    given = {each.get("code") for each in codings or () if each.get("system") == LOINC}
    for name, keys in _NAMES.items():
        if given & {codes()[each].code for each in keys}:
            return name
    return None


def _quantity(part: dict[str, Any], path: str, problems: list[Problem]) -> Quantity | None:
    value = part.get("valueQuantity")
    if value is None:
        if not part.get("dataAbsentReason"):
            problems.append(
                Problem(f"{path}.valueQuantity", "Send the value as valueQuantity, or why it is absent.")
            )
        return None
    if value.get("comparator"):
        problems.append(
            Problem(f"{path}.valueQuantity.comparator", "Only a number that was measured is taken.")
        )
        return None
    if value.get("system") != UCUM or not value.get("code") or value.get("value") is None:
        problems.append(Problem(f"{path}.valueQuantity", f"Send value and code, with {UCUM} as system."))
        return None
    return Quantity(Decimal(value["value"]), str(value["code"]))


def _patient(node: dict[str, Any]) -> str:
    """The record number the monitor was given; a reference to another system's patient tells us nothing."""
    subject = node.get("subject")
    identifier = subject.get("identifier") if isinstance(subject, dict) else None
    return str(identifier.get("value") or "").strip() if isinstance(identifier, dict) else ""


def _identifier(tree: Any) -> str:
    """The name of a message by its own identifier, where the request has none."""
    found = tree.get("identifier") if isinstance(tree, dict) else None
    first = found[0] if isinstance(found, list) and found else found
    value = first.get("value") if isinstance(first, dict) else None
    return str(value) if value else ""
