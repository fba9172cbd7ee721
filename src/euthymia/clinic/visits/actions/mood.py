"""The questionnaire, the level of suicide risk, and the decision at high risk."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Reauthenticated, Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.measures import actions as measures
from euthymia.clinic.safety import actions as safety
from euthymia.clinic.visits import models
from euthymia.clinic.visits.actions._common import (
    Refused,
    add,
    audited,
    earlier,
    locked,
)


@transaction.atomic
def record_questionnaire(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    answers: Mapping[str, int],
    difficulty: str,
    mode: str,
    idempotency_key: UUID | None = None,
) -> None:
    """Keep the PHQ-9 answered for this visit."""
    record = locked(by, visit_id, Permission.RECORD_MEASURE)
    if earlier(models.QuestionnaireLink, record, idempotency_key):
        return
    response = measures.record_answers(
        by=by,
        at=at,
        patient_id=record.visit.course.patient_id,
        instrument_id="phq-9",
        answers=answers,
        difficulty=difficulty,
        taken_at=record.local(at),
        mode=mode,
    )
    add(models.QuestionnaireLink, record, by=by, at=at, key=idempotency_key, response_id=response)
    audited(record, "record_questionnaire", by=by, at=at)


@transaction.atomic
def record_risk(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    level: str,
    basis: str,
    instrument: str = "",
    level_of_care: str = "",
    thoughts_found: bool | None = None,
    assessed_at: datetime | None = None,
    idempotency_key: UUID | None = None,
) -> None:
    """Keep the clinician's suicide-risk level. After the first dose it counts as the look before leaving.

    ``assessed_at`` is of a paper sheet; else now.
    """
    record = locked(by, visit_id, Permission.ASSESS_SUICIDE_RISK)
    if earlier(models.RiskLink, record, idempotency_key):
        return
    if not basis.strip():
        raise Refused("Say what the level rests on.")
    assessment = safety.record_risk(
        by=by,
        at=at,
        patient_id=record.visit.course.patient_id,
        level=level,
        basis=basis.strip(),
        instrument=instrument.strip(),
        level_of_care=level_of_care.strip(),
        thoughts_found=thoughts_found,
        assessed_at=record.local(assessed_at or at),
    )
    add(
        models.RiskLink,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        assessment_id=assessment,
        after_dose=record.t0 is not None and (assessed_at or at) >= record.t0,
    )
    audited(record, "record_risk", by=by, at=at)


@transaction.atomic
def decide_at_high_risk(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    decision: str,
    level_of_care: str,
    reauth: Reauthenticated,
    idempotency_key: UUID | None = None,
) -> None:
    """Keep the prescriber's signed decision about treating at high suicide risk, and the level of care."""
    record = locked(by, visit_id, Permission.PRESCRIBE)
    if earlier(models.HighRiskDecision, record, idempotency_key):
        return
    if not (decision.strip() and level_of_care.strip()):
        raise Refused("Write the decision and where the patient is to be looked after.")
    content = {"visit": record.visit.id, "decision": decision.strip(), "level_of_care": level_of_care.strip()}
    signature = audit.sign(
        by=by,
        meaning="I decided about treatment at high suicide risk",
        content=content,
        reauth=reauth,
        at=at,
        patient_id=record.visit.course.patient_id,
    )
    add(
        models.HighRiskDecision,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        decision=decision.strip(),
        level_of_care=level_of_care.strip(),
        signature=signature,
    )
    audited(record, "decide_at_high_risk", by=by, at=at)
