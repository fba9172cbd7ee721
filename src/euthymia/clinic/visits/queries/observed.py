"""What was given and measured in the hours after a dose, to stand beside what was expected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from euthymia.clinic.visits.models.dose import InfusionStep
from euthymia.clinic.visits.models.observed import Kind
from euthymia.clinic.visits.questions import infused
from euthymia.clinic.visits.record import Record
from euthymia.evidence import EvidenceError
from euthymia.protocol import Product
from euthymia.protocol.expected import ExpectedWindow, windows


@dataclass(frozen=True, slots=True)
class ObservedCourse:
    """The readings that stand, the doses as they were given, and the windows in which effects are expected.

    ``assumed`` says what a forecast takes for given that is not recorded yet; empty where there is nothing.
    """

    product: Product
    t0: datetime
    pressures: tuple[tuple[datetime, int, int], ...]
    dissociations: tuple[tuple[datetime, int], ...]
    given: tuple[tuple[datetime, str], ...]
    windows: tuple[ExpectedWindow, ...]
    assumed: str = ""


def observed_course(record: Record) -> ObservedCourse | None:
    """The course of a visit whose rows are at hand; ``None`` before the first dose."""
    if record.t0 is None:
        return None
    taken = [row for row in record.observations if row.value is not None]
    return ObservedCourse(
        product=record.product,
        t0=record.t0,
        pressures=tuple(
            (row.measured_at, row.value or 0, row.diastolic or 0)
            for row in taken
            if row.kind == Kind.PRESSURE
        ),
        dissociations=tuple(
            (row.measured_at, row.value or 0) for row in taken if row.kind == Kind.DISSOCIATION
        ),
        given=(
            *((each.measured_at, f"device {each.number}") for each in record.devices),
            *((each.measured_at, each.get_step_display().casefold()) for each in record.infusion),
            *((each.measured_at, f"dose {each.number} {each.step}") for each in record.direct),
        ),
        windows=_windows(record, record.t0),
        assumed=_assumed(record, record.t0),
    )


def _assumed(record: Record, t0: datetime) -> str:
    """Of an infusion without an end the forecast supposes one (``questions.infused``): that is said beside it."""
    if not record.infusion or record.pump(InfusionStep.STOPPED, InfusionStep.ENDED):
        return ""
    doses = infused(record, t0)
    if not doses:
        return ""
    last = doses[-1]
    ends = record.local(t0 + timedelta(minutes=float(last.at_min + (last.minutes or 0))))
    return (
        f"No end of the infusion is recorded: the curve takes it as going in until {ends:%H:%M}, by the order and "
        "what the pump was set to so far. Record the end, and it is computed anew."
    )


def _windows(record: Record, t0: datetime) -> tuple[ExpectedWindow, ...]:
    """What is expected, where anything is on file; a product without it goes without."""
    if record.given_route.is_direct:
        return ()  # nothing on file is about this route
    try:
        return windows(record.product, t0, record.last_dose_at)
    except EvidenceError:
        return ()
