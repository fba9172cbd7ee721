"""Which planned session a time is for, and what about it is asked of the house."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses import facts as course_facts
from euthymia.clinic.courses import queries as courses
from euthymia.clinic.visits import models
from euthymia.clinic.visits.house import Judged, Wanted
from euthymia.clinic.visits.models.visit import NO_CHAIR_NEEDED
from euthymia.protocol import Answer, Condition, Datum, Product
from euthymia.protocol.schedule import PlannedDay

NO_DOSE_CAME = (*NO_CHAIR_NEEDED, "withheld")
"""States in which the planned session a visit was booked for is open again."""


def session_for(
    by: Viewer, course_id: UUID, scheduled_at: datetime, moved: UUID | None = None
) -> PlannedDay | None:
    """The planned session a time is for: the one whose window it falls in, else the next without a booking."""
    on = timezone.localdate(scheduled_at)
    booked = models.Visit.objects.filter(course_id=course_id, planned_number__isnull=False)
    held = booked.exclude(state__in=NO_DOSE_CAME).values_list("id", "planned_number")
    taken = {number for visit_id, number in held if visit_id != moved}
    left = [each for each in courses.ahead(by, course_id) if each.number not in taken]
    within = (each for each in left if each.earliest_on <= on <= each.latest_on)
    return next(within, left[0] if left else None)


def wanted(
    by: Viewer, visit: models.Visit, session: PlannedDay | None, starts_at: datetime, ends_at: datetime
) -> Wanted:
    """A time for a visit, as the house judges it."""
    return Wanted(
        product=Product(visit.product),
        chair_id=visit.chair_id or 0,
        starts_at=starts_at,
        ends_at=ends_at,
        session=session,
        resuscitation_needed=_resuscitation_needed(by, visit.course_id),
        visit_id=visit.id,
    )


def _resuscitation_needed(by: Viewer, course_id: UUID) -> Datum[bool] | None:
    """Whether the history tells of serious disease of heart or lungs; ``None`` while it was not asked."""
    said = next(
        (
            each
            for each in course_facts.condition_answers(by, course_id)
            if each.condition is Condition.CARDIORESPIRATORY_DISEASE
        ),
        None,
    )
    if said is None or said.at is None or said.answer is Answer.NOT_ASKED:
        return None
    return Datum(said.answer is Answer.YES, said.at, said.origin)


def told(viewer: Viewer, judged: Judged) -> Judged:
    """The judgement for somebody who may not see charts: nothing of it tells about the patient."""
    if viewer.may(Permission.VIEW_CHART):
        return judged
    hidden = "What the house has must fit this patient: ask a nurse or a prescriber."
    findings = tuple(
        replace(each, sentence=hidden, inputs=()) if each.rule == "PLAN-5" else each
        for each in judged.findings
    )
    return replace(judged, findings=findings)
