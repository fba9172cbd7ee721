"""What one treatment visit of a synthetic patient is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from random import Random
from uuid import UUID

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.config.demo import curves
from euthymia.clinic.config.demo.cast import Person
from euthymia.clinic.config.demo.team import soon
from euthymia.clinic.rulebook import queries as rulebook
from euthymia.clinic.visits.assess import Dose
from euthymia.evidence import RuleBook
from euthymia.protocol import (
    Product,
)

ARRIVES_BEFORE_MIN = 38
LOT = "DEMO-LOT"
PATIENCE = 6  # how often a synthetic nurse looks again when the discharge gate is shut


class Ending(StrEnum):
    """How a synthetic visit ends."""

    HOME = "home"
    AGAINST_ADVICE = "against_advice"


@dataclass(frozen=True, slots=True)
class Sitting:
    """What one visit is made of. Readings due after ``neglected_after`` are not taken: one is overdue."""

    visit_id: UUID
    patient_id: UUID
    person: Person
    product: Product
    dose: Dose
    session: curves.Session
    answers: tuple[int, ...]
    t0: datetime
    nurse: Viewer
    rng: Random
    ending: Ending = Ending.HOME
    neglected_after: datetime | None = None
    not_before: datetime | None = None  # what is taken up again does not go back to before this
    adverse_events: str = field(default="None told of and none seen.")

    @property
    def rules(self) -> RuleBook:
        """The clinic's rules."""
        return rulebook.book(self.nurse.clinic_id)

    @property
    def last_dose_at(self) -> datetime:
        """The last device, or the infusion's end, as planned."""
        if self.dose.minutes is not None:
            return soon(self.t0, float(self.dose.minutes))
        assert self.dose.devices is not None
        rest = self.rules["DEV-3"].number("rest_min")
        return soon(self.t0, float(rest) * (self.dose.devices - 1))

    def when(self, at: datetime) -> datetime:
        """``at``, or the time from which the visit goes on when that is later."""
        return at if self.not_before is None else max(at, self.not_before)
