"""What a change of the rule book would say of visits under way, which it does not reach: somebody may walk over."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.people import queries as people
from euthymia.clinic.rulebook.impact import Judged, Touched, compare
from euthymia.clinic.visits import assess, models
from euthymia.clinic.visits.queries._common import state_words
from euthymia.clinic.visits.record import Record
from euthymia.evidence import RuleBook
from euthymia.protocol import VISIT, Finding


def judged_by_both(viewer: Viewer, before: RuleBook, after: RuleBook, now: datetime) -> Judged:
    """The visits under way that would be judged otherwise by ``after``; each now goes by the version it began under."""
    viewer.require(Permission.VIEW_CHART)
    everyone = models.Visit.objects.filter(clinic_id=viewer.clinic_id, state__in=sorted(VISIT.occupied))
    seen = everyone.filter(course__patient__in=people.visible(viewer))
    visits = seen.select_related("clinic", "course__patient", "chair").order_by("chair__name")
    found = [_touched(viewer, visit, after, now) for visit in visits]
    return Judged(len(found), everyone.count() - len(found), tuple(each for each in found if each.differs))


def _touched(viewer: Viewer, visit: models.Visit, after: RuleBook, now: datetime) -> Touched:
    patient = visit.course.patient
    return Touched(
        name=f"{patient.given_name} {patient.family_name}",
        what=visit.chair.name,
        state=state_words(visit.state),
        url=reverse("visits:visit", args=[visit.id]),
        differs=compare(_judge(viewer, Record(visit), now), _judge(viewer, Record(visit, by=after), now)),
    )


def _judge(viewer: Viewer, record: Record, now: datetime) -> tuple[Finding, ...]:
    """What can be said of a visit at this moment: readiness before the dose, alarms and discharge after it."""
    if record.t0 is None:
        return assess.readiness(viewer, record, now)
    return (*assess.alarms(record, now), *assess.discharge(record, now))
