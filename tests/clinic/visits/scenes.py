"""Visits for tests, made by the actions themselves and stopped at a named state."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from tests.clinic import factories, patients
from tests.clinic.again import again

from euthymia.clinic.access.models import Clinic
from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.access.witness import Witness
from euthymia.clinic.visits import actions, models
from euthymia.clinic.visits.actions import Readings
from euthymia.clinic.visits.assess import Dose
from euthymia.clinic.visits.models.dose import InfusionStep
from euthymia.protocol import Product

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
"""When check-in begins: 10 in the morning at the clinic, which lives in New York."""
FIFTY_SIX = Dose(dose_mg=Decimal(56), devices=2)
INFUSION = Dose(
    dose_mg=Decimal("35.0"),
    mg_per_kg=Decimal("0.5"),
    minutes=Decimal(40),
    concentration_mg_per_ml=Decimal(1),
    volume_ml=Decimal("35.00"),
    rate_ml_per_h=Decimal("52.50"),
)
CALM = Readings(
    systolic=124, diastolic=78, heart_rate=70, respiratory_rate=14, spo2=98, sedation=5, dissociation=0,
    symptoms=frozenset(),
)  # fmt: skip

_chairs = itertools.count(1_000_001)


def minutes(number: float) -> datetime:
    """An instant that many minutes after check-in began."""
    return NOW + timedelta(minutes=number)


@again
def chair(by: Viewer, name: str = "Chair 1") -> models.Chair:
    """A chair of the viewer's clinic; the same row for the same name."""
    clinic = Clinic.objects.get(pk=by.clinic_id)
    # With a number of ours: the database's would be another one when the scene is written again.
    said = {"id": next(_chairs)}
    return models.Chair.objects.get_or_create(clinic=clinic, name=name, defaults=said)[0]


@again
def booked(
    by: Viewer, at: datetime = NOW, product: Product = Product.ESKETAMINE_NASAL, **changed: Any
) -> UUID:
    """A visit that is booked."""
    course_id = changed.pop("course_id", None) or patients.planned(by, at - timedelta(days=1), product)
    said: dict[str, Any] = {"chair_id": chair(by).pk, "scheduled_at": at, "minutes": 240, "why": "agreed"}
    return actions.book(by=by, at=at - timedelta(days=1), course_id=course_id, **(said | changed))


@again
def checking_in(
    by: Viewer, at: datetime = NOW, product: Product = Product.ESKETAMINE_NASAL, **changed: Any
) -> UUID:
    """A visit whose patient was received, with nothing asked yet."""
    visit_id = booked(by, at, product, **changed)
    actions.start_check_in(by=by, at=at, visit_id=visit_id, first="name", second="birth date")
    return visit_id


@again
def asked(
    by: Viewer, at: datetime = NOW, product: Product = Product.ESKETAMINE_NASAL, **changed: Any
) -> UUID:
    """A visit with every piece of check-in there, and nothing against a dose."""
    visit_id = checking_in(by, at, product, **changed)
    pressure(by, at, visit_id, 124, 78, measured_at=at - timedelta(minutes=10))
    actions.record_weight(by=by, at=at, visit_id=visit_id, weight_kg=Decimal("70.0"))
    actions.record_fasting(
        by=by,
        at=at,
        visit_id=visit_id,
        last_food_at=at - timedelta(hours=5),
        last_liquid_at=at - timedelta(hours=2),
    )
    actions.record_medicines(by=by, at=at, visit_id=visit_id, changed=False)
    actions.record_substances(by=by, at=at, visit_id=visit_id, alcohol_at=None)
    actions.record_interval(by=by, at=at, visit_id=visit_id, happened=False)
    actions.record_day_answer(
        by=by, at=at, visit_id=visit_id, condition="pressure_risk", answer="none known", basis="asked today"
    )
    actions.record_pregnancy(
        by=by, at=at, visit_id=visit_id, answer="not possible", basis="hysterectomy 2015"
    )
    if product is Product.ESKETAMINE_NASAL:
        actions.record_nasal_product(by=by, at=at, visit_id=visit_id, used=False)
        programme(by, at, visit_id)
    answers = {str(number): 2 for number in range(1, 9)} | {"9": 0}
    actions.record_questionnaire(
        by=by, at=at, visit_id=visit_id, answers=answers, difficulty="", mode="paper"
    )
    risk(by, at, visit_id)
    actions.record_escort(
        by=by,
        at=at,
        visit_id=visit_id,
        name="Jo Field",
        phone="+1 555 0199",
        expected_at=at + timedelta(hours=4),
    )
    actions.sign_instructions(by=by, at=at, visit_id=visit_id, signed_name="Imke Test")
    return visit_id


