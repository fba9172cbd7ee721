"""Movements of controlled drug: insert-only, exact, each with its lot and expiry."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Floor

from euthymia.clinic.access.models import User
from euthymia.clinic.audit.bases import Fact
from euthymia.clinic.audit.checks import one_of
from euthymia.clinic.audit.models import Signature
from euthymia.clinic.people.models import Patient
from euthymia.protocol import Product
from euthymia.protocol.drug_account import Movement

KINDS = [(each.value, each.value.capitalize()) for each in Movement]
UNITS = [("mg", "mg"), ("device", "devices")]


class DrugMovement(Fact):
    """One line of the ledger. ``amount`` is in mg of base to the hundredth, or in whole devices.

    A line that was wrong is corrected by another; one that should not be there is corrected to nothing. ``source``
    names the record that a line follows from (``device:<id>``, ``infusion:<visit>``), which makes it once.
    """

    visit_id = models.UUIDField(
        db_index=True, help_text="The visit it belongs to. A number: visits stand above this room."
    )
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="drug_movements")
    product = models.CharField(max_length=24, choices=[(each.value, each.words) for each in Product])
    kind = models.CharField(max_length=12, choices=KINDS)
    amount = models.DecimalField(max_digits=9, decimal_places=2)
    unit = models.CharField(max_length=8, choices=UNITS)
    lot = models.CharField(max_length=40, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    container = models.CharField(max_length=60, blank=True, help_text="The vial or kit by its number.")
    happened_at = models.DateTimeField()
    entered_offset_min = models.SmallIntegerField()
    source = models.CharField(max_length=80, blank=True)
    why = models.TextField(blank=True)
    signature = models.ForeignKey(
        Signature, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    witness = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    witness_signature = models.ForeignKey(
        Signature, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta(Fact.Meta):
        constraints = (
            *Fact.Meta.constraints,
            one_of("product", [each.value for each in Product]),
            one_of("kind", [kind for kind, _ in KINDS]),
            one_of("unit", [unit for unit, _ in UNITS]),
            models.CheckConstraint(
                condition=Q(amount__gt=0) | Q(amount=0, corrects__isnull=False),
                name="pharmacy_movement_moves_something",
            ),
            models.CheckConstraint(
                condition=~Q(unit="device") | Q(amount=Floor("amount")), name="pharmacy_devices_are_whole"
            ),
            models.CheckConstraint(
                condition=~Q(kind=Movement.WASTED.value)
                | Q(signature__isnull=False, witness__isnull=False, witness_signature__isnull=False)
                & ~Q(why=""),
                name="pharmacy_waste_is_signed_by_two",
            ),
            models.CheckConstraint(
                condition=Q(witness__isnull=True) | ~Q(witness=F("recorded_by")),
                name="pharmacy_witness_is_another_person",
            ),
            models.UniqueConstraint(
                fields=["source"],
                condition=Q(corrects__isnull=True) & ~Q(source=""),
                name="pharmacy_one_line_for_its_source",
            ),
        )
