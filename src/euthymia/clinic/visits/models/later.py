"""What waited on a tablet without a connection: whose it is, when it was entered there, and which facts it became."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from euthymia.clinic.audit.checks import one_of
from euthymia.clinic.visits.models.visit import VisitFact


class Waited(models.TextChoices):
    """What may wait on a tablet: what was seen or done. What needs a signature or a judgement may not."""

    READINGS = "readings", "Readings"
    DEVICE = "device", "Device"
    INFUSION = "infusion", "Infusion"
    DIRECT = "direct", "Dose"
    MOUTH = "mouth", "Out of the mouth"
    MEDICINE = "medicine", "Medicine given"
    ANSWER = "answer", "Answer to alarms"
    EMERGENCY = "emergency", "Emergency"


class LateEntry(VisitFact):
    """One entry that was sent after it was made. ``recorded_by`` sent it; ``author`` is who had entered it."""

    what = models.CharField(max_length=12, choices=Waited.choices)
    subjects = ArrayField(models.UUIDField(), help_text="The facts it became; of readings, their set.")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(help_text="When it was entered, by the server's clock.")
    tablet_ahead_s = models.IntegerField(
        help_text="How far the tablet's own clock ran ahead when it was entered."
    )

    class Meta(VisitFact.Meta):
        verbose_name_plural = "late entries"
        constraints = (*VisitFact.Meta.constraints, one_of("what", Waited.values))
