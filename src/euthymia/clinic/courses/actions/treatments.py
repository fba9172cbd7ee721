"""Writing down what was tried before for an illness other than depression."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.facts import Refused, insert_once
from euthymia.clinic.courses import rows
from euthymia.clinic.courses.models import EarlierTreatment
from euthymia.protocol import COURSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One earlier treatment as the clinician judged it; ``None`` and the empty outcome are not known."""

    kind: str
    treatment: str
    basis: str
    first_line: bool | None = None
    adequate: bool | None = None
    outcome: str = ""


@transaction.atomic
def record_treatment(
    *,
    by: Viewer,
    at: datetime,
    course_id: UUID,
    tried: Tried,
    corrects: UUID | None = None,
    reason: str = "",
    idempotency_key: UUID | None = None,
) -> UUID:
    """Write down one earlier treatment of what the course treats, or put an earlier entry right.

    Raises:
        Refused: the course is over, the treatment has no name or no basis, or what is corrected is not there.
    """
    by.require(Permission.RECORD_HISTORY)
    course = rows.locked(by, course_id)
    if course.state in COURSE.terminal:
        raise Refused("This course is over.")
    if not tried.treatment.strip():
        raise Refused("Name the treatment.", "treatment")
    if not tried.basis.strip():
        raise Refused("Say where this is known from.", "basis")
    words = {name: value.strip() for name, value in asdict(tried).items() if isinstance(value, str)}
    fact, new = insert_once(
        EarlierTreatment(
            clinic_id=by.clinic_id,
            recorded_at=at,
            recorded_by_id=by.user_id,
            patient_id=course.patient_id,
            indication=course.indication,
            idempotency_key=idempotency_key,
            **(asdict(tried) | words),
        ),
        corrects=corrects,
        among=EarlierTreatment.objects.filter(patient_id=course.patient_id, indication=course.indication),
        reason=reason,
    )
    if new:
        audit.record(
            by=by,
            verb="courses.correct_treatment" if corrects else "courses.record_treatment",
            at=at,
            patient_id=course.patient_id,
            subject=f"treatment {fact.id}",
        )
    return fact.id
