"""Which courses a dose may be ordered and a visit booked in: an ended one, or one nobody planned, takes neither."""

from __future__ import annotations

from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.courses import words
from euthymia.clinic.courses.models import Course
from euthymia.protocol import COURSE

_TREATING = frozenset({"planned", "induction", "maintenance"})
"""The states in which a signed plan says that treatment goes on."""


def check_takes_orders(course: Course) -> None:
    """Refuse an order in a course whose treatment is not going on.

    Raises:
        Refused: the course is over, stopped by the decision on benefit, or has no signed plan.
    """
    if course.state not in _TREATING:
        stands = words.STATES[course.state]
        raise Refused(f"No dose can be ordered: the course stands at “{stands}”, not under a signed plan.")


def check_is_open(course: Course) -> None:
    """Refuse to plan a visit in a course that is over.

    Raises:
        Refused: the course is over.
    """
    if course.state in COURSE.terminal:
        raise Refused(f"This course is over (“{words.STATES[course.state]}”): nothing can be booked in it.")
