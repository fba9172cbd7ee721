"""What a judged level of suicide risk demands, as tasks with an owner and a deadline from the clinic's rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.rulebook import queries as rulebook
from euthymia.clinic.safety import triage
from euthymia.clinic.safety.actions.tasks import close, open_task
from euthymia.clinic.safety.models import SuicideRiskAssessment, Task, TaskCompletion, TaskKind
from euthymia.protocol import Datum, RiskAssessment, RiskLevel, SuicideAction, suicide_triage


@dataclass(frozen=True, slots=True)
class _Asked:
    """The task that asks for an action: whose it is, and to whom it goes when its deadline is missed."""

    kind: TaskKind
    owner: Role
    escalates_to: Role
    note: str


_ASKED: Mapping[SuicideAction, _Asked] = MappingProxyType(
    {
        SuicideAction.PRECAUTIONS: _Asked(
            TaskKind.RISK_PRECAUTIONS, Role.NURSE, Role.MEDICAL_DIRECTOR, "Say who stays with the patient."
        ),
        SuicideAction.EVALUATION: _Asked(
            TaskKind.RISK_EVALUATION,
            Role.PRESCRIBER,
            Role.MEDICAL_DIRECTOR,
            "Say what was decided, and by whom.",
        ),
        SuicideAction.ASSESSMENT: _Asked(
            TaskKind.RISK_ASSESSMENT, Role.PRESCRIBER, Role.MEDICAL_DIRECTOR, "By any structured instrument."
        ),
        SuicideAction.SAFETY_PLAN: _Asked(
            TaskKind.RISK_PLAN, Role.NURSE, Role.PRESCRIBER, "All six parts, with the patient."
        ),
        SuicideAction.CRISIS_LINE: _Asked(
            TaskKind.RISK_CRISIS_LINE, Role.NURSE, Role.PRESCRIBER, "Say how it was given."
        ),
        SuicideAction.CONTACT: _Asked(
            TaskKind.RISK_CONTACT, Role.NURSE, Role.PRESCRIBER, "Judging the risk again closes it."
        ),
    }
)
DEMANDS = frozenset(asked.kind for asked in _ASKED.values())


def raise_demands(by: Viewer, at: datetime, fact: SuicideRiskAssessment) -> None:
    """Ask for what the level demands. For the action that records a level, inside its transaction.

    A deadline that runs already is never put off by judging again, and a lower level takes nothing back: what a
    higher one asked for is closed by whoever did it, in words. To judge is to have spoken with the patient.
    """
    _close(by, at, fact, TaskKind.RISK_CONTACT, "The risk was judged again.")
    if Role.PRESCRIBER in by.roles and fact.instrument:
        _close(by, at, fact, TaskKind.RISK_ASSESSMENT, "A prescriber assessed the patient.")
    if fact.level == RiskLevel.LOW and fact.thoughts_found is False:
        return
    here = at.astimezone(ZoneInfo(fact.clinic.time_zone))
    judged = Datum(RiskAssessment(RiskLevel(fact.level), fact.basis), fact.assessed_at, by.name)
    for demand in suicide_triage.demands(judged, rulebook.book(by.clinic_id), here):
        asked = _ASKED[demand.action]
        if not _is_done(by, fact, demand.action) and not _open(fact, asked.kind).exists():
            opens_at = min(fact.assessed_at, at)
            open_task(
                by=by,
                at=at,
                patient_id=fact.patient_id,
                kind=asked.kind,
                origin=f"risk:{fact.id}",
                owner_role=asked.owner,
                opens_at=opens_at,
                due_at=max(demand.due_at, opens_at),
                note=asked.note,
                escalates_at=max(demand.due_at, opens_at),
                escalates_to=asked.escalates_to,
            )


def _is_done(by: Viewer, fact: SuicideRiskAssessment, action: SuicideAction) -> bool:
    """What the judgement itself is, or what stands from before and serves at a low level."""
    if action is SuicideAction.ASSESSMENT:
        return Role.PRESCRIBER in by.roles and bool(fact.instrument)
    if fact.level != RiskLevel.LOW:
        return False
    if action is SuicideAction.SAFETY_PLAN:
        plan = triage.plan_row(fact.patient_id)
        return plan is not None and plan.review_on >= fact.assessed_at.date()
    if action is SuicideAction.CRISIS_LINE:
        return TaskCompletion.objects.filter(
            task__patient=fact.patient_id, task__kind=TaskKind.RISK_CRISIS_LINE
        ).exists()
    return False


def close_plan_tasks(by: Viewer, at: datetime, patient_id: UUID, written_at: datetime) -> None:
    """A safety plan was written: nobody is asked for one any more. For the action that records a plan."""
    asked = Task.objects.select_for_update().filter(
        patient=patient_id, kind=TaskKind.RISK_PLAN, closed_at__isnull=True
    )
    for task in asked:
        close(by, at, task, "A safety plan was written with the patient.", written_at, None)


def _open(fact: SuicideRiskAssessment, kind: TaskKind) -> QuerySet[Task]:
    return Task.objects.select_for_update().filter(patient=fact.patient_id, kind=kind, closed_at__isnull=True)


def _close(by: Viewer, at: datetime, fact: SuicideRiskAssessment, kind: TaskKind, outcome: str) -> None:
    for task in _open(fact, kind).filter(opens_at__lte=fact.assessed_at):  # what came before it, not after
        close(by, at, task, outcome, fact.assessed_at, None)
