"""Letters as they were made, and as they were signed."""

from __future__ import annotations

from django.db import models

from euthymia.clinic.audit.bases import Fact
from euthymia.clinic.audit.checks import one_of
from euthymia.clinic.audit.models import Signature
from euthymia.clinic.courses.models import Course
from euthymia.clinic.people.models import Patient


class LetterKind(models.TextChoices):
    """What a letter is for."""

    PRIOR_AUTHORISATION = "prior-authorisation", "Prior authorisation"


class Letter(Fact):
    """One letter: the values it was made from, with their hash, and the draft that was made of them."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="letters")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="letters")
    kind = models.CharField(max_length=24, choices=LetterKind.choices)
    content = models.JSONField(help_text="Every value that is printed; null where none is on record.")
    content_sha256 = models.CharField(max_length=64)
    entered = models.JSONField(help_text="What was entered for this letter alone.")
    pdf = models.BinaryField()
    pdf_sha256 = models.CharField(max_length=64)

    class Meta(Fact.Meta):
        constraints = (*Fact.Meta.constraints, one_of("kind", LetterKind.values))
        indexes = (models.Index(fields=["course", "-recorded_at"], name="reports_letter_by_course"),)


class SignedLetter(Fact):
    """A letter with a prescriber's signature, and the document that leaves the clinic."""

    letter = models.OneToOneField(Letter, on_delete=models.PROTECT, related_name="signed")
    signature = models.ForeignKey(Signature, on_delete=models.PROTECT, related_name="+")
    pdf = models.BinaryField()
    pdf_sha256 = models.CharField(max_length=64)
