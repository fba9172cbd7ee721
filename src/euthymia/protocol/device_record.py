"""Whether what must be on record of each device is there."""

from dataclasses import dataclass
from datetime import date, datetime

from euthymia.evidence import RuleBook
from euthymia.protocol._findings import Finding, Input, Outcome
from euthymia.protocol._judge import finding, worst
from euthymia.protocol.facts import Product


@dataclass(frozen=True, slots=True)
class DeviceRecord:
    """What is on record of one device; ``None`` and ``""`` mean that it is missing."""

    number: int
    lot: str = ""
    expires_on: date | None = None
    sprays_at: tuple[datetime, ...] = ()
    nostrils: int | None = None
    problem: bool | None = None
    disposition: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class DeviceRecordFacts:
    """The devices of one session on the local day ``given_on``."""

    product: Product
    given_on: date
    devices: tuple[DeviceRecord, ...] = ()


def assess(facts: DeviceRecordFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge DEV-7 for a nasal session."""
    if facts.product is not Product.ESKETAMINE_NASAL or "DEV-7" not in rules:
        return ()
    rule = rules["DEV-7"]
    if not facts.devices:
        return (finding(rule, facts.product, Outcome.UNKNOWN, "No device is on record."),)
    judged = [_judge(device, facts.given_on) for device in facts.devices]
    inputs = [
        Input(f"device {one.number}", f"lot {one.lot or 'missing'}", "", None, one.origin)
        for one in facts.devices
    ]
    outcome = worst(part for part, _ in judged)
    return (finding(rule, facts.product, outcome, " ".join(words for _, words in judged), inputs),)


def _judge(device: DeviceRecord, given_on: date) -> tuple[Outcome, str]:
    if device.expires_on and device.expires_on < given_on:
        return Outcome.VIOLATED, f"Device {device.number} expired on {device.expires_on.isoformat()}."
    parts = {
        "the lot": device.lot.strip(),
        "the expiry": device.expires_on,
        "the times of both sprays": len(device.sprays_at) > 1,
        "the nostrils": device.nostrils,
        "whether there was a problem": device.problem is not None,
        "where it went": device.disposition.strip(),
    }
    missing = [name for name, value in parts.items() if not value]
    if missing:
        return Outcome.UNKNOWN, f"Device {device.number}: missing {', '.join(missing)}."
    return Outcome.SATISFIED, f"Device {device.number}: complete."
