"""A course's sessions as the schedule takes them: what was given, and the days that follow from a plan."""

from __future__ import annotations

from datetime import date

from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.courses import rows
from euthymia.clinic.courses.models import Course
from euthymia.clinic.rulebook import queries as rulebook
from euthymia.evidence import Regimen, regimen
from euthymia.protocol import schedule
from euthymia.protocol.schedule import Given, PlannedDay

AFTERWARDS = "continue"
"""The event after which the sessions beyond induction are planned."""


def regimen_of(course: Course) -> Regimen:
    """The regimen a course follows."""
    return regimen(course.clinic.jurisdiction, course.product, course.indication)


def given(course: Course, *, anew: bool = False) -> Given:
    """The sessions given; ``anew`` counts the next one as the first of a new induction."""
    treated = rows.treated(course)
    return Given(tuple(row.on for row in treated), 0 if anew else rows.in_round(course, treated))


def is_afterwards(course: Course, event: str) -> bool:
    """Whether a plan signed by ``event`` now is for the sessions beyond induction."""
    return event == AFTERWARDS or (event == "revise_plan" and course.state == "maintenance")


def planned_days(course: Course, event: str, first_on: date, gap_days: int | None) -> tuple[PlannedDay, ...]:
    """The sessions of a plan signed by ``event`` whose first is on ``first_on``.

    Raises:
        Refused: induction is given already, the regimen ends with it, or the distance is none it knows.
    """
    wanted, book = regimen_of(course), rulebook.book(course.clinic_id)
    past = given(course, anew=event == "repeat_induction")
    if not is_afterwards(course, event):
        found = schedule.induction(wanted, book, first_on, past)
        if not found:
            raise Refused("Every session of induction is given. What comes next is the decision on benefit.")
        return found
    if not wanted.phases[1:]:
        raise Refused(f"This regimen ends with induction: {wanted.title}.")
    gaps = wanted.phases[-1].gap_days
    if gap_days is not None and gap_days not in gaps:
        allowed = " or ".join(str(gap) for gap in gaps)
        raise Refused(f"In maintenance a session comes every {allowed} days.", "maintenance_gap_days")
    return schedule.afterwards(wanted, book, first_on, past, gap_days or gaps[0])


def foreseen(course: Course, planned: tuple[PlannedDay, ...], gap_days: int | None) -> tuple[PlannedDay, ...]:
    """What would follow ``planned`` induction; nothing where it is already beyond, or the regimen ends."""
    wanted = regimen_of(course)
    if not wanted.phases[1:] or any(each.phase != schedule.INDUCTION for each in planned):
        return ()
    past = given(course)
    if planned and planned[0].number != len(past.days) + 1:
        return ()
    gap = gap_days or wanted.phases[-1].gap_days[0]
    return schedule.outlook(wanted, rulebook.book(course.clinic_id), planned, past, gap)
