"""Reading risk, adverse events and the queue of tasks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Case, Count, Q, QuerySet, When

from euthymia.clinic.access.permissions import Permission, Role
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.people import queries as people
from euthymia.clinic.safety import event_facts, task_views
from euthymia.clinic.safety.models import AdverseEvent, FollowUpCall, SuicideRiskAssessment, Task, TaskKind
from euthymia.clinic.safety.task_views import RISK_DEMANDS as RISK_DEMANDS
from euthymia.clinic.safety.task_views import CallView as CallView
from euthymia.clinic.safety.task_views import Queue as Queue
from euthymia.clinic.safety.task_views import Standing as Standing
from euthymia.clinic.safety.task_views import TaskView as TaskView
from euthymia.protocol import Finding, Outcome, RiskLevel

MOST_COUNTED = 100  # more is said as "99+", and is not looked for
SHOWN_DONE = 20  # tasks done lately, under the open ones


@dataclass(frozen=True, slots=True)
class RiskView:
    """A clinician's judgement of suicide risk. ``replaces`` is the entry it corrected."""

    id: UUID
    patient_id: UUID
    level: RiskLevel
    basis: str
    instrument: str
    level_of_care: str
    thoughts_found: bool | None
    assessed_at: datetime
    recorded_at: datetime
    recorded_by: str
    reason: str
    replaces: RiskView | None = None


@dataclass(frozen=True, slots=True)
class EventView:
    """An adverse event as it stands. ``replaces`` is what was known before."""

    id: UUID
    patient_id: UUID
    term: str
    onset_at: datetime
    severity: str
    severity_label: str
    seriousness: str
    seriousness_label: str
    action: str
    outcome: str
    outcome_label: str
    resolved_at: datetime | None
    recorded_at: datetime
    recorded_by: str
    reason: str
    replaces: EventView | None = None
    criteria: tuple[str, ...] = ()
    interventions: tuple[str, ...] = ()
    intervention_labels: tuple[str, ...] = ()
    causality: str = ""
    causality_label: str = ""
    expectedness: str = ""
    expectedness_label: str = ""
    admitted: bool | None = None
    emergency_visit: bool | None = None
    known_at: datetime | None = None
    since_dose_min: int | None = None


def queue(viewer: Viewer, now: datetime, *, mine: bool = False, page: int = 1) -> Queue:
    """The tasks of the clinic; with ``mine`` those of the viewer's roles, escalated ones included.

    Open tasks about restricted patients are among them, locked: an answer about suicidal thoughts must reach
    somebody also where nobody has the chart open.
    """
    viewer.require(Permission.VIEW_TASKS)
    open_ = Q(closed_at__isnull=True) & (_for_roles(viewer, now) if mine else Q())
    waiting = _of_clinic(viewer).filter(open_).order_by(_standing_order(now), "due_at", "id")
    told = waiting.aggregate(
        unacknowledged=Count("id", filter=_escalated_by(now) & Q(acknowledged_at__isnull=True)),
        missed=Count("id", filter=Q(kind__in=RISK_DEMANDS, due_at__lte=now)),
    )
    pages = Paginator(waiting, task_views.ON_A_PAGE)
    shown = pages.get_page(max(page, 1))
    done = [
        _task(task, viewer, now)
        for task in _tasks(viewer).filter(closed_at__isnull=False).order_by("-closed_at")[:SHOWN_DONE]
    ]
    return Queue(
        open=tuple(_queued(task, viewer, now) for task in shown),
        done=tuple(task for task in done if task.mine or not mine),
        total=pages.count,
        page=shown.number,
        pages=pages.num_pages,
        **told,
    )


def _standing_order(now: datetime) -> Case:
    """Overdue, due, upcoming: as ``_standing`` says of one task."""
    return Case(When(due_at__lte=now, then=0), When(opens_at__lte=now, then=1), default=2)


def _for_roles(viewer: Viewer, now: datetime) -> Q:
    """What waits for the viewer's roles; the same as ``_is_for``, asked of the database."""
    roles = [role.value for role in viewer.roles]
    return Q(owner_role__in=roles) | (_escalated_by(now) & Q(escalates_to__in=roles))


def _escalated_by(now: datetime) -> Q:
    """The same as ``_escalated``, asked of the database."""
    untaken = Q(acknowledged_at__isnull=True) | Q(kind__in=RISK_DEMANDS)
    return Q(closed_at__isnull=True, escalates_at__lte=now) & untaken


