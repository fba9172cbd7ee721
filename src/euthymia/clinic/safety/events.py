"""What safety tells the rooms above it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit.outbox import Outbox


@dataclass(frozen=True, slots=True)
class TaskDone:
    """A task was done. ``origin`` is what raised it, as the room that did so wrote it.

    ``patient_id`` is None for what came before a patient: a referral.
    """

    by: Viewer
    at: datetime
    patient_id: UUID | None
    kind: str
    origin: str


TASK_DONE: Outbox[TaskDone] = Outbox("a task was done")
