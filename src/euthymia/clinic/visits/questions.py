"""What the forecasts are asked about a visit: the doses as they were given, the person as recorded."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from euthymia.clinic.forecasts.engine import Dose, Question
from euthymia.clinic.people.queries import age_on
from euthymia.clinic.visits import assess, facts, models
from euthymia.clinic.visits.models.dose import InfusionStep
from euthymia.clinic.visits.record import Record
from euthymia.protocol import Product

NASAL_MODEL = "perez-ruixo-2021"
INFUSION_MODELS = ("otto-2021", "kamp-2020")
"""Venous esketamine, half of the racemate, in young volunteers; arterial ketamine, both enantiomers. Each says so."""

_RUNNING = (InfusionStep.STARTED, InfusionStep.RATE_CHANGED, InfusionStep.RESUMED)
_THOUSANDTH = Decimal("0.001")


def forecasts(record: Record) -> tuple[Question, ...]:
    """One question for each model that describes this product; none before anything was given."""
    t0 = record.t0
    if t0 is None:
        return ()
    if record.product is Product.ESKETAMINE_NASAL:
        doses = tuple(_device(record, device, t0) for device in record.devices)
        return (_question(record, NASAL_MODEL, "esketamine", "nasal", t0, doses),) if doses else ()
    if record.direct_given:
        return ()  # no model describes this route
    doses = infused(record, t0)
    return tuple(_question(record, model, "ketamine", "iv", t0, doses) for model in INFUSION_MODELS if doses)


def infused(record: Record, t0: datetime) -> tuple[Dose, ...]:
    """The infusion as stretches at one rate. While it runs, as the pump was set so far and goes on; once it is over,
    scaled to what went in.
    """
    end = record.pump(InfusionStep.STOPPED, InfusionStep.ENDED)
    if end is None:
        return _running(record, t0) or _as_ordered(record)
    stretches = _stretches(record, end.measured_at)
    total = facts.infused_mg(record)
    weighed = sum((rate * minutes for _, rate, minutes in stretches), Decimal(0))
    if not total or not weighed:
        return ()
    return tuple(
        Dose(_minutes(start - t0), (total * rate * minutes / weighed).quantize(_THOUSANDTH), minutes)
        for start, rate, minutes in stretches
        if minutes > 0
    )


def _running(record: Record, t0: datetime) -> tuple[Dose, ...]:
    """What went in at each rate until the last step, and the rest of the order at the present one; a pause adds none.

    Empty where a rate or what is in the syringe was not recorded: then the order is all that is known.
    """
    order, events = record.order, [*record.infusion]
    strength = facts.infusion_concentration(record)
    if order is None or not strength or not events[0].rate_ml_per_h:
        return ()
    doses = [
        Dose(_minutes(start - t0), (rate * strength * minutes / 60).quantize(_THOUSANDTH), minutes)
        for start, rate, minutes in _stretches(record, events[-1].measured_at)
        if minutes > 0
    ]
    left = order.dose_mg - sum((dose.mg for dose in doses), Decimal(0))
    rate = next((each.rate_ml_per_h for each in reversed(events) if each.rate_ml_per_h), Decimal(0))
    if events[-1].step in _RUNNING and left > 0 and rate > 0:
        minutes = (left / (rate * strength) * 60).quantize(_THOUSANDTH, ROUND_HALF_UP)
        doses.append(Dose(_minutes(events[-1].measured_at - t0), left.quantize(_THOUSANDTH), minutes))
    return tuple(dose for dose in doses if dose.mg > 0)


def _as_ordered(record: Record) -> tuple[Dose, ...]:
    order = record.order
    if order is None or order.minutes is None:
        return ()
    return (Dose(Decimal(0), order.dose_mg, order.minutes),)


def _stretches(record: Record, ended: datetime) -> list[tuple[datetime, Decimal, Decimal]]:
    """Start, relative rate and minutes of each stretch in which the pump ran."""
    events = [*record.infusion]
    stretches, rate = [], Decimal(1)
    for event, after in zip(events, [*events[1:], None], strict=True):
        rate = event.rate_ml_per_h or rate
        until = after.measured_at if after else ended
        if event.step in _RUNNING:
            stretches.append((event.measured_at, rate, _minutes(until - event.measured_at)))
    return stretches


def _device(record: Record, device: models.DeviceAdministration, t0: datetime) -> Dose:
    content = record.rules["DEV-1"].number("mg_per_device")
    return Dose(_minutes(device.measured_at - t0), content, device=device.number)


def _question(
    record: Record, model: str, drug: str, route: str, t0: datetime, doses: tuple[Dose, ...]
) -> Question:
    patient, weight = record.visit.course.patient, assess.weight(record)
    return Question(
        model=model,
        drug=drug,
        route=route,
        t0=t0,
        doses=doses,
        age_years=age_on(patient.birth_date, record.local(t0).date()),
        weight_kg=weight.value if weight else None,
        ancestry=patient.ancestry if model == NASAL_MODEL else None,
    )


def _minutes(span: timedelta) -> Decimal:
    seconds = Decimal(str(span.total_seconds()))
    return (seconds / 60).quantize(_THOUSANDTH, ROUND_HALF_UP)
