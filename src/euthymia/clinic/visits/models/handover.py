"""Change of shift: what one nurse told the next, and that the next took over."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from euthymia.clinic.audit.bases import Fact
from euthymia.clinic.visits.models.visit import VisitFact


class Handover(Fact):
    """What was handed over at one change of shift, by who wrote it, to a named person."""

    to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True, help_text="What is true of the room and of no one patient.")


class HandedOver(VisitFact):
    """One patient of a handover: the summary as it stood, kept whole, and the concerns in words."""

    handover = models.ForeignKey(Handover, on_delete=models.PROTECT, related_name="patients")
    summary = models.JSONField()
    concerns = models.TextField(blank=True)

    class Meta(VisitFact.Meta):
        constraints = (
            *VisitFact.Meta.constraints,
            models.UniqueConstraint(fields=["handover", "visit"], name="visits_handed_over_once"),
        )


class HandoverAccepted(Fact):
    """The incoming nurse took over, by name. Its author is that nurse."""

    handover = models.OneToOneField(Handover, on_delete=models.PROTECT, related_name="accepted")
    question = models.TextField(blank=True, help_text="What was asked or seen on taking over.")
