"""The safety plan as it stands, and what the rules make of the last judgement of risk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.measures.models import QuestionnaireResponse
from euthymia.clinic.measures.queries import PHQ_9, RISK_ITEMS
from euthymia.clinic.people import queries as people
from euthymia.clinic.rulebook import queries as rulebook
from euthymia.clinic.safety.models import SafetyPlan, SuicideRiskAssessment, TaskCompletion, TaskKind
from euthymia.protocol import (
    ActionDone,
    Datum,
    Finding,
    PlanPart,
    Product,
    RiskAssessment,
    RiskLevel,
    SuicideAction,
    TriageFacts,
    suicide_triage,
)
from euthymia.protocol import SafetyPlan as PlanFacts

PARTS: Mapping[str, tuple[PlanPart, str]] = MappingProxyType(
    {
        "warning_signs": (PlanPart.WARNING_SIGNS, "Warning signs"),
        "own_means": (PlanPart.OWN_MEANS, "What I can do myself"),
        "company": (PlanPart.COMPANY, "People and places that take my mind off it"),
        "helpers": (PlanPart.HELPERS, "People I can ask for help"),
        "professionals": (PlanPart.PROFESSIONALS, "Professionals and services I can call"),
        "surroundings": (PlanPart.SAFE_SURROUNDINGS, "Making my surroundings safe"),
    }
)
"""The six parts in their order: column to part and heading. The headings are ours."""

_DONE_BY = MappingProxyType(
    {
        TaskKind.RISK_PRECAUTIONS.value: SuicideAction.PRECAUTIONS,
        TaskKind.RISK_EVALUATION.value: SuicideAction.EVALUATION,
        TaskKind.RISK_ASSESSMENT.value: SuicideAction.ASSESSMENT,
        TaskKind.RISK_PLAN.value: SuicideAction.SAFETY_PLAN,
        TaskKind.RISK_CRISIS_LINE.value: SuicideAction.CRISIS_LINE,
        TaskKind.RISK_CONTACT.value: SuicideAction.CONTACT,
    }
)


@dataclass(frozen=True, slots=True)
class StandingPlan:
    """That there is a safety plan, where to read it and when to review it."""

    id: UUID
    written_at: datetime
    review_on: date
    review_is_past: bool


@dataclass(frozen=True, slots=True)
class PlanView:
    """One safety plan. ``number`` counts the patient's plans from 1; the highest stands."""

    id: UUID
    number: int
    stands: bool
    parts: tuple[tuple[str, str], ...]
    likelihood: int
    barriers: str
    kept_where: str
    review_on: date
    review_is_past: bool
    written_at: datetime
    recorded_by: str


def plans(viewer: Viewer, patient_id: UUID, today: date) -> tuple[PlanView, ...]:
    """Every safety plan of a patient, the one that stands first."""
    viewer.require(Permission.VIEW_CHART)
    patient = people.row(viewer, patient_id)
    rows = list(
        SafetyPlan.objects.filter(patient=patient)
        .select_related("recorded_by")
        .order_by("written_at", "recorded_at")
    )
    views = [_plan(row, number, number == len(rows), today) for number, row in enumerate(rows, start=1)]
    return tuple(reversed(views))


def plan(viewer: Viewer, patient_id: UUID, plan_id: UUID, today: date) -> PlanView:
    """One safety plan, to read or print.

    Raises:
        NotFound: the patient has no such plan, or this person may not see the patient.
    """
    found = next((each for each in plans(viewer, patient_id, today) if each.id == plan_id), None)
    if found is None:
        raise NotFound
    return found


def standing_plan(viewer: Viewer, patient_id: UUID, today: date) -> StandingPlan | None:
    """The plan that stands, in one query, for a page that shows that it is there; None for no plan."""
    viewer.require(Permission.VIEW_CHART)
    rows = SafetyPlan.objects.filter(patient__in=people.visible(viewer), patient=patient_id)
    row = rows.order_by("-written_at", "-recorded_at").first()
    return StandingPlan(row.id, row.written_at, row.review_on, row.review_on < today) if row else None


def plan_row(patient_id: Any) -> SafetyPlan | None:
    """The plan that stands, for the actions of this room."""
    rows = SafetyPlan.objects.filter(patient=patient_id).order_by("-written_at", "-recorded_at")
    return rows.first()


