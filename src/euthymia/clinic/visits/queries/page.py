"""One visit as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.courses import facts as course_facts
from euthymia.clinic.forecasts import queries as forecasts
from euthymia.clinic.forecasts.queries import Forecast
from euthymia.clinic.people import queries as people
from euthymia.clinic.people.queries import Banner
from euthymia.clinic.visits import assess, facts, models
from euthymia.clinic.visits.models.dose import InfusionStep
from euthymia.clinic.visits.queries import _history, _readings
from euthymia.clinic.visits.queries._check_in import Piece, pieces
from euthymia.clinic.visits.queries._common import (
    AFTER_DOSE,
    PRODUCT_WORDS,
    AlarmView,
    DueView,
    alarm_view,
    due_view,
    is_here,
    record_for,
    state_words,
    unanswered,
)
from euthymia.clinic.visits.queries._history import DeviationView, Entry
from euthymia.clinic.visits.queries._readings import Cell, ReadingSet, Tile
from euthymia.clinic.visits.record import Record
from euthymia.protocol import (
    VISIT,
    DueState,
    Effect,
    Finding,
    GateResult,
    LeaveForecast,
    Outcome,
    PlanFacts,
    Product,
    gate,
)

_STEPS = (
    ("scheduled", "Expected"),
    ("checking_in", "Check-in"),
    ("ready", "Order"),
    ("ordered", "Dose"),
    ("monitoring", "Monitoring"),
    ("ready_to_leave", "Leaving"),
    ("closed", "Closed"),
)
_STEP_OF = {
    "administering": "ordered",
    "emergency": "monitoring",
    "emergency_before_dose": "ordered",
    "discharged": "ready_to_leave",
    "left_against_advice": "ready_to_leave",
    "transferred": "ready_to_leave",
    "withheld": "ready_to_leave",
    "died": "ready_to_leave",
    "followed_up": "closed",
    "lost_to_follow_up": "closed",
    "closed_after_death": "closed",
    "cancelled": "scheduled",
    "missed": "scheduled",
}
_BEFORE_DOSE = frozenset({"checking_in", "ready", "ordered"})


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of the visit in the list at its top."""

    label: str
    state: str


@dataclass(frozen=True, slots=True)
class OrderView:
    """The order that stands."""

    dose_mg: Decimal
    devices: int | None
    mg_per_kg: Decimal | None
    weight_kg: Decimal | None
    minutes: Decimal | None
    concentration_mg_per_ml: Decimal | None
    volume_ml: Decimal | None
    rate_ml_per_h: Decimal | None
    signed_by: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class DeviceView:
    """One device as it was used; ``was`` tells what a correction replaced."""

    id: UUID
    number: int
    at: datetime
    first_nostril: str
    lot: str
    expires_on: date | None
    serial: str
    problem: str
    recorded_by: str
    reason: str

    @property
    def had_expired(self) -> bool:
        """Whether it was used after its date."""
        return self.expires_on is not None and self.expires_on < timezone.localtime(self.at).date()


@dataclass(frozen=True, slots=True)
class InfusionView:
    """One step of the infusion; ``reason`` tells why an earlier entry was corrected."""

    id: UUID
    kind: str
    step: str
    at: datetime
    rate_ml_per_h: Decimal | None
    volume_given_ml: Decimal | None
    why: str
    recorded_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Dosing:
    """The dose as it stands. ``next_at`` is when the rest before the next device is over."""

    order: OrderView | None
    devices: tuple[DeviceView, ...]
    next_number: int | None
    next_at: datetime | None
    infusion: tuple[InfusionView, ...]
    infusion_state: str  # "", running, paused, over
    given_mg: Decimal | None


@dataclass(frozen=True, slots=True)
class Live:
    """What changes while a nurse looks: the part of the page that refreshes itself."""

    visit_id: UUID
    state: str
    product: Product
    version: int
    t0: datetime | None
    last_dose_at: datetime | None
    here: bool
    alarms: tuple[AlarmView, ...]
    due: tuple[DueView, ...]
    readings: tuple[Tile, ...]
    leave: LeaveForecast | None
    read_at: datetime

    @property
    def all_due_done(self) -> bool:
        """Whether the due list asks for nothing more."""
        return all(each.status in (DueState.DONE.value, DueState.WAIVED.value) for each in self.due)


