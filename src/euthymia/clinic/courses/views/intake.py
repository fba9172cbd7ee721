"""Intake, one page for each step: kept as typed, confirmed into facts, never overwritten by another device."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from euthymia.clinic.access.pages import page
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.audit.actions import ONE_SITTING, record_read
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.courses import actions, queries
from euthymia.clinic.courses.intake import choosing, steps
from euthymia.clinic.courses.intake.entry import StepForm
from euthymia.clinic.courses.intake.steps import Intake, Step
from euthymia.clinic.courses.views.frame import frame
from euthymia.clinic.people.pages import SeeOther

ALL_CONFIRMED = "Every step that is entered here is confirmed."


@page(Permission.VIEW_CHART)
def intake(request: Any, course_id: UUID) -> HttpResponse:
    """All steps with what each still lacks."""
    opened = _opened(request, course_id)
    found = steps.standings(opened)
    context = {
        **frame(request, opened.course, ("Intake", None)),
        "steps": found,
        "next": next((each for each in found if each.state != "done"), None),
        "may_enter": request.viewer.may(Permission.RECORD_HISTORY) and not opened.course.is_over,
    }
    return render(request, "courses/intake/overview.html", context)


@page(Permission.RECORD_HISTORY)
def intake_step(request: Any, course_id: UUID, step: str) -> HttpResponse:
    """One step: its fields as they were typed, and the ways to keep, confirm or discard them."""
    opened, here = _opened(request, course_id), steps.find(step)
    if request.method != "POST":
        return _page(request, opened, here, steps.shown(opened, here))
    form = _sent(request, opened, here)
    try:
        return _act(request, opened, here, form)
    except actions.Conflict as conflict:
        return _choose(request, opened, here, form, conflict.theirs)


@page(Permission.RECORD_HISTORY)
@require_POST
def intake_draft(request: Any, course_id: UUID, step: str) -> HttpResponse:
    """Keep what was typed so far, for the page's script: it answers with the version it left.

    The answer tells what the steps lack, or what somebody else typed: fetched without the page, it is a reading.
    """
    opened, here = _opened(request, course_id), steps.find(step)
    record_read(
        viewer=request.viewer,
        patient_id=opened.course.patient_id,
        what="chart",
        at=request.now,
        once_in=ONE_SITTING,
    )
    form = _sent(request, opened, here)
    texts = form.texts_in(request.POST)
    try:
        draft = _save(request, opened, here, form, texts)
    except actions.Conflict as conflict:
        context = _conflict(opened, here, form, conflict.theirs)
        html = render_to_string("courses/intake/_conflict.html", context, request)
        return JsonResponse({"version": conflict.theirs.version, "conflict": html}, status=409)
    except Refused as refused:
        return JsonResponse({"problem": str(refused)}, status=422)
    now = _opened(request, course_id)
    found = steps.standings(now, step, steps.shown(now, here))
    html = render_to_string("courses/intake/_steps.html", {"steps": found}, request)
    at = timezone.localtime(draft.saved_at if draft else request.now)
    return JsonResponse({"version": draft.version if draft else 0, "saved": f"{at:%H:%M}", "steps": html})


def _act(request: Any, opened: Intake, here: Step, form: StepForm) -> HttpResponse:
    """What the pressed button asks for. Nothing but "confirm" makes a fact."""
    wanted, course_id = request.POST.get("do", "confirm"), opened.course.id
    stay = SeeOther(reverse("courses:intake_step", args=[course_id, here.key]))
    if wanted == "discard":
        version = _version(request)
        actions.discard_draft(
            by=request.viewer, at=request.now, course_id=course_id, step=here.key, version=version
        )
        messages.info(request, "What was typed in this step is gone.")
        return stay
    if wanted == "confirm":
        return _confirm(request, opened, here, form)
    texts = form.texts_in(request.POST)
    if wanted.startswith("none:"):
        texts = choosing.none_of(form, texts, wanted)
    elif wanted == "choose":
        draft = opened.drafts.get(here.key)
        chosen = choosing.chosen(form, texts, draft.texts if draft else {}, request.POST)
        if chosen is None and draft is not None:
            return _choose(request, opened, here, form, draft, unanswered=True)
        texts = chosen or texts
    try:
        _save(request, opened, here, form, texts)
    except Refused as refused:
        form.refuse(refused)
        return _page(request, opened, here, form, status=422)
    messages.success(request, "Kept as typed. It is no fact until you confirm it.")
    return stay


def _confirm(request: Any, opened: Intake, here: Step, form: StepForm) -> HttpResponse:
    request.viewer.require(here.permission)
    if not form.is_valid():
        _keep(request, opened, here, form)
        return _page(request, opened, here, form, status=422)
    key = form.cleaned_data["idempotency_key"]
    try:
        actions.confirm_step(
            by=request.viewer,
            at=request.now,
            course_id=opened.course.id,
            step=here.key,
            texts=form.texts_in(request.POST),
            version=_version(request),
            device=_device(request),
            record=lambda key: here.record(opened, form, key),
            idempotency_key=key,
        )
    except Refused as refused:
        form.refuse(refused)
        return _page(request, opened, here, form, status=422)
    messages.success(request, f"{here.label}: confirmed.")
    return SeeOther(_onward(request, opened.course.id, here))


def _onward(request: Any, course_id: UUID, here: Step) -> str:
    """The next step that is not done, in order and round again; the overview when all are."""
    found = steps.standings(_opened(request, course_id))
    place = next(n for n, each in enumerate(found) if each.key == here.key)
    waiting = [each for each in (*found[place + 1 :], *found[:place]) if each.state != "done"]
    own = [each for each in waiting if each.key in steps.BY_KEY]
    if own:
        return own[0].url
    messages.info(request, ALL_CONFIRMED)
    return reverse("courses:intake", args=[course_id])


def _keep(request: Any, opened: Intake, here: Step, form: StepForm) -> None:
    """Keep what could not be confirmed; the page goes on over the version this leaves."""
    draft = _save(request, opened, here, form, form.texts_in(request.POST))
    if draft is not None:
        _go_on_from(form, draft.version)


def _save(
    request: Any, opened: Intake, here: Step, form: StepForm, texts: queries.Texts
) -> queries.DraftView | None:
    return actions.save_draft(
        by=request.viewer,
        at=request.now,
        course_id=opened.course.id,
        step=here.key,
        texts=texts,
        version=_version(request),
        page=choosing.page_of(request.POST),
        device=_device(request),
    )


def _choose(
    request: Any,
    opened: Intake,
    here: Step,
    form: StepForm,
    theirs: queries.DraftView,
    *,
    unanswered: bool = False,
) -> HttpResponse:
    more = {**_conflict(opened, here, form, theirs), "unanswered": unanswered}
    _go_on_from(form, theirs.version)
    form._errors = {}  # type: ignore[assignment]  # nothing was judged: which of the two is meant is open
    return _page(request, opened, here, form, status=409, **more)


def _conflict(opened: Intake, here: Step, form: StepForm, theirs: queries.DraftView) -> dict[str, Any]:
    return {
        "theirs": theirs,
        "by_self": theirs.author_id == opened.viewer.user_id,
        "differences": choosing.differences(form, form.texts_in(form.data), theirs.texts),
        "step_url": reverse("courses:intake_step", args=[opened.course.id, here.key]),
    }


def _page(
    request: Any, opened: Intake, here: Step, form: StepForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    found = steps.standings(opened, here.key, form)
    draft = opened.drafts.get(here.key)
    context = {
        **frame(request, opened.course, ("Intake", reverse("courses:intake", args=[opened.course.id]))),
        "step": here,
        "form": form,
        "steps": found,
        "here": next(each for each in found if each.key == here.key),
        "draft": draft if draft and draft.is_open else None,
        "confirmed": opened.confirmed.get(here.key),
        "may_confirm": request.viewer.may(here.permission) and not opened.course.is_over,
        **more,
    }
    return render(request, "courses/intake/step.html", context, status=status)


def _opened(request: Any, course_id: UUID) -> Intake:
    return Intake(request.viewer, queries.course(request.viewer, course_id), request.now)


def _sent(request: Any, opened: Intake, here: Step) -> StepForm:
    texts = {name: tuple(request.POST.getlist(name)) for name in request.POST}
    return here.make(opened, texts, request.POST)


def _go_on_from(form: StepForm, version: int) -> None:
    """What the page sends next is typed over ``version``."""
    data: Any = form.data.copy()  # type: ignore[attr-defined]
    data["version"] = str(version)
    form.data = data


def _version(request: Any) -> int:
    sent = request.POST.get("version", "")
    return int(sent) if sent.isdecimal() and len(sent) < 10 else 0


def _device(request: Any) -> str:
    return choosing.device_words(request.headers.get("User-Agent", ""))
