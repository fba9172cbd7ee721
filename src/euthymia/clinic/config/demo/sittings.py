"""One treatment visit of a synthetic patient, door to door, through the visits' own actions.

Each function is part of a life (see ``clockwork``): it yields the time of what comes next, then does it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from uuid import UUID

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.config.demo import curves
from euthymia.clinic.config.demo.cast import Person
from euthymia.clinic.config.demo.clockwork import Life
from euthymia.clinic.config.demo.kept_safe import keep_safe
from euthymia.clinic.config.demo.team import Team, prove, soon
from euthymia.clinic.rulebook import queries as rulebook
from euthymia.clinic.visits import actions, models
from euthymia.clinic.visits.actions.watch import Readings, check
from euthymia.clinic.visits.assess import Dose
from euthymia.clinic.visits.facts import DISSOCIATION
from euthymia.clinic.visits.models.dose import InfusionStep
from euthymia.evidence import RuleBook
from euthymia.protocol import (
    Condition,
    MonitoringFacts,
    Observation,
    Pressure,
    Product,
    RiskLevel,
    discharge,
    monitoring,
)

ARRIVES_BEFORE_MIN = 38
PATIENCE = 6  # how often a synthetic nurse looks again when the discharge gate is shut


class Ending(StrEnum):
    """How a synthetic visit ends."""

    HOME = "home"
    AGAINST_ADVICE = "against_advice"


@dataclass(frozen=True, slots=True)
class Sitting:
    """What one visit is made of. Readings due after ``neglected_after`` are not taken: one is overdue."""

    visit_id: UUID
    patient_id: UUID
    person: Person
    product: Product
    dose: Dose
    session: curves.Session
    answers: tuple[int, ...]
    t0: datetime
    nurse: Viewer
    rng: Random
    ending: Ending = Ending.HOME
    neglected_after: datetime | None = None
    not_before: datetime | None = None  # what is taken up again does not go back to before this
    adverse_events: str = field(default="None told of and none seen.")

    @property
    def rules(self) -> RuleBook:
        """The clinic's rules."""
        return rulebook.book(self.nurse.clinic_id)

    @property
    def last_dose_at(self) -> datetime:
        """The last device, or the infusion's end, as planned."""
        if self.dose.minutes is not None:
            return soon(self.t0, float(self.dose.minutes))
        assert self.dose.devices is not None
        rest = self.rules["DEV-3"].number("rest_min")
        return soon(self.t0, float(rest) * (self.dose.devices - 1))

    def when(self, at: datetime) -> datetime:
        """``at``, or the time from which the visit goes on when that is later."""
        return at if self.not_before is None else max(at, self.not_before)


def attend(team: Team, sitting: Sitting) -> Life:
    """The whole visit. A gate that stays shut ends it without a dose, with the reason the rules gave."""
    yield from _check_in(team, sitting)
    try:
        yield from _order(team, sitting)
    except actions.GateShut as shut:
        waits_for = "; ".join(finding.sentence for finding in shut.result.blocked_by)
        actions.withhold(
            by=sitting.nurse, at=soon(sitting.t0, 0), visit_id=sitting.visit_id, why=waits_for[:400]
        )
        return
    yield from go_on(team, sitting, "ordered")


def go_on(team: Team, sitting: Sitting, state: str) -> Life:
    """The visit from the order on, or from whatever later state it is in."""
    if state in {"ordered", "administering"}:
        yield from _give(sitting)
    if state in {"ordered", "administering", "monitoring"}:
        yield from _watch(sitting)
    if state in {"ordered", "administering", "monitoring", "ready_to_leave"}:
        leaves = _walk_out(sitting) if sitting.ending is Ending.AGAINST_ADVICE else _send_home(sitting)
        yield from leaves
    yield from _close(sitting)


