"""Giving the dose: devices and pump, as it happened. The order has a file of its own."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest

from euthymia.clinic.visits import actions, forms, queries
from euthymia.clinic.visits.actions import Waited
from euthymia.clinic.visits.queries import Head
from euthymia.clinic.visits.views._form_page import FormPage, form_view
from euthymia.clinic.visits.views.steps._beside import P, Shown, viewer_of


def _next_device(request: Any, head: Head, parts: Shown) -> Shown:
    number, not_before = queries.next_device(viewer_of(request), head.visit_id)
    unconfirmed = queries.unconfirmed(request.viewer, head.visit_id, request.now)
    return {
        "form": {
            "initial": {"number": number},
            "unconfirmed": unconfirmed,
            "not_before": not_before,
            "colleagues": queries.others_who_give(request.viewer),
        },
        "page": {
            "title": f"Device {number}",
            "not_before": not_before,
            "unconfirmed": unconfirmed,
            "order": queries.order(viewer_of(request), head.visit_id),
        },
    }


def _one_device(request: HttpRequest, head: Head, parts: Shown) -> Shown:
    device = queries.device(viewer_of(request), head.visit_id, parts["device_id"])
    return {
        "form": {"colleagues": queries.others_who_give(viewer_of(request))},
        "page": {"title": f"Correct device {device.number}", "device": device},
        "action": parts,
    }


def _infusion(request: Any, head: Head, parts: Shown) -> Shown:
    event = forms.infusion_step(parts["step"])
    if event is None:
        raise Http404
    order = queries.order(viewer_of(request), head.visit_id)
    starts = event.name == "STARTED"
    unconfirmed = queries.unconfirmed(request.viewer, head.visit_id, request.now) if starts else ""
    return {
        "form": {
            "event": event,
            "ordered": _pump(order),
            "unconfirmed": unconfirmed,
            "colleagues": queries.others_who_give(request.viewer),
        },
        "page": {
            "title": f"Infusion: {event.label.lower()}",
            "order": order,
            "unconfirmed": unconfirmed,
        },
    }


def _one_step(request: HttpRequest, head: Head, parts: Shown) -> Shown:
    viewer = viewer_of(request)
    event = queries.infusion_event(viewer, head.visit_id, parts["event_id"])
    order = queries.order(viewer, head.visit_id)
    return {
        "form": {
            "event": event.kind,
            "ordered": _pump(order),
            "colleagues": queries.others_who_give(viewer),
        },
        "page": {"title": f"Correct: {event.step.lower()}", "order": order, "event": event},
        "action": parts,
    }


def _pump(order: queries.OrderView | None) -> dict[str, Any]:
    """What the order says of what is read off the pump."""
    if order is None:
        return {}
    return {
        "rate_ml_per_h": order.rate_ml_per_h,
        "volume_given_ml": order.volume_ml,
        "concentration_mg_per_ml": order.concentration_mg_per_ml,
    }


cancel_order = form_view(
    FormPage(
        title="Withdraw the order",
        button="Withdraw the order",
        form=forms.WhyForm,
        permission=P.PRESCRIBE,
        act=actions.cancel_order,
        versioned=True,
        danger=True,
    )
)


device = form_view(
    FormPage(
        title="Device",
        button="Device given",
        form=forms.DeviceForm,
        permission=P.RECORD_ADMINISTRATION,
        act=actions.administer_device,
        template="visits/device.html",
        waits=Waited.DEVICE,
        prepare=_next_device,
    )
)


correct_device = form_view(
    FormPage(
        title="Correct a device",
        lead="What was entered first stays in the record.",
        button="Save the correction",
        form=forms.DeviceCorrectionForm,
        permission=P.RECORD_ADMINISTRATION,
        act=actions.correct_device,
        template="visits/device.html",
        prepare=_one_device,
    )
)


no_more_devices = form_view(
    FormPage(
        title="No further device",
        lead="What was given stays as it was.",
        button="No further device",
        form=forms.WhyForm,
        permission=P.RECORD_ADMINISTRATION,
        act=actions.finish_administration,
        versioned=True,
    )
)


infusion = form_view(
    FormPage(
        title="Infusion",
        button="Save",
        form=forms.InfusionForm,
        permission=P.RECORD_ADMINISTRATION,
        act=actions.record_infusion,
        template="visits/infusion.html",
        waits=Waited.INFUSION,
        prepare=_infusion,
    )
)


correct_infusion = form_view(
    FormPage(
        title="Correct the infusion",
        lead="What was entered first stays in the record.",
        button="Save the correction",
        form=forms.InfusionCorrectionForm,
        permission=P.RECORD_ADMINISTRATION,
        act=actions.correct_infusion,
        template="visits/infusion.html",
        prepare=_one_step,
    )
)
