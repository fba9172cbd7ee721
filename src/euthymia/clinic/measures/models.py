"""What patients answered: questionnaires with their wording frozen, and single ratings."""

from __future__ import annotations

from django.db import models

from euthymia.clinic.audit.bases import Fact
from euthymia.clinic.audit.checks import one_of, within
from euthymia.clinic.people.models import Patient


class Mode(models.TextChoices):
    """How an answer reached the record."""

    DEVICE = "device", "The patient answered on a device"
    PAPER = "paper", "Copied from paper"
    ASKED = "asked", "Read out and asked"


class QuestionnaireResponse(Fact):
    """One filled-in questionnaire. ``wording`` is the text as it was read: it renders the same for ever."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="responses")
    instrument = models.CharField(max_length=40)
    instrument_version = models.CharField(max_length=40)
    wording_sha256 = models.CharField(max_length=64)
    wording = models.JSONField(help_text="Stem, items and options as shown.")
    answers = models.JSONField(help_text="Item id to score; an item left out was not answered.")
    difficulty = models.CharField(
        max_length=200, blank=True, help_text="The answer beside the total, in words."
    )
    total = models.PositiveSmallIntegerField(null=True, help_text="Null when an item was not answered.")
    recall_days = models.PositiveSmallIntegerField(help_text="The days the questions look back over.")
    taken_at = models.DateTimeField()
    entered_offset_min = models.SmallIntegerField()
    mode = models.CharField(max_length=8, choices=Mode.choices)

    class Meta(Fact.Meta):
        constraints = (*Fact.Meta.constraints, one_of("mode", Mode.values))
        indexes = (
            models.Index(fields=["patient", "instrument", "-taken_at"], name="measures_response_by_patient"),
        )


class MoodRating(Fact):
    """Mood from 0, the worst the patient can imagine, to 10, the best; about now."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="moods")
    mood = models.PositiveSmallIntegerField()
    rated_at = models.DateTimeField()
    entered_offset_min = models.SmallIntegerField()
    mode = models.CharField(max_length=8, choices=Mode.choices)

    class Meta(Fact.Meta):
        constraints = (*Fact.Meta.constraints, one_of("mode", Mode.values), within("mood", 0, 10))
        indexes = (models.Index(fields=["patient", "-rated_at"], name="measures_mood_by_patient"),)
