"""Two people on one visit: what others did since somebody opened a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit import queries as audit
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.visits.queries._check_in import pieces
from euthymia.clinic.visits.queries._common import kinds_of_fact, record_for

_MOST_TOLD = 6
_FORMED = {
    "record_fastingreport": "recorded last food and drink",
    "record_nasalproductreport": "recorded nasal products",
    "record_escortplan": "recorded who takes the patient home",
    "record_medicinereport": "recorded what changed since last time",
    "record_pregnancycheck": "recorded pregnancy",
    "record_dayanswer": "asked again about history",
    "record_programmecheck": "recorded the safety programme",
    "record_instructionssignature": "had the instructions signed",
    "move_entry_away": "moved an entry to another patient",
    "move_entry_here": "moved an entry here",
}


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What one other person did to the visit. ``words`` is what stands since, where it is a piece of check-in."""

    verb: str
    who: str
    at: datetime
    did: str
    words: str = ""


def seen_until() -> int:
    """How far the visit's history was when a page was read: the number a form carries."""
    return audit.last_entry()


def meanwhile(viewer: Viewer, visit_id: UUID, seen: int) -> tuple[Meanwhile, ...]:
    """What others did to this visit since, oldest first. Nothing for a viewer who may not see charts."""
    record = record_for(viewer, visit_id)
    rows = (
        AuditEntry.objects.filter(
            seq__gt=seen,
            patient_id=record.visit.course.patient_id,
            subject=f"visit {record.visit.id}",
            verb__startswith="visits.",
        )
        .exclude(actor_id=viewer.user_id)
        .order_by("seq")
    )
    found = list(rows)
    if not found:
        return ()
    told = {(piece.by, piece.at): piece.summary for piece in pieces(record) if piece.done}
    return tuple(
        Meanwhile(row.verb, row.actor_name, row.at, _did(row.verb), told.get((row.actor_name, row.at), ""))
        for row in found[-_MOST_TOLD:]
    )


def was_sent_before(viewer: Viewer, visit_id: UUID, key: UUID) -> bool:
    """Whether this form, by its key, has made a fact of this visit already, by this viewer."""
    made = [
        model._default_manager.filter(
            idempotency_key=key,
            visit_id=visit_id,
            recorded_by_id=viewer.user_id,
            clinic_id=viewer.clinic_id,
        )
        .order_by()
        .values_list("pk")
        for model in kinds_of_fact()
    ]
    return made[0].union(*made[1:], all=True).exists()


def _did(verb: str) -> str:
    """What was done, as one says it after a name: “recorded weight”."""
    name = verb.removeprefix("visits.")
    if name in _FORMED:
        return _FORMED[name]
    first, _, rest = name.partition("_")
    past = f"{first}d" if first.endswith("e") else f"{first}ed"
    return f"{_IRREGULAR.get(first, past)} {rest.replace('_', ' ')}".strip()


_IRREGULAR = {"find": "found", "withhold": "withheld", "leave": "left", "give": "gave", "judge": "judged",
              "tell": "told", "check": "checked", "cancel": "cancelled", "transfer": "transferred",
              "stabilise": "found the patient stable", "discharge": "discharged", "mark": "marked",
              "decide": "decided", "take": "took", "hand": "handed", "sign": "signed"}  # fmt: skip
