"""The order: written, checked against every rule, signed; and the signature for findings that may be passed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from euthymia.clinic.access.pages import page
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.reauth import NotConfirmed, confirm
from euthymia.clinic.visits import actions, queries
from euthymia.clinic.visits.actions import Conflict, Refused
from euthymia.clinic.visits.assess import DISCHARGE, ORDER, READINESS, Dose
from euthymia.clinic.visits.forms import InfusionOrderForm, NasalOrderForm, OverrideForm, VisitForm
from euthymia.clinic.visits.queries import Head
from euthymia.clinic.visits.views import _places, _together
from euthymia.clinic.visits.views._form_page import note_reading, see_other
from euthymia.protocol import Finding, GateResult, Product
from euthymia.protocol.route import Route


@page(Permission.PRESCRIBE)
def order(request: Any, visit_id: UUID) -> HttpResponse:
    """Write a dose, see what every rule says to it, sign. What was typed stays through all three."""
    head = queries.head(request.viewer, visit_id, request.now)
    note_reading(request, head.patient_id, visit_id)
    form = _order_form(request, head)
    shown: dict[str, Any] = {"head": head, "plan": queries.plan_of(request.viewer, visit_id)}
    if request.method != "POST":
        return render(request, "visits/order.html", {**shown, "form": form})
    if not form.is_valid():
        return render(request, "visits/order.html", {**shown, "form": form}, status=422)
    dose, worked_out = _dose(form)
    step = request.POST.get("step", "check")
    status = 200
    try:
        if step == "sign":
            _sign(request, visit_id, form, dose)
            return see_other(reverse("visits:visit", args=[visit_id]))
        if step == "override":
            _override(request, visit_id, ORDER, dose)
    except (Refused, NotConfirmed) as problem:
        form.add_error(None, str(problem))
        status = 409 if isinstance(problem, Conflict) else 422
        if isinstance(problem, Conflict):
            _together.look_again(request, visit_id, form)
        shown["meanwhile"] = _together.told(request, visit_id, form)
    preview = queries.order_preview(request.viewer, visit_id, dose, request.now)
    shown["held"] = _places.held(request, visit_id, head.course_id, preview.weighed)
    shown |= {
        "preview": preview,
        "worked_out": worked_out,
        "override": _override_form(request, preview.result),
    }
    return render(request, "visits/order.html", {**shown, "form": form}, status=status)


@page(Permission.PRESCRIBE)
def override(request: Any, visit_id: UUID) -> HttpResponse:
    """Sign for findings of check-in that a prescriber may pass."""
    return _pass(request, visit_id, READINESS, queries.at_gate(request.viewer, visit_id, request.now))


@page(Permission.PRESCRIBE)
def override_discharge(request: Any, visit_id: UUID) -> HttpResponse:
    """Sign for findings at leaving, where the rule's class lets a prescriber pass it."""
    return _pass(request, visit_id, DISCHARGE, queries.at_discharge(request.viewer, visit_id, request.now))


def _pass(request: Any, visit_id: UUID, gate_name: str, result: GateResult) -> HttpResponse:
    head = queries.head(request.viewer, visit_id, request.now)
    note_reading(request, head.patient_id, visit_id)
    form = _override_form(request, result, bound=request.method == "POST")
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _override(request, visit_id, gate_name, None)
                return see_other(reverse("visits:visit", args=[visit_id]))
            except (Refused, NotConfirmed) as problem:
                form.add_error(None, str(problem))
    shown = {"head": head, "form": form, "result": result}
    return render(request, "visits/override.html", shown, status=status)


def _order_form(request: Any, head: Head) -> VisitForm:
    nasal = head.product is Product.ESKETAMINE_NASAL
    said: dict[str, Any] = {
        "now": request.now,
        "version": head.version,
        "read_up_to": _together.seen_now(request, actions.sign_order),
    }
    data = request.POST if request.method == "POST" else None
    if nasal:
        return NasalOrderForm(data, **said)
    return InfusionOrderForm(data, open_routes=queries.open_routes(request.viewer, head.visit_id), **said)


def _dose(form: VisitForm) -> tuple[Dose, str]:
    """The dose as it was written, with what was left empty worked out; and the sentence that says so."""
    values = form.values()
    settings = _worked_out(form, values) if isinstance(form, InfusionOrderForm) else None
    empty = [name for name in settings or () if values[name] is None]
    if settings is None or not empty:
        return Dose(**values), ""
    form.fill(**{name: settings[name] for name in empty})
    told = " and ".join({"volume_ml": "volume", "rate_ml_per_h": "rate"}[name] for name in empty)
    return Dose(
        **(values | {name: settings[name] for name in empty})
    ), f"Worked out in two ways that agree: {told}."


def _worked_out(form: InfusionOrderForm, values: dict[str, Any]) -> dict[str, Any] | None:
    """What can be worked out of an order by its route: volume and rate of a pump, the volume of a vial."""
    if form.chosen is Route.INTRAMUSCULAR:
        return queries.work_out_vial(values)
    return queries.work_out(values) if form.chosen is Route.INTRAVENOUS else None


def _sign(request: Any, visit_id: UUID, form: VisitForm, dose: Dose) -> None:
    actions.sign_order(
        by=request.viewer,
        at=request.now,
        visit_id=visit_id,
        dose=dose,
        reauth=confirm(request),
        seen=request.POST.get("seen", "").split(),
        version=form.cleaned_data["version"],
        idempotency_key=form.cleaned_data["idempotency_key"],
    )


def _override(request: Any, visit_id: UUID, gate: str, dose: Dose | None) -> None:
    actions.override(
        by=request.viewer,
        at=request.now,
        visit_id=visit_id,
        gate_name=gate,
        fingerprints=request.POST.getlist("fingerprints"),
        why=request.POST.get("why", ""),
        reauth=confirm(request),
        dose=dose,
    )


def _override_form(request: Any, result: GateResult, *, bound: bool = False) -> OverrideForm:
    choices = [(each.fingerprint, _line(each)) for each in result.overridable]
    return OverrideForm(request.POST if bound else None, now=request.now, choices=choices)


def _line(finding: Finding) -> str:
    return f"{finding.rule}: {finding.sentence}"