@dataclass(frozen=True, slots=True)
class OrderPreview:
    """What the rules say to a dose, and whether it may be signed."""

    findings: tuple[Finding, ...]
    result: GateResult

    @property
    def open(self) -> tuple[Finding, ...]:
        """What is violated or unknown, first in sight."""
        return tuple(each for each in self.findings if each.outcome is not Outcome.SATISFIED)

    @property
    def met(self) -> tuple[Finding, ...]:
        """What is satisfied."""
        return tuple(each for each in self.findings if each.outcome is Outcome.SATISFIED)

    @property
    def seen(self) -> str:
        """The fingerprints of what is shown, to be signed with."""
        return " ".join(each.fingerprint for each in self.findings)


@dataclass(frozen=True, slots=True)
class Leaving:
    """What discharge rests on."""

    findings: tuple[Finding, ...]
    needed: tuple[Finding, ...]
    escort: str
    no_driving_before: datetime | None


@dataclass(frozen=True, slots=True)
class VisitPage:
    """Everything on the page of a visit."""

    visit_id: UUID
    course_id: UUID
    patient_id: UUID
    banner: Banner
    state: str
    state_words: str
    version: int
    product: Product
    product_words: str
    chair: str
    scheduled_at: datetime
    planned_end_at: datetime
    session_number: int | None
    steps: tuple[StepView, ...]
    live: Live
    pieces: tuple[Piece, ...]
    readiness: tuple[Finding, ...]
    readiness_gate: GateResult | None
    dosing: Dosing
    sets: tuple[ReadingSet, ...]
    answered: tuple[AlarmView, ...]
    discharge: tuple[Finding, ...]
    discharge_gate: GateResult | None
    deviations: tuple[DeviationView, ...]
    history: tuple[Entry, ...]
    events: frozenset[str]
    forecasts: tuple[Forecast, ...]
    no_driving_before: datetime | None
    rules_version: str

    @property
    def needed(self) -> tuple[Finding, ...]:
        """What still holds the discharge gate shut."""
        return _unmet(self.discharge)

    @property
    def needed_rules(self) -> frozenset[str]:
        """The rules that hold the discharge gate shut."""
        return frozenset(each.rule for each in self.needed)

    @property
    def not_ready(self) -> tuple[Finding, ...]:
        """What still holds the end of check-in back."""
        return self.readiness_gate.blocked_by if self.readiness_gate else ()

    @property
    def before_dose(self) -> bool:
        """Whether the patient is here and has had no dose."""
        return self.state in _BEFORE_DOSE

    @property
    def in_emergency(self) -> bool:
        """Whether an emergency was declared and is not over."""
        return self.state in ("emergency", "emergency_before_dose")

    @property
    def after_dose(self) -> bool:
        """Whether the patient is watched after a dose."""
        return self.state in AFTER_DOSE

    @property
    def done_pieces(self) -> int:
        """How many pieces of check-in are there."""
        return sum(1 for piece in self.pieces if piece.done)

    @property
    def columns(self) -> tuple[str, ...]:
        """The headings of the table of readings."""
        return tuple(label for _, label in _readings.COLUMNS)

    @property
    def lead(self) -> str:
        """What visit this is, in one line."""
        session = f", session {self.session_number}" if self.session_number else ""
        return f"{self.product_words}{session} · {self.chair}"

    @property
    def leave_note(self) -> str:
        """The earliest time of leaving."""
        leave = self.live.leave
        if not self.needed:
            return ""
        return f"Not before {timezone.localtime(leave.at):%H:%M}" if leave and leave.at else ""

    @property
    def driving_words(self) -> str:
        """What the patient was told about driving."""
        if self.no_driving_before is None:
            return ""
        until = timezone.localtime(self.no_driving_before)
        when = f"{until:%A} {until.day} {until:%B, %H:%M}"
        return f"Not before {when}, and only after a full night's sleep and feeling fully alert."

    @property
    def rest_name(self) -> str:
        """What the clock between two devices is called."""
        return f"Rest before device {self.dosing.next_number}"

    @property
    def answered_entries(self) -> tuple[Entry, ...]:
        """Answered alarms as lines of a history."""
        return tuple(
            Entry(
                each.answered_at or each.raised_at,
                f"{each.finding.rule}: {each.finding.sentence}",
                each.answer,
                each.answered_by,
                "warn",
            )
            for each in self.answered
        )

    def may(self, event: str) -> bool:
        """Whether this event is possible from here, for this viewer."""
        return event in self.events