@again
def ordered(
    by: Viewer,
    at: datetime = NOW,
    product: Product = Product.ESKETAMINE_NASAL,
    *,
    confirmed: bool = True,
    **changed: Any,
) -> UUID:
    """A visit with a signed order, confirmed at the bedside unless told otherwise."""
    visit_id = asked(by, at, product, **changed)
    actions.finish_check_in(by=by, at=at, visit_id=visit_id)
    dose = FIFTY_SIX if product is Product.ESKETAMINE_NASAL else INFUSION
    actions.sign_order(by=by, at=at, visit_id=visit_id, dose=dose, reauth=patients.proof(by, at))
    if confirmed:
        confirm(by, at, visit_id)
    return visit_id


def confirm(by: Viewer, at: datetime, visit_id: UUID, second: Viewer | None = None, **changed: Any) -> UUID:
    """The order that stands, confirmed at the bedside by a second person on ``by``'s tablet."""
    second = second or factories.viewer(Role.NURSE, clinic=Clinic.objects.get(pk=by.clinic_id))
    order = models.Order.objects.filter(visit=visit_id).latest("recorded_at")
    names = ("product", "dose_mg", "devices", "concentration_mg_per_ml", "volume_ml", "rate_ml_per_h")
    said = {name: getattr(order, name) for name in names}
    return actions.confirm_at_bedside(
        by=by,
        at=at,
        visit_id=visit_id,
        witness=Witness(second, patients.proof(second, at)),
        first="name",
        second="birth date",
        read=actions.ReadAtBedside(**(said | changed)),
    )


@again
def monitored(by: Viewer, at: datetime = NOW, **changed: Any) -> UUID:
    """A visit after both devices, at 0 and 5 minutes after ``at``."""
    visit_id = ordered(by, at, **changed)
    device(by, at, visit_id, 1)
    device(by, at + timedelta(minutes=5), visit_id, 2)
    return visit_id


@again
def recovered(by: Viewer, at: datetime = NOW, **changed: Any) -> UUID:
    """A visit two hours after the last device with nothing against leaving; read it at 130 minutes."""
    visit_id = monitored(by, at, **changed)
    for minute in (25, 45, 65, 95, 126):
        when = at + timedelta(minutes=minute)
        observe(by, when, visit_id)
    when = at + timedelta(minutes=127)
    actions.judge_stability(by=by, at=when, visit_id=visit_id, stable=True, basis="walks steadily")
    risk(by, when, visit_id)
    actions.record_escort_arrival(by=by, at=when, visit_id=visit_id, name="Jo Field", measured_at=when)
    return visit_id


def device(by: Viewer, at: datetime, visit_id: UUID, number: int, **changed: Any) -> UUID:
    """One device given now."""
    said: dict[str, Any] = {
        "measured_at": at,
        "first_nostril": "left",
        "lot": "L1",
        "expires_on": (at + timedelta(days=300)).date(),
        "idempotency_key": uuid4(),
    }
    return actions.administer_device(by=by, at=at, visit_id=visit_id, number=number, **(said | changed))


def infuse(by: Viewer, at: datetime, visit_id: UUID, event: InfusionStep, **changed: Any) -> UUID:
    """One step of an infusion now."""
    return actions.record_infusion(by=by, at=at, visit_id=visit_id, event=event, measured_at=at, **changed)


def observe(by: Viewer, at: datetime, visit_id: UUID, readings: Readings = CALM, **changed: Any) -> UUID:
    """One set of readings taken now."""
    return actions.record_observations(
        by=by,
        at=at,
        visit_id=visit_id,
        readings=readings,
        measured_at=changed.pop("measured_at", at),
        **changed,
    )


def pressure(by: Viewer, at: datetime, visit_id: UUID, systolic: int, diastolic: int, **changed: Any) -> UUID:
    """One blood pressure taken now."""
    return observe(by, at, visit_id, Readings(systolic=systolic, diastolic=diastolic), **changed)


def programme(by: Viewer, at: datetime, visit_id: UUID) -> None:
    """Everything the safety programme asks of the site."""
    actions.record_programme(
        by=by, at=at, visit_id=visit_id, site_certified=True, prescriber_on_site=True, oximeter_available=True
    )


def risk(by: Viewer, at: datetime, visit_id: UUID, level: str = "low", **changed: Any) -> None:
    """Suicide risk judged now; at a low level without any thoughts found."""
    said: dict[str, Any] = {"basis": "no thoughts, plans at home"}
    if level == "low":
        said["thoughts_found"] = False
    actions.record_risk(by=by, at=at, visit_id=visit_id, level=level, **(said | changed))


def state(visit_id: UUID) -> str:
    """Where the visit stands."""
    return models.Visit.objects.get(pk=visit_id).state
