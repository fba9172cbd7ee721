"""What the rules said, frozen, and what people answered: alarms, deviations, overrides."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from euthymia.clinic.audit.models import Signature
from euthymia.clinic.visits.models.visit import TimedFact, VisitFact


class Assessment(VisitFact):
    """All findings of one gate at the moment it was passed."""

    gate = models.CharField(max_length=24)
    findings = models.JSONField()
    rules_version = models.CharField(max_length=80)


class OverrideRecord(VisitFact):
    """A prescriber's signed reason for passing findings. ``fingerprints`` are what it covers, and no other."""

    gate = models.CharField(max_length=24)
    findings = models.JSONField()
    fingerprints = models.JSONField()
    why = models.TextField()
    signature = models.ForeignKey(Signature, on_delete=models.PROTECT, related_name="+")

    class Meta(VisitFact.Meta):
        constraints = (
            *VisitFact.Meta.constraints,
            models.CheckConstraint(condition=~Q(why=""), name="visits_override_has_reason"),
        )


class Alarm(VisitFact):
    """A finding that called somebody to the patient. The same finding alarms once."""

    rule = models.CharField(max_length=24)
    tier = models.CharField(max_length=12, blank=True)
    fingerprint = models.CharField(max_length=64)
    finding = models.JSONField()
    source = models.CharField(max_length=60, blank=True, help_text="The monitor whose reading raised it.")

    class Meta(VisitFact.Meta):
        constraints = (
            *VisitFact.Meta.constraints,
            models.UniqueConstraint(fields=["visit", "fingerprint"], name="visits_same_finding_alarms_once"),
        )


class Acknowledgement(TimedFact):
    """A named person has seen an alarm and says what was done."""

    alarm = models.OneToOneField(Alarm, on_delete=models.PROTECT, related_name="acknowledgement")
    action = models.TextField()

    class Meta(TimedFact.Meta):
        constraints = (
            *TimedFact.Meta.constraints,
            models.CheckConstraint(condition=~Q(action=""), name="visits_acknowledgement_says_what"),
        )


class Deviation(VisitFact):
    """A breach that happened. It stays; what is still to come is the reason."""

    rule = models.CharField(max_length=24)
    sentence = models.TextField()
    finding = models.JSONField()


class DeviationReason(VisitFact):
    """Why a breach happened, in the words of who answers for it."""

    deviation = models.OneToOneField(Deviation, on_delete=models.PROTECT, related_name="answer")
    why = models.TextField()

    class Meta(VisitFact.Meta):
        constraints = (
            *VisitFact.Meta.constraints,
            models.CheckConstraint(condition=~Q(why=""), name="visits_deviation_reason_given"),
        )


class WaivedObservation(VisitFact):
    """A due observation somebody decided not to take."""

    due_key = models.CharField(max_length=80)
    why = models.TextField()

    class Meta(VisitFact.Meta):
        constraints = (
            *VisitFact.Meta.constraints,
            models.UniqueConstraint(fields=["visit", "due_key"], name="visits_waived_once"),
            models.CheckConstraint(condition=~Q(why=""), name="visits_waiver_has_reason"),
        )
