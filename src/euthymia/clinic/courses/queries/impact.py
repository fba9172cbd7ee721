"""Which open courses a change of the rule book touches: every gate of a course, judged by both books."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils import timezone

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses import facts, gates, rows, words
from euthymia.clinic.courses.models import Course
from euthymia.clinic.rulebook.impact import Judged, Touched, compare
from euthymia.evidence import RuleBook
from euthymia.protocol import COURSE, Finding, plan

_FROZEN = "plan"  # judged when it was signed; here it is judged again


def judged_by_both(viewer: Viewer, before: RuleBook, after: RuleBook, now: datetime) -> Judged:
    """The open courses of the viewer's clinic whose findings differ; those in restricted charts are counted."""
    viewer.require(Permission.VIEW_CHART)
    everyone = Course.objects.filter(clinic_id=viewer.clinic_id).exclude(state__in=COURSE.terminal)
    products = _products(before, after)
    concerned = everyone.filter(product__in=products)
    seen = rows.visible(viewer).filter(id__in=concerned.values("id")).order_by("state_since", "pk")
    local = timezone.localtime(now)
    found = [_touched(viewer, course, before, after, local) for course in seen]
    return Judged(len(found), concerned.count() - len(found), tuple(each for each in found if each.differs))


def _products(before: RuleBook, after: RuleBook) -> set[str]:
    """The products of the rules that differ: a course of another is not judged again."""
    rules = {**before.by_id, **after.by_id}
    return {
        product
        for key in rules
        if key not in before or key not in after or before[key].thresholds != after[key].thresholds
        or before[key].wording != after[key].wording
        for book in (before, after)
        if key in book
        for product in book[key].products
    }  # fmt: skip


def _touched(viewer: Viewer, course: Course, before: RuleBook, after: RuleBook, now: datetime) -> Touched:
    with facts.kept():
        differs = compare(_judge(viewer, course, before, now), _judge(viewer, course, after, now))
    return Touched(
        name=f"{course.patient.given_name} {course.patient.family_name}",
        what=course.get_product_display(),
        state=words.STATES[course.state],
        url=reverse("courses:course", args=[course.id]),
        differs=differs,
    )


def _judge(viewer: Viewer, course: Course, book: RuleBook, now: datetime) -> tuple[Finding, ...]:
    found = [
        each
        for name, judge in gates.JUDGES.items()
        if name != _FROZEN
        for each in judge(viewer, course, book, now)
    ]
    standing = rows.plan(course)
    # Where every session of the plan was given, the next has no day and no dose yet: there is nothing to judge.
    if standing is not None and standing.sessions.filter(number=rows.given_so_far(course) + 1).exists():
        found += plan.assess(facts.plan_facts(viewer, course.id), book, now)
    return tuple(found)
