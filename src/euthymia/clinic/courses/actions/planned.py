"""Signing a plan, and the decision on benefit that lets treatment go on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Reauthenticated, Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.facts import Refused, made_with
from euthymia.clinic.courses import facts, rows, scheduling, weights
from euthymia.clinic.courses.actions.course import advance, blocked_words
from euthymia.clinic.courses.actions.eligibility import check_overrides, check_seen
from euthymia.clinic.courses.models import BenefitDecision, Course, PlannedSession, TreatmentPlan
from euthymia.clinic.measures import queries as measures
from euthymia.clinic.people import retired
from euthymia.clinic.rulebook import queries as rulebook
from euthymia.protocol import (
    Benefit,
    Finding,
    InfusionDose,
    PlanFacts,
    Product,
    gate,
    plan,
    weight_basis,
)

_TENTH = Decimal("0.1")
REPEAT = "repeat_induction"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPlan:
    """A plan as entered: the dose of its first session, its first day, the days between in maintenance, the
    weight an infusion is worked out from, and who takes the patient home."""

    first_session_on: date
    dose_mg: Decimal | None = None
    mg_per_kg: Decimal | None = None
    minutes: Decimal | None = None
    maintenance_gap_days: int | None = None
    weight_basis: str = ""
    weight_why: str = ""
    escort_name: str = ""
    escort_phone: str = ""
    why: str = ""


def judge_plan(
    viewer: Viewer, course_id: UUID, new: NewPlan, now: datetime, event: str = ""
) -> tuple[Finding, ...]:
    """What the rules say of the first session of a plan signed by ``event``; ``now`` in the clinic's own zone."""
    course = rows.course(viewer, course_id)
    book = rulebook.book(course.clinic_id)
    found = _facts(viewer, course, new)
    if event == REPEAT:
        found = replace(found, in_round=1)
    body = weights.basis_facts(viewer, course, new.mg_per_kg, new.weight_basis)
    return (*plan.assess(found, book, now), *(weight_basis.assess(body, book, now) if body else ()))


@transaction.atomic
def sign_plan(
    *,
    by: Viewer,
    at: datetime,
    course_id: UUID,
    new: NewPlan,
    overrides: Mapping[str, str],
    seen: Collection[str],
    reauth: Reauthenticated,
    event: str = "sign_plan",
    idempotency_key: UUID | None = None,
) -> UUID:
    """Sign a plan with the findings it was judged by, make its sessions, and move the course by ``event``:
    sign_plan, revise_plan or repeat_induction.

    Raises:
        Refused: a rule holds it back, the findings are not those that were shown, a revision has no reason,
            or the first day has passed.
    """
    by.require(Permission.PRESCRIBE)
    course = rows.locked(by, course_id)
    if earlier := made_with(TreatmentPlan, idempotency_key, course_id=course.id):
        return earlier.id
    retired.check_takes_orders(course.patient_id)
    if event != "sign_plan" and not new.why.strip():
        raise Refused("Say why the plan before this one is replaced.", "why")
    made = write_plan(by, at, course, new, overrides, seen, reauth, idempotency_key, event=event)
    advance(
        by=by,
        at=at,
        course_id=course.id,
        event=event,
        captured={"plan": str(made.id), "reason": new.why.strip()},
    )
    return made.id


@transaction.atomic
def decide_benefit(
    *,
    by: Viewer,
    at: datetime,
    course_id: UUID,
    decision: Benefit,
    rationale: str,
    reauth: Reauthenticated,
    new: NewPlan | None = None,
    overrides: Mapping[str, str] | None = None,
    seen: Collection[str] = (),
    idempotency_key: UUID | None = None,
) -> UUID:
    """Sign whether treatment goes on. To continue, sign with it the plan it goes on by.

    Raises:
        Refused: no rationale, no plan to continue by, or a rule that holds the plan back.
    """
    by.require(Permission.PRESCRIBE)
    course = rows.locked(by, course_id)
    if earlier := made_with(BenefitDecision, idempotency_key, course_id=course.id):
        return earlier.id
    if not rationale.strip():
        raise Refused("Say what the decision rests on.", "rationale")
    if decision is Benefit.CONTINUE and new is None:
        raise Refused("Going on needs a plan: the dose, the next day and how often.")
    treated = rows.treated(course)
    scores = _scores(by, course, treated[0].started_at if treated else None)
    content = {
        "course": course.id,
        "decision": decision.value,
        "sessions_before": len(treated),
        "rationale": rationale.strip(),
        "scores": scores,
    }
    signature = audit.sign(
        by=by,
        meaning="I have weighed the benefit of this treatment",
        content=content,
        reauth=reauth,
        at=at,
        patient_id=course.patient_id,
    )
    made = BenefitDecision.objects.create(
        clinic_id=by.clinic_id,
        recorded_at=at,
        recorded_by_id=by.user_id,
        idempotency_key=idempotency_key,
        course=course,
        decision=decision.value,
        sessions_before=len(treated),
        rationale=rationale.strip(),
        scores=scores,
        signature=signature,
    )
    advance(by=by, at=at, course_id=course.id, event="decide_benefit", captured={"decision": decision.value})
    if decision is Benefit.CONTINUE and new is not None:
        write_plan(by, at, course, new, overrides or {}, seen, reauth, None, event=scheduling.AFTERWARDS)
        advance(by=by, at=at, course_id=course.id, event="continue", captured={"benefit": str(made.id)})
    return made.id


