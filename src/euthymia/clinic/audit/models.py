"""The audit chain and signatures: both are facts, and both can be checked without trusting this program."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from euthymia.clinic.audit.bases import Fact, SessionRole, TransactionId, Transient


class AuditEntry(models.Model):
    """One thing that somebody did or read. Each entry carries the hash of the one before it.

    The database fills ``seq``, ``recorded_at``, ``transaction``, ``db_role``, ``prev_hash`` and ``hash`` in a
    trigger (``audit.privileges``), whatever the client sent. No foreign key to people: the room of patients
    stands above this one.
    """

    seq = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(help_text="When it was done, by the clock of the process that recorded it.")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False, help_text="The transaction's start.")
    transaction = models.BigIntegerField(db_default=TransactionId(), editable=False)
    db_role = models.TextField(db_default=SessionRole(), editable=False)
    clinic = models.ForeignKey("access.Clinic", on_delete=models.PROTECT, null=True, related_name="+")
    actor_id = models.UUIDField(null=True, help_text="Nobody: the system itself, or a sign-in that failed.")
    actor_name = models.CharField(max_length=200)
    actor_roles = models.CharField(max_length=200, blank=True, help_text="Roles held then, by comma.")
    verb = models.CharField(max_length=64)
    patient_id = models.UUIDField(null=True)
    subject = models.CharField(max_length=200, blank=True, help_text="What it was done to: a kind and an id.")
    detail = models.JSONField(default=dict, help_text="Ids and names of fields; never clinical values.")
    request_id = models.UUIDField(null=True)
    ip = models.GenericIPAddressField(null=True)
    prev_hash = models.CharField(max_length=64, db_default=models.Value(""), editable=False)
    hash = models.CharField(max_length=64, db_default=models.Value(""), editable=False)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["patient_id", "-at"], name="audit_by_patient"),
            models.Index(fields=["actor_id", "-at"], name="audit_by_actor"),
            models.Index(fields=["clinic", "-at"], name="audit_by_clinic"),
            models.Index(fields=["transaction"], name="audit_by_transaction"),
        ]

    def __str__(self) -> str:
        return f"{self.seq}: {self.actor_name} {self.verb} {self.subject}"


class Method(models.TextChoices):
    """How a signer proved to be that person at the moment of signing."""

    PASSKEY = "passkey"
    PASSWORD_AND_CODE = "password+totp"  # noqa: S105  the name of a method


class Signature(Fact):
    """A person's signature under a content, bound to it by hash. The signer is ``recorded_by``.

    ``content_sha256`` is the SHA-256 of the content's canonical JSON (``audit.canonical``): a record that was
    altered, or a signature copied to another record, no longer matches.
    """

    signer_name = models.CharField(max_length=200, help_text="As printed at the time.")
    signer_roles = models.CharField(max_length=200)
    meaning = models.CharField(max_length=200, help_text="What the signature says: “I prescribe this order”.")
    content_sha256 = models.CharField(max_length=64)
    method = models.CharField(max_length=16, choices=Method.choices)

    def __str__(self) -> str:
        return f"{self.signer_name}, {self.recorded_at:%Y-%m-%d %H:%M} UTC: {self.meaning}"


class SentForm(Transient):
    """What a form said when it was saved, as a fingerprint: its key brings back only what said the same.

    It is swept after a while: nobody sends a form again a week later.
    """

    key = models.UUIDField(primary_key=True)
    sha256 = models.CharField(max_length=64)
    sent_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["sent_at"], name="audit_sent_form_by_age")
        ]

    def __str__(self) -> str:
        return str(self.key)
