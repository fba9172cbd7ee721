"""The end of a visit: its note, the programme's form, the meeting that was offered, the signature."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.timezone import localtime

from euthymia.clinic.access.pages import page
from euthymia.clinic.visits import actions, forms, queries
from euthymia.clinic.visits.queries import Head
from euthymia.clinic.visits.views._form_page import FormPage, form_view, note_reading
from euthymia.clinic.visits.views.steps._beside import P, Shown


@page(P.VIEW_CHART)
def note(request: Any, visit_id: UUID, version: UUID | None = None) -> HttpResponse:
    """The note as it stands or as it was saved, with what each line stands on."""
    head = queries.head(request.viewer, visit_id, request.now)
    note_reading(request, head.patient_id, visit_id)
    found = queries.note(request.viewer, visit_id, request.now, version)
    shown = {"head": head, "note": found, "version": version}
    return render(request, "visits/note.html", {**shown, **_may(request)})


def _may(request: Any) -> dict[str, bool]:
    return {
        "may_edit": request.viewer.may(P.RECORD_OBSERVATION),
        "may_add": request.viewer.may(P.RECORD_FOLLOW_UP),
    }


def _note(request: Any, head: Head, parts: Shown) -> Shown:
    found = queries.note(request.viewer, head.visit_id, request.now)
    sections = [(each.key, each.title, each.text) for each in found.sections] if found.may_write else []
    return {
        "form": {"sections": sections, "base": found.base},
        "page": {"note": found, "held": not found.may_write},
    }


def _addendum(request: Any, head: Head, parts: Shown) -> Shown:
    found = queries.note(request.viewer, head.visit_id, request.now)
    late = [
        (each.id, f"{each.kind}, {localtime(each.recorded_at):%d %b %H:%M}, {each.by}")
        for each in found.unspoken
    ]
    return {"form": {"late": late}, "page": {"note": found}}


def _close(request: Any, head: Head, parts: Shown) -> Shown:
    found = queries.note(request.viewer, head.visit_id, request.now)
    ending = queries.closing(request.viewer, head.visit_id, request.now)
    seen = queries.note_hash(request.viewer, head.visit_id, request.now)
    account = queries.account_of(request.viewer, head.visit_id, request.now)
    return {
        "form": {"balances": account.balances},
        "page": {"note": found, "closing": ending, "seen": seen, "account": account},
        "action": {"seen": request.POST.get("seen", "")},
    }


def _closing(request: Any, head: Head, parts: Shown) -> Shown:
    return {"page": {"closing": queries.closing(request.viewer, head.visit_id, request.now)}}


def _form(request: Any, head: Head, parts: Shown) -> Shown:
    found = queries.closing(request.viewer, head.visit_id, request.now)
    return {"form": {"said": found.form.said if found.form else {}}, "page": {"closing": found}}


def _offer(request: Any, head: Head, parts: Shown) -> Shown:
    found = queries.closing(request.viewer, head.visit_id, request.now)
    return {"form": {"meetings": found.meetings}, "page": {"closing": found}}


edit_note = form_view(
    FormPage(
        title="Note of the visit",
        lead="The record's sentences, to be put into your words. What you leave as it is follows the record.",
        button="Save this version",
        form=forms.NoteForm,
        permission=P.RECORD_OBSERVATION,
        act=actions.save_note,
        template="visits/edit_note.html",
        prepare=_note,
    )
)


addendum = form_view(
    FormPage(
        title="Addendum",
        lead="The signed note stays as it is. What is added is signed too.",
        button="Sign the addendum",
        form=forms.AddendumForm,
        permission=P.RECORD_FOLLOW_UP,
        act=actions.add_to_note,
        meaning="I add this to the note of the visit",
        template="visits/addendum.html",
        prepare=_addendum,
    )
)


close = form_view(
    FormPage(
        title="Close the visit",
        lead="One signature locks the note and closes the visit. What comes later goes into an addendum.",
        button="Sign and close",
        form=forms.CloseForm,
        permission=P.RECORD_OBSERVATION,
        act=actions.close,
        meaning="I close this visit; its record is complete",
        template="visits/close.html",
        prepare=_close,
    )
)


programme_form = form_view(
    FormPage(
        title="For the programme's form",
        lead="What no other entry holds. Leave empty what you do not know: it stays on the list of what is missing.",
        button="Save",
        form=forms.ProgrammeFormForm,
        permission=P.RECORD_OBSERVATION,
        act=actions.answer_form,
        template="visits/programme_form.html",
        prepare=_form,
    )
)


form_sent = form_view(
    FormPage(
        title="The form was sent",
        button="Record it",
        form=forms.FormSentForm,
        permission=P.RECORD_OBSERVATION,
        act=actions.record_form_sent,
        template="visits/form_sent.html",
        prepare=_closing,
    )
)


offer = form_view(
    FormPage(
        title="A meeting to integrate",
        lead="To talk through what came up, without a dose.",
        button="Save",
        form=forms.OfferForm,
        permission=P.RECORD_FOLLOW_UP,
        act=actions.offer_integration,
        template="visits/offer.html",
        prepare=_offer,
    )
)
