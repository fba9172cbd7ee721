"""Check-in as a list of pieces: what is there, from whom, and what is still missing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from euthymia.clinic.audit.bases import Fact
from euthymia.clinic.visits.models.observed import Kind
from euthymia.clinic.visits.queries._readings import shown
from euthymia.clinic.visits.record import Record
from euthymia.protocol import Product, RiskLevel
from euthymia.protocol.misuse import BladderSymptom, Signal


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of check-in. ``key`` is the address of its form; ``rules`` are the findings it answers."""

    key: str
    title: str
    done: bool
    summary: str
    by: str
    at: datetime | None
    rules: tuple[str, ...] = ()

    @property
    def route(self) -> str:
        """The name of the form's address; none for what was done when the patient was received."""
        return "" if self.key == "identity" else f"visits:{self.key}"


def pieces(record: Record) -> tuple[Piece, ...]:
    """The pieces this product needs, in the order they are asked."""
    nasal = record.product is Product.ESKETAMINE_NASAL
    found = [
        _identity(record),
        _pressure(record),
        _weight(record),
        _fasting(record),
        *((_nasal_product(record),) if nasal else ()),
        _medicines(record),
        _substances(record),
        _interval(record),
        *((_maintenance(record),) if record.visit.course.state == "maintenance" else ()),
        _pressure_risk(record),
        _pregnancy(record),
        *((_programme(record),) if nasal else ()),
        _questionnaire(record),
        _risk(record),
        *((_high_risk(record),) if _is_high(record) else ()),
        _escort(record),
        _instructions(record),
    ]
    return tuple(found)


def _piece(key: str, title: str, fact: Fact | None, summary: str = "", rules: tuple[str, ...] = ()) -> Piece:
    return Piece(
        key=key,
        title=title,
        done=fact is not None,
        summary=summary if fact else "",
        by=fact.recorded_by.name if fact else "",
        at=fact.recorded_at if fact else None,
        rules=rules,
    )


def _identity(record: Record) -> Piece:
    row = record.identity
    words = f"{row.get_first_display()}; {row.get_second_display()}" if row else ""
    return _piece("identity", "Identity", row, words)


def _pressure(record: Record) -> Piece:
    taken = [row for row in record.observations if row.kind == Kind.PRESSURE]
    words = ", ".join(f"{shown(row)} at {record.local(row.measured_at):%H:%M}" for row in taken)
    return _piece(
        "pressure",
        "Blood pressure at rest",
        taken[-1] if taken else None,
        words,
        ("PRE-1", "PRE-2", "PRE-3", "PRE-5", "IV-CI-4"),
    )


def _weight(record: Record) -> Piece:
    found = record.weighing
    words = ""
    if found:
        on = record.local(found.measured_at)
        words = f"{found.weight_kg} kg, weighed {on.day} {on:%b %Y}"
    return _piece("weight", "Weight", record.weight, words, ("IV-DOSE-4",))


def _fasting(record: Record) -> Piece:
    row = record.fasting
    words = (
        f"Food {record.local(row.last_food_at):%d %b %H:%M}, drink {record.local(row.last_liquid_at):%d %b %H:%M}"
        if row
        else ""
    )
    return _piece("fasting", "Last food and drink", row, words, ("PRE-6",))


def _nasal_product(record: Record) -> Piece:
    row = record.nasal_product
    words = ""
    if row:
        used = row.last_used_at
        words = f"{row.product or 'used'} at {record.local(used):%H:%M}" if used else "None today"
    return _piece("nasal-product", "Nasal spray or decongestant", row, words, ("PRE-7",))


def _medicines(record: Record) -> Piece:
    row = record.medicines
    words = ""
    if row:
        words = row.detail or ("Changed" if row.changed else "All as listed")
    rules = ("PRE-11", "COMB-1", "COMB-2", "IV-CI-16")
    return _piece("medicines", "Medicines", row, words, rules)


