"""A synthetic visit's dose: ordered, confirmed, given. Each yields the time of what comes next, then does it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.access.witness import Witness
from euthymia.clinic.config.demo.clockwork import Life
from euthymia.clinic.config.demo.looking_after import readings
from euthymia.clinic.config.demo.sitting import LOT, Sitting
from euthymia.clinic.config.demo.team import Team, prove, soon
from euthymia.clinic.visits import actions, models
from euthymia.clinic.visits.assess import Dose
from euthymia.clinic.visits.models.dose import InfusionStep
from euthymia.protocol import (
    Product,
)
from euthymia.protocol.drug_account import Movement


def order(team: Team, sitting: Sitting) -> Life:
    at = soon(sitting.t0, -12)
    yield at
    actions.finish_check_in(by=sitting.nurse, at=at, visit_id=sitting.visit_id)
    at = soon(sitting.t0, -7)
    yield at
    prescriber = team.one(Role.PRESCRIBER, sitting.person.number)
    actions.sign_order(
        by=prescriber, at=at, visit_id=sitting.visit_id, dose=sitting.dose, reauth=prove(prescriber, at)
    )
    at = soon(sitting.t0, -3)
    yield at
    _take_out(sitting, at)
    _confirm(team, sitting, prescriber, at)


def _take_out(sitting: Sitting, at: datetime) -> None:
    """The drug leaves the store: the devices, or as much ketamine as the dose takes."""
    nasal = sitting.product is Product.ESKETAMINE_NASAL
    amount = Decimal(sitting.dose.devices or 0) if nasal else drawn_mg(sitting.dose)
    actions.move_drug(
        by=sitting.nurse,
        at=at,
        visit_id=sitting.visit_id,
        kind=Movement.DRAWN,
        amount=amount,
        measured_at=at,
        lot=LOT,
        expires_on=expiry(at),
    )


def drawn_mg(dose: Dose) -> Decimal:
    """What the pump will have given when its volume is in."""
    assert dose.volume_ml is not None
    assert dose.concentration_mg_per_ml is not None
    return (dose.volume_ml * dose.concentration_mg_per_ml).quantize(Decimal("0.01"), ROUND_HALF_UP)


def expiry(at: datetime) -> date:
    """A day on which what is used now is still good."""
    return (at + timedelta(days=400)).date()


def _confirm(team: Team, sitting: Sitting, prescriber: Viewer, at: datetime) -> None:
    """Another nurse confirms the dose on the first one's tablet; where there is none, nobody does."""
    others = {prescriber.user_id, sitting.nurse.user_id}
    second = next((one for one in team.members[Role.NURSE] if one.user_id not in others), None)
    if second is None:
        return
    dose = sitting.dose
    assert dose.dose_mg is not None
    actions.confirm_at_bedside(
        by=sitting.nurse,
        at=at,
        visit_id=sitting.visit_id,
        witness=Witness(second, prove(second, at)),
        first="name",
        second="birth date",
        read=actions.ReadAtBedside(
            product=sitting.product.value,
            dose_mg=dose.dose_mg,
            devices=dose.devices,
            concentration_mg_per_ml=dose.concentration_mg_per_ml,
            volume_ml=dose.volume_ml,
            rate_ml_per_h=dose.rate_ml_per_h,
        ),
    )


def give(sitting: Sitting) -> Life:
    if sitting.product is Product.KETAMINE_IV:
        yield from _infuse(sitting)
        return
    assert sitting.dose.devices is not None
    given = models.DeviceAdministration.objects.filter(visit_id=sitting.visit_id).count()
    for number in range(given + 1, sitting.dose.devices + 1):
        at = sitting.when(soon(sitting.t0, float(sitting.rules["DEV-3"].number("rest_min")) * (number - 1)))
        yield at
        if number == 1:
            actions.take_watch(by=sitting.nurse, at=at, visit_id=sitting.visit_id)
        actions.administer_device(
            by=sitting.nurse,
            at=at,
            visit_id=sitting.visit_id,
            number=number,
            measured_at=at,
            first_nostril="left" if number % 2 else "right",
            lot=LOT,
            expires_on=expiry(at),
        )


def _infuse(sitting: Sitting) -> Life:
    yield sitting.t0
    if not models.InfusionEvent.objects.filter(visit_id=sitting.visit_id).exists():
        actions.take_watch(by=sitting.nurse, at=sitting.t0, visit_id=sitting.visit_id)
        actions.record_infusion(
            by=sitting.nurse,
            at=sitting.t0,
            visit_id=sitting.visit_id,
            event=InfusionStep.STARTED,
            measured_at=sitting.t0,
            rate_ml_per_h=sitting.dose.rate_ml_per_h,
            concentration_mg_per_ml=sitting.dose.concentration_mg_per_ml,
            lot=LOT,
            expires_on=expiry(sitting.t0),
        )
    yield from readings(sitting, sitting.when(sitting.t0), sitting.last_dose_at)
    at = sitting.when(sitting.last_dose_at)
    yield at
    actions.record_infusion(
        by=sitting.nurse,
        at=at,
        visit_id=sitting.visit_id,
        event=InfusionStep.ENDED,
        measured_at=at,
        volume_given_ml=sitting.dose.volume_ml,
    )
