"""Bedside monitors: who may send, where each stands, what came, and what a person made of what had no place."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from euthymia.clinic.access.models import Clinic, User
from euthymia.clinic.audit.bases import Fact, State, tracked
from euthymia.clinic.audit.checks import one_of
from euthymia.clinic.visits.models.visit import Chair, Visit


class Fate(models.TextChoices):
    """What became of a set of readings that arrived."""

    KEPT = "kept", "In a chart"
    WAITING = "waiting", "Waiting for a person"
    AGAIN = "again", "Came before"
    REFUSED = "refused", "Refused"


@tracked()
class Monitor(State):
    """One certified monitor. It is the alarm; what it sends is a copy of what it showed."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="monitors")
    name = models.CharField(max_length=40, help_text="As it is written on the machine.")
    make = models.CharField(max_length=120, blank=True, help_text="Maker and model.")
    serial = models.CharField(max_length=60, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["clinic", "name"], name="visits_monitor_name_once"),)
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


@tracked(secrets=("secret_sha256",))
class MonitorKey(State):
    """What a monitor shows to be let in. Only its hash is kept; ``hint`` tells one from another on screen."""

    monitor = models.ForeignKey(Monitor, on_delete=models.PROTECT, related_name="keys")
    secret_sha256 = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=8)
    issued_at = models.DateTimeField()
    issued_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("issued_at")), name="visits_monitor_key_runs_out"
            ),
        )


class MonitorPlace(Fact):
    """Somebody said where a monitor stands: from ``since`` on at a chair, with one visit, or nowhere.

    The last one said before a reading was taken is where that reading belongs.
    """

    monitor = models.ForeignKey(Monitor, on_delete=models.PROTECT, related_name="places")
    since = models.DateTimeField()
    chair = models.ForeignKey(Chair, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta(Fact.Meta):
        constraints = (
            *Fact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(chair__isnull=True) | Q(visit__isnull=True), name="visits_monitor_in_one_place"
            ),
        )
        indexes = (models.Index(fields=["monitor", "since"], name="visits_monitor_place_by_time"),)


class MonitorMessage(Fact):
    """One message as it came. ``recorded_by`` is who issued the key it came with: in their name it was let in.

    ``sent_at`` is the monitor's own clock when it sent; ``ahead_s`` how far that clock ran ahead of the server's
    (negative: behind), ``None`` where it did not say. ``message_id`` is made by the monitor: once for each message.
    """

    monitor = models.ForeignKey(Monitor, on_delete=models.PROTECT, related_name="messages")
    key = models.ForeignKey(MonitorKey, on_delete=models.PROTECT, related_name="+")
    message_id = models.CharField(max_length=120)
    form = models.CharField(max_length=8)
    payload = models.JSONField()
    payload_sha256 = models.CharField(max_length=64)
    sent_at = models.DateTimeField(null=True, blank=True)
    ahead_s = models.IntegerField(null=True, blank=True)

    class Meta(Fact.Meta):
        constraints = (
            *Fact.Meta.constraints,
            one_of("form", ("json", "fhir")),
            models.UniqueConstraint(fields=["monitor", "message_id"], name="visits_monitor_message_once"),
        )
        indexes = (models.Index(fields=["monitor", "recorded_at"], name="visits_monitor_message_last"),)


class MonitorReading(Fact):
    """One set of readings out of a message, and what became of it.

    ``device_time`` is what the monitor said, ``measured_at`` the same instant by the server's clock. ``values`` are
    numbers by name in the units of the record; ``refused`` are sentences about values that were left out.
    """

    message = models.ForeignKey(MonitorMessage, on_delete=models.PROTECT, related_name="readings")
    monitor = models.ForeignKey(Monitor, on_delete=models.PROTECT, related_name="readings")
    place = models.ForeignKey(MonitorPlace, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    visit = models.ForeignKey(
        Visit, on_delete=models.PROTECT, null=True, blank=True, related_name="monitor_readings"
    )
    device_time = models.DateTimeField()
    measured_at = models.DateTimeField()
    values = models.JSONField()
    refused = models.JSONField(default=list)
    fate = models.CharField(max_length=8, choices=Fate.choices)
    why = models.TextField(blank=True)
    set_id = models.UUIDField(null=True, blank=True, help_text="The set of observations it became.")

    class Meta(Fact.Meta):
        constraints = (
            *Fact.Meta.constraints,
            one_of("fate", Fate.values),
            models.CheckConstraint(
                condition=~Q(fate="kept") | Q(visit__isnull=False, set_id__isnull=False),
                name="visits_monitor_reading_kept_somewhere",
            ),
        )
        indexes = (
            models.Index(fields=["monitor", "device_time"], name="visits_monitor_reading_same"),
            models.Index(
                fields=["clinic", "recorded_at"],
                condition=Q(fate="waiting"),
                name="visits_monitor_reading_waits",
            ),
            models.Index(fields=["visit", "recorded_at"], name="visits_monitor_reading_visit"),
        )


class MonitorDecision(Fact):
    """A person's decision about readings that waited: whose they are, or that they are nobody's; and why."""

    reading = models.OneToOneField(MonitorReading, on_delete=models.PROTECT, related_name="decision")
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    why = models.TextField()
    set_id = models.UUIDField(null=True, blank=True)

    class Meta(Fact.Meta):
        constraints = (
            *Fact.Meta.constraints,
            models.CheckConstraint(condition=~Q(why=""), name="visits_monitor_decision_says_why"),
        )
