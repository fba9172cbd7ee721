"""What lets a tablet go on without a connection: its pulse, blank forms, and the end of an entry that was refused."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from euthymia.clinic.access.device import initials_of
from euthymia.clinic.access.pages import cacheable, page, public
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.visits import actions, forms, queries
from euthymia.clinic.visits.actions import Refused, Waited
from euthymia.clinic.visits.views import _late

_WORDS = ("started", "rate-changed", "paused", "resumed", "stopped", "ended")


@page(Permission.USE_ACCOUNT)
@require_safe
def pulse(request: Any) -> HttpResponse:
    """Who is signed in, what time it is here, and who sits where: asked for by every open page once a minute.

    Its token and its proof of authorship stay in the page's memory, or sealed beside an entry.
    """
    viewer = request.viewer
    seats = [
        {
            "visit": str(seat.visit_id),
            "name": seat.name,
            "initials": seat.initials,
            "chair": seat.chair,
            "number": seat.number,
            "ordered": seat.ordered,
            "medicines": seat.medicines,
            "forms": seat.forms,
            "alarms": [{"id": str(key), "sentence": sentence} for key, sentence in seat.alarms],
        }
        for seat in queries.seats(viewer, request.now)
    ]
    return JsonResponse(
        {
            "viewer": str(viewer.user_id),
            "name": viewer.name,
            "initials": initials_of(viewer.name),
            "records": viewer.may(Permission.RECORD_OBSERVATION),
            "at": timezone.localtime(request.now).isoformat(),
            "token": get_token(request),
            "proof": _late.proof_of(viewer),
            "seats": seats,
        }
    )


@cacheable
@public
@require_safe
def blank_forms(request: Any) -> HttpResponse:
    """Every form that can wait on a tablet, blank and the same for everybody: an open page keeps them in its memory."""
    made: dict[str, Any] = {"now": request.now, "auto_id": "late_%s", "initial": {"idempotency_key": ""}}
    found = [
        ("readings", "Readings", forms.ObservationForm(**made)),
        ("device", "Device", forms.DeviceForm(**made)),
        ("direct", "Dose", forms.DirectForm(**made)),
        ("mouth", "Out of the mouth", forms.MouthForm(**made)),
        ("medicine", "Medicine given", forms.GiveMedicineForm(ordered=None, **made)),
        ("answer", "Answer alarms", forms.AcknowledgeForm(**made)),
        ("emergency", "Emergency", forms.EmergencyForm(**made)),
    ]
    for word in _WORDS:
        event = forms.infusion_step(word)
        if event is not None:
            found.append((word, f"Infusion: {event.label.lower()}", forms.InfusionForm(event=event, **made)))
    shown = [{"word": word, "title": title, "form": form, "what": _what(word)} for word, title, form in found]
    return render(request, "visits/tablet_forms.html", {"forms": shown})


@cacheable
@public
@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """What a tablet shows where a page should be and the server cannot be reached. It holds nothing of the clinic's."""
    return render(request, "visits/offline.html")


@cacheable
@public
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The script that shows the page above where no other can be shown. It is new when that page is."""
    shown = render_to_string("visits/offline.html", request=request)
    name = hashlib.sha256(shown.encode()).hexdigest()[:12]
    return render(request, "visits/tablet-worker.js", {"name": name}, content_type="text/javascript")


@page(Permission.VIEW_BOARD)
@require_POST
def drop(request: Any, visit_id: UUID) -> HttpResponse:
    """Give up an entry that was refused, with a reason that stays in the visit."""
    queries.head(request.viewer, visit_id, request.now)  # another clinic's visit is not there
    try:
        actions.drop_late(
            by=request.viewer,
            at=request.now,
            visit_id=visit_id,
            kept=_late.read(request, request.POST.get("what", "")),
            why=request.POST.get("why", ""),
            idempotency_key=UUID(request.POST.get("idempotency_key", "")),
        )
    except Refused as problem:
        return _late.refused(str(problem))
    except ValueError:
        return _late.refused("This tablet kept the entry in a way that is not understood. Enter it anew.")
    return JsonResponse({"saved": True, "again": False})


def _what(word: str) -> str:
    return Waited.INFUSION.value if word in _WORDS else word