def open_count(viewer: Viewer, now: datetime) -> int:
    """How many tasks of the viewer's roles wait and may be done now, as far as ``MOST_COUNTED``: for the menu."""
    if not viewer.may(Permission.VIEW_TASKS):
        return 0
    waiting = Q(clinic_id=viewer.clinic_id, closed_at__isnull=True, opens_at__lte=now)
    return Task.objects.filter(waiting & _for_roles(viewer, now))[:MOST_COUNTED].count()


def task(viewer: Viewer, task_id: UUID, now: datetime) -> TaskView:
    """One task with the calls made for it.

    Raises:
        NotFound: there is none that this person may see.
    """
    viewer.require(Permission.VIEW_TASKS)
    found = _tasks(viewer).filter(pk=task_id).first()
    if found is None:
        raise NotFound
    calls = FollowUpCall.objects.filter(task=found).select_related("recorded_by", "mood", "risk")
    return _task(found, viewer, now, tuple(_call(call) for call in calls.order_by("called_at")))


def has_open_task(viewer: Viewer, *, origin: str) -> bool:
    """Whether anything that ``origin`` raised is still to be done."""
    viewer.require(Permission.VIEW_TASKS)
    return Task.objects.filter(clinic_id=viewer.clinic_id, origin=origin, closed_at__isnull=True).exists()


def tasks_of(viewer: Viewer, patient_id: UUID, now: datetime) -> tuple[TaskView, ...]:
    """The open tasks of one patient, the most urgent first."""
    viewer.require(Permission.VIEW_TASKS)
    patient = people.row(viewer, patient_id)
    rows = _tasks(viewer).filter(patient=patient, closed_at__isnull=True).order_by("due_at")
    return tuple(_task(row, viewer, now) for row in rows)


def risks(viewer: Viewer, patient_id: UUID) -> tuple[RiskView, ...]:
    """The suicide-risk assessments that stand, the latest first."""
    viewer.require(Permission.VIEW_CHART)
    return tuple(_risk(row) for row in _standing_risks(viewer, patient_id))


def latest_risk(viewer: Viewer, patient_id: UUID, since: datetime | None = None) -> RiskView | None:
    """The last assessment that stands, made at or after ``since`` if given."""
    viewer.require(Permission.VIEW_CHART)
    rows = _standing_risks(viewer, patient_id)
    found = (rows.filter(assessed_at__gte=since) if since else rows).first()
    return _risk(found) if found else None


def risk(viewer: Viewer, patient_id: UUID, risk_id: UUID) -> RiskView:
    """One assessment that stands, to correct it."""
    found = next((row for row in risks(viewer, patient_id) if row.id == risk_id), None)
    if found is None:
        raise NotFound
    return found


def adverse_events(viewer: Viewer, patient_id: UUID) -> tuple[EventView, ...]:
    """The adverse events as they stand, the latest first."""
    viewer.require(Permission.VIEW_CHART)
    patient = people.row(viewer, patient_id)
    rows = AdverseEvent.objects.current().filter(patient=patient)
    return tuple(_event(row) for row in rows.select_related("recorded_by").order_by("-onset_at"))


def event_findings(
    viewer: Viewer, patient_id: UUID, now: datetime
) -> tuple[tuple[EventView, tuple[Finding, ...]], ...]:
    """The adverse events as they stand, each with what the rules ask of it still."""
    viewer.require(Permission.VIEW_CHART)
    patient = people.row(viewer, patient_id)
    rows = AdverseEvent.objects.current().filter(patient=patient)
    found = list(rows.select_related("recorded_by", "corrects__recorded_by").order_by("-onset_at"))
    judged = event_facts.findings(viewer, found, now)
    return tuple(
        (_event(row), tuple(each for each in judged[row.id] if each.outcome is not Outcome.SATISFIED))
        for row in found
    )


def adverse_event(viewer: Viewer, patient_id: UUID, event_id: UUID) -> EventView:
    """One adverse event that stands, to add news of it."""
    found = next((row for row in adverse_events(viewer, patient_id) if row.id == event_id), None)
    if found is None:
        raise NotFound
    return found


def _tasks(viewer: Viewer) -> QuerySet[Task]:
    return _of_clinic(viewer).filter(people.open_or_nobodys(viewer))


def _of_clinic(viewer: Viewer) -> QuerySet[Task]:
    return Task.objects.filter(clinic_id=viewer.clinic_id).select_related(
        "patient", "acknowledged_by", "completion__recorded_by"
    )


def _standing_risks(viewer: Viewer, patient_id: UUID) -> QuerySet[SuicideRiskAssessment]:
    patient = people.row(viewer, patient_id)
    rows = SuicideRiskAssessment.objects.current().filter(patient=patient)
    return rows.select_related("recorded_by").order_by("-assessed_at", "-recorded_at")


