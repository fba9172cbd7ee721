"""The pages of measures: answering, reading what was answered, correcting it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from euthymia.clinic.access.pages import page
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Reauthenticated
from euthymia.clinic.audit.actions import record_read
from euthymia.clinic.measures import actions, queries
from euthymia.clinic.measures.forms import (
    MoodForm,
    QuestionnaireCorrectionForm,
    QuestionnaireForm,
    ScaleScoreCorrectionForm,
    ScaleScoreForm,
)
from euthymia.clinic.people.pages import Page, crumbs_of, go_back, patient_context, take
from euthymia.evidence import instrument, scales


@page(Permission.RECORD_MEASURE)
def phq_9(request: Any, patient_id: UUID) -> HttpResponse:
    """Enter a PHQ-9 in its own words."""
    wording = instrument(queries.PHQ_9)
    form = QuestionnaireForm(request.POST or None, instrument=wording)
    return _questionnaire(request, patient_id, form, "PHQ-9", None)


@page(Permission.RECORD_MEASURE)
def correct(request: Any, patient_id: UUID, answers_id: UUID) -> HttpResponse:
    """Correct answers; the earlier ones stay visible."""
    earlier = queries.answers(request.viewer, answers_id)
    if earlier.patient_id != patient_id:
        raise NotFound
    wording = instrument(earlier.instrument)
    form = (
        QuestionnaireCorrectionForm(request.POST, instrument=wording)
        if request.method == "POST"
        else QuestionnaireCorrectionForm.showing(earlier, wording)
    )
    return _questionnaire(request, patient_id, form, "Correct the PHQ-9", answers_id)


def _questionnaire(
    request: Any, patient_id: UUID, form: QuestionnaireForm, title: str, corrects: UUID | None
) -> HttpResponse:
    def act(_: Reauthenticated | None) -> str:
        made = actions.record_answers(
            by=request.viewer,
            at=request.now,
            patient_id=patient_id,
            instrument_id=form.instrument.id,
            answers=form.answers(),
            difficulty=form.cleaned_data["difficulty"],
            taken_at=form.cleaned_data["taken_at"],
            mode=form.cleaned_data["mode"],
            corrects=corrects,
            reason=form.cleaned_data.get("reason", ""),
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
        return _confirmed(queries.answers(request.viewer, made))

    shown = Page(
        title,
        crumbs_of(request, patient_id, (title, None)),
        back=go_back(request, reverse("people:chart", args=[patient_id])),
        submit="Save the answers",
    )
    return take(
        request,
        form=form,
        page=shown,
        act=act,
        patient_id=patient_id,
        template="measures/questionnaire.html",
    )


def _confirmed(made: queries.AnswersView) -> str:
    total = (
        "no total, since a question was left out"
        if made.total is None
        else f"total {made.total}, {made.band}"
    )
    return f"The answers are recorded: {total}.{_told(made.risk_item)}"


def _told(risk_item: int | None) -> str:
    """What the answer about suicidal thoughts has raised; no answer is not a no."""
    if risk_item is None:
        return (
            " The question about suicidal thoughts was left out and has raised a task: ask the patient today."
        )
    return (
        " The answer about suicidal thoughts has raised a task: see the patient today." if risk_item else ""
    )


@page(Permission.VIEW_CHART)
def answers(request: Any, patient_id: UUID, answers_id: UUID) -> HttpResponse:
    """What was answered, in the words it was asked in."""
    found = queries.answers(request.viewer, answers_id)
    if found.patient_id != patient_id:
        raise NotFound
    record_read(viewer=request.viewer, patient_id=patient_id, what=f"answers {answers_id}", at=request.now)
    context = {
        **patient_context(request, patient_id),
        "answers": found,
        "may_correct": request.viewer.may(Permission.RECORD_MEASURE) and not found.corrected,
        "crumbs": crumbs_of(request, patient_id, ("PHQ-9", None)),
    }
    return render(request, "measures/answers.html", context)


@page(Permission.RECORD_MEASURE)
def mood(request: Any, patient_id: UUID) -> HttpResponse:
    """Enter a mood rating."""
    form = MoodForm(request.POST or None)

    def act(_: Reauthenticated | None) -> str:
        actions.record_mood(
            by=request.viewer,
            at=request.now,
            patient_id=patient_id,
            idempotency_key=form.cleaned_data["idempotency_key"],
            **form.values(),
        )
        return f"A mood of {form.cleaned_data['mood']} of 10 is recorded."

    shown = Page(
        "Mood",
        crumbs_of(request, patient_id, ("Mood", None)),
        back=go_back(request, reverse("people:chart", args=[patient_id])),
    )
    return take(request, form=form, page=shown, act=act, patient_id=patient_id)


@page(Permission.VIEW_CHART)
def scores(request: Any, patient_id: UUID) -> HttpResponse:
    """Totals of scales whose text is not shipped, with what each licence says."""
    frame = patient_context(request, patient_id)
    record_read(viewer=request.viewer, patient_id=patient_id, what="scale scores", at=request.now)
    context = {
        **frame,
        "scores": queries.scale_scores(request.viewer, patient_id),
        "scales": scales(),
        "may_record": request.viewer.may(Permission.RECORD_MEASURE),
        "crumbs": crumbs_of(request, patient_id, ("Scales", None)),
    }
    return render(request, "measures/scores.html", context)


@page(Permission.RECORD_MEASURE)
def add_score(request: Any, patient_id: UUID) -> HttpResponse:
    """Enter the total of a scale."""
    return _score(request, patient_id, ScaleScoreForm(request.POST or None), "Total of a scale", None)


@page(Permission.RECORD_MEASURE)
def correct_score(request: Any, patient_id: UUID, score_id: UUID) -> HttpResponse:
    """Correct a total; the earlier one stays visible."""
    earlier = queries.scale_score(request.viewer, patient_id, score_id)
    form = (
        ScaleScoreCorrectionForm(request.POST)
        if request.method == "POST"
        else ScaleScoreCorrectionForm.showing(earlier)
    )
    return _score(request, patient_id, form, "Correct a total", score_id)


def _score(
    request: Any, patient_id: UUID, form: ScaleScoreForm, title: str, corrects: UUID | None
) -> HttpResponse:
    def act(_: Reauthenticated | None) -> str:
        actions.record_scale_score(
            by=request.viewer,
            at=request.now,
            patient_id=patient_id,
            corrects=corrects,
            idempotency_key=form.cleaned_data["idempotency_key"],
            **form.values(),
        )
        return "The total is recorded."

    listed = reverse("measures:scores", args=[patient_id])
    shown = Page(
        title,
        crumbs_of(request, patient_id, ("Scales", listed), (title, None)),
        lead="Only the total is kept: the text of these scales is not part of this system.",
        back=go_back(request, listed),
    )
    return take(request, form=form, page=shown, act=act, patient_id=patient_id)
