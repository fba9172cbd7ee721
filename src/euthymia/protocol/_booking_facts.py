"""The frozen values that a booked time is judged on: the session's window, who is in the house, what it has."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from euthymia.protocol._findings import Datum
from euthymia.protocol.facts import Product
from euthymia.protocol.schedule import PlannedDay


class Duty(StrEnum):
    """What somebody on the rota is there for."""

    PRESCRIBER = "prescriber"
    OBSERVER = "observer"


@dataclass(frozen=True, slots=True)
class Shift:
    """One stretch of time in which one person is in the house."""

    duty: Duty
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Occupied:
    """One booked time of some patient, from arrival to leaving."""

    product: Product
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What the house has; ``None`` is not known."""

    oximeters: Datum[int] | None = None
    resuscitation: Datum[bool] | None = None


@dataclass(frozen=True, slots=True)
class BookingFacts:
    """One time to be judged beside everything else that is booked.

    ``session`` is the planned session it is for, ``None`` where the plan has none left. ``rota`` is ``None``
    where nobody has written down who works that day. ``resuscitation_needed`` is about the patient.
    """

    wanted: Occupied
    session: PlannedDay | None
    rota: tuple[Shift, ...] | None
    others: tuple[Occupied, ...] = ()
    site: SiteFacts = SiteFacts()
    resuscitation_needed: Datum[bool] | None = None
