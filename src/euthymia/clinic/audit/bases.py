"""The kinds of table, as abstract models: facts are inserted and never changed, state changes under history.

This module imports no room, so that every room, ``access`` included, can stand on it. What the application's
database role may do with each kind is in ``euthymia.clinic.audit.privileges``.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models.functions import Now

_M = TypeVar("_M", bound=type[models.Model])


class TransactionId(models.Func):
    """The number of the running transaction, as the database gives it; no client can choose it."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()


class SessionRole(models.Func):
    """The role that opened the connection, also inside a SECURITY DEFINER function."""

    template = "(SESSION_USER::text)"
    output_field = models.TextField()


def tracked(*, exclude: tuple[str, ...] = (), secrets: tuple[str, ...] = ()) -> Callable[[_M], _M]:
    """Keep the history of a state model by triggers on insert, update and delete.

    Triggers see what bulk and raw SQL writes do; signals would not. ``exclude`` names fields whose changes
    would drown the history (the time of the last sign-in); ``secrets`` names fields whose values must never
    be copied there, though a change of them leaves a row labelled ``secret``.

    A history row claims no author, because any SQL session could lie about one. It carries the transaction
    and the database role as the database knows them, and its author is the person named in the audit chain
    by the entry of the same transaction (``audit.queries.unexplained_changes`` finds rows without one).
    """
    events: list[pghistory.Tracker] = [
        pghistory.InsertEvent(),
        pghistory.UpdateEvent(),
        pghistory.DeleteEvent(),
    ]
    if secrets:
        events.append(pghistory.UpdateEvent("secret", condition=pgtrigger.AnyChange(*secrets)))
    return pghistory.track(  # type: ignore[no-any-return]
        *events,
        exclude=[*exclude, *secrets],
        context_field=None,  # type: ignore[arg-type]  # documented: None leaves it out
        context_id_field=None,  # type: ignore[arg-type]
        attrs={
            "pgh_transaction": models.BigIntegerField(db_default=TransactionId(), editable=False),
            "pgh_role": models.TextField(db_default=SessionRole(), editable=False),
        },
    )


class State(models.Model):
    """A row that changes: people, plans, tasks, settings. Decorate each subclass with ``@tracked()``.

    The application may not delete it: what ends carries a field that says so.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True


class Transient(models.Model):
    """A row that is no record of anything: a heartbeat, a place in a queue. It may be changed and deleted."""

    class Meta:
        abstract = True


class FactQuerySet(models.QuerySet[Any]):
    """Filters on facts."""

    def current(self) -> FactQuerySet:
        """Facts that no later fact corrects.

        Asked of the column that joins: PostgreSQL sees then that rows without a partner are meant (an anti-join),
        and reads the last of 2,000 by its index; asked of ``correction`` itself, it reads and sorts them all.
        """
        return self.filter(correction__corrects__isnull=True)


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
        null=True,
        blank=True,
        unique=True,
        help_text="Made on the tablet, so that a repeated write is one fact.",
    )

    objects = FactQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (
            models.CheckConstraint(
                condition=models.Q(corrects__isnull=True) | ~models.Q(reason=""),
                name="%(app_label)s_%(class)s_correction_has_reason",
                violation_error_message="A correction needs its reason.",
            ),
        )
