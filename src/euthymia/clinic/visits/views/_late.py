"""A form that waited on a tablet: who entered it and when, and an answer that the tablet understands."""

from __future__ import annotations

from datetime import UTC, datetime
from inspect import signature
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core import signing
from django.forms import Form
from django.http import HttpRequest, HttpResponse, JsonResponse

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.people.entry import year_can_be_meant
from euthymia.clinic.visits import actions
from euthymia.clinic.visits.actions import Conflict, Kept, Refused, Unusual, Waited

if TYPE_CHECKING:
    from euthymia.clinic.visits.views._form_page import FormPage

_SALT = "euthymia.visits.author"
_TIMES = ("measured_at", "happened_at")


def proof_of(viewer: Viewer) -> str:
    """What a tablet keeps beside an entry, so that nobody can name another author than who was signed in on it."""
    return signing.dumps(str(viewer.user_id), salt=_SALT)


def waited(request: HttpRequest) -> bool:
    """Whether this form is sent by the tablet that kept it, and not by a page."""
    return request.method == "POST" and "late_entered_at" in request.POST


def read(request: Any, what: str) -> Kept:
    """What the tablet says of the entry. Raises Refused for what cannot be trusted, or is somebody else's to send."""
    if request.POST.get("late_author") == "":
        raise Refused(
            "The tablet kept this before it had heard from the server who was signed in, so only they can send it: "
            "let them sign in here, or enter it anew."
        )
    try:
        kept = _kept(request, Waited(what))
    except (KeyError, ValueError, OverflowError, signing.BadSignature):
        raise Refused("This tablet kept the entry in a way that is not understood. Enter it anew.") from None
    if kept.author_id != request.viewer.user_id and request.POST.get("late_taken_over") != "yes":
        raise Refused(
            "Somebody else entered this. It is sent when they sign in, or when you take it over by name."
        )
    return kept


def _kept(request: Any, what: Waited) -> Kept:
    entered_at = datetime.fromisoformat(request.POST["late_entered_at"])
    sent = datetime.fromtimestamp(int(request.POST["late_tablet_ms"]) / 1000, UTC)
    ahead_s = int(request.POST["late_ahead_s"])
    if entered_at.tzinfo is None or not year_can_be_meant(entered_at) or abs(ahead_s) > 2**31 - 1:
        raise ValueError(entered_at)
    return Kept(
        what=what,
        entered_at=entered_at.astimezone(UTC),
        tablet_ahead_s=ahead_s,
        clock_moved_s=round((sent - request.now).total_seconds()) - ahead_s,
        author_id=UUID(signing.loads(request.POST["late_author"], salt=_SALT)),
    )


def take(
    request: Any, visit_id: UUID, spec: FormPage, made: dict[str, Any], parts: dict[str, Any]
) -> HttpResponse:
    """Enter what waited: with the time at which it was entered where the form leaves the time open."""
    if spec.waits is None:
        return refused("This form cannot wait on a tablet. Open it and fill it in.")
    try:
        kept = read(request, spec.waits)
        form = spec.form(request.POST, **(made | {"now": kept.entered_at}))
        if not form.is_valid():
            return refused(_words(form), asks=_asks(form, request))
        given = {**form.values(), **parts}
        if "confirmed" in given:
            given["confirmed"] = tuple(filter(None, given["confirmed"].split("|")))
        for name in _TIMES:
            if name in signature(spec.act).parameters:
                given.setdefault(name, kept.entered_at)
        key = form.cleaned_data["idempotency_key"]
        new = actions.enter_late(
            by=request.viewer,
            at=request.now,
            visit_id=visit_id,
            kept=kept,
            act=spec.act,
            given=given,
            said=form.fingerprint(),
            idempotency_key=key,
        )
    except Unusual as unusual:
        return refused(str(unusual), asks={"confirmed": "|".join(unusual.values)})
    except Refused as problem:
        return refused(str(problem), status=409 if isinstance(problem, Conflict) else 422)
    return JsonResponse({"saved": True, "again": not new})


def refused(sentence: str, *, asks: dict[str, str] | None = None, status: int = 422) -> HttpResponse:
    """Not saved, and why. ``asks`` holds the fields that say yes to what was asked, where a yes is enough."""
    return JsonResponse({"saved": False, "refused": sentence, "asks": asks or {}}, status=status)


def _words(form: Form) -> str:
    """Every error as the person reads it, with the field's label."""
    told = []
    for name, errors in form.errors.items():
        label = form.fields[name].label if name in form.fields else ""
        told += [f"{label}: {error}" if label else str(error) for error in errors]
    return " ".join(told)


def _asks(form: Form, request: HttpRequest) -> dict[str, str]:
    """What a form that asks about something unusual takes as a yes; nothing where a field is wrong."""
    asked = form.data.get("asked_about", "")
    only = set(form.errors) == {"__all__"}
    return {"asked_about": asked} if only and asked != request.POST.get("asked_about", "") else {}
