"""The two kinds of table, as abstract models: facts are inserted and never changed, state changes under history.

This module imports no room, so that every room, ``access`` included, can stand on it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TypeVar

import pghistory
from django.conf import settings
from django.db import models
from django.db.models.functions import Now

_M = TypeVar("_M", bound=type[models.Model])


def tracked(*, exclude: tuple[str, ...] = ()) -> Callable[[_M], _M]:
    """Keep the history of a state model by triggers on insert, update and delete.

    Triggers see what bulk and raw SQL writes do; signals would not. ``exclude`` names fields that must
    never be copied into history (secrets) or that would drown it (the time of the last sign-in).
    """
    return pghistory.track(  # type: ignore[no-any-return]
        pghistory.InsertEvent(),
        pghistory.UpdateEvent(),
        pghistory.DeleteEvent(),
        exclude=list(exclude),
    )


class State(models.Model):
    """A row that changes: people, plans, tasks, settings. Decorate each subclass with ``@tracked()``."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True


class FactQuerySet(models.QuerySet["Fact"]):
    """Filters on facts."""

    def current(self) -> FactQuerySet:
        """Facts that no later fact corrects."""
        return self.filter(correction__isnull=True)


class Fact(models.Model):
    """A row that is inserted and never changed. A correction is a new row that names the one it corrects."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey("access.Clinic", on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(help_text="When it was entered, by the server's clock.")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    corrects = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="correction",
        help_text="The earlier fact this one replaces.",
    )
    reason = models.TextField(blank=True, help_text="Why the earlier fact was corrected.")
    idempotency_key = models.UUIDField(
        null=True, blank=True, unique=True, help_text="Made on the tablet, so that a repeated write is one fact."
    )

    objects = FactQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = (
            models.CheckConstraint(
                condition=models.Q(corrects__isnull=True) | ~models.Q(reason=""),
                name="%(app_label)s_%(class)s_correction_has_reason",
                violation_error_message="A correction needs its reason.",
            ),
        )
