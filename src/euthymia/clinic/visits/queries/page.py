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
    MISSING,
    PRODUCT_WORDS,
    TO_CLOSE,
    AlarmView,
    alarm_view,
    is_here,
    record_for,
    state_words,
)
from euthymia.clinic.visits.queries._history import DeviationView, Entry
from euthymia.clinic.visits.queries._readings import ReadingSet
from euthymia.clinic.visits.queries.afterwards import ElsewhereView, elsewhere
from euthymia.clinic.visits.queries.closing import Closing
from euthymia.clinic.visits.queries.closing import of_record as end_of
from euthymia.clinic.visits.queries.dosing import Dosing, dosing
from euthymia.clinic.visits.queries.drug import Account, Confirmation, account, confirmation
from euthymia.clinic.visits.queries.handing_over import HandingOver, of_record
from euthymia.clinic.visits.queries.live import Live, read_live
from euthymia.clinic.visits.queries.medicines import MedicineView, medicines
from euthymia.clinic.visits.queries.missing import Missing, missing
from euthymia.clinic.visits.queries.moved import MovedView, moved
from euthymia.clinic.visits.queries.observed import ObservedCourse, observed_course
from euthymia.clinic.visits.queries.paper import PaperOrderView, paper_orders
from euthymia.clinic.visits.queries.tile import good_until
from euthymia.clinic.visits.queries.watching import WatchView, watch_view
from euthymia.clinic.visits.queries.weighed import Weighed, weighed
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
    "eloped": "ready_to_leave",
    "eloped_before_dose": "ready_to_leave",
    "withheld": "ready_to_leave",
    "died": "ready_to_leave",
    "followed_up": "closed",
    "lost_to_follow_up": "closed",
    "closed_after_death": "closed",
    "cancelled": "scheduled",
    "missed": "scheduled",
}


_ENDED = frozenset({*TO_CLOSE, "closed", "followed_up", "lost_to_follow_up", "closed_after_death"})
_GOES_HOME = frozenset({"monitoring", "ready_to_leave", "discharged", "left_against_advice"})
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
    weighed: tuple[Weighed, ...]
    dosing: Dosing
    medicines: tuple[MedicineView, ...]
    elsewhere: tuple[ElsewhereView, ...]
    confirmation: Confirmation | None
    account: Account
    sets: tuple[ReadingSet, ...]
    columns: tuple[str, ...]
    answered: tuple[AlarmView, ...]
    discharge: tuple[Finding, ...]
    discharge_gate: GateResult | None
    deviations: tuple[DeviationView, ...]
    moved: tuple[MovedView, ...]
    paper_orders: tuple[PaperOrderView, ...]
    history: tuple[Entry, ...]
    events: frozenset[str]
    forecasts: tuple[Forecast, ...]
    no_driving_before: datetime | None
    rules_version: str
    course: ObservedCourse | None
    watch: WatchView
    good_until: datetime
    missing: Missing | None
    over: HandingOver | None
    closing: Closing | None

    @property
    def needed(self) -> tuple[Finding, ...]:
        """What still holds the discharge gate shut."""
        return self.discharge_gate.blocked_by if self.discharge_gate else ()

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
        weighed=weighed(record, ready, (assess.READINESS,)),
        dosing=dosing(record, for_weight=True),
        medicines=medicines(record, now),
        elsewhere=() if is_here(visit.state) else elsewhere(record),
        confirmation=confirmation(record, now) if not record.t0 else None,
        account=account(viewer, record, now),
        sets=_readings.sets(record),
        columns=tuple(label for _, label in _readings.columns(record)),
        answered=tuple(
            alarm_view(record, each) for each in record.alarms if hasattr(each, "acknowledgement")
        ),
        discharge=leaving,
        discharge_gate=gate(leaving, record.fingerprints(assess.DISCHARGE)) if leaving else None,
        deviations=_history.deviations(record),
        moved=moved(viewer, record),
        paper_orders=paper_orders(record),
        history=_history.history(record),
        events=_events(viewer, visit.state),
        forecasts=forecasts.latest(viewer, subject=visit.id, now=now) if record.t0 else (),
        no_driving_before=assess.driving_ban(record, now),
        rules_version=f"{record.rules.jurisdiction} {record.rules.version}",
        course=observed_course(record),
        watch=watch_view(viewer, record),
        good_until=good_until(record, now),
        missing=missing(record),
        closing=end_of(viewer, record, now) if visit.state in _ENDED else None,
        over=of_record(record, now) if record.t0 and visit.state in _GOES_HOME else None,
    )


def patient_of(viewer: Viewer, visit_id: UUID) -> UUID:
    """Whose visit it is."""
    return record_for(viewer, visit_id).visit.course.patient_id


def _events(viewer: Viewer, state: str) -> frozenset[str]:
    mine = {role.value for role in viewer.roles}
    return frozenset(each.event for each in VISIT.leaving(state) if mine & set(each.roles))


def _steps(state: str) -> tuple[StepView, ...]:
    names = [name for name, _ in _STEPS]
    at = names.index(_STEP_OF.get(state, state))
    stopped = state in {
        "cancelled",
        "missed",
        "withheld",
        "left_against_advice",
        "transferred",
        "died",
        *MISSING,
    }
    done_all = state in VISIT.terminal or state == "closed"

    def shown(place: int) -> str:
        if place == at and stopped:
            return "stopped"
        if place < at or done_all:
            return "done"
        return "current" if place == at else "upcoming"

    return tuple(StepView(label, shown(place)) for place, (_, label) in enumerate(_STEPS))
