"""Reading the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.people import queries as people
from euthymia.clinic.pharmacy.models import DrugMovement
from euthymia.protocol.drug_account import Movement


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One line that stands. ``reason`` tells why it replaced an earlier one."""

    id: UUID
    kind: Movement
    amount: Decimal
    unit: str
    lot: str
    expires_on: date | None
    container: str
    happened_at: datetime
    recorded_at: datetime
    recorded_by: str
    witness: str
    source: str
    why: str
    reason: str


def of_visit(viewer: Viewer, visit_id: UUID) -> tuple[LedgerLine, ...]:
    """The lines of one visit that stand, in the order things happened; those corrected to nothing are left out."""
    viewer.require(Permission.VIEW_CHART)
    rows = (
        DrugMovement.objects.current()
        .filter(visit_id=visit_id, clinic_id=viewer.clinic_id, patient__in=people.visible(viewer))
        .select_related("recorded_by", "witness")
    )
    order = list(Movement)
    lines = [_line(row) for row in rows if row.amount]
    return tuple(
        sorted(lines, key=lambda line: (line.happened_at, order.index(line.kind), line.recorded_at, line.id))
    )


def line_of_source(viewer: Viewer, source: str) -> LedgerLine | None:
    """The line that follows from another record and stands, even one corrected to nothing."""
    viewer.require(Permission.VIEW_CHART)
    rows = DrugMovement.objects.current().filter(source=source, clinic_id=viewer.clinic_id)
    row = rows.select_related("recorded_by", "witness").first()
    return _line(row) if row else None


def _line(row: DrugMovement) -> LedgerLine:
    return LedgerLine(
        id=row.id,
        kind=Movement(row.kind),
        amount=row.amount,
        unit=row.unit,
        lot=row.lot,
        expires_on=row.expires_on,
        container=row.container,
        happened_at=row.happened_at,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by.name,
        witness=row.witness.name if row.witness else "",
        source=row.source,
        why=row.why,
        reason=row.reason,
    )
