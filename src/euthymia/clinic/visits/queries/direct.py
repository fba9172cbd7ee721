"""Doses that needed neither device nor pump, as they stand; what is held in the mouth; what may be agreed to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.visits import models, routes
from euthymia.clinic.visits.models.direct import DirectStep
from euthymia.clinic.visits.queries._common import record_for
from euthymia.clinic.visits.record import Record
from euthymia.protocol import plan
from euthymia.protocol.route import Route, permitted
from euthymia.protocol.units import plain


@dataclass(frozen=True, slots=True)
class DirectView:
    """One dose as it was given, or when it was out of the mouth. ``held_min`` is how long it was held there."""

    id: UUID
    number: int
    is_end: bool
    route: str
    title: str
    at: datetime
    dose_mg: Decimal | None
    mg_per_kg: Decimal | None
    amount: str
    site: str
    lot: str
    expires_on: date | None
    container: str
    note: str
    held_min: int | None
    recorded_by: str
    reason: str

    @property
    def had_expired(self) -> bool:
        """Whether it was used after its date."""
        return self.expires_on is not None and self.expires_on < timezone.localtime(self.at).date()


def direct_doses(record: Record, weight_kg: Decimal | None) -> tuple[DirectView, ...]:
    """The doses of a visit whose rows are at hand."""
    begun = {row.number: row.measured_at for row in record.direct_given}
    return tuple(_view(record, row, begun.get(row.number), weight_kg) for row in record.direct)


def direct_dose(viewer: Viewer, visit_id: UUID, dose_id: UUID) -> DirectView:
    """One that stands, to put it right. Raises NotFound for one that was corrected."""
    for found in direct_doses(record_for(viewer, visit_id), None):
        if found.id == dose_id:
            return found
    raise NotFound("No such dose in this visit.")


def in_mouth(viewer: Viewer, visit_id: UUID) -> DirectView | None:
    """What is held under the tongue now."""
    record = record_for(viewer, visit_id)
    held = next(iter(record.in_mouth), None)
    return _view(record, held, held.measured_at, None) if held else None


def open_routes(viewer: Viewer, visit_id: UUID) -> tuple[str, ...]:
    """The routes an order of this visit may name, its usual one first."""
    record = record_for(viewer, visit_id)
    return tuple(each.value for each in permitted(record.product, record.rules))


def direct_routes(viewer: Viewer, visit_id: UUID) -> tuple[Route, ...]:
    """Those of them that need neither device nor pump."""
    return routes.open_routes(record_for(viewer, visit_id))


def agreement_text(viewer: Viewer, visit_id: UUID, route: str) -> str | None:
    """What a patient reads before agreeing to a route; ``None`` for one the rules here do not leave open."""
    chosen = next(
        (each for each in routes.open_routes(record_for(viewer, visit_id)) if each.value == route), None
    )
    return routes.agreement_text(chosen.words) if chosen else None


def _view(
    record: Record, row: models.DirectDose, begun: datetime | None, weight_kg: Decimal | None
) -> DirectView:
    is_end = row.step == DirectStep.ENDED
    held = int((row.measured_at - begun).total_seconds() // 60) if is_end and begun else None
    return DirectView(
        id=row.id,
        number=row.number,
        is_end=is_end,
        route=row.route,
        title=f"{row.get_outcome_display()} after {held} min" if is_end else f"Dose {row.number}",
        at=row.measured_at,
        dose_mg=row.dose_mg,
        mg_per_kg=plan.for_weight(row.dose_mg, weight_kg),
        amount="" if is_end else _amount(row),
        site=row.get_site_display() if row.site else "",
        lot=row.lot,
        expires_on=row.expires_on,
        container=row.container,
        note=row.note,
        held_min=held,
        recorded_by=record.who(row),
        reason=row.reason,
    )


def _amount(row: models.DirectDose) -> str:
    """What it was given as, in words."""
    parts = [Route(row.route).words]
    if row.volume_ml is not None:
        parts.append(f"{plain(row.volume_ml)} mL")
    if row.concentration_mg_per_ml is not None:
        parts.append(f"of {plain(row.concentration_mg_per_ml)} mg/mL")
    if row.units is not None:
        held = f" of {plain(row.mg_per_unit)} mg" if row.mg_per_unit is not None else ""
        parts.append(
            f"{row.units} lozenge{'' if row.units == 1 else 's'} or tablet{'' if row.units == 1 else 's'}{held}"
        )
    return ", ".join(parts)
