"""What several reads share: finding a visit for a viewer, and naming things as people read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.apps import apps

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.people import queries as people
from euthymia.clinic.people.queries import Banner
from euthymia.clinic.visits import models, rows
from euthymia.clinic.visits.models.visit import VisitFact
from euthymia.clinic.visits.record import Record
from euthymia.protocol import VISIT, Clock, DueObservation, DueState, Effect, Finding, Product, Tier

PRODUCT_WORDS = {"esketamine-nasal": "Esketamine nasal spray", "ketamine-iv": "Ketamine infusion"}
STATE_WORDS = {
    "scheduled": "Expected",
    "checking_in": "Check-in",
    "ready": "Ready for the order",
    "ordered": "Ordered",
    "administering": "Dosing",
    "monitoring": "Monitoring",
    "ready_to_leave": "Ready to leave",
    "emergency": "Emergency",
    "emergency_before_dose": "Emergency",
    "eloped": "Walked out unseen",
    "eloped_before_dose": "Walked out unseen",
    "discharged": "Discharged",
    "withheld": "No dose given",
    "left_against_advice": "Left against advice",
    "transferred": "Transferred",
    "died": "Died",
    "cancelled": "Cancelled",
    "missed": "Did not come",
    "closed": "Closed",
    "closed_after_death": "Closed",
    "followed_up": "Followed up",
    "lost_to_follow_up": "Lost to follow-up",
    "here": "Here",
    "left": "Left",
}
HERE = "here"
AFTER_DOSE = frozenset({"administering", "monitoring", "ready_to_leave", "emergency"})
_GRAVEST = [Tier.EMERGENCY.value, Tier.STOP.value, Tier.ALERT.value]
LATE = timedelta(minutes=5)  # ours: what is entered so long after it was taken is marked
MISSING = frozenset({"eloped", "eloped_before_dose"})
TO_CLOSE = frozenset({"discharged", "withheld", "left_against_advice", "transferred", "died", *MISSING})


@dataclass(frozen=True, slots=True)
class AlarmView:
    """An alarm nobody has answered yet, or the answer it got."""

    id: UUID
    finding: Finding
    tier: str
    raised_at: datetime
    raised_by: str
    answer: str = ""
    answered_by: str = ""
    answered_at: datetime | None = None
    happened_at: datetime | None = None

    @property
    def is_late(self) -> bool:
        """Whether what it tells was over for a while when the clinic learnt it: a reading that waited on a tablet."""
        return self.happened_at is not None and self.raised_at - self.happened_at > LATE


@dataclass(frozen=True, slots=True)
class DueView:
    """One line of the due list."""

    key: str
    title: str
    due_at: datetime
    status: str
    window: str
    clock: str
    note: str


def record_for(viewer: Viewer, visit_id: UUID, permission: Permission = Permission.VIEW_CHART) -> Record:
    """The visit, for reading. Raises NotFound for one of another clinic or of a patient the viewer may not see."""
    viewer.require(permission)
    return Record(rows.visit(viewer, visit_id))


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above every form about a visit."""

    visit_id: UUID
    course_id: UUID
    patient_id: UUID
    version: int
    state: str
    state_words: str
    product: Product
    product_words: str
    chair: str
    scheduled_at: datetime
    banner: Banner
    t0: datetime | None
    last_dose_at: datetime | None

    @property
    def here(self) -> bool:
        """Whether the patient is in our care: only then do the clocks run."""
        return is_here(self.state)

    @property
    def crumbs(self) -> tuple[tuple[str, str], ...]:
        """The way here."""
        return ((f"{self.chair}: {self.state_words}", ""),)


def head(viewer: Viewer, visit_id: UUID, now: datetime) -> Head:
    """The head of a visit's forms; for those who book, too: it holds nothing clinical for them."""
    record = record_for(viewer, visit_id, Permission.VIEW_BOARD)
    clinical = viewer.may(Permission.VIEW_CHART)
    visit = record.visit
    return Head(
        visit_id=visit.id,
        course_id=visit.course_id,
        patient_id=visit.course.patient_id,
        version=visit.version,
        state=visit.state,
        state_words=state_words(told_state(viewer, visit.state)),
        product=record.product,
        product_words=PRODUCT_WORDS[visit.product],
        chair=visit.chair.name,
        scheduled_at=visit.scheduled_at,
        banner=people.banner(viewer, visit.course.patient_id, now),
        t0=record.t0 if clinical else None,
        last_dose_at=record.last_dose_at if clinical else None,
    )


def state_words(state: str) -> str:
    """The state as staff call it."""
    return STATE_WORDS.get(state, state.replace("_", " ").capitalize())


def told_state(viewer: Viewer, state: str) -> str:
    """The state as far as this person may know it.

    That somebody is expected, here or gone is no clinical fact. That they were dosed, had an emergency, left
    against advice or died is, and only who may see charts is told.
    """
    if viewer.may(Permission.VIEW_CHART) or state in (VISIT.initial, "cancelled", "missed"):
        return state
    return HERE if is_here(state) else "left"


