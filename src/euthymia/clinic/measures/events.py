"""What measures tells the rooms above it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit.outbox import Outbox


@dataclass(frozen=True, slots=True)
class Answered:
    """A questionnaire was recorded. ``asks_risk``: it has an item on suicidal thoughts, and ``risk_item`` is
    the score of it, ``None`` when it was left without an answer.
    """

    by: Viewer
    at: datetime
    patient_id: UUID
    answers_id: UUID
    instrument: str
    taken_at: datetime
    asks_risk: bool
    risk_item: int | None


ANSWERED: Outbox[Answered] = Outbox("a questionnaire was recorded")
