"""Copying a paper sheet: how far it is, who can stand on it, and the orders that wait for a signature."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from euthymia.clinic.access.models import RoleAssignment
from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.visits import models, routes
from euthymia.clinic.visits.queries._common import later_words, paper_words, record_for
from euthymia.clinic.visits.record import Record
from euthymia.protocol import Product
from euthymia.protocol.route import Route


@dataclass(frozen=True, slots=True)
class Block:
    """One block of the sheet, in its order. ``entered`` counts the rows copied so far."""

    route: str
    title: str
    hint: str
    entered: int


@dataclass(frozen=True, slots=True)
class PaperOrderView:
    """An order of an outage, and whether its prescriber has signed it."""

    id: UUID
    visit_id: UUID
    words: str
    given: str
    prescriber: str
    prescriber_id: UUID
    ordered_at: datetime
    entered: str
    later: str
    answered: bool
    agreed: bool
    note: str


@dataclass(frozen=True, slots=True)
class PaperPage:
    """The sheet of one visit, as far as it is copied."""

    blocks: tuple[Block, ...]
    orders: tuple[PaperOrderView, ...]


def paper_page(viewer: Viewer, visit_id: UUID) -> PaperPage:
    """The blocks of the sheet of a visit."""
    record = record_for(viewer, visit_id)
    nasal = record.product is Product.ESKETAMINE_NASAL
    counted = {name: _count(record, tables) for name, tables in _TABLES.items()}
    doses = (
        [("devices", "Devices", "One line a device")]
        if nasal
        else [("infusion", "Infusion", "One line a step")]
    )
    if routes.open_routes(record) or counted["direct"]:
        doses.append(("direct", "Dose by another route", "One line a dose, one when the mouth was empty"))
    named = (
        ("check-in", "Check-in", "Identity, weight, risk, escort, the patient's signature"),
        ("order", "Order", "As it was given, on paper or by word of mouth"),
        *doses,
        ("readings", "Readings", "The whole table in one go, the pressure before the dose included"),
        ("leaving", "Leaving", "How and when the patient left"),
    )
    blocks = tuple(Block(f"visits:paper-{key}", title, hint, counted[key]) for key, title, hint in named)
    return PaperPage(blocks, paper_orders(record))


def paper_order(viewer: Viewer, visit_id: UUID, order_id: UUID) -> PaperOrderView:
    """One order of an outage."""
    for found in paper_orders(record_for(viewer, visit_id)):
        if found.id == order_id:
            return found
    raise NotFound("No such order in this visit.")


def ordered_on_paper(viewer: Viewer, visit_id: UUID) -> Decimal | None:
    """The milligrams ordered: by the signed order, else by the last one that was copied."""
    record = record_for(viewer, visit_id)
    if record.order is not None:
        return record.order.dose_mg
    copied = models.PaperOrder.objects.current().filter(visit=record.visit.id).order_by("measured_at").last()
    return copied.dose_mg if copied else None


def paper_orders(record: Record) -> tuple[PaperOrderView, ...]:
    """The orders of an outage that stand, oldest first."""
    rows = models.PaperOrder.objects.current().filter(visit=record.visit.id)
    rows = rows.select_related("prescriber", "recorded_by", "answer").order_by("measured_at")
    return tuple(_order(record, row) for row in rows)


def staff_choices(viewer: Viewer, *roles: Role) -> tuple[tuple[str, str], ...]:
    """Members of the clinic's staff who hold one of these roles, as (id, name), by name."""
    held = RoleAssignment.objects.filter(
        user__clinic_id=viewer.clinic_id,
        user__is_active=True,
        held=True,
        role__in=[role.value for role in roles],
    )
    found = {row.user_id: row.user.name for row in held.select_related("user")}
    return tuple((str(key), name) for key, name in sorted(found.items(), key=lambda each: each[1]))


_TABLES: dict[str, tuple[type[models.VisitFact], ...]] = {
    "check-in": (
        models.IdentityCheck,
        models.WeightLink,
        models.EscortPlan,
        models.InstructionsSignature,
        models.RouteAgreement,
    ),
    "order": (models.PaperOrder,),
    "devices": (models.DeviceAdministration,),
    "infusion": (models.InfusionEvent,),
    "direct": (models.DirectDose,),
    "readings": (models.Observation,),
    "leaving": (models.Exit,),
}


def _count(record: Record, tables: tuple[type[models.VisitFact], ...]) -> int:
    copied = record.from_paper.keys()
    if not copied:
        return 0
    return sum(table.objects.filter(visit=record.visit.id, id__in=copied).count() for table in tables)


def _order(record: Record, row: models.PaperOrder) -> PaperOrderView:
    answer = getattr(row, "answer", None)
    return PaperOrderView(
        id=row.id,
        visit_id=record.visit.id,
        words=_words(row),
        given=row.get_given_display().lower(),
        prescriber=row.prescriber.name,
        prescriber_id=row.prescriber_id,
        ordered_at=row.measured_at,
        entered=paper_words(record, row.id),
        later=later_words(row.measured_at, row.recorded_at),
        answered=answer is not None,
        agreed=answer is not None and answer.agreed,
        note=answer.note if answer else "",
    )


def _words(row: models.PaperOrder) -> str:
    def plain(value: Decimal | None) -> str:
        return f"{value.normalize():f}" if value is not None else "?"

    dose = f"{plain(row.dose_mg)} mg"
    if row.devices is not None:
        return f"{dose} = {row.devices} device{'s' if row.devices != 1 else ''}"
    if row.route:
        way = f"{dose} {Route(row.route).words}"
        if row.units is not None:
            return f"{way}: {row.units} × {plain(row.mg_per_unit)} mg"
        strength = f"{plain(row.concentration_mg_per_ml)} mg/mL"
        return f"{way} ({plain(row.mg_per_kg)} mg/kg); {strength}, {plain(row.volume_ml)} mL"
    return (
        f"{dose} ({plain(row.mg_per_kg)} mg/kg) over {plain(row.minutes)} min; "
        f"{plain(row.concentration_mg_per_ml)} mg/mL, {plain(row.volume_ml)} mL at {plain(row.rate_ml_per_h)} mL/h"
    )