# --- before the dose -------------------------------------------------------------------------------------
def _check_in(team: Team, sitting: Sitting) -> Life:
    nurse, visit_id, person = sitting.nurse, sitting.visit_id, sitting.person
    at = soon(sitting.t0, -ARRIVES_BEFORE_MIN)
    yield at
    actions.start_check_in(by=nurse, at=at, visit_id=visit_id, first="name", second="birth date")
    at = soon(at, 2)
    yield at
    _ask(sitting, at)
    at = soon(at, 6)
    yield at
    actions.record_weight(by=nurse, at=at, visit_id=visit_id, weight_kg=person.weight_kg)
    actions.record_questionnaire(
        by=nurse,
        at=at,
        visit_id=visit_id,
        answers={str(item): score for item, score in enumerate(sitting.answers, start=1)},
        difficulty="",
        mode="device",
    )
    at = soon(at, 4)
    yield at
    _judge_risk(sitting, at)
    actions.sign_instructions(
        by=nurse, at=at, visit_id=visit_id, signed_name=f"{person.given_name} {person.family_name}"
    )
    at = soon(at, 6)
    yield at
    _take(sitting, at, curves.read_before(sitting.rng, person.body))


def _ask(sitting: Sitting, at: datetime) -> None:
    """What check-in asks, answered as a patient who kept to what was agreed."""
    nurse, visit_id, person = sitting.nurse, sitting.visit_id, sitting.person
    actions.record_fasting(
        by=nurse, at=at, visit_id=visit_id, last_food_at=soon(at, -200), last_liquid_at=soon(at, -75)
    )
    actions.record_nasal_product(by=nurse, at=at, visit_id=visit_id, used=False)
    actions.record_escort(
        by=nurse,
        at=at,
        visit_id=visit_id,
        name=person.escort_name,
        phone=person.escort_phone,
        expected_at=soon(sitting.last_dose_at, 120),
    )
    actions.record_medicines(by=nurse, at=at, visit_id=visit_id, changed=False)
    actions.record_pregnancy(
        by=nurse, at=at, visit_id=visit_id, answer="not possible", basis="Said by the synthetic patient"
    )
    actions.record_day_answer(
        by=nurse,
        at=at,
        visit_id=visit_id,
        condition=Condition.PRESSURE_RISK.name.lower(),
        answer="none known",
        basis="Asked at check-in",
    )
    actions.record_programme(
        by=nurse,
        at=at,
        visit_id=visit_id,
        site_certified=True,
        prescriber_on_site=True,
        oximeter_available=True,
    )


def _judge_risk(sitting: Sitting, at: datetime) -> None:
    thoughts = sitting.answers[8] > 0
    actions.record_risk(
        by=sitting.nurse,
        at=at,
        visit_id=sitting.visit_id,
        level=RiskLevel.LOW,
        basis="Talked through at the chair; no plan, no intent, safety plan at hand.",
        instrument="Structured interview" if thoughts else "",
        thoughts_found=thoughts,
    )
    if thoughts:
        keep_safe(sitting.nurse, sitting.patient_id, at)


# --- the dose --------------------------------------------------------------------------------------------
def _order(team: Team, sitting: Sitting) -> Life:
    at = soon(sitting.t0, -12)
    yield at
    actions.finish_check_in(by=sitting.nurse, at=at, visit_id=sitting.visit_id)
    at = soon(sitting.t0, -7)
    yield at
    prescriber = team.one(Role.PRESCRIBER, sitting.person.number)
    actions.sign_order(
        by=prescriber, at=at, visit_id=sitting.visit_id, dose=sitting.dose, reauth=prove(prescriber, at)
    )


def _give(sitting: Sitting) -> Life:
    if sitting.product is Product.KETAMINE_IV:
        yield from _infuse(sitting)
        return
    assert sitting.dose.devices is not None
    given = models.DeviceAdministration.objects.filter(visit_id=sitting.visit_id).count()
    for number in range(given + 1, sitting.dose.devices + 1):
        at = sitting.when(soon(sitting.t0, float(sitting.rules["DEV-3"].number("rest_min")) * (number - 1)))
        yield at
        actions.administer_device(
            by=sitting.nurse,
            at=at,
            visit_id=sitting.visit_id,
            number=number,
            measured_at=at,
            first_nostril="left" if number % 2 else "right",
            lot="DEMO-LOT",
        )


def _infuse(sitting: Sitting) -> Life:
    yield sitting.t0
    if not models.InfusionEvent.objects.filter(visit_id=sitting.visit_id).exists():
        actions.record_infusion(
            by=sitting.nurse,
            at=sitting.t0,
            visit_id=sitting.visit_id,
            event=InfusionStep.STARTED,
            measured_at=sitting.t0,
            rate_ml_per_h=sitting.dose.rate_ml_per_h,
            concentration_mg_per_ml=sitting.dose.concentration_mg_per_ml,
            lot="DEMO-LOT",
        )
    yield from _readings(sitting, sitting.when(sitting.t0), sitting.last_dose_at)
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


