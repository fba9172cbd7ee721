"""What is planned, what was given, and whether it helped."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses import lapses, rows, scheduling, weights
from euthymia.clinic.courses.models import BenefitDecision, PlannedSession, TreatmentPlan
from euthymia.clinic.courses.rows import Given
from euthymia.clinic.measures import queries as measures
from euthymia.clinic.measures.queries import Trajectory
from euthymia.evidence import Regimen
from euthymia.protocol import COURSE, Benefit, Finding
from euthymia.protocol.schedule import PlannedDay
from euthymia.protocol.weight_basis import BothDoses


@dataclass(frozen=True, slots=True)
class Session:
    """One session: planned for a day, given on a day, or both. ``visit`` leads to the visit. It may move from
    ``earliest_on`` to ``latest_on``; both are empty for a plan that was signed before there were windows."""

    number: int
    phase: str
    target_on: date | None
    given_at: datetime | None
    visit: UUID | None
    earliest_on: date | None = None
    latest_on: date | None = None
    phase_name: str = ""

    def is_missed(self, today: date) -> bool:
        """Whether its last day has passed and it was not given."""
        last = self.latest_on or self.target_on
        return self.given_at is None and last is not None and last < today


@dataclass(frozen=True, slots=True)
class PlanView:
    """A signed plan. The dose is of the first session; later ones are ordered at each visit."""

    id: UUID
    number: int
    dose_mg: Decimal | None
    mg_per_kg: Decimal | None
    minutes: Decimal | None
    first_session_on: date
    last_session_on: date
    count: int
    regimen: str
    maintenance_gap_days: int | None
    weight: str
    weight_why: str
    escort_name: str
    escort_phone: str
    why: str
    findings: tuple[Finding, ...]
    overrides: tuple[tuple[Finding, str], ...]
    signer: str
    signed_at: datetime

    @property
    def dose(self) -> str:
        """The dose in words."""
        if self.dose_mg is not None:
            return f"{self.dose_mg.normalize():f} mg"
        if self.mg_per_kg is None or self.minutes is None:
            return ""
        return f"{self.mg_per_kg.normalize():f} mg/kg over {self.minutes.normalize():f} minutes"


@dataclass(frozen=True, slots=True)
class BenefitView:
    """A signed decision whether treatment goes on."""

    decision: Benefit
    sessions_before: int
    rationale: str
    signer: str
    signed_at: datetime


def plan(viewer: Viewer, course_id: UUID) -> PlanView | None:
    """The plan that stands."""
    viewer.require(Permission.VIEW_CHART)
    row = rows.plan(rows.course(viewer, course_id))
    return _plan(row) if row else None


def plans(viewer: Viewer, course_ids: Collection[UUID]) -> dict[UUID, PlanView]:
    """The plan that stands of each of these courses that has one and that this person may see."""
    viewer.require(Permission.VIEW_CHART)
    return {row.course_id: _plan(row) for row in rows.plans(viewer, course_ids)}


def sessions(viewer: Viewer, course_id: UUID) -> tuple[Session, ...]:
    """Every session of the course: those given, then those the standing plan still holds."""
    viewer.require(Permission.VIEW_CHART)
    course = rows.course(viewer, course_id)
    planned = PlannedSession.objects.filter(plan__course=course).select_related("plan")
    by_number = {
        session.number: session for session in planned.order_by("plan__number")
    }  # the latest plan wins
    given = {session.number: session for session in rows.given(course)}
    standing = rows.plan(course)
    numbers = set(given) | {
        number for number, session in by_number.items() if standing and session.plan_id == standing.id
    }
    return tuple(
        Session(
            number=number,
            phase=by_number[number].get_phase_display() if number in by_number else "",
            target_on=by_number[number].target_on if number in by_number else None,
            given_at=given[number].started_at if number in given else None,
            visit=given[number].visit if number in given else None,
            earliest_on=by_number[number].earliest_on if number in by_number else None,
            latest_on=by_number[number].latest_on if number in by_number else None,
            phase_name=by_number[number].phase if number in by_number else "",
        )
        for number in sorted(numbers)
    )


def given_among(some: Iterable[Session]) -> tuple[Given, ...]:
    """Those in which a dose was given, where the sessions are at hand."""
    return tuple(
        Given(each.number, each.visit, each.given_at) for each in some if each.given_at and each.visit
    )


def next_session(viewer: Viewer, course_id: UUID) -> PlannedDay | None:
    """The session that comes next by the plan that stands; for who books, without the chart."""
    viewer.require(Permission.VIEW_DIRECTORY)
    course = rows.course(viewer, course_id)
    standing = rows.plan(course)
    row = standing.sessions.filter(number=rows.given_so_far(course) + 1).first() if standing else None
    return _day(row) if row else None


def ahead(viewer: Viewer, course_id: UUID) -> tuple[PlannedDay, ...]:
    """The sessions of the plan that stands which were not given yet; for who books, without the chart."""
    viewer.require(Permission.VIEW_DIRECTORY)
    course = rows.course(viewer, course_id)
    standing = rows.plan(course)
    if standing is None or course.state in COURSE.terminal:
        return ()
    left = standing.sessions.filter(number__gt=rows.given_so_far(course)).order_by("number")
    return tuple(_day(row) for row in left)


def regimen_of(viewer: Viewer, course_id: UUID) -> Regimen:
    """The regimen a course follows."""
    viewer.require(Permission.VIEW_DIRECTORY)
    return scheduling.regimen_of(rows.course(viewer, course_id))


def maintenance_gaps(viewer: Viewer, course_id: UUID) -> tuple[int, ...]:
    """The distances in maintenance that the regimen knows; none where it ends before."""
    phases = regimen_of(viewer, course_id).phases[1:]
    return phases[-1].gap_days if phases else ()


def both_doses(viewer: Viewer, course_id: UUID, mg_per_kg: Decimal) -> BothDoses | None:
    """Both doses of an infusion where the prescriber has to choose the weight."""
    viewer.require(Permission.VIEW_CHART)
    return weights.both(viewer, rows.course(viewer, course_id), mg_per_kg)


def missed_sessions(viewer: Viewer, course_id: UUID, today: date) -> tuple[PlannedDay, ...]:
    """The sessions whose window is over and that were not given."""
    viewer.require(Permission.VIEW_CHART)
    return tuple(_day(row) for row in lapses.all_missed(rows.course(viewer, course_id), today))


def missed_among(state: str, found: tuple[Session, ...], today: date) -> tuple[Session, ...]:
    """Of sessions that were read, those whose window is over and that were not given: without asking again."""
    if state not in lapses.STATES:
        return ()
    return tuple(each for each in found if each.given_at is None and lapses.is_over(each, today))


def ways_after_missing(viewer: Viewer, course_id: UUID) -> tuple[tuple[str, str], ...]:
    """How a course may go on after a missed session, as value and words."""
    viewer.require(Permission.VIEW_CHART)
    return lapses.ways(rows.course(viewer, course_id))


def event_after_missing(viewer: Viewer, course_id: UUID, decision: str) -> str:
    """The event by which the plan that follows a missed session is signed.

    Raises:
        Refused: the phase the course is in does not know this way on.
    """
    viewer.require(Permission.VIEW_CHART)
    return lapses.event_of(rows.course(viewer, course_id), decision)


def preview(
    viewer: Viewer, course_id: UUID, event: str, first_on: date, gap_days: int | None
) -> tuple[tuple[PlannedDay, ...], tuple[PlannedDay, ...]]:
    """The sessions a plan signed by ``event`` would make, and what would follow them. Writes nothing.

    Raises:
        Refused: such a plan cannot be made; the sentence says why.
    """
    viewer.require(Permission.VIEW_CHART)
    course = rows.course(viewer, course_id)
    planned = scheduling.planned_days(course, event, first_on, gap_days)
    return planned, scheduling.foreseen(course, planned, gap_days)


def _day(row: PlannedSession) -> PlannedDay:
    return PlannedDay(
        row.number,
        row.phase,
        row.target_on,
        row.earliest_on or row.target_on,
        row.latest_on or row.target_on,
    )


def trajectory(viewer: Viewer, course_id: UUID, last: int | None = None) -> Trajectory:
    """The PHQ-9 totals of the patient, or the ``last`` of them, judged against the baseline before the first dose."""
    course = rows.course(viewer, course_id)
    return measures.trajectory(viewer, course.patient_id, rows.first_dose_at(course), last=last)


def doses(viewer: Viewer, course_id: UUID, since: datetime | None = None) -> tuple[tuple[Given, ...], int]:
    """The sessions of the course in which a dose was given from ``since`` on, and how many there were before it."""
    viewer.require(Permission.VIEW_CHART)
    course = rows.course(viewer, course_id)
    found = rows.given(course, since)
    return found, (rows.given_so_far(course) - len(found) if since else 0)


def benefits(viewer: Viewer, course_id: UUID) -> tuple[BenefitView, ...]:
    """The decisions on benefit, the latest first."""
    viewer.require(Permission.VIEW_CHART)
    course = rows.course(viewer, course_id)
    found = BenefitDecision.objects.filter(course=course).select_related("signature")
    return tuple(
        BenefitView(
            decision=Benefit(row.decision),
            sessions_before=row.sessions_before,
            rationale=row.rationale,
            signer=row.signature.signer_name,
            signed_at=row.signature.recorded_at,
        )
        for row in found.order_by("-recorded_at")
    )


def _plan(row: TreatmentPlan) -> PlanView:
    found = tuple(Finding.from_json(each) for each in row.findings)
    days = [each.target_on for each in sorted(row.sessions.all(), key=lambda each: each.number)]
    return PlanView(
        id=row.id,
        number=row.number,
        dose_mg=row.dose_mg,
        mg_per_kg=row.mg_per_kg,
        minutes=row.minutes,
        first_session_on=row.first_session_on,
        last_session_on=days[-1] if days else row.first_session_on,
        count=len(days),
        regimen=row.regimen,
        maintenance_gap_days=row.maintenance_gap_days,
        weight=f"{row.weight_kg:f} kg, {row.get_weight_basis_display().lower()}" if row.weight_basis else "",
        weight_why=row.weight_why,
        escort_name=row.escort_name,
        escort_phone=row.escort_phone,
        why=row.why,
        findings=found,
        overrides=tuple(
            (each, row.overrides[each.fingerprint]) for each in found if each.fingerprint in row.overrides
        ),
        signer=row.signature.signer_name,
        signed_at=row.signature.recorded_at,
    )
