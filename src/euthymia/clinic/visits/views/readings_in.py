"""The door for bedside monitors: one address, a key of their own, an answer whoever connects them can act on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from euthymia.clinic.access import throttle
from euthymia.clinic.access.pages import public
from euthymia.clinic.visits import actions, queries, wire
from euthymia.clinic.visits.actions import Conflict, Receipt

log = logging.getLogger(__name__)

_MINUTE = timedelta(minutes=1)
_WRONG_KEYS = 60  # ours: a key is too long to guess, so this only tells a loop to stop
Say = Callable[[int, str, tuple[wire.Problem, ...]], HttpResponse]
Read = Callable[[bytes, HttpRequest], wire.Message]
Answer = Callable[[Receipt], HttpResponse]


def door(*, content_types: tuple[str, ...], read: Read, say: Say, answer: Answer) -> Any:
    """A view that takes one message from a monitor: who is it, is it too much, what does it say, what became of it.

    ``read`` makes a message of the body, ``say`` an answer of a refusal, ``answer`` one of a receipt.
    """

    @csrf_exempt  # no cookie counts here: whoever sends shows a key in a header no page can add
    @public
    def view(request: Any) -> HttpResponse:
        if request.method != "POST":
            return _with(say(405, "Send readings with POST.", ()), Allow="POST")
        known = _who(request)
        if isinstance(known, HttpResponse | str):
            return _closed(say, str(known))
        sent = throttle.count("monitor", str(known.monitor_id), now=request.now, window=_MINUTE)
        if sent > wire.most("most_in_a_minute"):
            sentence = f"More than {wire.most('most_in_a_minute')} messages in a minute. Wait, and send fewer at once."
            return _with(say(429, sentence, ()), **{"Retry-After": "60"})
        if (refused := _shape(request, content_types)) is not None:
            return say(*refused, ())
        try:
            message = read(request.body, request)
            receipt = actions.receive(credential=known, at=request.now, message=message)
        except wire.Unacceptable as problem:
            return say(422, "Nothing was taken.", problem.problems)
        except Conflict as conflict:
            return say(409, str(conflict), ())
        return answer(receipt)

    return wraps(read)(view)


def sent_at(request: HttpRequest) -> datetime | None:
    """The sender's clock, from the Date header that HTTP has for it; ``None`` where it sent none that can be."""
    try:
        found = parsedate_to_datetime(request.headers["Date"])
        found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (KeyError, ValueError, TypeError, OverflowError):
        return None
    return found if wire.is_a_year(found) else None


def key_of(request: HttpRequest) -> str:
    """The idempotency key of the request; empty where it has none."""
    return request.headers.get("Idempotency-Key", "").strip()


def _who(request: Any) -> queries.Credential | str:
    """The monitor, or a sentence why it is not let in."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    place = request.META.get("REMOTE_ADDR") or ""
    shown = secret.strip() if scheme.lower() == "bearer" else ""
    # First: one monitor with an old key must not shut out those that stand behind the same gateway.
    if shown and (found := queries.credential(actions.hashed(shown), request.now)) is not None:
        return found
    if throttle.count("wrong-monitor-key", place, now=request.now, window=_MINUTE) > _WRONG_KEYS:
        return "Too many wrong keys. Wait a minute."
    return (
        "This key lets nothing in: it is missing, wrong, revoked or out of date. "
        "Ask the administrator for a new one, and send it as “Authorization: Bearer …”."
    )


def _closed(say: Say, sentence: str) -> HttpResponse:
    return _with(say(401, sentence, ()), **{"WWW-Authenticate": 'Bearer realm="monitors"'})


def _shape(request: Any, content_types: tuple[str, ...]) -> tuple[int, str] | None:
    if request.content_type not in content_types:
        return 415, f"Send it as {' or '.join(content_types)}."
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > wire.most("most_bytes"):
        return 413, f"Send at most {wire.most('most_bytes')} bytes in one message."
    return None


def _with(response: HttpResponse, **headers: str) -> HttpResponse:
    for name, value in headers.items():
        response[name] = value
    return response


# --- our own form ------------------------------------------------------------------------------------------------
def _read(body: bytes, request: HttpRequest) -> wire.Message:
    return wire.read_json(body, key=key_of(request), date=sent_at(request))


def _say(status: int, sentence: str, problems: tuple[wire.Problem, ...]) -> HttpResponse:
    told = [{"path": each.path, "sentence": each.sentence} for each in problems]
    return JsonResponse({"taken": False, "sentence": sentence, "problems": told}, status=status)


def _answer(receipt: Receipt) -> HttpResponse:
    told = [
        {
            "measured_at": each.device_time.isoformat(),
            "measured_at_by_server": each.measured_at.isoformat(),
            "fate": each.fate,
            "why": each.why,
            "left_out": list(each.refused),
        }
        for each in receipt.readings
    ]
    body = {
        "taken": True,
        "message_id": receipt.message_id,
        "again": receipt.again,
        "clock_ahead_s": receipt.ahead_s,
        "readings": told,
    }
    return JsonResponse(body, status=200 if receipt.again else 201)


readings = door(content_types=("application/json",), read=_read, say=_say, answer=_answer)
