"""How a visit ends. The gate is for discharge alone: every other way out is a record and is never refused."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.permissions import Permission, Role
from euthymia.clinic.access.viewer import Reauthenticated, Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.models import Signature
from euthymia.clinic.safety import actions as safety
from euthymia.clinic.safety import queries as safety_queries
from euthymia.clinic.safety.events import TaskDone
from euthymia.clinic.safety.models import TaskKind
from euthymia.clinic.visits import assess, models
from euthymia.clinic.visits.actions._common import (
    GateShut,
    Refused,
    add,
    audited,
    count,
    earlier,
    expect_version,
    locked,
    note_assessment,
    note_deviations,
    step,
    timed,
    words,
)
from euthymia.clinic.visits.models.ends import ExitKind
from euthymia.clinic.visits.record import Record
from euthymia.protocol import VISIT, follow_up, gate

_FOLLOW_UPS = {"FU-1": (TaskKind.FOLLOW_UP_CALL, Role.NURSE), "FU-2": (TaskKind.FOLLOW_UP_PHQ9, Role.NURSE)}


@transaction.atomic
def judge_stability(
    *, by: Viewer, at: datetime, visit_id: UUID, stable: bool, basis: str, idempotency_key: UUID | None = None
) -> None:
    """Keep the clinician's own judgement whether the patient is stable and ready to leave."""
    record = locked(by, visit_id, Permission.DISCHARGE)
    if earlier(models.StabilityJudgement, record, idempotency_key):
        return
    if not basis.strip():
        raise Refused("Say what the judgement rests on.")
    add(
        models.StabilityJudgement,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        **timed(record, at, at),
        stable=stable,
        basis=basis.strip(),
    )
    audited(record, "judge_stability", by=by, at=at)


@transaction.atomic
def record_escort_arrival(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    name: str,
    measured_at: datetime,
    idempotency_key: UUID | None = None,
) -> None:
    """Record that the escort is here, and who it is."""
    record = locked(by, visit_id, Permission.DISCHARGE)
    if earlier(models.EscortArrival, record, idempotency_key):
        return
    if not name.strip():
        raise Refused("Enter who has come.")
    when = timed(record, measured_at, at)
    add(models.EscortArrival, record, by=by, at=at, key=idempotency_key, **when, name=name.strip())
    audited(record, "record_escort_arrival", by=by, at=at)


@transaction.atomic
def find_ready_to_leave(*, by: Viewer, at: datetime, visit_id: UUID, version: int | None = None) -> None:
    """Say that every criterion for leaving is met. Raises GateShut while one is not."""
    record = locked(by, visit_id, Permission.DISCHARGE)
    if record.visit.state == "ready_to_leave":
        return
    expect_version(record, version)
    _pass_discharge_gate(record, by=by, at=at)
    step(record, "find_ready_to_leave", by=by, at=at)
    audited(record, "find_ready_to_leave", by=by, at=at)


@transaction.atomic
def resume_monitoring(*, by: Viewer, at: datetime, visit_id: UUID, why: str) -> None:
    """Go back to watching: something changed before the patient left."""
    record = locked(by, visit_id, Permission.RECORD_OBSERVATION)
    if not why.strip():
        raise Refused("Say what changed.")
    step(record, "resume_monitoring", by=by, at=at, note=why.strip())
    audited(record, "resume_monitoring", by=by, at=at)


@transaction.atomic
def discharge(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    reauth: Reauthenticated,
    version: int | None = None,
    idempotency_key: UUID | None = None,
) -> None:
    """Let the patient go home with the escort, signed. Raises GateShut while a criterion is not met."""
    record = locked(by, visit_id, Permission.DISCHARGE)
    if earlier(models.Exit, record, idempotency_key):
        return
    expect_version(record, version)
    _pass_discharge_gate(record, by=by, at=at)
    if record.visit.state == "monitoring":
        step(record, "find_ready_to_leave", by=by, at=at)
    arrival = record.escort_arrival
    content = {"visit": record.visit.id, "left_at": at, "with": arrival.name if arrival else ""}
    meaning = "I judged this patient ready to leave and discharged them"
    signature = _sign(record, meaning, content, by=by, at=at, reauth=reauth)
    _leave(
        record,
        "discharge",
        ExitKind.DISCHARGED,
        by=by,
        at=at,
        left_at=at,
        key=idempotency_key,
        with_whom=arrival.name if arrival else "",
        signature=signature,
    )


