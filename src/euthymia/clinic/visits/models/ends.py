"""How a visit ends: the judgement, the way out, the closing."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from euthymia.clinic.audit.checks import one_of
from euthymia.clinic.audit.models import Signature
from euthymia.clinic.visits.models.visit import TimedFact


class ExitKind(models.TextChoices):
    """The ways a patient leaves a visit."""

    DISCHARGED = "discharged", "Discharged"
    LEFT_AGAINST_ADVICE = "left against advice", "Left against advice"
    TRANSFERRED = "transferred", "Transferred"
    ELOPED = "eloped", "Walked out unseen"
    EMERGENCY = "emergency", "Emergency called"
    DIED = "died", "Died"
    CANCELLED = "cancelled", "Cancelled"
    MISSED = "missed", "Did not come"
    WITHHELD = "withheld", "No dose given"


class StabilityJudgement(TimedFact):
    """The clinician's own judgement whether the patient is clinically stable and ready to leave."""

    stable = models.BooleanField()
    basis = models.TextField()

    class Meta(TimedFact.Meta):
        constraints = (
            *TimedFact.Meta.constraints,
            models.CheckConstraint(condition=~Q(basis=""), name="visits_stability_has_basis"),
        )


class Exit(TimedFact):
    """How and when the patient left, or why the visit did not take place.

    ``detail`` is what each way asks for: the advice given, the reason, what was seen. ``destination`` is where
    to. ``with_whom`` is the escort, or who went along.
    """

    kind = models.CharField(max_length=24, choices=ExitKind.choices)
    detail = models.TextField(blank=True)
    destination = models.CharField(max_length=200, blank=True)
    with_whom = models.CharField(max_length=200, blank=True)
    no_driving_before = models.DateTimeField(null=True, blank=True)
    signature = models.ForeignKey(
        Signature, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta(TimedFact.Meta):
        constraints = (
            *TimedFact.Meta.constraints,
            one_of("kind", ExitKind.values),
            models.CheckConstraint(
                condition=Q(kind=ExitKind.DISCHARGED) | ~Q(detail=""), name="visits_exit_says_what_happened"
            ),
            models.CheckConstraint(
                condition=~Q(kind=ExitKind.DISCHARGED) | Q(signature__isnull=False),
                name="visits_discharge_is_signed",
            ),
        )


class CloseRecord(TimedFact):
    """The visit is complete but for its follow-up: drug accounted for, adverse events asked about."""

    drug_account = models.TextField(help_text="What became of used and unused drug.")
    adverse_events = models.TextField(help_text="What happened, or that nothing did.")
    signature = models.ForeignKey(Signature, on_delete=models.PROTECT, related_name="+")
