"""Lets the rules judge a visit: each function gathers the facts and returns what the rules say, nothing more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses import facts as course_facts
from euthymia.clinic.visits import beyond_today, facts, giving_facts
from euthymia.clinic.visits.record import Record
from euthymia.protocol import (
    VISIT,
    Datum,
    DirectDose,
    DueObservation,
    Finding,
    InfusionDose,
    LeaveForecast,
    Outcome,
    PlanFacts,
    Product,
    administration,
    bedside,
    expiry,
    monitoring,
    observation,
    pump,
)
from euthymia.protocol import (
    discharge as going_home,
)
from euthymia.protocol import (
    drug_account as accounting,
)
from euthymia.protocol import (
    leaving_record as leaving,
)
from euthymia.protocol import (
    order as ordering,
)
from euthymia.protocol import (
    readiness as being_ready,
)
from euthymia.protocol import (
    route as routes,
)
from euthymia.protocol.route import Route

READINESS, ORDER, DISCHARGE = "readiness", "order", "discharge"


@dataclass(frozen=True, slots=True)
class Dose:
    """A dose as a prescriber writes it: devices for the nose, or mass by weight, time and pump for the vein.

    ``route`` is empty for the one the product is made for. Into the muscle there is a volume of a vial, for the mouth
    a number of lozenges or tablets. Of a route the book does not leave open, nothing but the route is judged.
    """

    dose_mg: Decimal | None
    devices: int | None = None
    mg_per_kg: Decimal | None = None
    minutes: Decimal | None = None
    concentration_mg_per_ml: Decimal | None = None
    volume_ml: Decimal | None = None
    rate_ml_per_h: Decimal | None = None
    route: str = ""
    units: int | None = None
    mg_per_unit: Decimal | None = None

    @property
    def direct(self) -> Route | None:
        """The route, where it needs neither device nor pump."""
        return Route(self.route) if self.route and Route(self.route).is_direct else None

    @property
    def columns(self) -> dict[str, Any]:
        """What an order keeps of it: the route where it is not the usual one."""
        return asdict(self) | {"route": self.direct.value if self.direct else ""}


def readiness(viewer: Viewer, record: Record, at: datetime) -> tuple[Finding, ...]:
    """Whether check-in is complete and nothing speaks against a dose today."""
    with course_facts.kept():
        return (
            *being_ready.assess(facts.readiness(viewer, record), record.rules, record.local(at)),
            *beyond_today.of_the_day(viewer, record, at),
        )


def order(viewer: Viewer, record: Record, at: datetime, dose: Dose) -> tuple[Finding, ...]:
    """Everything an order rests on, judged together now; what the licence asks may have changed since the plan."""
    product = record.product
    way = routes.assess(product, Route(dose.route) if dose.route else routes.usual(product), record.rules)
    if any(each.outcome is not Outcome.SATISFIED for each in way):
        return way
    with course_facts.kept():
        found = facts.order(viewer, record, plan(viewer, record, at, dose))
        return (
            *way,
            *_agreed(record, at, dose),
            *ordering.assess(found, record.rules, record.local(at)),
            *beyond_today.findings(viewer, record, at, dose.mg_per_kg),
        )


def _agreed(record: Record, at: datetime, dose: Dose) -> tuple[Finding, ...]:
    """Whether the patient agreed today to a route that no label states."""
    if dose.direct is None:
        return ()
    row = record.route_agreement
    agreed = Datum(Route(row.route), row.measured_at, f"signed by {row.signed_name}") if row else None
    return routes.agreement(record.product, dose.direct, agreed, record.rules, record.local(at))


def plan(viewer: Viewer, record: Record, at: datetime, dose: Dose) -> PlanFacts:
    """The dose as the rules take it, with the sessions that went before."""
    base = course_facts.plan_facts(viewer, record.visit.course_id)
    infusion = direct = None
    if dose.direct is not None:
        direct = DirectDose(
            dose.direct,
            weight(record),
            dose.mg_per_kg,
            dose.concentration_mg_per_ml,
            dose.volume_ml,
            dose.units,
            dose.mg_per_unit,
        )
    elif record.product is Product.KETAMINE_IV and dose.mg_per_kg is not None and dose.minutes is not None:
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
        direct=direct,
    )


def weight(record: Record) -> Datum[Decimal] | None:
    """The weighing of this visit, as it stands."""
    found, link = record.weighing, record.weight
    return Datum(found.weight_kg, found.measured_at, facts.origin(link)) if found and link else None


def given(record: Record, at: datetime, *, finished: bool) -> tuple[Finding, ...]:
    """What was given: against the order, the rests, who confirmed it, its expiry and what the pump says."""
    now, rules = record.local(at), record.rules
    return (
        *administration.assess(facts.administration(record, finished=finished), rules, now),
        *bedside.assess(giving_facts.bedside(record), rules, now),
        *expiry.assess(record.product, giving_facts.used(record), rules, now),
        *pump.assess(giving_facts.pump(record), rules, now),
        *routes.as_ordered(giving_facts.route(record), rules, now),
        *((pressure_in_time(record, record.t0),) if record.t0 else ()),
    )


def pressure_in_time(record: Record, begins: datetime) -> Finding:
    """Whether the last blood pressure is young enough for a first dose that begins then."""
    measured = facts.pressures_before_dose(record)
    return being_ready.at_the_dose(record.product, measured, record.rules, record.local(begins))


def confirmed(record: Record, at: datetime) -> Finding | None:
    """Whether a second person has confirmed the dose; ``None`` where the rules do not ask."""
    return next(iter(bedside.assess(giving_facts.bedside(record), record.rules, record.local(at))), None)


def drug_account(viewer: Viewer, record: Record, at: datetime) -> Finding | None:
    """Whether drawn is given, wasted and returned; ``None`` where the rules do not ask or no drug was moved."""
    found = giving_facts.account(viewer, record)
    if not found.movements and found.given_known:
        return None
    return next(iter(accounting.assess(found, record.rules, record.local(at))), None)


def next_device_at(record: Record) -> datetime | None:
    """When the rest before the next device is over; ``None`` when there is no next one."""
    return administration.next_device_at(facts.administration(record, finished=False), record.rules)


def alarms(record: Record, at: datetime) -> tuple[Finding, ...]:
    """What the readings call for; before the first dose only what calls somebody whatever is given later."""
    return observation.assess(facts.alarms(record), record.rules, record.local(at))


def due_list(record: Record, at: datetime) -> tuple[DueObservation, ...]:
    """What is to be observed and when; empty before the first dose."""
    watched = facts.observed(record, ended_at=left_at(record))
    return monitoring.due_list(watched, record.rules, record.local(at)) if watched else ()


def discharge(record: Record, at: datetime) -> tuple[Finding, ...]:
    """Whether the patient may go home; empty before the first dose, where there is nothing to wait for."""
    found = facts.discharge(record)
    return going_home.assess(found, record.rules, record.local(at)) if found else ()


def leaving_record(record: Record, at: datetime) -> tuple[Finding, ...]:
    """What the jurisdiction's record of leaving asks for besides the gate; empty before the first dose."""
    found = facts.leaving_record(record)
    return leaving.assess(found, record.rules, record.local(at)) if found else ()


def earliest_leave(record: Record, at: datetime) -> LeaveForecast | None:
    """When the patient can leave at the earliest, and what it waits for; nothing is foretold in an emergency."""
    if record.visit.state in ("emergency", "emergency_before_dose"):
        return None
    found = facts.discharge(record)
    return going_home.earliest_leave(found, record.rules, record.local(at)) if found else None


def no_driving_before(record: Record, left_at: datetime) -> datetime | None:
    """When a patient who leaves then may drive again at the earliest; ``None`` where no dose was given."""
    last = record.last_dose_at or record.t0
    return (
        going_home.no_driving_before(record.product, last, record.rules, record.local(left_at))
        if last
        else None
    )


def driving_ban(record: Record, at: datetime) -> datetime | None:
    """The same, counted from when the patient left, or from ``at`` while they are here."""
    return no_driving_before(record, left_at(record) or at)


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
