"""Doses that need neither device nor pump: agreed to, given, out of the mouth, put right."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import Http404

from euthymia.clinic.visits import actions, forms, queries
from euthymia.clinic.visits.actions import Waited
from euthymia.clinic.visits.queries import Head
from euthymia.clinic.visits.views._form_page import FormPage, form_view
from euthymia.clinic.visits.views.steps._beside import P, Shown, viewer_of


def _agreement(request: Any, head: Head, parts: Shown) -> Shown:
    text = queries.agreement_text(viewer_of(request), head.visit_id, parts["route"])
    if text is None:
        raise Http404
    return {"page": {"text": text}, "action": {"route": parts["route"]}}


def _next(request: Any, head: Head, parts: Shown) -> Shown:
    viewer = viewer_of(request)
    number, order = queries.next_direct(viewer, head.visit_id)
    unconfirmed = queries.unconfirmed(viewer, head.visit_id, request.now)
    return {
        "form": {
            "initial": {"number": number},
            "unconfirmed": unconfirmed,
            "ordered": _ordered(order),
            "colleagues": queries.others_who_give(viewer),
        },
        "page": {"title": f"Dose {number}", "order": order, "unconfirmed": unconfirmed},
    }


def _held(request: Any, head: Head, parts: Shown) -> Shown:
    dose = queries.in_mouth(viewer_of(request), head.visit_id)
    return {"page": {"dose": dose, "held": dose is None}}


def _one(request: Any, head: Head, parts: Shown, *, is_end: bool = False) -> Shown:
    dose = queries.direct_dose(viewer_of(request), head.visit_id, parts["dose_id"])
    if dose.is_end != is_end:
        raise Http404
    return {"page": {"title": f"Correct dose {dose.number}", "dose": dose}, "action": parts}


def _ordered(order: queries.OrderView | None) -> actions.DirectGiven | None:
    return actions.DirectGiven(order.route, order.dose_mg) if order and order.route else None


agree_to_route = form_view(
    FormPage(
        title="Agreement to another route",
        lead="The patient reads and signs before the order. It holds for today.",
        button="The patient signs",
        form=forms.AgreementForm,
        permission=P.RECORD_CHECK_IN,
        act=actions.agree_to_route,
        template="visits/agree_to_route.html",
        prepare=_agreement,
    )
)


give_direct = form_view(
    FormPage(
        title="Dose",
        button="Dose given",
        form=forms.DirectForm,
        permission=P.RECORD_ADMINISTRATION,
        act=actions.give_direct,
        template="visits/direct.html",
        waits=Waited.DIRECT,
        prepare=_next,
    )
)


end_direct = form_view(
    FormPage(
        title="Out of the mouth",
        lead="The clock that protects counts from now on.",
        button="Save",
        form=forms.MouthForm,
        permission=P.RECORD_ADMINISTRATION,
        act=actions.end_direct,
        template="visits/direct.html",
        waits=Waited.MOUTH,
        prepare=_held,
    )
)


correct_direct = form_view(
    FormPage(
        title="Correct a dose",
        lead="What was entered first stays in the record.",
        button="Save the correction",
        form=forms.DirectCorrectionForm,
        permission=P.RECORD_ADMINISTRATION,
        act=actions.correct_direct,
        template="visits/direct.html",
        prepare=_one,
    )
)


correct_mouth = form_view(
    FormPage(
        title="Correct when it left the mouth",
        lead="What was entered first stays in the record.",
        button="Save the correction",
        form=forms.MouthCorrectionForm,
        permission=P.RECORD_ADMINISTRATION,
        act=actions.correct_direct,
        template="visits/direct.html",
        prepare=partial(_one, is_end=True),
    )
)