def _is_for(row: Task, viewer: Viewer, now: datetime) -> bool:
    roles = {row.owner_role, row.escalates_to} if _escalated(row, now) else {row.owner_role}
    return any(role.value in roles for role in viewer.roles)


def _escalated(row: Task, now: datetime) -> bool:
    """Past its time and open: taken by nobody, or a demand of the risk level, which being taken does not meet."""
    waits = row.closed_at is None and (row.acknowledged_at is None or row.kind in RISK_DEMANDS)
    return waits and row.escalates_at is not None and row.escalates_at <= now


def _standing(row: Task, now: datetime) -> Standing:
    if row.closed_at is not None:
        return Standing.DONE
    if row.due_at <= now:
        return Standing.OVERDUE
    return Standing.DUE if row.opens_at <= now else Standing.UPCOMING


def _queued(row: Task, viewer: Viewer, now: datetime) -> TaskView:
    shown = _task(row, viewer, now)
    if row.patient is None or not row.patient.restricted or row.patient_id in viewer.break_glass:
        return shown
    return replace(
        shown,
        locked=True,
        title="Task on a restricted chart",
        patient_name="Restricted",
        note="",
        origin="",
        page="",
    )


def _task(row: Task, viewer: Viewer, now: datetime, calls: tuple[CallView, ...] = ()) -> TaskView:
    done = row.completion if row.closed_at is not None else None
    kind = TaskKind(row.kind)
    return TaskView(
        id=row.id,
        kind=kind,
        title=kind.label,
        note=row.note,
        origin=row.origin,
        patient_id=row.patient_id,
        patient_name=f"{row.patient.given_name} {row.patient.family_name}" if row.patient else row.subject,
        mrn=row.patient.medical_record_number if row.patient else "",
        page=row.page,
        owner_role=Role(row.owner_role),
        owner=_role_words(row.owner_role),
        opens_at=row.opens_at,
        due_at=row.due_at,
        escalates_at=row.escalates_at,
        escalates_to=_role_words(row.escalates_to),
        escalated=_escalated(row, now),
        acknowledged_by=row.acknowledged_by.name if row.acknowledged_by else "",
        acknowledged_at=row.acknowledged_at,
        standing=_standing(row, now),
        mine=_is_for(row, viewer, now),
        outcome=done.outcome if done else "",
        done_at=done.done_at if done else None,
        done_by=done.recorded_by.name if done else "",
        calls=calls,
    )


def _role_words(role: str) -> str:
    return role.replace("_", " ")


def _call(row: FollowUpCall) -> CallView:
    return CallView(
        called_at=row.called_at,
        reached=row.reached,
        mood=row.mood.mood if row.mood else None,
        adverse_events=row.adverse_events,
        risk_level=row.risk.level if row.risk else "",
        note=row.note,
        recorded_by=row.recorded_by.name,
    )


def _risk(row: SuicideRiskAssessment) -> RiskView:
    return RiskView(
        id=row.id,
        patient_id=row.patient_id,
        level=RiskLevel(row.level),
        basis=row.basis,
        instrument=row.instrument,
        level_of_care=row.level_of_care,
        thoughts_found=row.thoughts_found,
        assessed_at=row.assessed_at,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by.name,
        reason=row.reason,
        replaces=_risk(row.corrects) if isinstance(row.corrects, SuicideRiskAssessment) else None,
    )


def _event(row: AdverseEvent) -> EventView:
    return EventView(
        id=row.id,
        patient_id=row.patient_id,
        term=row.term,
        onset_at=row.onset_at,
        severity=row.severity,
        severity_label=row.get_severity_display(),
        seriousness=row.seriousness,
        seriousness_label=row.get_seriousness_display(),
        action=row.action,
        outcome=row.outcome,
        outcome_label=row.get_outcome_display(),
        resolved_at=row.resolved_at,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by.name,
        reason=row.reason,
        replaces=_event(row.corrects) if isinstance(row.corrects, AdverseEvent) else None,
        criteria=tuple(row.criteria or ()),
        interventions=tuple(row.interventions),
        intervention_labels=tuple(row.intervention_labels),
        causality=row.causality,
        causality_label=row.get_causality_display(),
        expectedness=row.expectedness,
        expectedness_label=row.get_expectedness_display(),
        admitted=row.admitted,
        emergency_visit=row.emergency_visit,
        known_at=row.known_at,
        since_dose_min=row.since_dose_min,
    )
