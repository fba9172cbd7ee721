"""Entering a paper sheet after an outage, top to bottom; and the prescriber's signature under its order."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from euthymia.clinic.access.pages import page
from euthymia.clinic.access.permissions import Role
from euthymia.clinic.visits import actions, forms, queries
from euthymia.clinic.visits.forms import paper as paper_forms
from euthymia.clinic.visits.forms import paper_grids
from euthymia.clinic.visits.queries import Head
from euthymia.clinic.visits.views._form_page import FormPage, form_view, note_reading
from euthymia.clinic.visits.views.steps._beside import P, Shown
from euthymia.protocol import route

_LEAD = "Copy what the sheet says, with its own times. What is found now is told, and calls nobody."


@page(P.RECORD_OBSERVATION)
def sheet(request: Any, visit_id: UUID) -> HttpResponse:
    """The blocks of the sheet in their order, and how far each is copied."""
    head = queries.head(request.viewer, visit_id, request.now)
    note_reading(request, head.patient_id, visit_id)
    found = queries.paper_page(request.viewer, visit_id)
    return render(request, "visits/paper.html", {"head": head, "sheet": found})


def _block(request: Any, head: Head, parts: Shown) -> Shown:
    staff = queries.staff_choices(request.viewer, Role.NURSE, Role.PRESCRIBER)
    return {"form": {"staff": staff}, "page": {"from_paper": True}}


def _order(request: Any, head: Head, parts: Shown) -> Shown:
    prepared = _block(request, head, parts)
    prepared["form"] |= {
        "prescribers": queries.staff_choices(request.viewer, Role.PRESCRIBER),
        "usual": route.usual(head.product),
        "direct": queries.direct_routes(request.viewer, head.visit_id),
    }
    return prepared


def _check_in(request: Any, head: Head, parts: Shown) -> Shown:
    prepared = _block(request, head, parts)
    prepared["form"]["direct"] = queries.direct_routes(request.viewer, head.visit_id)
    return prepared


def _doses(request: Any, head: Head, parts: Shown) -> Shown:
    prepared = _block(request, head, parts)
    prepared["form"]["ordered_mg"] = queries.ordered_on_paper(request.viewer, head.visit_id)
    return prepared


def _devices(request: Any, head: Head, parts: Shown) -> Shown:
    prepared = _block(request, head, parts)
    number, _ = queries.next_device(request.viewer, head.visit_id)
    prepared["form"]["begin"] = number
    return prepared


def _one_order(request: Any, head: Head, parts: Shown) -> Shown:
    order = queries.paper_order(request.viewer, head.visit_id, parts["order_id"])
    return {
        "page": {"order": order, "held": order.answered},
        "action": {"paper_order_id": parts["order_id"]},
    }


check_in = form_view(
    FormPage(
        title="From paper: check-in",
        lead=_LEAD,
        button="Enter this block",
        form=paper_forms.PaperCheckInForm,
        permission=P.RECORD_CHECK_IN,
        act=actions.enter_check_in,
        prepare=_check_in,
        template="visits/paper_block.html",
    )
)

order = form_view(
    FormPage(
        title="From paper: order",
        lead="It is asked of its prescriber to be signed; until then it is no signed order.",
        button="Enter the order",
        form=paper_forms.PaperOrderForm,
        permission=P.RECORD_ADMINISTRATION,
        act=actions.enter_paper_order,
        prepare=_order,
        template="visits/paper_block.html",
    )
)

devices = form_view(
    FormPage(
        title="From paper: devices",
        lead=_LEAD,
        button="Enter the devices",
        form=paper_grids.PaperDevicesForm,
        permission=P.RECORD_ADMINISTRATION,
        act=actions.enter_devices,
        prepare=_devices,
        template="visits/paper_grid.html",
    )
)

infusion = form_view(
    FormPage(
        title="From paper: infusion",
        lead=_LEAD,
        button="Enter the infusion",
        form=paper_grids.PaperInfusionForm,
        permission=P.RECORD_ADMINISTRATION,
        act=actions.enter_infusion,
        prepare=_block,
        template="visits/paper_grid.html",
    )
)

direct = form_view(
    FormPage(
        title="From paper: dose by another route",
        lead=_LEAD,
        button="Enter the doses",
        form=paper_grids.PaperDirectForm,
        permission=P.RECORD_ADMINISTRATION,
        act=actions.enter_direct,
        prepare=_doses,
        template="visits/paper_grid.html",
    )
)

readings = form_view(
    FormPage(
        title="From paper: readings",
        lead=_LEAD,
        button="Enter the readings",
        form=paper_grids.PaperReadingsForm,
        permission=P.RECORD_OBSERVATION,
        act=actions.enter_readings,
        prepare=_block,
        template="visits/paper_grid.html",
    )
)

leaving = form_view(
    FormPage(
        title="From paper: leaving",
        lead="It happened, so nothing refuses it. What a gate would have asked for is kept as deviations.",
        button="Sign and enter",
        form=paper_forms.PaperLeavingForm,
        permission=P.DISCHARGE,
        act=actions.enter_leaving,
        meaning="I copied from paper how this patient left",
        prepare=_block,
        template="visits/paper_block.html",
    )
)

countersign = form_view(
    FormPage(
        title="An order of the outage",
        button="Sign",
        form=forms.PaperCountersignForm,
        permission=P.PRESCRIBE,
        act=actions.answer_paper_order,
        meaning=actions.COUNTERSIGN,
        prepare=_one_order,
        template="visits/countersign.html",
    )
)
