"""What the safety programme's form of one session asks for, and what of it is not on record.

The fields are those of a copy of the form for outpatients of June 2024 and the maker's account of the current one; the
live form was not read. Nothing is sent from here: the data are shown, whole or with what is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from euthymia.evidence import RuleBook
from euthymia.protocol.facts import Pressure, Product
from euthymia.protocol.programme import SiteKind

READ = "form of June 2024, a copy"
NOT_READ = "not read in the form: ask the live one"
MEDICINES = {
    "benzodiazepine": "Takes a benzodiazepine",
    "hypnotic": "Takes another sleeping medicine",
    "stimulant": "Takes a psychostimulant",
    "maoi": "Takes an MAO inhibitor",
    "opioid": "Takes an opioid, or another medicine that sedates, dissociates or slows breathing",
}
JUDGED = {
    "vitals_before": "Vital signs acceptable before the dose",
    "vitals_after": "Vital signs acceptable before the session ended",
    "sedation": "Sedation occurred",
    "dissociation": "Dissociation occurred",
    "breathing": "Breathing was slowed",
    "pressure": "Blood pressure rose as an event",
    "serious": "A serious adverse event occurred",
}
_READ_JUDGED = frozenset({"vitals_before", "vitals_after"})


@dataclass(frozen=True, slots=True)
class FormFacts:
    """What is on record for the form. ``said`` holds the answers given for it alone, by their key."""

    patient: str
    born: date
    sex: str
    treated_on: date
    first_treatment: bool | None
    enrolled: bool | None
    observer: str
    observer_email: str
    setting: str
    dose_mg: str
    lots: tuple[str, ...]
    devices: int
    minutes: int | None
    ready_minutes: int | None
    pressures: tuple[Pressure | None, Pressure | None, Pressure | None]
    said: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FormItem:
    """One field: its value as it would be written, empty where it is missing, and whether the field was read."""

    key: str
    label: str
    value: str
    seen_in: str

    @property
    def is_missing(self) -> bool:
        """Whether nothing is on record for it."""
        return not self.value


def is_owed(product: Product, site: SiteKind | None, rules: RuleBook) -> bool:
    """Whether a form is owed for a treated session: where there is a programme, outside a hospital."""
    return product is Product.ESKETAMINE_NASAL and "REMS-7" in rules and site is not SiteKind.INPATIENT


def items(facts: FormFacts) -> tuple[FormItem, ...]:
    """Every field of the form, in its order."""
    before, middle, end = facts.pressures
    first = facts.first_treatment
    lots = ", ".join(facts.lots) if len(facts.lots) == facts.devices and all(facts.lots) else ""
    found = [
        _item("patient", "Patient", facts.patient),
        _item("born", "Date of birth", facts.born.isoformat()),
        _item("sex", "Sex", facts.sex),
        _item("first", "First treatment", _yes(first)),
        *([_item("enrolled", "Enrolled in the programme", _yes(facts.enrolled))] if first else []),
        *(_item(key, label, facts.said.get(key, "")) for key, label in MEDICINES.items()),
        _item("observer", "Who watched", facts.observer),
        _item("observer_phone", "Telephone of who watched", facts.said.get("observer_phone", "")),
        _item("observer_email", "E-mail of who watched", facts.observer_email),
        _item("setting", "Setting", facts.setting),
        _item("setting_address", "Address of the setting", facts.said.get("setting_address", "")),
        _item("treated_on", "Date of treatment", facts.treated_on.isoformat()),
        _item("dose", "Dose", facts.dose_mg and f"{facts.dose_mg} mg"),
        _item("lots", "Lot of each device", lots),
        _item("minutes", "Minutes from the first device to the end of watching", _number(facts.minutes)),
        _item("ready", "Minutes until ready, had no time been fixed", _number(facts.ready_minutes)),
        _item("bp_before", "Blood pressure before", _pressure(before)),
        _item("bp_40", "Blood pressure at about 40 minutes", _pressure(middle)),
        _item("bp_end", "Blood pressure before the session ended", _pressure(end)),
        *(
            _item(key, label, facts.said.get(key, ""), READ if key in _READ_JUDGED else NOT_READ)
            for key, label in JUDGED.items()
        ),
    ]
    return tuple(found)


def missing(facts: FormFacts) -> tuple[FormItem, ...]:
    """The fields that nothing is on record for."""
    return tuple(item for item in items(facts) if item.is_missing)


def _item(key: str, label: str, value: str, seen_in: str = READ) -> FormItem:
    return FormItem(key, label, value, seen_in)


def _yes(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _pressure(value: Pressure | None) -> str:
    return "" if value is None else f"{value} mmHg"
