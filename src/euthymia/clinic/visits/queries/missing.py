"""A patient who walked out: what is known, what was done, what is still to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from euthymia.clinic.visits.queries._common import MISSING
from euthymia.clinic.visits.record import Record
from euthymia.protocol import elopement
from euthymia.protocol.elopement import Deed, ElopementFacts, ToDo

_DEEDS = frozenset(deed.value for deed in Deed)


@dataclass(frozen=True, slots=True)
class SearchView:
    """One thing that was done."""

    at: datetime
    words: str
    decision: str
    detail: str
    by: str


@dataclass(frozen=True, slots=True)
class Missing:
    """Who is looked for: last seen when, by whom and where, and how the search stands."""

    noticed_at: datetime
    noticed_by: str
    last_seen_at: datetime
    last_seen_by: str
    last_seen_where: str
    how: str
    had_dose: bool
    phone: str
    escort: str
    others: str
    done: tuple[SearchView, ...]
    to_do: tuple[ToDo, ...]


def missing(record: Record) -> Missing | None:
    """How the search stands; ``None`` while the patient is not missing."""
    row = record.elopement
    if row is None or record.visit.state not in MISSING:
        return None
    entries = [each for each in record.searches if each.elopement_id == row.id]
    escort, patient = record.escort, record.visit.course.patient
    facts = ElopementFacts(
        noticed_at=row.measured_at,
        last_seen_at=row.last_seen_at,
        t0=record.t0,
        done=frozenset(Deed(each.step) for each in entries if each.step in _DEEDS),
        escort_known=escort is not None,
    )
    return Missing(
        noticed_at=row.measured_at,
        noticed_by=row.recorded_by.name,
        last_seen_at=row.last_seen_at,
        last_seen_by=row.last_seen_by,
        last_seen_where=row.last_seen_where,
        how=row.how,
        had_dose=record.t0 is not None,
        phone=patient.phone,
        others=", ".join(
            filter(
                None,
                (
                    patient.emergency_contact_name,
                    patient.emergency_contact_relation,
                    patient.emergency_contact_phone,
                ),
            )
        ),
        escort=f"{escort.name}, {escort.phone}" if escort else "",
        done=tuple(
            SearchView(
                each.measured_at,
                each.get_step_display(),
                each.get_decision_display() if each.decision else "",
                each.detail,
                each.recorded_by.name,
            )
            for each in entries
        ),
        to_do=elopement.to_do(facts),
    )
