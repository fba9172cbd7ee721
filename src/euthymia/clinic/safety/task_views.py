"""Tasks as they are shown: each with whose it is and where it stands, and the queue of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.safety.models import TaskKind

RISK_DEMANDS = frozenset(kind for kind in TaskKind if kind.value.startswith("risk-"))
ON_A_PAGE = 100


class Standing(StrEnum):
    """Where a task stands in time. The words are those of the due status component."""

    OVERDUE = "overdue"
    DUE = "due"
    UPCOMING = "upcoming"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class CallView:
    """One attempt to reach the patient."""

    called_at: datetime
    reached: bool
    mood: int | None
    adverse_events: bool | None
    risk_level: str
    note: str
    recorded_by: str


@dataclass(frozen=True, slots=True)
class TaskView:
    """One task, with whose it is and where it stands. ``escalated``: unacknowledged past its deadline.

    A task about a referral that is nobody's yet has no patient; ``patient_name`` then is the referral's number
    and ``page`` where it is. ``locked``: it is about a restricted patient whose chart the viewer has not
    opened. Then nothing of it is told but whose it is, its times and the record number: enough that it does
    not wait unseen.
    """

    id: UUID
    kind: TaskKind
    title: str
    note: str
    origin: str
    patient_id: UUID | None
    patient_name: str
    mrn: str
    page: str
    owner_role: Role
    owner: str
    opens_at: datetime
    due_at: datetime
    escalates_at: datetime | None
    escalates_to: str
    escalated: bool
    acknowledged_by: str
    acknowledged_at: datetime | None
    standing: Standing
    mine: bool
    outcome: str = ""
    done_at: datetime | None = None
    done_by: str = ""
    calls: tuple[CallView, ...] = ()
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of the clinic's open tasks, overdue first and then by the time they are due, and those done lately.

    Attributes:
        open: the tasks of this page; ``total``: how many are open on all pages; ``page`` of ``pages``.
        done: lately done, the latest first.
        unacknowledged: how many were not taken by anybody before their deadline for that.
        missed: how many demands of a suicide-risk level are past their deadline, taken or not.
    """

    open: tuple[TaskView, ...]
    done: tuple[TaskView, ...]
    total: int
    page: int
    pages: int
    unacknowledged: int
    missed: int