def visit_page(viewer: Viewer, visit_id: UUID, now: datetime) -> VisitPage:
    """The page of one visit. Raises NotFound for one the viewer may not see."""
    record = record_for(viewer, visit_id)
    visit = record.visit
    before = visit.state in _BEFORE_DOSE
    ready = assess.readiness(viewer, record, now) if before else ()
    leaving = assess.discharge(record, now) if visit.state in AFTER_DOSE else ()
    signed = record.fingerprints(assess.READINESS) if before else frozenset()
    return VisitPage(
        visit_id=visit.id,
        course_id=visit.course_id,
        patient_id=visit.course.patient_id,
        banner=people.banner(viewer, visit.course.patient_id, now),
        state=visit.state,
        state_words=state_words(visit.state),
        version=visit.version,
        product=record.product,
        product_words=PRODUCT_WORDS[visit.product],
        chair=visit.chair.name,
        scheduled_at=visit.scheduled_at,
        planned_end_at=visit.planned_end_at,
        session_number=visit.session_number,
        steps=_steps(visit.state),
        live=_live(record, now),
        pieces=pieces(record) if before else (),
        readiness=ready,
        readiness_gate=gate(ready, signed) if before else None,
        dosing=_dosing(record),
        sets=_readings.sets(record),
        answered=tuple(alarm_view(each) for each in record.alarms if hasattr(each, "acknowledgement")),
        discharge=leaving,
        discharge_gate=gate(leaving, record.fingerprints(assess.DISCHARGE)) if leaving else None,
        deviations=_history.deviations(record),
        history=_history.history(record),
        events=_events(viewer, visit.state),
        forecasts=forecasts.latest(viewer, subject=visit.id) if record.t0 else (),
        no_driving_before=assess.no_driving_before(record, now),
        rules_version=f"{record.rules.jurisdiction} {record.rules.version}",
    )


def live(viewer: Viewer, visit_id: UUID, now: datetime) -> Live:
    """The part of a visit's page that refreshes itself."""
    return _live(record_for(viewer, visit_id), now)


def forecasts_of(viewer: Viewer, visit_id: UUID) -> tuple[Forecast, ...]:
    """The forecasts of a visit as they are stored."""
    record = record_for(viewer, visit_id)
    return forecasts.latest(viewer, subject=record.visit.id)


def order_preview(viewer: Viewer, visit_id: UUID, dose: assess.Dose, now: datetime) -> OrderPreview:
    """What the rules say to a dose before it is signed."""
    record = record_for(viewer, visit_id)
    findings = assess.order(viewer, record, now, dose)
    signed = record.fingerprints(assess.ORDER) | record.fingerprints(assess.READINESS)
    return OrderPreview(findings, gate(findings, signed))


def at_gate(viewer: Viewer, visit_id: UUID, now: datetime) -> GateResult:
    """What holds the end of check-in back, for the prescriber who may sign for part of it."""
    record = record_for(viewer, visit_id)
    return gate(assess.readiness(viewer, record, now), record.fingerprints(assess.READINESS))


def leaving(viewer: Viewer, visit_id: UUID, now: datetime) -> Leaving:
    """The discharge gate, for the page that signs."""
    record = record_for(viewer, visit_id)
    findings = assess.discharge(record, now)
    arrival = record.escort_arrival
    return Leaving(
        findings=findings,
        needed=_unmet(findings),
        escort=arrival.name if arrival else "",
        no_driving_before=assess.no_driving_before(record, now),
    )


def plan_of(viewer: Viewer, visit_id: UUID) -> PlanFacts:
    """The dose the course's plan names: shown beside the order, never filled in."""
    return course_facts.plan_facts(viewer, record_for(viewer, visit_id).visit.course_id)


def device(viewer: Viewer, visit_id: UUID, device_id: UUID) -> DeviceView:
    """One device that stands, to put it right. Raises NotFound for one that was corrected."""
    for found in _dosing(record_for(viewer, visit_id)).devices:
        if found.id == device_id:
            return found
    raise NotFound("No such device in this visit.")


def order(viewer: Viewer, visit_id: UUID) -> OrderView | None:
    """The order that stands, to be read beside the pump; none where a dose was given without."""
    return _dosing(record_for(viewer, visit_id)).order


def infusion_event(viewer: Viewer, visit_id: UUID, event_id: UUID) -> InfusionView:
    """One step of the infusion that stands, to put it right. Raises NotFound for one that was corrected."""
    for found in _dosing(record_for(viewer, visit_id)).infusion:
        if found.id == event_id:
            return found
    raise NotFound("No such step in this infusion.")


def next_device(viewer: Viewer, visit_id: UUID) -> tuple[int, datetime | None]:
    """The number of the next device, and when the rest before it is over."""
    dosing = _dosing(record_for(viewer, visit_id))
    return dosing.next_number or 1, dosing.next_at


def observation(viewer: Viewer, visit_id: UUID, observation_id: UUID) -> Cell:
    """One value, to put it right; the one that stands may be a later one."""
    for each in _readings.sets(record_for(viewer, visit_id)):
        for cell in each.cells:
            if cell is not None and cell.id == observation_id:
                return cell
    raise NotFound("No such observation in this visit.")


