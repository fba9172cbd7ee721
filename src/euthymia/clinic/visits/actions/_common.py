"""What every write of this room shares: the locked visit, one key one fact, steps along the table of states."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Denied, Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.facts import Refused as Refused
from euthymia.clinic.audit.times import entered_offset_min
from euthymia.clinic.rulebook import actions as rulebook
from euthymia.clinic.visits import models, rows
from euthymia.clinic.visits.record import Record
from euthymia.protocol import VISIT, Finding, GateResult, Transition, deviations

F = TypeVar("F", bound=models.VisitFact)
CLOCK_TOLERANCE = timedelta(minutes=2)  # ours: how far a tablet's clock may run ahead of the server's


class Conflict(Refused):
    """Somebody else was first: the message says who did what, so that both are seen."""


class GateShut(Refused):
    """The rules hold this step back; ``result`` says which, and what a prescriber may sign for."""

    def __init__(self, message: str, result: GateResult) -> None:
        super().__init__(message)
        self.result = result


class Unusual(Refused):
    """Values that can be true but seldom are: to be confirmed by the person who entered them."""

    def __init__(self, values: tuple[str, ...]) -> None:
        super().__init__(
            f"Unusual: {', '.join(values)}. Save again if that is what you measured, or correct it."
        )
        self.values = values


def locked(by: Viewer, visit_id: UUID, permission: Permission) -> Record:
    """The visit, held until the transaction ends, so that writes to one visit come one after another.

    Raises Denied without the permission, NotFound for a visit of another clinic or of a patient ``by`` may not see.
    """
    by.require(permission)
    return Record(rows.visit(by, visit_id, hold=True))


def earlier(model: type[F], record: Record, key: UUID | None) -> F | None:
    """The fact this key already made; a repeated write returns it and changes nothing."""
    if key is None:
        return None
    found: F | None = model.objects.filter(idempotency_key=key).first()
    if found is not None and found.visit_id != record.visit.id:
        raise Refused("This form was sent for another visit. Open the visit again and enter it there.")
    return found


def add(
    model: type[F], record: Record, *, by: Viewer, at: datetime, key: UUID | None = None, **fields: Any
) -> F:
    """Insert one fact about the visit."""
    fact: F = model.objects.create(  # type: ignore[assignment]
        clinic_id=by.clinic_id,
        visit=record.visit,
        recorded_at=at,
        recorded_by_id=by.user_id,
        idempotency_key=key,
        **fields,
    )
    return fact


def add_all(
    model: type[F], record: Record, rows: Iterable[dict[str, Any]], *, by: Viewer, at: datetime, **fields: Any
) -> list[F]:
    """Insert facts about the visit that were told together, in one statement; each row says what is its own."""
    shared = {
        "clinic_id": by.clinic_id,
        "visit": record.visit,
        "recorded_at": at,
        "recorded_by_id": by.user_id,
    }
    made: list[F] = model.objects.bulk_create([model(**shared, **fields, **row) for row in rows])  # type: ignore[assignment]
    return made


def timed(record: Record, measured_at: datetime, at: datetime) -> dict[str, Any]:
    """The columns of a time a person entered. Refuses a time that is still to come."""
    refuse_future(record, measured_at, at)
    local = record.local(measured_at)
    return {"measured_at": measured_at, "entered_offset_min": entered_offset_min(local)}


def refuse_future(record: Record, measured_at: datetime, at: datetime) -> None:
    """Refuse to record now what is said to happen later."""
    if measured_at > at + CLOCK_TOLERANCE:
        later = record.local(measured_at)
        raise Refused(f"{later:%d %b %H:%M} is still to come. Enter the time at which it happened.")


def step(
    record: Record,
    event: str,
    *,
    by: Viewer,
    at: datetime,
    happened_at: datetime | None = None,
    note: str = "",
) -> None:
    """Move the visit along its table of states. Raises Denied for a role the table does not name, Refused otherwise."""
    visit = record.visit
    transition = VISIT.find(visit.state, event)
    if transition is None:
        raise Refused(f"The visit is {words(visit.state)}: “{words(event)}” is not possible from there.")
    if not {role.value for role in by.roles} & set(transition.roles):
        raise Denied(f"Only {' or '.join(words(role) for role in transition.roles)} may {words(event)}.")
    go(record, transition, by=by, at=at, happened_at=happened_at, note=note)


def go(
    record: Record,
    transition: Transition,
    *,
    by: Viewer,
    at: datetime,
    happened_at: datetime | None = None,
    note: str = "",
) -> None:
    """Take a step of the table that somebody may take; ``step`` asks who."""
    visit = record.visit
    if visit.book_version is None and transition.target in VISIT.occupied:
        visit.book_version = rulebook.keep_current(by=by, at=at)  # it begins: from here on by these rules
    visit.state = transition.target
    visit.version += 1
    visit.save(update_fields=["state", "version", "session_number", "book_version"])
    add(
        models.VisitTransition,
        record,
        by=by,
        at=at,
        **timed(record, happened_at or at, at),
        event=transition.event,
        source=transition.source,
        target=transition.target,
        version=visit.version,
        note=note,
    )


def expect_version(record: Record, version: int | None) -> None:
    """Tell a person whose screen is older than the visit what has happened since.

    Raises Conflict with the steps taken after the version the screen showed.
    """
    if version is None or version == record.visit.version:
        return
    since = [taken for taken in record.steps if taken.version > version]
    told = "; ".join(
        f"{taken.recorded_by.name} at {record.local(taken.recorded_at):%H:%M}: {words(taken.event)}"
        for taken in since
    )
    raise Conflict(
        f"Meanwhile the visit went on ({told or 'it was changed'}). Look at it again, then decide."
    )


def note_deviations(record: Record, findings: Iterable[Finding], *, by: Viewer, at: datetime) -> None:
    """Keep each breach that happened, once. A breach that goes on replaces its first telling while nobody has
    given a reason; afterwards it is a new one."""
    breaches = deviations(findings)
    if not breaches:
        return
    told = list(models.Deviation.objects.current().filter(visit=record.visit).select_related("answer"))
    for finding in breaches:
        if any(each.rule == finding.rule and each.sentence == finding.deviation for each in told):
            continue
        open_one = next(
            (each for each in told if each.rule == finding.rule and not hasattr(each, "answer")), None
        )
        add(
            models.Deviation,
            record,
            by=by,
            at=at,
            corrects=open_one,
            reason="The breach went on." if open_one else "",
            rule=finding.rule,
            sentence=finding.deviation,
            finding=finding.to_json(),
        )


def add_breach(record: Record, finding: Finding, sentence: str, *, by: Viewer, at: datetime) -> None:
    """Keep a finding as a deviation in words of its own: told of what was entered afterwards."""
    told = finding.to_json()
    add(models.Deviation, record, by=by, at=at, rule=finding.rule, sentence=sentence, finding=told)


def note_assessment(
    record: Record, gate: str, findings: Iterable[Finding], *, by: Viewer, at: datetime
) -> None:
    """Freeze what the rules said when a gate was passed."""
    add(
        models.Assessment,
        record,
        by=by,
        at=at,
        gate=gate,
        findings=[finding.to_json() for finding in findings],
        rules_version=record.rules.version,
    )


def audited(record: Record, verb: str, *, by: Viewer, at: datetime, **detail: Any) -> None:
    """Write the audit entry of an action on this visit. Called last: other audited writes wait from here on."""
    audit.record(
        by=by,
        verb=f"visits.{verb}",
        at=at,
        patient_id=record.visit.course.patient_id,
        subject=f"visit {record.visit.id}",
        detail=detail,
    )


def words(name: str) -> str:
    """A name of the tables as a person reads it."""
    return name.replace("_", " ")


def count(findings: Collection[object]) -> str:
    """How many things are open, in words."""
    return "one thing is" if len(findings) == 1 else f"{len(findings)} things are"
