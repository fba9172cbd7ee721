"""The total of a scale whose text is not shipped."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.facts import Refused, insert_once
from euthymia.clinic.audit.times import check_not_future, entered_offset_min
from euthymia.clinic.measures.models import ScaleScore
from euthymia.clinic.people import queries as people
from euthymia.evidence import EvidenceError
from euthymia.evidence import scale as scale_of


@transaction.atomic
def record_scale_score(
    *,
    by: Viewer,
    at: datetime,
    patient_id: UUID,
    scale: str,
    total: Decimal,
    scored_at: datetime,
    scored_by: str,
    corrects: UUID | None = None,
    reason: str = "",
    idempotency_key: UUID | None = None,
) -> UUID:
    """Record a total with who scored it; ``corrects`` replaces an earlier one, which stays visible.

    Raises:
        Refused: no such scale, a total out of its range, nobody named, or a time in the future.
    """
    by.require(Permission.RECORD_MEASURE)
    patient = people.row(by, patient_id)
    check_not_future(scored_at, at, "scored_at")
    try:
        found = scale_of(scale)
    except EvidenceError:
        raise Refused("This is none of the scales.", "scale") from None
    low, high = found.lowest.value, found.highest.value
    if not low <= total <= high:
        raise Refused(f"The total lies between {low} and {high}.", "total")
    if not scored_by.strip():
        raise Refused("Say who scored it.", "scored_by")
    fact, new = insert_once(
        ScaleScore(
            patient=patient,
            clinic_id=by.clinic_id,
            recorded_at=at,
            recorded_by_id=by.user_id,
            idempotency_key=idempotency_key,
            scale=found.id,
            total=total,
            scored_at=scored_at,
            entered_offset_min=entered_offset_min(scored_at),
            scored_by=scored_by.strip(),
        ),
        corrects=corrects,
        among=ScaleScore.objects.filter(patient=patient, scale=found.id),
        reason=reason,
    )
    if new:
        audit.record(
            by=by,
            verb="measures.record_scale_score",
            at=at,
            patient_id=patient.id,
            subject=f"{found.id} {fact.id}",
        )
    return fact.id
