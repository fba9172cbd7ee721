"""What a model was asked, and what it answered: two facts, kept for good."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.db import models

from euthymia.clinic.audit.bases import Fact, FactQuerySet, Transient

WAITED_FOR = timedelta(hours=12)
"""Ours: a prediction stands beside a visit while it runs. Made for days gone by it would keep a worker from today."""


class CalculationRequest(Fact):
    """A question put to a model about one subject.

    ``subject`` is the id of whatever the asking room calculates for (a visit); this room never looks it up.
    The questions about a subject form one chain: a later one corrects the one before it, so that exactly one
    is current, however many ask at once. ``recorded_at`` is when it was asked, ``recorded_by`` who caused it.
    """

    kind = models.CharField(max_length=40, help_text="What is calculated, e.g. concentration.")
    subject = models.UUIDField(help_text="What the asking room calculates for.")
    request = models.JSONField(help_text="Everything the model is given, so that it can be run again.")
    request_hash = models.CharField(max_length=64, help_text="SHA-256 of the canonical request.")

    class Meta(Fact.Meta):
        constraints = (
            *Fact.Meta.constraints,
            models.UniqueConstraint(
                fields=["clinic", "kind", "subject"],
                condition=models.Q(corrects__isnull=True),
                name="forecasts_one_first_request",
            ),
        )
        indexes = (models.Index(fields=["subject", "kind"], name="forecasts_request_subject"),)


class Attempts(Transient):
    """How often a worker began to answer a question: kept outside the answer, which a dying worker never writes."""

    request = models.OneToOneField(CalculationRequest, on_delete=models.PROTECT, primary_key=True)
    count = models.PositiveSmallIntegerField(default=0)


class Outcome(models.TextChoices):
    """How a calculation ended."""

    OK = "ok"
    FAILED = "failed"


class Calculation(Fact):
    """A model's answer, or the sentence that says why there is none.

    The worker has no account, so none can be misused: ``recorded_by`` is the person whose entry caused the
    request, and ``computed_by`` names the process that answered it.
    """

    request = models.OneToOneField(CalculationRequest, on_delete=models.PROTECT, related_name="calculation")
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    sentence = models.TextField(blank=True, help_text="Why it failed, or what the reader must know.")
    result = models.JSONField(null=True, blank=True)
    model_id = models.CharField(max_length=80)
    model_version = models.CharField(max_length=80, blank=True)
    parameters_hash = models.CharField(max_length=64, blank=True)
    seed = models.BigIntegerField(null=True, blank=True, help_text="Empty for a calculation without chance.")
    duration_ms = models.PositiveIntegerField()
    computed_by = models.CharField(max_length=80, help_text="The process that computed it.")

    objects: ClassVar[models.Manager[Calculation]] = FactQuerySet.as_manager()

    class Meta(Fact.Meta):
        constraints = (
            *Fact.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(outcome=Outcome.OK, result__isnull=False)
                | (models.Q(outcome=Outcome.FAILED, result__isnull=True) & ~models.Q(sentence="")),
                name="forecasts_answer_or_sentence",
            ),
        )
