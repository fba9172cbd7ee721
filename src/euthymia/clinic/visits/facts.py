"""Gathers the rows of a visit into the frozen values that the rules judge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeVar
from uuid import UUID

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit.bases import Fact
from euthymia.clinic.courses import facts as course_facts
from euthymia.clinic.courses import queries as courses
from euthymia.clinic.measures import facts as measures_facts
from euthymia.clinic.safety.models import SuicideRiskAssessment
from euthymia.clinic.visits import models
from euthymia.clinic.visits.models.check_in import PregnancyAnswer
from euthymia.clinic.visits.models.dose import InfusionStep
from euthymia.clinic.visits.models.observed import Kind
from euthymia.clinic.visits.record import Record
from euthymia.protocol import Answer, Datum
from euthymia.protocol import facts as protocol
from euthymia.protocol.leaving_record import LeavingFacts, ManagedRisk

T = TypeVar("T")
DISSOCIATION = tuple(protocol.Dissociation)
"""The words of the scale by the number that is stored: 0 none to 3 severe."""
NAUSEA = tuple(protocol.Nausea)
_HUNDREDTH = Decimal("0.01")


def readiness(viewer: Viewer, record: Record) -> protocol.ReadinessFacts:
    """What check-in found, with what the course already knows."""
    fasting, escort, test, nose = record.fasting, record.escort, record.pregnancy_test, record.nasal_product
    patient = record.visit.course.patient
    return protocol.ReadinessFacts(
        product=record.product,
        pressures=pressures_before_dose(record),
        conditions=(*_asked_today(record), *course_facts.condition_answers(viewer, record.visit.course_id)),
        last_food=_datum(fasting, fasting.last_food_at) if fasting else None,
        last_liquid=_datum(fasting, fasting.last_liquid_at) if fasting else None,
        escort=_datum(escort, protocol.Escort(escort.name, escort.phone, escort.expected_at))
        if escort
        else None,
        programme=_programme(viewer, record),
        pregnancy_test=_timed(test, test.answer == PregnancyAnswer.POSITIVE) if test else None,
        instructions_signed=_instructions(record),
        risk=suicide_risk(record),
        nasal_product=_datum(nose, nose.last_used_at) if nose else None,
        birth_date=Datum(patient.birth_date, patient.created_at, "registration"),
    )


def suicide_risk(record: Record) -> protocol.SuicideRiskFacts:
    """Risk before the dose: the questionnaire's item 9, the clinician's level, the prescriber's decision."""
    assessed, decision = record.risk_before, record.high_risk_decision
    named = assessed is not None and assessed.instrument != ""
    return protocol.SuicideRiskFacts(
        item9=_item_nine(record),
        structured=_risk_datum(assessed, assessed.instrument) if assessed and named else None,
        assessment=_assessment(assessed),
        dosing_decision=_datum(decision, decision.decision) if decision else None,
        level_of_care=_level_of_care(decision, assessed),
    )


def _item_nine(record: Record) -> Datum[int] | None:
    """The last answer of the day that was above none, wherever it was given; else that of this visit.

    A later none does not take back what the patient said a moment ago: only a correction or an assessment does.
    """
    shown = record.answered
    around = {each.pk: each for each in (*record.answered_around, *((shown,) if shown else ()))}
    day = record.local(shown.taken_at if shown else record.visit.scheduled_at).date()
    raised = [
        each
        for each in around.values()
        if each.answers.get("9") and record.local(each.taken_at).date() == day
    ]
    found = max(raised, key=lambda each: each.taken_at, default=shown)
    item9 = found.answers.get("9") if found else None
    return Datum(int(item9), found.taken_at, "PHQ-9") if found and item9 is not None else None


def order(viewer: Viewer, record: Record, plan: protocol.PlanFacts) -> protocol.OrderFacts:
    """Everything the order gate judges, for the dose in ``plan``."""
    course = record.visit.course_id
    return protocol.OrderFacts(
        eligibility=course_facts.eligibility_facts(viewer, course),
        consent=course_facts.consent_facts(viewer, course),
        readiness=readiness(viewer, record),
        plan=plan,
        benefit=course_facts.benefit(viewer, course),
    )


