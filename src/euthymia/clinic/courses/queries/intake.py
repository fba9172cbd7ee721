"""Intake: what was typed into each step and not confirmed yet, and what was confirmed by whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses import rows
from euthymia.clinic.courses.models import IntakeConfirmation, IntakeDraft

Texts = Mapping[str, tuple[str, ...]]
"""What stands in each field of a step, as typed: several where a field takes several."""


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft as it stands on the server. A closed one holds nothing: its step was confirmed."""

    step: str
    texts: Texts
    version: int
    author: str
    author_id: UUID
    saved_at: datetime
    device: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Confirmed:
    """When a step was last confirmed, and by whom."""

    step: str
    at: datetime
    by: str


def draft(viewer: Viewer, course_id: UUID, step: str) -> DraftView | None:
    """What was typed into one step, by whoever it was; None when nobody has typed."""
    return drafts(viewer, course_id).get(step)


def drafts(viewer: Viewer, course_id: UUID) -> dict[str, DraftView]:
    """Every draft of a course, by its step. Closed ones are among them: their version still counts."""
    viewer.require(Permission.VIEW_CHART)
    found = IntakeDraft.objects.filter(course=rows.course(viewer, course_id)).select_related("author")
    return {row.step: as_view(row) for row in found}


def confirmations(viewer: Viewer, course_id: UUID) -> dict[str, Confirmed]:
    """The last confirmation of each step."""
    viewer.require(Permission.VIEW_CHART)
    found = IntakeConfirmation.objects.filter(course=rows.course(viewer, course_id))
    ordered = found.select_related("recorded_by").order_by("recorded_at")
    return {row.step: Confirmed(row.step, row.recorded_at, row.recorded_by.name) for row in ordered}


def as_view(row: IntakeDraft) -> DraftView:
    """A row as everybody reads it."""
    return DraftView(
        step=row.step,
        texts={name: tuple(values) for name, values in row.texts.items()},
        version=row.version,
        author=row.author.name,
        author_id=row.author_id,
        saved_at=row.saved_at,
        device=row.device,
        is_open=row.is_open,
    )
