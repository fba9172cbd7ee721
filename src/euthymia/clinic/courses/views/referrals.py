"""The inbox of referrals, and deciding on one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from euthymia.clinic.access.pages import page
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Reauthenticated
from euthymia.clinic.courses.actions import referrals as actions
from euthymia.clinic.courses.queries import referrals as queries
from euthymia.clinic.courses.referral_forms import AcceptanceForm, DeclineForm, IncomingForm
from euthymia.clinic.courses.views.frame import back_to
from euthymia.clinic.people.pages import Crumbs, Page, SeeOther, page_number, take


@page(Permission.VIEW_CHART)
def inbox(request: Any) -> HttpResponse:
    """Referrals by status and source; those that name suicidal thoughts stand first."""
    status, source = request.GET.get("status", "new"), request.GET.get("source", "")
    context = {
        "inbox": queries.inbox(request.viewer, status, source, page_number(request)),
        "status": status,
        "source": source,
        "may_handle": request.viewer.may(Permission.HANDLE_REFERRALS),
        "may_enter": request.viewer.may(Permission.RECORD_HISTORY),
    }
    return render(request, "courses/inbox.html", context)


@page(Permission.VIEW_CHART)
def referral(request: Any, referral_id: UUID) -> HttpResponse:
    """One referral as it was given, beside the patients it may be about."""
    found = _read(request, referral_id)
    context = {
        **_frame(found),
        "others": queries.others_alike(request.viewer, found) if found.is_new else (),
        "candidates": queries.look_alikes(request.viewer, found) if found.is_new else (),
        "may_handle": request.viewer.may(Permission.HANDLE_REFERRALS),
    }
    return render(request, "courses/referral.html", context)


@page(Permission.RECORD_HISTORY)
def enter(request: Any) -> HttpResponse:
    """Enter a referral that came as a letter or a call."""
    today = timezone.localtime(request.now).date()
    form = IncomingForm(request.POST or None, today=today)
    made: list[UUID] = []

    def act(_: Reauthenticated | None) -> str:
        taken = actions.enter_referral(
            by=request.viewer,
            at=request.now,
            incoming=form.incoming(),
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
        made.append(taken.id)
        return f"The referral is in the inbox as {taken.reference}."

    shown = Page(
        "Enter a referral",
        [*way_in(), ("Enter", None)],
        lead="Type it as it was given. Attachments cannot be added here.",
        back=reverse("courses:inbox"),
        submit="Save the referral",
    )
    answer = take(request, form=form, page=shown, act=act)
    return SeeOther(reverse("courses:referral", args=made)) if made else answer


@page(Permission.HANDLE_REFERRALS)
def accept(request: Any, referral_id: UUID) -> HttpResponse:
    """Choose who the referral is about and open the course; what the referrer said is not typed again."""
    found = _read(request, referral_id)
    if not found.is_new:
        return _decided_already(request, found)
    candidates = queries.look_alikes(request.viewer, found)
    form = AcceptanceForm(request.POST or None, candidates=candidates)
    opened: list[UUID] = []

    def act(_: Reauthenticated | None) -> str:
        opened.append(
            actions.accept_referral(
                by=request.viewer, at=request.now, referral_id=referral_id, acceptance=form.acceptance()
            )
        )
        return "The referral is accepted. Next: the history."

    shown = Page(
        "Accept the referral",
        _crumbs(found, ("Accept", None)),
        back=reverse("courses:referral", args=[referral_id]),
        submit="Accept",
    )
    more = {"referral": found, "candidates": candidates}
    answer = take(request, form=form, page=shown, act=act, template="courses/accept_referral.html", more=more)
    return SeeOther(back_to(opened[0])) if opened else answer


@page(Permission.HANDLE_REFERRALS)
def decline(request: Any, referral_id: UUID) -> HttpResponse:
    """Decline a referral, with the reason that the referrer is told."""
    found = queries.referral(request.viewer, referral_id)
    if not found.is_new:
        return _decided_already(request, found)
    form = DeclineForm(request.POST or None)

    def act(_: Reauthenticated | None) -> str:
        actions.decline_referral(
            by=request.viewer, at=request.now, referral_id=referral_id, reason=form.cleaned_data["reason"]
        )
        return f"Referral {found.reference} is declined. Tell the referrer: nothing is sent from here."

    shown = Page(
        f"Decline referral {found.reference}",
        _crumbs(found, ("Decline", None)),
        lead="A task about suicidal thoughts stays open: declining does not answer it."
        if found.alarms
        else "",
        back=reverse("courses:referral", args=[referral_id]),
        submit="Decline",
    )
    return take(request, form=form, page=shown, act=act)


def way_in() -> Crumbs:
    """The inbox, which every page of referrals hangs under."""
    return [("Referrals", reverse("courses:inbox"))]


def _read(request: Any, referral_id: UUID) -> queries.ReferralView:
    """A referral, with what it says of somebody: that it was read is noted."""
    found = queries.referral(request.viewer, referral_id)
    actions.note_reading(
        by=request.viewer, at=request.now, referral_id=referral_id, patient_id=found.patient_id
    )
    return found


def _decided_already(request: Any, found: queries.ReferralView) -> HttpResponse:
    messages.warning(request, f"This referral is decided: {found.status_label.lower()}.")
    return SeeOther(reverse("courses:referral", args=[found.id]))


def _frame(found: queries.ReferralView) -> dict[str, Any]:
    return {"referral": found, "crumbs": _crumbs(found)}


def _crumbs(found: queries.ReferralView, *more: tuple[str, str | None]) -> Crumbs:
    here = reverse("courses:referral", args=[found.id]) if more else None
    return [*way_in(), (found.reference, here), *more]