def is_here(state: str) -> bool:
    """Whether the patient is in our care now."""
    return state in VISIT.occupied


def alarm_view(record: Record, alarm: models.Alarm) -> AlarmView:
    """An alarm row as a value."""
    answer = getattr(alarm, "acknowledgement", None)
    finding = Finding.from_json(alarm.finding)
    return AlarmView(
        id=alarm.id,
        finding=finding,
        tier=alarm.tier,
        raised_at=alarm.recorded_at,
        happened_at=max((each.at for each in finding.inputs if each.at is not None), default=None),
        raised_by=f"a reading of {alarm.source}"
        if alarm.source
        else f"what {alarm.recorded_by.name} entered",
        answer=answer.action if answer else "",
        answered_by=record.who(answer) if answer else "",
        answered_at=answer.measured_at if answer else None,
    )


def unanswered(record: Record) -> tuple[AlarmView, ...]:
    """Alarms nobody has answered, the gravest first."""
    return _waiting(record, retrospective=False)


def found_later(record: Record) -> tuple[AlarmView, ...]:
    """What was found in readings that were copied from paper afterwards and nobody has looked at: it called nobody."""
    return _waiting(record, retrospective=True)


def _waiting(record: Record, *, retrospective: bool) -> tuple[AlarmView, ...]:
    waiting = [
        alarm_view(record, each)
        for each in record.alarms
        if not hasattr(each, "acknowledgement") and each.retrospective is retrospective
    ]
    return tuple(sorted(waiting, key=_gravity))


def _gravity(alarm: AlarmView) -> tuple[int, bool]:
    """By its tier, and within it what calls somebody before what is only told."""
    return _GRAVEST.index(alarm.tier), alarm.finding.effect is not Effect.ALARM


def paper_words(record: Record, row: UUID) -> str:
    """Who measured and who copied, and how long after; nothing for what was entered as it happened."""
    found = record.from_paper.get(row)
    if found is None:
        return ""
    measured = found.measured_by.name if found.measured_by else found.signed_on_paper
    return f"entered later from paper by {found.recorded_by.name}; on the sheet: {measured}"


def later_words(measured_at: datetime, recorded_at: datetime) -> str:
    """How long after it was so it was entered, as one says it: “42 min”, “3 h 5 min”."""
    minutes = max(0, int((recorded_at - measured_at).total_seconds() // 60))
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours else f"{rest} min"


CLOSER = "OBS-RISK-1"
_SINCE = {
    (Product.ESKETAMINE_NASAL, Clock.LAST_DOSE): "the last device",
    (Product.ESKETAMINE_NASAL, Clock.PROGRAMME): "the first device",
    (Product.KETAMINE_IV, Clock.LAST_DOSE): "the end of the infusion",
    (Product.KETAMINE_IV, Clock.PROGRAMME): "the start of the infusion",
}


def due_view(record: Record, due: DueObservation) -> DueView:
    """One due reading as a line to act on."""
    kinds = ", ".join(sorted(kind.value for kind in (due.missing or due.kinds)))
    if due.clock is Clock.READING:
        return _due_again(record, due, kinds)
    note = _due_note(record, due)
    if not note and due.missing and due.missing != due.kinds:
        note = f"still missing: {kinds}"
    if not note and due.rule == CLOSER:
        note = "asked for by what adds to this patient's risk"
    return DueView(
        key=due.key,
        title=kinds[:1].upper() + kinds[1:],
        due_at=due.due_at,
        status=due.state.value,
        window=f"{record.local(due.opens_at):%H:%M} to {record.local(due.closes_at):%H:%M}",
        clock=f"{due.minutes} min after {_SINCE[record.product, due.clock]}",
        note=note,
    )


def _due_note(record: Record, due: DueObservation) -> str:
    if due.done_at is not None:
        return f"taken {record.local(due.done_at):%H:%M}" + (", late" if due.late else "")
    if due.reason:
        return due.reason
    if due.state is DueState.OVERDUE:
        return f"missed: the window closed at {record.local(due.closes_at):%H:%M}; take it now"
    return ""


def _due_again(record: Record, due: DueObservation, kinds: str) -> DueView:
    """One reading to take again, with the one that asks for it."""
    asked_at = record.local(due.due_at - timedelta(minutes=due.minutes))
    return DueView(
        key=due.key,
        title=f"{kinds[:1].upper()}{kinds[1:]} again",
        due_at=due.due_at,
        status=due.state.value,
        window=f"{record.local(due.opens_at):%H:%M} to {record.local(due.closes_at):%H:%M}",
        clock=f"after {due.because} at {asked_at:%H:%M}, {due.rule}",
        note=_due_note(record, due),
    )


def kinds_of_fact() -> list[type[VisitFact]]:
    """Every kind of fact a visit has: a new one is found without being named here."""
    room = apps.get_app_config(models.Visit._meta.app_label)
    return [model for model in room.get_models() if issubclass(model, VisitFact)]
