"""Who watches a patient: who took it, to whom it was offered, and that somebody stopped."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from euthymia.clinic.access.models import User
from euthymia.clinic.audit.checks import one_of
from euthymia.clinic.visits.models.visit import VisitFact
from euthymia.protocol import WatchStep


class Watching(VisitFact):
    """One press about who watches: ``recorded_by`` took it, offered it to ``offered_to``, or stopped."""

    step = models.CharField(max_length=8, choices=[(step.value, step.value) for step in WatchStep])
    offered_to = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta(VisitFact.Meta):
        constraints = (
            *VisitFact.Meta.constraints,
            one_of("step", [step.value for step in WatchStep]),
            models.CheckConstraint(
                condition=Q(step=WatchStep.OFFERED, offered_to__isnull=False)
                | (~Q(step=WatchStep.OFFERED) & Q(offered_to__isnull=True)),
                name="visits_watch_offered_to_somebody",
            ),
        )
