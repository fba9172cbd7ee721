"""Whether a dose is acting on a patient: asked here before a signature that needs capacity, answered by the visits.

Visits stand above this room; ``config`` wires who answers.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.courses.models import Course
from euthymia.clinic.rulebook import queries as rulebook
from euthymia.protocol import Product, capacity, gate
from euthymia.protocol.capacity import Session, SignatureFacts

Sessions = Callable[[UUID, datetime], tuple[Session, ...]]
"""The sessions of a patient that may still act at a time."""

_answers: list[Sessions] = []


def wire(sessions: Sessions) -> None:
    """Say who knows the sessions; again does no harm."""
    _answers[:] = [sessions]


def check_free(course: Course, what: str, signed_at: datetime, at: datetime) -> None:
    """Refuse a signature that needs capacity while a dose acts: from the first of it until the patient could leave.

    Raises:
        Refused: a dose acted when it was signed, or nobody can say whether one did.
    """
    sessions = _answers[0](course.patient_id, signed_at) if _answers else None
    facts = SignatureFacts(Product(course.product), what, signed_at, sessions)
    found = capacity.assess(facts, rulebook.book(course.clinic_id), timezone.localtime(at))
    if blocked := gate(found).blocked_by:
        told = " ".join(f"{each.rule}: {each.sentence}" for each in blocked)
        raise Refused(f"{told} Go through it again when the patient may leave, or on another day.")
