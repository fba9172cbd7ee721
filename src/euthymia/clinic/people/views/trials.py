"""The history of earlier treatments: what was tried, when, and what it shows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from euthymia.clinic.access.pages import page, sent
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Reauthenticated
from euthymia.clinic.looks.histories import Treatment, history_figure
from euthymia.clinic.people import actions, history, queries
from euthymia.clinic.people.pages import Page, crumbs_of, go_back, patient_context, take
from euthymia.clinic.people.queries import TrialView
from euthymia.clinic.people.trial_forms import TrialCorrectionForm, TrialForm
from euthymia.evidence import treatments
from euthymia.protocol import PartialDate, Product
from euthymia.protocol.resistance import TrialJudgement, course


@page(Permission.VIEW_CHART)
def trials(request: Any, patient_id: UUID) -> HttpResponse:
    """The treatments as they stand on a line of time, each judged, and what is missing to prove resistance."""
    product = _product(request.GET.get("for", ""))
    standing = queries.trials(request.viewer, patient_id)
    evidence = history.evidence(request.viewer, patient_id, product)
    judged = evidence.judged if evidence else (None,) * len(standing)
    return render(
        request,
        "people/trials.html",
        {
            **patient_context(request, patient_id),
            "trials": [_shown(trial, each) for trial, each in zip(standing, judged, strict=True)],
            "evidence": evidence,
            "product": product,
            "products": [(each.value, each.words) for each in Product],
            "figure": _figure(standing, judged, request.now.date()),
            "undated": [trial.name for trial in standing if not trial.started],
            "may_add": request.viewer.may(Permission.RECORD_HISTORY),
            "crumbs": crumbs_of(request, patient_id, ("Antidepressant trials", None)),
            "back": go_back(request, ""),
        },
    )


@page(Permission.RECORD_HISTORY)
def add_trial(request: Any, patient_id: UUID) -> HttpResponse:
    """Add an antidepressant trial."""
    form = TrialForm(sent(request), **_offered(request, patient_id))

    def act(_: Reauthenticated | None) -> str:
        actions.record_trial(
            by=request.viewer,
            at=request.now,
            patient_id=patient_id,
            trial=form.trial(),
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
        return f"The trial of {form.cleaned_data['drug']} is recorded."

    return _take(request, patient_id, form, act, "Add an antidepressant trial")


@page(Permission.RECORD_HISTORY)
def correct_trial(request: Any, patient_id: UUID, trial_id: UUID) -> HttpResponse:
    """Correct an antidepressant trial; the earlier entry stays visible."""
    trial = queries.trial(request.viewer, patient_id, trial_id)
    offered = _offered(request, patient_id, without=trial_id)
    posted = sent(request)
    form = (
        TrialCorrectionForm(posted, **offered)
        if posted is not None
        else TrialCorrectionForm.showing(trial, **offered)
    )

    def act(_: Reauthenticated | None) -> str:
        actions.record_trial(
            by=request.viewer,
            at=request.now,
            patient_id=patient_id,
            trial=form.trial(),
            corrects=trial_id,
            reason=form.cleaned_data["reason"],
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
        return "The trial is corrected; the earlier entry stays visible under it."

    return _take(request, patient_id, form, act, "Correct an antidepressant trial")


def _take(request: Any, patient_id: UUID, form: TrialForm, act: Any, title: str) -> HttpResponse:
    back = reverse("people:trials", args=[patient_id])
    shown = Page(
        title,
        crumbs_of(request, patient_id, ("Antidepressant trials", back), (title, None)),
        back=go_back(request, back),
        submit="Save the trial",
    )
    return take(
        request,
        form=form,
        page=shown,
        act=act,
        patient_id=patient_id,
        template="people/trial_entry.html",
        more={"offered": [(name, entry.name) for entry in treatments().values() for name in entry.names]},
    )


def _offered(request: Any, patient_id: UUID, without: UUID | None = None) -> dict[str, Any]:
    """What a trial may be added to, and whether this person may judge it."""
    bases = [
        trial
        for trial in queries.trials(request.viewer, patient_id)
        if trial.augments is None and trial.id != without
    ]
    return {"bases": bases, "may_judge": request.viewer.may(Permission.DECIDE_ELIGIBILITY)}


def _product(text: str) -> Product:
    return Product(text) if text in set(Product) else Product.ESKETAMINE_NASAL


def _shown(trial: TrialView, judged: TrialJudgement | None) -> dict[str, Any]:
    return {"row": trial, "judged": judged, "course": course(judged.trial) if judged else None}


def _figure(standing: Any, judged: Any, today: Any) -> Any:
    """The line of time; none while no start is known."""
    drawn = []
    for trial, each in zip(standing, judged, strict=True):
        if not trial.started:
            continue
        start = PartialDate.parse(trial.started)
        stop = PartialDate.parse(trial.stopped) if trial.stopped else None
        end = stop or (PartialDate.of(today) if trial.ongoing else None)
        drawn.append(
            Treatment(
                label=trial.name,
                detail=trial.dose_words or (f"{trial.sessions} sessions" if trial.sessions else ""),
                sure_from=start.latest,
                from_=start.earliest,
                sure_until=end.earliest if end else None,
                until=end.latest if end else None,
                kind=each.outcome.value if each else "unknown",
                period=trial.period_words,
                added_to=trial.augments_name,
            )
        )
    return history_figure(tuple(drawn)) if drawn else None
