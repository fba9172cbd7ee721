"""The day in progress: who comes today, how far each has got by now, and the one reading that is overdue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.config.demo.beginnings import Patient
from euthymia.clinic.config.demo.clockwork import Life
from euthymia.clinic.config.demo.doses import dose
from euthymia.clinic.config.demo.lives import book, keep_going, treat
from euthymia.clinic.config.demo.schedule import Chairs
from euthymia.clinic.config.demo.team import soon
from euthymia.clinic.courses.models import TreatedSession
from euthymia.clinic.rulebook import queries as rulebook
from euthymia.clinic.visits import actions as visits
from euthymia.clinic.visits.models import Visit
from euthymia.protocol import VISIT, MonitoringFacts, Product, monitoring
from euthymia.protocol.plan import frequency_rule

NASAL, INFUSED = Product.ESKETAMINE_NASAL, Product.KETAMINE_IV
WEEK = timedelta(days=7)
OVERDUE_SINCE_MIN = 4
DECIDED_BEFORE = timedelta(hours=3)  # benefit and booking come before the patient does


@dataclass(frozen=True, slots=True)
class Slot:
    """One place in the day: minutes from now to the first dose; None makes one reading overdue."""

    minutes: int | None
    product: Product


# The running ones first, so that they get somebody; then those who left, then those who are to come.
SLOTS = (
    Slot(None, NASAL),
    Slot(-24, NASAL),
    Slot(-31, INFUSED),
    Slot(-318, NASAL),
    Slot(-276, NASAL),
    Slot(25, NASAL),
    Slot(-250, INFUSED),
    Slot(85, NASAL),
    Slot(140, NASAL),
    Slot(195, INFUSED),
    Slot(215, NASAL),
)


def days_work(patients: list[Patient], chairs: Chairs, now: datetime) -> Iterator[Life]:
    """A life for everybody who comes today, from the booking to as far as they get by ``now``."""
    waiting = [patient for patient in patients if _may_come(patient, now)]
    waiting.sort(
        key=lambda patient: _booked(patient).exists()
    )  # who is due today, before who is booked later
    for slot in SLOTS:
        chosen = next((each for each in waiting if each.story.part.product is slot.product), None)
        if chosen is not None:
            waiting.remove(chosen)
            yield _come(chosen, slot, chairs, now)


def _booked(patient: Patient) -> QuerySet[Visit]:
    return Visit.objects.filter(course_id=patient.course_id, state=VISIT.initial)


def _may_come(patient: Patient, now: datetime) -> bool:
    """Whether the rules leave room for a session today, and the patient is not here already."""
    if Visit.objects.filter(course_id=patient.course_id, state__in=sorted(VISIT.occupied)).exists():
        return False
    on = timezone.localtime(now).date()
    treated = TreatedSession.objects.filter(course_id=patient.course_id)
    rules = rulebook.book(patient.team.clinic.id)
    recent = treated.filter(on__gt=on - WEEK).count()
    if patient.story.part.product is INFUSED:
        return recent + 1 < rules["IV-DOSE-7"].integer("per_week_max")
    rule = frequency_rule(rules)
    if rule is None:
        return True
    inducing = treated.count() < rule.integer("induction_sessions")
    return recent < rule.integer("induction_per_week_max" if inducing else "later_per_week_max")


def _come(patient: Patient, slot: Slot, chairs: Chairs, now: datetime) -> Life:
    session = TreatedSession.objects.filter(course_id=patient.course_id).count() + 1
    t0 = soon(now, slot.minutes if slot.minutes is not None else -_minutes_to_overdue(patient, session))
    decided_at = min(t0, now) - DECIDED_BEFORE
    yield from keep_going(patient, session, decided_at, timezone.localtime(t0).date())
    booked_at = soon(decided_at, 30)
    yield booked_at
    for visit in _booked(patient):
        desk = patient.team.one(Role.FRONT_DESK)
        visits.cancel(
            by=desk, at=booked_at, visit_id=visit.id, why="Brought forward to today, agreed by telephone."
        )
    kept = _last_kept(patient, session, t0, slot)
    sitting = book(patient, session, t0, chairs, booked_at, neglected_after=kept)
    if sitting is not None:
        yield from treat(patient, sitting)


def _last_kept(patient: Patient, session: int, t0: datetime, slot: Slot) -> datetime | None:
    """For the visit with the overdue reading: the due time of the last reading that was still taken."""
    if slot.minutes is not None:
        return None
    return next(item.due_at for item in _due(patient, session, t0) if item.rule == "MON-3")


def _minutes_to_overdue(patient: Patient, session: int) -> float:
    """Minutes after the first dose at which the reading after the 40-minute one is just overdue."""
    t0 = datetime(2026, 1, 1, 12, tzinfo=timezone.get_default_timezone())
    due = _due(patient, session, t0)
    position = next(number for number, item in enumerate(due) if item.rule == "MON-3")
    return (due[position + 1].closes_at - t0) / timedelta(minutes=1) + OVERDUE_SINCE_MIN


def _due(patient: Patient, session: int, t0: datetime) -> tuple[monitoring.DueObservation, ...]:
    """What is due in one nasal session that begins at ``t0``."""
    rules = rulebook.book(patient.team.clinic.id)
    given = dose(
        NASAL,
        rules,
        session=session,
        weight_kg=patient.person.weight_kg,
        steps_up=patient.person.number % 2 == 0,
    )
    rests = (given.devices or 1) - 1
    last_dose_at = t0 + rests * rules["DEV-3"].duration("rest_min")
    facts = MonitoringFacts(product=NASAL, t0=t0, last_dose_at=last_dose_at)
    return monitoring.due_list(facts, rules, t0)
