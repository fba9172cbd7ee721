"""The drug of a visit for its pages: who confirmed the dose, the ledger's lines, whether the account balances."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from euthymia.clinic.access import queries as access
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.pharmacy import queries as ledger
from euthymia.clinic.visits import assess
from euthymia.clinic.visits.queries._common import record_for
from euthymia.clinic.visits.record import Record
from euthymia.protocol import VISIT, Finding, Outcome, Product
from euthymia.protocol.drug_account import Movement
from euthymia.protocol.units import plain

_WORDS = {
    Movement.DRAWN: "Taken out",
    Movement.GIVEN: "Given",
    Movement.WASTED: "Wasted",
    Movement.RETURNED: "Brought back",
}


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Whether a second person has confirmed the dose; ``sentence`` says what is missing, or who did."""

    stands: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class LineView:
    """One line of the visit's drug. ``by_hand`` lines can be taken back; the others follow from the dose."""

    id: UUID
    words: str
    amount: str
    lot: str
    expires_on: date | None
    at: datetime
    recorded_by: str
    witness: str
    why: str
    reason: str
    by_hand: bool


@dataclass(frozen=True, slots=True)
class Account:
    """The drug of a visit as the ledger has it."""

    lines: tuple[LineView, ...]
    finding: Finding | None
    discrepancy: str

    @property
    def balances(self) -> bool:
        """Whether nothing is missing and nothing too much."""
        return self.finding is None or self.finding.outcome is Outcome.SATISFIED


def confirmation(record: Record, now: datetime) -> Confirmation | None:
    """Whether the order that stands is confirmed; ``None`` without an order, or where the rules do not ask."""
    finding = assess.confirmed(record, now) if record.order else None
    return Confirmation(finding.outcome is Outcome.SATISFIED, finding.sentence) if finding else None


def unconfirmed(viewer: Viewer, visit_id: UUID, now: datetime) -> str:
    """Why a dose that starts now would start unconfirmed; empty where it would not, or has begun."""
    record = record_for(viewer, visit_id)
    if record.t0 is not None:
        return ""
    if record.order is None:
        return "No order stands, and nobody has confirmed this dose."
    found = confirmation(record, now)
    return "" if found is None or found.stands else found.sentence


def account(viewer: Viewer, record: Record, now: datetime) -> Account:
    """The account of a visit whose rows are at hand."""
    closed = None if record.visit.state in VISIT.occupied else record.drug_account
    return Account(
        lines=tuple(_line_view(line) for line in ledger.of_visit(viewer, record.visit.id)),
        finding=assess.drug_account(viewer, record, now),
        discrepancy=closed.discrepancy if closed else "",
    )


def account_of(viewer: Viewer, visit_id: UUID, now: datetime) -> Account:
    """The account of a visit."""
    return account(viewer, record_for(viewer, visit_id), now)


def drug_line(viewer: Viewer, visit_id: UUID, line_id: UUID) -> LineView:
    """One line that stands, to take it back. Raises NotFound for one that does not."""
    record_for(viewer, visit_id)
    for found in ledger.of_visit(viewer, visit_id):
        if found.id == line_id:
            return _line_view(found)
    raise NotFound("No such line in this visit.")


def second_people(viewer: Viewer, visit_id: UUID, *, confirming: bool) -> tuple[tuple[UUID, str], ...]:
    """Who may sign as the second person: to confirm an order all but who signed it, to see waste all but the viewer."""
    record = record_for(viewer, visit_id)
    order = record.order
    not_asked = (order.recorded_by_id if order else None) if confirming else viewer.user_id
    everybody = access.colleagues(viewer, Permission.RECORD_ADMINISTRATION)
    return tuple(each for each in everybody if each[0] != not_asked)


def others_who_give(viewer: Viewer) -> tuple[tuple[UUID, str], ...]:
    """Who else may have given what somebody enters for them."""
    everybody = access.colleagues(viewer, Permission.RECORD_ADMINISTRATION)
    return tuple(each for each in everybody if each[0] != viewer.user_id)


def amount_words(amount: Decimal, product: Product) -> str:
    """An amount with its unit."""
    if product is Product.ESKETAMINE_NASAL:
        return f"{plain(amount)} device{'' if amount == 1 else 's'}"
    return f"{plain(amount)} mg"


def _line_view(found: ledger.LedgerLine) -> LineView:
    nasal = found.unit == "device"
    return LineView(
        id=found.id,
        words=_WORDS[found.kind],
        amount=amount_words(found.amount, Product.ESKETAMINE_NASAL if nasal else Product.KETAMINE_IV),
        lot=found.lot,
        expires_on=found.expires_on,
        at=found.happened_at,
        recorded_by=found.recorded_by,
        witness=found.witness,
        why=found.why,
        reason=found.reason,
        by_hand=found.kind in (Movement.DRAWN, Movement.RETURNED),
    )
