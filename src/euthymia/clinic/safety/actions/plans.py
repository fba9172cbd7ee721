"""The safety plan, written with the patient."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.facts import Refused, insert_once
from euthymia.clinic.audit.times import check_not_future, entered_offset_min
from euthymia.clinic.people import queries as people
from euthymia.clinic.safety.actions.demands import close_plan_tasks
from euthymia.clinic.safety.models import SafetyPlan
from euthymia.clinic.safety.triage import PARTS


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEntry:
    """A safety plan, as entered: six parts, how likely it will be used, what stands in the way, where it is kept."""

    warning_signs: str
    own_means: str
    company: str
    helpers: str
    professionals: str
    surroundings: str
    likelihood: int
    barriers: str
    kept_where: str
    review_on: date
    written_at: datetime


@transaction.atomic
def write_safety_plan(
    *, by: Viewer, at: datetime, patient_id: UUID, plan: PlanEntry, idempotency_key: UUID | None = None
) -> UUID:
    """Record a safety plan; it stands in the place of the one before, which stays to be read.

    Raises:
        Refused: a part is empty, the likelihood is not from 0 to 10, or the review lies before the writing.
    """
    by.require(Permission.ASSESS_SUICIDE_RISK)
    patient = people.row(by, patient_id)
    check_not_future(plan.written_at, at, "written_at")
    _check(plan)
    said = {name: value.strip() if isinstance(value, str) else value for name, value in asdict(plan).items()}
    fact, new = insert_once(
        SafetyPlan(
            patient=patient,
            clinic_id=by.clinic_id,
            recorded_at=at,
            recorded_by_id=by.user_id,
            idempotency_key=idempotency_key,
            entered_offset_min=entered_offset_min(plan.written_at),
            **said,
        )
    )
    if new:
        close_plan_tasks(by, at, patient.id, plan.written_at)
        audit.record(
            by=by,
            verb="safety.write_safety_plan",
            at=at,
            patient_id=patient.id,
            subject=f"safety plan {fact.id}",
        )
    return fact.id


def _check(plan: PlanEntry) -> None:
    for name in (*PARTS, "barriers", "kept_where"):
        if not getattr(plan, name).strip():
            raise Refused("Fill this in with the patient; “nothing” is an answer where it is true.", name)
    if not 0 <= plan.likelihood <= 10:
        raise Refused("The likelihood is a whole number from 0 to 10.", "likelihood")
    if plan.review_on < plan.written_at.date():
        raise Refused("The day to review it lies before the day it was written.", "review_on")
