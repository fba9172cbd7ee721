"""Check-in: who sits there, what was asked and measured, what the patient signed; and the gate at its end."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Reauthenticated, Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.times import entered_offset_min
from euthymia.clinic.measures import actions as measures
from euthymia.clinic.people import actions as people
from euthymia.clinic.safety import actions as safety
from euthymia.clinic.visits import assess, instructions, models
from euthymia.clinic.visits.actions._common import (
    GateShut,
    Refused,
    add,
    audited,
    count,
    earlier,
    expect_version,
    locked,
    note_assessment,
    refuse_future,
    step,
    timed,
)
from euthymia.protocol import gate


@transaction.atomic
def start_check_in(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    first: str,
    second: str,
    version: int | None = None,
    idempotency_key: UUID | None = None,
) -> None:
    """Receive the patient: identity by two different identifiers."""
    record = locked(by, visit_id, Permission.RECORD_CHECK_IN)
    if earlier(models.IdentityCheck, record, idempotency_key):
        return
    expect_version(record, version)
    if first == second:
        raise Refused("Check two different identifiers: one of them twice proves little.")
    step(record, "check_in", by=by, at=at)
    add(
        models.IdentityCheck,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        **timed(record, at, at),
        first=first,
        second=second,
    )
    audited(record, "check_in", by=by, at=at)


def record_fasting(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    last_food_at: datetime,
    last_liquid_at: datetime,
    idempotency_key: UUID | None = None,
) -> None:
    """Record when the patient last ate and drank."""
    _piece(
        models.FastingReport,
        by,
        at,
        visit_id,
        idempotency_key,
        said={"last_food_at": last_food_at, "last_liquid_at": last_liquid_at},
    )


def record_nasal_product(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    used: bool,
    product: str = "",
    last_used_at: datetime | None = None,
    idempotency_key: UUID | None = None,
) -> None:
    """Record whether a nasal steroid or decongestant was used today, and when."""
    if used and last_used_at is None:
        raise Refused("Enter when the nasal product was used.")
    _piece(
        models.NasalProductReport,
        by,
        at,
        visit_id,
        idempotency_key,
        said={"last_used_at": last_used_at} if used else {},
        fields={"used": used, "product": product if used else ""},
    )


def record_escort(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    name: str,
    phone: str,
    expected_at: datetime,
    idempotency_key: UUID | None = None,
) -> None:
    """Record who will take the patient home, how to reach them and when they come."""
    _piece(
        models.EscortPlan,
        by,
        at,
        visit_id,
        idempotency_key,
        fields={"name": name.strip(), "phone": phone.strip(), "expected_at": expected_at},
        entered=expected_at,
    )


def record_medicines(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    changed: bool,
    detail: str = "",
    idempotency_key: UUID | None = None,
) -> None:
    """Record what changed in medicines, and what happened, since the last visit."""
    if changed and not detail.strip():
        raise Refused("Say what changed, or choose that nothing did.")
    fields = {"changed": changed, "detail": detail.strip()}
    _piece(models.MedicineReport, by, at, visit_id, idempotency_key, fields=fields)


def record_pregnancy(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    answer: str,
    basis: str = "",
    idempotency_key: UUID | None = None,
) -> None:
    """Record a pregnancy test of today, or why none is needed."""
    if answer == "not possible" and not basis.strip():
        raise Refused("Say why pregnancy is not possible.")
    fields = {"answer": answer, "basis": basis.strip()}
    _piece(models.PregnancyCheck, by, at, visit_id, idempotency_key, fields=fields, measured_at=at)


def record_day_answer(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    condition: str,
    answer: str,
    basis: str,
    idempotency_key: UUID | None = None,
) -> None:
    """Keep the answer to a question about history that is asked again today."""
    if not basis.strip():
        raise Refused("Say how it is known: who was asked, or which finding.")
    fields = {"condition": condition, "answer": answer, "basis": basis.strip()}
    _piece(models.DayAnswer, by, at, visit_id, idempotency_key, fields=fields, measured_at=at)


def record_programme(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    site_certified: bool | None,
    prescriber_on_site: bool | None,
    oximeter_available: bool | None,
    idempotency_key: UUID | None = None,
) -> None:
    """Record what the safety programme asks of the site today; ``None`` means not checked."""
    fields = {
        "site_certified": site_certified,
        "prescriber_on_site": prescriber_on_site,
        "oximeter_available": oximeter_available,
    }
    _piece(models.ProgrammeCheck, by, at, visit_id, idempotency_key, fields=fields, measured_at=at)


def sign_instructions(
    *, by: Viewer, at: datetime, visit_id: UUID, signed_name: str, idempotency_key: UUID | None = None
) -> None:
    """Keep the patient's signature on the instructions for going home, with every word they read."""
    if not signed_name.strip():
        raise Refused("The patient writes their name to sign.")
    text = instructions.current()
    fields = {
        "text_version": text.version,
        "text": text.text,
        "text_sha256": hashlib.sha256(text.text.encode()).hexdigest(),
        "signed_name": signed_name.strip(),
    }
    _piece(models.InstructionsSignature, by, at, visit_id, idempotency_key, fields=fields, measured_at=at)