@transaction.atomic
def leave_against_advice(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    left_at: datetime,
    advice: str,
    with_whom: str = "",
    idempotency_key: UUID | None = None,
) -> None:
    """Record that the patient left before staff thought it safe, and what they were told."""
    record = locked(by, visit_id, Permission.RECORD_OBSERVATION)
    if earlier(models.Exit, record, idempotency_key):
        return
    _need(advice, "Write what the patient was told, and what they said.")
    _leave(
        record,
        "leave_against_advice",
        ExitKind.LEFT_AGAINST_ADVICE,
        by=by,
        at=at,
        left_at=left_at,
        key=idempotency_key,
        detail=advice.strip(),
        with_whom=with_whom.strip(),
    )


@transaction.atomic
def transfer(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    left_at: datetime,
    destination: str,
    why: str,
    with_whom: str = "",
    idempotency_key: UUID | None = None,
) -> None:
    """Record that another place of care has taken over."""
    record = locked(by, visit_id, Permission.RECORD_OBSERVATION)
    if earlier(models.Exit, record, idempotency_key):
        return
    _need(why, "Say why.")
    _need(destination, "Say where the patient went.")
    _leave(
        record,
        "transfer",
        ExitKind.TRANSFERRED,
        by=by,
        at=at,
        left_at=left_at,
        key=idempotency_key,
        detail=why.strip(),
        destination=destination.strip(),
        with_whom=with_whom.strip(),
    )


@transaction.atomic
def declare_emergency(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    seen: str,
    happened_at: datetime,
    idempotency_key: UUID | None = None,
) -> None:
    """Record that help was called. The record follows the help: it can be written afterwards."""
    by.require(Permission.VIEW_BOARD)
    record = locked(by, visit_id, Permission.VIEW_BOARD)
    if earlier(models.Exit, record, idempotency_key):
        return
    _need(seen, "Write what was seen.")
    step(record, "declare_emergency", by=by, at=at, happened_at=happened_at, note=seen.strip())
    when = timed(record, happened_at, at)
    add(
        models.Exit,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        **when,
        kind=ExitKind.EMERGENCY,
        detail=seen.strip(),
    )
    audited(record, "declare_emergency", by=by, at=at)


@transaction.atomic
def stabilise(*, by: Viewer, at: datetime, visit_id: UUID, done: str, happened_at: datetime) -> None:
    """The emergency is over and the patient is still here: watching goes on."""
    record = locked(by, visit_id, Permission.RECORD_OBSERVATION)
    _need(done, "Write what was done.")
    step(record, "stabilise", by=by, at=at, happened_at=happened_at, note=done.strip())
    audited(record, "stabilise", by=by, at=at)


@transaction.atomic
def record_death(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    died_at: datetime,
    circumstances: str,
    idempotency_key: UUID | None = None,
) -> None:
    """Record that the patient died."""
    record = locked(by, visit_id, Permission.RECORD_OBSERVATION)
    if earlier(models.Exit, record, idempotency_key):
        return
    _need(circumstances, "Write what is known of the circumstances.")
    _leave(
        record,
        "record_death",
        ExitKind.DIED,
        by=by,
        at=at,
        left_at=died_at,
        key=idempotency_key,
        detail=circumstances.strip(),
    )


@transaction.atomic
def withhold(
    *, by: Viewer, at: datetime, visit_id: UUID, why: str, idempotency_key: UUID | None = None
) -> None:
    """End a visit without a dose."""
    record = locked(by, visit_id, Permission.RECORD_CHECK_IN)
    if earlier(models.Exit, record, idempotency_key):
        return
    _need(why, "Say why no dose is given, and what comes next.")
    _leave(
        record,
        "withhold",
        ExitKind.WITHHELD,
        by=by,
        at=at,
        left_at=at,
        key=idempotency_key,
        detail=why.strip(),
    )


@transaction.atomic
def close(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    drug_account: str,
    adverse_events: str,
    reauth: Reauthenticated,
    idempotency_key: UUID | None = None,
) -> None:
    """Close the visit, signed, and open what follows it: the call at 24 hours and the questionnaire at 7 days."""
    record = locked(by, visit_id, Permission.RECORD_OBSERVATION)
    if earlier(models.CloseRecord, record, idempotency_key):
        return
    _need(drug_account, "Write what became of used and unused drug.")
    _need(adverse_events, "Write which adverse events there were, or that there were none.")
    content = {
        "visit": record.visit.id,
        "drug_account": drug_account.strip(),
        "adverse_events": adverse_events.strip(),
    }
    signature = _sign(
        record, "I close this visit; its record is complete", content, by=by, at=at, reauth=reauth
    )
    died = record.visit.state == "died"
    add(
        models.CloseRecord,
        record,
        by=by,
        at=at,
        key=idempotency_key,
        **timed(record, at, at),
        drug_account=drug_account.strip(),
        adverse_events=adverse_events.strip(),
        signature=signature,
    )
    step(record, "close", by=by, at=at)
    if record.t0 is not None and not died:
        _open_follow_up(record, by=by, at=at)
    audited(record, "close", by=by, at=at)


