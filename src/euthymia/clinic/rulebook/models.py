"""The versions of a clinic's rule book, and the director's signatures under single rules."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from euthymia.clinic.audit.bases import Fact
from euthymia.clinic.audit.checks import one_of
from euthymia.clinic.audit.models import Signature


class Kind(models.TextChoices):
    """What made a version: rules that came with the program, or a decision of the medical director."""

    DELIVERED = "delivered"
    ADOPTED = "adopted"


class BookVersion(Fact):
    """One version of a clinic's rule book, whole: what was judged under it can be judged again.

    ``rules`` is every rule as it stood. ``local`` are the clinic's own thresholds in force;
    ``changed`` says what this version changed against the one before. A delivered version is written when
    something is first judged under it, by whoever did that; an adopted one carries the director's signature.
    """

    number = models.PositiveIntegerField(help_text="Counts from 1 in each clinic, without gaps.")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    jurisdiction = models.CharField(max_length=8)
    base_version = models.CharField(max_length=80, help_text="The delivered book it stands on.")
    content_sha256 = models.CharField(max_length=64)
    rules = models.JSONField()
    local = models.JSONField(default=list)
    changed = models.JSONField(default=list)
    why = models.TextField(blank=True)
    effective_at = models.DateTimeField()
    signature = models.ForeignKey(Signature, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta(Fact.Meta):
        constraints = (
            *Fact.Meta.constraints,
            one_of("kind", Kind.values),
            models.UniqueConstraint(fields=["clinic", "number"], name="rulebook_version_number_once"),
            models.CheckConstraint(
                condition=Q(kind=Kind.DELIVERED) | (Q(signature__isnull=False) & ~Q(why="")),
                name="rulebook_adoption_is_signed_with_reason",
            ),
        )

    def __str__(self) -> str:
        return f"Version {self.number} ({self.jurisdiction} {self.base_version})"


class RuleSignature(Fact):
    """The director's word that one rule agrees with the current label. A rule that changes afterwards is
    unverified again, because ``content_sha256`` no longer is its hash."""

    rule = models.CharField(max_length=40)
    jurisdiction = models.CharField(max_length=8)
    content_sha256 = models.CharField(max_length=64)
    label_version = models.CharField(
        max_length=200, help_text="What it was checked against, as the signer wrote."
    )
    signature = models.ForeignKey(Signature, on_delete=models.PROTECT, related_name="+")

    class Meta(Fact.Meta):
        constraints = (
            *Fact.Meta.constraints,
            models.CheckConstraint(condition=~Q(label_version=""), name="rulebook_signature_names_label"),
            models.UniqueConstraint(fields=["rule", "signature"], name="rulebook_rule_signed_once_each_time"),
        )
        indexes = (models.Index(fields=["clinic", "rule"], name="rulebook_signature_by_rule"),)

    def __str__(self) -> str:
        return f"{self.rule}, against {self.label_version}"