def administration(record: Record, *, finished: bool) -> protocol.AdministrationFacts:
    """What was ordered and what was given."""
    begun, over = record.t0, record.last_dose_at
    start = first_given(record)
    return protocol.AdministrationFacts(
        product=record.product,
        ordered_mg=record.order.dose_mg if record.order else None,
        devices=tuple(
            protocol.DeviceUse(device.number, device.measured_at, origin(device)) for device in record.devices
        ),
        infusion_start=_timed(start, begun) if start and begun else None,
        infusion_end=_timed(start, over) if start and over else None,
        infused_mg=given_mg(record),
        finished=finished,
    )


def first_given(record: Record) -> models.InfusionEvent | models.DirectDose | None:
    """The first injection, dose into the mouth, or start of an infusion."""
    start = record.pump(InfusionStep.STARTED)
    rows: list[models.InfusionEvent | models.DirectDose] = [
        *record.direct_given,
        *((start,) if start else ()),
    ]
    return min(rows, key=lambda row: row.measured_at, default=None)


def given_mg(record: Record) -> Decimal | None:
    """The mass that went in by any route but the nose; ``None`` while it is not known."""
    direct = sum((row.dose_mg for row in record.direct_given if row.dose_mg), Decimal(0))
    if record.pump(InfusionStep.STARTED) is None:
        return direct or None
    infused = infused_mg(record)
    return None if infused is None else infused + direct


def infused_mg(record: Record) -> Decimal | None:
    """The mass that went in: the pump's volume at the end by the syringe's concentration; ``None`` if not known."""
    end = record.pump(InfusionStep.STOPPED, InfusionStep.ENDED)
    concentration = infusion_concentration(record)
    if end is None or end.volume_given_ml is None or concentration is None:
        return None
    return (end.volume_given_ml * concentration).quantize(_HUNDREDTH, ROUND_HALF_UP)


def infusion_concentration(record: Record) -> Decimal | None:
    """Milligrams in a millilitre, as recorded at the pump, else as ordered."""
    start = record.pump(InfusionStep.STARTED)
    if start and start.concentration_mg_per_ml is not None:
        return start.concentration_mg_per_ml
    return record.order.concentration_mg_per_ml if record.order else None


def observed(record: Record, *, ended_at: datetime | None) -> protocol.MonitoringFacts | None:
    """What the due list is worked out from; ``None`` before the first dose."""
    if record.t0 is None:
        return None
    return protocol.MonitoringFacts(
        product=record.product,
        t0=record.t0,
        last_dose_at=record.last_dose_at,
        observations=after_dose(record),
        waivers=tuple(protocol.Waiver(each.due_key, each.why, each.recorded_at) for each in record.waivers),
        ended_at=ended_at,
        baseline=baseline(record),
        risks=frozenset(protocol.WatchRisk(each["risk"]) for each in record.watch_risks),
        route=record.given_route,
    )


def alarms(record: Record) -> protocol.ObservationFacts:
    """The readings the alarm rules judge: those after the dose, or all while there is none."""
    begun = record.t0 is not None
    return protocol.ObservationFacts(
        product=record.product,
        baseline=baseline(record),
        observations=after_dose(record) if begun else before_dose(record),
        last_dose_at=record.last_dose_at,
        begun=begun,
        route=record.given_route,
    )


def discharge(record: Record) -> protocol.DischargeFacts | None:
    """What must hold before the patient leaves; ``None`` before the first dose."""
    if record.t0 is None:
        return None
    stability, escort = record.stability, record.escort_word
    return protocol.DischargeFacts(
        product=record.product,
        t0=record.t0,
        last_dose_at=record.last_dose_at,
        resumed_at=_resumed_at(record),
        route=record.given_route,
        baseline=baseline(record),
        baseline_spo2_percent=_baseline_oxygen(record),
        observations=after_dose(record),
        stable=_timed(stability, stability.stable) if stability else None,
        rescreen=_assessment(record.risk_after),
        level_of_care=_level_of_care(None, record.risk_after),
        escort_present=_timed(escort, escort.here) if escort else None,
        instructions_signed=_instructions(record),
    )


