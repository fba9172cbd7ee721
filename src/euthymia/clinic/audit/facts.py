"""Inserting facts: once for each idempotency key, and a correction once for each fact."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db import IntegrityError, connection, models, transaction

from euthymia.clinic.audit.bases import Fact
from euthymia.clinic.audit.models import SentForm

_F = TypeVar("_F", bound=Fact)
_M = TypeVar("_M", bound=models.Model)
_USED_BEFORE = (
    "This form was used before, for another record or by another person, so nothing was saved. "
    "Open the page again and enter it once more."
)
_SAID_OTHERWISE = (
    "This form was saved before, with something else in it: that stands, and what is in it now was not saved. "
    "Look at the record, and correct it there."
)
SENT_FORMS_KEPT = timedelta(days=7)  # ours: longer than any tablet or page sends again
_SCOPE = ("clinic_id", "recorded_by_id", "patient_id", "course_id", "visit_id")


class Refused(Exception):
    """What was asked cannot be done. The message is a sentence for the person, ``field`` the form's field."""

    def __init__(self, sentence: str, field: str | None = None) -> None:
        super().__init__(sentence)
        self.field = field


def insert_once(
    fact: _F, *, corrects: UUID | None = None, among: models.QuerySet[Any] | None = None, reason: str = ""
) -> tuple[_F, bool]:
    """Insert ``fact`` and return it with True, or return the fact its key already made, with False.

    With ``corrects`` the new fact replaces that one, which must be ``among`` the facts given: those of one
    patient or course. Of two requests with one key that arrive together one inserts, the other finds it.

    Raises:
        Refused: the fact to correct is not there or was corrected before, a correction has no reason, or the
            key made a fact about something else, or was another person's.
    """
    if earlier := _made_with(fact):
        return earlier, False
    if corrects is not None and among is not None:
        fact.corrects = _to_correct(among, corrects, reason)
        fact.reason = reason.strip()
    try:
        with transaction.atomic():
            fact.save(force_insert=True)
    except IntegrityError:
        if earlier := _made_with(fact):
            return earlier, False
        if _is_corrected(corrects, type(fact)):
            raise Refused("Somebody corrected this a moment ago. Look at the newer entry first.") from None
        raise
    return fact, True


def made_with(
    table: type[_M], key: UUID | None, *, field: str = "idempotency_key", **about: Any
) -> _M | None:
    """Return the row this key made before, for an action that writes more than one fact.

    Of two requests with one key that arrive together the second waits here until the first one's transaction
    ended, and then finds its row. ``about`` names what the row must be about: a course, a task. None for no key,
    or for a key that is new.

    Raises:
        Refused: the key made a row about something else.
    """
    if key is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [str(key)])
    earlier = table._default_manager.filter(**{field: key}).first()
    if earlier is not None and any(getattr(earlier, name) != value for name, value in about.items()):
        raise Refused(_USED_BEFORE)
    return earlier


def keep_said(key: UUID, sha256: str, at: datetime) -> None:
    """Keep what the form of this key said, after its action and in the same transaction.

    A form whose answer was lost is sent again under its key, and the key brings back what it made. Where somebody
    changed a value in between, “saved” would be untrue.

    Raises:
        Refused: this key saved something else before.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_sentform (key, sha256, sent_at) VALUES (%s, %s, %s)"
            " ON CONFLICT (key) DO UPDATE SET key = EXCLUDED.key RETURNING sha256",
            [key, sha256, at],
        )
        (said,) = cursor.fetchone()
    if said != sha256:
        raise Refused(_SAID_OTHERWISE)


def sweep_said(now: datetime) -> None:
    """Forget what was said by forms that nobody sends again."""
    SentForm.objects.filter(sent_at__lt=now - SENT_FORMS_KEPT).delete()


def _to_correct(among: models.QuerySet[Any], fact_id: UUID, reason: str) -> Any:
    if not reason.strip():
        raise Refused("Say why the earlier entry is corrected.", "reason")
    found = among.filter(pk=fact_id).first()
    if found is None:
        raise Refused("The entry to correct is not in this record.")
    if _is_corrected(fact_id, type(found)):
        raise Refused("This entry was corrected before. Correct the newer one.")
    return found


def _is_corrected(fact_id: UUID | None, table: type[Fact]) -> bool:
    return fact_id is not None and table._default_manager.filter(corrects_id=fact_id).exists()


def _made_with(fact: _F) -> _F | None:
    if fact.idempotency_key is None:
        return None
    earlier = type(fact)._default_manager.filter(idempotency_key=fact.idempotency_key).first()
    if earlier is not None and _about(earlier) != _about(fact):
        raise Refused(_USED_BEFORE)
    return earlier


def _about(fact: Fact) -> tuple[Any, ...]:
    """Whom a fact is about and whose it is: its key returns it to nobody else and for nothing else."""
    return tuple(getattr(fact, name, None) for name in _SCOPE)
