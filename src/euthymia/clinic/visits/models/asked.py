"""What is asked at check-in beyond the pieces of every visit: substances, events, the bladder, a phone of one's own."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from euthymia.clinic.access.models import Clinic
from euthymia.clinic.audit.bases import State, tracked
from euthymia.clinic.measures.models import QuestionnaireResponse
from euthymia.clinic.visits.models.visit import Visit, VisitFact
from euthymia.protocol.misuse import BladderSymptom, Signal

BLADDER = [(each.name.lower(), f"{each.value[0].upper()}{each.value[1:]}") for each in BladderSymptom]
SIGNALS = [(each.name.lower(), f"{each.value[0].upper()}{each.value[1:]}") for each in Signal]


def _word(choices: list[tuple[str, str]]) -> models.CharField[str, str]:
    return models.CharField(max_length=40, choices=choices)


class SubstanceReport(VisitFact):
    """Alcohol, sedatives that nobody prescribed, and illicit drugs before this visit, each with its time."""

    alcohol_at = models.DateTimeField(
        null=True, help_text="The last drink; null: none in the time asked about."
    )
    sedative = models.CharField(max_length=200, blank=True)
    sedative_at = models.DateTimeField(null=True)
    illicit = models.BooleanField()
    illicit_what = models.CharField(max_length=200, blank=True)
    asked_about_h = models.DecimalField(
        max_digits=5, decimal_places=1, help_text="The hours before it that were asked about."
    )
    entered_offset_min = models.SmallIntegerField()

    class Meta(VisitFact.Meta):
        constraints = (
            *VisitFact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(sedative="", sedative_at__isnull=True)
                | (~Q(sedative="") & Q(sedative_at__isnull=False)),
                name="visits_sedative_which_and_when",
            ),
            models.CheckConstraint(
                condition=Q(illicit=True) | Q(illicit_what=""), name="visits_illicit_what_if_so"
            ),
        )


class IntervalReport(VisitFact):
    """What happened since the last visit: an illness, a fall, a night in hospital, anything that felt wrong."""

    happened = models.BooleanField()
    detail = models.TextField(blank=True)

    class Meta(VisitFact.Meta):
        constraints = (
            *VisitFact.Meta.constraints,
            models.CheckConstraint(condition=Q(happened=False) | ~Q(detail=""), name="visits_event_is_told"),
        )


class MaintenanceReport(VisitFact):
    """The bladder and signs of misuse, asked at each session of maintenance. An empty list: asked, and none."""

    bladder = ArrayField(_word(BLADDER))
    urine_tested = models.CharField(max_length=200, blank=True, help_text="Which test and culture, and when.")
    urologist = models.CharField(max_length=400, blank=True, help_text="What a urologist found, and when.")
    signals = ArrayField(_word(SIGNALS))
    note = models.TextField(blank=True)

    class Meta(VisitFact.Meta):
        constraints = (
            *VisitFact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(bladder__contained_by=[value for value, _ in BLADDER]),
                name="visits_maintenancereport_bladder_known",
            ),
            models.CheckConstraint(
                condition=Q(signals__contained_by=[value for value, _ in SIGNALS]),
                name="visits_maintenancereport_signals_known",
            ),
        )


@tracked(secrets=("token_sha256",))
class PhoneLink(State):
    """A questionnaire on the patient's own phone: opened by a link, answered once. Only the token's hash is kept."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="phone_links")
    token_sha256 = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, help_text="When staff ended it, or made another in its place.")
    response = models.OneToOneField(
        QuestionnaireResponse, on_delete=models.PROTECT, null=True, related_name="phone_link"
    )
    sent_by_key = models.UUIDField(null=True, unique=True, help_text="Of the form that answered it.")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_by_key = models.UUIDField(null=True, unique=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(response__isnull=True, answered_at__isnull=True)
                | Q(response__isnull=False, answered_at__isnull=False),
                name="visits_phonelink_answered_with_answers",
            ),
        )
