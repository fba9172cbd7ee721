"""What is asked and measured at check-in, and what the patient signs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit.times import entered_offset_min
from euthymia.clinic.people import actions as people
from euthymia.clinic.visits import assess, instructions, models
from euthymia.clinic.visits.actions._common import (
    Refused,
    add,
    audited,
    earlier,
    locked,
    refuse_future,
    timed,
)
from euthymia.clinic.visits.queries.gates import unmet
from euthymia.protocol import VISIT


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


@transaction.atomic
def sign_instructions(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    signed_name: str,
    measured_at: datetime | None = None,
    idempotency_key: UUID | None = None,
) -> None:
    """Keep the patient's signature on the instructions for going home, with every word they read."""
    if not signed_name.strip():
        raise Refused("The patient writes their name to sign.")
    _check_no_dose_acts(by, at, visit_id)
    text = instructions.current()
    fields = {
        "text_version": text.version,
        "text": text.text,
        "text_sha256": hashlib.sha256(text.text.encode()).hexdigest(),
        "signed_name": signed_name.strip(),
    }
    _piece(
        models.InstructionsSignature,
        by,
        at,
        visit_id,
        idempotency_key,
        fields=fields,
        measured_at=measured_at or at,
    )


def _check_no_dose_acts(by: Viewer, at: datetime, visit_id: UUID) -> None:
    """Nobody is asked to sign between the first dose and the passed gate: the drug takes judgement.

    Whoever was dosed without having signed signs last, once everything else that leaving asks is there.
    """
    record = locked(by, visit_id, Permission.RECORD_CHECK_IN)
    waits = [each for each in unmet(assess.discharge(record, at)) if each.rule != "MON-8"]
    if record.t0 is not None and record.visit.state in VISIT.occupied and waits:
        told = " ".join(each.sentence for each in waits)
        raise Refused(
            f"A dose acts: the patient signs nothing before all else that leaving asks is there. {told}"
        )


@transaction.atomic
def record_weight(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    weight_kg: Decimal,
    measured_at: datetime | None = None,
    idempotency_key: UUID | None = None,
) -> None:
    """Keep a weighing for this visit: of now, or of ``measured_at`` where the scale stood elsewhere."""
    record = locked(by, visit_id, Permission.RECORD_CHECK_IN)
    if earlier(models.WeightLink, record, idempotency_key):
        return
    weight = people.record_weight(
        by=by,
        at=at,
        patient_id=record.visit.course.patient_id,
        weight_kg=weight_kg,
        measured_at=record.local(measured_at or at),
    )
    add(models.WeightLink, record, by=by, at=at, key=idempotency_key, weight_id=weight)
    audited(record, "record_weight", by=by, at=at)


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