def _facts(viewer: Viewer, course: Course, new: NewPlan) -> PlanFacts:
    """The plan's first session as the rules take it."""
    base = facts.plan_facts(viewer, course.id)
    if course.product == Product.ESKETAMINE_NASAL.value:
        each = rulebook.book(course.clinic_id)["DEV-1"].number("mg_per_device")
        whole = new.dose_mg is not None and new.dose_mg % each == 0
        return replace(
            base,
            session_on=new.first_session_on,
            dose_mg=new.dose_mg,
            devices=int(new.dose_mg / each) if new.dose_mg is not None and whole else None,
            infusion=None,
        )
    weighed = facts.weight(viewer, course.patient_id)
    ideal = weights.dosing_weight(viewer, course, new.mg_per_kg, new.weight_basis)
    infusion = None
    if new.mg_per_kg is not None and new.minutes is not None:
        infusion = InfusionDose(
            mg_per_kg=new.mg_per_kg, weight_kg=weighed, minutes=new.minutes, dosing_weight_kg=ideal
        )
    by_weight = ideal if ideal is not None else weighed.value if weighed else None
    dose = (new.mg_per_kg * by_weight).quantize(_TENTH) if new.mg_per_kg and by_weight else None
    return replace(base, session_on=new.first_session_on, dose_mg=dose, infusion=infusion)


def _weight_kg(viewer: Viewer, course: Course, new: NewPlan) -> Decimal | None:
    """The weight that was chosen; none where there was nothing to choose."""
    if not new.weight_basis:
        return None
    ideal = weights.dosing_weight(viewer, course, new.mg_per_kg, new.weight_basis)
    weighed = facts.weight(viewer, course.patient_id)
    return ideal if ideal is not None else weighed.value if weighed else None


def write_plan(
    by: Viewer,
    at: datetime,
    course: Course,
    new: NewPlan,
    overrides: Mapping[str, str],
    seen: Collection[str],
    reauth: Reauthenticated,
    key: UUID | None,
    *,
    event: str,
) -> TreatmentPlan:
    """Judge, sign and store the plan that ``event`` brings, with its sessions. The caller moves the course."""
    now = timezone.localtime(at)
    if new.first_session_on < now.date():
        raise Refused("The first session lies in the past. Choose today or a later day.", "first_session_on")
    found = judge_plan(by, course.id, new, now, event)
    check_seen(found, seen)
    given = {fingerprint: reason.strip() for fingerprint, reason in overrides.items()}
    check_overrides(found, given)
    if blocked := gate(found, given).blocked_by:
        raise Refused(f"This plan cannot be signed. {blocked_words(blocked)}")
    ahead = scheduling.planned_days(course, event, new.first_session_on, new.maintenance_gap_days)
    before = rows.plan(course)
    content: dict[str, Any] = {
        "course": course.id,
        "number": before.number + 1 if before else 1,
        "product": course.product,
        "plan": asdict(new),
        "sessions": [asdict(each) for each in ahead],
        "findings": [each.to_json() for each in found],
        "overrides": given,
    }
    signature = audit.sign(
        by=by,
        meaning="I prescribe this plan",
        content=content,
        reauth=reauth,
        at=at,
        patient_id=course.patient_id,
    )
    made = TreatmentPlan.objects.create(
        clinic_id=by.clinic_id,
        recorded_at=at,
        recorded_by_id=by.user_id,
        idempotency_key=key,
        course=course,
        number=content["number"],
        product=course.product,
        regimen=scheduling.regimen_of(course).id,
        dose_mg=new.dose_mg,
        mg_per_kg=new.mg_per_kg,
        minutes=new.minutes,
        first_session_on=new.first_session_on,
        maintenance_gap_days=new.maintenance_gap_days,
        weight_basis=new.weight_basis,
        weight_kg=_weight_kg(by, course, new),
        weight_why=new.weight_why.strip(),
        escort_name=new.escort_name.strip(),
        escort_phone=new.escort_phone.strip(),
        why=new.why.strip(),
        findings=content["findings"],
        overrides=given,
        signature=signature,
    )
    PlannedSession.objects.bulk_create(
        PlannedSession(
            clinic_id=by.clinic_id, recorded_at=at, recorded_by_id=by.user_id, plan=made, **asdict(each)
        )
        for each in ahead
    )
    return made


def _scores(by: Viewer, course: Course, first_dose_at: datetime | None) -> dict[str, Any]:
    """What the decision was read from: baseline and latest total, and what the definitions make of them."""
    seen = measures.trajectory(by, course.patient_id, first_dose_at)
    return {
        "instrument": seen.instrument,
        "baseline": seen.baseline.total if seen.baseline else None,
        "baseline_at": seen.baseline.at.isoformat() if seen.baseline else None,
        "latest": seen.latest.total if seen.latest else None,
        "latest_at": seen.latest.at.isoformat() if seen.latest else None,
        "response": seen.is_response,
        "remission": seen.is_remission,
    }
