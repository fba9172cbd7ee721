"""Entries that were made on the wrong patient, and where they went."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from euthymia.clinic.audit.checks import one_of
from euthymia.clinic.visits.models.visit import Visit, VisitFact


class Movable(models.TextChoices):
    """What can be moved to another patient's visit."""

    READINGS = "readings", "Readings"
    DEVICE = "device", "Device"
    INFUSION = "infusion", "Infusion"
    MEDICINE = "medicine", "Medicine given"


class MovedEntry(VisitFact):
    """One row that was entered in ``visit`` and belongs to ``to_visit``.

    The row itself stays where it was entered, struck through, and counts for nothing there any more. ``arrived``
    is the row that was made of it in the other visit, with its measured time and its first author. ``together``
    joins the rows that were moved with one press.
    """

    to_visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="entries_moved_here")
    what = models.CharField(max_length=16, choices=Movable.choices)
    original = models.UUIDField(unique=True)
    arrived = models.UUIDField(unique=True)
    together = models.UUIDField()
    first_entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    first_entered_at = models.DateTimeField()
    why = models.TextField()

    class Meta(VisitFact.Meta):
        constraints = (
            *VisitFact.Meta.constraints,
            one_of("what", Movable.values),
            models.CheckConstraint(condition=~Q(why=""), name="visits_move_has_reason"),
            models.CheckConstraint(condition=~Q(visit=F("to_visit")), name="visits_moved_to_another_visit"),
        )
