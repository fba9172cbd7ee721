"""Medicines given during a visit beside the treatment itself: ordered, read back, signed for, given."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from euthymia.clinic.access.models import User
from euthymia.clinic.audit.checks import one_of
from euthymia.clinic.audit.models import Signature
from euthymia.clinic.visits.models.visit import TimedFact, VisitFact


class DoseUnit(models.TextChoices):
    """What a dose is counted in. Micrograms are written out: mg and mcg must not be taken for each other."""

    MG = "mg", "mg"
    MICROGRAM = "microgram", "microgram"
    G = "g", "g"
    ML = "mL", "mL"
    UNITS = "units", "units"
    DROPS = "drops", "drops"
    LITRES_PER_MINUTE = "L/min", "L/min (oxygen)"


class MedicineRoute(models.TextChoices):
    """How a medicine gets into the patient."""

    ORAL = "oral", "By mouth"
    UNDER_TONGUE = "under the tongue", "Under the tongue or in the cheek"
    VEIN = "vein", "Into a vein"
    MUSCLE = "muscle", "Into a muscle"
    SKIN = "under the skin", "Under the skin"
    INHALED = "inhaled", "Inhaled"
    NOSE = "nose", "Into the nose"
    RECTAL = "rectal", "Rectal"
    ON_SKIN = "on the skin", "On the skin"


class MedicineFact(TimedFact):
    """A medicine with its dose, as ordered or as given."""

    medicine = models.CharField(max_length=120)
    dose = models.DecimalField(max_digits=9, decimal_places=3)
    unit = models.CharField(max_length=12, choices=DoseUnit.choices)
    route = models.CharField(max_length=20, choices=MedicineRoute.choices)

    class Meta(TimedFact.Meta):
        abstract = True


class MedicineOrder(MedicineFact):
    """One order for one dose. ``measured_at`` is when it was ordered.

    A verbal one was entered by who heard it: ``prescriber`` said it, it was read back, and a countersignature is
    awaited. ``seen`` is what stood on the screen: allergies, medicines, findings.
    """

    why = models.TextField()
    classes = models.JSONField(
        default=list, help_text="What it does beside the treatment, as the order says."
    )
    prescriber = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    verbal = models.BooleanField(default=False)
    read_back = models.BooleanField(default=False)
    seen = models.JSONField()
    signature = models.ForeignKey(
        Signature, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta(MedicineFact.Meta):
        constraints = (
            *MedicineFact.Meta.constraints,
            one_of("unit", DoseUnit.values),
            one_of("route", MedicineRoute.values),
            models.CheckConstraint(
                condition=Q(dose__gt=0) & ~Q(medicine="") & ~Q(why=""), name="visits_medicine_order_whole"
            ),
            models.CheckConstraint(
                condition=Q(verbal=False, signature__isnull=False, prescriber=F("recorded_by"))
                | Q(verbal=True, signature__isnull=True, read_back=True),
                name="visits_medicine_order_signed_or_read_back",
            ),
        )


class MedicineCountersignature(VisitFact):
    """The prescriber answers for a verbal order: agreed, or not as it was entered, with what was said instead."""

    order = models.OneToOneField(MedicineOrder, on_delete=models.PROTECT, related_name="countersignature")
    agreed = models.BooleanField()
    note = models.TextField(blank=True)
    signature = models.ForeignKey(Signature, on_delete=models.PROTECT, related_name="+")

    class Meta(VisitFact.Meta):
        constraints = (
            *VisitFact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(agreed=True) | ~Q(note=""), name="visits_medicine_disagreement_says_why"
            ),
        )


class MedicineWithdrawal(VisitFact):
    """An order taken back before it was given."""

    order = models.OneToOneField(MedicineOrder, on_delete=models.PROTECT, related_name="withdrawal")
    why = models.TextField()

    class Meta(VisitFact.Meta):
        constraints = (
            *VisitFact.Meta.constraints,
            models.CheckConstraint(condition=~Q(why=""), name="visits_medicine_withdrawal_says_why"),
        )


class MedicineGiven(MedicineFact):
    """What was given, by the one who recorded it. Without an ``order`` it says why."""

    order = models.ForeignKey(
        MedicineOrder, on_delete=models.PROTECT, null=True, blank=True, related_name="given"
    )
    note = models.TextField(blank=True, help_text="What differed from the order, or why there was none.")

    class Meta(MedicineFact.Meta):
        constraints = (
            *MedicineFact.Meta.constraints,
            one_of("unit", DoseUnit.values),
            one_of("route", MedicineRoute.values),
            models.CheckConstraint(
                condition=Q(dose__gt=0) & ~Q(medicine=""), name="visits_medicine_given_whole"
            ),
            models.CheckConstraint(
                condition=Q(order__isnull=False) | ~Q(note=""), name="visits_medicine_unordered_says_why"
            ),
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(order__isnull=False, corrects__isnull=True),
                name="visits_medicine_order_given_once",
            ),
        )
