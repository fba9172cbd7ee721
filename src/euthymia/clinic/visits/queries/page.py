"""One visit as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.forecasts import queries as forecasts
from euthymia.clinic.forecasts.queries import Forecast
from euthymia.clinic.people import queries as people
from euthymia.clinic.people.queries import Banner
from euthymia.clinic.visits import assess
from euthymia.clinic.visits.queries import _history, _readings
from euthymia.clinic.visits.queries._check_in import Piece, pieces
from euthymia.clinic.visits.queries._common import (
    AFTER_DOSE,
    PRODUCT_WORDS,
    AlarmView,
    alarm_view,
    record_for,
    state_words,
)
from euthymia.clinic.visits.queries._history import DeviationView, Entry
from euthymia.clinic.visits.queries._readings import ReadingSet
from euthymia.clinic.visits.queries.dosing import Dosing, dosing
from euthymia.clinic.visits.queries.gates import unmet
from euthymia.clinic.visits.queries.live import Live, read_live
from euthymia.protocol import (
    VISIT,
    Finding,
    GateResult,
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
    columns: tuple[str, ...]
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
        return unmet(self.discharge)

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
    def routine_sets(self) -> int:
        """How many sets of a monitor are folded away."""
        return sum(1 for each in self.sets if each.is_routine)

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
        live=read_live(record, now),
        pieces=pieces(record) if before else (),
        readiness=ready,
        readiness_gate=gate(ready, signed) if before else None,
        dosing=dosing(record),
        sets=_readings.sets(record),
        columns=tuple(label for _, label in _readings.columns(record)),
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


def patient_of(viewer: Viewer, visit_id: UUID) -> UUID:
    """Whose visit it is."""
    return record_for(viewer, visit_id).visit.course.patient_id


def forecasts_of(viewer: Viewer, visit_id: UUID) -> tuple[Forecast, ...]:
    """The forecasts of a visit as they are stored."""
    record = record_for(viewer, visit_id)
    return forecasts.latest(viewer, subject=record.visit.id)


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