def open_alarms(viewer: Viewer, visit_id: UUID) -> tuple[AlarmView, ...]:
    """The alarms of a visit nobody has answered, the gravest first."""
    return unanswered(record_for(viewer, visit_id))


def due(viewer: Viewer, visit_id: UUID, key: str, now: datetime) -> DueView:
    """One line of the due list."""
    record = record_for(viewer, visit_id)
    for each in assess.due_list(record, now):
        if each.key == key:
            return due_view(record, each)
    raise NotFound("No such due observation in this visit.")


def deviation(viewer: Viewer, visit_id: UUID, deviation_id: UUID) -> DeviationView:
    """One breach of a visit."""
    for found in _history.deviations(record_for(viewer, visit_id)):
        if found.id == deviation_id:
            return found
    raise NotFound("No such deviation in this visit.")


def _live(record: Record, now: datetime) -> Live:
    after = record.visit.state in AFTER_DOSE
    due = assess.due_list(record, now) if after else ()
    return Live(
        visit_id=record.visit.id,
        state=record.visit.state,
        product=record.product,
        version=record.visit.version,
        t0=record.t0,
        last_dose_at=record.last_dose_at,
        here=is_here(record.visit.state),
        alarms=unanswered(record),
        due=tuple(due_view(record, each) for each in due),
        readings=_readings.latest(record),
        leave=assess.earliest_leave(record, now) if after else None,
        read_at=now,
    )


def _events(viewer: Viewer, state: str) -> frozenset[str]:
    mine = {role.value for role in viewer.roles}
    return frozenset(each.event for each in VISIT.leaving(state) if mine & set(each.roles))


def _steps(state: str) -> tuple[StepView, ...]:
    names = [name for name, _ in _STEPS]
    at = names.index(_STEP_OF.get(state, state))
    stopped = state in {"cancelled", "missed", "withheld", "left_against_advice", "transferred", "died"}
    done_all = state in VISIT.terminal or state == "closed"

    def shown(place: int) -> str:
        if place == at and stopped:
            return "stopped"
        if place < at or done_all:
            return "done"
        return "current" if place == at else "upcoming"

    return tuple(StepView(label, shown(place)) for place, (_, label) in enumerate(_STEPS))


def _dosing(record: Record) -> Dosing:
    order = record.order
    devices = tuple(
        DeviceView(
            id=row.id,
            number=row.number,
            at=row.measured_at,
            first_nostril=row.get_first_nostril_display() if row.first_nostril else "",
            lot=row.lot,
            expires_on=row.expires_on,
            serial=row.serial,
            problem=row.problem,
            recorded_by=row.recorded_by.name,
            reason=row.reason,
        )
        for row in record.devices
    )
    nasal = record.product is Product.ESKETAMINE_NASAL
    return Dosing(
        order=_order_view(order) if order else None,
        devices=devices,
        next_number=max((row.number for row in record.devices), default=0) + 1 if nasal else None,
        next_at=assess.next_device_at(record) if devices else None,
        infusion=tuple(
            InfusionView(
                id=row.id,
                kind=row.step,
                step=row.get_step_display(),
                at=row.measured_at,
                rate_ml_per_h=row.rate_ml_per_h,
                volume_given_ml=row.volume_given_ml,
                why=row.why,
                recorded_by=row.recorded_by.name,
                reason=row.reason,
            )
            for row in record.infusion
        ),
        infusion_state=_infusion_state(record),
        given_mg=(
            len(devices) * record.rules["DEV-1"].number("mg_per_device")
            if nasal
            else facts.infused_mg(record)
        ),
    )


def _order_view(order: models.Order) -> OrderView:
    return OrderView(
        dose_mg=order.dose_mg,
        devices=order.devices,
        mg_per_kg=order.mg_per_kg,
        weight_kg=order.weight_kg,
        minutes=order.minutes,
        concentration_mg_per_ml=order.concentration_mg_per_ml,
        volume_ml=order.volume_ml,
        rate_ml_per_h=order.rate_ml_per_h,
        signed_by=order.signature.signer_name,
        signed_at=order.signature.recorded_at,
    )


def _infusion_state(record: Record) -> str:
    if not record.infusion:
        return ""
    last = record.infusion[-1].step
    if last in (InfusionStep.STOPPED, InfusionStep.ENDED):
        return "over"
    return "paused" if last == InfusionStep.PAUSED else "running"


def _unmet(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    return tuple(
        each for each in findings if each.effect is Effect.GATE and each.outcome is not Outcome.SATISFIED
    )