def leaving_record(record: Record) -> LeavingFacts | None:
    """What was recorded about leaving besides the gate; ``None`` before the first dose."""
    if record.t0 is None:
        return None
    ready = next((each for each in reversed(record.leaving_points) if each.ready_at), None)
    listed = [each for each in record.leaving_points if each.gone_through]
    through = frozenset(ManagedRisk(risk) for each in listed for risk in each.gone_through)
    return LeavingFacts(
        product=record.product,
        t0=record.t0,
        last_dose_at=record.last_dose_at,
        liver=measures_facts.liver(record.visit.course.patient_id),
        checklist=_timed(listed[-1], through) if listed else None,
        ready_at=_timed(ready, record.local(ready.ready_at)) if ready and ready.ready_at else None,
    )


_RESUMES = frozenset({"stabilise", "resume_monitoring", "bring_back"})
_INTERRUPTS = frozenset({"declare_emergency", "record_elopement"})


def _resumed_at(record: Record) -> datetime | None:
    """When watching last began again, after an emergency or because something changed before leaving.

    Never before what it ended: a time that was typed too early lets no judgement of before the emergency stand.
    """
    found: datetime | None = None
    interrupted: list[datetime] = []
    for step in record.steps:
        if step.event in _INTERRUPTS:
            interrupted.append(step.measured_at)
        elif step.event in _RESUMES:
            found = max(filter(None, (found, step.measured_at, *interrupted)))
    return found


# --- readings --------------------------------------------------------------------------------------------------
def pressures_before_dose(record: Record) -> tuple[Datum[protocol.Pressure], ...]:
    """The blood pressures taken before the first dose, oldest first."""
    return tuple(
        Datum(each.pressure, each.measured_at, each.origin) for each in before_dose(record) if each.pressure
    )


def before_dose(record: Record) -> tuple[protocol.Observation, ...]:
    """Sets of readings taken before the first dose, oldest first."""
    return sets(row for row in record.observations if record.t0 is None or row.measured_at < record.t0)


def after_dose(record: Record) -> tuple[protocol.Observation, ...]:
    """Sets of readings taken from the first dose on, oldest first."""
    t0 = record.t0
    return sets(row for row in record.observations if t0 is not None and row.measured_at >= t0)


def sets(rows: Iterable[models.Observation]) -> tuple[protocol.Observation, ...]:
    """Rows joined into the sets they were taken in; notes carry nothing a rule reads."""
    joined: dict[tuple[UUID, datetime], list[models.Observation]] = defaultdict(list)
    for row in rows:
        joined[row.set_id, row.measured_at].append(row)
    return tuple(_set(group) for group in joined.values())


def baseline(record: Record) -> Datum[protocol.Pressure] | None:
    """The last blood pressure before the first dose."""
    taken = [each for each in before_dose(record) if each.pressure is not None]
    if not taken or taken[-1].pressure is None:
        return None
    return Datum(taken[-1].pressure, taken[-1].measured_at, taken[-1].origin)


def origin(fact: Fact) -> str:
    """Who says so, in words: a person, or the monitor a reading came from."""
    if source := getattr(fact, "source", ""):
        return f"from {source}"
    return f"recorded by {fact.recorded_by.name}"


def _set(rows: list[models.Observation]) -> protocol.Observation:
    by_kind = {row.kind: row for row in rows}
    pressure = by_kind.get(Kind.PRESSURE)
    grade, seen = _number(by_kind, Kind.DISSOCIATION), by_kind.get(Kind.SYMPTOMS)
    sick = _number(by_kind, Kind.NAUSEA)
    return protocol.Observation(
        measured_at=rows[0].measured_at,
        origin=origin(rows[0]),
        pressure=protocol.Pressure(pressure.value or 0, pressure.diastolic or 0) if pressure else None,
        heart_rate_per_min=_number(by_kind, Kind.HEART_RATE),
        respiratory_rate_per_min=_number(by_kind, Kind.RESPIRATORY_RATE),
        spo2_percent=_number(by_kind, Kind.SPO2),
        sedation=_number(by_kind, Kind.SEDATION),
        dissociation=DISSOCIATION[grade] if grade is not None else None,
        symptoms=frozenset(protocol.Symptom(word) for word in seen.symptoms or ()) if seen else None,
        nausea=NAUSEA[sick] if sick is not None else None,
        anxiety=_number(by_kind, Kind.ANXIETY),
    )


