"""One form, one action, one page: how this room's writes are offered, refused and confirmed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import signature
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme

from euthymia.clinic.access.pages import View, page
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.reauth import NotConfirmed, confirm
from euthymia.clinic.access.witness import confirm_witness
from euthymia.clinic.audit.actions import record_read
from euthymia.clinic.people.pages import SeeOther
from euthymia.clinic.visits import queries
from euthymia.clinic.visits.actions import Conflict, GateShut, Refused, Unusual, Waited
from euthymia.clinic.visits.forms import VisitForm, WitnessedForm
from euthymia.clinic.visits.queries import Head
from euthymia.clinic.visits.views import _late, _together

Extra = dict[str, Any]
_BETWEEN = "|"  # between the unusual values a person has confirmed


@dataclass(frozen=True, slots=True)
class FormPage:
    """A page with one form. ``act`` is the action, called with what the form gives and the address's own parts.

    ``meaning`` makes it a signed one: the sentence the signature stands for. ``prepare`` returns what the form
    needs beside the clock, and may add to the page (key ``page``) or to the action (key ``action``). ``waits`` names
    a form that may wait on a tablet without a connection: what was seen or done, never what is judged or signed.
    """

    title: str
    button: str
    form: type[VisitForm]
    permission: Permission
    act: Callable[..., Any]
    lead: str = ""
    meaning: str = ""
    danger: bool = False
    versioned: bool = False
    waits: Waited | None = None
    template: str = "visits/form_page.html"
    prepare: Callable[[HttpRequest, Head, Extra], dict[str, Any]] = field(
        default=lambda request, head, parts: {}
    )


def form_view(spec: FormPage) -> View:
    """The view of a form page, marked with the permission it needs."""

    @page(spec.permission)
    def view(request: Any, visit_id: UUID, **parts: Any) -> HttpResponse:
        # Read where it is shown: of a save that goes well nothing is, and the action asks for what it rests on.
        head: Any = SimpleLazyObject(lambda: queries.head(request.viewer, visit_id, request.now))
        prepared = spec.prepare(request, head, parts)
        made: Extra = {"now": request.now, "version": head.version if spec.versioned else None}
        made["planned"] = SimpleLazyObject(lambda: head.scheduled_at)
        made["read_up_to"] = _together.seen_now(request, spec.act)
        made |= prepared.get("form", {})
        shown: Extra = {
            "spec": spec,
            "head": head,
            "back": _back(request, visit_id),
            **prepared.get("page", {}),
        }
        if _late.waited(request):
            return _late.take(request, visit_id, spec, made, prepared.get("action", {}))
        if request.method != "POST":
            return _answer(request, spec, shown, spec.form(**made), 200)
        form = spec.form(request.POST, **made)
        if not form.is_valid():
            if _together.was_sent_before(request, visit_id, form):
                messages.info(
                    request, "This form was saved before. What was sent now was not saved once more."
                )
                return see_other(shown["back"])
            return _answer(request, spec, shown, form, 422)
        arguments = {**form.values(), **prepared.get("action", {})}
        return _write(request, visit_id, spec, form, shown, arguments)

    view.__name__ = spec.act.__name__
    return view


def _write(
    request: Any, visit_id: UUID, spec: FormPage, form: VisitForm, shown: Extra, arguments: Extra
) -> HttpResponse:
    given: Extra = {"by": request.viewer, "at": request.now, "visit_id": visit_id, **arguments}
    if "idempotency_key" in signature(spec.act).parameters:
        given["idempotency_key"] = form.cleaned_data["idempotency_key"]
    if spec.versioned:
        given["version"] = form.cleaned_data["version"]
    if "confirmed" in given:
        given["confirmed"] = tuple(filter(None, given["confirmed"].split(_BETWEEN)))
    try:
        if isinstance(form, WitnessedForm):
            given["witness"] = confirm_witness(request, form.witness_id, spec.permission)
        if spec.meaning:
            given["reauth"] = confirm(request)
        _together.act(request, visit_id, spec.act, form, given)
    except NotConfirmed as problem:
        form.add_error(None, str(problem))
        return _answer(request, spec, shown, form, 422)
    except Unusual as unusual:
        form.add_error(None, str(unusual))
        data = request.POST.copy()
        data["confirmed"] = _BETWEEN.join(unusual.values)
        form.data = data
        return _answer(request, spec, shown, form, 422)
    except GateShut as shut:
        form.add_error(None, str(shut))
        return _answer(request, spec, shown | {"result": shut.result}, form, 422)
    except Refused as refused:
        named = getattr(refused, "field", None)
        form.add_error(named if named in form.fields else None, str(refused))
        if isinstance(refused, Conflict):
            _together.look_again(request, visit_id, form)
        return _answer(request, spec, shown, form, 409 if isinstance(refused, Conflict) else 422)
    return see_other(shown["back"])


def _answer(request: HttpRequest, spec: FormPage, shown: Extra, form: VisitForm, status: int) -> HttpResponse:
    note_reading(request, shown["head"].patient_id, shown["head"].visit_id)
    meanwhile = _together.told(request, shown["head"].visit_id, form) if status in (409, 422) else ()
    context = {**shown, "form": form, "meanwhile": meanwhile}
    return render(request, spec.template, context, status=status)


def _back(request: HttpRequest, visit_id: UUID) -> str:
    """Where the form leads: the board when it was opened from there, else the visit, or the day without charts."""
    wanted = request.GET.get("next", "")
    if wanted and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    may_open = request.viewer.may(Permission.VIEW_CHART)  # type: ignore[attr-defined]
    return reverse("visits:visit", args=[visit_id]) if may_open else reverse("visits:schedule")


def note_reading(request: Any, patient_id: UUID, visit_id: UUID) -> None:
    """Note that somebody who may see charts read of this visit: a form about it shows what was given and found."""
    if request.viewer.may(Permission.VIEW_CHART):
        record_read(viewer=request.viewer, patient_id=patient_id, what=f"visit {visit_id}", at=request.now)


def see_other(url: str) -> HttpResponse:
    """After a write: look there, with GET. What is no plain letter in ``url``, such as a line's end, is quoted."""
    return SeeOther(url)
