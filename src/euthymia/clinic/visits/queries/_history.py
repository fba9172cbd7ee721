"""What happened in a visit, in order, with every correction and every breach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from euthymia.clinic.visits.models.ends import ExitKind
from euthymia.clinic.visits.queries._common import state_words
from euthymia.clinic.visits.queries.direct import direct_doses
from euthymia.clinic.visits.record import Record

_EVENTS = {
    "check_in": "Checked in",
    "finish_check_in": "Check-in finished",
    "reopen_check_in": "Check-in opened again",
    "sign_order": "Order signed",
    "cancel_order": "Order withdrawn",
    "record_first_dose": "First dose: t0",
    "record_further_dose": "A further dose",
    "finish_administration": "Last dose given",
    "find_ready_to_leave": "Every criterion for leaving met",
    "resume_monitoring": "Back to monitoring",
    "discharge": "Discharged",
    "declare_emergency": "Emergency",
    "stabilise": "Stable again",
    "record_elopement": "Walked out unseen",
    "bring_back": "Back again",
    "take_back_dose": "The dose was another patient's",
    "take_back_unordered_dose": "The dose was another patient's",
    "take_back_dose_of_nobody_here": "The dose was another patient's",
}
_LOUD = {
    "declare_emergency": "stop",
    "record_death": "stop",
    "record_elopement": "stop",
    "record_first_dose": "key",
    "discharge": "key",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the history."""

    at: datetime
    title: str
    note: str
    by: str
    kind: str


@dataclass(frozen=True, slots=True)
class DeviationView:
    """A breach, and the reason once somebody gave one."""

    id: UUID
    rule: str
    sentence: str
    at: datetime
    why: str
    explained_by: str
    verified_by: str | None


def deviations(record: Record) -> tuple[DeviationView, ...]:
    """Breaches, those without a reason first."""
    found = []
    for row in record.deviations:
        answer = getattr(row, "answer", None)
        found.append(
            DeviationView(
                id=row.id,
                rule=row.rule,
                sentence=row.sentence,
                at=row.recorded_at,
                why=answer.why if answer else "",
                explained_by=answer.recorded_by.name if answer else "",
                verified_by=row.finding.get("verified_by"),
            )
        )
    return tuple(sorted(found, key=lambda each: each.why != ""))


def history(record: Record) -> tuple[Entry, ...]:
    """Steps, doses, overrides and ways out, oldest first."""
    entries = [
        Entry(
            row.measured_at,
            _EVENTS.get(row.event, state_words(row.target)),
            row.note,
            row.recorded_by.name,
            _LOUD.get(row.event, ""),
        )
        for row in sorted(record.steps, key=lambda row: row.version)
    ]
    entries += [
        Entry(row.recorded_at, "What was seen in the emergency", row.detail, row.recorded_by.name, "stop")
        for row in record.exits
        if row.kind == ExitKind.EMERGENCY and row.corrects_id
    ]
    entries += [
        Entry(row.measured_at, "Dose confirmed at the bedside", "", row.confirmed_by.name, "")
        for row in record.bedside_checks
    ]
    entries += [
        Entry(row.measured_at, f"Device {row.number}", row.problem, record.who(row), "")
        for row in record.devices
    ]
    entries += [
        Entry(row.measured_at, f"Infusion: {row.get_step_display().lower()}", row.why, record.who(row), "")
        for row in record.infusion
    ]
    entries += [
        Entry(each.at, each.title, each.amount or each.note, each.recorded_by, "")
        for each in direct_doses(record, None)
    ]
    entries += [
        Entry(row.measured_at, row.get_step_display(), row.detail, row.recorded_by.name, "warn")
        for row in record.searches
    ]
    entries += [
        Entry(
            row.recorded_at,
            f"Passed by signature: {', '.join(each['rule'] for each in row.findings)}",
            row.why,
            row.signature.signer_name,
            "warn",
        )
        for row in record.overrides
    ]
    entries += [
        Entry(
            row.entered_at,
            f"{row.get_what_display()}: entered on a tablet by {row.author.name} and given up",
            row.reason,
            row.recorded_by.name,
            "warn",
        )
        for row in record.late_entries
        if not row.subjects
    ]
    return tuple(sorted(entries, key=lambda entry: entry.at))
