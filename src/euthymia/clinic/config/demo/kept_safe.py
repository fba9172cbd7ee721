"""What the demo's nurses do where thoughts of death were found: the crisis line given, a safety plan written."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.safety import actions, queries, triage
from euthymia.clinic.safety.models import TaskKind

_REVIEW_AFTER = timedelta(days=90)  # the demo's own
WITHOUT_A_PLAN = 5  # the demo's own: every fifth patient has none


def keep_safe(nurse: Viewer, patient_id: UUID, at: datetime) -> None:
    """Do at once what the level asked for."""
    asked = {task.kind: task for task in queries.tasks_of(nurse, patient_id, at)}
    if task := asked.get(TaskKind.RISK_CRISIS_LINE):
        actions.complete(
            by=nurse, at=at, task_id=task.id, outcome="Given on paper.", done_at=timezone.localtime(at)
        )
    if TaskKind.RISK_PLAN in asked:
        actions.write_safety_plan(by=nurse, at=at, patient_id=patient_id, plan=_plan(at))
    assert triage.standing_plan(nurse, patient_id, timezone.localtime(at).date())


def has_a_plan(nurse: Viewer, patient_id: UUID, at: datetime) -> bool:
    """Whether a safety plan stands, its review past or not."""
    return triage.standing_plan(nurse, patient_id, timezone.localtime(at).date()) is not None


def have_a_plan(nurse: Viewer, patient_id: UUID, at: datetime) -> None:
    """Write one with the patient where there is none, as most patients of a clinic have one."""
    if not has_a_plan(nurse, patient_id, at):
        actions.write_safety_plan(by=nurse, at=at, patient_id=patient_id, plan=_plan(at))


def _plan(at: datetime) -> actions.PlanEntry:
    here = timezone.localtime(at)
    return actions.PlanEntry(
        warning_signs="Lying awake after three; not answering the telephone.",
        own_means="Walk to the river and back. The playlist from the chair.",
        company="The choir on Tuesdays; the library reading room.",
        helpers="A sister, synthetic number 555-0100.",
        professionals="This clinic, 555-0110; the crisis line on the sheet; the emergency department.",
        surroundings="The tablets are with a sister, a week's worth at a time.",
        likelihood=8,
        barriers="Shame. The sister knows a word for it.",
        kept_where="Photographed on the telephone.",
        review_on=here.date() + _REVIEW_AFTER,
        written_at=here,
    )
