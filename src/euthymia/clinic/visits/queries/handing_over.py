"""What goes home with the patient, as the pages show it; and the sheet that opens without signing in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.visits import assess, models, sheets
from euthymia.clinic.visits.models.leaving import Signer
from euthymia.clinic.visits.queries._common import record_for
from euthymia.clinic.visits.record import Record
from euthymia.protocol import Finding

Line = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet for reading. ``parts`` are paragraphs, each with the points of its list; the first is the ban on driving.

    ``token`` stands in its address.
    """

    id: UUID
    version: str
    text: str
    no_driving_before: datetime | None
    contact: str
    made_at: datetime
    made_by: str
    expires_at: datetime
    token: str
    clinic: str

    @property
    def ban(self) -> str:
        """The sentence about driving, which stands above everything else."""
        return self.parts[0][0]

    @property
    def rest(self) -> tuple[Line, ...]:
        """What follows it."""
        return self.parts[1:]

    @property
    def parts(self) -> tuple[Line, ...]:
        """The paragraphs, each with the points under it."""
        found = []
        for block in self.text.split("\n\n"):
            lines = block.split("\n")
            said = [line for line in lines if not line.startswith("- ")]
            points = tuple(line[2:] for line in lines if line.startswith("- "))
            found.append((" ".join(said), points))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Who signed for what, as drawn or as written."""

    at: datetime
    by: str
    signer: str
    signed_name: str
    received: tuple[str, ...]
    why_not: str
    lines: tuple[str, ...]
    current: bool

    @property
    def nobody(self) -> bool:
        """Whether nobody signed."""
        return not self.signed_name


@dataclass(frozen=True, slots=True)
class HandingOver:
    """Where handing over stands. ``stale`` says why the sheet does not fit any more; ``record`` holds what the
    jurisdiction's record of leaving asks for besides the gate."""

    sheet: Sheet | None
    stale: str
    receipt: Receipt | None
    contact: str
    escort: str
    points: tuple[Finding, ...]

    @property
    def receipt_open(self) -> bool:
        """Whether nobody has signed for what is handed over now, or said why nobody does."""
        return self.receipt is None or not self.receipt.current

    @property
    def missing(self) -> tuple[str, ...]:
        """What is not there yet, as sentences."""
        found = []
        if self.sheet is None or self.stale:
            found.append(self.stale or "The instructions to take home are not prepared.")
        if self.receipt_open:
            found.append("Nobody has signed for the instructions.")
        if not self.contact:
            found.append("The clinic has set no number that answers day and night.")
        return tuple(found)


def handing_over(viewer: Viewer, visit_id: UUID, now: datetime) -> HandingOver:
    """What goes home with the patient of a visit."""
    return of_record(record_for(viewer, visit_id), now)


def of_record(record: Record, now: datetime) -> HandingOver:
    """The same, from a record that is read already."""
    row, signed, arrival = record.sheet, record.receipt, record.escort_arrival
    return HandingOver(
        sheet=_sheet(row) if row else None,
        stale=_stale(record, row, now) if row else "",
        receipt=_receipt(signed, row) if signed else None,
        contact=contact_of(record.visit.clinic_id),
        escort=arrival.name if arrival else "",
        points=assess.leaving_record(record, now),
    )


def public_sheet(token: str, now: datetime) -> Sheet | None:
    """The sheet an address opens, for anybody who has it; ``None`` once it has run out.

    Raises NotFound for an address this server did not make.
    """
    sheet_id = sheets.opened(token)
    row = (
        models.GoingHomeSheet.objects.select_related("visit__clinic", "recorded_by")
        .filter(id=sheet_id)
        .first()
        if sheet_id
        else None
    )
    if row is None:
        raise NotFound("No such page.")
    newer = models.GoingHomeSheet.objects.filter(
        visit_id=row.visit_id, recorded_at__gt=row.recorded_at
    ).exists()
    return None if newer or row.expires_at <= now else _sheet(row)


def contact_of(clinic_id: UUID) -> str:
    """Whom a patient calls at any hour; empty where the clinic has set nobody."""
    row = models.HouseContact.objects.current().filter(clinic_id=clinic_id).order_by("-recorded_at").first()
    return f"{row.phone} ({row.answers})" if row else ""


def contact(viewer: Viewer) -> str:
    """The same, for the keepers of the house."""
    viewer.require(Permission.KEEP_ROTA)
    return contact_of(viewer.clinic_id)


def _stale(record: Record, row: models.GoingHomeSheet, now: datetime) -> str:
    until = assess.driving_ban(record, now)
    if until != row.no_driving_before:
        return (
            "The time before which the patient must not drive changed since the instructions were prepared: prepare "
            "them again."
        )
    if contact_of(record.visit.clinic_id) != row.contact:
        return "The clinic's number changed since the instructions were prepared: prepare them again."
    return "The instructions ran out: prepare them again." if row.expires_at <= now else ""


def _sheet(row: models.GoingHomeSheet) -> Sheet:
    return Sheet(
        id=row.id,
        version=row.text_version,
        text=row.text,
        no_driving_before=row.no_driving_before,
        contact=row.contact,
        made_at=row.recorded_at,
        made_by=row.recorded_by.name,
        expires_at=row.expires_at,
        token=sheets.token(row.id),
        clinic=row.visit.clinic.name,
    )


def _receipt(row: models.SheetReceipt, sheet: models.GoingHomeSheet | None) -> Receipt:
    return Receipt(
        at=row.measured_at,
        by=row.recorded_by.name,
        signer=Signer(row.signer).label,
        signed_name=row.signed_name,
        received=tuple(row.received),
        why_not=row.why_not,
        lines=tuple(" ".join(f"{x},{y}" for x, y in line) for line in row.strokes),
        current=sheet is not None and row.sheet_id == sheet.id,
    )
