"""What joins the rooms: who hears what a lower room tells, and which panels stand on a patient's chart."""

from __future__ import annotations

from euthymia.clinic.measures.events import ANSWERED
from euthymia.clinic.safety import actions as safety


def wire() -> None:
    """Join the rooms. Called once, when all of them are loaded; again does no harm."""
    ANSWERED.subscribe(safety.hear_answers)
