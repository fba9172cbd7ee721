"""Signing a plan, and the decision on benefit that lets treatment go on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
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
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.courses import facts, rows
from euthymia.clinic.courses.actions.course import advance, blocked_words
from euthymia.clinic.courses.actions.eligibility import check_overrides, check_seen
from euthymia.clinic.courses.models import BenefitDecision, Course, PlannedSession, TreatmentPlan
from euthymia.clinic.measures import queries as measures
from euthymia.clinic.people import retired
from euthymia.clinic.rulebook import queries as rulebook
from euthymia.evidence import days, regimen
from euthymia.protocol import Benefit, Finding, InfusionDose, PlanFacts, Product, gate, plan

_TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPlan:
    """A plan as entered: the dose of its first session, its first day, the days between in maintenance."""

    first_session_on: date
    dose_mg: Decimal | None = None
    mg_per_kg: Decimal | None = None
    minutes: Decimal | None = None
    maintenance_gap_days: int | None = None
    why: str = ""


def judge_plan(viewer: Viewer, course_id: UUID, new: NewPlan, now: datetime) -> tuple[Finding, ...]:
    """What the rules say of the plan's first session; ``now`` in the clinic's own zone."""
    course = rows.course(viewer, course_id)
    book = rulebook.book(course.clinic_id)
    return plan.assess(_facts(viewer, course, new), book, now)


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
    if earlier := _made_with(course, idempotency_key):
        return earlier.id
    retired.check_takes_orders(course.patient_id)
    if event != "sign_plan" and not new.why.strip():
        raise Refused("Say why the plan before this one is replaced.", "why")
    made = _write(by, at, course, new, overrides, seen, reauth, idempotency_key, maintenance=False)
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
    if idempotency_key is not None:
        earlier: BenefitDecision | None = BenefitDecision.objects.filter(
            course=course, idempotency_key=idempotency_key
        ).first()
        if earlier is not None:
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
        _write(by, at, course, new, overrides or {}, seen, reauth, None, maintenance=True)
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
    infusion = None
    if new.mg_per_kg is not None and new.minutes is not None:
        infusion = InfusionDose(mg_per_kg=new.mg_per_kg, weight_kg=weighed, minutes=new.minutes)
    dose = (new.mg_per_kg * weighed.value).quantize(_TENTH) if new.mg_per_kg and weighed else None
    return replace(base, session_on=new.first_session_on, dose_mg=dose, infusion=infusion)


def _write(
    by: Viewer,
    at: datetime,
    course: Course,
    new: NewPlan,
    overrides: Mapping[str, str],
    seen: Collection[str],
    reauth: Reauthenticated,
    key: UUID | None,
    *,
    maintenance: bool,
) -> TreatmentPlan:
    """Judge, sign and store a plan with its sessions."""
    now = timezone.localtime(at)
    if new.first_session_on < now.date():
        raise Refused("The first session lies in the past. Choose today or a later day.", "first_session_on")
    found = judge_plan(by, course.id, new, now)
    check_seen(found, seen)
    given = {fingerprint: reason.strip() for fingerprint, reason in overrides.items()}
    check_overrides(found, given)
    if blocked := gate(found, given).blocked_by:
        raise Refused(f"This plan cannot be signed. {blocked_words(blocked)}")
    before = rows.plan(course)
    content: dict[str, Any] = {
        "course": course.id,
        "number": before.number + 1 if before else 1,
        "product": course.product,
        "plan": asdict(new),
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
        regimen=regimen(course.clinic.jurisdiction, course.product).id,
        dose_mg=new.dose_mg,
        mg_per_kg=new.mg_per_kg,
        minutes=new.minutes,
        first_session_on=new.first_session_on,
        why=new.why.strip(),
        findings=content["findings"],
        overrides=given,
        signature=signature,
    )
    PlannedSession.objects.bulk_create(_sessions(by, at, course, made, new, maintenance=maintenance))
    return made


def _sessions(
    by: Viewer, at: datetime, course: Course, made: TreatmentPlan, new: NewPlan, *, maintenance: bool
) -> Iterator[PlannedSession]:
    """The sessions of a plan, numbered on from those that were given, on the days of the regimen."""
    number = len(rows.treated(course))
    for phase, on in _days(course, new, maintenance=maintenance):
        number += 1
        yield PlannedSession(
            clinic_id=by.clinic_id,
            recorded_at=at,
            recorded_by_id=by.user_id,
            plan=made,
            number=number,
            phase=phase,
            target_on=on,
        )


def _days(course: Course, new: NewPlan, *, maintenance: bool) -> Iterator[tuple[str, date]]:
    """Induction; or what is left of the weeks after it, then maintenance at the distance that was chosen."""
    wanted = regimen(course.clinic.jurisdiction, course.product)
    first = new.first_session_on
    if not maintenance:
        phase = wanted.phase("induction")
        yield from ((phase.name, day) for day in days(first, phase.gap_days, phase.sessions.value))
        return
    given = max(len(rows.treated(course)) - wanted.phase("induction").sessions.value, 0)
    for phase in wanted.phases[1:-1]:  # what the regimen fixes between induction and maintenance
        run = list(days(first, phase.gap_days, max(phase.sessions.value - given, 0) + 1))
        yield from ((phase.name, day) for day in run[:-1])
        first = run[-1]
    phase = wanted.phase("maintenance")
    gap = new.maintenance_gap_days or phase.gap_days[0]
    yield from ((phase.name, day) for day in days(first, (gap,), phase.sessions.value))


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


def _made_with(course: Course, key: UUID | None) -> TreatmentPlan | None:
    return TreatmentPlan.objects.filter(course=course, idempotency_key=key).first() if key else None