# --- after the dose --------------------------------------------------------------------------------------
def _watch(sitting: Sitting) -> Life:
    until = soon(sitting.t0, 70) if sitting.ending is Ending.AGAINST_ADVICE else ready_at(sitting)
    yield from _readings(sitting, sitting.when(sitting.last_dose_at), sitting.when(until))


def ready_at(sitting: Sitting) -> datetime:
    """The minute the shortest time of watching is over."""
    rule = discharge.watch_rule(sitting.product, sitting.rules)
    return sitting.last_dose_at + (rule.duration("minutes_min") if rule else timedelta(0))


def _readings(sitting: Sitting, begins: datetime, until: datetime) -> Life:
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
        taken = _observe(sitting, at)
        facts = replace(facts, observations=(*facts.observations, taken))


def _observe(sitting: Sitting, at: datetime) -> Observation:
    minute = (at - sitting.t0) / timedelta(minutes=1)
    reading = curves.read_after(sitting.rng, sitting.person.body, sitting.session, minute)
    _take(sitting, at, reading)
    alarms = models.Alarm.objects.filter(visit_id=sitting.visit_id, acknowledgement__isnull=True)
    if ids := tuple(alarms.values_list("id", flat=True)):
        actions.acknowledge(
            by=sitting.nurse,
            at=at,
            visit_id=sitting.visit_id,
            alarm_ids=ids,
            action="Stayed with the patient, told the prescriber, measured again.",
        )
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


def _take(sitting: Sitting, at: datetime, reading: curves.Reading) -> None:
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


# --- leaving ---------------------------------------------------------------------------------------------
def _send_home(sitting: Sitting) -> Life:
    at = sitting.when(soon(ready_at(sitting), 3))
    yield at
    actions.record_escort_arrival(
        by=sitting.nurse, at=at, visit_id=sitting.visit_id, name=sitting.person.escort_name, measured_at=at
    )
    for _attempt in range(PATIENCE):
        yield at
        _look_again(sitting, at)
        at = soon(at, 3)
        yield at
        try:
            actions.discharge(
                by=sitting.nurse, at=at, visit_id=sitting.visit_id, reauth=prove(sitting.nurse, at)
            )
        except actions.GateShut:
            at = soon(at, 12)
        else:
            return
    yield at
    actions.transfer(
        by=sitting.nurse,
        at=at,
        visit_id=sitting.visit_id,
        left_at=at,
        destination="Synthetic general hospital",
        why="Not settled after long watching.",
    )


def _look_again(sitting: Sitting, at: datetime) -> None:
    """A last set of readings, the second look at suicide risk and the judgement, before the gate is tried."""
    _observe(sitting, at)
    _judge_risk(sitting, at)
    actions.judge_stability(
        by=sitting.nurse,
        at=at,
        visit_id=sitting.visit_id,
        stable=True,
        basis="Awake, oriented, walks steadily, feels as before.",
    )


def _walk_out(sitting: Sitting) -> Life:
    at = sitting.when(soon(sitting.t0, 72))
    yield at
    actions.leave_against_advice(
        by=sitting.nurse,
        at=at,
        visit_id=sitting.visit_id,
        left_at=at,
        advice="Asked to stay for the two hours; wanted to leave. Told not to drive and whom to call.",
        with_whom=sitting.person.escort_name,
    )


def _close(sitting: Sitting) -> Life:
    at = sitting.when(soon(_last_exit(sitting.visit_id), 6))
    yield at
    for deviation in models.Deviation.objects.filter(visit_id=sitting.visit_id, answer__isnull=True):
        actions.explain_deviation(
            by=sitting.nurse,
            at=at,
            visit_id=sitting.visit_id,
            deviation_id=deviation.id,
            why="The room was busy; told the medical director.",
        )
    actions.close(
        by=sitting.nurse,
        at=at,
        visit_id=sitting.visit_id,
        drug_account="All ordered drug used; empty containers discarded.",
        adverse_events=sitting.adverse_events,
        reauth=prove(sitting.nurse, at),
    )


def _last_exit(visit_id: UUID) -> datetime:
    left: models.Exit = models.Exit.objects.filter(visit_id=visit_id).latest("measured_at")
    return left.measured_at
