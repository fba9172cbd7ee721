"""The dose: what was ordered, and what was in fact given."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from euthymia.clinic.access.models import User
from euthymia.clinic.audit.checks import one_of
from euthymia.clinic.audit.models import Signature
from euthymia.clinic.courses.models import PRODUCTS
from euthymia.clinic.visits.models.check_in import Identifier
from euthymia.clinic.visits.models.visit import TimedFact, VisitFact

MOST_DEVICES_RECORDABLE = 12
"""Far beyond any dose: what a slip of the finger cannot be, and what happened can."""


ORDERED_ROUTES = ["intramuscular", "sublingual", "oral"]
"""Routes an order names; it is empty for the one the product is made for."""


class Order(VisitFact):
    """One signed order for one dose. Masses are milligrams of base; the pump's settings belong to infusions.

    ``route`` is empty for the one the product is made for. Into the muscle a volume of a vial is ordered, for the
    mouth a number of lozenges or tablets.
    """

    product = models.CharField(max_length=24, choices=PRODUCTS)
    route = models.CharField(max_length=16, blank=True, default="")
    dose_mg = models.DecimalField(max_digits=7, decimal_places=2)
    devices = models.PositiveSmallIntegerField(null=True, blank=True)
    mg_per_kg = models.DecimalField(max_digits=5, decimal_places=3, null=True, blank=True)
    weight_kg = models.DecimalField(max_digits=4, decimal_places=1, null=True, blank=True)
    weight_measured_at = models.DateTimeField(null=True, blank=True)
    minutes = models.DecimalField(max_digits=5, decimal_places=1, null=True, blank=True)
    concentration_mg_per_ml = models.DecimalField(max_digits=7, decimal_places=3, null=True, blank=True)
    volume_ml = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    rate_ml_per_h = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    units = models.PositiveSmallIntegerField(null=True, blank=True)
    mg_per_unit = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    signature = models.ForeignKey(Signature, on_delete=models.PROTECT, related_name="+")

    class Meta(VisitFact.Meta):
        constraints = (
            *VisitFact.Meta.constraints,
            one_of("route", ORDERED_ROUTES, or_blank=True),
            one_of("product", [value for value, _ in PRODUCTS]),
            models.CheckConstraint(condition=Q(dose_mg__gt=0), name="visits_order_dose_positive"),
            models.CheckConstraint(
                condition=Q(route="", devices__isnull=False, mg_per_kg__isnull=True)
                | Q(
                    route="",
                    devices__isnull=True,
                    mg_per_kg__gt=0,
                    weight_kg__gt=0,
                    weight_measured_at__isnull=False,
                    minutes__gt=0,
                    concentration_mg_per_ml__gt=0,
                    volume_ml__gt=0,
                    rate_ml_per_h__gt=0,
                )
                | Q(
                    route="intramuscular",
                    devices__isnull=True,
                    mg_per_kg__gt=0,
                    weight_kg__gt=0,
                    concentration_mg_per_ml__gt=0,
                    volume_ml__gt=0,
                    rate_ml_per_h__isnull=True,
                )
                | Q(
                    route__in=["sublingual", "oral"],
                    devices__isnull=True,
                    weight_kg__gt=0,
                    units__gt=0,
                    mg_per_unit__gt=0,
                    rate_ml_per_h__isnull=True,
                ),
                name="visits_order_devices_infusion_or_direct",
            ),
        )


class OrderCancellation(VisitFact):
    """An order withdrawn before it was given."""

    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="cancellation")
    why = models.TextField()


class BedsideCheck(TimedFact):
    """A second person's confirmation of an order just before it starts: who, what and how, as read at the chair.

    ``confirmed_by`` signed with a proof of their own; the entry may have been made in somebody else's session.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="bedside_checks")
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    first = models.CharField(max_length=16, choices=Identifier.choices)
    second = models.CharField(max_length=16, choices=Identifier.choices)
    dose_mg = models.DecimalField(max_digits=7, decimal_places=2)
    devices = models.PositiveSmallIntegerField(null=True, blank=True)
    concentration_mg_per_ml = models.DecimalField(max_digits=7, decimal_places=3, null=True, blank=True)
    volume_ml = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    rate_ml_per_h = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    route = models.CharField(max_length=16, blank=True, default="")
    units = models.PositiveSmallIntegerField(null=True, blank=True)
    mg_per_unit = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    signature = models.ForeignKey(Signature, on_delete=models.PROTECT, related_name="+")

    class Meta(TimedFact.Meta):
        constraints = (
            *TimedFact.Meta.constraints,
            one_of("first", Identifier.values),
            one_of("second", Identifier.values),
            models.CheckConstraint(
                condition=~Q(first=F("second")), name="visits_bedside_two_different_identifiers"
            ),
        )


