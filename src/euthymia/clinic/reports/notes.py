"""The note of a visit as a document: the signed version with what came after, or marked as not signed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from euthymia.clinic.access.models import Clinic
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.people import queries as people
from euthymia.clinic.reports.typeset import Unprintable, pdf
from euthymia.clinic.visits import queries as visits
from euthymia.clinic.visits.queries import Note

_LETTER_PAPER = {"US", "CA"}
_TEMPLATE = "visit-note"


def document(viewer: Viewer, visit_id: UUID, now: datetime) -> tuple[Note, bytes]:
    """The note and its PDF. A signed one is the same bytes each time, until something is added to it.

    Raises:
        Refused: it holds a character that no font of the document has.
    """
    found = visits.note(viewer, visit_id, now)
    made_at = max([found.locked_at or now, *(each.at for each in found.addenda)])
    try:
        return found, pdf(_TEMPLATE, _content(viewer, found, now), made_at)
    except Unprintable as lacking:
        raise Refused(
            f"The note cannot print “{lacking.text}”. Add it in Latin letters to the note; the page shows it as it is."
        ) from None


def _content(viewer: Viewer, note: Note, now: datetime) -> dict[str, Any]:
    clinic = Clinic.objects.get(pk=viewer.clinic_id)
    who = people.identity(viewer, note.patient_id, now)
    return {
        "title": "Note of a treatment visit",
        "clinic": clinic.name,
        "paper": "us-letter" if clinic.jurisdiction in _LETTER_PAPER else "a4",
        "patient": f"{who.name}, born {who.born.day} {who.born:%B %Y}, {who.mrn}",
        "status": "Signed electronically" if note.is_locked else "Not signed",
        "signed": note.is_locked,
        "footer": f"Content SHA-256 {note.sha256[:16]}…" if note.is_locked else f"Printed {_moment(now)}",
        "facts": [{"label": "Patient", "value": who.name}, {"label": "Record number", "value": who.mrn}],
        "sections": [
            {
                "title": part.title,
                "paragraphs": list(part.paragraphs),
                "columns": list(part.columns),
                "rows": [list(row) for row in part.rows],
            }
            for part in note.sections
        ],
        "signature": _signature(note),
        "addenda": [
            {"text": each.text, "who": f"{each.by}, signed {_moment(each.at)}"} for each in note.addenda
        ],
        "late": [f"{each.kind}, {_moment(each.recorded_at)}, {each.by}" for each in note.unspoken],
    }


def _signature(note: Note) -> list[dict[str, str]]:
    if note.locked_at is None:
        return [{"label": "Signature", "value": "not signed yet"}]
    edited = [part.title for part in note.sections if part.words is not None]
    return [
        {"label": "Signed by", "value": note.locked_by},
        {"label": "At", "value": _moment(note.locked_at)},
        {
            "label": "Words",
            "value": f"edited by hand: {', '.join(edited)}; the rest as the record told it"
            if edited
            else "as the record told them",
        },
    ]


def _moment(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{local.day} {local:%B %Y, %H:%M %Z}"
