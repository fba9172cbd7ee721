"""Tasks: opened once for what raised them, taken by a named person, and done as a fact."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction

from euthymia.clinic.access.models import Clinic
from euthymia.clinic.access.permissions import Permission, Role
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.facts import Refused, made_with
from euthymia.clinic.audit.times import check_not_future, entered_offset_min
from euthymia.clinic.measures.events import Answered
from euthymia.clinic.people import queries as people
from euthymia.clinic.safety.events import TASK_DONE, TaskDone
from euthymia.clinic.safety.models import Task, TaskCompletion, TaskKind
from euthymia.evidence import task_delay

_CLOSED_BY = {
    TaskKind.ITEM_NINE: Permission.ASSESS_SUICIDE_RISK,
    TaskKind.FOLLOW_UP_CALL: Permission.ASSESS_SUICIDE_RISK,
    TaskKind.RISK_PRECAUTIONS: Permission.ASSESS_SUICIDE_RISK,
    TaskKind.RISK_EVALUATION: Permission.PRESCRIBE,
    TaskKind.RISK_ASSESSMENT: Permission.PRESCRIBE,
    TaskKind.RISK_PLAN: Permission.ASSESS_SUICIDE_RISK,
    TaskKind.RISK_CRISIS_LINE: Permission.ASSESS_SUICIDE_RISK,
    TaskKind.RISK_CONTACT: Permission.ASSESS_SUICIDE_RISK,
    TaskKind.REFERRED_RISK: Permission.ASSESS_SUICIDE_RISK,
}
"""Who may say that a task is done, where more is needed than seeing it."""


@transaction.atomic
def open_task(
    *,
    by: Viewer,
    at: datetime,
    patient_id: UUID,
    kind: TaskKind,
    origin: str,
    owner_role: Role,
    opens_at: datetime,
    due_at: datetime,
    note: str = "",
    page: str = "",
    escalates_at: datetime | None = None,
    escalates_to: Role | None = None,
) -> UUID:
    """Ask for something by a time, and return the task's id. The same kind and origin again is the same task.

    ``page`` is the address where it is done, for what a room above asks. ``note`` is shown in the queue to everybody
    who may see tasks: no clinical values in it.
    """
    patient = people.row(by, patient_id)
    if known := Task.objects.filter(kind=kind, origin=origin, patient=patient).first():
        return known.id
    task = Task(
        clinic_id=by.clinic_id,
        patient=patient,
        kind=kind,
        origin=origin,
        note=note,
        page=page,
        owner_role=owner_role,
        opens_at=opens_at,
        due_at=due_at,
        escalates_at=escalates_at,
        escalates_to=escalates_to or "",
    )
    try:
        with transaction.atomic():
            task.save(force_insert=True)
    except IntegrityError:  # the same event was handled twice at once
        return Task.objects.get(kind=kind, origin=origin, patient=patient).id
    audit.record(
        by=by,
        verb="safety.open_task",
        at=at,
        patient_id=patient.id,
        subject=f"task {task.id}",
        detail={"kind": kind.value, "origin": origin},
    )
    return task.id


@transaction.atomic
def acknowledge(*, by: Viewer, at: datetime, task_id: UUID) -> None:
    """Take a task: from now on it has a name. A second person is told who has it already.

    Raises:
        Refused: another person took it, or it is done.
    """
    by.require(Permission.VIEW_TASKS)
    task = locked(by, task_id)
    if task.acknowledged_by_id == by.user_id:
        return
    if task.closed_at is not None:
        raise Refused("This task is done already.")
    if task.acknowledged_by is not None:
        raise Refused(f"{task.acknowledged_by.name} has taken this task already.")
    task.acknowledged_by_id = by.user_id
    task.acknowledged_at = at
    task.save(update_fields=["acknowledged_by", "acknowledged_at"])
    audit.record(
        by=by, verb="safety.acknowledge_task", at=at, patient_id=task.patient_id, subject=f"task {task.id}"
    )


@transaction.atomic
def complete(
    *,
    by: Viewer,
    at: datetime,
    task_id: UUID,
    outcome: str,
    done_at: datetime,
    idempotency_key: UUID | None = None,
) -> UUID:
    """Record that a task was done, and how. Done once: the same key again returns the first completion.

    Raises:
        Denied: the task asks for a judgement of suicide risk, which this person does not make.
        Refused: it was done before, no outcome was given, or the time lies in the future.
    """
    by.require(Permission.VIEW_TASKS)
    check_not_future(done_at, at, "done_at")
    if not outcome.strip():
        raise Refused("Say what was done and what came of it.", "outcome")
    task = locked(by, task_id)
    by.require(_CLOSED_BY.get(TaskKind(task.kind), Permission.VIEW_TASKS))
    if again := made_with(TaskCompletion, idempotency_key, task_id=task.id):
        return again.id
    known: TaskCompletion | None = TaskCompletion.objects.filter(task=task).first()
    if known is not None:
        raise Refused(f"{known.recorded_by.name} has done this task already.")
    return close(by, at, task, outcome, done_at, idempotency_key)


def close(
    by: Viewer, at: datetime, task: Task, outcome: str, done_at: datetime, idempotency_key: UUID | None
) -> UUID:
    """Write the completion of a locked, open task. For the actions of this room, inside their transaction."""
    completion = TaskCompletion.objects.create(
        clinic_id=by.clinic_id,
        recorded_at=at,
        recorded_by_id=by.user_id,
        idempotency_key=idempotency_key,
        task=task,
        outcome=outcome.strip(),
        done_at=done_at,
        entered_offset_min=entered_offset_min(done_at),
    )
    task.closed_at = at
    task.save(update_fields=["closed_at"])
    TASK_DONE.publish(TaskDone(by, at, task.patient_id, task.kind, task.origin))
    audit.record(
        by=by, verb="safety.complete_task", at=at, patient_id=task.patient_id, subject=f"task {task.id}"
    )
    return completion.id


@transaction.atomic
def settle(
    *, by: Viewer, at: datetime, origin: str, kinds: Collection[TaskKind], outcome: str, done_at: datetime
) -> int:
    """Close the open tasks that ``origin`` raised, because what happened makes them done or void; say how many.

    For the rooms above: they know what happened. The one who recorded it stands as who closed the task.
    """
    open_ones = Task.objects.select_for_update().filter(
        clinic_id=by.clinic_id, origin=origin, kind__in=list(kinds), closed_at__isnull=True
    )
    settled = list(open_ones)
    for task in settled:
        close(by, at, task, outcome, done_at, None)
    return len(settled)


@transaction.atomic
def put_off(*, by: Viewer, at: datetime, task_id: UUID, opens_at: datetime, due_at: datetime) -> None:
    """Give an open task other times: what it counts from happened anew. One that is done stays as it is."""
    task = locked(by, task_id)
    if task.closed_at is not None or (task.opens_at, task.due_at) == (opens_at, due_at):
        return
    task.opens_at, task.due_at = opens_at, due_at
    task.save(update_fields=["opens_at", "due_at"])
    audit.record(
        by=by, verb="safety.put_off_task", at=at, patient_id=task.patient_id, subject=f"task {task.id}"
    )


def locked(by: Viewer, task_id: UUID) -> Task:
    """The task's row, locked for this transaction.

    Raises:
        NotFound: there is none that this person may see.
    """
    own = Task.objects.filter(people.open_or_nobodys(by), clinic_id=by.clinic_id)
    task = own.select_for_update(of=("self",)).filter(pk=task_id).first()
    if task is None:
        raise NotFound
    return task


_ABOVE = "An answer to the item on suicidal thoughts was above “not at all”."
_LEFT_OUT = "The item on suicidal thoughts was left without an answer: ask."


def _same_day(event: Answered) -> datetime:
    """By when an assessment follows: within the hours it may take, and before the clinic's day is over."""
    clinic = Clinic.objects.get(pk=event.by.clinic_id)
    here = event.at.astimezone(ZoneInfo(clinic.time_zone))
    midnight = datetime.combine(here.date() + timedelta(days=1), time(), here.tzinfo)
    return min(event.at + task_delay("item_nine", "due_within"), midnight)


def hear_answers(event: Answered) -> None:
    """What a recorded questionnaire asks of this room: a suicidal thought, or no answer to that question, raises
    a task, and an awaited questionnaire is no longer awaited. Subscribed to ``measures.events.ANSWERED`` by
    ``config.wiring``.
    """
    if event.asks_risk and event.risk_item != 0:
        open_task(
            by=event.by,
            at=event.at,
            patient_id=event.patient_id,
            kind=TaskKind.ITEM_NINE,
            origin=f"answers:{event.answers_id}",
            owner_role=Role.PRESCRIBER,
            opens_at=min(event.taken_at, event.at),  # an assessment between answering and entering counts
            due_at=_same_day(event),
            note=_ABOVE if event.risk_item else _LEFT_OUT,
            escalates_at=event.at + task_delay("item_nine", "acknowledge_within"),
            escalates_to=Role.MEDICAL_DIRECTOR,
        )
    awaited = Task.objects.select_for_update().filter(
        patient_id=event.patient_id,
        kind=TaskKind.FOLLOW_UP_PHQ9,
        closed_at__isnull=True,
        opens_at__lte=event.taken_at,
    )
    for task in awaited:
        close(event.by, event.at, task, "The questionnaire was recorded.", event.taken_at, None)
