"""The drug of a visit: what was taken out, wasted and brought back, what was given, and the account at its close."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.permissions import Permission, Role
from euthymia.clinic.access.viewer import NotFound, Reauthenticated, Viewer
from euthymia.clinic.access.witness import Witness
from euthymia.clinic.audit.models import Signature
from euthymia.clinic.pharmacy import actions as ledger
from euthymia.clinic.pharmacy import queries as ledger_queries
from euthymia.clinic.safety import actions as safety
from euthymia.clinic.safety.models import TaskKind
from euthymia.clinic.visits import assess, giving_facts, models
from euthymia.clinic.visits.actions._common import Refused, add, audited, locked, refuse_future
from euthymia.clinic.visits.record import Record
from euthymia.evidence import task_delay
from euthymia.protocol import Finding, Outcome
from euthymia.protocol.drug_account import Movement

ACCOUNT_FOLLOWS = "The dose on record changed."


@transaction.atomic
def move_drug(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    kind: Movement,
    amount: Decimal,
    measured_at: datetime,
    lot: str,
    expires_on: date | None = None,
    container: str = "",
    idempotency_key: UUID | None = None,
) -> UUID:
    """Record drug taken out for this visit or brought back from it, and return the line's id.

    What is given follows from the dose, and waste needs a second person: neither is recorded here.
    """
    record = locked(by, visit_id, Permission.RECORD_ADMINISTRATION)
    if kind not in (Movement.DRAWN, Movement.RETURNED):
        raise Refused("Only what was taken out or brought back is recorded like this.")
    refuse_future(record, measured_at, at)
    line = _line(record, kind, amount, measured_at, lot, expires_on, container)
    made = ledger.write(by=by, at=at, line=line, idempotency_key=idempotency_key)
    audited(record, f"drug_{kind.value}", by=by, at=at, line=made)
    return made


@transaction.atomic
def waste_drug(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    amount: Decimal,
    measured_at: datetime,
    lot: str,
    why: str,
    reauth: Reauthenticated,
    witness: Witness,
    idempotency_key: UUID | None = None,
) -> UUID:
    """Record waste, signed by ``by`` and by a second person who saw it, and return the line's id."""
    record = locked(by, visit_id, Permission.RECORD_ADMINISTRATION)
    refuse_future(record, measured_at, at)
    line = replace(_line(record, Movement.WASTED, amount, measured_at, lot), why=why)
    made = ledger.waste(
        by=by, at=at, line=line, reauth=reauth, witness=witness, idempotency_key=idempotency_key
    )
    audited(record, "drug_wasted", by=by, at=at, line=made, witness=witness.viewer.user_id)
    return made


@transaction.atomic
def take_back_line(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    line_id: UUID,
    reason: str,
    idempotency_key: UUID | None = None,
) -> None:
    """Correct a line that was wrong to nothing, with the reason; what is right is entered anew.

    Waste stays: two people signed that they saw it.
    """
    record = locked(by, visit_id, Permission.RECORD_ADMINISTRATION)
    wrong = next((each for each in ledger_queries.of_visit(by, visit_id) if each.id == line_id), None)
    if wrong is None:
        raise NotFound("No such line in this visit.")
    if wrong.source:
        raise Refused("This line follows from the dose on record. Correct the device or the infusion.")
    if wrong.kind is Movement.WASTED:
        raise Refused("Two people signed this waste. What is wrong with it belongs into the closing account.")
    line = _line(record, wrong.kind, Decimal(0), record.local(wrong.happened_at), wrong.lot, wrong.expires_on)
    ledger.write(by=by, at=at, line=line, corrects=line_id, reason=reason, idempotency_key=idempotency_key)
    audited(record, "drug_line_taken_back", by=by, at=at, line=line_id)


def keep_given(record: Record, *, by: Viewer, at: datetime) -> None:
    """Let the ledger say what the record says was given: a new line, or a correction of the one there."""
    for source, line in _given(record).items():
        there = ledger_queries.line_of_source(by, source)
        said = (line.amount, line.lot, line.expires_on, line.container)
        if there is None and line.amount:
            ledger.write(by=by, at=at, line=line)
        elif there is not None and said != (there.amount, there.lot, there.expires_on, there.container):
            ledger.write(by=by, at=at, line=line, corrects=there.id, reason=ACCOUNT_FOLLOWS)


def given_sources(record: Record) -> frozenset[str]:
    """The sources of the ledger's lines that follow from the doses on record."""
    return frozenset(_given(record))


def take_back_given(sources: frozenset[str], record: Record, *, by: Viewer, at: datetime, why: str) -> None:
    """Correct the ledger's lines of doses that are no longer this visit's to nothing, with the reason."""
    for source in sorted(sources):
        there = ledger_queries.line_of_source(by, source)
        if there is None or not there.amount:
            continue
        line = _line(record, there.kind, Decimal(0), there.happened_at, there.lot, there.expires_on)
        ledger.write(by=by, at=at, line=replace(line, source=source), corrects=there.id, reason=why)


def close_account(
    record: Record, signature: Signature, discrepancy: str, *, by: Viewer, at: datetime
) -> Finding | None:
    """Keep the account as it stands when the visit is closed. One that does not balance goes to the director.

    Raises Refused for one without a word about what is missing.
    """
    finding = assess.drug_account(by, record, at)
    if finding is None:
        return None
    balanced = finding.outcome is Outcome.SATISFIED
    check_account(finding, discrepancy)
    add(
        models.DrugAccount,
        record,
        by=by,
        at=at,
        finding=finding.to_json(),
        discrepancy="" if balanced else discrepancy.strip(),
        signature=signature,
    )
    if not balanced:
        _tell_director(record, by=by, at=at)
    return finding


def check_account(finding: Finding | None, discrepancy: str) -> None:
    """Refuse to close over drug that is not accounted for without a word about it."""
    if finding is not None and finding.outcome is not Outcome.SATISFIED and not discrepancy.strip():
        raise Refused(
            f"{finding.sentence} Put the account right, or write what is known about it: it goes to the medical "
            "director.",
            "discrepancy",
        )


def _tell_director(record: Record, *, by: Viewer, at: datetime) -> None:
    safety.open_task(
        by=by,
        at=at,
        patient_id=record.visit.course.patient_id,
        kind=TaskKind.DRUG_DISCREPANCY,
        origin=f"drug:{record.visit.id}",  # the follow-up of the patient does not wait for it
        owner_role=Role.MEDICAL_DIRECTOR,
        opens_at=at,
        due_at=at + task_delay("drug_discrepancy", "due_within"),
        note="A visit was closed with drug that is not accounted for.",
    )


def _line(
    record: Record,
    kind: Movement,
    amount: Decimal,
    measured_at: datetime,
    lot: str,
    expires_on: date | None = None,
    container: str = "",
) -> ledger.Line:
    return ledger.Line(
        visit_id=record.visit.id,
        patient_id=record.visit.course.patient_id,
        product=record.product,
        kind=kind,
        amount=amount,
        happened_at=record.local(measured_at),
        lot=lot,
        expires_on=expires_on,
        container=container,
    )


def _given(record: Record) -> dict[str, ledger.Line]:
    """What the record says was given, by the source of its line."""
    return {
        each.source: replace(
            _line(record, Movement.GIVEN, each.amount, each.at, each.lot, each.expires_on, each.container),
            source=each.source,
        )
        for each in giving_facts.given(record)
    }
