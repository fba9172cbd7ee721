"""What was agreed: consent as it was signed, and the standing in the safety programme."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.courses import gates, rows
from euthymia.clinic.courses.models import ConsentRecord
from euthymia.clinic.courses.queries.course import CourseView
from euthymia.evidence import (
    ConsentText,
    EvidenceError,
    consent_content_sha256,
    consent_words,
    current_consent_text,
)
from euthymia.protocol import Finding


@dataclass(frozen=True, slots=True)
class ConsentView:
    """Consent as it was given, every word of it.

    ``frozen`` is None before edition 3; ``intact`` says whether what is kept still has the hash that was signed.
    """

    id: UUID
    course_id: UUID
    patient_id: UUID
    text_version: str
    text: str
    text_sha256: str
    frozen: Mapping[str, Any] | None
    intact: bool
    capacity_confirmed: bool
    capacity_basis: str
    abilities: tuple[Mapping[str, Any], ...]
    teach_back: str
    answers: tuple[Mapping[str, Any], ...]
    understood: bool | None
    patient_name: str
    interpreter: str
    interpreted_by: str
    language: str
    other_witness: str
    signed_at: datetime
    witness: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Enrolment:
    """The patient's standing in the safety programme, as last looked up."""

    active: bool
    number: str
    checked_at: datetime
    origin: str
    recorded_by: str


def consents(viewer: Viewer, course_id: UUID) -> tuple[ConsentView, ...]:
    """Every consent of the course, the latest first."""
    viewer.require(Permission.VIEW_CHART)
    course = rows.course(viewer, course_id)
    found = ConsentRecord.objects.filter(course=course).select_related("recorded_by", "course")
    return tuple(_consent(row) for row in found.order_by("-signed_at"))


def consent(viewer: Viewer, course_id: UUID, consent_id: UUID) -> ConsentView:
    """One consent, to read what was signed."""
    found = next((each for each in consents(viewer, course_id) if each.id == consent_id), None)
    if found is None:
        raise NotFound
    return found


def consent_text(viewer: Viewer, course_id: UUID) -> ConsentText | None:
    """The text in force for this course; None where there is none for what it treats."""
    viewer.require(Permission.VIEW_CHART)
    return rows.consent_text(rows.course(viewer, course_id))


def asks_again(course: CourseView, signed: tuple[ConsentView, ...]) -> bool:
    """Whether the last of ``signed`` is of an earlier text than the one in force, in a course that is open."""
    if course.is_over or not signed:
        return False
    try:
        text = current_consent_text(course.jurisdiction, course.product, course.indication)
    except EvidenceError:
        return False
    return signed[0].text_version != text.version


def consent_findings(viewer: Viewer, course_id: UUID, now: datetime) -> tuple[Finding, ...]:
    """Whether consent stands now; ``now`` in the clinic's own zone."""
    viewer.require(Permission.VIEW_CHART)
    return gates.findings("consent", viewer, rows.course(viewer, course_id), now)


def enrolment(viewer: Viewer, course_id: UUID) -> Enrolment | None:
    """The patient's standing in the safety programme."""
    viewer.require(Permission.VIEW_CHART)
    row = rows.enrolment(rows.course(viewer, course_id))
    if row is None:
        return None
    return Enrolment(row.active, row.enrolment_number, row.checked_at, row.origin, row.recorded_by.name)


def _consent(row: ConsentRecord) -> ConsentView:
    return ConsentView(
        id=row.id,
        course_id=row.course_id,
        patient_id=row.course.patient_id,
        text_version=row.text_version,
        text=row.text,
        text_sha256=row.text_sha256,
        frozen=row.frozen,
        intact=_is_intact(row),
        capacity_confirmed=row.capacity_confirmed,
        capacity_basis=row.capacity_basis,
        abilities=tuple(row.abilities),
        teach_back=row.teach_back,
        answers=tuple(row.answers),
        understood=row.understood,
        patient_name=row.patient_name,
        interpreter=row.interpreter,
        interpreted_by=row.get_interpreted_by_display(),
        language=row.language,
        other_witness=row.other_witness,
        signed_at=row.signed_at,
        witness=row.recorded_by.name,
        recorded_at=row.recorded_at,
    )


def _is_intact(row: ConsentRecord) -> bool:
    """Whether the words and the figure are those that were hashed and signed."""
    if row.frozen is None:
        return hashlib.sha256(row.text.encode()).hexdigest() == row.text_sha256
    same_words = consent_words(row.frozen) == row.text
    return same_words and consent_content_sha256(row.frozen) == row.text_sha256
