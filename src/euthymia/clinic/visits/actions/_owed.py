"""What each way out leaves to be done, as tasks with owner and deadline; deadlines are the evidence's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.safety import actions as safety
from euthymia.clinic.safety.models import TaskKind
from euthymia.clinic.visits.models.ends import ExitKind
from euthymia.clinic.visits.record import Record
from euthymia.evidence import task_delay
from euthymia.protocol import follow_up

FOLLOW_UPS = {"FU-1": TaskKind.FOLLOW_UP_CALL, "FU-2": TaskKind.FOLLOW_UP_PHQ9}
_CALLED_AFTER = frozenset(
    {ExitKind.DISCHARGED, ExitKind.LEFT_AGAINST_ADVICE, ExitKind.TRANSFERRED, ExitKind.ELOPED}
)
LOOKED_FOR = (TaskKind.MISSING, TaskKind.MISSING_DECISION)


@dataclass(frozen=True, slots=True)
class _Owed:
    """One task: whose, within which time of leaving, and what to know before doing it."""

    kind: TaskKind
    owner: Role
    within: timedelta
    note: str
    escalates_to: Role | None = None


def _owed(kind: ExitKind) -> tuple[_Owed, ...]:
    director, nurse, prescriber = Role.MEDICAL_DIRECTOR, Role.NURSE, Role.PRESCRIBER
    return {
        ExitKind.LEFT_AGAINST_ADVICE: (
            _Owed(
                TaskKind.LEFT_EARLY,
                nurse,
                task_delay("left_early", "call_within"),
                "Left before every criterion was met: ask how they got home, and who is with them.",
            ),
        ),
        ExitKind.TRANSFERRED: (
            _Owed(
                TaskKind.TRANSFER_NEWS,
                prescriber,
                task_delay("transferred", "ask_within"),
                "Ask the place that took over, and for its letter.",
            ),
        ),
        ExitKind.EMERGENCY: (
            _Owed(
                TaskKind.EMERGENCY_REVIEW,
                prescriber,
                task_delay("emergency", "review_within"),
                "What was seen and done is in the visit.",
                director,
            ),
        ),
        ExitKind.DIED: (
            _Owed(
                TaskKind.DEATH_REPORT,
                director,
                task_delay("death", "report_within"),
                "What the law of the place, the programme and the maker ask for.",
            ),
        ),
        ExitKind.ELOPED: (
            _Owed(
                TaskKind.MISSING,
                nurse,
                task_delay("missing", "look_within"),
                "Search, call the patient and the escort, tell a prescriber; write each in the visit.",
                director,
            ),
            _Owed(
                TaskKind.MISSING_DECISION,
                prescriber,
                task_delay("missing", "decide_within"),
                "Write the decision and why in the visit.",
                director,
            ),
        ),
    }.get(kind, ())


def owe(
    record: Record, kind: ExitKind, exit_id: UUID, *, by: Viewer, at: datetime, noticed_at: datetime
) -> None:
    """Open what this way out leaves to be done. ``noticed_at`` is when the clinic learnt of it."""
    for one in _owed(kind):
        safety.open_task(
            by=by,
            at=at,
            patient_id=record.visit.course.patient_id,
            kind=one.kind,
            origin=f"exit:{exit_id}",
            owner_role=one.owner,
            opens_at=min(noticed_at, at),
            due_at=noticed_at + one.within,
            note=one.note,
            escalates_at=noticed_at + one.within if one.escalates_to else None,
            escalates_to=one.escalates_to,
        )


def owe_follow_up(record: Record, kind: ExitKind, *, by: Viewer, at: datetime, left_at: datetime) -> None:
    """Ask for the call and the questionnaire after a dose, counted from when the patient left; a second leaving
    of the same visit moves those that are still open."""
    if record.t0 is None or kind not in _CALLED_AFTER:
        return
    for due in follow_up.due(record.local(left_at), record.rules):
        task_id = safety.open_task(
            by=by,
            at=at,
            patient_id=record.visit.course.patient_id,
            kind=FOLLOW_UPS[due.rule],
            origin=origin_of(record),
            owner_role=Role.NURSE,
            opens_at=due.opens_at,
            due_at=due.due_at,
        )
        safety.put_off(by=by, at=at, task_id=task_id, opens_at=due.opens_at, due_at=due.due_at)


def call_off(record: Record, *, by: Viewer, at: datetime, why: str, done_at: datetime) -> None:
    """Nobody calls somebody who died: what was to be done with the patient is closed, with the reason."""
    safety.settle(
        by=by,
        at=at,
        origin=origin_of(record),
        kinds=[*FOLLOW_UPS.values(), TaskKind.INTEGRATION],
        outcome=why,
        done_at=done_at,
    )
    for each in record.exits:
        settle_exit(each.id, [*LOOKED_FOR, TaskKind.LEFT_EARLY, TaskKind.TRANSFER_NEWS], why, by, at, done_at)


def settle_exit(
    exit_id: UUID, kinds: list[TaskKind], outcome: str, by: Viewer, at: datetime, done_at: datetime
) -> None:
    """Close what one way out left to be done."""
    safety.settle(by=by, at=at, origin=f"exit:{exit_id}", kinds=kinds, outcome=outcome, done_at=done_at)


def origin_of(record: Record) -> str:
    """What the tasks of a visit say raised them."""
    return f"visit:{record.visit.id}"
