"""Gathers the rows of a course into the frozen values that the rules judge. Nothing is judged here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, time
from decimal import Decimal
from functools import wraps
from typing import Any, TypeVar, cast
from uuid import UUID

from django.utils import timezone

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses import rows
from euthymia.clinic.courses.models import BenefitDecision, ConditionAnswer, Course, EarlierTreatment
from euthymia.clinic.measures import queries as measures
from euthymia.clinic.measures.facts import health
from euthymia.clinic.measures.queries import AnswersView
from euthymia.clinic.people import queries as people
from euthymia.clinic.people.history import as_fact
from euthymia.clinic.people.models import Ancestry
from euthymia.protocol import Answer, Condition, Datum, Product
from euthymia.protocol import facts as protocol
from euthymia.protocol.programme import Enrolment

_kept: ContextVar[dict[tuple[str, UUID, UUID], Any] | None] = ContextVar("course_facts_kept", default=None)
P = TypeVar("P")


@contextmanager
def kept() -> Iterator[None]:
    """Inside, the facts of a course are gathered once, however often they are judged: by one rule book and by
    another. Only for reading; what is written meanwhile is not seen."""
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def _once(gather: Callable[[Viewer, UUID], P]) -> Callable[[Viewer, UUID], P]:
    """Keep what ``gather`` returns while ``kept`` says so."""

    @wraps(gather)
    def found(viewer: Viewer, course_id: UUID) -> P:
        memory = _kept.get()
        if memory is None:
            return gather(viewer, course_id)
        key = (gather.__name__, viewer.user_id, course_id)
        if key not in memory:
            memory[key] = gather(viewer, course_id)
        return cast(P, memory[key])

    return found


_course = _once(rows.course)


@_once
def eligibility_facts(viewer: Viewer, course_id: UUID) -> protocol.EligibilityFacts:
    """What suitability is judged on: the birth date, the answers about history, the antidepressant trials."""
    course = _course(viewer, course_id)
    return protocol.EligibilityFacts(
        product=Product(course.product),
        birth_date=Datum(course.patient.birth_date, course.patient.created_at, "registration"),
        conditions=_conditions(course),
        trials=tuple(as_fact(trial) for trial in people.trials(viewer, course.patient_id)),
        indication=protocol.Indication(course.indication),
        treatments=tuple(as_earlier(row) for row in rows.earlier_treatments(course)),
        score=_scale_score(viewer, course),
    )


def as_earlier(row: EarlierTreatment) -> protocol.EarlierTreatment:
    """One earlier treatment as the rules take it."""
    return protocol.EarlierTreatment(
        indication=protocol.Indication(row.indication),
        treatment=row.treatment,
        first_line=row.first_line,
        adequate=row.adequate,
        outcome=protocol.TrialOutcome(row.outcome) if row.outcome else None,
        at=row.recorded_at,
        origin=f"{row.basis}; entered by {row.recorded_by.name}",
    )


def _scale_score(viewer: Viewer, course: Course) -> Datum[protocol.IndicationScore] | None:
    """The last total on the scale of what is treated."""
    found = measures.latest_scale_score(viewer, course.patient_id, course.indication)
    if found is None:
        return None
    about = protocol.Indication(course.indication)
    value = protocol.IndicationScore(about, found.title, found.total)
    return Datum(value, found.scored_at, f"scored by {found.scored_by}")


@_once
def suitability_facts(viewer: Viewer, course_id: UUID) -> protocol.SuitabilityFacts:
    """All that suitability is judged on: history and its dates, medicines, substances, tests, the body."""
    course = _course(viewer, course_id)
    found = health(viewer, course.patient_id)
    score = measures.latest(viewer, course.patient_id)
    scored = (_scored(score),) if score and score.total is not None else ()
    known = course.patient.sex in [each.value for each in protocol.Sex]
    return protocol.SuitabilityFacts(
        eligibility=eligibility_facts(viewer, course_id),
        sex=(
            Datum(protocol.Sex(course.patient.sex), course.patient.created_at, "registration")
            if known
            else None
        ),
        events=tuple(event for row in rows.answers(course) if (event := _event(row))),
        medicines=found.medicines,
        substances=found.substances,
        liver=found.liver,
        pressures=found.pressures,
        results=(*found.results, *scored),
        weight_kg=weight(viewer, course.patient_id),
        height_cm=found.height_cm,
    )


@_once
def psychiatrist(viewer: Viewer, course_id: UUID) -> Datum[bool] | None:
    """Whether a psychiatrist decided on this treatment, as last recorded."""
    row = rows.psychiatrist(_course(viewer, course_id))
    if row is None:
        return None
    name = f"{row.psychiatrist}; " if row.psychiatrist else ""
    return Datum(row.decided, row.recorded_at, f"{name}recorded by {row.recorded_by.name}")


def _event(row: ConditionAnswer) -> protocol.DatedEvent | None:
    if row.event_earliest is None or row.event_latest is None:
        return None
    return protocol.DatedEvent(
        condition=Condition[row.condition.upper()],
        earliest=row.event_earliest,
        latest=row.event_latest,
        at=row.answered_at,
        origin=f"recorded by {row.recorded_by.name}",
    )


def _scored(score: AnswersView) -> protocol.ExaminationResult:
    """A scored questionnaire is a self-rated scale that was made; its total is no finding of its own."""
    return protocol.ExaminationResult(
        examination=protocol.Examination.DEPRESSION_SELF_RATED,
        done_on=timezone.localtime(score.taken_at).date(),
        result=f"{score.title}: {score.total}",
        abnormal=False,
        at=score.taken_at,
        origin=f"recorded by {score.recorded_by}",
    )


def condition_answers(viewer: Viewer, course_id: UUID) -> tuple[protocol.ConditionAnswer, ...]:
    """The answers about history that stand."""
    return _conditions(_course(viewer, course_id))


@_once
def consent_facts(viewer: Viewer, course_id: UUID) -> protocol.ConsentFacts:
    """The last consent and the last withdrawal, beside the text that is current."""
    course = _course(viewer, course_id)
    signed, withdrawn = rows.consent(course), rows.withdrawal(course)
    text = rows.consent_text(course)
    return protocol.ConsentFacts(
        product=Product(course.product),
        current_text_version=text.version if text else "",
        signed=(
            Datum(
                protocol.ConsentSignature(
                    product=Product(course.product),
                    text_version=signed.text_version,
                    capacity_confirmed=signed.capacity_confirmed,
                    understood=signed.understood,
                ),
                signed.signed_at,
                f"witnessed by {signed.recorded_by.name}",
            )
            if signed
            else None
        ),
        withdrawn=(
            Datum(withdrawn.words, withdrawn.withdrawn_at, f"recorded by {withdrawn.recorded_by.name}")
            if withdrawn
            else None
        ),
    )


@_once
def plan_facts(viewer: Viewer, course_id: UUID) -> protocol.PlanFacts:
    """The dose of the plan that stands, for the session that comes next; without a plan, no dose."""
    course = _course(viewer, course_id)
    plan, treated = rows.plan(course), rows.treated(course)
    next_number = len(treated) + 1
    session = plan.sessions.filter(number=next_number).first() if plan else None
    infusion = plan and plan.mg_per_kg is not None and plan.minutes is not None
    return protocol.PlanFacts(
        product=Product(course.product),
        session_number=next_number,
        session_on=session.target_on if session else timezone.localtime(course.state_since).date(),
        dose_mg=plan.dose_mg if plan else None,
        infusion=(
            protocol.InfusionDose(
                mg_per_kg=plan.mg_per_kg or Decimal(0),
                weight_kg=weight(viewer, course.patient_id),
                minutes=plan.minutes or Decimal(0),
                dosing_weight_kg=plan.weight_kg if plan.weight_basis == "ideal" else None,
            )
            if plan and infusion
            else None
        ),
        earlier_sessions=tuple(session.on for session in treated),
        previous_mg_per_kg=treated[-1].mg_per_kg if treated else None,
        indication=protocol.Indication(course.indication),
        birth_date=Datum(course.patient.birth_date, course.patient.created_at, "registration"),
        japanese_ancestry=_japanese(course),
        in_round=rows.in_round(course, treated) + 1,
    )


def _japanese(course: Course) -> Datum[bool] | None:
    """Whether the patient is of Japanese ancestry, where any is recorded."""
    said = course.patient.ancestry
    return Datum(said == Ancestry.JAPANESE, course.patient.created_at, "registration") if said else None


def weight(viewer: Viewer, patient_id: UUID) -> Datum[Decimal] | None:
    """The last weighing."""
    found = people.latest_weight(viewer, patient_id)
    return Datum(found.weight_kg, found.measured_at, f"weighed by {found.recorded_by}") if found else None


def programme_enrolled(viewer: Viewer, course_id: UUID) -> Datum[bool] | None:
    """Whether the patient is enrolled in the safety programme, as last looked up."""
    found = rows.enrolment(_course(viewer, course_id))
    return Datum(found.active, found.checked_at, found.origin) if found else None


def enrolment_form(viewer: Viewer, course_id: UUID) -> Datum[Enrolment] | None:
    """The enrolment form of the safety programme, as somebody last looked at it; ``None``: nobody did."""
    row = rows.enrolment(_course(viewer, course_id))
    if row is None or row.signed_by_patient is None or row.signed_by_prescriber is None:
        return None
    form = Enrolment(row.signed_by_patient, row.signed_by_prescriber, row.form_sent_on is not None)
    sent = timezone.make_aware(datetime.combine(row.form_sent_on, time())) if row.form_sent_on else None
    return Datum(form, sent or row.checked_at, row.origin)


def benefit(viewer: Viewer, course_id: UUID) -> protocol.BenefitDecision | None:
    """The last decision on benefit, or to repeat induction, whichever came later."""
    return _benefit(_course(viewer, course_id))


@_once
def continuation_facts(viewer: Viewer, course_id: UUID) -> protocol.ContinuationFacts:
    """The session that would come next, and the decision on benefit."""
    course = _course(viewer, course_id)
    return protocol.ContinuationFacts(
        product=Product(course.product),
        next_session=rows.given_so_far(course) + 1,
        decision=_benefit(course),
    )


def _conditions(course: Course) -> tuple[protocol.ConditionAnswer, ...]:
    return tuple(_answer(row) for row in rows.answers(course))


def _answer(row: ConditionAnswer) -> protocol.ConditionAnswer:
    return protocol.ConditionAnswer(
        condition=Condition[row.condition.upper()],
        answer=Answer(row.answer),
        basis=row.basis,
        at=row.answered_at,
        origin=f"recorded by {row.recorded_by.name}",
    )


def _benefit(course: Course) -> protocol.BenefitDecision | None:
    row, repeated = rows.benefit(course), rows.repetition(course)
    if repeated and (row is None or repeated.recorded_at >= row.recorded_at):
        # Signing to repeat induction is deciding to treat again, also after a decision to stop.
        before = sum(session.started_at <= repeated.happened_at for session in rows.treated(course))
        origin = f"induction repeated, signed by {repeated.recorded_by.name}"
        return protocol.BenefitDecision(protocol.Benefit.CONTINUE, before, repeated.recorded_at, origin)
    return _decided(row) if row else None


def _decided(row: BenefitDecision) -> protocol.BenefitDecision:
    return protocol.BenefitDecision(
        decision=protocol.Benefit(row.decision),
        sessions_before=row.sessions_before,
        at=row.recorded_at,
        origin=f"signed by {row.signature.signer_name}",
    )