class Nostril(models.TextChoices):
    """Which nostril took the first spray."""

    LEFT = "left", "Left"
    RIGHT = "right", "Right"


class DeviceAdministration(TimedFact):
    """One device as it was used. ``measured_at`` is its first spray; number 1 is the visit's ``t0``."""

    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, null=True, blank=True, related_name="devices_given"
    )
    number = models.PositiveSmallIntegerField()
    first_nostril = models.CharField(max_length=8, choices=Nostril.choices, blank=True)
    lot = models.CharField(max_length=40, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    serial = models.CharField(max_length=40, blank=True)
    problem = models.TextField(blank=True, help_text="What went wrong with it; empty when nothing did.")
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
            one_of("first_nostril", Nostril.values, or_blank=True),
            models.CheckConstraint(
                condition=Q(number__gte=1, number__lte=MOST_DEVICES_RECORDABLE),
                name="visits_device_number_possible",
            ),
            models.UniqueConstraint(
                fields=["visit", "number"], condition=Q(corrects__isnull=True), name="visits_each_device_once"
            ),
        )


class InfusionStep(models.TextChoices):
    """What was done with the pump."""

    STARTED = "started", "Started"
    RATE_CHANGED = "rate changed", "Rate changed"
    PAUSED = "paused", "Paused"
    RESUMED = "resumed", "Resumed"
    STOPPED = "stopped", "Stopped early"
    ENDED = "ended", "Ended: the whole dose is in"


class InfusionEvent(TimedFact):
    """One step of an infusion. ``volume_given_ml`` is what the pump shows as given since the start."""

    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, null=True, blank=True, related_name="infusion_events"
    )
    step = models.CharField(max_length=16, choices=InfusionStep.choices)
    rate_ml_per_h = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    volume_given_ml = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    concentration_mg_per_ml = models.DecimalField(max_digits=7, decimal_places=3, null=True, blank=True)
    lot = models.CharField(max_length=40, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    why = models.TextField(blank=True)
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
            one_of("step", InfusionStep.values),
            models.CheckConstraint(
                condition=Q(rate_ml_per_h__isnull=True) | Q(rate_ml_per_h__gte=0),
                name="visits_rate_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(volume_given_ml__isnull=True) | Q(volume_given_ml__gte=0),
                name="visits_volume_not_negative",
            ),
            models.UniqueConstraint(
                fields=["visit"],
                condition=Q(corrects__isnull=True, step=InfusionStep.STARTED),
                name="visits_one_infusion_start",
            ),
            models.UniqueConstraint(
                fields=["visit"],
                condition=Q(corrects__isnull=True, step__in=[InfusionStep.STOPPED, InfusionStep.ENDED]),
                name="visits_one_infusion_end",
            ),
        )


class DrugAccount(VisitFact):
    """The drug of the visit as it was accounted for at closing: the finding, and why something is missing if it is."""

    finding = models.JSONField()
    discrepancy = models.TextField(blank=True, help_text="What is known of what is missing or too much.")
    signature = models.ForeignKey(Signature, on_delete=models.PROTECT, related_name="+")
