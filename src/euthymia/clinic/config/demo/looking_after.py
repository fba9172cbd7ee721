"""A synthetic nurse takes what is due. Each yields the time of what comes next, then does it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from euthymia.clinic.config.demo import curves
from euthymia.clinic.config.demo.answered import answer_first
from euthymia.clinic.config.demo.clockwork import Life
from euthymia.clinic.config.demo.sitting import Ending, Sitting
from euthymia.clinic.config.demo.team import soon
from euthymia.clinic.visits import actions, models
from euthymia.clinic.visits.actions.watch import Readings, check
from euthymia.clinic.visits.facts import DISSOCIATION
from euthymia.protocol import (
    MonitoringFacts,
    Observation,
    Pressure,
    discharge,
    monitoring,
)


def watch(sitting: Sitting) -> Life:
    until = soon(sitting.t0, 70) if sitting.ending is Ending.AGAINST_ADVICE else ready_at(sitting)
    yield from readings(sitting, sitting.when(sitting.last_dose_at), sitting.when(until))


def ready_at(sitting: Sitting) -> datetime:
    """The minute the shortest time of watching is over."""
    rule = discharge.watch_rule(sitting.product, sitting.rules)
    return sitting.last_dose_at + (rule.duration("minutes_min") if rule else timedelta(0))


def readings(sitting: Sitting, begins: datetime, until: datetime) -> Life:
    """Take each reading the rules ask for before ``until``, a minute or two late, as nurses do."""
    over = begins >= sitting.last_dose_at
    facts = MonitoringFacts(sitting.product, sitting.t0, sitting.last_dose_at if over else None)
    at, book = begins, sitting.rules
    while True:
        due = monitoring.next_due(monitoring.due_list(facts, book, at))
        if due is None:
            return
        at = max(at, due.due_at) + timedelta(seconds=sitting.rng.randrange(20, 150))
        if at >= until or (sitting.neglected_after is not None and due.due_at > sitting.neglected_after):
            return
        yield at
        taken = observe(sitting, at)
        facts = replace(facts, observations=(*facts.observations, taken))


def observe(sitting: Sitting, at: datetime) -> Observation:
    minute = (at - sitting.t0) / timedelta(minutes=1)
    reading = curves.read_after(sitting.rng, sitting.person.body, sitting.session, minute)
    take(sitting, at, reading)
    alarms = models.Alarm.objects.filter(visit_id=sitting.visit_id, acknowledgement__isnull=True)
    if ids := tuple(alarms.values_list("id", flat=True)):
        actions.acknowledge(
            by=sitting.nurse,
            at=at,
            visit_id=sitting.visit_id,
            alarm_ids=ids,
            done=("seen", "again", "prescriber"),
            action="Stayed with the patient.",
        )
        answer_first(sitting, ids[0], at)
    return Observation(
        measured_at=at,
        origin="",
        pressure=Pressure(reading.systolic, reading.diastolic),
        heart_rate_per_min=reading.heart_rate,
        respiratory_rate_per_min=reading.respiratory_rate,
        spo2_percent=reading.saturation,
        sedation=reading.sedation,
        dissociation=reading.dissociation,
    )


def take(sitting: Sitting, at: datetime, reading: curves.Reading) -> None:
    readings = Readings(
        systolic=reading.systolic,
        diastolic=reading.diastolic,
        heart_rate=reading.heart_rate,
        respiratory_rate=reading.respiratory_rate,
        spo2=reading.saturation,
        sedation=reading.sedation,
        dissociation=DISSOCIATION.index(reading.dissociation),
        symptoms=frozenset(),
    )
    actions.record_observations(
        by=sitting.nurse,
        at=at,
        visit_id=sitting.visit_id,
        measured_at=at,
        readings=readings,
        confirmed=check(readings),
    )
