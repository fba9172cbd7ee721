"""What the rules say of adverse events: seriousness, the times of reporting and review, whether the record is whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.rulebook import queries as rulebook
from euthymia.clinic.safety.models import AdverseEvent, EventOutcome, Seriousness, TaskCompletion, TaskKind
from euthymia.protocol import Datum, Finding, Product
from euthymia.protocol import adverse_event as judging
from euthymia.protocol.adverse_event import AdverseEventFacts, Criterion

_CRITERIA = {
    Seriousness.DEATH: Criterion.DEATH,
    Seriousness.LIFE_THREATENING: Criterion.LIFE_THREATENING,
    Seriousness.HOSPITAL: Criterion.ADMISSION,
    Seriousness.DISABILITY: Criterion.DISABILITY,
    Seriousness.BIRTH_DEFECT: Criterion.BIRTH_DEFECT,
    Seriousness.IMPORTANT: Criterion.IMPORTANT,
}
_OUTCOMES = {
    EventOutcome.RESOLVED: judging.EventOutcome.RECOVERED,
    EventOutcome.RESOLVING: judging.EventOutcome.RECOVERING,
    EventOutcome.LASTING: judging.EventOutcome.LASTING_HARM,
    EventOutcome.FATAL: judging.EventOutcome.DIED,
}
"""An event that goes on, or of which nobody knows, has no outcome yet."""
_STEPS = {
    TaskKind.ADVERSE_EVENT: "reported",
    TaskKind.EVENT_TOLD: "director_told",
    TaskKind.EVENT_REVIEW: "cause_review",
}


def findings(
    viewer: Viewer, rows: Sequence[AdverseEvent], now: datetime
) -> Mapping[UUID, tuple[Finding, ...]]:
    """What the clinic's rules say of each event, by its id: two questions, however many events."""
    book, done = rulebook.book(viewer.clinic_id), _done(rows)
    return {row.id: judging.assess(_facts(row, done), book, now) for row in rows}


def _first(row: AdverseEvent) -> UUID:
    while isinstance(row.corrects, AdverseEvent):
        row = row.corrects
    return row.id


def _done(rows: Sequence[AdverseEvent]) -> Mapping[tuple[str, str], TaskCompletion]:
    origins = [f"adverse-event:{_first(row)}" for row in rows]
    found = TaskCompletion.objects.filter(task__origin__in=origins, task__kind__in=list(_STEPS))
    return {(each.task.origin, each.task.kind): each for each in found.select_related("task", "recorded_by")}


def _facts(row: AdverseEvent, done: Mapping[tuple[str, str], TaskCompletion]) -> AdverseEventFacts:
    steps = {
        name: Datum(each.outcome, each.done_at, f"recorded by {each.recorded_by.name}")
        for kind, name in _STEPS.items()
        if (each := done.get((f"adverse-event:{_first(row)}", kind.value)))
    }
    met = frozenset(_CRITERIA[Seriousness(each)] for each in row.criteria or filter(None, [row.seriousness]))
    return AdverseEventFacts(
        product=Product.ESKETAMINE_NASAL,  # these rules are the same, and known alike, for every product
        term=row.term,
        began_at=row.onset_at,
        ended_at=row.resolved_at,
        severity=row.get_severity_display(),
        action=row.action or ", ".join(row.intervention_labels),
        outcome=_OUTCOMES.get(EventOutcome(row.outcome)),
        cause=row.get_causality_display(),
        expectedness=row.get_expectedness_display(),
        criteria=Datum(met, row.recorded_at, f"recorded by {row.recorded_by.name}"),
        admitted=row.admitted,
        emergency_visit=row.emergency_visit,
        known_at=row.known_at or row.recorded_at,
        **steps,
    )
