"""The questionnaire on the patient's own phone: the code on the tablet, shown once, and how far the patient is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from euthymia.clinic.access.pages import page
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.looks import qr
from euthymia.clinic.visits import actions, queries
from euthymia.clinic.visits.actions import Refused
from euthymia.clinic.visits.forms import EmptyForm
from euthymia.clinic.visits.views._form_page import note_reading, see_other


@page(Permission.RECORD_MEASURE)
@require_http_methods(["GET", "POST"])
def phone(request: Any, visit_id: UUID) -> HttpResponse:
    """Show how the last code stands; make a new one, which is on the screen only now; or end it."""
    head = queries.head(request.viewer, visit_id, request.now)
    note_reading(request, head.patient_id, visit_id)
    form = EmptyForm(request.POST if request.method == "POST" else None, now=request.now)
    shown: dict[str, Any] = {"head": head, "form": form}
    if request.method == "POST" and request.POST.get("step") == "end":
        actions.end_phone_link(by=request.viewer, at=request.now, visit_id=visit_id)
        return see_other(reverse("visits:phone", args=[visit_id]))
    if request.method == "POST" and form.is_valid():
        try:
            token = actions.give_phone_link(
                by=request.viewer,
                at=request.now,
                visit_id=visit_id,
                idempotency_key=form.cleaned_data["idempotency_key"],
            )
            address = request.build_absolute_uri(reverse("portal:questions", args=[token]))
            shown |= {"address": address, "code": qr.image(address)}
        except Refused as refused:
            form.add_error(None, str(refused))
    status = 422 if form.errors else 200
    shown["phone"] = queries.phone_state(request.viewer, visit_id, request.now)
    if request.method == "POST" and not form.errors:
        shown["form"] = EmptyForm(now=request.now)  # a fresh key: the next press makes another code
    return render(request, "visits/phone.html", shown, status=status)


@page(Permission.RECORD_MEASURE)
@require_safe
def phone_state(request: Any, visit_id: UUID) -> HttpResponse:
    """The part of the page that refreshes itself."""
    found = queries.phone_state(request.viewer, visit_id, request.now)
    return render(request, "visits/_phone_state.html", {"phone": found, "visit_id": visit_id})
