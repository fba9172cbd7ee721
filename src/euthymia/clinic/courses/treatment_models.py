"""What was tried before for an illness other than depression. Part of ``courses.models``.

Antidepressant trials are kept by the people room and judged by dose and weeks from a coded list. For the other
illnesses no such list was read, so a clinician says of each treatment whether it counts.
"""

from __future__ import annotations

from django.db import models

from euthymia.clinic.audit.bases import Fact
from euthymia.clinic.audit.checks import one_of
from euthymia.clinic.people.models import Patient
from euthymia.protocol import Indication
from euthymia.protocol.facts import TrialOutcome


class TreatmentKind(models.TextChoices):
    """What sort of treatment it was."""

    DRUG = "drug", "Drug"
    PSYCHOTHERAPY = "psychotherapy", "Psychotherapy"
    PROCEDURE = "procedure", "Procedure"


class EarlierTreatment(Fact):
    """One earlier treatment of what a course treats. It is the patient's, and counts in every course for the same."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="earlier_treatments")
    indication = models.CharField(max_length=60)
    kind = models.CharField(max_length=16, choices=TreatmentKind.choices)
    treatment = models.CharField(max_length=200)
    first_line = models.BooleanField(
        null=True, help_text="Whether a guideline puts it first; null is not known."
    )
    adequate = models.BooleanField(
        null=True, help_text="Given as asked and for long enough; null is not known."
    )
    outcome = models.CharField(max_length=24, blank=True, help_text="How it ended; blank is not known.")
    basis = models.TextField(help_text="Where it is known from, and what the judgement rests on.")

    class Meta(Fact.Meta):
        constraints = (
            *Fact.Meta.constraints,
            one_of("indication", [each.value for each in Indication]),
            one_of("kind", TreatmentKind.values),
            one_of("outcome", [each.value for each in TrialOutcome], or_blank=True),
            models.CheckConstraint(
                condition=~models.Q(treatment="") & ~models.Q(basis=""),
                name="courses_earliertreatment_named_and_based",
            ),
        )
        indexes = (models.Index(fields=["patient", "indication"], name="courses_treated_before"),)
