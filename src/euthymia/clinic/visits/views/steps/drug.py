"""The second person at the bedside, and the drug of the visit: taken out, brought back, wasted."""

from __future__ import annotations

from typing import Any

from euthymia.clinic.visits import actions, forms, queries
from euthymia.clinic.visits.queries import Head
from euthymia.clinic.visits.views._form_page import FormPage, form_view
from euthymia.clinic.visits.views.steps._beside import P, Shown
from euthymia.protocol import Product
from euthymia.protocol.drug_account import Movement


def _nasal(head: Head) -> bool:
    return head.product is Product.ESKETAMINE_NASAL


def _bedside(request: Any, head: Head, parts: Shown) -> Shown:
    colleagues = queries.second_people(request.viewer, head.visit_id, confirming=True)
    order = queries.order(request.viewer, head.visit_id)
    expected = order and actions.ReadAtBedside(
        product=head.product.value,
        dose_mg=order.dose_mg,
        devices=order.devices,
        concentration_mg_per_ml=order.concentration_mg_per_ml,
        volume_ml=order.volume_ml,
        rate_ml_per_h=order.rate_ml_per_h,
        route=order.route,
        units=order.units,
        mg_per_unit=order.mg_per_unit,
    )
    return {
        "form": {"nasal": _nasal(head), "colleagues": colleagues, "expected": expected},
        "page": {"order": order, "held": order is None},
    }


def _taken_out(request: Any, head: Head, parts: Shown) -> Shown:
    return _account(request, head) | {"action": {"kind": Movement.DRAWN}}


def _brought_back(request: Any, head: Head, parts: Shown) -> Shown:
    return _account(request, head) | {"action": {"kind": Movement.RETURNED}}


def _wasted(request: Any, head: Head, parts: Shown) -> Shown:
    found = _account(request, head)
    found["form"]["colleagues"] = queries.second_people(request.viewer, head.visit_id, confirming=False)
    return found


def _account(request: Any, head: Head) -> Shown:
    account = queries.account_of(request.viewer, head.visit_id, request.now)
    return {"form": {"nasal": _nasal(head)}, "page": {"account": account}}


def _line(request: Any, head: Head, parts: Shown) -> Shown:
    line = queries.drug_line(request.viewer, head.visit_id, parts["line_id"])
    return {"page": {"line": line}, "action": parts}


bedside_check = form_view(
    FormPage(
        title="Confirm at the bedside",
        lead="Somebody who did not sign the order and will not start the dose reads everything off, at the chair.",
        button="Sign the confirmation",
        form=forms.BedsideForm,
        permission=P.RECORD_ADMINISTRATION,
        act=actions.confirm_at_bedside,
        template="visits/bedside_check.html",
        prepare=_bedside,
    )
)


drawn = form_view(
    FormPage(
        title="Drug taken out",
        lead="What left the store for this visit, one line for each lot.",
        button="Save",
        form=forms.MovementForm,
        permission=P.RECORD_ADMINISTRATION,
        act=actions.move_drug,
        template="visits/drug.html",
        prepare=_taken_out,
    )
)


returned = form_view(
    FormPage(
        title="Drug brought back",
        lead="What went back into the store unopened.",
        button="Save",
        form=forms.MovementForm,
        permission=P.RECORD_ADMINISTRATION,
        act=actions.move_drug,
        template="visits/drug.html",
        prepare=_brought_back,
    )
)


wasted = form_view(
    FormPage(
        title="Drug wasted",
        lead="Destroyed in front of a second person. Both sign; nobody is signed out.",
        button="Sign both",
        form=forms.WasteForm,
        permission=P.RECORD_ADMINISTRATION,
        act=actions.waste_drug,
        meaning="I destroyed this drug",
        template="visits/waste.html",
        prepare=_wasted,
    )
)


take_back = form_view(
    FormPage(
        title="Take a line back",
        lead="The line stays in the record; enter what is right anew.",
        button="Take it back",
        form=forms.TakeBackForm,
        permission=P.RECORD_ADMINISTRATION,
        act=actions.take_back_line,
        template="visits/take_back.html",
        prepare=_line,
    )
)
