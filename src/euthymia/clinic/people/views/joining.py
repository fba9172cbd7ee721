"""Signing that two records are of one person: found, compared side by side, then signed. And undoing it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from euthymia.clinic.access.pages import page
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Reauthenticated
from euthymia.clinic.people import duplicates, joining
from euthymia.clinic.people.joining_forms import THIS, JoinForm, UndoForm
from euthymia.clinic.people.pages import Page, SeeOther, crumbs_of, home_of, patient_context, take

_TITLE = "The same person as another record"


@page(Permission.JOIN_RECORDS)
def join(request: Any, patient_id: UUID) -> HttpResponse:
    """The records that may be this person's; with ``?record=`` one of them beside this one, to be signed."""
    number = request.GET.get("record", "").strip()
    described = duplicates.described_patient(request.viewer, patient_id)
    if not number:
        context = {
            **patient_context(request, patient_id),
            "candidates": duplicates.candidates(request.viewer, described, apart_from=patient_id),
            "crumbs": crumbs_of(request, patient_id, (_TITLE, None)),
        }
        return render(request, "people/same_person.html", context)
    other = duplicates.by_number(request.viewer, number, like=described)
    if other is None or other.id == patient_id:
        raise NotFound
    this = duplicates.shown(request.viewer, patient_id)
    form = JoinForm(request.POST or None, this=this.mrn, other=other)

    def act(proof: Reauthenticated | None) -> str:
        assert proof is not None  # the page is signed
        pair = (other.id, patient_id) if form.cleaned_data["stands"] == THIS else (patient_id, other.id)
        joining.join(
            by=request.viewer,
            at=request.now,
            retired_id=pair[0],
            surviving_id=pair[1],
            why=form.cleaned_data["why"],
            reauth=proof,
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
        return "The two records are joined. Nothing was moved: each keeps what was recorded in it."

    return take(
        request,
        form=form,
        page=Page(
            _TITLE,
            crumbs_of(
                request, patient_id, (_TITLE, reverse("people:join", args=[patient_id])), (number, None)
            ),
            back=home_of(request, patient_id),
            submit="Sign: one person",
            meaning="These two records are of one person",
        ),
        act=act,
        patient_id=patient_id,
        template="people/join.html",
        more={"this": this, "other": other},
    )


@page(Permission.JOIN_RECORDS)
def undo(request: Any, patient_id: UUID, joined_id: UUID) -> HttpResponse:
    """Undo a joining that was a mistake; both signatures stay on record."""
    found = next(
        (each for each in duplicates.joined(request.viewer, patient_id) if each.id == joined_id), None
    )
    if found is None:
        raise NotFound
    if found.undone_at is not None:
        return SeeOther(home_of(request, patient_id))
    form = UndoForm(request.POST or None)

    def act(proof: Reauthenticated | None) -> str:
        assert proof is not None  # the page is signed
        joining.undo(
            by=request.viewer,
            at=request.now,
            joined_id=joined_id,
            patient_id=patient_id,
            why=form.cleaned_data["why"],
            reauth=proof,
        )
        return "The joining is undone. Both records take orders again."

    shown = Page(
        f"Undo: {found.retired_mrn} and {found.surviving_mrn} are two persons",
        crumbs_of(request, patient_id, ("Undo the joining", None)),
        lead=f"Joined because: {found.why}",
        back=home_of(request, patient_id),
        submit="Sign: two persons",
        meaning="These two records are of two persons; they were joined by mistake",
    )
    return take(request, form=form, page=shown, act=act, patient_id=patient_id)
