"""What a synthetic patient tells of medicines, substances, the liver and the body: nothing against treatment."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.measures import actions as measures
from euthymia.protocol import Examination, LiverImpairment, Substance

_ASKED = "asked the patient"


def tell_health(by: Viewer, at: datetime, patient_id: UUID, height_cm: Decimal) -> None:
    """No medicine, no misuse and no risk of it, a sound liver, a height."""
    told: dict[str, Any] = {"by": by, "at": at, "patient_id": patient_id}
    here = timezone.localtime(at)
    measures.record_medicines(**told, medicines=(), basis=_ASKED, taken_at=here)
    none = {substance: measures.Use(times_past_year=0) for substance in Substance}
    measures.record_substances(**told, uses=none, basis=_ASKED, asked_at=here)
    measures.record_liver(**told, impairment=LiverImpairment.NONE, basis="referral letter")
    measures.record_height(**told, height_cm=height_cm, measured_at=here)
    assessed = measures.Test(
        examination=Examination.ABUSE_RISK,
        done_on=here.date(),
        result="low: never misused anything",
        abnormal=False,
        read_by=by.name,
    )
    measures.record_tests(**told, tests=(assessed,))
