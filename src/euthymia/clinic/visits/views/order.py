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
from euthymia.clinic.visits.assess import ORDER, READINESS, Dose
from euthymia.clinic.visits.forms import InfusionOrderForm, NasalOrderForm, OverrideForm, VisitForm
from euthymia.clinic.visits.queries import Head
from euthymia.clinic.visits.views._form_page import note_reading, see_other
from euthymia.protocol import Finding, GateResult, Product


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
    dose = Dose(**form.values())
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
    preview = queries.order_preview(request.viewer, visit_id, dose, request.now)
    shown |= {"preview": preview, "override": _override_form(request, preview.result)}
    return render(request, "visits/order.html", {**shown, "form": form}, status=status)


@page(Permission.PRESCRIBE)
def override(request: Any, visit_id: UUID) -> HttpResponse:
    """Sign for findings of check-in that a prescriber may pass."""
    head = queries.head(request.viewer, visit_id, request.now)
    note_reading(request, head.patient_id, visit_id)
    result = queries.at_gate(request.viewer, visit_id, request.now)
    form = _override_form(request, result, bound=request.method == "POST")
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _override(request, visit_id, READINESS, None)
                return see_other(reverse("visits:visit", args=[visit_id]))
            except (Refused, NotConfirmed) as problem:
                form.add_error(None, str(problem))
    shown = {"head": head, "form": form, "result": result}
    return render(request, "visits/override.html", shown, status=status)


def _order_form(request: Any, head: Head) -> VisitForm:
    made = NasalOrderForm if head.product is Product.ESKETAMINE_NASAL else InfusionOrderForm
    return made(request.POST if request.method == "POST" else None, now=request.now, version=head.version)


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
