"""The pages of reports: the evidence of resistance, and the letter made from it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from euthymia.clinic.access.pages import page, sent
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Reauthenticated, Viewer
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.courses import queries as courses
from euthymia.clinic.people import history
from euthymia.clinic.people.pages import Page, SeeOther, crumbs_of, patient_context, take
from euthymia.clinic.people.panels import Panel
from euthymia.clinic.reports import actions, downtime, notes, queries
from euthymia.clinic.reports.contents import shown
from euthymia.clinic.reports.forms import LetterForm, SignForm, severities
from euthymia.protocol.facts import Indication


@page(Permission.VIEW_CHART)
def evidence(request: Any, course_id: UUID) -> HttpResponse:
    """What shows that the depression resisted treatment, what is missing, and the letters made from it."""
    severity = request.GET.get("severity", "")
    known = severity if severity in dict(severities()) else ""
    today = timezone.localtime(request.now).date()
    seen = shown(request.viewer, course_id, today, known)
    return render(
        request,
        "reports/evidence.html",
        {
            **patient_context(request, seen.course.patient_id),
            "seen": seen,
            "trials": list(zip(seen.trials, seen.evidence.judged, strict=True)) if seen.evidence else [],
            "trajectory": courses.trajectory(request.viewer, course_id),
            "severity": known,
            "severities": severities(),
            "letters": queries.letters(request.viewer, course_id),
            "may_prepare": request.viewer.may(Permission.RECORD_HISTORY),
            "crumbs": _crumbs(request, seen.course.patient_id, course_id, ("Treatment resistance", None)),
        },
    )


@page(Permission.RECORD_HISTORY)
def new_letter(request: Any, course_id: UUID) -> HttpResponse:
    """Prepare a draft; what no record holds may be entered, and is marked as a gap where it is not."""
    course = courses.course(request.viewer, course_id)
    form = LetterForm(sent(request))
    made: list[UUID] = []

    def act(_: Reauthenticated | None) -> str:
        made.append(
            actions.prepare_letter(
                by=request.viewer,
                at=request.now,
                course_id=course_id,
                entered=form.entered(),
                idempotency_key=form.cleaned_data["idempotency_key"],
            )
        )
        return "The draft is prepared. A prescriber reads and signs it."

    back = reverse("reports:evidence", args=[course_id])
    shown_page = Page(
        "Prior-authorisation letter",
        _crumbs(request, course.patient_id, course_id, ("Treatment resistance", back), ("Letter", None)),
        lead="The record fills the letter in. Leave empty what is not known: the letter marks it.",
        back=back,
        submit="Prepare the draft",
    )
    answer = take(request, form=form, page=shown_page, act=act, patient_id=course.patient_id)
    return SeeOther(reverse("reports:letter", args=[made[0]])) if made else answer


@page(Permission.VIEW_CHART)
def letter(request: Any, letter_id: UUID) -> HttpResponse:
    """A letter with its gaps, its hash, who made it and who signed it."""
    found = queries.letter(request.viewer, letter_id, request.now)
    return render(
        request,
        "reports/letter.html",
        {
            **patient_context(request, found.patient_id),
            "letter": found,
            "may_sign": request.viewer.may(Permission.PRESCRIBE) and not found.is_signed,
            "may_prepare": request.viewer.may(Permission.RECORD_HISTORY),
            "crumbs": _letter_crumbs(request, found),
        },
    )


@page(Permission.VIEW_CHART)
def letter_pdf(request: Any, letter_id: UUID) -> HttpResponse:
    """The document itself."""
    found = queries.row(request.viewer, letter_id)
    patient_context(request, found.patient_id)  # opening it is noted like any page of the chart
    name = f"prior-authorisation-{letter_id}.pdf"
    return HttpResponse(
        queries.document(request.viewer, letter_id),
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store"},
    )


@page(Permission.VIEW_CHART)
def visit_note(request: Any, visit_id: UUID) -> HttpResponse:
    """The note of a visit as a document."""
    try:
        found, drawn = notes.document(request.viewer, visit_id, request.now)
    except Refused as refused:
        return HttpResponse(str(refused), status=422, content_type="text/plain; charset=utf-8")
    patient_context(request, found.patient_id)  # opening it is noted like any page of the chart
    return HttpResponse(
        drawn,
        content_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="visit-note-{visit_id}.pdf"',
            "Cache-Control": "no-store",
        },
    )


@page(Permission.PRESCRIBE)
def sign_letter(request: Any, letter_id: UUID) -> HttpResponse:
    """Sign a draft after reading it."""
    found = queries.letter(request.viewer, letter_id, request.now)
    form = SignForm(sent(request))

    def act(proof: Reauthenticated | None) -> str:
        assert proof is not None  # the page is signed
        actions.sign_letter(
            by=request.viewer,
            at=request.now,
            letter_id=letter_id,
            reauth=proof,
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
        return "The letter is signed."

    shown_page = Page(
        "Sign the letter",
        _letter_crumbs(request, found, ("Sign", None)),
        back=reverse("reports:letter", args=[letter_id]),
        submit="Sign the letter",
        meaning=actions.MEANING,
    )
    return take(
        request,
        form=form,
        page=shown_page,
        act=act,
        patient_id=found.patient_id,
        template="reports/sign.html",
        more={"letter": found},
    )


@page(Permission.VIEW_CHART)
def downtime_sheets(request: Any, on: str = "") -> HttpResponse:
    """The downtime pack of a day on the screen, to be printed from there too."""
    content = downtime.compose(request.viewer, _on(on), request.now)
    actions.note_pack_read(request.viewer, content, request.now)
    return render(request, "reports/downtime.html", {"pack": content})


@page(Permission.VIEW_CHART)
def downtime_pdf(request: Any, on: str) -> HttpResponse:
    """The downtime pack of a day as a document."""
    try:
        made = actions.print_downtime_pack(by=request.viewer, at=request.now, on=_on(on))
    except Refused as refused:
        messages.error(request, str(refused))
        return SeeOther(reverse("reports:downtime_of", args=[on]))
    name = f"downtime-{made.on}.pdf"
    return HttpResponse(
        made.pdf,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store"},
    )


def _on(text: str) -> date | None:
    """The day an address names; today's without one."""
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        raise Http404 from None
    if day is not None and not date.min.year < day.year < date.max.year:
        raise Http404  # the calendar ends beside it
    return day


def resistance_panel(viewer: Viewer, patient_id: UUID, now: datetime) -> SafeString | None:
    """On the page of the course: how far resistance is shown, and the way to the evidence."""
    found = courses.courses_of(viewer, patient_id)
    course = next((each for each in found if not each.is_over), None)
    if course is None or Indication(course.indication) is not Indication.TRD:
        return None
    return render_to_string(
        "reports/_panel.html",
        {"course": course, "evidence": history.evidence(viewer, patient_id, course.product)},
    )


PANELS = (Panel("resistance", 30, Permission.VIEW_CHART, resistance_panel, place="course"),)


def _crumbs(request: Any, patient_id: UUID, course_id: UUID, *more: tuple[str, str | None]) -> Any:
    return crumbs_of(request, patient_id, ("Course", reverse("courses:course", args=[course_id])), *more)


def _letter_crumbs(request: Any, found: queries.LetterView, *more: tuple[str, str | None]) -> Any:
    back = reverse("reports:evidence", args=[found.course_id])
    here = reverse("reports:letter", args=[found.id]) if more else None
    ways = (("Treatment resistance", back), ("Letter", here), *more)
    return _crumbs(request, found.patient_id, found.course_id, *ways)
