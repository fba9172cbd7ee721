"""What happens to somebody who is not in the house: before check-in is finished with, or after the visit ended."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from euthymia.clinic.audit.checks import one_of
from euthymia.clinic.safety.models import AdverseEvent
from euthymia.clinic.visits.models.judged import Alarm
from euthymia.clinic.visits.models.visit import TimedFact, VisitFact


class Elsewhere(models.TextChoices):
    """What was heard of."""

    EMERGENCY = "emergency", "An emergency: help was called"
    TAKEN = "taken", "Taken to another place of care"


class ElsewhereEvent(TimedFact):
    """An emergency or a transfer of somebody whose visit has ended, or did not take place.

    It moves no state: the visit is what it was. ``told_by`` is who said so, ``destination`` where the patient is.
    """

    kind = models.CharField(max_length=12, choices=Elsewhere.choices)
    what = models.TextField()
    told_by = models.CharField(max_length=200)
    destination = models.CharField(max_length=200, blank=True)
    done = models.TextField(blank=True, help_text="What the house did when it heard.")

    class Meta(TimedFact.Meta):
        constraints = (
            *TimedFact.Meta.constraints,
            one_of("kind", Elsewhere.values),
            models.CheckConstraint(
                condition=~Q(what="") & ~Q(told_by=""), name="visits_elsewhere_says_what_and_who"
            ),
            models.CheckConstraint(
                condition=~Q(kind="taken") | ~Q(destination=""), name="visits_elsewhere_says_where"
            ),
        )


class AlarmEvent(VisitFact):
    """The adverse event that was recorded about an alarm."""

    alarm = models.OneToOneField(Alarm, on_delete=models.PROTECT, related_name="event")
    event = models.ForeignKey(AdverseEvent, on_delete=models.PROTECT, related_name="alarms")
