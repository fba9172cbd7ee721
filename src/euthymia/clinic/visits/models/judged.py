"""What the rules said, frozen, and what people answered: alarms, deviations, overrides."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
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
    retrospective = models.BooleanField(
        default=False, help_text="Found in what was entered afterwards from paper: told, and no call of now."
    )

    class Meta(VisitFact.Meta):
        constraints = (
            *VisitFact.Meta.constraints,
            models.UniqueConstraint(fields=["visit", "fingerprint"], name="visits_same_finding_alarms_once"),
        )


class WatchPlan(VisitFact):
    """Why this patient is watched more closely or for longer, as it stood on record when the dose began.

    ``risks`` are the noted ones, each with the rule that names it and a sentence; empty for the usual plan.
    """

    risks = models.JSONField(default=list)
    rules_version = models.CharField(max_length=80)


class Done(models.TextChoices):
    """What was done about an alarm."""

    SEEN = "seen", "Went to the patient and looked"
    AGAIN = "again", "Measured again"
    STOPPED = "stopped", "Stopped or held the drug"
    POSITIONED = "positioned", "Changed the position, roused the patient"
    AIRWAY = "airway", "Opened the airway, gave oxygen"
    CALMED = "calmed", "Stayed and reassured, quietened the room"
    PRESCRIBER = "prescriber", "Called the prescriber"
    MEDICINE = "medicine", "Gave a medicine by order"
    HELP = "help", "Called the emergency team"
    DEVICE = "device", "The reading was wrong: cuff, clip or device"
    NOTHING = "nothing", "Nothing more was needed"


class Acknowledgement(TimedFact):
    """A named person has seen an alarm and says what was done: ``done`` from a list, ``action`` in words."""

    alarm = models.OneToOneField(Alarm, on_delete=models.PROTECT, related_name="acknowledgement")
    done = ArrayField(models.CharField(max_length=12, choices=Done.choices), default=list)
    action = models.TextField()

    class Meta(TimedFact.Meta):
        constraints = (
            *TimedFact.Meta.constraints,
            models.CheckConstraint(condition=~Q(action=""), name="visits_acknowledgement_says_what"),
            models.CheckConstraint(
                condition=Q(done__contained_by=Done.values), name="visits_acknowledgement_done_known"
            ),
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
