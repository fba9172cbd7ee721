"""What was written on paper while the system was down, and entered afterwards."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from euthymia.clinic.audit.checks import one_of
from euthymia.clinic.audit.models import Signature
from euthymia.clinic.courses.models import PRODUCTS
from euthymia.clinic.visits.models.dose import ORDERED_ROUTES, Order
from euthymia.clinic.visits.models.visit import TimedFact, VisitFact


class FromPaper(VisitFact):
    """Says of one row of the visit that it was copied from paper, and who had measured or done it.

    Its own author is who entered it. ``measured_by`` is a member of staff; ``signed_on_paper`` the name or initials
    as they stand on the sheet, where it was somebody else.
    """

    row = models.UUIDField(unique=True)
    measured_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    signed_on_paper = models.CharField(max_length=120, blank=True)

    class Meta(VisitFact.Meta):
        constraints = (
            *VisitFact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(measured_by__isnull=False) | ~Q(signed_on_paper=""),
                name="visits_paper_says_who_measured",
            ),
        )


class GivenBy(models.TextChoices):
    """How an order reached the room while nothing could be signed here."""

    PAPER = "on paper", "Written on paper"
    WORD = "by word of mouth", "By word of mouth, read back"


class PaperOrder(TimedFact):
    """An order as it was given during an outage; ``measured_at`` is when. It waits for its prescriber to sign.

    ``route`` is empty for the one the product is made for, as in ``Order``.
    """

    product = models.CharField(max_length=24, choices=PRODUCTS)
    given = models.CharField(max_length=20, choices=GivenBy.choices)
    prescriber = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    dose_mg = models.DecimalField(max_digits=7, decimal_places=2)
    devices = models.PositiveSmallIntegerField(null=True, blank=True)
    mg_per_kg = models.DecimalField(max_digits=5, decimal_places=3, null=True, blank=True)
    minutes = models.DecimalField(max_digits=5, decimal_places=1, null=True, blank=True)
    concentration_mg_per_ml = models.DecimalField(max_digits=7, decimal_places=3, null=True, blank=True)
    volume_ml = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    rate_ml_per_h = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    route = models.CharField(max_length=16, blank=True, default="")
    units = models.PositiveSmallIntegerField(null=True, blank=True)
    mg_per_unit = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)

    class Meta(TimedFact.Meta):
        constraints = (
            *TimedFact.Meta.constraints,
            one_of("product", [value for value, _ in PRODUCTS]),
            one_of("given", GivenBy.values),
            one_of("route", ORDERED_ROUTES, or_blank=True),
            models.CheckConstraint(condition=Q(dose_mg__gt=0), name="visits_paper_dose_positive"),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gt": 0}),
                    name=f"visits_paper_{name}_positive",
                )
                for name in (
                    "mg_per_kg",
                    "minutes",
                    "concentration_mg_per_ml",
                    "volume_ml",
                    "rate_ml_per_h",
                    "units",
                    "mg_per_unit",
                )
            ),
        )


class PaperOrderAnswer(VisitFact):
    """The prescriber's signature under an order of an outage, or that it was not given like this."""

    paper_order = models.OneToOneField(PaperOrder, on_delete=models.PROTECT, related_name="answer")
    agreed = models.BooleanField()
    note = models.TextField(blank=True)
    order = models.OneToOneField(
        Order, on_delete=models.PROTECT, null=True, blank=True, related_name="from_paper"
    )
    signature = models.ForeignKey(Signature, on_delete=models.PROTECT, related_name="+")

    class Meta(VisitFact.Meta):
        constraints = (
            *VisitFact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(agreed=True, order__isnull=False)
                | (Q(agreed=False, order__isnull=True) & ~Q(note="")),
                name="visits_paper_order_signed_or_denied",
            ),
        )
