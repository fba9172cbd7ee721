"""Lets the rules judge a visit: each function gathers the facts and returns what the rules say, nothing more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses import facts as course_facts
from euthymia.clinic.visits import beyond_today, facts
from euthymia.clinic.visits.record import Record
from euthymia.protocol import (
    VISIT,
    Datum,
    DueObservation,
    Finding,
    InfusionDose,
    LeaveForecast,
    PlanFacts,
    Product,
    administration,
    monitoring,
    observation,
)
from euthymia.protocol import (
    discharge as going_home,
)
from euthymia.protocol import (
    order as ordering,
)
from euthymia.protocol import (
    readiness as being_ready,
)

READINESS, ORDER, DISCHARGE = "readiness", "order", "discharge"


@dataclass(frozen=True, slots=True)
class Dose:
    """A dose as a prescriber writes it: devices for the nose, or mass by weight, time and pump for the vein."""

    dose_mg: Decimal
    devices: int | None = None
    mg_per_kg: Decimal | None = None
    minutes: Decimal | None = None
    concentration_mg_per_ml: Decimal | None = None
    volume_ml: Decimal | None = None
    rate_ml_per_h: Decimal | None = None


def readiness(viewer: Viewer, record: Record, at: datetime) -> tuple[Finding, ...]:
    """Whether check-in is complete and nothing speaks against a dose today."""
    return being_ready.assess(facts.readiness(viewer, record), record.rules, record.local(at))


def order(viewer: Viewer, record: Record, at: datetime, dose: Dose) -> tuple[Finding, ...]:
    """Everything an order rests on, judged together now; what the licence asks may have changed since the plan."""
    with course_facts.kept():
        found = facts.order(viewer, record, plan(viewer, record, at, dose))
        return (
            *ordering.assess(found, record.rules, record.local(at)),
            *beyond_today.findings(viewer, record, at, dose.mg_per_kg),
        )


def plan(viewer: Viewer, record: Record, at: datetime, dose: Dose) -> PlanFacts:
    """The dose as the rules take it, with the sessions that went before."""
    base = course_facts.plan_facts(viewer, record.visit.course_id)
    infusion = None
    if record.product is Product.KETAMINE_IV and dose.mg_per_kg is not None and dose.minutes is not None:
        infusion = InfusionDose(
            mg_per_kg=dose.mg_per_kg,
            weight_kg=weight(record),
            minutes=dose.minutes,
            concentration_mg_per_ml=dose.concentration_mg_per_ml,
            volume_ml=dose.volume_ml,
            rate_ml_per_h=dose.rate_ml_per_h,
            dosing_weight_kg=base.infusion.dosing_weight_kg if base.infusion else None,
        )
    return replace(
        base,
        session_number=len(base.earlier_sessions) + 1,
        session_on=record.local(at).date(),
        dose_mg=dose.dose_mg,
        devices=dose.devices,
        infusion=infusion,
    )


def weight(record: Record) -> Datum[Decimal] | None:
    """The weighing of this visit, as it stands."""
    found, link = record.weighing, record.weight
    return Datum(found.weight_kg, found.measured_at, facts.origin(link)) if found and link else None


def given(record: Record, at: datetime, *, finished: bool) -> tuple[Finding, ...]:
    """What was given, against the order and the rests between devices."""
    return administration.assess(
        facts.administration(record, finished=finished), record.rules, record.local(at)
    )


def next_device_at(record: Record) -> datetime | None:
    """When the rest before the next device is over; ``None`` when there is no next one."""
    return administration.next_device_at(facts.administration(record, finished=False), record.rules)


def alarms(record: Record, at: datetime) -> tuple[Finding, ...]:
    """What the readings call for; nothing before the first dose."""
    if record.t0 is None:
        return ()
    return observation.assess(facts.alarms(record), record.rules, record.local(at))


def due_list(record: Record, at: datetime) -> tuple[DueObservation, ...]:
    """What is to be observed and when; empty before the first dose."""
    watched = facts.observed(record, ended_at=left_at(record))
    return monitoring.due_list(watched, record.rules, record.local(at)) if watched else ()


def discharge(record: Record, at: datetime) -> tuple[Finding, ...]:
    """Whether the patient may go home; empty before the first dose, where there is nothing to wait for."""
    found = facts.discharge(record)
    return going_home.assess(found, record.rules, record.local(at)) if found else ()


def earliest_leave(record: Record, at: datetime) -> LeaveForecast | None:
    """When the patient can leave at the earliest, and what it waits for."""
    found = facts.discharge(record)
    return going_home.earliest_leave(found, record.rules, record.local(at)) if found else None


def no_driving_before(record: Record, left_at: datetime) -> datetime | None:
    """When the patient may drive again at the earliest; ``None`` where no dose was given."""
    last = record.last_dose_at or record.t0
    return (
        going_home.no_driving_before(record.product, last, record.rules, record.local(left_at))
        if last
        else None
    )


def at_gate(
    gate: str, viewer: Viewer, record: Record, at: datetime, dose: Dose | None
) -> tuple[Finding, ...]:
    """The findings of a gate by its name. Raises ValueError for a name there is not, or an order without its dose."""
    if gate == READINESS:
        return readiness(viewer, record, at)
    if gate == ORDER and dose is not None:
        return order(viewer, record, at, dose)
    if gate == DISCHARGE:
        return discharge(record, at)
    raise ValueError(f"There is no gate “{gate}” for this visit.")


def left_at(record: Record) -> datetime | None:
    """When the patient left; ``None`` while they are here."""
    if record.visit.state in VISIT.occupied:
        return None
    return _last_time(each.measured_at for each in record.exits)


def _last_time(times: Iterable[datetime]) -> datetime | None:
    return max(times, default=None)
