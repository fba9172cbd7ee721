"""What was measured and seen: one row a value, so that one artefact leaves its neighbours alone."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from euthymia.clinic.audit.checks import one_of
from euthymia.clinic.visits.models.monitors import MonitorReading
from euthymia.clinic.visits.models.visit import TimedFact


class Kind(models.TextChoices):
    """What can be observed. The number's meaning follows from it."""

    PRESSURE = "pressure", "Blood pressure"
    HEART_RATE = "heart_rate", "Heart rate"
    RESPIRATORY_RATE = "respiratory_rate", "Breathing rate"
    SPO2 = "spo2", "Oxygen saturation"
    SEDATION = "sedation", "Sedation (MOAA/S)"
    DISSOCIATION = "dissociation", "Dissociation"
    NAUSEA = "nausea", "Nausea"
    ANXIETY = "anxiety", "Anxiety"
    PAIN = "pain", "Pain"
    SYMPTOMS = "symptoms", "Crisis symptoms"
    NOTE = "note", "Note"


# The bounds of evidence/limits/observations.toml, as the database holds them: a migration cannot read a data
# file that changes later. tests/clinic/visits/test_limits.py keeps the two alike.
POSSIBLE: dict[str, tuple[int, int]] = {
    "systolic": (20, 350),
    "diastolic": (10, 250),
    "heart_rate": (10, 350),
    "respiratory_rate": (0, 100),
    "spo2": (20, 100),
    "sedation": (0, 5),
    "dissociation": (0, 3),
    "nausea": (0, 3),
    "anxiety": (0, 10),
    "pain": (0, 10),
}


def _possible() -> Q:
    """A value belongs to its kind, and lies where a value of that kind can lie."""
    single = [kind for kind in POSSIBLE if kind in Kind.values]
    condition = Q(
        kind=Kind.PRESSURE,
        value__gte=POSSIBLE["systolic"][0],
        value__lte=POSSIBLE["systolic"][1],
        diastolic__gte=POSSIBLE["diastolic"][0],
        diastolic__lte=POSSIBLE["diastolic"][1],
        diastolic__lt=F("value"),
    )
    for kind in single:
        lowest, highest = POSSIBLE[kind]
        condition |= Q(kind=kind, value__gte=lowest, value__lte=highest, diastolic__isnull=True)
    condition |= Q(kind=Kind.SYMPTOMS, symptoms__isnull=False, value__isnull=True, diastolic__isnull=True)
    return condition | (Q(kind=Kind.NOTE, value__isnull=True, diastolic__isnull=True) & ~Q(note=""))


class Observation(TimedFact):
    """One value. ``set_id`` joins those taken together. ``value`` is the systolic pressure, or the number of its kind.

    Dissociation and nausea are 0 none, 1 mild, 2 moderate, 3 severe; anxiety and pain 0 none to 10. An artefact is
    a correction with the same value, ``artefact`` true and a reason: it is shown struck through, and no rule reads it.
    """

    set_id = models.UUIDField()
    kind = models.CharField(max_length=20, choices=Kind.choices)
    value = models.PositiveSmallIntegerField(null=True, blank=True)
    diastolic = models.PositiveSmallIntegerField(null=True, blank=True)
    symptoms = ArrayField(models.CharField(max_length=40), null=True, blank=True)
    note = models.TextField(blank=True)
    artefact = models.BooleanField(default=False)
    confirmed = models.BooleanField(default=False, help_text="An unusual value the author confirmed.")
    source = models.CharField(
        max_length=60, blank=True, help_text="The monitor it came from; empty: a person entered it."
    )
    monitor_reading = models.ForeignKey(
        MonitorReading, on_delete=models.PROTECT, null=True, blank=True, related_name="observations"
    )

    class Meta(TimedFact.Meta):
        constraints = (
            *TimedFact.Meta.constraints,
            one_of("kind", Kind.values),
            models.CheckConstraint(condition=_possible(), name="visits_observation_possible"),
            models.CheckConstraint(
                condition=Q(artefact=False) | Q(corrects__isnull=False),
                name="visits_artefact_is_a_correction",
            ),
            models.CheckConstraint(
                condition=Q(monitor_reading__isnull=True) | ~Q(source=""), name="visits_monitor_is_named"
            ),
        )
        indexes = (models.Index(fields=["visit", "measured_at"], name="visits_observation_by_visit"),)
