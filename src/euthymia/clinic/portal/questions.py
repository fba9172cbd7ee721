"""The questionnaire on the patient's own phone. It opens without sign-in, holds no name and is answered once."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from euthymia.clinic.access import throttle
from euthymia.clinic.access.pages import public
from euthymia.clinic.access.viewer import NotFound
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.people.pages import SeeOther
from euthymia.clinic.portal.forms import PhoneForm
from euthymia.clinic.visits import actions, own_phone, queries
from euthymia.evidence import instrument


@public
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def questions(request: Any, token: str) -> HttpResponse:
    """The questions, and taking the answers in."""
    place, counted = request.META.get("REMOTE_ADDR", ""), {"now": request.now, "window": own_phone.window()}
    if throttle.count("phone-link", place, add=0, **counted) >= own_phone.most("wrong_tries"):
        return _closed(request, 429)
    form = PhoneForm(request.POST if request.method == "POST" else None, now=request.now)
    try:
        if request.method == "POST":
            if throttle.count("phone-sent", token, **counted) > own_phone.most("sendings"):
                return _closed(request, 429)
            if form.is_valid():
                return _take(request, token, form)
        shown = queries.phone_page(token, request.now)
        actions.note_opened(token=token, at=request.now)
    except NotFound:
        throttle.count("phone-link", place, **counted)
        return _closed(request, 409 if request.method == "POST" else 404)
    timezone.activate(ZoneInfo(shown.time_zone))
    context = {"form": form, "shown": shown, "instrument": instrument("phq-9")}
    return render(request, "portal/questions.html", context, status=422 if form.errors else 200)


def _take(request: Any, token: str, form: PhoneForm) -> HttpResponse:
    """Send what was answered.

    Raises:
        NotFound: the link does not take it any more.
    """
    try:
        actions.answer_on_phone(
            token=token,
            at=request.now,
            idempotency_key=form.cleaned_data["idempotency_key"],
            **form.values(),
        )
    except Refused as refused:
        form.add_error(None, str(refused))
        shown = queries.phone_page(token, request.now)
        context = {"form": form, "shown": shown, "instrument": instrument("phq-9")}
        return render(request, "portal/questions.html", context, status=422)
    return SeeOther(reverse("portal:questions_sent"))


@public
@require_safe
def questions_sent(request: Any) -> HttpResponse:
    """That the answers arrived, and nothing of what was in them."""
    return render(request, "portal/questions_sent.html")


def _closed(request: Any, status: int) -> HttpResponse:
    """One answer to every link that does not open, whatever the reason."""
    return render(request, "portal/questions_closed.html", {"typed": request.method == "POST"}, status=status)
