"""Ketamine into the muscle, under the tongue or swallowed: what the patient agreed to, and what was given."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from euthymia.clinic.access.models import User
from euthymia.clinic.audit.checks import one_of
from euthymia.clinic.visits.models.dose import Order
from euthymia.clinic.visits.models.visit import TimedFact

ROUTES = [
    ("intramuscular", "Into the muscle"),
    ("sublingual", "Under the tongue"),
    ("oral", "Swallowed"),
]


class RouteAgreement(TimedFact):
    """The patient agreed today to a route that no label states, with the text as it was read."""

    route = models.CharField(max_length=16, choices=ROUTES)
    text = models.TextField()
    text_sha256 = models.CharField(max_length=64)
    signed_name = models.CharField(max_length=200, help_text="As the patient wrote it.")

    class Meta(TimedFact.Meta):
        constraints = (*TimedFact.Meta.constraints, one_of("route", [value for value, _ in ROUTES]))


class DirectStep(models.TextChoices):
    """What happened to a dose that needs neither device nor pump."""

    GIVEN = "given", "Given"
    ENDED = "ended", "Out of the mouth"


class Site(models.TextChoices):
    """Where an injection went."""

    LEFT_DELTOID = "left deltoid", "Left upper arm"
    RIGHT_DELTOID = "right deltoid", "Right upper arm"
    LEFT_THIGH = "left thigh", "Left thigh"
    RIGHT_THIGH = "right thigh", "Right thigh"
    LEFT_GLUTEAL = "left gluteal", "Left buttock"
    RIGHT_GLUTEAL = "right gluteal", "Right buttock"


class MouthEnd(models.TextChoices):
    """How a dose left the mouth."""

    SWALLOWED = "swallowed", "Swallowed"
    SPAT_OUT = "spat out", "Spat out"


class DirectDose(TimedFact):
    """One injection, or what was put into the mouth, as it was given; and when what was held there was out.

    ``number`` counts the doses of the visit; the first one is its ``t0``. A dose under the tongue has a second row,
    with which the clock that protects begins. Masses are milligrams of base.
    """

    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, null=True, blank=True, related_name="direct_doses"
    )
    number = models.PositiveSmallIntegerField()
    step = models.CharField(max_length=8, choices=DirectStep.choices)
    route = models.CharField(max_length=16, choices=ROUTES)
    dose_mg = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    concentration_mg_per_ml = models.DecimalField(max_digits=7, decimal_places=3, null=True, blank=True)
    volume_ml = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    units = models.PositiveSmallIntegerField(null=True, blank=True)
    mg_per_unit = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    site = models.CharField(max_length=16, choices=Site.choices, blank=True)
    lot = models.CharField(max_length=40, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    container = models.CharField(max_length=60, blank=True)
    outcome = models.CharField(max_length=12, choices=MouthEnd.choices, blank=True)
    note = models.TextField(blank=True)
    given_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who did it, where that is not who entered it.",
    )

    class Meta(TimedFact.Meta):
        constraints = (
            *TimedFact.Meta.constraints,
            one_of("step", DirectStep.values),
            one_of("route", [value for value, _ in ROUTES]),
            one_of("site", Site.values, or_blank=True),
            one_of("outcome", MouthEnd.values, or_blank=True),
            models.CheckConstraint(
                condition=Q(step=DirectStep.GIVEN, dose_mg__gt=0, outcome="")
                | (Q(step=DirectStep.ENDED, dose_mg__isnull=True, route="sublingual") & ~Q(outcome="")),
                name="visits_direct_dose_given_or_ended",
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="visits_direct_dose_numbered"),
            models.UniqueConstraint(
                fields=["visit", "number", "step"],
                condition=Q(corrects__isnull=True),
                name="visits_each_direct_dose_once",
            ),
        )
