"""Writing lines of the ledger. A line stays; a wrong one is corrected by another that names it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Reauthenticated, Viewer
from euthymia.clinic.access.witness import Witness
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.facts import Refused, insert_once, made_with
from euthymia.clinic.audit.models import Signature
from euthymia.clinic.audit.times import entered_offset_min
from euthymia.clinic.people import queries as people
from euthymia.clinic.pharmacy.models import DrugMovement
from euthymia.protocol import Product
from euthymia.protocol.drug_account import Movement

WASTE = "I destroyed this drug"
WITNESS = "I saw this drug destroyed"


@dataclass(frozen=True, slots=True)
class Line:
    """What a line says. ``amount`` is in mg to the hundredth, or in whole devices; ``happened_at`` is local."""

    visit_id: UUID
    patient_id: UUID
    product: Product
    kind: Movement
    amount: Decimal
    happened_at: datetime
    lot: str = ""
    expires_on: date | None = None
    container: str = ""
    source: str = ""
    why: str = ""

    @property
    def unit(self) -> str:
        """What the product is counted in."""
        return "device" if self.product is Product.ESKETAMINE_NASAL else "mg"


@transaction.atomic
def write(
    *,
    by: Viewer,
    at: datetime,
    line: Line,
    signature: Signature | None = None,
    witnessed: tuple[Viewer, Signature] | None = None,
    corrects: UUID | None = None,
    reason: str = "",
    idempotency_key: UUID | None = None,
) -> UUID:
    """Write one line and return its id; the same key again is the same line.

    Raises Refused for half a device, for less than a hundredth of a milligram, and for nothing at all.
    """
    by.require(Permission.RECORD_ADMINISTRATION)
    people.row(by, line.patient_id)
    _check_amount(line, corrects)
    made, new = insert_once(
        DrugMovement(
            clinic_id=by.clinic_id,
            recorded_at=at,
            recorded_by_id=by.user_id,
            idempotency_key=idempotency_key,
            visit_id=line.visit_id,
            patient_id=line.patient_id,
            product=line.product.value,
            kind=line.kind.value,
            amount=line.amount,
            unit=line.unit,
            lot=line.lot.strip(),
            expires_on=line.expires_on,
            container=line.container.strip(),
            happened_at=line.happened_at,
            entered_offset_min=entered_offset_min(line.happened_at),
            source=line.source,
            why=line.why.strip(),
            signature=signature,
            witness_id=witnessed[0].user_id if witnessed else None,
            witness_signature=witnessed[1] if witnessed else None,
        ),
        corrects=corrects,
        among=DrugMovement.objects.filter(visit_id=line.visit_id, clinic_id=by.clinic_id),
        reason=reason,
    )
    if new:
        audit.record(
            by=by,
            verb=f"pharmacy.{line.kind.value}",
            at=at,
            patient_id=line.patient_id,
            subject=f"drug movement {made.id}",
            detail={"visit": str(line.visit_id), "corrects": str(corrects or "")},
        )
    return made.id


@transaction.atomic
def waste(
    *,
    by: Viewer,
    at: datetime,
    line: Line,
    reauth: Reauthenticated,
    witness: Witness,
    corrects: UUID | None = None,
    reason: str = "",
    idempotency_key: UUID | None = None,
) -> UUID:
    """Write a line of waste, signed by who destroyed the drug and by a second person who saw it.

    Raises Refused when the two are one person.
    """
    witness.viewer.require(Permission.RECORD_ADMINISTRATION)
    if witness.viewer.user_id == by.user_id:
        raise Refused("A second person sees the waste and signs for it.", "witness")
    if not line.why.strip():
        raise Refused("Say what was wasted and how it was destroyed.", "why")
    if again := made_with(DrugMovement, idempotency_key, visit_id=line.visit_id, recorded_by_id=by.user_id):
        return again.id
    content = {
        "visit": line.visit_id,
        "product": line.product.value,
        "amount": line.amount,
        "unit": line.unit,
        "lot": line.lot.strip(),
        "happened_at": line.happened_at,
        "why": line.why.strip(),
        "corrects": str(corrects or ""),
    }
    signed = [
        audit.sign(by=who, meaning=meaning, content=content, reauth=proof, at=at, patient_id=line.patient_id)
        for who, meaning, proof in ((by, WASTE, reauth), (witness.viewer, WITNESS, witness.reauth))
    ]
    return write(
        by=by,
        at=at,
        line=line,
        signature=signed[0],
        witnessed=(witness.viewer, signed[1]),
        corrects=corrects,
        reason=reason,
        idempotency_key=idempotency_key,
    )


def _check_amount(line: Line, corrects: UUID | None) -> None:
    amount = line.amount
    if amount < 0 or (amount == 0 and corrects is None):
        raise Refused("Enter how much.", "amount")
    smallest = Decimal(1) if line.unit == "device" else Decimal("0.01")
    if amount % smallest:
        what = "whole devices" if line.unit == "device" else "milligrams with at most two decimals"
        raise Refused(f"Enter {what}: nothing is rounded in the ledger.", "amount")
