"""Importing referrals from a CSV file: looked at first, and taken in only when that was confirmed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from euthymia.clinic.access.pages import page, sent
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.courses import referral_csv
from euthymia.clinic.courses.actions import referrals as actions
from euthymia.clinic.courses.queries import referrals as queries
from euthymia.clinic.courses.referral_forms import FileForm
from euthymia.clinic.courses.views.referrals import way_in
from euthymia.clinic.people.pages import SeeOther


@page(Permission.HANDLE_REFERRALS)
@require_http_methods(["GET", "POST"])
def import_csv(request: Any) -> HttpResponse:
    """Show what a file holds, line by line; import it once that was confirmed."""
    form = FileForm(sent(request), request.FILES or None)
    context = {
        "form": form,
        "columns": referral_csv.COLUMNS,
        "crumbs": [*way_in(), ("Import from CSV", None)],
    }
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data["bytes"]
        sheet = referral_csv.read(data, timezone.localtime(request.now).date())
        if form.cleaned_data["take"] and not sheet.problems:
            return _import(request, sheet)
        keys = [line.incoming.import_key for line in sheet.lines]
        known = queries.imported_before(request.viewer, keys)
        context |= {
            "sheet": sheet,
            "lines": [(line, known.get(key, "")) for line, key in zip(sheet.lines, keys, strict=True)],
            "new": sum(key not in known for key in keys),
            "content": data.decode("utf-8-sig") if not sheet.problems else "",
        }
        return render(request, "courses/import_csv.html", context, status=422 if sheet.problems else 200)
    return render(request, "courses/import_csv.html", context, status=422 if form.errors else 200)


@page(Permission.HANDLE_REFERRALS)
@require_safe
def template(request: Any) -> HttpResponse:
    """The headings of a CSV file, to fill in below."""
    return HttpResponse(
        referral_csv.template(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="referrals.csv"'},
    )


def _import(request: Any, sheet: referral_csv.Sheet) -> HttpResponse:
    taken = actions.import_referrals(
        by=request.viewer,
        at=request.now,
        incoming=[line.incoming for line in sheet.lines],
        source="csv",
    )
    messages.success(request, imported_words(taken))
    return SeeOther(reverse("courses:inbox"))


def imported_words(taken: tuple[actions.Taken, ...]) -> str:
    """What an import did, in a sentence or two."""
    new = sum(each.new for each in taken)
    known = len(taken) - new
    said = f"{new} referral{'' if new == 1 else 's'} imported."
    if not known:
        return said
    return f"{said} {known} {'was' if known == 1 else 'were'} here before, and nothing of that was changed."
