"""What a synthetic patient tells of medicines, substances and the liver: nothing that speaks against treatment."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.measures import actions as measures
from euthymia.protocol import LiverImpairment, Substance

_ASKED = "asked the patient"


def tell_health(by: Viewer, at: datetime, patient_id: UUID) -> None:
    """No medicine, no misuse, a sound liver."""
    told: dict[str, Any] = {"by": by, "at": at, "patient_id": patient_id}
    here = timezone.localtime(at)
    measures.record_medicines(**told, medicines=(), basis=_ASKED, taken_at=here)
    none = {substance: measures.Use(times_past_year=0) for substance in Substance}
    measures.record_substances(**told, uses=none, basis=_ASKED, asked_at=here)
    measures.record_liver(**told, impairment=LiverImpairment.NONE, basis="referral letter")