@transaction.atomic
def end_follow_up(*, by: Viewer, at: datetime, visit_id: UUID, why: str) -> None:
    """Give up reaching the patient, with the attempts that were made."""
    record = locked(by, visit_id, Permission.RECORD_FOLLOW_UP)
    _need(why, "Write which attempts were made.")
    step(record, "end_follow_up", by=by, at=at, note=why.strip())
    audited(record, "end_follow_up", by=by, at=at)


def hear_task_done(event: TaskDone) -> None:
    """Complete a visit's follow-up with the last of its tasks. Subscribed to ``safety.events`` by ``config.wiring``.

    A task done by somebody whose role the visit's table does not name leaves the visit as it is.
    """
    kind, _, identifier = event.origin.partition(":")
    if kind != "visit":
        return
    visit = (
        models.Visit.objects.select_for_update().filter(id=identifier, clinic_id=event.by.clinic_id).first()
    )
    transition = VISIT.find(visit.state, "complete_follow_up") if visit else None
    if visit is None or transition is None or safety_queries.has_open_task(event.by, origin=event.origin):
        return
    if {role.value for role in event.by.roles} & set(transition.roles):
        record = locked(event.by, visit.id, Permission.RECORD_FOLLOW_UP)
        step(record, "complete_follow_up", by=event.by, at=event.at)
        audited(record, "complete_follow_up", by=event.by, at=event.at)


def _open_follow_up(record: Record, *, by: Viewer, at: datetime) -> None:
    left = max((each.measured_at for each in record.exits if each.kind != ExitKind.EMERGENCY), default=at)
    for due in follow_up.due(record.local(left), record.rules):
        kind, owner = _FOLLOW_UPS[due.rule]
        safety.open_task(
            by=by,
            at=at,
            patient_id=record.visit.course.patient_id,
            kind=kind,
            origin=f"visit:{record.visit.id}",
            owner_role=owner,
            opens_at=due.opens_at,
            due_at=due.due_at,
        )


def _pass_discharge_gate(record: Record, *, by: Viewer, at: datetime) -> None:
    findings = assess.discharge(record, at)
    if not findings:
        raise Refused("No dose was given: end the visit as “no dose given”.")
    note_deviations(record, findings, by=by, at=at)
    result = gate(findings, record.fingerprints(assess.DISCHARGE))
    if not result.is_open:
        raise GateShut(f"The patient cannot be discharged yet: {count(result.blocked_by)} open.", result)
    note_assessment(record, assess.DISCHARGE, findings, by=by, at=at)


def _leave(
    record: Record,
    event: str,
    kind: ExitKind,
    *,
    by: Viewer,
    at: datetime,
    left_at: datetime,
    key: UUID | None,
    detail: str = "",
    destination: str = "",
    with_whom: str = "",
    signature: Signature | None = None,
) -> None:
    """Record the way out. What the gate would have asked for and is missing is kept as it stands."""
    step(record, event, by=by, at=at, happened_at=left_at, note=detail)
    gave_dose = record.t0 is not None
    if gave_dose and kind != ExitKind.DISCHARGED:
        findings = assess.discharge(record, left_at)
        note_assessment(record, words(event), findings, by=by, at=at)
        note_deviations(record, findings, by=by, at=at)
    driving = assess.no_driving_before(record, left_at)
    add(
        models.Exit,
        record,
        by=by,
        at=at,
        key=key,
        **timed(record, left_at, at),
        kind=kind,
        detail=detail,
        destination=destination,
        with_whom=with_whom,
        no_driving_before=None if kind == ExitKind.DIED else driving,
        signature=signature,
    )
    audited(record, event, by=by, at=at)


def _sign(
    record: Record,
    meaning: str,
    content: dict[str, object],
    *,
    by: Viewer,
    at: datetime,
    reauth: Reauthenticated,
) -> Signature:
    return audit.sign(
        by=by,
        meaning=meaning,
        content=content,
        reauth=reauth,
        at=at,
        patient_id=record.visit.course.patient_id,
    )


def _need(words_given: str, sentence: str) -> None:
    if not words_given.strip():
        raise Refused(sentence)