def _number(rows: dict[str, models.Observation], kind: Kind) -> int | None:
    row = rows.get(kind)
    return row.value if row else None


def _baseline_oxygen(record: Record) -> Datum[int] | None:
    taken = [each for each in before_dose(record) if each.spo2_percent is not None]
    if not taken or taken[-1].spo2_percent is None:
        return None
    return Datum(taken[-1].spo2_percent, taken[-1].measured_at, taken[-1].origin)


# --- single facts ----------------------------------------------------------------------------------------------
def _datum(fact: models.VisitFact, value: T) -> Datum[T]:
    return Datum(value, fact.recorded_at, origin(fact))


def _timed(fact: models.TimedFact, value: T) -> Datum[T]:
    return Datum(value, fact.measured_at, origin(fact))


def _asked_today(record: Record) -> tuple[protocol.ConditionAnswer, ...]:
    """Answers given in this visit; they stand before those of the course, and a yes of either counts."""
    asked = [
        protocol.ConditionAnswer(
            protocol.Condition[each.condition.upper()],
            Answer(each.answer),
            each.basis,
            each.measured_at,
            origin(each),
        )
        for each in reversed(record.day_answers)
    ]
    if (test := record.pregnancy) is not None:
        possible = test.answer != PregnancyAnswer.NOT_POSSIBLE
        asked.append(
            protocol.ConditionAnswer(
                protocol.Condition.PREGNANCY_POSSIBLE,
                Answer.YES if possible else Answer.NONE_KNOWN,
                test.basis,
                test.measured_at,
                origin(test),
            )
        )
    return tuple(asked)


def _programme(viewer: Viewer, record: Record) -> protocol.SafetyProgrammeFacts:
    """What was seen on the day, beside the director's site record: where one of them says no, it is no."""
    check, site = record.programme, courses.site_of(record.visit.clinic_id)
    seen = _answer(check, check.site_certified) if check else None
    on = record.local(record.visit.scheduled_at).date()
    holds = site.is_certified_on(on) if site else None
    if site is not None and holds is not None and (seen is None or not holds):
        seen = Datum(holds, site.recorded_at, f"site record of {site.recorded_by}")
    enrolled = course_facts.programme_enrolled(viewer, record.visit.course_id)
    if site is not None and site.is_inpatient:
        enrolled = Datum(True, site.recorded_at, "no patient is enrolled in a hospital setting (REMS-8)")
    return protocol.SafetyProgrammeFacts(
        site_certified=seen,
        patient_enrolled=enrolled,
        prescriber_on_site=_answer(check, check.prescriber_on_site) if check else None,
        oximeter_available=_answer(check, check.oximeter_available) if check else None,
    )


def _answer(check: models.ProgrammeCheck, value: bool | None) -> Datum[bool] | None:
    return None if value is None else _timed(check, value)


def _instructions(record: Record) -> Datum[str] | None:
    signed = record.instructions
    return (
        Datum(signed.text_version, signed.measured_at, f"signed by {signed.signed_name}") if signed else None
    )


def _assessment(assessed: SuicideRiskAssessment | None) -> Datum[protocol.RiskAssessment] | None:
    if assessed is None:
        return None
    return _risk_datum(assessed, protocol.RiskAssessment(protocol.RiskLevel(assessed.level), assessed.basis))


def _risk_datum(assessed: SuicideRiskAssessment, value: T) -> Datum[T]:
    return Datum(value, assessed.assessed_at, f"assessed by {assessed.recorded_by.name}")


def _level_of_care(
    decision: models.HighRiskDecision | None, assessed: SuicideRiskAssessment | None
) -> Datum[str] | None:
    if decision:
        return _datum(decision, decision.level_of_care)
    if assessed and assessed.level_of_care:
        return _risk_datum(assessed, assessed.level_of_care)
    return None
