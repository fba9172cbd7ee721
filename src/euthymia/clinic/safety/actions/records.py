"""Suicide risk as judged, and adverse events."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.permissions import Permission, Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.facts import Refused, insert_once
from euthymia.clinic.audit.times import check_not_future, entered_offset_min
from euthymia.clinic.people import queries as people
from euthymia.clinic.rulebook import queries as rulebook
from euthymia.clinic.safety.actions.demands import raise_demands
from euthymia.clinic.safety.actions.tasks import close, open_task
from euthymia.clinic.safety.models import (
    AdverseEvent,
    EventOutcome,
    Seriousness,
    SuicideRiskAssessment,
    Task,
    TaskKind,
)
from euthymia.evidence import task_delay
from euthymia.protocol import RiskLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskEntry:
    """A clinician's judgement of suicide risk, as entered."""

    level: RiskLevel
    basis: str
    instrument: str = ""
    level_of_care: str = ""
    thoughts_found: bool | None = None
    assessed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AdverseEventEntry:
    """An adverse event, as entered. ``seriousness`` is the gravest of ``criteria``, which hold every one that applies;
    ``None`` in them: only the gravest was asked for."""

    term: str
    onset_at: datetime
    severity: str
    seriousness: str = ""
    action: str = ""
    outcome: str
    resolved_at: datetime | None = None
    criteria: tuple[str, ...] | None = None
    interventions: tuple[str, ...] = ()
    causality: str = ""
    expectedness: str = ""
    admitted: bool | None = None
    emergency_visit: bool | None = None
    known_at: datetime | None = None
    since_dose_min: int | None = None


@transaction.atomic
def record_risk(
    *,
    by: Viewer,
    at: datetime,
    patient_id: UUID,
    level: str,
    basis: str,
    assessed_at: datetime,
    instrument: str = "",
    level_of_care: str = "",
    thoughts_found: bool | None = None,
    corrects: UUID | None = None,
    reason: str = "",
    idempotency_key: UUID | None = None,
) -> UUID:
    """Record suicide risk as judged, and ask for what the level demands, each by its deadline.

    One that names its structured tool answers the item 9 tasks. At a low level nothing is demanded where no
    thoughts of death or suicide were found; not said is not none.

    Raises:
        Refused: no basis, a high level without the decision on the level of care, or a time in the future.
    """
    by.require(Permission.ASSESS_SUICIDE_RISK)
    patient = people.row(by, patient_id)
    check_not_future(assessed_at, at, "assessed_at")
    if not basis.strip():
        raise Refused("Say what the level rests on.", "basis")
    if level == RiskLevel.HIGH and not level_of_care.strip():
        raise Refused("At high risk, write down where the patient is to be looked after.", "level_of_care")
    if level != RiskLevel.LOW and thoughts_found is False:
        raise Refused("Without any such thoughts the level is low. Change one of the two.", "thoughts_found")
    fact, new = insert_once(
        SuicideRiskAssessment(
            patient=patient,
            clinic_id=by.clinic_id,
            recorded_at=at,
            recorded_by_id=by.user_id,
            idempotency_key=idempotency_key,
            level=RiskLevel(level),
            basis=basis.strip(),
            instrument=instrument.strip(),
            level_of_care=level_of_care.strip(),
            thoughts_found=thoughts_found,
            assessed_at=assessed_at,
            entered_offset_min=entered_offset_min(assessed_at),
        ),
        corrects=corrects,
        among=SuicideRiskAssessment.objects.filter(patient=patient),
        reason=reason,
    )
    if new:
        if instrument.strip():
            _answer_item_nine(by, at, patient.id, assessed_at)
        raise_demands(by, at, fact)
        audit.record(
            by=by,
            verb="safety.record_risk",
            at=at,
            patient_id=patient.id,
            subject=f"risk assessment {fact.id}",
        )
    return fact.id


