"""Importing a referral from a FHIR bundle: looked at first, and taken in only when that was confirmed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from euthymia.clinic.access.pages import page, sent
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.courses.actions import referrals as actions
from euthymia.clinic.courses.incoming import Incoming
from euthymia.clinic.courses.queries import referrals as queries
from euthymia.clinic.courses.referral_forms import FileForm, IncomingForm
from euthymia.clinic.courses.views.referrals import way_in
from euthymia.clinic.fhir import referral
from euthymia.clinic.people.pages import SeeOther


@page(Permission.HANDLE_REFERRALS)
@require_http_methods(["GET", "POST"])
def import_referral(request: Any) -> HttpResponse:
    """Show what a bundle would become, and what of it has no place; import it once that was confirmed."""
    form = FileForm(sent(request), request.FILES or None)
    context: dict[str, Any] = {"form": form, "crumbs": [*way_in(), ("Import from FHIR", None)]}
    if not (request.method == "POST" and form.is_valid()):
        return render(request, "fhir/import_referral.html", context, status=422 if form.errors else 200)
    data = form.cleaned_data["bytes"]
    found = referral.read(data, timezone.localtime(request.now).date())
    known = _known(request, found)
    if form.cleaned_data["take"] and found.incoming and not known:
        return _import(request, found.incoming)
    context |= {
        "found": found,
        "given": found.incoming,
        "known": known,
        "otherwise": _otherwise(request, found) if known else (),
        "content": data.decode("utf-8-sig") if found.incoming else "",
    }
    return render(request, "fhir/import_referral.html", context, status=422 if found.problems else 200)


def _known(request: Any, found: referral.Read) -> str:
    if found.incoming is None:
        return ""
    key = found.incoming.import_key
    return queries.imported_before(request.viewer, [key]).get(key, "")


def _otherwise(request: Any, found: referral.Read) -> list[tuple[str, str]]:
    """What a request that is here already says now and did not say then, under the words of the form."""
    if found.incoming is None:
        return []
    labels = {name: str(field.label) for name, field in IncomingForm.base_fields.items()}
    return [
        (labels[name], str(getattr(found.incoming, name)))
        if name in labels
        else ("Also in the file", "see below")
        for name in queries.said_otherwise(request.viewer, found.incoming)
    ]


def _import(request: Any, incoming: Incoming) -> HttpResponse:
    (taken,) = actions.import_referrals(by=request.viewer, at=request.now, incoming=[incoming], source="fhir")
    messages.success(request, f"The referral is in the inbox as {taken.reference}.")
    return SeeOther(reverse("courses:referral", args=[taken.id]))
