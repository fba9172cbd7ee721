"""Medicines given during a visit: the order, the verbal order and its signature, and the giving."""

from __future__ import annotations

from typing import Any

from euthymia.clinic.visits import actions, forms, queries
from euthymia.clinic.visits.actions import Waited
from euthymia.clinic.visits.queries import Head
from euthymia.clinic.visits.views._form_page import FormPage, form_view
from euthymia.clinic.visits.views.steps._beside import P, Shown


def _beside(request: Any, head: Head) -> Shown:
    return {"beside": queries.beside(request.viewer, head.visit_id)}


def _ordering(request: Any, head: Head, parts: Shown) -> Shown:
    def judge(medicine: str, classes: Any) -> Any:
        return queries.judged(request.viewer, head.visit_id, medicine, classes, request.now)

    return {"form": {"judge": judge}, "page": _beside(request, head)}


def _verbal(request: Any, head: Head, parts: Shown) -> Shown:
    found = _ordering(request, head, parts)
    found["form"]["prescribers"] = queries.prescribers(request.viewer)
    return found


def _one_order(request: Any, head: Head, parts: Shown) -> Shown:
    order = queries.medicine_order(request.viewer, head.visit_id, parts["order_id"], request.now)
    return {"page": {"order": order, **_beside(request, head)}, "action": parts}


def _giving(request: Any, head: Head, parts: Shown) -> Shown:
    found = _one_order(request, head, parts)
    return {**found, "form": {"ordered": True}}


def _unordered(request: Any, head: Head, parts: Shown) -> Shown:
    return {"form": {"ordered": False}, "page": _beside(request, head)}


order_medicine = form_view(
    FormPage(
        title="Order a medicine",
        lead="One dose, once. Nothing here proposes a medicine or a dose.",
        button="Sign the order",
        form=forms.MedicineOrderForm,
        permission=P.PRESCRIBE,
        act=actions.order_medicine,
        meaning="I order this medicine, once",
        template="visits/medicine_order.html",
        prepare=_ordering,
    )
)


verbal_order = form_view(
    FormPage(
        title="Verbal order",
        lead="For when the prescriber's hands are full. Read it back; the prescriber signs for it afterwards.",
        button="Save the order",
        form=forms.VerbalOrderForm,
        permission=P.RECORD_ADMINISTRATION,
        act=actions.take_verbal_order,
        template="visits/medicine_order.html",
        prepare=_verbal,
    )
)


countersign = form_view(
    FormPage(
        title="Sign for a verbal order",
        button="Sign",
        form=forms.CountersignForm,
        permission=P.PRESCRIBE,
        act=actions.countersign,
        meaning="I answer for this verbal order",
        template="visits/medicine_order.html",
        prepare=_one_order,
    )
)


withdraw_medicine = form_view(
    FormPage(
        title="Take an order back",
        button="Take it back",
        form=forms.WhyForm,
        permission=P.PRESCRIBE,
        act=actions.withdraw_medicine,
        template="visits/medicine_order.html",
        prepare=_one_order,
    )
)


give_medicine = form_view(
    FormPage(
        title="Give a medicine",
        lead="Enter it from the label in your hand.",
        button="It was given",
        form=forms.GiveMedicineForm,
        permission=P.RECORD_ADMINISTRATION,
        act=actions.give_medicine,
        template="visits/medicine_order.html",
        prepare=_giving,
    )
)


give_unordered = form_view(
    FormPage(
        title="A medicine was given without an order",
        lead="What was given is always recorded. It stays as a deviation.",
        button="Record it",
        form=forms.GiveMedicineForm,
        permission=P.RECORD_ADMINISTRATION,
        act=actions.give_medicine,
        template="visits/medicine_order.html",
        waits=Waited.MEDICINE,
        prepare=_unordered,
        danger=True,
    )
)