@transaction.atomic
def record_adverse_event(
    *,
    by: Viewer,
    at: datetime,
    patient_id: UUID,
    event: AdverseEventEntry,
    corrects: UUID | None = None,
    reason: str = "",
    idempotency_key: UUID | None = None,
) -> UUID:
    """Record an adverse event, or news of one. A serious one asks for its report.

    Raises:
        Refused: no term, a time in the future, a resolution before the onset, or an outcome that contradicts.
    """
    by.require(Permission.RECORD_ADVERSE_EVENT)
    patient = people.row(by, patient_id)
    _check_event(event, at)
    fact, new = insert_once(
        AdverseEvent(
            patient=patient,
            clinic_id=by.clinic_id,
            recorded_at=at,
            recorded_by_id=by.user_id,
            idempotency_key=idempotency_key,
            entered_offset_min=entered_offset_min(event.onset_at),
            **asdict(event) | {"criteria": _criteria(event), "interventions": list(event.interventions)},
        ),
        corrects=corrects,
        among=AdverseEvent.objects.filter(patient=patient),
        reason=reason,
    )
    if not new:
        return fact.id
    if event.seriousness:
        _ask_for_report(by, at, patient.id, fact)
    audit.record(
        by=by,
        verb="safety.record_adverse_event",
        at=at,
        patient_id=patient.id,
        subject=f"adverse event {fact.id}",
    )
    return fact.id


def _answer_item_nine(by: Viewer, at: datetime, patient_id: UUID, assessed_at: datetime) -> None:
    asked = Task.objects.select_for_update().filter(
        patient_id=patient_id,
        kind__in=[TaskKind.ITEM_NINE, TaskKind.REFERRED_RISK],
        closed_at__isnull=True,
        opens_at__lte=assessed_at,
    )
    for task in asked:
        close(by, at, task, "Suicide risk was assessed.", assessed_at, None)


def _criteria(event: AdverseEventEntry) -> list[str] | None:
    """Every outcome that makes it serious, the gravest among them, in the order of the list."""
    if event.criteria is None and not event.seriousness:
        return None
    met = {event.seriousness, *(event.criteria or ())} - {""}
    return [each for each in Seriousness.values if each in met]


def first_of(fact: AdverseEvent) -> AdverseEvent:
    """The first entry of an event, which its tasks are named for, however often it is brought up to date."""
    while isinstance(fact.corrects, AdverseEvent):
        fact = fact.corrects
    return fact


def _ask_for_report(by: Viewer, at: datetime, patient_id: UUID, fact: AdverseEvent) -> None:
    """One event is reported once: to the programme or the maker, to the director; then its causes are reviewed."""
    known = fact.known_at or at
    within = task_delay("serious_event", "due_within")
    later = rulebook.book(by.clinic_id)["SAE-5"].duration("review_max")
    director = Role.MEDICAL_DIRECTOR
    for kind, owner, due, note in (
        (TaskKind.ADVERSE_EVENT, Role.PRESCRIBER, within, "Tell the safety programme or the maker."),
        (TaskKind.EVENT_TOLD, Role.PRESCRIBER, within, "Say who was told, and when."),
        (TaskKind.EVENT_REVIEW, director, later, "Write what led to it, and what is changed."),
    ):
        open_task(
            by=by,
            at=at,
            patient_id=patient_id,
            kind=kind,
            origin=f"adverse-event:{first_of(fact).id}",
            owner_role=owner,
            opens_at=min(known, at),
            due_at=max(known + due, at),
            note=note,
            escalates_at=max(known + due, at),
            escalates_to=director,
        )


def _check_event(event: AdverseEventEntry, at: datetime) -> None:
    if not event.term.strip():
        raise Refused("Say what happened, in a word or two.", "term")
    check_not_future(event.onset_at, at, "onset_at")
    if event.outcome == EventOutcome.FATAL and event.seriousness != Seriousness.DEATH:
        raise Refused("It ended in death, so it is serious by death. Change one of the two.", "seriousness")
    if event.criteria and not event.seriousness:
        raise Refused("It was said not to be serious, and outcomes that make it so are marked.", "criteria")
    if event.known_at is not None:
        check_not_future(event.known_at, at, "known_at")
        if event.known_at < event.onset_at:
            raise Refused("It was known before it began. Check both times.", "known_at")
    if event.resolved_at is not None:
        check_not_future(event.resolved_at, at, "resolved_at")
        if event.resolved_at < event.onset_at:
            raise Refused("It cannot end before it began. Check both times.", "resolved_at")
        if event.outcome not in {EventOutcome.RESOLVED, EventOutcome.LASTING}:
            raise Refused("It has an end, so the outcome is resolved. Change one of the two.", "outcome")