def _substances(record: Record) -> Piece:
    row = record.substances
    told = []
    if row and row.alcohol_at:
        told.append(f"alcohol {record.local(row.alcohol_at):%d %b %H:%M}")
    if row and row.sedative_at:
        told.append(f"{row.sedative} {record.local(row.sedative_at):%d %b %H:%M}")
    if row and row.illicit:
        told.append(row.illicit_what or "an illicit drug")
    words = ", ".join(told)
    return _piece(
        "substances",
        "Alcohol, sedatives, drugs",
        row,
        f"{words[:1].upper()}{words[1:]}" if words else "None",
        ("PRE-14",),
    )


def _interval(record: Record) -> Piece:
    row = record.interval
    return _piece(
        "interval", "Since last time", row, (row.detail if row.happened else "Nothing") if row else ""
    )


def _maintenance(record: Record) -> Piece:
    row = record.maintenance
    words = ""
    if row:
        bladder = ", ".join(BladderSymptom[name.upper()].value for name in row.bladder) or "no symptom"
        seen = ", ".join(Signal[name.upper()].value for name in row.signals) or "no sign of misuse"
        words = f"Bladder: {bladder}; {seen}"
    return _piece("maintenance", "Bladder and misuse", row, words, ("MIS-4", "MIS-5", "MIS-5b"))


def _pressure_risk(record: Record) -> Piece:
    rows = [row for row in record.day_answers if row.condition == "pressure_risk"]
    row = rows[-1] if rows else None
    words = f"{row.get_answer_display().capitalize()}: {row.basis}" if row else ""
    return _piece("pressure-risk", "Risk from a rise in pressure", row, words, ("PRE-4", "IV-CI-1"))


def _pregnancy(record: Record) -> Piece:
    row = record.pregnancy
    words = row.get_answer_display() + (f" ({row.basis})" if row.basis else "") if row else ""
    return _piece("pregnancy", "Pregnancy", row, words, ("PRE-12",))


def _programme(record: Record) -> Piece:
    row = record.programme
    words = ""
    if row:
        said = {True: "yes", False: "no", None: "not checked"}
        words = (
            f"Site certified {said[row.site_certified]}, prescriber here {said[row.prescriber_on_site]}, "
            f"oximeter {said[row.oximeter_available]}"
        )
    return _piece("programme", "Safety programme", row, words, ("PRE-10",))


def _questionnaire(record: Record) -> Piece:
    link, found = record.questionnaire, record.answered
    if found is not None and found.total is None:
        asked = _piece("phq-9", "PHQ-9", link, "Not every item was answered: no total", ("SUI-4",))
        return replace(asked, done=False)
    return _piece("phq-9", "PHQ-9", link, f"Total {found.total}" if found else "", ("SUI-4",))


def _risk(record: Record) -> Piece:
    found = record.risk_before
    words = f"{found.get_level_display()}: {found.basis}" if found else ""
    return _piece("risk", "Suicide risk", found, words, ("PRE-13", "SUI-4", "SUI-9"))


def _is_high(record: Record) -> bool:
    return record.risk_before is not None and record.risk_before.level == RiskLevel.HIGH.value


def _high_risk(record: Record) -> Piece:
    row = record.high_risk_decision
    return _piece(
        "high-risk", "Decision at high risk (prescriber)", row, row.decision if row else "", ("SUI-9",)
    )


def _escort(record: Record) -> Piece:
    row = record.escort
    words = f"{row.name}, {row.phone}, {record.local(row.expected_at):%H:%M}" if row else ""
    return _piece("escort", "Who takes the patient home", row, words, ("PRE-9",))


def _instructions(record: Record) -> Piece:
    row = record.instructions
    return _piece(
        "instructions",
        "Instructions, signed by the patient",
        row,
        f"Signed {row.signed_name}" if row else "",
        ("MON-8",),
    )
