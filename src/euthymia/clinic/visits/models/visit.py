"""A visit, the chair it is booked for, and each step it took."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, IntegerRangeField
from django.db import models
from django.db.models import F, Func, Q, Value

from euthymia.clinic.access.models import Clinic
from euthymia.clinic.audit.bases import Fact, State, tracked
from euthymia.clinic.audit.checks import one_of
from euthymia.clinic.courses.models import PRODUCTS, Course
from euthymia.protocol import VISIT

NO_CHAIR_NEEDED = ("cancelled", "missed")
"""States in which the visit takes no chair: another may be booked on it."""


@tracked()
class Chair(State):
    """One place a patient is treated in. Its number is unique over all clinics, so that a constraint can use it."""

    id = models.AutoField(primary_key=True)  # type: ignore[assignment]  # a number, see above
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="chairs")
    name = models.CharField(max_length=40)
    takes_spray = models.BooleanField(default=True)
    takes_infusion = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["clinic", "name"], name="visits_chair_name_once"),)
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class _Slot(Func):
    """The half-open time range a visit holds its chair for."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class _OneNumber(Func):
    """A number as a range of itself: what an exclusion constraint compares without an extension."""

    function = "INT4RANGE"
    output_field = IntegerRangeField()

    def __init__(self, name: str, **extra: Any) -> None:
        super().__init__(F(name), F(name), Value("[]"), **extra)


@tracked()
class Visit(State):
    """One attendance for treatment. ``version`` grows with every step, so that two people never step at once unseen.

    ``book_version`` is the version of the clinic's rule book it began under and is judged by to its end.
    ``session_number`` is the course's, given with the first dose.
    """

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="visits")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="visits")
    chair = models.ForeignKey(Chair, on_delete=models.PROTECT, related_name="visits")
    product = models.CharField(max_length=24, choices=PRODUCTS)
    scheduled_at = models.DateTimeField()
    planned_end_at = models.DateTimeField()
    state = models.CharField(max_length=32, default=VISIT.initial)
    version = models.PositiveIntegerField(default=1)
    session_number = models.PositiveSmallIntegerField(null=True, blank=True)
    jurisdiction = models.CharField(max_length=8)
    rules_version = models.CharField(max_length=80, help_text="The rules in force when it was booked.")
    book_version = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="The version of the clinic's rule book it began under; none before it begins.",
    )
    planned_number = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="The session of the plan it was booked for."
    )
    booked_by_key = models.UUIDField(
        null=True, blank=True, unique=True, help_text="Idempotency key of the booking."
    )

    class Meta:
        constraints = (
            one_of("product", [value for value, _ in PRODUCTS]),
            one_of("state", VISIT.states),
            models.CheckConstraint(
                condition=Q(planned_end_at__gt=F("scheduled_at")), name="visits_visit_ends_after_it_begins"
            ),
            ExclusionConstraint(
                name="visits_chair_taken_once",
                expressions=[
                    (_OneNumber("chair_id"), "&&"),
                    (_Slot(F("scheduled_at"), F("planned_end_at"), Value("[)")), "&&"),
                ],
                condition=~Q(state__in=NO_CHAIR_NEEDED),
            ),
        )
        indexes = (
            models.Index(fields=["clinic", "scheduled_at"], name="visits_visit_by_day"),
            models.Index(fields=["course", "scheduled_at"], name="visits_visit_by_course"),
        )

    def __str__(self) -> str:
        return str(self.id)


class VisitFact(Fact):
    """A fact about one visit."""

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="%(class)ss")

    class Meta(Fact.Meta):
        abstract = True


class TimedFact(VisitFact):
    """A fact with the time a person says it happened, beside the time it was entered."""

    measured_at = models.DateTimeField(help_text="When it was so.")
    entered_offset_min = models.SmallIntegerField(help_text="Minutes east of UTC where it was entered.")

    class Meta(VisitFact.Meta):
        abstract = True


class VisitTransition(TimedFact):
    """One step of a visit along the table of states. ``version`` is the visit's version after it."""

    event = models.CharField(max_length=40)
    source = models.CharField(max_length=32)
    target = models.CharField(max_length=32)
    version = models.PositiveIntegerField()
    note = models.TextField(blank=True)

    class Meta(TimedFact.Meta):
        constraints = (
            *TimedFact.Meta.constraints,
            models.UniqueConstraint(fields=["visit", "version"], name="visits_one_step_per_version"),
        )
