"""Asking for a calculation, and answering what was asked. Only the worker answers."""

from __future__ import annotations

import hashlib
import json
import logging
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.forecasts import engine
from euthymia.clinic.forecasts.models import WAITED_FOR, Attempts, Calculation, CalculationRequest, Outcome

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 3  # ours: twice may be a power cut; a calculation that ends three workers is the cause itself
_CANDIDATES = 20  # how far down the queue one worker looks for a request no other worker holds


@transaction.atomic
def request(*, by: Viewer, at: datetime, subject: UUID, question: engine.Question) -> UUID:
    """Ask for a calculation and return the id of the question.

    Asking the same again is one question, unless its answer failed. A different content supersedes the
    question before it. The room that asks has checked that ``by`` may act on the subject.
    """
    kind = question.kind
    _lock(f"forecast {by.clinic_id} {kind} {subject}")
    canonical = json.dumps(question.content(), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    current = _current(by.clinic_id, kind, subject)
    if current is not None and current.request_hash == digest and not _failed(current):
        return current.id
    asked = CalculationRequest.objects.create(
        clinic_id=by.clinic_id,
        recorded_at=at,
        recorded_by_id=by.user_id,
        corrects=current,
        reason="" if current is None else _why(current, digest),
        kind=kind,
        subject=subject,
        request=json.loads(canonical),
        request_hash=digest,
    )
    audit.record(
        by=by,
        verb="forecasts.request",
        at=at,
        subject=f"subject {subject}",
        detail={"kind": kind, "request": asked.id},
    )
    return asked.id


def compute_next(at: datetime) -> bool:
    """Answer the newest open question that no other worker holds; ``False`` when there is none.

    The newest first: somebody waits for it at a chair. What nobody answered within ``WAITED_FOR`` stays unanswered.

    A question that was superseded before it was reached is left alone. Facts cannot be locked as rows (that
    takes the right to change them), so a worker holds a question by an advisory lock until it has answered.
    An attempt is counted before it begins, and kept when the worker dies of it: a question that did so
    ``MOST_ATTEMPTS`` times gets a failure for an answer, and those behind it get their turn.
    """
    open_questions = CalculationRequest.objects.current().filter(
        calculation__isnull=True, recorded_at__gte=at - WAITED_FOR
    )
    for asked in open_questions.order_by("-recorded_at")[:_CANDIDATES]:
        with _held(f"calculation {asked.id}") as mine:
            if mine:
                if not Calculation.objects.filter(request=asked).exists():
                    _attempt(asked, at)
                return True
    return False


def _attempt(asked: CalculationRequest, at: datetime) -> None:
    begun, _ = Attempts.objects.get_or_create(request=asked)
    started = time.perf_counter()
    if begun.count >= MOST_ATTEMPTS:
        answer = engine.given_up(asked.request, begun.count)
    else:
        Attempts.objects.filter(request=asked).update(count=begun.count + 1)
        answer = engine.compute(asked.kind, asked.request)
    _answer(asked, answer, at, round((time.perf_counter() - started) * 1000))


def _answer(asked: CalculationRequest, answer: engine.Computed, at: datetime, duration_ms: int) -> None:
    Calculation.objects.create(
        clinic_id=asked.clinic_id,
        recorded_at=at,
        recorded_by_id=asked.recorded_by_id,
        request=asked,
        outcome=Outcome.OK if answer.result is not None else Outcome.FAILED,
        sentence=answer.sentence,
        result=answer.result,
        model_id=answer.model_id,
        model_version=answer.model_version,
        parameters_hash=answer.parameters_hash,
        seed=answer.seed,
        duration_ms=duration_ms,
        computed_by=f"worker on {socket.gethostname()}"[:80],
    )
    log.info(
        "calculation %s answered in %d ms: %s", asked.id, duration_ms, "ok" if answer.result else "failed"
    )


def _current(clinic_id: UUID, kind: str, subject: UUID) -> CalculationRequest | None:
    return (
        CalculationRequest.objects.current().filter(clinic_id=clinic_id, kind=kind, subject=subject).first()
    )


def _failed(asked: CalculationRequest) -> bool:
    return Calculation.objects.filter(request=asked, outcome=Outcome.FAILED).exists()


def _why(current: CalculationRequest, digest: str) -> str:
    return (
        "Asked again after a failure." if current.request_hash == digest else "What was recorded has changed."
    )


def _lock(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


@contextmanager
def _held(name: str) -> Iterator[bool]:
    """Hold a lock for the block, past the end of a transaction; the database frees it when the worker dies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
        row = cursor.fetchone()
    mine = bool(row and row[0])
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])
