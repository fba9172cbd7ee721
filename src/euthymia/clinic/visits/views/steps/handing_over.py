"""What goes home: the sheet on paper and on a telephone, the receipt for it, and the record of leaving."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from euthymia.clinic.access.pages import page
from euthymia.clinic.looks import qr
from euthymia.clinic.visits import actions, forms, queries
from euthymia.clinic.visits.actions import Refused
from euthymia.clinic.visits.forms import fresh_key
from euthymia.clinic.visits.queries import Head
from euthymia.clinic.visits.views._form_page import FormPage, form_view, note_reading, see_other
from euthymia.clinic.visits.views.steps._beside import P, Shown


@page(P.DISCHARGE)
def sheet(request: Any, visit_id: UUID) -> HttpResponse:
    """What the patient takes home, to print, and its code for a telephone."""
    return _sheet(request, visit_id, "", 200)


@page(P.DISCHARGE)
@require_POST
def prepare_sheet(request: Any, visit_id: UUID) -> HttpResponse:
    """Freeze the sheet with the times and numbers of now."""
    try:
        actions.prepare_sheet(by=request.viewer, at=request.now, visit_id=visit_id)
    except Refused as refused:
        return _sheet(request, visit_id, str(refused), 422)
    return see_other(reverse("visits:sheet", args=[visit_id]))


def _sheet(request: Any, visit_id: UUID, problem: str, status: int) -> HttpResponse:
    head = queries.head(request.viewer, visit_id, request.now)
    note_reading(request, head.patient_id, visit_id)
    over = queries.handing_over(request.viewer, visit_id, request.now)
    shown: Shown = {"head": head, "over": over, "problem": problem, "key": fresh_key()}
    if over.sheet is not None and not over.stale:
        address = request.build_absolute_uri(reverse("portal:going_home", args=[over.sheet.token]))
        shown |= {"address": address, "code": qr.image(address)}
    return render(request, "visits/sheet.html", shown, status=status)


def _receipt(request: Any, head: Head, parts: Shown) -> Shown:
    over = queries.handing_over(request.viewer, head.visit_id, request.now)
    return {"page": {"over": over}}


def _points(request: Any, head: Head, parts: Shown) -> Shown:
    over = queries.handing_over(request.viewer, head.visit_id, request.now)
    asked = {each.rule for each in over.points}
    return {
        "form": {"asks_ready": "MON-11" in asked, "asks_checklist": "MON-10" in asked},
        "page": {"over": over},
    }


receipt = form_view(
    FormPage(
        title="Receipt",
        lead="The adult who takes the patient home signs for what was handed over.",
        button="Save the receipt",
        form=forms.ReceiptForm,
        permission=P.DISCHARGE,
        act=actions.record_receipt,
        template="visits/receipt.html",
        prepare=_receipt,
    )
)


leaving_points = form_view(
    FormPage(
        title="For the record of leaving",
        button="Save",
        form=forms.PointsForm,
        permission=P.DISCHARGE,
        act=actions.record_leaving_points,
        template="visits/leaving_points.html",
        prepare=_points,
    )
)
