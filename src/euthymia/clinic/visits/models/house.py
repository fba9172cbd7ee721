"""When the house is open, who is in it, and what a booking was judged by."""

from __future__ import annotations

from django.db import models

from euthymia.clinic.access.models import Clinic, User
from euthymia.clinic.audit.bases import State, tracked
from euthymia.clinic.audit.checks import one_of, within
from euthymia.clinic.visits.models.visit import Chair, VisitFact
from euthymia.protocol import Duty

DUTIES = [(Duty.PRESCRIBER.value, "Prescriber"), (Duty.OBSERVER.value, "Observer")]


@tracked()
class OpeningHours(State):
    """The hours of one day of the week, by the clinic's clock. No row: nothing is known of that day."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="opening_hours")
    weekday = models.PositiveSmallIntegerField(help_text="0 is Monday.")
    is_open = models.BooleanField()
    opens_at = models.TimeField(null=True)
    closes_at = models.TimeField(null=True)

    class Meta:
        constraints = (
            within("weekday", 0, 6),
            models.UniqueConstraint(fields=["clinic", "weekday"], name="visits_opening_hours_once"),
            models.CheckConstraint(
                condition=models.Q(is_open=False) | models.Q(opens_at__lt=models.F("closes_at")),
                name="visits_opening_hours_in_order",
            ),
        )


@tracked()
class Closure(State):
    """Days on which the house, or one chair of it, takes nobody. One that was called off stays as a row."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="closures")
    chair = models.ForeignKey(Chair, on_delete=models.PROTECT, null=True, related_name="closures")
    starts_on = models.DateField()
    ends_on = models.DateField()
    why = models.CharField(max_length=200)
    called_off = models.BooleanField(default=False)
    made_by_key = models.UUIDField(null=True, blank=True, unique=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")), name="visits_closure_in_order"
            ),
        )
        indexes = (models.Index(fields=["clinic", "ends_on"], name="visits_closure_by_day"),)


@tracked()
class RotaShift(State):
    """One person in the house for one stretch of time, on one duty. A shift that was taken back stays as a row."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="shifts")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="shifts")
    duty = models.CharField(max_length=12, choices=DUTIES)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    called_off = models.BooleanField(default=False)
    made_by_key = models.UUIDField(null=True, blank=True, unique=True)

    class Meta:
        constraints = (
            one_of("duty", [value for value, _ in DUTIES]),
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="visits_shift_in_order"
            ),
        )
        indexes = (models.Index(fields=["clinic", "starts_at"], name="visits_shift_by_day"),)


class BookingJudgement(VisitFact):
    """What the rules said of a booked time when it was booked or moved, and why it was booked all the same."""

    chair = models.ForeignKey(Chair, on_delete=models.PROTECT, related_name="+")
    scheduled_at = models.DateTimeField()
    planned_end_at = models.DateTimeField()
    findings = models.JSONField()
    hindrances = models.JSONField(default=list, help_text="What stood against it, as sentences.")
    why = models.TextField(blank=True)