def findings(viewer: Viewer, patient_id: UUID, now: datetime) -> tuple[Finding, ...]:
    """What the rules make of the last judgement, of item 9 and of the plan; ``now`` in the clinic's own zone."""
    viewer.require(Permission.VIEW_CHART)
    patient = people.row(viewer, patient_id)
    risks = SuicideRiskAssessment.objects.current().filter(patient=patient)
    risk = risks.select_related("recorded_by").order_by("-assessed_at", "-recorded_at").first()
    standing = plan_row(patient.id)
    facts = TriageFacts(
        product=Product.ESKETAMINE_NASAL,
        assessment=_judged(risk),
        item9=_item_nine(patient.id),
        done=_done(patient.id, risk, standing),
        plan=_plan_fact(standing),
    )
    found = suicide_triage.assess(facts, rulebook.book(viewer.clinic_id), now)
    return tuple(each for each in found if not _says_nothing(each, risk, facts.item9))


def _says_nothing(found: Finding, risk: SuicideRiskAssessment | None, item9: Datum[int] | None) -> bool:
    """Whether a finding is about a level that was not judged, that demands nothing here, or no answer at all."""
    if found.rule in ("SUI-5", "SUI-6"):
        return item9 is None
    level = {rule: level for level, rule in suicide_triage.RULE_OF.items()}.get(found.rule)
    if level is None:
        return False
    if risk is None:
        return True
    nothing_found = risk.level == RiskLevel.LOW and risk.thoughts_found is False
    return level.value != risk.level or nothing_found


def _judged(row: SuicideRiskAssessment | None) -> Datum[RiskAssessment] | None:
    if row is None:
        return None
    return Datum(
        RiskAssessment(RiskLevel(row.level), row.basis), row.assessed_at, f"judged by {row.recorded_by.name}"
    )


def _item_nine(patient_id: UUID) -> Datum[int] | None:
    rows = QuestionnaireResponse.objects.current().filter(patient=patient_id, instrument=PHQ_9)
    last = rows.order_by("-taken_at").first()
    score = last.answers.get(RISK_ITEMS[PHQ_9]) if last else None
    return Datum(score, last.taken_at, "PHQ-9") if last and score is not None else None


def _done(
    patient_id: UUID, risk: SuicideRiskAssessment | None, standing: SafetyPlan | None
) -> tuple[ActionDone, ...]:
    rows = TaskCompletion.objects.filter(task__patient=patient_id, task__kind__in=list(_DONE_BY))
    done = [
        ActionDone(_DONE_BY[row.task.kind], row.done_at, f"recorded by {row.recorded_by.name}")
        for row in rows.select_related("task", "recorded_by")
    ]
    if standing and risk and risk.level == RiskLevel.LOW and standing.review_on >= risk.assessed_at.date():
        done.append(
            ActionDone(
                SuicideAction.SAFETY_PLAN, max(standing.written_at, risk.assessed_at), "the plan that stands"
            )
        )
    elif standing:
        done.append(ActionDone(SuicideAction.SAFETY_PLAN, standing.written_at, "the plan that stands"))
    given = next((one for one in done if one.action is SuicideAction.CRISIS_LINE), None)
    if given and risk and risk.level == RiskLevel.LOW:
        done.append(ActionDone(SuicideAction.CRISIS_LINE, max(given.at, risk.assessed_at), "given before"))
    return tuple(done)


def _plan_fact(row: SafetyPlan | None) -> Datum[PlanFacts] | None:
    if row is None:
        return None
    parts = tuple((part, getattr(row, name)) for name, (part, _) in PARTS.items())
    return Datum(PlanFacts(parts, row.review_on), row.written_at, "safety plan")


def _plan(row: SafetyPlan, number: int, stands: bool, today: date) -> PlanView:
    return PlanView(
        id=row.id,
        number=number,
        stands=stands,
        parts=tuple((heading, getattr(row, name)) for name, (_, heading) in PARTS.items()),
        likelihood=row.likelihood,
        barriers=row.barriers,
        kept_where=row.kept_where,
        review_on=row.review_on,
        review_is_past=row.review_on < today,
        written_at=row.written_at,
        recorded_by=row.recorded_by.name,
    )
