"""Pages for referrers: staff make them, and a referrer who never signs in fills one in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from euthymia.clinic.access import throttle
from euthymia.clinic.access.pages import page, public, sent
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.courses.actions import referral_links as actions
from euthymia.clinic.courses.queries import referrals as queries
from euthymia.clinic.courses.referral_forms import LinkForm, ReferrersForm
from euthymia.clinic.courses.views.referrals import way_in
from euthymia.clinic.people.pages import SeeOther
from euthymia.evidence import referral_limit

_SENT = "euthymia.courses.referral-sent"


@page(Permission.HANDLE_REFERRALS)
@require_http_methods(["GET", "POST"])
def links(request: Any) -> HttpResponse:
    """The pages that were made, and making one: its address is shown once."""
    form = LinkForm(sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            token = actions.make_link(
                by=request.viewer,
                at=request.now,
                new=form.link(),
                idempotency_key=form.cleaned_data["idempotency_key"],
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            return _show(request, form, token)
    context = {
        "form": form,
        "links": queries.links(request.viewer, request.now),
        "crumbs": [*way_in(), ("Links", None)],
    }
    return render(request, "courses/referral_links.html", context, status=422 if form.errors else 200)


@page(Permission.HANDLE_REFERRALS)
@require_POST
def end_link(request: Any, link_id: UUID) -> HttpResponse:
    """End a page before its time."""
    actions.end_link(by=request.viewer, at=request.now, link_id=link_id)
    messages.success(request, "The link is ended. Whoever opens it now is told that it does not work.")
    return SeeOther(reverse("courses:referral_links"))


@public
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def referrers_page(request: Any, token: str) -> HttpResponse:
    """What a referrer fills in. It opens nothing else, and shows nothing of any patient, sent before or now."""
    place = request.META.get("REMOTE_ADDR", "")
    window = timedelta(minutes=referral_limit("link", "window"))
    wrong = throttle.count("referral-link", place, now=request.now, window=window, add=0)
    if wrong >= referral_limit("link", "wrong_tries"):
        return _closed(request, 429)
    try:
        shown = queries.open_page(token, request.now)
    except NotFound:
        if request.method == "POST" and (again := _sent_before(request, token)):
            return again
        throttle.count("referral-link", place, now=request.now, window=window)
        return _closed(request, 409 if request.method == "POST" else 404)
    timezone.activate(ZoneInfo(shown.time_zone))
    today = timezone.localtime(request.now).date()
    form = ReferrersForm(sent(request), today=today, initial=_known(shown))
    if request.method == "POST":
        sendings = throttle.count("referral-sent", token, now=request.now, window=window)
        if sendings > referral_limit("link", "sendings"):
            return _closed(request, 429)
        if form.is_valid() and (answer := _take(request, token, form)):
            return answer
    return render(
        request,
        "courses/referrers_page.html",
        {"form": form, "shown": shown},
        status=422 if form.errors else 200,
    )


@public
@require_safe
def referral_sent(request: Any, signed: str) -> HttpResponse:
    """The reference number of what was sent, and nothing of what was in it."""
    try:
        reference, crisis = signing.loads(signed, salt=_SENT, max_age=timedelta(days=1))
    except (signing.BadSignature, ValueError):
        raise NotFound from None
    return render(request, "courses/referral_sent.html", {"reference": reference, "crisis": crisis})


def _take(request: Any, token: str, form: ReferrersForm) -> HttpResponse | None:
    """Send what was filled in; None where it was refused and the form says why."""
    try:
        shown = queries.open_page(token, request.now)
        taken = actions.send_by_link(
            token=token,
            at=request.now,
            incoming=form.incoming(),
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
    except NotFound:  # its last use was made a moment ago
        return _closed(request, 409)
    except Refused as refused:
        form.refuse(refused)
        return None
    return _thanks(taken.reference, shown.crisis)


def _sent_before(request: Any, token: str) -> HttpResponse | None:
    """The answer to a form that arrived and is sent again because its answer was lost on the way."""
    form = ReferrersForm(request.POST, today=timezone.localtime(request.now).date())
    if not form.is_valid():
        return None
    try:
        taken = actions.sent_again(
            token=token, at=request.now, idempotency_key=form.cleaned_data["idempotency_key"]
        )
    except NotFound:
        return None
    return _thanks(taken.reference, "")


def _thanks(reference: str, crisis: str) -> HttpResponse:
    signed = signing.dumps([reference, crisis], salt=_SENT)
    return SeeOther(reverse("courses:referral_sent", args=[signed]))


def _closed(request: Any, status: int) -> HttpResponse:
    """One answer to every page that does not open, whatever the reason. What was typed stands in it."""
    form = ReferrersForm(request.POST, today=timezone.localtime(request.now).date()) if request.POST else None
    return render(request, "courses/referrers_page_closed.html", {"form": form}, status=status)


def _known(shown: queries.OpenPage) -> dict[str, str]:
    return {
        "referrer_name": shown.referrer_name,
        "organisation": shown.organisation,
        "referrer_phone": shown.phone,
    }


def _show(request: Any, form: LinkForm, token: str) -> HttpResponse:
    """The address, shown once: only its hash is kept."""
    url = request.build_absolute_uri(reverse("courses:referrers_page", args=[token]))
    crumbs = [*way_in(), ("Links", reverse("courses:referral_links")), ("New link", None)]
    return render(
        request, "courses/referral_link_made.html", {"url": url, "link": form.link(), "crumbs": crumbs}
    )
