"""Which courses a dose may be ordered and a visit booked in: an ended one, or one nobody planned, takes neither."""

from __future__ import annotations

from django.db.models import QuerySet

from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.courses import words
from euthymia.clinic.courses.models import Course
from euthymia.protocol import COURSE

_TREATING = frozenset({"planned", "induction", "maintenance"})
"""The states in which a signed plan says that treatment goes on."""
_NOT_SUITABLE = "not_eligible"


def check_takes_orders(course: Course) -> None:
    """Refuse an order in a course whose treatment is not going on.

    Raises:
        Refused: the course is over, stopped by the decision on benefit, or has no signed plan.
    """
    if course.state not in _TREATING:
        stands = words.STATES[course.state]
        raise Refused(f"No dose can be ordered: the course stands at “{stands}”, not under a signed plan.")


def check_is_open(course: Course) -> None:
    """Refuse to plan a visit in a course that is over, or that was judged not to suit the patient.

    Raises:
        Refused: it is one of these.
    """
    if course.state in COURSE.terminal:
        raise Refused(f"This course is over (“{words.STATES[course.state]}”): nothing can be booked in it.")
    if course.state == _NOT_SUITABLE:
        raise Refused(
            "This treatment was judged not to suit the patient: nothing can be booked until a prescriber has judged it "
            "again."
        )


def to_book(courses: QuerySet[Course]) -> QuerySet[Course]:
    """Those among ``courses`` in which ``check_is_open`` lets a visit be booked."""
    return courses.exclude(state__in=[*sorted(COURSE.terminal), _NOT_SUITABLE])