@transaction.atomic
def record_weight(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    weight_kg: Decimal,
    idempotency_key: UUID | None = None,
) -> None:
    """Weigh the patient for this visit."""
    record = locked(by, visit_id, Permission.RECORD_CHECK_IN)
    if earlier(models.WeightLink, record, idempotency_key):
        return
    weight = people.record_weight(
        by=by,
        at=at,
        patient_id=record.visit.course.patient_id,
        weight_kg=weight_kg,
        measured_at=record.local(at),
    )
    add(models.WeightLink, record, by=by, at=at, key=idempotency_key, weight_id=weight)
    audited(record, "record_weight", by=by, at=at)


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
    idempotency_key: UUID | None = None,
) -> None:
    """Keep the clinician's suicide-risk level. After the first dose it counts as the look before leaving."""
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
        assessed_at=record.local(at),
    )
    add(
        models.RiskLink,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        assessment_id=assessment,
        after_dose=record.t0 is not None and at >= record.t0,
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


@transaction.atomic
def finish_check_in(*, by: Viewer, at: datetime, visit_id: UUID, version: int | None = None) -> None:
    """End check-in. Raises GateShut while a rule holds it back."""
    record = locked(by, visit_id, Permission.RECORD_CHECK_IN)
    if record.visit.state == "ready":
        return
    expect_version(record, version)
    findings = assess.readiness(by, record, at)
    result = gate(findings, record.fingerprints("readiness"))
    if not result.is_open:
        raise GateShut(f"Check-in is not complete: {count(result.blocked_by)} open.", result)
    step(record, "finish_check_in", by=by, at=at)
    note_assessment(record, "readiness", findings, by=by, at=at)
    audited(record, "finish_check_in", by=by, at=at)


@transaction.atomic
def reopen_check_in(
    *, by: Viewer, at: datetime, visit_id: UUID, why: str, version: int | None = None
) -> None:
    """Go back to check-in: something changed before the dose."""
    record = locked(by, visit_id, Permission.RECORD_CHECK_IN)
    expect_version(record, version)
    if not why.strip():
        raise Refused("Say why check-in is opened again.")
    if record.order is not None:
        add(
            models.OrderCancellation,
            record,
            by=by,
            at=at,
            order=record.order,
            why=f"Check-in opened again: {why}",
        )
    step(record, "reopen_check_in", by=by, at=at, note=why)
    audited(record, "reopen_check_in", by=by, at=at)


@transaction.atomic
def override(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    gate_name: str,
    fingerprints: Collection[str],
    why: str,
    reauth: Reauthenticated,
    dose: assess.Dose | None = None,
    idempotency_key: UUID | None = None,
) -> None:
    """Sign for findings that hold a gate shut, where their class allows a prescriber to. One signature covers several.

    Raises Refused for a finding that no longer stands like this, or that nobody may pass.
    """
    record = locked(by, visit_id, Permission.PRESCRIBE)
    if earlier(models.OverrideRecord, record, idempotency_key):
        return
    if not why.strip():
        raise Refused("Write why the dose is right in spite of this.")
    findings = assess.at_gate(gate_name, by, record, at, dose)
    allowed = {each.fingerprint: each for each in gate(findings).overridable}
    if not fingerprints or not set(fingerprints) <= set(allowed):
        raise Refused(
            "What you signed for has changed, or may not be passed by anybody. Read the findings again."
        )
    chosen = [allowed[mark].to_json() for mark in sorted(fingerprints)]
    content = {
        "visit": record.visit.id,
        "gate": gate_name,
        "findings": sorted(fingerprints),
        "why": why.strip(),
    }
    signature = audit.sign(
        by=by,
        meaning="I weighed these findings and decided to go on",
        content=content,
        reauth=reauth,
        at=at,
        patient_id=record.visit.course.patient_id,
    )
    add(
        models.OverrideRecord,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        gate=gate_name,
        findings=chosen,
        fingerprints=sorted(fingerprints),
        why=why.strip(),
        signature=signature,
    )
    audited(record, "override", by=by, at=at, gate=gate_name, rules=[each["rule"] for each in chosen])


@transaction.atomic
def _piece(
    model: type[models.VisitFact],
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    key: UUID | None,
    *,
    said: Mapping[str, datetime | None] | None = None,
    fields: Mapping[str, Any] | None = None,
    entered: datetime | None = None,
    measured_at: datetime | None = None,
) -> None:
    """Keep one piece of check-in. ``said`` are times in the past as the patient gave them."""
    record = locked(by, visit_id, Permission.RECORD_CHECK_IN)
    if earlier(model, record, key):
        return
    columns: dict[str, Any] = {**(fields or {}), **(said or {})}
    for time in (said or {}).values():
        if time is not None:
            refuse_future(record, time, at)
    if measured_at is not None:
        columns |= timed(record, measured_at, at)
    elif any(field.name == "entered_offset_min" for field in model._meta.fields):
        columns["entered_offset_min"] = entered_offset_min(record.local(entered or at))
    add(model, record, by=by, at=at, key=key, **columns)
    audited(record, f"record_{model._meta.model_name}", by=by, at=at)
