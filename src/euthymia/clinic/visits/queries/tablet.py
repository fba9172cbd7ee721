"""What a tablet is told so that it can go on without a connection: who sits where, and what can be entered about them.

It is held by the open page alone and never stored.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from euthymia.clinic.access.device import initials_of
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.people import queries as people
from euthymia.clinic.visits import medicine_facts, models
from euthymia.clinic.visits.queries._common import AFTER_DOSE, unanswered
from euthymia.clinic.visits.queries.dosing import Dosing, dosing
from euthymia.clinic.visits.record import Record, records
from euthymia.protocol import Product
from euthymia.protocol.route import Route

_LONGEST_STAY = timedelta(hours=36)  # ours: as on the board
_STATES = frozenset({"ordered"}) | AFTER_DOSE


@dataclass(frozen=True, slots=True)
class Seat:
    """One patient as the open page must know them.

    ``number`` is that of the next device or dose; ``forms`` names what can be entered now.
    """

    visit_id: UUID
    name: str
    initials: str
    chair: str
    number: int
    ordered: str
    medicines: str
    forms: tuple[str, ...]
    alarms: tuple[tuple[UUID, str], ...]


def seats(viewer: Viewer, now: datetime) -> tuple[Seat, ...]:
    """Everybody who is dosed or watched now and whose chart the viewer may open; nobody for who records nothing."""
    if not viewer.may(Permission.RECORD_OBSERVATION):
        return ()
    visits = (
        models.Visit.objects.filter(
            clinic_id=viewer.clinic_id,
            course__patient__in=people.visible(viewer),
            state__in=sorted(_STATES),
            scheduled_at__gte=now - _LONGEST_STAY,
        )
        .select_related("clinic", "course__patient", "chair")
        .order_by("chair__name", "scheduled_at")
    )
    made = records(list(visits))
    orders = models.Order.objects.filter(visit__in=[record.visit.id for record in made])
    by_visit = defaultdict(list)
    for row in orders.select_related("signature", "cancellation").order_by("recorded_at", "id"):
        by_visit[row.visit_id].append(row)
    for record in made:
        record.__dict__["orders"] = by_visit[record.visit.id]
    waiting = _medicines(made)
    return tuple(_seat(record, waiting[record.visit.id]) for record in made)


def _medicines(made: Sequence[Record]) -> dict[UUID, list[str]]:
    """The orders for a medicine that nobody has given yet, in words, by visit."""
    found: dict[UUID, list[str]] = defaultdict(list)
    orders = models.MedicineOrder.objects.current().filter(
        visit__in=[record.visit.id for record in made], withdrawal__isnull=True, given__isnull=True
    )
    for row in orders.order_by("measured_at"):
        found[row.visit_id].append(f"{row.medicine}, {medicine_facts.amount(row)}")
    return found


def _seat(record: Record, waiting: Sequence[str]) -> Seat:
    patient = record.visit.course.patient
    name = f"{patient.given_name} {patient.family_name}"
    given = dosing(record)
    alarms = tuple((each.id, each.finding.sentence) for each in unanswered(record))
    return Seat(
        visit_id=record.visit.id,
        name=name,
        initials=initials_of(name),
        chair=record.visit.chair.name,
        number=given.next_direct if record.route.is_direct else given.next_number or 0,
        ordered=_ordered(given),
        medicines=f"Ordered and not given: {'; '.join(waiting)}." if waiting else "No medicine is ordered.",
        forms=_forms(record, given, alarmed=bool(alarms)),
        alarms=alarms,
    )


def _forms(record: Record, given: Dosing, *, alarmed: bool) -> tuple[str, ...]:
    """What may be entered, in the order of the buttons. Steps that cannot be now can be after the one before them."""
    found = ["readings"] if record.visit.state in AFTER_DOSE else []
    found += ["answer"] if alarmed else []
    if record.product is Product.ESKETAMINE_NASAL:
        more = record.visit.state in ("ordered", "administering")
        found += ["device"] if more else []
    elif record.route.is_direct:
        found += ["direct", "mouth"] if record.route is Route.SUBLINGUAL else ["direct"]
    elif given.infusion_state != "over":
        started = ["started"] if not given.infusion_state else []
        found += [*started, "rate-changed", "paused", "resumed", "stopped", "ended"]
    return (*found, "medicine", "emergency")


def _ordered(given: Dosing) -> str:
    """The order in one line, to be read beside the pump or the devices."""
    order = given.order
    if order is None:
        return "No order stands. What was given is recorded as it was."
    dose = f"Ordered: {order.dose_mg.normalize():f} mg"
    if order.route:
        return f"{dose} {Route(order.route).words}."
    if order.devices:
        return f"{dose} = {order.devices} device{'s' if order.devices != 1 else ''}."
    if order.minutes is None or order.rate_ml_per_h is None or order.volume_ml is None:
        return f"{dose}."
    return (
        f"{dose} over {order.minutes.normalize():f} min, "
        f"{order.volume_ml.normalize():f} mL at {order.rate_ml_per_h.normalize():f} mL/h."
    )
