"""Gathers the rows about the moment a dose is given into the frozen values that the rules judge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.pharmacy import queries as ledger
from euthymia.clinic.visits import facts, models
from euthymia.clinic.visits.models.dose import InfusionStep
from euthymia.clinic.visits.models.visit import VisitFact
from euthymia.clinic.visits.record import Record
from euthymia.protocol import Datum, Product
from euthymia.protocol.bedside import BedsideFacts, Person
from euthymia.protocol.drug_account import DrugAccountFacts, Moved
from euthymia.protocol.expiry import Used
from euthymia.protocol.pump import PumpFacts, PumpStep, Step
from euthymia.protocol.route import GivenBy, Route
from euthymia.protocol.route import usual as usual_route

F = TypeVar("F", bound=VisitFact)


def bedside(record: Record) -> BedsideFacts:
    """Who signed the order, who confirmed it at the chair, who started the dose."""
    order, check = record.order, record.bedside_check
    begun = record.devices[0] if record.devices else facts.first_given(record)
    checked = started = None
    if check is not None:
        checked = Datum(
            Person(str(check.confirmed_by_id), check.confirmed_by.name),
            check.measured_at,
            facts.origin(check),
        )
    if begun is not None:
        by = (
            begun.given_by or first_entry(begun).recorded_by
        )  # who gave it, not who entered it or put it right
        started = Datum(Person(str(by.pk), by.name), begun.measured_at, facts.origin(begun))
    signed = Person(str(order.recorded_by_id), order.signature.signer_name) if order else None
    return BedsideFacts(record.product, signed, checked, started)


def first_entry(fact: F) -> F:
    """The fact as it was first entered, before any correction."""
    while (corrected := getattr(fact, "corrects_id", None)) is not None:
        fact = type(fact)._default_manager.select_related("recorded_by").get(pk=corrected)
    return fact


def used(record: Record) -> tuple[Used, ...]:
    """Every device and vial as it was used, with its expiry."""
    if record.product is Product.ESKETAMINE_NASAL:
        return tuple(
            Used(f"device {row.number}", _day(record, row), row.expires_on, row.lot, facts.origin(row))
            for row in record.devices
        )
    rows: list[tuple[str, models.InfusionEvent | models.DirectDose]] = [
        ("the vial" if row.route == Route.INTRAMUSCULAR else f"dose {row.number}", row)
        for row in record.direct_given
    ]
    if start := record.pump(InfusionStep.STARTED):
        rows.append(("the vial", start))
    return tuple(
        Used(name, _day(record, row), row.expires_on, row.lot, facts.origin(row)) for name, row in rows
    )


def route(record: Record) -> GivenBy:
    """By which routes doses were given, first to last, and by which one was ordered."""
    usual = usual_route(record.product)
    start, order = record.pump(InfusionStep.STARTED), record.order
    rows = [(row.measured_at, Route(row.route), facts.origin(row)) for row in record.direct_given]
    rows += [(row.measured_at, usual, facts.origin(row)) for row in ((start,) if start else ())]
    ordered = None if order is None else Route(order.route) if order.route else usual
    given = tuple(Datum(way, at, origin) for at, way, origin in sorted(rows))
    return GivenBy(record.product, given, ordered)


def pump(record: Record) -> PumpFacts:
    """What the pump was made to do, and what was ordered of it."""
    order, start = record.order, record.pump(InfusionStep.STARTED)
    return PumpFacts(
        product=record.product,
        steps=tuple(step(row) for row in record.infusion),
        concentration_mg_per_ml=start.concentration_mg_per_ml if start else None,
        ordered_rate_ml_per_h=order.rate_ml_per_h if order else None,
        ordered_mg_per_ml=order.concentration_mg_per_ml if order else None,
    )


def step(row: models.InfusionEvent) -> PumpStep:
    """One step of the pump."""
    return PumpStep(
        Step[InfusionStep(row.step).name],
        row.measured_at,
        row.rate_ml_per_h,
        row.volume_given_ml,
        facts.origin(row),
    )


def _day(record: Record, row: models.TimedFact) -> date:
    return record.local(row.measured_at).date()


@dataclass(frozen=True, slots=True)
class Given:
    """One dose as the ledger takes it: devices one by one, injections and infusions as the mass that went in."""

    source: str
    amount: Decimal
    at: datetime
    lot: str
    expires_on: date | None
    container: str


def given(record: Record) -> tuple[Given, ...]:
    """What the record says was given; an infusion once it is over and its mass is known."""
    if record.product is Product.ESKETAMINE_NASAL:
        return tuple(
            Given(
                f"device:{record.visit.id}:{row.number}",
                Decimal(1),
                row.measured_at,
                row.lot,
                row.expires_on,
                row.serial,
            )
            for row in record.devices
        )
    direct = tuple(
        Given(
            f"direct:{record.visit.id}:{row.number}",
            row.dose_mg or Decimal(0),
            row.measured_at,
            row.lot,
            row.expires_on,
            row.container,
        )
        for row in record.direct_given
    )
    start, mass = record.pump(InfusionStep.STARTED), facts.infused_mg(record)
    if start is None or mass is None:
        return direct
    end = record.pump(InfusionStep.STOPPED, InfusionStep.ENDED)
    at = end.measured_at if end else start.measured_at
    return (*direct, Given(f"infusion:{record.visit.id}", mass, at, start.lot, start.expires_on, ""))


def account(viewer: Viewer, record: Record) -> DrugAccountFacts:
    """The drug of the visit as the ledger has it."""
    over = record.pump(InfusionStep.STOPPED, InfusionStep.ENDED) is not None
    begun = record.pump(InfusionStep.STARTED) is not None
    return DrugAccountFacts(
        product=record.product,
        movements=tuple(
            Moved(line.kind, line.amount, line.lot, line.happened_at, f"recorded by {line.recorded_by}")
            for line in ledger.of_visit(viewer, record.visit.id)
        ),
        given_known=not begun or (over and facts.infused_mg(record) is not None),
    )
