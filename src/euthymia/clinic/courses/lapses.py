"""Sessions that were planned and not given: which, how long ago, and which ways on are open."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Protocol

from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.courses import rows, scheduling
from euthymia.clinic.courses.models import Course, PlannedSession
from euthymia.clinic.courses.planning_models import AfterMissing, MissedSession
from euthymia.protocol import Datum, Product, schedule
from euthymia.protocol.missed import MissedFacts, Rhythm

REPEAT = AfterMissing.REPEAT.value
_WEEKS = {
    1: Rhythm.WEEKLY,
    2: Rhythm.EVERY_TWO_WEEKS,
    3: Rhythm.EVERY_THREE_WEEKS,
    4: Rhythm.EVERY_FOUR_WEEKS,
}
_SAID = {"yes": True, "no": False}
STATES = ("planned", "induction", "maintenance")


class _Window(Protocol):
    """What a session says of its days, be it a row or what was read of it."""

    @property
    def target_on(self) -> date | None: ...

    @property
    def latest_on(self) -> date | None: ...


def all_missed(course: Course, today: date) -> list[PlannedSession]:
    """The sessions of the plan that stands whose window is over and that were not given, oldest first."""
    plan = rows.plan(course)
    if plan is None or course.state not in STATES:
        return []
    left = plan.sessions.filter(number__gt=rows.given_so_far(course)).order_by("number")
    return [row for row in left if is_over(row, today)]


def is_over(session: _Window, today: date) -> bool:
    """Whether the days on which a session may be given are over; false for one that no plan holds."""
    last = session.latest_on or session.target_on
    return last is not None and last < today


def first_missed(course: Course, today: date) -> PlannedSession | None:
    """The first of them."""
    return next(iter(all_missed(course, today)), None)


def rhythm(course: Course) -> Rhythm | None:
    """How often sessions are given by the plan that stands; ``None`` without a plan."""
    plan = rows.plan(course)
    if plan is None:
        return None
    if course.state != "maintenance":
        return Rhythm.TWICE_WEEKLY
    ahead = plan.sessions.filter(number__gt=rows.given_so_far(course)).order_by("number").first()
    if ahead is not None and ahead.phase != schedule.MAINTENANCE:
        return Rhythm.WEEKLY
    gap = plan.maintenance_gap_days or scheduling.regimen_of(course).phases[-1].gap_days[0]
    return _WEEKS.get(round(gap / 7))


def ways(course: Course) -> tuple[tuple[str, str], ...]:
    """The ways on that the course's phase knows."""
    if course.state != "maintenance":
        return ((AfterMissing.CONTINUE.value, AfterMissing.CONTINUE.label),)
    return tuple(AfterMissing.choices)


def steps_to_induction(course: Course, decision: str) -> bool:
    """Whether going back a step leads to twice a week, which is induction again."""
    return decision == AfterMissing.MORE_OFTEN and rhythm(course) is Rhythm.WEEKLY


def event_of(course: Course, decision: str) -> str:
    """The event by which the plan that follows is signed.

    Raises:
        Refused: the phase the course is in does not know this way on.
    """
    if decision not in dict(ways(course)):
        raise Refused("This way on is not open from here. Choose one of the list.", "decision")
    again = decision == REPEAT or steps_to_induction(course, decision)
    return "repeat_induction" if again else "revise_plan"


def missed_facts(
    course: Course, now: datetime, *, worse: str, next_on: date | None, decision: str = ""
) -> MissedFacts:
    """What the rules judge. What a prescriber decides now counts as decided now."""
    said = _SAID.get(worse)
    decided = Datum(decision, now, "the prescriber, with this decision") if decision else None
    return MissedFacts(
        product=Product(course.product),
        treated=tuple(row.on for row in rows.treated(course)),
        missed=tuple(row.target_on for row in all_missed(course, now.date())),
        next_on=next_on,
        rhythm=rhythm(course),
        # Asked on this page; the day's beginning gives it a time that is the same when it is sent.
        worse=None
        if said is None
        else Datum(said, datetime.combine(now.date(), time(), now.tzinfo), "asked with this decision"),
        step_decision=decided,
        gap_review=decided,
    )


def standing_facts(course: Course, now: datetime) -> MissedFacts:
    """What the rules judge when a dose is ordered today: what was missed since the last session, and what a
    prescriber decided about it."""
    treated = rows.treated(course)
    decisions = MissedSession.objects.current().filter(course=course)
    if treated:
        decisions = decisions.filter(recorded_at__gt=treated[-1].started_at)
    made = list(decisions.select_related("recorded_by").order_by("recorded_at"))
    last = made[-1] if made else None
    said = _SAID.get(last.worse) if last else None
    decided = Datum(last.why, last.recorded_at, f"decided by {last.recorded_by.name}") if last else None
    open_ones = (row.target_on for row in all_missed(course, now.date()))
    return MissedFacts(
        product=Product(course.product),
        treated=tuple(row.on for row in treated),
        missed=tuple(sorted({*open_ones, *(row.target_on for row in made)})),
        next_on=now.date(),
        rhythm=rhythm(course),
        worse=Datum(said, last.recorded_at, "asked with the decision") if last and said is not None else None,
        step_decision=decided,
        gap_review=decided,
    )
