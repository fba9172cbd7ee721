"""What was tried before for what a course treats, and whether it counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.courses import facts, rows
from euthymia.clinic.courses.models import Course, TreatmentKind
from euthymia.clinic.courses.queries.course import CourseView
from euthymia.protocol import Condition, Indication, Outcome
from euthymia.protocol.eligibility import counts_as_failed, diagnosis_of

TREATMENT_KINDS = TreatmentKind.choices

_COUNTS = {
    Outcome.SATISFIED: "Counts as a first-line treatment that failed",
    Outcome.VIOLATED: "Does not count",
    Outcome.UNKNOWN: "Not known whether it counts",
}


def is_of_depression(course: CourseView | Course) -> bool:
    """Whether the course rests on depression, whose earlier treatments are antidepressant trials."""
    return diagnosis_of(Indication(course.indication)) is Condition.MAJOR_DEPRESSION


@dataclass(frozen=True, slots=True)
class TreatmentView:
    """One earlier treatment as it stands. ``counts`` says in words whether it counts."""

    id: UUID
    kind: str
    kind_words: str
    treatment: str
    first_line: bool | None
    adequate: bool | None
    outcome: str
    basis: str
    counts: str
    recorded_at: datetime
    recorded_by: str
    reason: str


def earlier_treatments(viewer: Viewer, course_id: UUID) -> tuple[TreatmentView, ...]:
    """The earlier treatments of what this course treats, as they stand, in the order they were entered."""
    viewer.require(Permission.VIEW_CHART)
    return tuple(
        TreatmentView(
            id=row.id,
            kind=row.kind,
            kind_words=row.get_kind_display(),
            treatment=row.treatment,
            first_line=row.first_line,
            adequate=row.adequate,
            outcome=row.outcome,
            basis=row.basis,
            counts=_COUNTS[counts_as_failed(facts.as_earlier(row))],
            recorded_at=row.recorded_at,
            recorded_by=row.recorded_by.name,
            reason=row.reason,
        )
        for row in rows.earlier_treatments(rows.course(viewer, course_id))
    )


def earlier_treatment(viewer: Viewer, course_id: UUID, treatment_id: UUID) -> TreatmentView:
    """One of them.

    Raises:
        NotFound: no treatment that stands has this id.
    """
    found = next((each for each in earlier_treatments(viewer, course_id) if each.id == treatment_id), None)
    if found is None:
        raise NotFound
    return found
