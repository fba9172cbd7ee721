"""Referrals as they arrive, and the links that a referrer may fill one in by. Part of ``courses.models``.

A referral stands before a patient does: everything the referrer said is kept here as given, and registering
the patient and opening the course take it from here.
"""

from __future__ import annotations

from django.db import models

from euthymia.clinic.access.models import Clinic, User
from euthymia.clinic.audit.bases import State, tracked
from euthymia.clinic.audit.checks import one_of
from euthymia.clinic.people.models import Patient, Sex


class ReferralSource(models.TextChoices):
    """How a referral came."""

    STAFF = "staff", "Entered by staff"
    LINK = "link", "Filled in by the referrer"
    CSV = "csv", "Imported from a CSV file"
    FHIR = "fhir", "Imported from a FHIR file"


class Urgency(models.TextChoices):
    """How soon the referrer asks for it."""

    ROUTINE = "routine", "Routine"
    SOON = "soon", "Soon"
    URGENT = "urgent", "Urgent"


class SuicidalThoughts(models.TextChoices):
    """Whether the referrer says that the patient has suicidal thoughts. Nobody here judges a level from it."""

    YES = "yes", "Yes, now or lately"
    NO = "no", "No, asked and denied"
    NOT_SAID = "not said", "Not asked or not known"


class ReferralStatus(models.TextChoices):
    """Where a referral stands."""

    NEW = "new", "New"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    MERGED = "merged", "Joined to a course that is going on"


@tracked(secrets=("token_sha256",))
class ReferralLink(State):
    """A page one named referrer may send referrals by, until it runs out. Only the hash of its token is kept."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="referral_links")
    token_sha256 = models.CharField(max_length=64, unique=True)
    referrer_name = models.CharField(max_length=200)
    organisation = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    expires_at = models.DateTimeField()
    uses_allowed = models.PositiveSmallIntegerField()
    uses_made = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, help_text="When staff ended it early.")
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_by_key = models.UUIDField(null=True, unique=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(uses_made__lte=models.F("uses_allowed")),
                name="courses_referrallink_uses_within",
            ),
        )


@tracked()
class Referral(State):
    """One request to treat somebody, as it was given. ``unmapped`` holds what an import could not place."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="referrals")
    reference = models.CharField(max_length=12, help_text="What is said on the telephone; it names nobody.")
    source = models.CharField(max_length=8, choices=ReferralSource.choices)
    link = models.ForeignKey(ReferralLink, on_delete=models.PROTECT, null=True, related_name="referrals")
    status = models.CharField(max_length=12, choices=ReferralStatus.choices, default=ReferralStatus.NEW)
    received_at = models.DateTimeField()
    received_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    referrer_name = models.CharField(max_length=200)
    organisation = models.CharField(max_length=200, blank=True)
    referrer_phone = models.CharField(max_length=40, blank=True)
    referred_on = models.DateField()

    given_name = models.CharField(max_length=100)
    family_name = models.CharField(max_length=100)
    birth_date = models.DateField()
    sex = models.CharField(max_length=8, choices=Sex.choices, default=Sex.UNKNOWN)
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    address = models.TextField(blank=True)
    identifier = models.CharField(
        max_length=100, blank=True, help_text="The referrer's number for the patient."
    )

    reason = models.TextField()
    diagnosis = models.CharField(max_length=300, blank=True)
    diagnosis_code = models.CharField(max_length=40, blank=True)
    diagnosis_system = models.CharField(max_length=200, blank=True)
    urgency = models.CharField(max_length=8, choices=Urgency.choices)
    suicidal_thoughts = models.CharField(max_length=12, choices=SuicidalThoughts.choices)
    medicines = models.TextField(blank=True)
    past_antidepressants = models.TextField(blank=True)
    unmapped = models.JSONField(default=list)

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, related_name="referrals")
    course = models.ForeignKey(
        "courses.Course", on_delete=models.PROTECT, null=True, related_name="referrals"
    )
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decline_reason = models.TextField(blank=True)

    sent_by_key = models.UUIDField(null=True, unique=True, help_text="The form's idempotency key.")
    import_key = models.CharField(
        max_length=64, blank=True, help_text="The hash of the imported line or bundle: once only."
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["clinic", "reference"], name="courses_referral_reference_once"),
            models.UniqueConstraint(
                fields=["clinic", "import_key"],
                condition=~models.Q(import_key=""),
                name="courses_referral_imported_once",
            ),
            one_of("source", ReferralSource.values),
            one_of("status", ReferralStatus.values),
            one_of("sex", Sex.values),
            one_of("urgency", Urgency.values),
            one_of("suicidal_thoughts", SuicidalThoughts.values),
            models.CheckConstraint(
                condition=models.Q(status=ReferralStatus.NEW, patient__isnull=True, course__isnull=True)
                | models.Q(status=ReferralStatus.DECLINED, patient__isnull=True, course__isnull=True)
                & ~models.Q(decline_reason="")
                | models.Q(
                    status__in=[ReferralStatus.ACCEPTED, ReferralStatus.MERGED],
                    patient__isnull=False,
                    course__isnull=False,
                ),
                name="courses_referral_stands_for_what_was_done",
            ),
        )
        indexes = (models.Index(fields=["clinic", "status", "received_at"], name="courses_referral_inbox"),)
