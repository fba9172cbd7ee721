"""What was written on paper during an outage, entered afterwards by the same actions, each row marked as copied.

Measured times are those of the sheet, entry times those of now. The rules look at every value as of its own time:
what they find is told and calls nobody. A gate that was passed is looked at again, and what would have held it is
written down: nothing entered later reopens one unseen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Reauthenticated, Viewer
from euthymia.clinic.visits import assess, models
from euthymia.clinic.visits.actions._common import (
    Refused,
    add,
    note_assessment,
    step,
    timed,
)
from euthymia.clinic.visits.actions._giving import finish
from euthymia.clinic.visits.actions._judging import judge_sheet
from euthymia.clinic.visits.actions._leaving import leave, need, signed
from euthymia.clinic.visits.actions._sheet import Who, sheet
from euthymia.clinic.visits.actions.check_in import start_check_in
from euthymia.clinic.visits.actions.devices import administer_device
from euthymia.clinic.visits.actions.direct import DirectGiven, agree_to_route, end_direct, give_direct
from euthymia.clinic.visits.actions.going_home import record_escort_arrival
from euthymia.clinic.visits.actions.infusion import record_infusion
from euthymia.clinic.visits.actions.interview import record_escort, record_weight, sign_instructions
from euthymia.clinic.visits.actions.mood import record_risk
from euthymia.clinic.visits.actions.paper_order import paper_orders
from euthymia.clinic.visits.actions.watch import Readings, record_observations
from euthymia.clinic.visits.models.ends import ExitKind
from euthymia.clinic.visits.record import Record


@dataclass(frozen=True, slots=True)
class PaperCheckIn:
    """The first block of the sheet. What was not written stays ``None`` or empty."""

    came_at: datetime
    first: str = ""
    second: str = ""
    weight_kg: Decimal | None = None
    risk_level: str = ""
    risk_basis: str = ""
    escort_name: str = ""
    escort_phone: str = ""
    escort_expected_at: datetime | None = None
    signed_name: str = ""
    agreed_route: str = ""
    agreed_name: str = ""


@dataclass(frozen=True, slots=True)
class PaperRow:
    """One line of a table of the sheet: when, and what the action of that kind is given."""

    measured_at: datetime
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PaperLeaving:
    """The last block of the sheet."""

    kind: ExitKind
    left_at: datetime
    with_whom: str = ""
    detail: str = ""
    destination: str = ""
    stable_basis: str = ""
    rescreen_level: str = ""
    rescreen_basis: str = ""


@transaction.atomic
def enter_check_in(
    *, by: Viewer, at: datetime, visit_id: UUID, said: PaperCheckIn, who: Who, idempotency_key: UUID
) -> None:
    """Enter the first block: who came, and what was asked and measured before the dose."""
    with sheet(by, at, visit_id, Permission.RECORD_CHECK_IN, "check-in", who, idempotency_key) as record:
        if record is None:
            return
        given: dict[str, Any] = {"by": by, "at": at, "visit_id": visit_id}
        if record.visit.state == "scheduled":
            need(said.first and said.second, "Enter by which two identifiers the patient was known.")
            start_check_in(**given, first=said.first, second=said.second, happened_at=said.came_at)
        if said.weight_kg is not None:
            record_weight(**given, weight_kg=said.weight_kg, measured_at=said.came_at)
        if said.risk_level:
            record_risk(**given, level=said.risk_level, basis=said.risk_basis, assessed_at=said.came_at)
        if said.escort_name:
            record_escort(
                **given,
                name=said.escort_name,
                phone=said.escort_phone or "not written on the sheet",
                expected_at=said.escort_expected_at or said.came_at,
            )
        if said.signed_name:
            sign_instructions(**given, signed_name=said.signed_name, measured_at=said.came_at)
        if said.agreed_route:
            agree_to_route(
                **given, route=said.agreed_route, signed_name=said.agreed_name, measured_at=said.came_at
            )


@transaction.atomic
def enter_devices(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    rows: Sequence[PaperRow],
    whole: bool,
    who: Who,
    idempotency_key: UUID,
) -> None:
    """Enter the devices of the sheet in the order of their times; ``whole`` says that none was to follow."""
    with sheet(by, at, visit_id, Permission.RECORD_ADMINISTRATION, "devices", who, idempotency_key) as record:
        if record is None:
            return
        for number, row in enumerate(_in_time(rows)):
            administer_device(
                by=by,
                at=at,
                visit_id=visit_id,
                measured_at=row.measured_at,
                idempotency_key=uuid5(idempotency_key, f"device {number}"),
                given_by=who.user_id,
                **row.values,
            )
        _whole(visit_id, by=by, at=at, whole=whole)


@transaction.atomic
def enter_infusion(
    *, by: Viewer, at: datetime, visit_id: UUID, rows: Sequence[PaperRow], who: Who, idempotency_key: UUID
) -> None:
    """Enter the steps of the infusion in the order of their times."""
    with sheet(
        by, at, visit_id, Permission.RECORD_ADMINISTRATION, "infusion", who, idempotency_key
    ) as record:
        if record is None:
            return
        for number, row in enumerate(_in_time(rows)):
            record_infusion(
                by=by,
                at=at,
                visit_id=visit_id,
                measured_at=row.measured_at,
                idempotency_key=uuid5(idempotency_key, f"step {number}"),
                given_by=who.user_id,
                **row.values,
            )


@transaction.atomic
def enter_direct(
    *, by: Viewer, at: datetime, visit_id: UUID, rows: Sequence[PaperRow], who: Who, idempotency_key: UUID
) -> None:
    """Enter what went into the muscle or the mouth, in the order of the times.

    A row holds what was ``given``, or the ``outcome`` of what was held under the tongue until then.
    """
    with sheet(by, at, visit_id, Permission.RECORD_ADMINISTRATION, "direct", who, idempotency_key) as record:
        if record is None:
            return
        number = max((row.number for row in record.direct_given), default=0)
        for place, row in enumerate(_in_time(rows)):
            said: dict[str, Any] = {
                "by": by,
                "at": at,
                "visit_id": visit_id,
                "measured_at": row.measured_at,
                "given_by": who.user_id,
                "idempotency_key": uuid5(idempotency_key, f"dose {place}"),
            }
            given: DirectGiven | None = row.values["given"]
            if given is None:
                end_direct(**said, outcome=row.values["outcome"])
            else:
                number += 1
                give_direct(**said, number=number, given=given)


@transaction.atomic
def enter_readings(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    rows: Sequence[tuple[datetime, Readings]],
    confirmed: Sequence[str] = (),
    who: Who,
    idempotency_key: UUID,
) -> None:
    """Enter every line of readings. Raises Unusual for the first line that holds what seldom is."""
    with sheet(by, at, visit_id, Permission.RECORD_OBSERVATION, "readings", who, idempotency_key) as record:
        if record is None:
            return
        if not rows:
            raise Refused("Nothing was entered. Enter at least one line.")
        for number, (measured_at, readings) in enumerate(sorted(rows, key=lambda row: row[0])):
            record_observations(
                by=by,
                at=at,
                visit_id=visit_id,
                readings=readings,
                measured_at=measured_at,
                confirmed=confirmed,
                from_paper=True,
                idempotency_key=uuid5(idempotency_key, f"line {number}"),
            )
        judge_sheet(record, sorted({measured_at for measured_at, _ in rows}), by=by, at=at)


@transaction.atomic
def enter_leaving(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    said: PaperLeaving,
    who: Who,
    reauth: Reauthenticated,
    idempotency_key: UUID,
) -> None:
    """Enter how and when the patient left, signed by who copies it. It happened, so no gate refuses it: what the gate
    would have asked for and is missing is kept as deviations, open for a reason."""
    with sheet(by, at, visit_id, Permission.DISCHARGE, "leaving", who, idempotency_key) as record:
        if record is None:
            return
        given: dict[str, Any] = {"by": by, "at": at, "visit_id": visit_id}
        if said.rescreen_level:
            record_risk(
                **given, level=said.rescreen_level, basis=said.rescreen_basis, assessed_at=said.left_at
            )
        if said.stable_basis.strip():
            add(
                models.StabilityJudgement,
                record,
                by=by,
                at=at,
                **timed(record, said.left_at, at),
                stable=True,
                basis=said.stable_basis.strip(),
            )
        if said.with_whom.strip() and said.kind == ExitKind.DISCHARGED:
            record_escort_arrival(**given, name=said.with_whom, measured_at=said.left_at)
        _leave_as_written(Record(record.visit), said, by=by, at=at, reauth=reauth)


def _in_time(rows: Sequence[PaperRow]) -> list[PaperRow]:
    if not rows:
        raise Refused("Nothing was entered. Copy at least one line of the sheet.")
    return sorted(rows, key=lambda row: row.measured_at)


def _whole(visit_id: UUID, *, by: Viewer, at: datetime, whole: bool) -> None:
    visit = models.Visit.objects.select_related("clinic", "course__patient", "chair").get(id=visit_id)
    record = Record(visit)
    paper = next((each for each in reversed(paper_orders(record))), None)
    enough = paper is not None and paper.devices is not None and len(record.devices) >= paper.devices
    if (whole or enough) and record.last_dose_at is not None:
        finish(record, by=by, at=at, happened_at=record.last_dose_at, note="Entered later from paper.")


def _leave_as_written(
    record: Record, said: PaperLeaving, *, by: Viewer, at: datetime, reauth: Reauthenticated
) -> None:
    event = _EVENTS[said.kind]
    detail = said.detail.strip()
    if said.kind != ExitKind.DISCHARGED:
        need(detail, "Write what the sheet says about how the patient left.")
    if said.kind == ExitKind.DISCHARGED and record.visit.state == "administering":
        finish(record, by=by, at=at, happened_at=record.last_dose_at or said.left_at, note="Entered later.")
    if said.kind == ExitKind.DISCHARGED and record.visit.state == "monitoring":
        note_assessment(record, assess.DISCHARGE, assess.discharge(record, said.left_at), by=by, at=at)
        step(
            record,
            "find_ready_to_leave",
            by=by,
            at=at,
            happened_at=said.left_at,
            note="As the paper sheet says; entered later.",
        )
    content = {
        "visit": record.visit.id,
        "left_at": said.left_at,
        "kind": said.kind.value,
        "with": said.with_whom,
    }
    signature = signed(
        record, "I copied from paper how this patient left", content, by=by, at=at, reauth=reauth
    )
    leave(
        record,
        event,
        said.kind,
        by=by,
        at=at,
        left_at=said.left_at,
        key=None,
        detail=detail,
        destination=said.destination.strip(),
        with_whom=said.with_whom.strip(),
        signature=signature,
    )


_EVENTS: dict[ExitKind, str] = {
    ExitKind.DISCHARGED: "discharge",
    ExitKind.LEFT_AGAINST_ADVICE: "leave_against_advice",
    ExitKind.TRANSFERRED: "transfer",
    ExitKind.WITHHELD: "withhold",
}
