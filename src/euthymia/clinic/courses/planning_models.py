"""What a plan is surrounded by: sessions that were missed, appointments without a dose, and what the site is.
Part of ``courses.models``."""

from __future__ import annotations

from django.db import models

from euthymia.clinic.access.models import User
from euthymia.clinic.audit.bases import Fact, State, tracked
from euthymia.clinic.audit.checks import one_of, within


class AfterMissing(models.TextChoices):
    """How a prescriber goes on after a missed session."""

    CONTINUE = "continue", "Go on with the schedule from here"
    MORE_OFTEN = "more-often", "Go back a step: more often than before"
    REPEAT = "repeat-induction", "Repeat induction"


class Worse(models.TextChoices):
    """What is known of the depression since the last session."""

    BETTER_OR_SAME = "no", "No"
    WORSE = "yes", "Yes"
    NOT_KNOWN = "unknown", "Not known"


class MissedSession(Fact):
    """A session that was not given, and how a prescriber decided to go on: with the signed plan that follows.

    ``findings`` is what the rules said; ``number`` and ``target_on`` are those of the plan that stood then.
    """

    course = models.ForeignKey("courses.Course", on_delete=models.PROTECT, related_name="missed_sessions")
    plan = models.ForeignKey("courses.TreatmentPlan", on_delete=models.PROTECT, related_name="missed")
    number = models.PositiveSmallIntegerField()
    target_on = models.DateField()
    worse = models.CharField(max_length=8, choices=Worse.choices)
    decision = models.CharField(max_length=20, choices=AfterMissing.choices)
    why = models.TextField()
    findings = models.JSONField()
    new_plan = models.OneToOneField(
        "courses.TreatmentPlan", on_delete=models.PROTECT, related_name="because_missed"
    )

    class Meta(Fact.Meta):
        constraints = (
            *Fact.Meta.constraints,
            one_of("worse", Worse.values),
            one_of("decision", AfterMissing.values),
        )
        indexes = (models.Index(fields=["course", "recorded_at"], name="courses_missed_by_course"),)


class AppointmentKind(models.TextChoices):
    """What a therapist meets a patient for, without a dose."""

    PREPARATION = "preparation", "Preparation"
    INTEGRATION = "integration", "Integration"


class AppointmentState(models.TextChoices):
    """Where an appointment stands."""

    PLANNED = "planned", "Planned"
    HELD = "held", "Held"
    CANCELLED = "cancelled", "Cancelled"


@tracked()
class Appointment(State):
    """A meeting with a therapist before or between sessions. No dose is given and no chair is taken."""

    clinic = models.ForeignKey("access.Clinic", on_delete=models.PROTECT, related_name="appointments")
    course = models.ForeignKey("courses.Course", on_delete=models.PROTECT, related_name="appointments")
    kind = models.CharField(max_length=16, choices=AppointmentKind.choices)
    starts_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField()
    therapist = models.ForeignKey(User, on_delete=models.PROTECT, related_name="appointments")
    state = models.CharField(
        max_length=12, choices=AppointmentState.choices, default=AppointmentState.PLANNED
    )
    made_by_key = models.UUIDField(null=True, blank=True, unique=True)

    class Meta:
        constraints = (
            one_of("kind", AppointmentKind.values),
            one_of("state", AppointmentState.values),
            within("minutes", 5, 480),
        )
        indexes = (models.Index(fields=["course", "starts_at"], name="courses_appointment_by_course"),)


class Setting(models.TextChoices):
    """Where the drug is given, as the safety programme tells settings apart."""

    OUTPATIENT = "outpatient", "Outpatient clinic"
    INPATIENT = "inpatient", "Hospital ward or emergency department"


class SiteRecord(Fact):
    """What the site is certified for and has, as the director knows it. The latest row stands.

    ``None`` and the empty word are not known. ``certified_until`` empty means that no end is set.
    """

    setting = models.CharField(max_length=12, choices=Setting.choices)
    certified = models.BooleanField(null=True)
    certified_until = models.DateField(null=True)
    certificate = models.CharField(max_length=60, blank=True)
    representative = models.CharField(max_length=200, blank=True)
    oximeters = models.PositiveSmallIntegerField(null=True)
    resuscitation_equipment = models.BooleanField(null=True)
    resuscitation_trained = models.BooleanField(null=True)
    origin = models.CharField(max_length=200, help_text="What it was read from.")

    class Meta(Fact.Meta):
        constraints = (*Fact.Meta.constraints, one_of("setting", Setting.values))
        indexes = (models.Index(fields=["clinic", "-recorded_at"], name="courses_site_by_clinic"),)
